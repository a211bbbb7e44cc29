"""Recording what was published of a discipline case, as classes for statistics."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from chassis.identity import Principal
from chassis.ids import new_id
from chassis.journal import Act
from services.audit_api.missing import Missing
from services.audit_api.outcomes import store
from services.audit_api.outcomes.schemas import Outcome, OutcomeClass, OutcomeRequest, OutcomeStatistics
from services.audit_api.tables import CaseOutcomeRow
from services.audit_api.words import sealed
from wire.audit import CaseOutcomeRecorded


@dataclass(eq=False)
class OutcomeKnown(Exception):
    """An outcome is recorded under this reference."""

    reference: str
    outcome_id: str

    def __str__(self) -> str:
        return f"编号 {self.reference} 的案件结果已经登记（{self.outcome_id}）"


async def record(tx: AsyncSession, who: Principal, act: Act, county: str, request: OutcomeRequest) -> Outcome:
    """Record an outcome under its reference, once."""
    await act.claim(tx, county)
    known = await store.known_as(tx, county, request.reference)
    if known is not None:
        raise OutcomeKnown(request.reference, str(known))
    if request.same_amount_as is not None and await store.there(tx, who, county, request.same_amount_as) is None:
        raise Missing("案件结果", str(request.same_amount_as))

    outcome = new_id()
    known_how = request.amount_known.value if request.amount_fen is not None else None
    await store.add(
        tx,
        {
            **request.model_dump(exclude={"amount_known", "violation", "form"}),
            "violation": request.violation.value,
            "form": request.form.value if request.form else None,
            "amount_known": known_how,
            "county_code": county,
            "region_code": county,
            "id": outcome,
            "recorded_by": who.subject,
        },
    )
    row = await store.there(tx, who, county, outcome)
    if row is None:  # pragma: no cover - written by this very act
        raise Missing("案件结果", str(outcome))
    answer = outcome_of(row)
    event = CaseOutcomeRecorded(
        outcome_id=outcome,
        county_code=county,
        violation=request.violation.value,
        form=request.form.value if request.form else None,
        amount_fen=request.amount_fen,
        text_sha256=sealed(request.notice, request.facts),
    )
    await act.record(tx, county, event, answer)
    return answer


def outcome_of(row: CaseOutcomeRow) -> Outcome:
    return Outcome.model_validate(row, from_attributes=True)


async def statistics(tx: AsyncSession, who: Principal, county: str) -> OutcomeStatistics:
    """The outcomes by class and form, with what they come to together."""
    items = [OutcomeClass.model_validate(row, from_attributes=True) for row in await store.statistics(tx, who, county)]
    return OutcomeStatistics(
        items=items,
        outcomes_n=sum(one.outcomes_n for one in items),
        amount_fen=sum(one.amount_fen for one in items),
    )
