"""Clock rules over all that rests: which days of clocks a run has to ask about, and the flags of their lots.

A daily run goes on from where the last one stopped, so it reads the lots whose clock began exactly a limit ago; a
missed week is a week of such days, and a number that was lowered is the days between the old and the new one. Nothing
is kept per lot, so a change of policy rewrites none.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import combinations
from typing import Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from policies.workdays import CHINA
from services.funds_api.flags import store
from services.funds_api.flags.rules.rule import Line, Policy, Rule
from services.funds_api.flags.store import Place
from services.funds_api.flags.tallies import Tallied, Tallies, combined
from treasury.clocks import due, passed_since

DAY = timedelta(days=1)
# Days of clocks in one statement: a first look has years of them, and what one raises is held until it is written.
_AT_ONCE: Final = 31
# Beside the lines of `covered`: up to which position of the journal the run had looked.
JOURNAL: Final = "journal"
_RAISE: Final = text(
    "SELECT account_id, region_code, asked_on, found, raised, fen, days"
    " FROM funds.raise_crossings(:county, :root, :run, :rule, CAST(:version AS smallint), :basis, :mark, :limit,"
    " :kinds, :budgets, :clocks, :asked, :as_of,"
    " :late, :after, :known, :apart)"
)


@dataclass(frozen=True, slots=True)
class Before:
    """How far an earlier daily run came: its day, its position in the journal, and by line the last day of clocks."""

    as_of: date
    position: int
    covered: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Raised:
    """New flags: how many, of how many fen, and the longest of their days."""

    flags_n: int
    fen: int
    days: int

    def __add__(self, other: Raised) -> Raised:
        return Raised(self.flags_n + other.flags_n, self.fen + other.fen, max(self.days, other.days))


@dataclass(frozen=True, slots=True)
class Found:
    """Lots that had crossed, how many of those flags are new and of how many fen, and how far each line came.

    `by_account` tells on whose account new flags lie; None when it was not counted, or a lot was asked about twice.
    `tallies` count the new flags by place and day.
    """

    hits_n: int
    new_n: int
    new_fen: int
    covered: dict[str, str]
    by_account: Mapping[UUID, Raised] | None = None
    tallies: Tallies = field(default_factory=dict)

    def __add__(self, other: Found) -> Found:
        """Both, of lots that are not the same."""
        by_account = None
        if self.by_account is not None and other.by_account is not None:
            by_account = added_up([*self.by_account.items(), *other.by_account.items()])
        return Found(
            self.hits_n + other.hits_n,
            self.new_n + other.new_n,
            self.new_fen + other.new_fen,
            {**self.covered, **other.covered},
            by_account,
            combined([*self.tallies.items(), *other.tallies.items()]),
        )


def added_up(raised: Iterable[tuple[UUID, Raised]]) -> dict[UUID, Raised]:
    """By account."""
    found: dict[UUID, Raised] = {}
    for account, one in raised:
        found[account] = found[account] + one if account in found else one
    return found


def key(line: Line) -> str:
    """A line of a rule and the holders it is drawn for, whatever its number."""
    budgets = "" if line.budgets is None else f":{'+'.join(sorted(line.budgets))}"
    return f"{line.name}:{'+'.join(sorted(line.kinds))}{budgets}"


def days_since(before: Before | None, as_of: date) -> list[date]:
    """The days that a run has to answer for: those since an earlier one, or its own alone."""
    first = before.as_of + DAY if before else as_of
    return [first + n * DAY for n in range((as_of - first).days + 1)]


def stretches(rule: Rule, policy: Policy, as_of: date, before: Before | None) -> list[tuple[tuple[Line, ...], date]]:
    """The rule's lines, each time with the last day on which they are drawn so: a number may change on a missed day.

    So a week that is made up for is asked by the lines of its days, as daily runs would have asked it.
    """
    if rule.lines is None:
        return []
    ends = {one.valid_from - DAY for one in policy.values} | {one.valid_to for one in policy.values if one.valid_to}
    drawn: list[tuple[tuple[Line, ...], date]] = []
    for day in [*sorted(day for day in ends if before and before.as_of < day < as_of), as_of]:
        lines = rule.lines(policy, day)
        if drawn and drawn[-1][0] == lines:
            drawn.pop()
        drawn.append((lines, day))
    return [(lines, day) for lines, day in drawn if lines]


def crossed_by(line: Line, as_of: date) -> date:
    """The last day on which a clock began that has passed the line on `as_of`: the limit's own day is in time."""
    return passed_since(as_of, line.limit, CHINA)


