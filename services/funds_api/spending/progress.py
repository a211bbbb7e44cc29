"""Progress as exact ratios: how much of the year has passed, what a curve asks for, who is ahead of whom. Pure.

Ratios stay fractions until they are told; then each is rounded once, by 四舍五入, and a difference is the difference of
the exact ratios. So 21,185.83 of 50,422 万元 at the end of April is 42.02 %, 8.68 points ahead of 4/12 (张掖市 2023).
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Final

from treasury.calendar import fiscal_year

MONTHS: Final = 12
_MILLION: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Milestone:
    """What share of the year's money is to be spent by the end of a day."""

    due_on: date
    share: Fraction


def _rounded(exact: Fraction) -> int:
    """To the nearest whole number, a half away from zero (四舍五入)."""
    whole = (abs(exact) * 2 + 1) // 2
    return -int(whole) if exact < 0 else int(whole)


def ppm(share: Fraction) -> int:
    """A share in millionths."""
    return _rounded(share * _MILLION)


def percent(share: Fraction) -> str:
    """A share in per cent, or a difference of shares in percentage points, with two decimals."""
    hundredths = _rounded(share * 10_000)
    sign = "-" if hundredths < 0 else ""
    return f"{sign}{abs(hundredths) // 100}.{abs(hundredths) % 100:02d}"


def passed_by_days(year: int, as_of: date) -> Fraction:
    """序时 by days: the days of a fiscal year that are over at the end of a day ÷ the days in it."""
    first, last = date(year, 1, 1), date(year, 12, 31)
    days = (last - first).days + 1
    return Fraction(min(max((as_of - first).days + 1, 0), days), days)


def passed_by_months(year: int, as_of: date) -> Fraction:
    """序时 by months, as bulletins count it: the months of a fiscal year that are over at the end of a day ÷ 12."""
    if fiscal_year(as_of) != year:
        return Fraction(0) if fiscal_year(as_of) < year else Fraction(1)
    ended = as_of.day == monthrange(as_of.year, as_of.month)[1]
    return Fraction(as_of.month if ended else as_of.month - 1, MONTHS)


def milestones(curve: Mapping[str, int], year: int) -> list[Milestone]:
    """The milestones in a year of a curve: per cent by the end of a month, as {"03": 30, "06": 50}; the first first."""
    return [
        Milestone(date(year, int(month), monthrange(year, int(month))[1]), Fraction(share, 100))
        for month, share in sorted(curve.items())
    ]


def reached_and_next(stones: Sequence[Milestone], as_of: date) -> tuple[Milestone | None, Milestone | None]:
    """The last milestone that is due by a day, and the first that is not yet.

    Between two nothing more is asked for than the last.
    """
    due = [one for one in stones if one.due_on <= as_of]
    ahead = [one for one in stones if one.due_on > as_of]
    return (due[-1] if due else None), (ahead[0] if ahead else None)


def ranks(shares: Iterable[Fraction | None]) -> list[int | None]:
    """The place of each, the largest first; equal ones share a place, and None has none."""
    listed = list(shares)
    known = [one for one in listed if one is not None]
    return [None if one is None else 1 + sum(other > one for other in known) for one in listed]
