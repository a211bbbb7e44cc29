"""Campaigns and their parts, pure: what may hold parts, within what a part lies, what a part still owes on a day.

A campaign (专项整治) or a round of patrols (巡察) that looks at no unit of its own runs over many units: each part is
an engagement with its own team and documents, within the campaign's period, places and funds. There is one level, and
a part stays what it was planned as. Knows no database and no clock.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from services.audit_api.engagements.refusals import (
    CampaignPartsOpen,
    EngagementDayRefused,
    NotACampaign,
    PartOutsideCampaign,
)
from services.audit_api.engagements.stages import (
    OVER,
    PAPERS,
    Doc,
    EngagementKind,
    EngagementPaper,
    EngagementStage,
    notices,
    of,
    stage_of,
)

HOLDS_PARTS: Final = frozenset({EngagementKind.CAMPAIGN, EngagementKind.PATROL})


@dataclass(frozen=True, slots=True)
class Bounds:
    """From when to when an engagement lasts, in which places, of which funds; without funds it is about every one."""

    starts_on: date
    ends_on: date
    regions: frozenset[str]
    funds: frozenset[str]


@dataclass(frozen=True, slots=True)
class Part:
    """As much of a part as its campaign asks about: its last day, and the day on which it was concluded or given up."""

    ends_on: date
    ended_on: date | None


@dataclass(frozen=True, slots=True)
class Owed:
    """A document that did not come by its day."""

    paper: EngagementPaper
    due_on: date
    days_over: int


def holds_parts(kind: EngagementKind, *, of_a_unit: bool, is_part: bool) -> bool:
    """Whether an engagement may have parts: a campaign or a patrol about no unit of its own, and itself no part."""
    return kind in HOLDS_PARTS and not of_a_unit and not is_part


def must_hold_parts(engagement: str, kind: EngagementKind, *, of_a_unit: bool, is_part: bool) -> None:
    """Refuse to make something else than a campaign or a round of patrols a whole of parts."""
    if is_part:
        raise NotACampaign(engagement, "其本身已是另一项目的组成部分，只分一级")
    if not holds_parts(kind, of_a_unit=of_a_unit, is_part=is_part):
        raise NotACampaign(engagement, "应为没有被监督单位的专项整治或巡察")


def must_lie_in(part: Bounds, whole: Bounds) -> None:
    """Refuse a part that begins before its campaign, ends after it, or looks at a place or a fund outside it."""
    if part.starts_on < whole.starts_on or part.ends_on > whole.ends_on:
        allowed = f"{whole.starts_on} 至 {whole.ends_on}"
        raise PartOutsideCampaign("期限", f"{part.starts_on} 至 {part.ends_on}", allowed)
    for region in sorted(part.regions):
        if not any(region.startswith(one) for one in whole.regions):
            raise PartOutsideCampaign("区划", region, "、".join(sorted(whole.regions)))
    outside = sorted(part.funds - whole.funds) or ([] if part.funds else ["不限资金"])
    if whole.funds and outside:
        raise PartOutsideCampaign("资金", outside[0], "、".join(sorted(whole.funds)))


def must_reach(ends_on: date, parts: Iterable[Part]) -> None:
    """Refuse a last day of a campaign before that of a part that is not over: the part is shortened first."""
    last_on = max((one.ends_on for one in parts if one.ended_on is None), default=None)
    if last_on is not None and ends_on < last_on:
        raise EngagementDayRefused("截止日", ends_on, last_on, None)


def must_be_over(on: date, parts: Sequence[Part], today: date) -> None:
    """Refuse to end a campaign while a part goes on, or dated before one ended."""
    open_n = sum(one.ended_on is None for one in parts)
    if open_n:
        raise CampaignPartsOpen(len(parts), open_n)
    last_on = max((one.ended_on for one in parts if one.ended_on is not None), default=None)
    if last_on is not None and on < last_on:
        raise EngagementDayRefused(PAPERS[EngagementPaper.CONCLUSION], on, last_on, today)


def owed(docs: Sequence[Doc], ends_on: date, as_of: date) -> list[Owed]:
    """What a day finds missing: the start on the announced day, the auditee's reply in its days, the conclusion.

    A reply that did not come is no objection; it is told while nothing was decided on it.
    """
    stage, due = stage_of(docs), []
    if stage is EngagementStage.NOTICED:
        due += [(EngagementPaper.START, one.starts_on) for one in notices(docs)]
    if stage is EngagementStage.CONSULTED and not of(docs, EngagementPaper.REPLY):
        due += [(EngagementPaper.REPLY, one.due_on) for one in of(docs, EngagementPaper.REPORT)]
    if stage not in OVER:
        due.append((EngagementPaper.CONCLUSION, ends_on))
    return [Owed(paper, day, (as_of - day).days) for paper, day in due if day is not None and day < as_of]
