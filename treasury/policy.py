"""Numbers from law or practice as dated values per region, each with its source; never a constant in a branch."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class Basis(StrEnum):
    """Where a number comes from: a law, the practice of offices, or our own assumption (shown as such)."""

    LAW = "law"
    PRACTICE = "practice"
    ASSUMED = "assumed"


@dataclass(frozen=True, slots=True)
class PolicyValue:
    """`value` holds for `region` and everything below it from `valid_from` on, until a later value replaces it."""

    key: str
    region: str
    valid_from: date
    value: int | list[int]
    source: str
    basis: Basis

    @property
    def number(self) -> int:
        if not isinstance(self.value, int):
            msg = f"policy value {self.key} is a list"
            raise TypeError(msg)
        return self.value

    @property
    def numbers(self) -> list[int]:
        return self.value if isinstance(self.value, list) else [self.value]


def in_force(values: Iterable[PolicyValue], key: str, region: str, on: date) -> PolicyValue | None:
    """The value of `key` for `region` on `on`: the nearest region wins, within it the latest start; None when none is.

    A value of region "42" covers "420322101"; one of "00" (the nation) covers every region.
    """
    fitting = [
        one
        for one in values
        if one.key == key and one.valid_from <= on and (one.region == "00" or region.startswith(one.region))
    ]
    return max(fitting, key=lambda one: (0 if one.region == "00" else len(one.region), one.valid_from), default=None)
