"""Runs: asked for, then done one rule at a time, each rule in a transaction of its own together with its flags.

A run that is killed has done some of its rules; started again it does the others. A rule that is asked twice raises
nothing twice. Flags are written before the county's journal is held, so that nobody who moves money waits for them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID, uuid5

from sqlalchemy.ext.asyncio import AsyncSession

from chassis.identity import Principal
from chassis.ids import new_id
from chassis.journal import Act, record_alone
from services.funds_api.access import must_hold
from services.funds_api.flags import store as flags
from services.funds_api.flags.asking import Judged, ask, silence
from services.funds_api.flags.crossings import JOURNAL, Found, Raised, added_up, cross, days_since, stretches
from services.funds_api.flags.named import flag_id
from services.funds_api.flags.plausible import implausible
from services.funds_api.flags.rules.catalogue import DRAFTS, RULES, VERSIONS
from services.funds_api.flags.rules.kept import kept
from services.funds_api.flags.rules.lots import LotFacts
from services.funds_api.flags.rules.rule import Facts, Policy, Rule, Verdict
from services.funds_api.flags.store import Place
from services.funds_api.flags.tallies import Tallied, combined
from services.funds_api.lots.refusals import DatedAhead
from services.funds_api.moments import Moment
from services.funds_api.policies import store as policies
from services.funds_api.runs import store
from services.funds_api.runs.refusals import RulesUnknown, RunTooWide
from services.funds_api.runs.schemas import RuleRun, RuleShown, Run, RunRequest
from services.funds_api.tables import FlagRunRow, FlagRunRuleRow
from services.funds_api.units import store as units
from services.funds_api.warnings import service as warnings
from treasury.calendar import business_date
from wire.flags import FlagsFound, RulesAsked

RUNNER: Final = "qingliu-rules"


async def request(tx: AsyncSession, who: Principal, act: Act, county: str, asked: RunRequest, today: date) -> Run:
    """Write down that rules are to be asked; whoever runs them finds it there."""
    await act.claim(tx, county)
    region = asked.region or (who.region if who.region.startswith(county) else county)
    must_hold(who, region)
    if not region.startswith(county):
        raise RunTooWide(region, county)
    if asked.as_of > today:  # asked about a day to come, a question would stand there unseen and never be asked again
        raise DatedAhead(asked.as_of, today, "规则运行的业务日期")
    await units.must_exist(tx, region)
    codes = sorted(set(asked.rules or RULES))
    if unknown := [code for code in codes if code not in RULES]:
        raise RulesUnknown(unknown, sorted(RULES))

    row = await store.add(
        tx,
        {
            "county_code": county,
            "id": new_id(),
            "region_code": region,
            "kind": "asked",
            "as_of": asked.as_of,
            "rules": codes,
            "asked_by": who.subject,
        },
    )
    answer = run_of(row, [])
    event = RulesAsked(run_id=row.id, county_code=county, region_code=region, as_of=asked.as_of, rules=codes)
    await act.record(tx, county, event, answer, 202)
    return answer


async def daily(tx: AsyncSession, county: str, day: date) -> UUID:
    """The daily run of a county for a day, about everything; days missed before it are asked about with it."""
    row = await store.add(
        tx,
        {
            "county_code": county,
            "id": new_id(),
            "region_code": county,
            "kind": "daily",
            "as_of": day,
            "rules": sorted(RULES),
            "asked_by": RUNNER,
        },
    )
    event = RulesAsked(run_id=row.id, county_code=county, region_code=county, as_of=day, rules=row.rules)
    await record_alone(tx, "funds", county, event, RUNNER, row.id)
    return row.id


class RuleFailed(Exception):
    """Asking a rule ended in an error, its cause; nothing of it was written."""

    def __init__(self, rule: str) -> None:
        super().__init__(rule)
        self.rule = rule


async def give_up(tx: AsyncSession, county: str, run_id: UUID, rule: str, because: str, began: datetime) -> None:
    """Say that a rule could not be asked, so that the others of its run are; the next run asks it again."""
    run = await store.lock(tx, county, run_id)
    if run is None:
        return
    told = f"运行出错（{because}），本次没有判断；请联系系统管理员"
    await _tell(tx, run, RULES[rule], began, Judged(silent_because=told), Found(0, 0, 0, {}), 0)


async def step(tx: AsyncSession, county: str, run_id: UUID, began: datetime) -> bool:
    """Do the next rule of a run; False when there is none left, or somebody else is at it."""
    run = await store.lock(tx, county, run_id)
    if run is None:
        return False
    done = {row.rule_code for row in await store.done(tx, county, [run_id])}
    left = [code for code in run.rules if code not in done and code in RULES]
    if not left:
        await store.end(tx, county, run_id)
        return False
    try:
        await _do(tx, run, RULES[left[0]], began)
    except Exception as error:
        raise RuleFailed(left[0]) from error
    if len(left) == 1:
        await store.end(tx, county, run_id)
    return True


async def _do(tx: AsyncSession, run: FlagRunRow, rule: Rule, began: datetime) -> None:
    """Ask one rule, keep what is new, and tell it: to whoever reads, and as warnings to the units that answer.

    The warnings are drawn up before the county's journal is held, and are few when they are written.
    """
    place, moment = Place(run.county_code, run.region_code), Moment(run.as_of)
    policy = Policy(await policies.values(tx, region=run.county_code), run.county_code)
    if rule.lines is not None:
        judged, found = await _cross(tx, run, rule, place, policy)
        looked = judged.candidates_n  # it read the lots that crossed, and no other
    else:
        judged = await ask(tx, rule, place, moment, policy)
        found = await _raise(tx, run, rule, judged)
        looked = await flags.count(tx, rule.population, place, moment)
    issued_on = business_date(began)
    warned = await warnings.drawn_up(tx, run, rule, issued_on, policy, found)
    doubt = implausible(policy, run.as_of, rule, found.hits_n, looked)
    await _tell(tx, run, rule, began, judged, found, looked, warning=doubt, unwarned_because=warned.none_because)
    await warnings.issue(tx, run.county_code, run.id, rule, warned.rows)


async def _tell(
    tx: AsyncSession,
    run: FlagRunRow,
    rule: Rule,
    began: datetime,
    judged: Judged,
    found: Found,
    looked: int,
    *,
    warning: str | None = None,
    unwarned_because: str | None = None,
) -> None:
    """Write down what a rule found and tell the journal; from here on the county's journal is held."""
    await store.add_done(
        tx,
        {
            "county_code": run.county_code,
            "run_id": run.id,
            "rule_code": rule.code,
            "region_code": run.region_code,
            "rule_version": rule.version,
            "looked_n": looked,
            "candidates_n": judged.candidates_n,
            "hits_n": found.hits_n,
            "new_n": found.new_n,
            "new_fen": found.new_fen,
            "covered": found.covered,
            "figures": judged.figures,
            "silent_because": judged.silent_because,
            "warning": warning,
            "unwarned_because": unwarned_because,
            "began_at": began,
        },
    )
    await store.tally(tx, run.county_code, run.id, rule.code, found.tallies)
    event = FlagsFound(
        run_id=run.id,
        county_code=run.county_code,
        rule_code=rule.code,
        rule_version=rule.version,
        title=rule.title,
        as_of=run.as_of,
        flags_n=found.new_n,
        flags_fen=found.new_fen,
    )
    await record_alone(tx, "funds", run.county_code, event, RUNNER, uuid5(run.id, rule.code))


