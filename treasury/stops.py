"""Stopped clocks (停表): on which days the clock of a lot stands still, and how many days it has run.

A stop holds from a day until the day on which the clock runs again: it takes `until_on - from_on` days off what the
clock shows. Stops that overlap take a day off once. Nothing is said here of who may stop a clock, or for how long.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from treasury.ageing import days_rested


@dataclass(frozen=True, slots=True)
class Stop:
    """A clock stands still from `from_on` and runs again on `until_on`; on the same day, it never stood still."""

    from_on: date
    until_on: date


def stopped_days(stops: Iterable[Stop], since: date, on: date) -> int:
    """How many of the days from `since` to `on` the clock stood still, each counted once.

    >>> stopped_days([Stop(date(2017, 3, 11), date(2017, 3, 21))], date(2017, 3, 1), date(2017, 3, 31))
    10
    """
    days, reached = 0, since
    for stop in sorted(stops, key=lambda one: one.from_on):
        until = min(stop.until_on, on)
        days += max((until - max(stop.from_on, reached)).days, 0)
        reached = max(reached, until)
    return days


def stands_still(stops: Iterable[Stop], on: date) -> bool:
    """Whether the clock stands still on a day: it will show the same on the next."""
    return any(stop.from_on <= on < stop.until_on for stop in stops)


def running_since(clock_from: date, stops: Iterable[Stop], on: date) -> date:
    """The day from which a clock that was never stopped would show on `on` what this one shows."""
    return clock_from + timedelta(days=stopped_days(stops, clock_from, on))


def running_days(clock_from: date, stops: Iterable[Stop], on: date) -> int:
    """The days a clock shows on a day: those since its start, less those on which it stood still."""
    return days_rested(running_since(clock_from, stops, on), on)
