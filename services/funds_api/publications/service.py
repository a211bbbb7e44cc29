"""Putting a batch on show and hearing objections to it: each loads, decides, records; none commits."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from chassis.identity import Principal
from chassis.ids import new_id
from chassis.journal import Act
from chassis.missing import Missing
from services.funds_api.households import masks
from services.funds_api.objections import must_have_come, shown, to_answer
from services.funds_api.payments import division
from services.funds_api.payments import store as batches
from services.funds_api.payments.schemas import BatchStatus
from services.funds_api.publications import contested, gate, store
from services.funds_api.publications.days import before_upload_days, published_days
from services.funds_api.publications.refusals import (
    NotPublishable,
    NotPublished,
    PublicationDateRefused,
)
from services.funds_api.publications.schemas import (
    BatchObjection,
    BatchObjectionAnswer,
    BatchObjectionRequest,
    ObjectionVerdict,
    Publication,
    PublicationRequest,
    Publicity,
)
from services.funds_api.tables import PaymentBatchRow, PublicationRow
from wire.rosters import BatchObjected, BatchPublished


async def publish(
    tx: AsyncSession, who: Principal, act: Act, county: str, batch_id: UUID, request: PublicationRequest, today: date
) -> Publication:
    """Record that the frozen list of a checked batch was put on show; the latest record counts, earlier ones stay."""
    await act.claim(tx, county)
    batch = await _batch(tx, who, county, batch_id)
    if batch.status != BatchStatus.CHECKED or batch.list_sha256 is None:
        raise NotPublishable(str(batch_id), batch.status)
    if request.from_on > today:
        raise PublicationDateRefused(request.from_on, today)

    row: dict[str, Any] = {
        "county_code": county,
        "batch_id": batch_id,
        "seq": len(await store.publications(tx, county, batch_id)) + 1,
        "region_code": batch.region_code,
        "list_sha256": batch.list_sha256,
        **request.model_dump(),
        "recorded_by": who.subject,
    }
    await store.insert_publication(tx, row)
    answer = _publication((await store.publications(tx, county, batch_id))[-1], batch)
    told = BatchPublished(
        batch_id=batch_id,
        county_code=county,
        region_code=batch.region_code,
        document=answer.document,
        from_on=answer.from_on,
        list_sha256=answer.list_sha256,
    )
    await act.record(tx, county, told, answer)
    return answer


async def object_to(
    tx: AsyncSession,
    who: Principal,
    act: Act,
    county: str,
    batch_id: UUID,
    request: BatchObjectionRequest,
    today: date,
) -> BatchObjection:
    """Record that somebody objects to a row or to the whole of a published roster. The objector is not named."""
    await act.claim(tx, county)
    batch = await _batch(tx, who, county, batch_id)
    must_have_come(request.raised_on, today)
    published = await store.publications(tx, county, batch.id)
    if not any(one.from_on <= request.raised_on for one in published):
        raise NotPublished(str(batch_id), request.raised_on)
    if request.line is not None and not await store.has_line(tx, county, batch.id, request.line):
        raise Missing("名册行", f"{batch_id}-{request.line}")

    row: dict[str, Any] = {
        "county_code": county,
        "id": new_id(),
        "batch_id": batch.id,
        "region_code": batch.region_code,
        "line": request.line,
        "raised_on": request.raised_on,
        "text": masks.free_text(request.text),
        "recorded_by": who.subject,
    }
    await store.insert_objection(tx, row)
    return await _objected(tx, act, batch, row["id"])


async def answer_objection(
    tx: AsyncSession,
    who: Principal,
    act: Act,
    county: str,
    batch_id: UUID,
    objection_id: UUID,
    request: BatchObjectionAnswer,
    today: date,
) -> BatchObjection:
    """Close an objection with what was found, once, by another person than uploaded the roster.

    A row that waits and was objected to with reason ends with this, and its money is free.
    """
    await act.claim(tx, county)
    batch = await _batch(tx, who, county, batch_id)
    recorded = await store.objections(tx, county, batch.id)
    raised = to_answer(recorded, objection_id, request.closed_on, today, who.subject, [batch.uploaded_by])
    outcome = masks.free_text(request.outcome)
    changes = {
        "closed_on": request.closed_on,
        "outcome": outcome,
        "closed_by": who.subject,
        "verdict": request.verdict.value,
    }
    await store.close_objection(tx, raised, changes)
    ended = await division.end(tx, county, batch.id, raised.line) if request.verdict is ObjectionVerdict.UPHELD else []
    return await _objected(tx, act, batch, objection_id, ended)


async def publicity(tx: AsyncSession, who: Principal, batch: PaymentBatchRow, as_of: date) -> Publicity:
    """What is public about a batch, and what is frozen for what is objected to it, as it stood on a day."""
    whole = batch if batch.part_of is None else await batches.batch(tx, who, batch.county_code, batch.part_of)
    if whole is None:
        raise Missing("发放批次", str(batch.part_of))
    published = [one for one in await store.publications(tx, whole.county_code, whole.id) if one.from_on <= as_of]
    rows = await store.objections(tx, whole.county_code, whole.id)
    raised = [shown(BatchObjection, one, as_of) for one in rows if one.raised_on <= as_of]
    rows_told = await contested.rows(tx, who, whole, raised, as_of)
    waits = batch.status == BatchStatus.CHECKED
    return Publicity(
        batch_id=whole.id,
        as_of=as_of,
        published_days=published_days(published, as_of),
        objections_open_n=sum(one.closed_on is None for one in raised),
        publications=[_publication(one, whole) for one in published],
        objections=raised,
        required=(await gate.stand(tx, who, batch, as_of)).told() if waits else [],
        contested=rows_told,
        frozen_fen=sum(one.frozen_fen for one in rows_told),
    )


async def _batch(tx: AsyncSession, who: Principal, county: str, batch_id: UUID) -> PaymentBatchRow:
    """The published batch, locked: an approval of it or a part of it has seen what is recorded here, or comes after.

    Whoever names a part means the list that it is of.
    """
    found = await batches.batch(tx, who, county, batch_id)
    batch = found and await batches.batch(tx, who, county, found.part_of or found.id, lock=True)
    if batch is None:
        raise Missing("发放批次", str(batch_id))
    return batch


async def _objected(
    tx: AsyncSession, act: Act, batch: PaymentBatchRow, objection_id: UUID, ended: Sequence[UUID] = ()
) -> BatchObjection:
    rows = await store.objections(tx, batch.county_code, batch.id)
    answer = shown(BatchObjection, next(one for one in rows if one.id == objection_id))
    told = BatchObjected(
        batch_id=batch.id,
        county_code=batch.county_code,
        region_code=batch.region_code,
        objection_id=objection_id,
        line=answer.line,
        is_open=answer.closed_on is None,
        verdict=answer.verdict,
        ended_batches=tuple(ended),
    )
    await act.record(tx, batch.county_code, told, answer)
    return answer


def _publication(row: PublicationRow, batch: PaymentBatchRow) -> Publication:
    told = {"list_sha256": row.list_sha256.hex(), "before_upload_days": before_upload_days([row], batch)}
    return Publication(
        **{name: told[name] if name in told else getattr(row, name) for name in Publication.model_fields}
    )
