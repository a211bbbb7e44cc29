"""When a finding may be a repeat of an earlier one: pure. A person decides; this only says which to look at.

Alike are findings of one class about a common unit, of which the earlier was found before the later one and no longer
ago than a number of years, which is a policy value.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from uuid import UUID


@dataclass(frozen=True, slots=True)
class About:
    """A finding: its class, its units, and the day on which it was found."""

    finding_id: UUID
    class_code: str
    found_on: date
    units: frozenset[UUID]


@dataclass(eq=False)
class RepeatNotLater(Exception):
    """A finding was to be a repeat of one that was found on the same day or later."""

    found_on: date
    earlier_found_on: date

    def __str__(self) -> str:
        return f"问题认定于 {self.found_on}，不晚于所称此前问题的 {self.earlier_found_on}，不能认作屡犯"


@dataclass(eq=False)
class RepeatLinkedAlready(Exception):
    """Somebody has linked these two, or proposed it."""

    repeat_id: str

    def __str__(self) -> str:
        return f"两个问题已认作屡犯，或正待另一人审核（{self.repeat_id}）"


@dataclass(eq=False)
class RepeatNotStanding(Exception):
    """A link that two people do not hold was to be taken back."""

    repeat_id: str

    def __str__(self) -> str:
        return f"屡犯关联 {self.repeat_id} 未经另一人同意，无可撤销；如需否定，请退回"


@dataclass(eq=False)
class RepeatUndone(Exception):
    """Somebody has taken this link back."""

    repeat_id: str
    undone_on: date

    def __str__(self) -> str:
        return f"屡犯关联 {self.repeat_id} 已于 {self.undone_on} 撤销"


def years_before(on: date, years: int) -> date:
    """The same day so many years before; 29 February becomes the 28th where there is none."""
    try:
        return on.replace(year=on.year - years)
    except ValueError:
        return on.replace(year=on.year - years, day=28)


def is_alike(later: About, earlier: About, years: int) -> bool:
    """Whether `earlier` is one that `later` may repeat; exactly so many years before still is."""
    return (
        earlier.class_code == later.class_code
        and bool(earlier.units & later.units)
        and years_before(later.found_on, years) <= earlier.found_on < later.found_on
    )


def alike(later: About, others: Iterable[About], years: int, linked: Collection[UUID] = ()) -> list[About]:
    """The earlier findings to look at, the latest first; those that are linked already are left out."""
    found = [one for one in others if one.finding_id not in linked and is_alike(later, one, years)]
    return sorted(found, key=lambda one: (one.found_on, one.finding_id), reverse=True)


def must_be_later(found_on: date, earlier_found_on: date) -> None:
    """Refuse a link to a finding that was not found before."""
    if found_on <= earlier_found_on:
        raise RepeatNotLater(found_on, earlier_found_on)
