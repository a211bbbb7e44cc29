"""Trying a draft on history: the live rule and the draft are asked the same moments, and what they say is compared.

A moment is a business date with what had been recorded by then: money, facts, lists and dated values. Nothing but the
act of trying is written.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from chassis.database import allow_long_statements, set_region
from chassis.identity import Principal
from chassis.ids import new_id
from chassis.journal import Act
from chassis.moments import settled_at
from services.funds_api.access import must_hold
from services.funds_api.flags import store as flags
from services.funds_api.flags.asking import ask, silence
from services.funds_api.flags.plausible import implausible
from services.funds_api.flags.rules.catalogue import DRAFTS, RULES
from services.funds_api.flags.rules.lent import LoanFacts
from services.funds_api.flags.rules.rule import Facts, Money, Policy, Rule, Subject, Verdict
from services.funds_api.flags.store import Place
from services.funds_api.lots.refusals import DatedAhead
from services.funds_api.moments import Moment, moment_of
from services.funds_api.policies import store as policies
from services.funds_api.policies.keys import KEYS
from services.funds_api.runs.refusals import RulesUnknown
from services.funds_api.trials import store
from services.funds_api.trials.refusals import (
    DraftValueRefused,
    NoBooks,
    NoDraft,
    NothingDrafted,
    TrialTooLarge,
)
from services.funds_api.trials.resting import crossed
from services.funds_api.trials.schemas import CountyTrial, Tally, Trial, TrialRequest
from services.funds_api.units import store as units
from treasury.calendar import SHANGHAI
from treasury.policy import Basis, PolicyValue
from treasury.policy_keys import fault
from wire.flags import RuleTried

COUNTY_DIGITS: Final = 6
MOST: Final = 60  # counties times days of one trial: it is answered at once
PEOPLE: Final = frozenset({Subject.PERSON, Subject.HOUSEHOLD, Subject.PAYMENT})
Said = dict[tuple[UUID, str], tuple[Facts, Verdict]]


@dataclass(frozen=True, slots=True)
class Told:
    """What one of the two asked at a moment."""

    tally: Tally
    asked: frozenset[Any]
    silent_because: str | None = None


async def attempt(tx: AsyncSession, who: Principal, act: Act, asked: TrialRequest, today: date) -> Trial:
    """Ask the live rule and the draft about each day and county, and compare; the act is kept, no flag is."""
    region = asked.region or who.region
    must_hold(who, region)
    stream = region[:COUNTY_DIGITS]
    await act.claim(tx, stream)
    live, draft = _versions(asked)
    drafted = [_drafted(live, key, value) for key, value in sorted(asked.values.items())]
    if (latest := max(asked.as_of)) > today:
        raise DatedAhead(latest, today, "试算的业务日期")
    if len(region) > COUNTY_DIGITS:
        await units.must_exist(tx, region)
        await set_region(tx, stream)  # whether the county has books is not seen from a township
    counties = await store.counties(tx, stream)
    if not counties:
        raise NoBooks(region)
    if len(counties) * len(set(asked.as_of)) > MOST:
        raise TrialTooLarge(len(counties), len(set(asked.as_of)), MOST)

    await allow_long_statements(tx)
    rows = [
        await _compare(
            tx, live, draft, drafted, Place(county, region if len(region) > len(county) else county), day, asked
        )
        for county in counties
        for day in sorted(set(asked.as_of))
    ]

    await set_region(tx, who.region)
    answer = _trial(asked, live, draft, rows)
    event = RuleTried(
        trial_id=answer.id,
        region_code=region,
        rule_code=live.code,
        rule_version=live.version,
        draft_version=draft.version,
        values=asked.values,
        as_of=asked.as_of,
        live_n=answer.live_n,
        draft_n=answer.draft_n,
    )
    await act.record(tx, stream, event, answer)
    return answer


def _versions(asked: TrialRequest) -> tuple[Rule, Rule]:
    live = RULES.get(asked.rule)
    if live is None:
        raise RulesUnknown([asked.rule], sorted(RULES))
    if asked.draft and asked.rule not in DRAFTS:
        raise NoDraft(asked.rule)
    if not asked.draft and not asked.values:
        raise NothingDrafted(asked.rule)
    return live, DRAFTS[asked.rule] if asked.draft else live


def _drafted(rule: Rule, key: str, value: Any) -> tuple[str, Any]:
    """A draft value that the rule reads and that its key may have."""
    about = KEYS.entry(key)
    if about is None or not any(key == one or key.startswith(f"{one}.") for one in rule.policy_keys):
        raise DraftValueRefused(
            key, f"规则 {rule.code} 不用这个数值；它用 {'、'.join(rule.policy_keys) or '不用任何数值'}"
        )
    wrong = fault(about, value)
    if wrong is not None:
        raise DraftValueRefused(key, wrong)
    return key, value


async def _known_at(tx: AsyncSession, asked: TrialRequest, county: str, day: date) -> datetime:
    """The instant up to which was known: as asked, or the end of the day in China; of today what is settled."""
    ended = datetime.combine(day + timedelta(days=1), datetime.min.time(), SHANGHAI)
    return asked.known_at or min(ended, await settled_at(tx, "funds", county))


async def _compare(
    tx: AsyncSession,
    live: Rule,
    draft: Rule,
    drafted: Sequence[tuple[str, Any]],
    place: Place,
    day: date,
    asked: TrialRequest,
) -> CountyTrial:
    at = await _known_at(tx, asked, place.county, day)
    moment = await moment_of(tx, place.county, day, at)
    values = await policies.values(tx, known_at=at, region=place.county)
    was = Policy(values, place.county)
    would = Policy(_overlaid(values, drafted, place.county), place.county)
    await set_region(tx, place.county)  # a rule reads the county's books and lists, and tells of the place asked for
    looked = await flags.count(tx, live.population, place, moment) if live.lines is None else None
    now = await _told(tx, live, was, place, moment, looked)
    then = await _told(tx, draft, would, place, moment, looked)
    if live.lines is not None:
        both = sum(n for _, n in now.asked & then.asked)
        only_live, only_draft = now.tally.flags_n - both, then.tally.flags_n - both
    else:
        both = len(now.asked & then.asked)
        only_live, only_draft = len(now.asked - then.asked), len(then.asked - now.asked)
    return CountyTrial(
        county_code=place.county,
        as_of=day,
        known_at=at,
        known_position=moment.position,
        looked_n=looked,
        live=now.tally,
        draft=then.tally,
        only_live_n=only_live,
        only_draft_n=only_draft,
        both_n=both,
        silent_because=then.silent_because or (None if moment.position else _nothing_known(place.county, at)),
    )


def _nothing_known(county: str, at: datetime) -> str:
    known = f"{at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"
    return f"截至 {known}，{county} 还没有登记过任何业务；按现在所知试算的，请填写 known_at"


def _overlaid(values: Sequence[PolicyValue], drafted: Sequence[tuple[str, Any]], county: str) -> list[PolicyValue]:
    """The values of then with the drafts in their place, for any day."""
    replaced = {key for key, _ in drafted}
    return [
        *(one for one in values if one.key not in replaced),
        *(PolicyValue(key, county, date.min, value, "试算草案", Basis.ASSUMED) for key, value in drafted),
    ]


async def _told(tx: AsyncSession, rule: Rule, policy: Policy, place: Place, moment: Moment, looked: int | None) -> Told:
    if rule.lines is not None:
        groups = await crossed(tx, rule, policy, place, moment)
        tally = Tally(flags_n=sum(one.lots_n for one in groups), people_n=0, amount_fen=sum(one.fen for one in groups))
        silent = None if rule.lines(policy, moment.as_of) else silence(rule)
        return Told(tally, frozenset((one.key, one.lots_n) for one in groups), silent)
    judged = await ask(tx, rule, place, moment, policy)
    said: Said = {(facts.subject_id, verdict.mark): (facts, verdict) for facts, verdict in judged.hits}
    named = once(rule, said)
    whom = {one for facts, _ in said.values() if (one := _whom(rule, facts))}
    people_n = len(whom) if whom else await store.households_n(tx, place.county, named)
    doubt = implausible(policy, moment.as_of, rule, len(judged.hits), looked or 0)
    tally = Tally(flags_n=len(said), people_n=people_n, amount_fen=sum(named.values()), warning=doubt)
    return Told(tally, frozenset(said), judged.silent_because)


def _whom(rule: Rule, facts: Facts) -> UUID | None:
    """The person or household that a question is about, if it is about one."""
    if isinstance(facts, LoanFacts):
        return facts.household_id
    return facts.subject_id if rule.subject in PEOPLE else None


def once(rule: Rule, said: Said) -> dict[str, int]:
    """The fen that these questions are about, by what they name; what several of them name counts once."""
    named: dict[str, int] = {}
    for facts, verdict in said.values():
        for one in verdict.money or (Money(f"{rule.subject}:{facts.subject_id}", facts.amount_fen),):
            named[one.item] = max(named.get(one.item, 0), one.amount_fen)
    return named


def _trial(asked: TrialRequest, live: Rule, draft: Rule, rows: list[CountyTrial]) -> Trial:
    live_n, draft_n = sum(one.live.flags_n for one in rows), sum(one.draft.flags_n for one in rows)
    only_live, only_draft = sum(one.only_live_n for one in rows), sum(one.only_draft_n for one in rows)
    return Trial(
        id=new_id(),
        rule_code=live.code,
        rule_version=live.version,
        draft_version=draft.version,
        values=asked.values,
        counties=rows,
        live_n=live_n,
        draft_n=draft_n,
        only_live_n=only_live,
        only_draft_n=only_draft,
        unexplained_n=draft_n - (live_n - only_live + only_draft),
    )
