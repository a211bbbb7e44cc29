"""Objections (异议) to what is public, a project or a roster: raised by today, answered once, told as of a day.

Nobody is named. To what an objection is raised, and what it keeps from going on, its noun decides.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Final, Protocol, TypeVar
from uuid import UUID

from pydantic import Field

from chassis.fields import Answer, Body, Day, Prose
from chassis.missing import Missing


class ObjectionAnswer(Body):
    """What was found out about an objection."""

    closed_on: Day
    outcome: Prose = Field(description="核实结果，不写个人身份信息")


class Objection(Answer):
    """Somebody objects; `closed_on` is null while the objection is open."""

    id: UUID
    raised_on: date
    text: str
    closed_on: date | None
    outcome: str | None


@dataclass(eq=False)
class ObjectionClosed(Exception):
    """The objection has been answered already."""

    objection_id: str

    def __str__(self) -> str:
        return "该异议已经处理"


@dataclass(eq=False)
class ObjectionToOwnWork(Exception):
    """Whoever made what is objected to does not judge the objection."""

    objection_id: str

    def __str__(self) -> str:
        return "该异议针对的名册或项目由您本人上传或申报，须由另一人处理"


@dataclass(eq=False)
class ObjectionDateRefused(Exception):
    """An objection from a day that has not come, or an answer before its objection or in the future."""

    what: str
    asked_on: date
    earliest_on: date | None
    latest_on: date

    def __str__(self) -> str:
        if self.earliest_on is None or self.asked_on > self.latest_on:
            return f"{self.what} {self.asked_on} 晚于今天 {self.latest_on}"
        return f"{self.what} {self.asked_on} 早于提出异议之日 {self.earliest_on}"


# What an objection has once it is answered.
_ANSWER: Final = frozenset({"closed_on", "outcome", "verdict"})


class Raised(Protocol):
    """An objection as it is kept."""

    id: UUID
    raised_on: date
    closed_on: date | None


AnyRaised = TypeVar("AnyRaised", bound=Raised)
AnyObjection = TypeVar("AnyObjection", bound=Objection)


def must_have_come(raised_on: date, today: date) -> None:
    """Refuse an objection of a day to come: no answer could follow it, and what it keeps back would stay for ever."""
    if raised_on > today:
        raise ObjectionDateRefused("提出异议之日", raised_on, None, today)


def to_answer(
    raised: Iterable[AnyRaised],
    objection_id: UUID,
    closed_on: date,
    today: date,
    by: str,
    made_by: Collection[str | None],
) -> AnyRaised:
    """The objection that is answered, once, on a day between its own and today, by none of the makers; else refused."""
    found = next((one for one in raised if one.id == objection_id), None)
    if found is None:
        raise Missing("异议", str(objection_id))
    if by in made_by:
        raise ObjectionToOwnWork(str(objection_id))
    if found.closed_on is not None:
        raise ObjectionClosed(str(objection_id))
    if not found.raised_on <= closed_on <= today:
        raise ObjectionDateRefused("处理异议之日", closed_on, found.raised_on, today)
    return found


def shown(kind: type[AnyObjection], row: Raised, as_of: date = date.max) -> AnyObjection:
    """An objection as it stood on a day: one that was answered later was open."""
    held = {name: getattr(row, name) for name in kind.model_fields}
    if row.closed_on is None or row.closed_on > as_of:
        held |= dict.fromkeys(_ANSWER & held.keys())
    return kind(**held)
