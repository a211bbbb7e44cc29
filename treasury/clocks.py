"""Which limit a resting lot is held to, when it ends, and since when a limit has been passed.

预算法 (2018) art 52 sets clocks between levels of government; below the county there is none in national law, and a
region sets its own step by step (`handdown_limit_days.<kind of holder>`). Numbers are dated policy values; here stands
only which of them speaks of which lot. Days are calendar days or working days, as the value says; the calendar of
working days is brought by the caller.

The clocks of art 52 that end before the county (`OUT_OF_REACH`) are kept as values and shown, and judge no lot here:
the money they speak of is not in a county's books yet.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

from treasury.intervals import Answer, DayRange, Judgement
from treasury.policy import PolicyValue, in_force
from treasury.stops import Stop, running_since

# Between the centre and the county; the second starts with the central document's receipt by the province.
OUT_OF_REACH: Final = (
    "handdown_clock.centre_to_province.special",
    "handdown_clock.centre_to_province.general",
    "handdown_clock.central_to_counties",
    "handdown_clock.reply_to_department",
)
_OWN_BUDGET: Final = "handdown_clock.own_budget"
_REPLY_TO_UNIT: Final = "handdown_clock.reply_to_unit"
# Those that speak of lots in a county's books.
OF_LAW: Final = (f"{_OWN_BUDGET}.special", f"{_OWN_BUDGET}.general", _REPLY_TO_UNIT)


def clock_for(holder_kind: str, fund_level: str, *, special: bool = True, quota: bool = False) -> tuple[str, ...]:
    """The policy keys that may speak of a lot, the most specific first; the first in force decides (`limit_for`).

    1. `handdown_limit_days.<kind>.<level>`: what a region laid down for money of this level with holders of this kind.
    2. The clock of 预算法 art 52 itself, where the law knows the step: of the county's own budget, what its treasury
       has for governments below (special 60 days, general 30), and a department's quota for its units (15 days).
       These start with the congress's approval or the department's receipt; the books know the receipt, which is not
       earlier, so nobody is charged a day too many.
    3. `handdown_limit_days.<kind>`: the step of any money with holders of this kind.

    A fund of several levels (`mixed`) is held to the third alone. `treasury` that has a department's money and a
    government's alike is held to the longer clock, since the books do not know yet which it will be.
    """
    own = fund_level == "county"
    of_law = {
        "treasury": f"{_OWN_BUDGET}.{'special' if special else 'general'}",
        "department": _REPLY_TO_UNIT if quota else "",
    }.get(holder_kind, "")
    keys = [
        *([f"handdown_limit_days.{holder_kind}.{fund_level}"] if fund_level != "mixed" else []),
        *([of_law] if own and of_law else []),
        f"handdown_limit_days.{holder_kind}",
    ]
    return tuple(keys)


@dataclass(frozen=True, slots=True)
class Holder:
    """What of a lot decides its clock: the kind of its holder, the level of its budget, whether it is quota."""

    kind: str
    level: str = "mixed"
    quota: bool = False

    @property
    def clocks(self) -> tuple[str, ...]:
        return clock_for(self.kind, self.level, quota=self.quota)


def limit_for(values: Iterable[PolicyValue], keys: Sequence[str], region: str, on: date) -> PolicyValue | None:
    """The value that decides: that of the nearest region, and of one region's that of the first key; None: no limit.

    So what a county lays down for a kind of holder is not overruled by a more specific number of the nation. But where
    the law knows the step, a longer one, or one in other days, puts nobody beyond its clock.
    """
    known = list(values)
    found = [one for key in keys if (one := in_force(known, key, region, on)) is not None]
    nearest = max(found, key=lambda one: 0 if one.region == "00" else len(one.region), default=None)
    of_law = next((one for one in found if one.key in OF_LAW), None)
    if nearest is None or of_law is None:
        return nearest
    own, law = TimeLimit.of(nearest), TimeLimit.of(of_law)
    return nearest if own.counted is law.counted and own.days <= law.days else of_law


class Counted(StrEnum):
    """Which days a limit counts."""

    CALENDAR = "calendar"
    WORKING = "working"


@dataclass(frozen=True, slots=True)
class TimeLimit:
    """A number of calendar or working days after the day on which a clock started; the last of them is in time."""

    days: int
    counted: Counted = Counted.CALENDAR

    @classmethod
    def of(cls, policy: PolicyValue) -> TimeLimit:
        """What a policy value says: 30, or {"days": 30, "counted": "working"}. A plain number is of calendar days."""
        told: object = policy.value
        if isinstance(told, dict):
            return cls(int(told["days"]), Counted(told["counted"]))
        return cls(policy.number)


@dataclass(frozen=True, slots=True)
class WorkCalendar:
    """Which days offices work, and of which days that is announced; of others it is assumed."""

    is_working: Callable[[date], bool]
    announced: Callable[[date], bool]


@dataclass(frozen=True, slots=True)
class Due:
    """The last day in time; `assumed` when it was counted over days whose holidays are not announced yet."""

    on: date
    assumed: bool


def due(clock_from: date, limit: TimeLimit, calendar: WorkCalendar) -> Due:
    """The last day on which money whose clock started on `clock_from` may still rest in time."""
    if limit.counted is Counted.CALENDAR:
        return Due(clock_from + timedelta(days=limit.days), assumed=False)
    at, left, assumed = clock_from, limit.days, False
    while left > 0:
        at += timedelta(days=1)
        left -= calendar.is_working(at)
        assumed = assumed or not calendar.announced(at)
    return Due(at, assumed)


def passed_since(on: date, limit: TimeLimit, calendar: WorkCalendar) -> date:
    """The latest start whose limit is passed on `on`: every clock that started by it is late, every later one in time.

    The day's run asks for the starts after yesterday's answer up to today's, and a run that was missed for the starts
    of its whole range: one look along the index of clocks, whatever the history.
    """
    if limit.counted is Counted.CALENDAR:
        return on - timedelta(days=limit.days + 1)
    at, left = on, limit.days
    while left > 0:
        at -= timedelta(days=1)
        left -= calendar.is_working(at)
    return at - timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Late:
    """A limit that a clock has run past: when it ended, and by how many of the days that it counts."""

    limit: TimeLimit
    due: Due
    over_days: int


def late(
    clock_from: date, on: date, limit: TimeLimit, calendar: WorkCalendar, stops: Sequence[Stop] = ()
) -> Late | None:
    """Whether a clock that started on `clock_from` has run past `limit` on `on`; None when it is in time.

    Over by no working day it is on the free days that follow its last one.
    """
    start, counted = _less_stops(clock_from, on, limit, calendar, stops)
    if start > passed_since(on, limit, counted):
        return None
    ended = due(start, limit, counted)
    over = (on - ended.on).days
    if limit.counted is Counted.WORKING:
        over = sum(counted.is_working(ended.on + timedelta(days=n)) for n in range(1, over + 1))
    return Late(limit, ended, over)


def _less_stops(
    start: date, on: date, limit: TimeLimit, calendar: WorkCalendar, stops: Sequence[Stop]
) -> tuple[date, WorkCalendar]:
    """A start and a calendar by which a clock that stood still is asked as one that never did.

    Calendar days are all alike, so the start is moved by as many. Working days are not: those on which it stood still
    are no working days of this clock, and a free day on which it did takes nothing off.
    """
    if limit.counted is Counted.CALENDAR:
        return running_since(start, stops, on), calendar
    if not stops:
        return start, calendar

    def runs(day: date) -> bool:
        return calendar.is_working(day) and not any(one.from_on < day <= one.until_on for one in stops)

    return start, WorkCalendar(runs, calendar.announced)


def judge(
    started: DayRange, on: date, limit: TimeLimit, calendar: WorkCalendar, stops: Sequence[Stop] = ()
) -> Judgement:
    """What can be said on `on` of a limit whose clock started on a day from … to …; never a guess.

    It is passed when the latest start is late already, and not passed while the earliest one is still in time.
    """
    counted = calendar
    earliest, latest = started.earliest, started.latest
    if earliest is not None:
        earliest, counted = _less_stops(earliest, on, limit, calendar, stops)
    if latest is not None:
        latest, counted = _less_stops(latest, on, limit, calendar, stops)
    frontier = passed_since(on, limit, counted)
    named = f"时限 {limit.days} {'个工作日' if limit.counted is Counted.WORKING else '天'}"
    if latest is not None and latest <= frontier:
        return Judgement(Answer.PASSED, f"最晚自 {latest} 起算，至 {on} 已超过{named}")
    if earliest is not None and earliest > frontier:
        return Judgement(Answer.NOT_PASSED, f"最早自 {earliest} 起算，至 {on} 未超过{named}")
    since = f"起算日只知在 {earliest or '（不明）'} 至 {latest or '（不明）'} 之间"
    return Judgement(Answer.UNDECIDABLE, f"无法判定：{since}，至 {on} 是否超过{named}取决于其中哪一天")
