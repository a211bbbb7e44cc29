"""How long money has rested: days, bands, yuan-days, and the two questions asked of a resting lot.

滞留 (retained: the money should have been handed on) and 闲置 (idle: received and unused) are two questions with two
limits; a lot can be both. Limits are policy values that the caller brings; no limit is written here. Of money whose day
is known to a month, a year or on one side only, the days are known from … to …, and a limit that lies between is not
guessed at: 无法判定 (`intervals.py`).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date


def days_rested(since: date, on: date) -> int:
    """Whole calendar days from `since` to `on`; a lot that arrives on `on` has rested 0 days."""
    return (on - since).days


def band(days: int, edges: Sequence[int]) -> str:
    """The band of `edges` (ascending, in days) that `days` falls in: "0-30", "31-60" …, ">730"."""
    at = bisect_right([edge + 1 for edge in edges], days)
    if at == len(edges):
        return f">{edges[-1]}"
    low = 0 if at == 0 else edges[at - 1] + 1
    return f"{low}-{edges[at]}"


@dataclass(frozen=True, slots=True)
class Overdue:
    """A limit that a lot has passed: it rested `days`, the limit was `limit_days`."""

    days: int
    limit_days: int

    @property
    def over_days(self) -> int:
        return self.days - self.limit_days


def overdue(clock_from: date, on: date, limit_days: int) -> Overdue | None:
    """Whether a clock that started on `clock_from` has run past `limit_days` on `on`; the last day is in time."""
    days = days_rested(clock_from, on)
    return Overdue(days, limit_days) if days > limit_days else None


def yuan_days(resting: Iterable[tuple[int, date]], on: date) -> int:
    """Fen-days of money at rest: Σ fen × days since it arrived. Divide by 100 for 元·天.

    >>> yuan_days([(100, date(2017, 1, 1))], date(2017, 1, 11))
    1000
    """
    return sum(fen * days_rested(arrived, on) for fen, arrived in resting)