def to_ask(
    line: Line, lines: tuple[Line, ...], as_of: date, since: date, before: Before | None
) -> list[tuple[date, date]]:
    """(day on which clocks began, day to ask about) for each day since `since` whose clocks have passed the line.

    After an earlier run a lot is asked about the day it crossed, or, when the line came to meet it, the day after that
    run or from which the number behind it holds; without a run, about the day of this one. A lot past a further line
    of its holder is asked about that one.
    """
    last = crossed_by(line, as_of)
    clocks = [since + timedelta(days=at) for at in range((last - since).days + 1)]
    if before is None:
        asked = [(clock, as_of) for clock in clocks]
    else:
        first = max(before.as_of + DAY, line.policy.valid_from)
        asked = [(clock, min(max(due(clock, line.limit, CHINA).on + DAY, first), as_of)) for clock in clocks]
    beyond = further(line, lines)
    return [(clock, day) for clock, day in asked if all(clock > crossed_by(one, day) for one in beyond)]


def further(line: Line, lines: tuple[Line, ...]) -> list[Line]:
    """The lines of the same holders that lie beyond this one."""
    return [one for one in lines if one.days > line.days and one.meets(line)]


async def cross(
    session: AsyncSession,
    rule: Rule,
    lines: tuple[Line, ...],
    place: Place,
    run: UUID,
    as_of: date,
    before: Before | None,
    apart: Sequence[UUID],
) -> Found:
    """Raise a flag for every lot but `apart` that crossed one of the rule's lines and was not asked about it before."""
    new_lines = before is None or not all(before.covered.get(key(line)) for line in lines)
    there = await _clocks(session, place, as_of) if new_lines else []
    hits = 0
    new: list[tuple[UUID, Raised]] = []
    tallied: list[tuple[tuple[str, date], Tallied]] = []
    covered: dict[str, str] = {}
    clocks: list[tuple[Line, set[date]]] = []
    for line in lines:
        done = before.covered.get(key(line)) if before else None
        going_on = before if done else None
        since = date.fromisoformat(done) + DAY if done else next(iter(there), None)
        asked = to_ask(line, lines, as_of, since, going_on) if since else []
        if going_on is None:
            began = set(there)
            asked = [(clock, day) for clock, day in asked if clock in began]
        covered[key(line)] = max(crossed_by(line, as_of).isoformat(), done or "")
        if not asked and going_on is None:
            continue
        clocks.append((line, {clock for clock, _ in asked}))
        told = {
            "county": place.county,
            "root": place.region,
            "run": run,
            "rule": rule.code,
            "version": rule.version,
            "basis": await store.basis(session, place.county, rule, [line.policy]),
            "mark": line.name,
            "limit": line.days,
            "kinds": sorted(line.kinds),
            "budgets": None if line.budgets is None else sorted(line.budgets),
            "as_of": as_of,
            "after": max((crossed_by(one, as_of) for one in further(line, lines)), default=None),
            "known": going_on.position if going_on else 0,
            "apart": list(apart),
        }
        late = min(since - DAY, crossed_by(line, as_of)) if going_on and since else None
        for at in range(0, max(len(asked), 1), _AT_ONCE):
            part = asked[at : at + _AT_ONCE]
            days = {"clocks": [clock for clock, _ in part], "asked": [day for _, day in part]}
            for one in await session.execute(_RAISE, {**told, **days, "late": None if at else late}):
                hits += one.found
                if one.raised:
                    new.append((one.account_id, Raised(one.raised, one.fen, one.days)))
                    tallied.append(((one.region_code, one.asked_on), Tallied(one.raised, one.fen, one.fen)))
    once = not any(one & two and line.meets(meant) for (line, one), (meant, two) in combinations(clocks, 2))
    flags_n, fen = sum(one.flags_n for _, one in new), sum(one.fen for _, one in new)
    return Found(hits, flags_n, fen, covered, added_up(new) if once else None, combined(tallied))


# Each next day is one probe of the index: as many as there are days, however many lots began on them.
_CLOCKS: Final = text("""
  WITH RECURSIVE resting(day) AS (
    SELECT min(l.clock_from) FROM funds.lot l WHERE l.county_code = :county AND l.is_resting
    UNION ALL
    SELECT (SELECT min(l.clock_from) FROM funds.lot l
             WHERE l.county_code = :county AND l.is_resting AND l.clock_from > r.day)
      FROM resting r WHERE r.day IS NOT NULL)
  SELECT day FROM resting WHERE day IS NOT NULL
  UNION
  SELECT l.clock_from FROM funds.lot l
   WHERE l.county_code = :county AND NOT l.is_terminal AND l.emptied_on > :as_of
   ORDER BY 1""")


async def _clocks(session: AsyncSession, place: Place, as_of: date) -> list[date]:
    """The days, the oldest first, on which clocks began of what rested on a day or rests now.

    A first look asks about these alone: a county has decades of days, and money of a few of them.
    """
    return list((await session.scalars(_CLOCKS, {"county": place.county, "as_of": as_of})).all())
