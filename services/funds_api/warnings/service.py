"""Warnings: issued with the rule that raised their flags, acknowledged, explained, answered; escalated by themselves.

What a unit does is dated today: nobody acknowledges for yesterday.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID, uuid5

from sqlalchemy.ext.asyncio import AsyncSession

from chassis.identity import Principal
from chassis.ids import new_id
from chassis.journal import Act, record_alone
from chassis.missing import Missing
from policies import workdays
from services.funds_api.flags.crossings import Found
from services.funds_api.flags.rules.rule import Policy, Rule, Subject
from services.funds_api.households import masks
from services.funds_api.moments import Moment
from services.funds_api.policies.keys import KEYS
from services.funds_api.tables import FlagRunRow, WarningRow
from services.funds_api.warnings import leaders, store, timers
from services.funds_api.warnings.bundles import Bundle, bundles, bundles_of
from services.funds_api.warnings.refusals import WarningOfAnother, WarningOwnWork, WarningStepTaken
from services.funds_api.warnings.schemas import Warned, WarningClosingRequest, WarningExplanationRequest, WarningState
from services.funds_api.warnings.shown import deadlines_of, shown, state_of
from services.funds_api.warnings.timers import Deadlines, Taken, Workdays
from services.funds_api.warnings.which import ANSWERS_DIGITS
from wire.warnings import (
    WarnedUnit,
    WarningAcknowledged,
    WarningAnswered,
    WarningExplained,
    WarningPassedOn,
    WarningsEscalated,
    WarningsIssued,
)

RUNNER: Final = "qingliu-rules"
_AT_ONCE: Final = 1000


_DAYS: Final = tuple(f"warning_{step}_workdays" for step in ("ack", "explain", "leader"))


def workdays_of(policy: Policy, on: date) -> Workdays | None:
    """How many working days each step has; None when a value is not in force, and then nobody can be held to a day."""
    found = [policy.on(key, on) for key in _DAYS]
    return Workdays(*(one.number for one in found if one)) if all(found) else None


@dataclass(frozen=True, slots=True)
class DrawnUp:
    """Warnings to issue, a row each; with none of them although flags are new, why, and what is to be done."""

    rows: Sequence[dict[str, Any]] = ()
    none_because: str | None = None


async def drawn_up(
    tx: AsyncSession, run: FlagRunRow, rule: Rule, issued_on: date, policy: Policy, raised: Found
) -> DrawnUp:
    """The warnings to issue for what a rule raised in a run: one for each unit that answers. Nothing is written.

    What is known by account is taken as it is, and else read from the flags.
    """
    if not raised.new_n:
        return DrawnUp()
    county = run.county_code
    days = workdays_of(policy, issued_on)
    if days is None:
        return DrawnUp(none_because=_unwarned(run, rule, raised, _timeless(policy, issued_on)))
    if raised.by_account is None:
        found = await bundles(tx, county, run.id, rule.code)
    else:
        found = await bundles_of(tx, county, raised.by_account)
    if not found:
        return DrawnUp(none_because=_unwarned(run, rule, raised, _OF_NOBODY))
    units = [one.unit_id for one in found]
    due = timers.deadlines(issued_on, days, workdays.later)
    led = await leaders.leading(tx, county, units, issued_on)
    before = await store.firsts(tx, county, units, rule.code, lots=rule.subject is Subject.LOT)
    key = {"county_code": county, "run_id": run.id, "rule_code": rule.code, "issued_on": issued_on}
    return DrawnUp(
        [{**key, **_row(one, due, led.get(one.unit_id), *before.get(one.unit_id, (None, 0)))} for one in found]
    )


_OF_NOBODY: Final = "所涉资金不在任何单位名下（如贷款、区划），没有应答复的单位"


def _timeless(policy: Policy, on: date) -> str:
    """Which values are not in force on a day, so that nobody can be held to one, and who lays them down."""
    missing = [key for key in _DAYS if policy.on(key, on) is None]
    named = "、".join(f"{key}（{known.name}）" if (known := KEYS.entry(key)) else key for key in missing)
    return (
        f"{on} 没有现行的期限数值 {named}。请在 /funds/v1/policy-values 登记并由另一人确认，此后新增的疑点才会预警，"
        "本次的不补发"
    )


def _unwarned(run: FlagRunRow, rule: Rule, raised: Found, because: str) -> str:
    listed = f"/funds/v1/flags?county={run.county_code}&run={run.id}&rule={rule.code}"
    return f"新增 {raised.new_n} 条疑点，没有向任何单位发出预警通知：{because}；请按 {listed} 逐条核实、通知"


def _row(
    bundle: Bundle, due: Deadlines, leader: leaders.Leader | None, first: UUID | None, before: int
) -> dict[str, Any]:
    return {
        "id": new_id(),
        "region_code": bundle.region_code,
        "unit_id": bundle.unit_id,
        "flags_n": bundle.flags_n,
        "amount_fen": bundle.amount_fen,
        "days": bundle.days,
        "leader_id": leader.id if leader else None,
        "leader_account": leader.account if leader else None,
        "first_warning_id": first,
        "times": before + 1,
        "next_due_on": due.acknowledge_by_on,
        **asdict(due),
    }


async def issue(tx: AsyncSession, county: str, run: UUID, rule: Rule, rows: Sequence[dict[str, Any]]) -> None:
    """Write the warnings that were drawn up and tell them. The county's journal is held: there are few of them."""
    if not rows:
        return
    await store.add(tx, rows)
    event = WarningsIssued(
        run_id=run,
        county_code=county,
        rule_code=rule.code,
        title=rule.title,
        issued_on=rows[0]["issued_on"],
        warnings=[WarnedUnit(warning_id=row["id"], **{name: row[name] for name in _TOLD}) for row in rows],
    )
    await record_alone(tx, "funds", county, event, RUNNER, uuid5(run, f"{rule.code} warnings"))


