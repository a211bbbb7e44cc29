"""Deciding a flag: load, decide, record; none commits. What was decided stands until it is asked again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from chassis.identity import Principal
from chassis.journal import Act
from chassis.missing import Missing
from services.funds_api.households import masks
from services.funds_api.outcomes import store
from services.funds_api.outcomes.refusals import OutcomeDateRefused, OutcomeStands, RecoveredFell, RecoveredTooMuch
from services.funds_api.outcomes.schemas import Conclusion, FlagOutcome, OutcomeRequest
from services.funds_api.tables import FlagOutcomeRow, FlagRow
from wire.flags import FlagDecided

_AFTER: Final = {
    "open": {Conclusion.CONFIRMED, Conclusion.REFUTED},
    Conclusion.REOPENED.value: {Conclusion.CONFIRMED, Conclusion.REFUTED},
    Conclusion.CONFIRMED.value: {Conclusion.CONFIRMED, Conclusion.REOPENED},
    Conclusion.REFUTED.value: {Conclusion.REOPENED},
}


async def decide(
    tx: AsyncSession, who: Principal, act: Act, county: str, flag_id: UUID, request: OutcomeRequest, today: date
) -> FlagOutcome:
    """Say what became of a flag: confirmed with what was recovered so far, refuted, or to be looked into again."""
    await act.claim(tx, county)
    flag = await store.flag(tx, who, county, flag_id, lock=True)
    if flag is None:
        raise Missing("预警", str(flag_id))
    before = await store.outcomes(tx, county, flag_id)
    _must_follow(flag, before, request, today)

    row = {
        "county_code": county,
        "flag_id": flag_id,
        "seq": len(before) + 1,
        "region_code": flag.region_code,
        "reason": masks.free_text(request.reason),
        **request.model_dump(include={"document", "decided_on", "recovered_fen"}),
        "outcome": request.outcome.value,
        "decided_by": who.subject,
    }
    await store.add(tx, row)
    answer = shown(flag, (await store.outcomes(tx, county, flag_id))[-1:])[0]
    event = FlagDecided(
        flag_id=flag_id,
        county_code=county,
        region_code=flag.region_code,
        rule_code=flag.rule_code,
        rule_version=flag.rule_version,
        seq=answer.seq,
        outcome=answer.outcome.value,
        document=answer.document,
        decided_on=answer.decided_on,
        amount_fen=flag.amount_fen,
        recovered_fen=answer.recovered_fen,
    )
    await act.record(tx, county, event, answer)
    return answer


def _must_follow(flag: FlagRow, before: Sequence[FlagOutcomeRow], request: OutcomeRequest, today: date) -> None:
    """Refuse what does not follow on what stands: the outcome, its day, and what was recovered so far."""
    last = before[-1] if before else None
    stands = last.outcome if last else "open"
    if request.outcome not in _AFTER[stands]:
        raise OutcomeStands(str(flag.id), stands, request.outcome.value)
    earliest_on = max(flag.as_of, last.decided_on) if last else flag.as_of
    if not earliest_on <= request.decided_on <= today:
        raise OutcomeDateRefused(request.decided_on, earliest_on, today)
    if request.recovered_fen > flag.amount_fen:
        raise RecoveredTooMuch(request.recovered_fen, flag.amount_fen)
    if last and stands == request.outcome.value and request.recovered_fen < last.recovered_fen:
        raise RecoveredFell(request.recovered_fen, last.recovered_fen)


def shown(flag: FlagRow, rows: Sequence[FlagOutcomeRow]) -> list[FlagOutcome]:
    return [
        FlagOutcome(
            flag_id=flag.id,
            rule_code=flag.rule_code,
            seq=row.seq,
            outcome=Conclusion(row.outcome),
            reason=row.reason,
            document=row.document,
            decided_on=row.decided_on,
            decided_by=row.decided_by,
            recovered_fen=row.recovered_fen,
            confirmed_fen=_confirmed_fen(flag, row),
            amount_fen=flag.amount_fen,
        )
        for row in rows
    ]


def _confirmed_fen(flag: FlagRow, row: FlagOutcomeRow) -> int:
    if row.outcome != Conclusion.CONFIRMED:
        return 0
    return flag.amount_fen if row.confirmed_fen is None else row.confirmed_fen
