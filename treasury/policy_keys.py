"""What a policy value may be: the shape, unit and sensible figures of each key, and which of two figures asks less.

Both services that are set values hold them to this; each keeps a catalogue of its own keys. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum
from itertools import pairwise
from typing import Final, TypeGuard

from treasury.policy import Told

_MOST: Final = 60
_COUNTED: Final = ("calendar", "working")
_MONTH: Final = re.compile(r"(0[1-9]|1[0-2])\Z")
_NAME: Final = re.compile(r"[0-9A-Za-z一-鿿._-]{1,64}\Z")
_AFTER_DOT: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}\Z")


class Shape(StrEnum):
    """The forms of a value; `ratio` is a whole number of parts per million, `curve` gives a percentage by month."""

    WHOLE = "whole"
    RATIO = "ratio"
    ASCENDING = "ascending"
    CURVE = "curve"
    DAY_COUNT = "day_count"
    NAMED = "named"


FORMS: Final[Mapping[Shape, str]] = {
    Shape.WHOLE: "一个整数",
    Shape.RATIO: "一个整数（百万分之几，30% 写 300000）",
    Shape.ASCENDING: "由小到大的整数列表",
    Shape.CURVE: '月份到累计百分比，逐月不减，如 {"03": 30, "12": 100}',
    Shape.DAY_COUNT: '日数：30 为自然日；工作日写 {"days": 30, "counted": "working"}',
    Shape.NAMED: '名称到整数，如 {"某银行": 100}',
}


class Stricter(StrEnum):
    """Which figure of a key binds more; a level above may lay down by law how far those below it can go."""

    LOWER = "lower"
    HIGHER = "higher"


@dataclass(frozen=True, slots=True)
class PolicyKey:
    """What a key means; `read_by` says what judges by it.

    `per` is what may follow it after a dot (nothing when empty), `after` the only words that may (any code when empty).
    """

    key: str
    name: str
    unit: str
    shape: Shape
    lowest: int
    highest: int
    read_by: str
    stricter: Stricter | None = None
    per: str = ""
    after: tuple[str, ...] = ()


class Keys:
    """A catalogue, by key: a slip is told what it may have meant."""

    def __init__(self, catalogue: Iterable[PolicyKey]) -> None:
        self.catalogue: Final = tuple(catalogue)
        self._by_key: Final[Mapping[str, PolicyKey]] = {one.key: one for one in self.catalogue}

    def entry(self, key: str) -> PolicyKey | None:
        """What the catalogue says of `key`, or None. A key `per` something is also known with a suffix."""
        if found := self._by_key.get(key):
            return found
        parts = key.split(".")
        for n in range(len(parts) - 1, 0, -1):
            about, suffix = self._by_key.get(".".join(parts[:n])), ".".join(parts[n:])
            if about and about.per:
                return about if (suffix in about.after if about.after else _AFTER_DOT.match(suffix)) else None
        return None

    def near(self, key: str) -> list[str]:
        """At most five keys that look like it, the nearest first; those of its beginning when none does."""
        beginning = key.split(".", maxsplit=1)[0]
        alike = get_close_matches(key, list(self._by_key), n=5, cutoff=0.5)
        return alike or [one for one in self._by_key if beginning and one.startswith(beginning)][:5]


def fault(about: PolicyKey, value: object) -> str | None:
    """What keeps `value` from being one of this key, in Chinese and with the figure; None when nothing does."""
    numbers = _numbers(about.shape, value)
    if numbers is None:
        return f"应为{FORMS[about.shape]}"
    for one in numbers:
        if one < about.lowest:
            return f"{one} 低于最低值 {about.lowest}（{about.unit}）"
        if one > about.highest:
            return f"{one} 高于最高值 {about.highest}（{about.unit}）"
    return None


def looser(about: PolicyKey, value: Told, than: Told) -> bool:
    """Whether `value` asks less than `than`; of a key whose figures do not say so, never."""
    one, other = _weight(value), _weight(than)
    if about.stricter is None or one is None or other is None:
        return False
    return one > other if about.stricter == Stricter.LOWER else one < other


def _weight(value: Told) -> int | None:
    """One number on a scale on which a week is seven days or five working days; None for what is not one number.

    Holidays are not counted: working days that weigh as much as a limit may last longer than it.
    """
    if isinstance(value, int):
        return value * 5
    if isinstance(value, list):
        return None
    days = value.get("days")
    return days * (7 if value["counted"] == "working" else 5) if isinstance(days, int) else None


def _numbers(shape: Shape, value: object) -> list[int] | None:
    """The numbers in a value of this shape; None when it is of another."""
    match shape:
        case Shape.WHOLE | Shape.RATIO:
            found = [value] if _whole(value) else None
        case Shape.ASCENDING:
            found = value if _list(value) and all(before < after for before, after in pairwise(value)) else None
        case Shape.CURVE:
            found = [value[month] for month in sorted(value)] if _map(value, _MONTH) else None
            found = found if found == sorted(found or []) else None
        case Shape.DAY_COUNT:
            days = value
            if isinstance(value, dict) and set(value) == {"days", "counted"} and value["counted"] in _COUNTED:
                days = value["days"]
            found = [days] if _whole(days) else None
        case Shape.NAMED:
            found = list(value.values()) if _map(value, _NAME) else None
    return found


def _whole(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool)


def _list(value: object) -> TypeGuard[list[int]]:
    return isinstance(value, list) and 0 < len(value) <= _MOST and all(_whole(one) for one in value)


def _map(value: object, names: re.Pattern[str]) -> TypeGuard[dict[str, int]]:
    return (
        isinstance(value, dict)
        and 0 < len(value) <= _MOST
        and all(names.match(name) and _whole(one) for name, one in value.items())
    )
