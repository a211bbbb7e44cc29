"""The stages of a project as a pure machine: which step may follow which, on which day, by whom.

Stages and their order are the practice of county project libraries (县级项目库): a village lists, the township reviews,
the county admits after publicity, gives the plan out, and follows the work to the asset and its upkeep. Knows no
database, clock or permission table: days and people are given.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

from services.funds_api.projects.refusals import (
    AssetsUnconfirmed,
    NoPerformanceTarget,
    ObjectionOpen,
    ProjectHoldsMoney,
    PublicityTooShort,
    StageSkipped,
    StepByMaker,
    StepDateRefused,
    TargetsUnreported,
)
from services.funds_api.words import STAGES


class Stage(StrEnum):
    """Where a project stands. `removed` (出库) ends it; every other stage has exactly one next."""

    DECLARED = "declared"
    REVIEWED = "reviewed"
    PUBLISHED = "published"
    ADMITTED = "admitted"
    PLANNED = "planned"
    TENDERING = "tendering"
    BUILDING = "building"
    ACCEPTED = "accepted"
    ANNOUNCED = "announced"
    OWNED = "owned"
    MAINTAINED = "maintained"
    REMOVED = "removed"


ORDER: Final = tuple(stage for stage in Stage if stage is not Stage.REMOVED)
# A step into the stage on the left is not taken by whoever last took the project into one on the right: maker and
# checker are two people (内部控制). The author of the version in force counts as its declarer.
CHECKED: Final[Mapping[Stage, tuple[Stage, ...]]] = {
    Stage.REVIEWED: (Stage.DECLARED,),
    Stage.ADMITTED: (Stage.DECLARED, Stage.REVIEWED, Stage.PUBLISHED),
    Stage.ACCEPTED: (Stage.BUILDING,),
}


class Way(StrEnum):
    """How a project came to a stage: the next one, back to an earlier one (退回), or out of the library (出库)."""

    FORWARD = "forward"
    SENT_BACK = "sent_back"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class Step:
    """A project came to `stage` on a business date; `actor` is who recorded it."""

    stage: Stage
    effective_on: date
    actor: str
    way: Way = Way.FORWARD


@dataclass(frozen=True, slots=True)
class Standing:
    """What a step is judged by beside the steps so far: targets, objections, money, publicity, untitled assets.

    `targets_open` are the codes of the targets of which nobody has said what they reached; `plan_since` is the last day
    on which a version of the plan came in force, or a change of it was refused or withdrawn.
    """

    targets_n: int
    objections_open_n: int
    resting_fen: int
    in_transit_fen: int
    paid_fen: int
    publicity_days: int
    publicity_source: str
    author: str
    unconfirmed_n: int = 0
    targets_open: tuple[str, ...] = ()
    plan_since: date = date.min


def at(stage: Stage) -> int:
    """The place of a stage in the order; a removed project stands behind all."""
    return ORDER.index(stage) if stage in ORDER else len(ORDER)


def following(stage: Stage) -> Stage | None:
    """The one stage that may follow, None at the end."""
    place = at(stage) + 1
    return ORDER[place] if place < len(ORDER) else None


def leaves_library(way: Way, to: Stage) -> bool:
    """Whether the step sends a project back behind its admission (入库), where a change of its plan is not approved."""
    return way is Way.SENT_BACK and at(to) < at(Stage.ADMITTED)


def makers(steps: Sequence[Step], to: Stage, author: str) -> frozenset[str]:
    """Who may not take the step to `to`, because they took the steps that it checks; sending back checks nothing."""
    checked = CHECKED.get(to, ())
    latest = {step.stage: step.actor for step in steps if step.stage in checked and step.way is Way.FORWARD}
    return frozenset(latest.values()) | (frozenset({author}) if checked and Stage.DECLARED in checked else frozenset())


def advance(steps: Sequence[Step], to: Stage, standing: Standing, on: date, today: date, actor: str) -> Step:
    """The step to the very next stage, or the refusal that names what is missing. `steps` are all so far, in order."""
    now = steps[-1]
    if following(now.stage) is not to:
        raise StageSkipped(now.stage, to, following(now.stage) or "")
    _dated(now, standing, on, today)
    if actor in makers(steps, to, standing.author):
        raise StepByMaker(to, STAGES[to])
    if to is Stage.REVIEWED and standing.targets_n == 0:
        raise NoPerformanceTarget(standing.targets_n)
    if to is Stage.ANNOUNCED and standing.targets_open:
        raise TargetsUnreported(standing.targets_n, len(standing.targets_open), list(standing.targets_open))
    if to is Stage.OWNED and standing.unconfirmed_n:
        raise AssetsUnconfirmed(standing.unconfirmed_n)
    if to is Stage.ADMITTED:
        _admissible(now, standing, on)
    return Step(to, on, actor)


def send_back(steps: Sequence[Step], to: Stage, standing: Standing, on: date, today: date, actor: str) -> Step:
    """The step back (退回) to any earlier stage. Money in the project's account keeps it from going behind its plan."""
    now = steps[-1]
    if now.stage is Stage.REMOVED or at(to) >= at(now.stage):
        raise StageSkipped(now.stage, to, following(now.stage) or "")
    _dated(now, standing, on, today)
    if at(to) < at(Stage.PLANNED):
        _empty(standing)
    return Step(to, on, actor, Way.SENT_BACK)


