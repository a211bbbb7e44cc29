"""Counting leads so that no count tells of a lead, pure.

Told are whole months that are over, of places above the county, by the month in which something was recorded: such a
figure never changes, so no two readings differ by one lead. A cell with fewer leads than the floor, or from fewer than
two counties, is not told, nor is nought, and a sum stands only where each of its cells does: what is kept back cannot
be worked out from what is told.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Final

from treasury.calendar import SHANGHAI, months_later

CELL_FLOOR: Final = "lead_count_cell_min_n"
COUNTIES_FLOOR: Final = 2


@dataclass(eq=False)
class CountsAboveCounty(Exception):
    """Somebody of a county or below asked how many leads there are."""

    own: str

    def __str__(self) -> str:
        return "线索统计只提供给市级及以上：县级数字足以让人推知某条线索是否存在"


@dataclass(eq=False)
class MonthNotOver(Exception):
    """A month was asked about that has not ended: its figures would still change, one lead at a time."""

    month: str
    told_from: date

    def __str__(self) -> str:
        return f"{self.month} 尚未结束，{self.told_from} 起可查该月统计"


@dataclass(frozen=True, slots=True)
class Counted:
    """How many leads of how many counties fell into one class."""

    name: str
    leads_n: int
    counties_n: int


@dataclass(frozen=True, slots=True)
class Table:
    """The classes of one dimension with their counts, None where not told; and their sum, None unless all are told."""

    cells: dict[str, int | None]
    total_n: int | None


def month_of(text: str) -> date:
    """The first day of a month written YYYY-MM."""
    return date.fromisoformat(f"{text}-01")


def bounds(month: date) -> tuple[datetime, datetime]:
    """The instants at which a month begins and the next one does, in China."""
    first, following = (datetime.combine(day, time(), SHANGHAI) for day in (month, months_later(month, 1)))
    return first.astimezone(UTC), following.astimezone(UTC)


def must_be_over(month: date, today: date) -> None:
    """Refuse a month that has not ended."""
    following = months_later(month, 1)
    if today < following:
        raise MonthNotOver(month.isoformat()[:7], following)


def must_be_above_county(region: str, county_digits: int) -> None:
    """Refuse a caller of a county or of what lies in one."""
    if len(region) >= county_digits:
        raise CountsAboveCounty(region)


def table(classes: Sequence[str], counted: Iterable[Counted], floor_n: int) -> Table:
    """The table of one dimension; every class has its cell, whether anything fell into it or not."""
    found = {one.name: one for one in counted}
    cells = {
        name: found[name].leads_n
        if name in found and found[name].leads_n >= floor_n and found[name].counties_n >= COUNTIES_FLOOR
        else None
        for name in classes
    }
    told = [one for one in cells.values() if one is not None]
    return Table(cells, sum(told) if len(told) == len(cells) else None)
