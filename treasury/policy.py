"""Numbers from law or practice as dated values per region, each with its source; never a constant in a branch.

A value is never edited: what corrects it is a later edition for the same key, region and first day, which counts from
when it was known. So each edition has a name of its own, and what was judged by one can be judged by it again.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final, Self

NATION = "00"
# How long the code of a province, prefecture, county, township and village is (GB/T 2260, GB/T 10114).
_DIGITS: Final = (2, 4, 6, 9, 12)

# A whole number, a list of them, or names with numbers ({"03": 30}; {"days": 30, "counted": "working"}).
Told = int | list[int] | dict[str, int | str]


class Basis(StrEnum):
    """Where a number comes from: a law, the practice of offices, or our own assumption (shown as such)."""

    LAW = "law"
    PRACTICE = "practice"
    ASSUMED = "assumed"


class NoSuchRef(ValueError):
    """The text names no edition of a policy value."""


@dataclass(frozen=True, slots=True)
class PolicyRef:
    """The name of one edition for ever, written `key@region@first day#edition`."""

    key: str
    region: str
    valid_from: date
    edition: int

    @classmethod
    def read(cls, text: str) -> Self:
        """The reference that `text` writes, or `NoSuchRef`."""
        try:
            key, region, rest = text.split("@")
            start, edition = rest.split("#")
            found = cls(key, region, date.fromisoformat(start), int(edition))
        except ValueError:
            raise NoSuchRef(text) from None
        if str(found) != text:
            raise NoSuchRef(text)
        return found

    def __str__(self) -> str:
        return f"{self.key}@{self.region}@{self.valid_from.isoformat()}#{self.edition}"


@dataclass(frozen=True, slots=True)
class PolicyValue:
    """`value` holds for `region` and everything below it from `valid_from` to `valid_to` (inclusive).

    The next value of the region ends it as well; without a stated end nothing else does. `known_since` is the instant
    from which the edition counts; without one it was always known.
    """

    key: str
    region: str
    valid_from: date
    value: Told
    source: str
    basis: Basis
    edition: int = 1
    valid_to: date | None = None
    known_since: datetime | None = None

    @property
    def number(self) -> int:
        if not isinstance(self.value, int):
            msg = f"policy value {self.key} is not one number"
            raise TypeError(msg)
        return self.value

    @property
    def numbers(self) -> list[int]:
        if isinstance(self.value, dict):
            msg = f"policy value {self.key} is no list"
            raise TypeError(msg)
        return self.value if isinstance(self.value, list) else [self.value]

    @property
    def named(self) -> dict[str, int]:
        """The numbers of a curve or of a map, by their names."""
        if not isinstance(self.value, dict):
            msg = f"policy value {self.key} has no names"
            raise TypeError(msg)
        return {name: one for name, one in self.value.items() if isinstance(one, int)}

    @property
    def ref(self) -> PolicyRef:
        return PolicyRef(self.key, self.region, self.valid_from, self.edition)


def covers(above: str, region: str) -> bool:
    """Whether what `above` lays down is heard in `region`: it is the nation (00), the region itself or over it."""
    return above == NATION or region.startswith(above)


def heard_in(region: str) -> list[str]:
    """The nation, every level above `region`, and itself: whose values are heard there (`covers`), from the widest."""
    return [NATION, *(region[:digits] for digits in _DIGITS if digits <= len(region))]


def known_by(values: Iterable[PolicyValue], at: datetime | None) -> list[PolicyValue]:
    """The editions that counted at an instant; all of them without one."""
    return [one for one in values if at is None or one.known_since is None or one.known_since <= at]


def last_editions(values: Iterable[PolicyValue]) -> list[PolicyValue]:
    """Of each key, region and first day the last edition, in the order in which they were first met."""
    last: dict[tuple[str, str, date], PolicyValue] = {}
    for one in values:
        place = (one.key, one.region, one.valid_from)
        if place not in last or last[place].edition < one.edition:
            last[place] = one
    return list(last.values())


def in_force(values: Iterable[PolicyValue], key: str, region: str, on: date) -> PolicyValue | None:
    """The value of `key` for `region` on `on`: the nearest region that has one in force; None when none has.

    Within a region it is the last edition of the latest start, and nothing once its stated end has passed: what it
    ended does not come back. A value of region "42" covers "420322101"; one of "00" (the nation) covers every region.
    """
    latest: dict[str, PolicyValue] = {}
    for one in values:
        if one.key != key or one.valid_from > on or not covers(one.region, region):
            continue
        held = latest.get(one.region)
        if held is None or (held.valid_from, held.edition) < (one.valid_from, one.edition):
            latest[one.region] = one
    standing = [one for one in latest.values() if one.valid_to is None or on <= one.valid_to]
    return max(standing, key=lambda one: 0 if one.region == NATION else len(one.region), default=None)


def overlap(one: PolicyValue, other: PolicyValue) -> bool:
    """Whether two values of a key and region claim one day: one begins within the stated period of the other.

    A value without a stated end is ended by the next, so it claims its first day only. Editions of one first day do not
    overlap: the later replaces the earlier.
    """
    if (one.key, one.region) != (other.key, other.region) or one.valid_from == other.valid_from:
        return False
    first, second = sorted((one, other), key=lambda value: value.valid_from)
    return first.valid_to is not None and second.valid_from <= first.valid_to


def ends_on(value: PolicyValue, values: Iterable[PolicyValue]) -> date | None:
    """The last day on which `value` holds: as stated, or the day before the next one of `values` begins."""
    following = [
        one.valid_from
        for one in values
        if (one.key, one.region) == (value.key, value.region) and one.valid_from > value.valid_from
    ]
    ends = [start - timedelta(days=1) for start in following]
    return min([*ends, value.valid_to] if value.valid_to else ends, default=None)
