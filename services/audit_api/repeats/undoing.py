"""Taking back that a finding repeats another: drawn up by a third person, decided by one who did not. None commits."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from chassis.identity import Principal
from chassis.ids import new_id
from chassis.journal import Act
from chassis.missing import Missing
from services.audit_api.checking import DecisionWaits, OwnDecision, must_be_checked, must_be_undecided, named
from services.audit_api.rectifications.states import must_follow
from services.audit_api.repeats import service, store
from services.audit_api.repeats.alike import RepeatNotStanding, RepeatUndone
from services.audit_api.repeats.schemas import Repeat, RepeatDecision, RepeatDecisionRequest, RepeatUndoRequest
from services.audit_api.tables import FindingRepeatRow
from services.audit_api.words import sealed
from wire.repeats import FindingRepeatUndone, FindingRepeatUndoProposed, FindingRepeatUndoSentBack

WHAT: Final = "撤销屡犯关联"


async def undo(
    tx: AsyncSession, who: Principal, act: Act, county: str, repeat_id: UUID, request: RepeatUndoRequest
) -> Repeat:
    """Draw up that a link is to be taken back, by nobody who made it; it stands until another has decided."""
    await act.claim(tx, county)
    row = await _standing(tx, who, county, repeat_id)
    if row.version_hash is not None and who.subject in {row.made_by, row.checked_by}:
        raise OwnDecision(service.WHAT)
    for earlier in (await store.undoings(tx, county, [repeat_id]))[repeat_id]:
        if earlier.decided_on is None:
            raise DecisionWaits(WHAT, str(earlier.id))
    must_follow("撤销日期", request.on, max(row.linked_on, row.decided_on or row.linked_on))

    undoing_id = new_id()
    values = {
        "county_code": county,
        "id": undoing_id,
        "region_code": row.region_code,
        "repeat_id": repeat_id,
        "finding_id": row.finding_id,
        "reason": request.reason,
        "drawn_on": request.on,
        "made_by": who.subject,
    }
    name = named(values)
    await store.add_undoing(tx, {**values, **name})
    answer = await service.answer_of(tx, who, county, repeat_id, request.on)
    event = FindingRepeatUndoProposed(
        repeat_id=repeat_id,
        undoing_id=undoing_id,
        finding_id=row.finding_id,
        earlier_id=row.earlier_id,
        county_code=county,
        drawn_on=request.on,
        version_hash=name["version_hash"],
        text_sha256=sealed(request.reason),
    )
    await act.record(tx, county, event, answer)
    return answer


async def decide(
    tx: AsyncSession,
    who: Principal,
    act: Act,
    county: str,
    repeat_id: UUID,
    undoing_id: UUID,
    request: RepeatDecisionRequest,
) -> Repeat:
    """Take the link back, once, over exactly what was drawn up, or let it stand; that it stood stays on record."""
    await act.claim(tx, county)
    row = await store.lock(tx, who, county, repeat_id)
    if row is None:
        raise Missing(service.WHAT, str(repeat_id))
    found = [one for one in (await store.undoings(tx, county, [repeat_id]))[repeat_id] if one.id == undoing_id]
    if not found:
        raise Missing(WHAT, str(undoing_id))
    [drawn] = found
    must_be_undecided(WHAT, drawn.decided_on)
    stands = drawn.version_hash or ""
    must_be_checked(WHAT, who.subject, frozenset({drawn.made_by}), request.version_hash, stands)
    must_follow("审核日期", request.on, drawn.drawn_on)

    await store.decide_undoing(
        tx,
        drawn,
        decision=request.decision.value,
        opinion=request.opinion,
        decided_on=request.on,
        checked_by=who.subject,
    )
    told: FindingRepeatUndone | FindingRepeatUndoSentBack
    this = {
        "repeat_id": repeat_id,
        "undoing_id": undoing_id,
        "finding_id": row.finding_id,
        "earlier_id": row.earlier_id,
        "county_code": county,
        "version_hash": stands,
    }
    if request.decision is RepeatDecision.CONFIRM:
        await store.undo(tx, row, request.on, drawn.made_by, drawn.reason)
        told = FindingRepeatUndone(**this, undone_on=request.on, text_sha256=sealed(drawn.reason, request.opinion))
    else:
        told = FindingRepeatUndoSentBack(**this, decided_on=request.on, text_sha256=sealed(request.opinion))
    answer = await service.answer_of(tx, who, county, repeat_id, request.on)
    await act.record(tx, county, told, answer)
    return answer


async def _standing(tx: AsyncSession, who: Principal, county: str, repeat_id: UUID) -> FindingRepeatRow:
    """The link, locked, while two people hold it."""
    row = await store.lock(tx, who, county, repeat_id)
    if row is None:
        raise Missing(service.WHAT, str(repeat_id))
    if row.undone_on is not None:
        raise RepeatUndone(str(repeat_id), row.undone_on)
    if row.decided_on is None or row.decision == RepeatDecision.SEND_BACK:
        raise RepeatNotStanding(str(repeat_id))
    return row