_TOLD: Final = tuple(name for name in WarnedUnit.model_fields if name != "warning_id")


async def acknowledge(tx: AsyncSession, who: Principal, act: Act, county: str, warning_id: UUID, today: date) -> Warned:
    """The unit says that it has the warning."""
    await act.claim(tx, county)
    row = await _for_unit(tx, who, county, warning_id)
    _must_be(row, "acknowledge", today, WarningState.ISSUED)
    await store.change(tx, county, row.id, {"acknowledged_on": today, "acknowledged_by": who.subject})
    answer = await _answer(tx, who, county, warning_id, today)
    await act.record(tx, county, WarningAcknowledged(**_about(row), acknowledged_on=today), answer)
    return answer


async def explain(
    tx: AsyncSession,
    who: Principal,
    act: Act,
    county: str,
    warning_id: UUID,
    request: WarningExplanationRequest,
    today: date,
) -> Warned:
    """The unit says why the money is where it is, by a document."""
    await act.claim(tx, county)
    row = await _for_unit(tx, who, county, warning_id)
    _must_be(row, "explain", today, WarningState.ACKNOWLEDGED)
    changes = {
        "explained_on": today,
        "explained_by": who.subject,
        "explanation": masks.free_text(request.text),
        "explanation_document": request.document,
    }
    await store.change(tx, county, row.id, changes)
    answer = await _answer(tx, who, county, warning_id, today)
    told = WarningExplained(**_about(row), document=request.document, explained_on=today)
    await act.record(tx, county, told, answer)
    return answer


async def close(
    tx: AsyncSession,
    who: Principal,
    act: Act,
    county: str,
    warning_id: UUID,
    request: WarningClosingRequest,
    today: date,
) -> Warned:
    """An inspector or the county's reviewer answers the warning and ends it; not who acknowledged or explained it."""
    await act.claim(tx, county)
    row = await _held(tx, who, county, warning_id)
    _must_be(row, "close", today, WarningState.ISSUED, WarningState.ACKNOWLEDGED, WarningState.EXPLAINED)
    if who.subject in {row.acknowledged_by, row.explained_by}:
        raise WarningOwnWork(str(warning_id), who.subject)
    changes = {
        "closed_on": today,
        "closed_by": who.subject,
        "closing": masks.free_text(request.text),
        "closing_document": request.document,
    }
    await store.change(tx, county, row.id, changes)
    answer = await _answer(tx, who, county, warning_id, today)
    told = WarningAnswered(**_about(row), document=request.document, closed_on=today)
    await act.record(tx, county, told, answer)
    return answer


async def escalate(tx: AsyncSession, county: str, today: date) -> int:
    """Record, once, to whom warnings went because a day had passed; how many escalations. The days said so before."""
    late = await store.due(tx, county, today, _AT_ONCE)
    told = await store.recorded(tx, county, [row.id for row in late])
    fresh = [
        (row, one)
        for row in late
        for one in timers.escalations(
            deadlines_of(row), Taken(row.acknowledged_on, row.explained_on, row.closed_on), today
        )
        if (row.id, one.step, one.told) not in told
    ]
    next_due = {row.id: None if row.closed_on else deadlines_of(row).next_due(today) for row in late}
    await store.put_off(tx, county, next_due)
    if not fresh:
        return 0
    rows = [
        {
            "county_code": county,
            "warning_id": row.id,
            "step": one.step,
            "told": one.told,
            "region_code": row.region_code,
            "since_on": one.since_on,
        }
        for row, one in fresh
    ]
    await store.add_escalations(tx, rows)
    event = WarningsEscalated(
        county_code=county,
        escalated=[
            WarningPassedOn(
                **{name: value for name, value in _about(row).items() if name != "county_code"},
                step=one.step,
                told=one.told,
                since_on=one.since_on,
                leader_account=row.leader_account,
            )
            for row, one in fresh
        ],
    )
    await record_alone(tx, "funds", county, event, RUNNER, new_id())
    return len(rows)


def _about(row: WarningRow) -> dict[str, Any]:
    return {
        "warning_id": row.id,
        "county_code": row.county_code,
        "region_code": row.region_code,
        "unit_id": row.unit_id,
        "rule_code": row.rule_code,
    }


async def _held(tx: AsyncSession, who: Principal, county: str, warning_id: UUID) -> WarningRow:
    row = await store.one(tx, who, county, warning_id, lock=True)
    if row is None:
        raise Missing("预警通知", str(warning_id))
    return row


async def _for_unit(tx: AsyncSession, who: Principal, county: str, warning_id: UUID) -> WarningRow:
    """The warning for whoever works where its unit is, and, with a unit of that place in the login, for that unit.

    The county does not answer for a township; a village has no desk of its own, so any of its township does.
    """
    row = await _held(tx, who, county, warning_id)
    answers = row.region_code[:ANSWERS_DIGITS]
    name = (await store.names(tx, county, [row.unit_id]))[row.unit_id]
    if who.region != answers or (row.region_code == answers and who.unit not in {None, name}):
        raise WarningOfAnother(str(warning_id), name, answers, who.region, who.unit)
    return row


def _must_be(row: WarningRow, step: str, today: date, *states: WarningState) -> None:
    state = state_of(row, today)
    if state not in states:
        raise WarningStepTaken(str(row.id), step, state.value)


async def _answer(tx: AsyncSession, who: Principal, county: str, warning_id: UUID, today: date) -> Warned:
    row = await store.one(tx, who, county, warning_id)
    if row is None:  # pragma: no cover - held by this very act
        raise Missing("预警通知", str(warning_id))
    return (await shown(tx, county, [row], Moment(today)))[0]
