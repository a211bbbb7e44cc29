"""回避, pure: who is related to the unit a lead is about, by the own unit or by a declared interest, keeps out of it.

Whoever has declared nothing yet cannot be made a member either: "nothing to declare" is a declaration too. A declared
place covers what lies in it; a declared unit is that unit. Declarations are never ended (assumed: a tie that once had
to be declared is not undone by the person who has it).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID


@dataclass(eq=False)
class NotDeclared(Exception):
    """Somebody was to become a member who has never declared the own interests in this county."""

    person: str

    def __str__(self) -> str:
        return f"{self.person} 尚未作回避申报（无利害关系也须申报），不能成为线索成员"


@dataclass(eq=False)
class Related(Exception):
    """Somebody related to the unit the lead is about was to become a member or to decide. By what is not told."""

    person: str

    def __str__(self) -> str:
        return f"{self.person} 与被反映单位存在应当回避的关系，不能参与该线索"


@dataclass(frozen=True, slots=True)
class Subject:
    """The unit a lead is about, and its place."""

    unit_id: UUID
    unit_name: str
    region_code: str


@dataclass(frozen=True, slots=True)
class Declared:
    """One declaration: the person's own unit on that day, and a unit or place to which there is a tie, if any."""

    person: str
    own_unit: str | None
    unit_id: UUID | None = None
    region_code: str | None = None


def is_related(one: Declared, subject: Subject) -> bool:
    """Whether what somebody declared ties the person to the subject."""
    return (
        one.own_unit == subject.unit_name
        or one.unit_id == subject.unit_id
        or (one.region_code is not None and subject.region_code.startswith(one.region_code))
    )


@dataclass(frozen=True, slots=True)
class Recusal:
    """Whether a person has declared anything in the county, and whether any of it ties to what a lead is about."""

    person: str
    has_declared: bool
    is_related: bool


def must_be_free(recusals: Iterable[Recusal]) -> None:
    """Refuse a person who has declared nothing, and one who is related to the subject."""
    for one in recusals:
        if not one.has_declared:
            raise NotDeclared(one.person)
        if one.is_related:
            raise Related(one.person)


def must_not_be_of(person: str, own_unit: str | None, subject: Subject) -> None:
    """Refuse whoever acts on a lead about the own unit: units change, and the last declaration may be of before."""
    if own_unit is not None and own_unit == subject.unit_name:
        raise Related(person)
