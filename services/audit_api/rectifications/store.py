"""Rectification orders and their steps in SQL."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, false, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.identity import Principal
from chassis.pages import Window
from services.audit_api.access import visible_to
from services.audit_api.moments import Moment
from services.audit_api.rectifications.states import OrderStatus
from services.audit_api.tables import (
    EvidenceRow,
    RectificationDraftRow,
    RectificationDraftStageRow,
    RectificationExtensionRow,
    RectificationExtensionStageRow,
    RectificationLookBackRow,
    RectificationOrderRow,
    RectificationProofRow,
    RectificationStageRow,
    RectificationStepRow,
    RectificationSupervisionRow,
)
from services.audit_api.words import new_salt

_STATES: Final = [one.value for one in OrderStatus]


def status_at(moment: Moment) -> ColumnElement[str]:
    """The state of the order of the surrounding query at a moment: its last step by then that put it into one."""
    step, order = RectificationStepRow, RectificationOrderRow
    return (
        select(step.action)
        .where(
            step.county_code == order.county_code,
            step.order_id == order.id,
            step.done_on <= moment.as_of,
            step.position <= moment.position,
            step.action.in_(_STATES),
        )
        .order_by(step.step_no.desc())
        .limit(1)
        .scalar_subquery()
    )


def deadline_at(moment: Moment) -> ColumnElement[date]:
    """The deadline of the order of the surrounding query that held at a moment: the last one granted by then."""
    more, order = RectificationExtensionRow, RectificationOrderRow
    granted = (
        select(func.max(more.new_deadline))
        .where(
            more.county_code == order.county_code,
            more.order_id == order.id,
            more.decision == "grant",
            more.decided_on <= moment.as_of,
            more.decided_position <= moment.position,
        )
        .scalar_subquery()
    )
    return func.coalesce(granted, order.deadline)


def _unsupervised(moment: Moment, days: int) -> ColumnElement[bool]:
    """Whether the order's deadline was missed for so many days by a moment, and no notice of it had been sent."""
    sent, order = RectificationSupervisionRow, RectificationOrderRow
    notice = (
        select(sent.id)
        .where(
            sent.county_code == order.county_code,
            sent.order_id == order.id,
            sent.deadline == deadline_at(moment),
            sent.sent_on <= moment.as_of,
            sent.decided_position <= moment.position,
        )
        .exists()
    )
    late = deadline_at(moment) <= moment.as_of - timedelta(days=days)
    return late & (status_at(moment) != OrderStatus.CLOSED) & ~notice


async def page(
    session: AsyncSession,
    who: Principal,
    county: str,
    window: Window,
    moment: Moment,
    *,
    finding: UUID | None = None,
    status: str | None = None,
    overdue: bool | None = None,
    supervision_due: bool | None = None,
    supervised_after_days: int | None = None,
) -> Sequence[RectificationOrderRow]:
    """Visible orders issued and known by a moment, by id, one more than the page holds."""
    order = RectificationOrderRow
    query = (
        select(order)
        .where(
            order.county_code == county,
            visible_to(who, order.region_code),
            order.issued_on <= moment.as_of,
            order.position <= moment.position,
        )
        .order_by(order.id)
        .limit(window.limit + 1)
    )
    if finding is not None:
        query = query.where(order.finding_id == finding)
    if status is not None:
        query = query.where(status_at(moment) == status)
    if overdue is not None:
        late = (deadline_at(moment) < moment.as_of) & (status_at(moment) != OrderStatus.CLOSED)
        query = query.where(late if overdue else ~late)
    if supervision_due is not None:
        due = false() if supervised_after_days is None else _unsupervised(moment, supervised_after_days)
        query = query.where(due if supervision_due else ~due)
    if after := window.key(UUID):
        query = query.where(order.id > after[0])
    return (await session.scalars(query)).all()


async def one(
    session: AsyncSession, who: Principal, county: str, order_id: UUID, *, locked: bool = False
) -> RectificationOrderRow | None:
    """The order if the caller may see it; `locked` against other decisions until the commit."""
    query = select(RectificationOrderRow).where(
        RectificationOrderRow.county_code == county,
        RectificationOrderRow.id == order_id,
        visible_to(who, RectificationOrderRow.region_code),
    )
    if locked:
        query = query.with_for_update(key_share=True).execution_options(populate_existing=True)
    return await session.scalar(query)


async def add_draft(session: AsyncSession, values: dict[str, Any], stages: list[dict[str, Any]]) -> None:
    """A draft with its stages; there may be none."""
    await session.execute(insert(RectificationDraftRow).values(values))
    if stages:
        await session.execute(insert(RectificationDraftStageRow), stages)


async def draft(session: AsyncSession, who: Principal, county: str, draft_id: UUID) -> RectificationDraftRow | None:
    """The draft if the caller may see its place, as it stands; its finding is what is locked."""
    row = RectificationDraftRow
    query = select(row).where(row.county_code == county, row.id == draft_id, visible_to(who, row.region_code))
    return await session.scalar(query.execution_options(populate_existing=True))