async def _cross(tx: AsyncSession, run: FlagRunRow, rule: Rule, place: Place, policy: Policy) -> tuple[Judged, Found]:
    before = None
    if run.kind == "daily":
        before = await store.before(tx, run.county_code, rule.code, _same_lines(rule), run.as_of)
    drawn = stretches(rule, policy, run.as_of, before)
    if not drawn:
        return Judged(silent_because=silence(rule)), Found(0, 0, 0, {})
    # What is recorded from here on was not seen by this run, whatever its place in the journal when it ends.
    known = await store.head(tx, run.county_code)
    # Lots whose clock was ever stopped have days of their own: they are taken out of the common look and judged apart,
    # on each of the days since the last run, for some of them have left by the day of this one.
    paused = [one for day in days_since(before, run.as_of) for one in await flags.stopped(tx, place, Moment(day))]
    apart = list({one.subject_id for one in paused})
    common = Found(0, 0, 0, {}, by_account={})
    for lines, last_on in drawn:
        looked = await cross(tx, rule, lines, place, run.id, last_on, before, apart)
        common = replace(common + looked, covered=looked.covered)
        before = before and replace(before, as_of=last_on, covered=looked.covered)
    if len(drawn) > 1:  # a lot may have been asked about in two of them
        common = replace(common, by_account=None)
    hits = await _judged_apart(tx, run, rule, paused, policy)
    # In a missed year a lot may cross several lines: it was looked at for each.
    again = len(hits) - len({one.subject_id for one, _ in hits})
    judged = Judged(common.hits_n + len(apart) + again, hits)
    own = await _raise(tx, run, rule, judged)
    found = replace(common + own, covered={**common.covered, JOURNAL: str(known)})
    return judged, found


async def _judged_apart(
    tx: AsyncSession, run: FlagRunRow, rule: Rule, lots: Sequence[LotFacts], policy: Policy
) -> list[tuple[Facts, Verdict]]:
    """What the rule asks of lots that are told day by day, of each on the first day; not what it asked of its money."""
    hits: dict[tuple[UUID, str], tuple[Facts, Verdict]] = {}
    for one in lots:
        if (verdict := rule.judge(one, policy)) is not None:
            hits.setdefault((one.subject_id, verdict.mark), (one, verdict))
    again = await flags.asked_of_forebears(tx, run.county_code, rule.code, hits.keys())
    return [hit for asked, hit in hits.items() if asked not in again]


