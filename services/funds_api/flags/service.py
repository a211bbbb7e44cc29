"""Running the rules over a county on a business date. The same run again raises nothing twice."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from chassis.identity import Principal
from chassis.ids import new_id
from chassis.journal import Act
from services.funds_api.flags import store
from services.funds_api.flags.rules.catalogue import RULES
from services.funds_api.flags.rules.rule import Facts, Rule, Verdict
from services.funds_api.flags.schemas import RuleRun, RunAnswer
from services.funds_api.policies import store as policies
from services.funds_api.units.schemas import TERMINAL, UnitKind
from treasury.policy import PolicyValue, in_force
from wire.funds import FlagRaised, FlagsRaised

Hit = tuple[UUID, Rule, Facts, Verdict]


async def run(tx: AsyncSession, who: Principal, act: Act, county: str, as_of: date) -> RunAnswer:
    """Ask every rule about everything of the caller's region that rests on `as_of`; keep the questions that are new."""
    await act.claim(tx, county)
    values = await policies.values(tx)
    hits: list[Hit] = []
    looked: dict[str, int] = {}
    for rule in RULES.values():
        looked[rule.code] = 0
        for kind in sorted(set(UnitKind) - TERMINAL):
            limit = in_force(values, rule.policy_key(kind), county, as_of)
            if limit is None:
                continue
            candidates = await store.resting_past(tx, who, county, as_of, kind, limit.number)
            looked[rule.code] += len(candidates)
            for facts in candidates:
                verdict = rule.judge(facts, limit)
                if verdict is not None:
                    hits.append((new_id(), rule, facts, verdict))

    new = await store.raise_new(tx, [_row(county, hit) for hit in hits])
    fresh = [hit for hit in hits if hit[0] in new]
    answer = RunAnswer(
        as_of=as_of,
        county_code=county,
        new_n=len(fresh),
        rules=[
            RuleRun(
                rule_code=rule.code,
                rule_version=rule.version,
                title=rule.title,
                candidates_n=looked[rule.code],
                hits_n=sum(1 for hit in hits if hit[1] is rule),
                new_n=sum(1 for hit in fresh if hit[1] is rule),
                new_fen=sum(hit[2].amount_fen for hit in fresh if hit[1] is rule),
            )
            for rule in RULES.values()
        ],
    )
    await act.record(
        tx, county, FlagsRaised(county_code=county, as_of=as_of, flags=[_raised(hit) for hit in fresh]), answer
    )
    return answer


def _row(county: str, hit: Hit) -> dict[str, Any]:
    flag_id, rule, facts, verdict = hit
    return {
        "county_code": county,
        "id": flag_id,
        "region_code": facts.region_code,
        "rule_code": rule.code,
        "rule_version": rule.version,
        "lot_id": facts.lot_id,
        "limit_days": verdict.limit_days,
        "as_of": facts.as_of,
        "amount_fen": facts.amount_fen,
        "days": verdict.days,
        "facts": {**{name: _plain(value) for name, value in asdict(facts).items()}, "policy": _policy(verdict.policy)},
        "explanation": verdict.explanation,
    }


def _plain(value: Any) -> int | str:
    return value if isinstance(value, int) else str(value)


def _policy(value: PolicyValue) -> dict[str, Any]:
    """The number a verdict was judged by, kept with the flag so that it can be judged again years later."""
    return {
        "key": value.key,
        "region": value.region,
        "valid_from": value.valid_from.isoformat(),
        "value": value.value,
        "source": value.source,
        "basis": value.basis,
    }


def _raised(hit: Hit) -> FlagRaised:
    flag_id, rule, facts, verdict = hit
    return FlagRaised(
        flag_id=flag_id,
        rule_code=rule.code,
        rule_version=rule.version,
        title=rule.title,
        lot_id=facts.lot_id,
        account_id=facts.account_id,
        unit_id=facts.unit_id,
        unit_name=facts.unit_name,
        region_code=facts.region_code,
        fund_code=facts.fund_code,
        amount_fen=facts.amount_fen,
        days=verdict.days,
        limit_days=verdict.limit_days,
        as_of=facts.as_of,
        explanation=verdict.explanation,
        source=verdict.policy.source,
    )
