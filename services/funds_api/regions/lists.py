"""A list of divisions held against those that are known, and a change of codes held against its kind. Pure.

Decides what is new, what has another name, and which codes a whole list no longer names. Refuses a list older than
what is known, and a code that was closed: a number that went out of use does not come back.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date


@dataclass(frozen=True, slots=True)
class Place:
    """A division and its days: from `valid_from` (None: not known) until the day before `valid_to` (None: open)."""

    code: str
    name: str
    level: str
    parent_code: str | None
    listed_year: int
    valid_from: date | None = None
    valid_to: date | None = None

    def holds(self, on: date) -> bool:
        """Whether the code stood for the place on that day."""
        return (self.valid_from is None or self.valid_from <= on) and (self.valid_to is None or on < self.valid_to)

    def same(self, other: Place) -> bool:
        return (self.name, self.level, self.parent_code) == (other.name, other.level, other.parent_code)


@dataclass(frozen=True, slots=True)
class Plan:
    """What a list changes: codes not known before, known ones as they were and are to be, and codes that end."""

    new: list[Place]
    renamed: list[tuple[Place, Place]]
    closed: list[str]


@dataclass(eq=False)
class RegionClosed(Exception):
    """A code that went out of use is named again."""

    code: str
    valid_to: date

    def __str__(self) -> str:
        return f"区划代码 {self.code} 自 {self.valid_to} 起已停用，停用的代码不再启用"


@dataclass(eq=False)
class RegionListOlder(Exception):
    """A list of an earlier year than the one that is known."""

    listed_year: int
    known_year: int

    def __str__(self) -> str:
        return f"已登记 {self.known_year} 年的区划，不能再登记 {self.listed_year} 年的"


@dataclass(eq=False)
class RegionChangeShape(Exception):
    """A change of codes, or a list, that cannot be what it says it is."""

    kind: str
    reason: str

    def __str__(self) -> str:
        return f"区划变更（{self.kind}）不成立：{self.reason}"


def compare(known: Mapping[str, Place], listed: Sequence[Place], on: date, whole: str | None = None) -> Plan:
    """What `listed`, in force on `on`, changes of `known`; as the whole list below `whole` it also ends what it omits.

    A list ends codes only of the levels it names, and with a code everything below it. The first list of a place does
    not say since when its codes hold; a later one does.
    """
    if len({place.code for place in listed}) != len(listed):
        raise RegionChangeShape("list", "名单中有重复的代码")
    newest = max((place.listed_year for place in known.values()), default=0)
    if any(place.listed_year < newest for place in listed):
        raise RegionListOlder(min(place.listed_year for place in listed), newest)
    for place in listed:
        if (before := known.get(place.code)) is None:
            continue
        if before.valid_to is not None:
            raise RegionClosed(place.code, before.valid_to)
        if place.valid_to is not None or place.valid_from not in {None, before.valid_from}:
            raise RegionChangeShape("list", f"{place.code} 已登记，起止日由名单或变更文件确定")
    again = {place.code for place in listed}
    has_predecessor_list = whole is not None and any(code != whole for code in known)
    return Plan(
        new=[
            replace(place, valid_from=place.valid_from or (on if has_predecessor_list else None))
            for place in listed
            if place.code not in known
        ],
        renamed=[(known[place.code], place) for place in listed if place.code in known],
        closed=[] if whole is None else _omitted(known, again, {place.level for place in listed}, whole, on),
    )


def _omitted(known: Mapping[str, Place], again: set[str], levels: set[str], whole: str, on: date) -> list[str]:
    gone = {
        code
        for code, place in known.items()
        if code.startswith(whole) and code != whole and place.level in levels and code not in again and place.holds(on)
    }
    return below(known, gone, on)


def below(known: Mapping[str, Place], gone: set[str], on: date) -> list[str]:
    """The codes of `gone` and every code below one of them that holds on `on`, ascending."""
    return sorted(
        code
        for code, place in known.items()
        if place.holds(on) and any(code[:digits] in gone for digits in (2, 4, 6, 9, 12) if digits <= len(code))
    )


def check_ends(known: Mapping[str, Place], closed: Iterable[str], on: date) -> None:
    """Refuse to end a code on the day it began, or before."""
    for code in closed:
        since = known[code].valid_from if code in known else None
        if since is not None and since >= on:
            raise RegionChangeShape("closed", f"{code} 自 {since} 起启用，不能在 {on} 停用")


def check_change(kind: str, links: Sequence[tuple[str, str]], closed: set[str]) -> None:
    """Refuse a change whose links are not of its kind: recoded 1:1, merged n:1, split 1:n, redrawn any."""
    sources, targets = {one for one, _ in links}, {one for _, one in links}
    if len(set(links)) != len(links):
        raise RegionChangeShape(kind, "同一对代码写了两次")
    if any(one == other or len(one) != len(other) for one, other in links):
        raise RegionChangeShape(kind, "前后代码须不同且级别相同")
    if closed - sources:
        raise RegionChangeShape(kind, f"停用的代码 {min(closed - sources)} 没有去向")
    fits = {
        "recoded": len(sources) == len(targets) == len(links) and closed == sources and not sources & targets,
        "merged": len(targets) == 1,
        "split": len(sources) == 1,
        "redrawn": True,
    }
    if not fits[kind]:
        raise RegionChangeShape(kind, "改码须一对一且原代码全部停用，合并须多对一，拆分须一对多")
