"""Finding out which earlier findings are alike, and holding one to be the same again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from chassis.identity import Principal
from chassis.ids import new_id
from chassis.journal import Act
from chassis.missing import Missing
from services.audit_api.checking import must_be_checked, must_be_undecided, named
from services.audit_api.findings import store as findings
from services.audit_api.moments import Moment
from services.audit_api.policies import store as policies
from services.audit_api.rectifications.states import must_follow
from services.audit_api.repeats import store
from services.audit_api.repeats.alike import (
    About,
    RepeatLinkedAlready,
    alike,
    is_alike,
    must_be_later,
    years_before,
)
from services.audit_api.repeats.schemas import (
    Candidate,
    Candidates,
    Repeat,
    RepeatDecision,
    RepeatDecisionRequest,
    RepeatRequest,
    RepeatUndoing,
)
from services.audit_api.tables import FindingRepeatRow, FindingRepeatUndoingRow, FindingRow
from services.audit_api.words import sealed
from treasury.policy import PolicyValue, in_force
from wire.repeats import FindingRepeated, FindingRepeatProposed, FindingRepeatSentBack

KEY: Final = "repeat_within_years"
WHAT: Final = "屡犯关联"


async def candidates(tx: AsyncSession, who: Principal, county: str, finding_id: UUID, as_of: date) -> Candidates:
    """The earlier findings that this one may repeat, by the years in force on a day."""
    row = await _confirmed(tx, who, county, finding_id)
    value = await _years(tx, county, as_of)
    found: list[FindingRow] = []
    if value is not None:
        since = years_before(row.found_on, value.number)
        found = list(await store.of_class(tx, who, county, row.class_code, since, row.found_on))
    units = await store.units_of(tx, county, [finding_id, *(one.id for one in found)])
    linked = await store.standing(tx, county, finding_id)
    this, others = _about(row, units[row.id]), [_about(one, units[one.id]) for one in found]
    rows = {one.id: one for one in found}
    near = [] if value is None else alike(this, others, value.number, linked)
    return Candidates(
        finding_id=finding_id,
        as_of=as_of,
        within_years=value and value.number,
        policy=str(value.ref) if value else None,
        items=[
            Candidate(
                finding_id=one.finding_id,
                title=rows[one.finding_id].title,
                class_code=one.class_code,
                found_on=one.found_on,
                closed_on=rows[one.finding_id].closed_on,
                unit_ids=sorted(one.units & this.units),
            )
            for one in near
        ],
        empty_because=None if near else "规定年限内没有同类、同单位且尚未关联的此前问题",
    )


async def link(tx: AsyncSession, who: Principal, act: Act, county: str, request: RepeatRequest) -> Repeat:
    """Hold a finding to be an earlier one again; another decides. What the rule does not find alike will do too."""
    await act.claim(tx, county)
    # Both are locked in one order, so that two who link the same pair meet here.
    locked = {
        one: await findings.lock(tx, who, county, one) for one in sorted({request.finding_id, request.earlier_id})
    }
    for one, row in locked.items():
        if row is None or row.status == "draft":
            raise Missing("问题", str(one))
    later, earlier = locked[request.finding_id], locked[request.earlier_id]
    if later is None or earlier is None:  # refused above; said again for whoever checks types
        raise Missing("问题", str(request.finding_id))
    must_be_later(later.found_on, earlier.found_on)
    must_follow("关联日期", request.on, later.found_on)
    standing = await store.standing(tx, county, later.id)
    if earlier.id in standing:
        raise RepeatLinkedAlready(str(standing[earlier.id]))
    if request.look_back_id and not await store.look_back_of(tx, county, request.look_back_id, earlier.id):
        raise Missing("回头看", str(request.look_back_id))

    value = await _years(tx, county, request.on)
    units = await store.units_of(tx, county, [later.id, earlier.id])
    near = value is not None and is_alike(
        _about(later, units[later.id]), _about(earlier, units[earlier.id]), value.number
    )
    repeat_id = new_id()
    values = {
        "county_code": county,
        "id": repeat_id,
        "region_code": county,
        "finding_id": later.id,
        "earlier_id": earlier.id,
        "look_back_id": request.look_back_id,
        "alike": near,
        "reason": request.reason,
        "linked_on": request.on,
        "made_by": who.subject,
    }
    name = named(values)
    await store.add(tx, {**values, **name})
    answer = await answer_of(tx, who, county, repeat_id, request.on)
    event = FindingRepeatProposed(
        repeat_id=repeat_id,
        finding_id=later.id,
        earlier_id=earlier.id,
        county_code=county,
        alike=near,
        look_back_id=request.look_back_id,
        linked_on=request.on,
        version_hash=name["version_hash"],
        text_sha256=sealed(request.reason),
    )
    await act.record(tx, county, event, answer)
    return answer


async def decide(
    tx: AsyncSession, who: Principal, act: Act, county: str, repeat_id: UUID, request: RepeatDecisionRequest
) -> Repeat:
    """Hold so too, over exactly what was drawn up, or send it back to whoever drew it up."""
    await act.claim(tx, county)
    row = await store.lock(tx, who, county, repeat_id)
    if row is None:
        raise Missing(WHAT, str(repeat_id))
    must_be_undecided(WHAT, row.decided_on)
    stands = row.version_hash or ""
    must_be_checked(WHAT, who.subject, frozenset({row.made_by}), request.version_hash, stands)
    must_follow("审核日期", request.on, row.linked_on)

    await store.decide(
        tx,
        row,
        decision=request.decision.value,
        opinion=request.opinion,
        decided_on=request.on,
        checked_by=who.subject,
    )
    answer = await answer_of(tx, who, county, repeat_id, request.on)
    told: FindingRepeated | FindingRepeatSentBack
    this = {
        "repeat_id": repeat_id,
        "finding_id": row.finding_id,
        "earlier_id": row.earlier_id,
        "county_code": county,
        "decided_on": request.on,
        "version_hash": stands,
    }
    if request.decision is RepeatDecision.CONFIRM:
        told = FindingRepeated(
            **this,
            alike=row.alike,
            look_back_id=row.look_back_id,
            linked_on=row.linked_on,
            text_sha256=sealed(row.reason, request.opinion),
        )
    else:
        told = FindingRepeatSentBack(**this, text_sha256=sealed(request.opinion))
    await act.record(tx, county, told, answer)
    return answer


def repeat_of(row: FindingRepeatRow, undoings: Sequence[FindingRepeatUndoingRow], moment: Moment) -> Repeat:
    """A link as it stood at a moment, with what was drawn up by then to take it back."""
    undone = came(row.undone_on, row.undone_position, moment)
    by_then = came(row.decided_on, row.decided_position, moment)
    decided = by_then and row.decision is not None
    return Repeat(
        stands=by_then and row.decision != RepeatDecision.SEND_BACK and not undone,
        version_hash=row.version_hash,
        decision=RepeatDecision(row.decision) if decided and row.decision else None,
        opinion=row.opinion if decided else None,
        decided_on=row.decided_on if decided else None,
        checked_by=row.checked_by if decided else None,
        id=row.id,
        county_code=row.county_code,
        finding_id=row.finding_id,
        earlier_id=row.earlier_id,
        look_back_id=row.look_back_id,
        alike=row.alike,
        reason=row.reason,
        linked_on=row.linked_on,
        made_by=row.made_by,
        undone_on=row.undone_on if undone else None,
        undone_by=row.undone_by if undone else None,
        undo_reason=row.undo_reason if undone else None,
        undoings=[_undoing_of(one, moment) for one in undoings if came(one.drawn_on, one.position, moment)],
    )


def _undoing_of(row: FindingRepeatUndoingRow, moment: Moment) -> RepeatUndoing:
    decided = came(row.decided_on, row.decided_position, moment)
    return RepeatUndoing(
        id=row.id,
        reason=row.reason,
        drawn_on=row.drawn_on,
        made_by=row.made_by,
        version_hash=row.version_hash or "",
        decision=RepeatDecision(row.decision) if decided and row.decision else None,
        opinion=row.opinion if decided else None,
        decided_on=row.decided_on if decided else None,
        checked_by=row.checked_by if decided else None,
    )


def came(on: date | None, position: int | None, moment: Moment) -> bool:
    """Whether a fact was there, and known, by the moment."""
    return on is not None and position is not None and on <= moment.as_of and position <= moment.position


async def answer_of(tx: AsyncSession, who: Principal, county: str, repeat_id: UUID, on: date) -> Repeat:
    """A link after an act of a day, locked."""
    row = await store.lock(tx, who, county, repeat_id)
    if row is None:  # written by this very act
        raise Missing(WHAT, str(repeat_id))
    undoings = await store.undoings(tx, county, [repeat_id])
    return repeat_of(row, undoings[repeat_id], Moment(on))


async def _confirmed(tx: AsyncSession, who: Principal, county: str, finding_id: UUID) -> FindingRow:
    row = await findings.one(tx, who, county, finding_id)
    if row is None or row.status == "draft":
        raise Missing("问题", str(finding_id))
    return row


async def _years(tx: AsyncSession, county: str, on: date) -> PolicyValue | None:
    return in_force(await policies.values(tx, KEY, region=county), KEY, county, on)


def _about(row: FindingRow, units: frozenset[UUID]) -> About:
    return About(row.id, row.class_code, row.found_on, units)