async def drafts(
    session: AsyncSession,
    who: Principal,
    county: str,
    window: Window,
    moment: Moment,
    *,
    finding: UUID | None = None,
    waiting: bool | None = None,
) -> Sequence[RectificationDraftRow]:
    """Visible drafts drawn up and known by a moment, by id, one more than the page holds; `waiting`: not decided."""
    row = RectificationDraftRow
    query = (
        select(row)
        .where(
            row.county_code == county,
            visible_to(who, row.region_code),
            row.drawn_on <= moment.as_of,
            row.position <= moment.position,
        )
        .order_by(row.id)
        .limit(window.limit + 1)
    )
    if finding is not None:
        query = query.where(row.finding_id == finding)
    if waiting is not None:
        decided = func.coalesce((row.decided_on <= moment.as_of) & (row.decided_position <= moment.position), false())
        query = query.where(~decided if waiting else decided)
    if after := window.key(UUID):
        query = query.where(row.id > after[0])
    return (await session.scalars(query)).all()


async def draft_stages(
    session: AsyncSession, county: str, drafts: Collection[UUID]
) -> Sequence[RectificationDraftStageRow]:
    """The stages of some drafts, by draft and number."""
    stage = RectificationDraftStageRow
    rows = await session.scalars(
        select(stage)
        .where(stage.county_code == county, stage.draft_id.in_(drafts))
        .order_by(stage.draft_id, stage.stage_no)
    )
    return rows.all()


async def decide_draft(session: AsyncSession, row: RectificationDraftRow, **values: Any) -> None:
    one = RectificationDraftRow
    await session.execute(update(one).where(one.county_code == row.county_code, one.id == row.id).values(**values))


async def of_finding(session: AsyncSession, county: str, finding: UUID) -> Sequence[RectificationOrderRow]:
    rows = await session.scalars(
        select(RectificationOrderRow)
        .where(RectificationOrderRow.county_code == county, RectificationOrderRow.finding_id == finding)
        .order_by(RectificationOrderRow.id)
    )
    return rows.all()


async def add(session: AsyncSession, values: dict[str, Any]) -> None:
    await session.execute(insert(RectificationOrderRow).values(values))


async def advance(session: AsyncSession, row: RectificationOrderRow, **values: Any) -> None:
    """Write the new state of a locked order."""
    await session.execute(
        update(RectificationOrderRow)
        .where(RectificationOrderRow.county_code == row.county_code, RectificationOrderRow.id == row.id)
        .values(version=RectificationOrderRow.version + 1, **values)
    )


async def add_step(
    session: AsyncSession,
    row: RectificationOrderRow,
    action: str,
    done_on: date,
    done_by: str,
    note: str,
    evidence_ids: Collection[UUID] = (),
) -> int:
    """Append the next step of a locked (or new) order with its proof; its number."""
    last = await session.scalar(
        select(func.coalesce(func.max(RectificationStepRow.step_no), 0)).where(
            RectificationStepRow.county_code == row.county_code, RectificationStepRow.order_id == row.id
        )
    )
    step_no = (last or 0) + 1
    this = {
        "county_code": row.county_code,
        "order_id": row.id,
        "step_no": step_no,
        "region_code": row.region_code,
    }
    told = {"action": action, "done_on": done_on, "done_by": done_by, "note": note, "salt": new_salt()}
    await session.execute(insert(RectificationStepRow).values(**this, **told))
    if evidence_ids:
        await session.execute(insert(RectificationProofRow), [{**this, "evidence_id": one} for one in evidence_ids])
    return step_no


async def steps(session: AsyncSession, county: str, orders: Collection[UUID]) -> Sequence[RectificationStepRow]:
    rows = await session.scalars(
        select(RectificationStepRow)
        .where(RectificationStepRow.county_code == county, RectificationStepRow.order_id.in_(orders))
        .order_by(RectificationStepRow.order_id, RectificationStepRow.step_no)
    )
    return rows.all()


async def proofs(session: AsyncSession, county: str, orders: Collection[UUID]) -> dict[tuple[UUID, int], list[UUID]]:
    """The evidence of each step of some orders, by order and number of the step."""
    proof = RectificationProofRow
    rows = await session.scalars(
        select(proof).where(proof.county_code == county, proof.order_id.in_(orders)).order_by(proof.evidence_id)
    )
    found: dict[tuple[UUID, int], list[UUID]] = {}
    for row in rows:
        found.setdefault((row.order_id, row.step_no), []).append(row.evidence_id)
    return found


