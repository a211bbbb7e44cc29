"""What more time for an order means for its stages (分阶段整改): pure.

Whoever asks for more time names a new day for each stage that is still open; it may be the day that stands. A stage
that is done keeps the day it had, whatever was granted afterwards.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from services.audit_api.rectifications.states import must_follow


@dataclass(frozen=True, slots=True)
class Granted:
    """A later day for a stage, and when that was known."""

    deadline: date
    position: int


@dataclass(eq=False)
class OpenStagesNotNamed(Exception):
    """A request for more time does not name exactly the stages that are open."""

    open_stages: list[int]
    named: list[int]

    def __str__(self) -> str:
        those = "、".join(map(str, self.open_stages))
        return (
            f"延期申请应逐一写明尚未完成的阶段（第 {those} 阶段）的新期限" if those else "没有尚未完成的阶段，不必写明"
        )

    def figures(self) -> dict[str, list[int]]:
        return {"open_stages": self.open_stages, "named": self.named}


def must_name_open_stages(standing: Mapping[int, date], named: Mapping[int, date], until: date, asked_on: date) -> None:
    """Refuse new days that leave an open stage out, move one forward or into the past, or are not in their order.

    `standing` are the open stages with their days, and `until` is the new deadline of the order.
    """
    if standing.keys() != named.keys():
        raise OpenStagesNotNamed(sorted(standing), sorted(named))
    before, what = date.min, ""
    for stage_no in sorted(named):
        told, day = f"第 {stage_no} 阶段新期限", named[stage_no]
        must_follow(told, day, standing[stage_no])
        if day != standing[stage_no]:
            must_follow(told, day, asked_on)
        must_follow(told, day, before)
        before, what = day, told
    if named:
        must_follow(f"整改新期限（{what}之后）", until, before)


def deadline_of(first: date, granted: Iterable[Granted], done_position: int | None) -> date:
    """The day that holds for a stage: the latest granted while it was open."""
    return max([first, *(one.deadline for one in granted if done_position is None or one.position < done_position)])