def _same_lines(rule: Rule) -> set[int]:
    """The versions that draw the very lines of this one: it goes on from where they stopped, and asks nothing again."""
    former = {version for (code, version), one in VERSIONS.items() if code == rule.code and one.lines is rule.lines}
    return {rule.version, *former}


async def _raise(tx: AsyncSession, run: FlagRunRow, rule: Rule, judged: Judged) -> Found:
    """Write a flag for each hit that nobody was asked about before, and what fen it names."""
    policies_used = {_named(verdict): verdict.policy for _, verdict in judged.hits}
    bases = {name: await flags.basis(tx, run.county_code, rule, used) for name, used in policies_used.items()}
    named = ((flag_id(rule.code, facts.subject_id, verdict.mark), facts, verdict) for facts, verdict in judged.hits)
    hits = {one[0]: one for one in named}
    new = await flags.raise_new(
        tx,
        [_row(run, rule, flag, facts, verdict, bases[_named(verdict)]) for flag, facts, verdict in hits.values()],
    )
    fresh = [hit for hit in hits.values() if hit[0] in new]
    await flags.add_money(
        tx,
        [
            {
                "county_code": run.county_code,
                "flag_id": flag,
                "item": one.item,
                "region_code": facts.region_code,
                "amount_fen": one.amount_fen,
            }
            for flag, facts, verdict in fresh
            for one in verdict.money
        ],
    )
    on_accounts = [
        (facts.account_id, Raised(1, facts.amount_fen, verdict.days))
        for _, facts, verdict in fresh
        if isinstance(facts, LotFacts)
    ]
    once = len({facts.subject_id for _, facts, _ in fresh}) == len(fresh)
    by_account = added_up(on_accounts) if once and len(on_accounts) == len(fresh) else None
    tallies = combined(
        (
            (facts.region_code, facts.as_of),
            Tallied(
                1, facts.amount_fen, sum(one.amount_fen for one in verdict.money) if verdict.money else facts.amount_fen
            ),
        )
        for _, facts, verdict in fresh
    )
    new_fen = sum(facts.amount_fen for _, facts, _ in fresh)
    return Found(len(judged.hits), len(fresh), new_fen, {}, by_account, tallies)


def _named(verdict: Verdict) -> tuple[tuple[str, str, date], ...]:
    """Which dated values a verdict stands on."""
    return tuple((one.key, one.region, one.valid_from) for one in verdict.policy)


def _row(run: FlagRunRow, rule: Rule, flag: UUID, facts: Facts, verdict: Verdict, basis: UUID) -> dict[str, Any]:
    return {
        "county_code": run.county_code,
        "id": flag,
        "region_code": facts.region_code,
        "rule_code": rule.code,
        "rule_version": rule.version,
        "limit_days": verdict.limit_days,
        "as_of": facts.as_of,
        "amount_fen": facts.amount_fen,
        "days": verdict.days,
        "facts": kept(facts),
        "explanation": verdict.explanation,
        "position": None,
        "subject": rule.subject,
        "subject_id": facts.subject_id,
        "mark": verdict.mark,
        "run_id": run.id,
        "basis_id": basis,
    }


def run_of(row: FlagRunRow, done: Sequence[FlagRunRuleRow]) -> Run:
    return Run(
        id=row.id,
        county_code=row.county_code,
        region_code=row.region_code,
        kind=row.kind,
        as_of=row.as_of,
        asked_by=row.asked_by,
        asked_at=row.asked_at,
        ended_at=row.ended_at,
        rules_n=len(row.rules),
        done_n=len(done),
        new_n=sum(one.new_n for one in done),
        new_fen=sum(one.new_fen for one in done),
        rules=[
            RuleRun(
                title=RULES[one.rule_code].title,
                **{name: getattr(one, name) for name in RuleRun.model_fields if name != "title"},
            )
            for one in done
        ],
    )


async def shown(tx: AsyncSession, county: str, rows: Sequence[FlagRunRow]) -> list[Run]:
    """Runs with what their rules found."""
    by_run: dict[UUID, list[FlagRunRuleRow]] = defaultdict(list)
    for one in await store.done(tx, county, [row.id for row in rows]):
        by_run[one.run_id].append(one)
    return [run_of(row, by_run[row.id]) for row in rows]


def rules() -> list[RuleShown]:
    """Every rule in force, by code."""
    return [
        RuleShown(
            code=rule.code,
            version=rule.version,
            since=rule.since,
            title=rule.title,
            legal_basis=rule.legal_basis,
            looks_at=rule.looks_at,
            subject=rule.subject,
            policy_keys=list(rule.policy_keys),
            lists=list(rule.lists),
            former_versions=sorted(
                version for code, version in VERSIONS if code == rule.code and version != rule.version
            ),
            has_draft=rule.code in DRAFTS,
        )
        for rule in RULES.values()
    ]