async def evidence_known(
    session: AsyncSession, who: Principal, order: RectificationOrderRow, ids: Collection[UUID]
) -> set[UUID]:
    """Which of `ids` are evidence of that finding, kept and not withdrawn, as far as the caller sees.

    What a unit kept for one order is proof of that order alone.
    """
    rows = await session.scalars(
        select(EvidenceRow.id).where(
            EvidenceRow.county_code == order.county_code,
            EvidenceRow.finding_id == order.finding_id,
            EvidenceRow.id.in_(ids),
            or_(EvidenceRow.order_id.is_(None), EvidenceRow.order_id == order.id),
            EvidenceRow.withdrawn_on.is_(None),
            visible_to(who, EvidenceRow.region_code),
        )
    )
    return set(rows)


async def add_stages(session: AsyncSession, rows: list[dict[str, Any]]) -> None:
    await session.execute(insert(RectificationStageRow), rows)


async def stages(session: AsyncSession, county: str, orders: Collection[UUID]) -> Sequence[RectificationStageRow]:
    rows = await session.scalars(
        select(RectificationStageRow)
        .where(RectificationStageRow.county_code == county, RectificationStageRow.order_id.in_(orders))
        .order_by(RectificationStageRow.order_id, RectificationStageRow.stage_no)
        .execution_options(populate_existing=True)
    )
    return rows.all()


async def finish_stage(session: AsyncSession, row: RectificationStageRow, on: date, by: str) -> None:
    stage = RectificationStageRow
    await session.execute(
        update(stage)
        .where(stage.county_code == row.county_code, stage.order_id == row.order_id, stage.stage_no == row.stage_no)
        .values(done_on=on, done_by=by)
    )


async def add_extension(session: AsyncSession, values: dict[str, Any]) -> None:
    await session.execute(insert(RectificationExtensionRow).values(values))


async def extensions(
    session: AsyncSession, county: str, orders: Collection[UUID]
) -> Sequence[RectificationExtensionRow]:
    """What more time was asked for on some orders, in the order of asking."""
    more = RectificationExtensionRow
    rows = await session.scalars(
        select(more)
        .where(more.county_code == county, more.order_id.in_(orders))
        .order_by(more.order_id, more.position)
        .execution_options(populate_existing=True)
    )
    return rows.all()


async def add_extension_stages(session: AsyncSession, rows: list[dict[str, Any]]) -> None:
    """The new days of open stages; there may be none."""
    if rows:
        await session.execute(insert(RectificationExtensionStageRow), rows)


async def extension_stages(
    session: AsyncSession, county: str, orders: Collection[UUID]
) -> dict[UUID, list[RectificationExtensionStageRow]]:
    """The new days that requests for more time on some orders named for stages, by request, by stage."""
    stage = RectificationExtensionStageRow
    rows = await session.scalars(
        select(stage).where(stage.county_code == county, stage.order_id.in_(orders)).order_by(stage.stage_no)
    )
    found: dict[UUID, list[RectificationExtensionStageRow]] = {}
    for row in rows:
        found.setdefault(row.extension_id, []).append(row)
    return found


async def decide_extension(session: AsyncSession, row: RectificationExtensionRow, **values: Any) -> None:
    more = RectificationExtensionRow
    await session.execute(update(more).where(more.county_code == row.county_code, more.id == row.id).values(**values))


async def add_supervision(session: AsyncSession, values: dict[str, Any]) -> None:
    await session.execute(insert(RectificationSupervisionRow).values(values))


async def supervisions(
    session: AsyncSession, county: str, orders: Collection[UUID]
) -> Sequence[RectificationSupervisionRow]:
    """The notices of supervision of some orders, in the order in which they were drawn up."""
    sent = RectificationSupervisionRow
    rows = await session.scalars(
        select(sent)
        .where(sent.county_code == county, sent.order_id.in_(orders))
        .order_by(sent.order_id, sent.position)
        .execution_options(populate_existing=True)
    )
    return rows.all()


async def decide_supervision(session: AsyncSession, row: RectificationSupervisionRow, **values: Any) -> None:
    sent = RectificationSupervisionRow
    await session.execute(update(sent).where(sent.county_code == row.county_code, sent.id == row.id).values(**values))


async def decide_look_back(session: AsyncSession, row: RectificationLookBackRow, **values: Any) -> None:
    look = RectificationLookBackRow
    await session.execute(update(look).where(look.county_code == row.county_code, look.id == row.id).values(**values))


async def add_look_back(session: AsyncSession, values: dict[str, Any]) -> None:
    await session.execute(insert(RectificationLookBackRow).values(values))


async def look_backs(
    session: AsyncSession, county: str, orders: Collection[UUID]
) -> Sequence[RectificationLookBackRow]:
    """What was seen at some orders after they were closed, in the order of looking."""
    look = RectificationLookBackRow
    rows = await session.scalars(
        select(look)
        .where(look.county_code == county, look.order_id.in_(orders))
        .order_by(look.order_id, look.position)
        .execution_options(populate_existing=True)
    )
    return rows.all()