def remove(steps: Sequence[Step], standing: Standing, on: date, today: date, actor: str) -> Step:
    """The step out of the library (出库); only a project that neither holds money nor has paid any leaves it."""
    now = steps[-1]
    if now.stage is Stage.REMOVED:
        raise StageSkipped(now.stage, Stage.REMOVED, "")
    _dated(now, standing, on, today)
    _empty(standing)
    return Step(Stage.REMOVED, on, actor, Way.REMOVED)


def _dated(now: Step, standing: Standing, on: date, today: date) -> None:
    # Before that day the plan that the step is about was not there, or a change of it waited.
    earliest = max(now.effective_on, standing.plan_since)
    if not earliest <= on <= today:
        raise StepDateRefused(on, earliest, today)


def _admissible(now: Step, standing: Standing, on: date) -> None:
    if standing.targets_n == 0:
        raise NoPerformanceTarget(standing.targets_n)
    if standing.objections_open_n:
        raise ObjectionOpen(standing.objections_open_n)
    earliest = now.effective_on + timedelta(days=standing.publicity_days)
    if on < earliest:
        raise PublicityTooShort(
            now.effective_on, (on - now.effective_on).days, standing.publicity_days, earliest, standing.publicity_source
        )


def _empty(standing: Standing) -> None:
    if standing.resting_fen or standing.paid_fen or standing.in_transit_fen:
        raise ProjectHoldsMoney(standing.resting_fen, standing.paid_fen, standing.in_transit_fen)


# 在库且计划已下达的项目才能收到资金；公告以后只付不收。
_RECEIVES: Final = frozenset({Stage.PLANNED, Stage.TENDERING, Stage.BUILDING, Stage.ACCEPTED})
_PAYS: Final = frozenset({Stage.BUILDING, Stage.ACCEPTED, Stage.ANNOUNCED, Stage.OWNED, Stage.MAINTAINED})


def may_receive(stage: Stage) -> bool:
    """Whether money may be handed down to a project at this stage: its plan has been given out, it is not announced."""
    return stage in _RECEIVES


def has_plan(stage: Stage) -> bool:
    """Whether the plan of a project at this stage is given out, and it has not left the library."""
    return at(Stage.PLANNED) <= at(stage) < len(ORDER)


def may_pay(stage: Stage) -> bool:
    """Whether a project at this stage may pay: building has begun (预付款 included)."""
    return stage in _PAYS
