"""Another person's decision on exactly one version of a draft: it is confirmed (认定), or sent back.

Confirmed, the finding takes up its alerts and binds its lots. What moved between the flag and this decision counts as
put right, so it does not matter whether the office or the inspector was quicker.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from chassis import cursors
from chassis.identity import Principal
from chassis.journal import Act
from services.audit_api.alerts import dealings
from services.audit_api.alerts import store as alerts
from services.audit_api.alerts.service import parts_must_have_their_main
from services.audit_api.checking import must_be_checked
from services.audit_api.findings import store, versions
from services.audit_api.findings.binding import LOT, Subject, counted
from services.audit_api.findings.deriving import SubjectLot, by_lot
from services.audit_api.findings.following import IDLE
from services.audit_api.findings.measure import catch_up
from services.audit_api.findings.refusals import NoRecordedFact
from services.audit_api.findings.schemas import FindingReceipt, FindingReviewRequest
from services.audit_api.findings.service import locked, locked_around, must_be_free, must_nest, receipt, taken_up
from services.audit_api.findings.shown import lot_of
from services.audit_api.findings.states import FindingDecision, FindingStatus, VersionDecided, must_be_draft
from services.audit_api.moments import EVERYTHING
from services.audit_api.rectifications.states import must_follow
from services.audit_api.tables import AlertRow, FindingRow, FindingSubjectRow, FindingVersionRow, FollowerCursorRow
from services.audit_api.words import sealed
from wire.audit import FindingOpened, FindingSentBack, LotBound, RectifiedChange


async def review(
    tx: AsyncSession, who: Principal, act: Act, county: str, finding_id: UUID, request: FindingReviewRequest
) -> FindingReceipt:
    """Decide on the version that was read; refused to whoever wrote on the draft, and if it was changed since."""
    await act.claim(tx, county)
    if await versions.names_money(tx, county, finding_id):
        # As the follower does, before anything else: no draw falls between its counting and this decision.
        await cursors.lock(tx, FollowerCursorRow, county)
    row = await locked(tx, who, county, finding_id)
    must_be_draft(row.status, str(finding_id))
    made = await versions.every(tx, county, finding_id, EVERYTHING)
    stands = made[-1]
    makers = frozenset(one.made_by for one in made)
    must_be_checked("问题", who.subject, makers, request.version_hash, stands.version_hash)
    if stands.version_no in await versions.reviews(tx, county, finding_id, EVERYTHING):
        raise VersionDecided(str(finding_id), stands.version_no)
    must_follow("审核日期", request.on, stands.found_on)

    told: FindingOpened | FindingSentBack
    if request.decision is FindingDecision.CONFIRM:
        bound = await _confirm(tx, who, row, stands, request.on)
        taken = (await alerts.ids_of_finding(tx, county, [finding_id]))[finding_id]
        told = _opened(stands, taken, bound, request)
    else:
        told = FindingSentBack(
            finding_id=finding_id,
            county_code=county,
            version_no=stands.version_no,
            version_hash=stands.version_hash,
            decided_on=request.on,
            text_sha256=sealed(request.opinion),
        )
    await versions.add_review(tx, _decided(stands, who, request))
    answer = await receipt(tx, who, county, finding_id, request.on)
    await act.record(tx, county, told, answer)
    return answer


async def _confirm(
    tx: AsyncSession, who: Principal, row: FindingRow, stands: FindingVersionRow, on: date
) -> list[LotBound]:
    county, exact = row.county_code, (row.id, stands.version_no)
    if not (await versions.facts(tx, county, [exact]))[exact]:
        raise NoRecordedFact(str(row.id))
    # What it lies within may come to less by now, or lie within it.
    around = await locked_around(tx, who, county, stands.within_finding_id)
    await must_nest(tx, county, row.id, around, stands.amount_fen, stands.amount_known)
    about = (await versions.subjects(tx, county, [exact]))[exact]
    lots = [one for one in about if one.kind == LOT]
    named = [lot_of(one) for one in (await versions.subject_lots(tx, county, [exact]))[exact]]
    # Whoever confirms another finding on one of these lots, by whichever alert, waits here.
    await alerts.lock_whole(tx, county, stands.alert_ids, [one.subject_id for one in lots])
    taken = await taken_up(tx, who, county, stands.alert_ids)
    await parts_must_have_their_main(tx, county, stands.alert_ids)
    parts = sorted(set(await dealings.members(tx, county, stands.alert_ids)) - set(stands.alert_ids))
    await taken_up(tx, who, county, parts)
    said = [Subject(one.kind, one.subject_id, one.amount_fen, one.line, one.alert_id) for one in about]
    shared = await must_be_free(tx, county, said, named)
    await store.add_lots(tx, [_binding(one) for one in lots])
    await store.add_lots(tx, _told(row, stands, named, shared.keys()))
    await alerts.take_up(tx, county, [*stands.alert_ids, *parts], row.id)
    changes = await _count_what_left(tx, row, lots, taken)
    since, moves = await catch_up(tx, county, row.id) if named else ([], [])
    await store.change(tx, row, status=FindingStatus.OPEN.value, confirmed_on=on, confirmed_by=who.subject)
    await store.add_changes(tx, county, [*changes, *since])
    await store.add_moves(tx, county, moves)
    bound = {**{one.subject_id: one.amount_fen for one in lots}, **by_lot(named)}
    return [LotBound(lot_id=lot, bound_fen=fen) for lot, fen in bound.items()]


def _binding(one: FindingSubjectRow) -> dict[str, Any]:
    return {
        "county_code": one.county_code,
        "region_code": one.region_code,
        "finding_id": one.finding_id,
        "lot_id": one.subject_id,
        "alert_id": one.alert_id,
        "first_fen": one.amount_fen,
        "bound_fen": one.amount_fen,
    }


def _told(
    row: FindingRow, stands: FindingVersionRow, named: Sequence[SubjectLot], shared: Collection[UUID]
) -> list[dict[str, Any]]:
    """The bindings of lots that no alert saw: the position from which their draws count is where the books answered."""
    since = {one.lot_id: one.position for one in named}
    depth = {one.lot_id: one.depth for one in sorted(named, key=lambda one: one.depth)}
    return [
        {
            "county_code": row.county_code,
            "region_code": row.region_code,
            "finding_id": row.id,
            "lot_id": lot,
            "alert_id": None,
            "first_fen": fen,
            "bound_fen": fen,
            "told_position": since[lot],
            "shared": lot in shared,
            "leaving": stands.class_code == IDLE,
            "depth": depth[lot],
        }
        for lot, fen in sorted(by_lot(named).items())
    ]


async def _count_what_left(
    tx: AsyncSession, row: FindingRow, lots: Sequence[FindingSubjectRow], taken: Sequence[AlertRow]
) -> list[RectifiedChange]:
    """Count what has left each lot since its alert, movement by movement, up to what is bound."""
    since = {alert.id: alert.feed_position for alert in taken}
    changes = []
    for lot in lots:
        if lot.alert_id is None:  # the database keeps a lot from having none
            continue
        by_movement: dict[UUID, tuple[date, int]] = {}
        adopted = await store.adopt_draws(tx, row.county_code, row.id, lot.subject_id, since[lot.alert_id])
        for movement, effective_on, fen in adopted:
            by_movement[movement] = (effective_on, by_movement.get(movement, (effective_on, 0))[1] + fen)
        for movement, (effective_on, fen) in by_movement.items():
            binding = await store.lock_binding(tx, row.county_code, row.id, lot.subject_id)
            change = counted(binding.bound_fen, binding.rectified_fen, fen)
            if change:
                await store.change_rectified(tx, binding, change)
                changes.append(
                    RectifiedChange(
                        finding_id=row.id,
                        lot_id=lot.subject_id,
                        movement_id=movement,
                        effective_on=effective_on,
                        change_fen=change,
                    )
                )
    return changes


def _opened(
    stands: FindingVersionRow, taken: list[UUID], lots: list[LotBound], request: FindingReviewRequest
) -> FindingOpened:
    return FindingOpened(
        finding_id=stands.finding_id,
        county_code=stands.county_code,
        class_code=stands.class_code,
        found_on=stands.found_on,
        amount_fen=stands.amount_fen,
        alert_ids=taken,
        lots=lots,
        text_sha256=sealed(stands.title, stands.facts, request.opinion),
        version_no=stands.version_no,
        version_hash=stands.version_hash,
        confirmed_on=request.on,
    )


def _decided(stands: FindingVersionRow, who: Principal, request: FindingReviewRequest) -> dict[str, Any]:
    return {
        "county_code": stands.county_code,
        "region_code": stands.region_code,
        "finding_id": stands.finding_id,
        "version_no": stands.version_no,
        "version_hash": stands.version_hash,
        "made_by": stands.made_by,
        "checked_by": who.subject,
        "decision": request.decision.value,
        "opinion": request.opinion,
        "decided_on": request.on,
    }
