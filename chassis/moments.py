"""The two times of a reading: effective by a day, and known by an instant.

What was known at an instant is what the journal of the place had recorded by then: a position. Rows carry the position
of the act that recorded them, so the question is a comparison of numbers. Its answer never changes: an instant by which
an act on its way to its commit may have been numbered is refused, with the newest that is settled (`settled_until`,
migrations/journal_settled_v1.py). No act waits for a reading.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Annotated, Final

from fastapi import Query
from pydantic import BaseModel, Field
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.fields import Day, Instant
from chassis.problems import Problem

EVERYTHING: Final = 2**63 - 1

AsOf = Annotated[Day | None, Query(description="业务日期；省略表示今天（Asia/Shanghai）")]
KnownAt = Annotated[
    Instant | None, Query(description="登记时点（含时区）：只看当时已登记的内容；省略表示目前已知的全部")
]


@dataclass(eq=False)
class NotSettled(Exception):
    """What was known at an instant that has hardly passed, or has not come, may still change."""

    settled_at: str

    def __str__(self) -> str:
        return f"该时点的登记尚未定格，目前最晚可问 {self.settled_at}"


NOT_SETTLED: Final = Problem(
    "known-at-not-settled",
    409,
    "该时点的登记尚未定格",
    "请把 known_at 改为不晚于 settled_at 的时点，或稍后再问；省略则为目前已知",
)


@dataclass(frozen=True, slots=True)
class Moment:
    """What was effective by `as_of` and recorded by `position`."""

    as_of: date
    position: int = EVERYTHING
    known_at: datetime | None = None

    @property
    def shown(self) -> dict[str, datetime | int | None]:
        """How an answer tells by what knowledge it was given; null when by all there is."""
        return {"known_at": self.known_at, "known_position": None if self.known_at is None else self.position}


class Known(BaseModel):
    """By what knowledge an answer was given."""

    known_at: datetime | None = Field(default=None, description="只含此时点以前登记的内容；为 null 表示全部")
    known_position: int | None = Field(default=None, description="该时点的日志序号，凭此可与日志核对")


async def settled_at(tx: AsyncSession, schema: str, stream: str) -> datetime:
    """The newest instant as known at which a reading of this transaction is the same for ever."""
    found: datetime = (
        await tx.execute(text(f"SELECT {schema}.settled_until(:stream)"), {"stream": stream})
    ).scalar_one()
    return found


async def position_at(tx: AsyncSession, schema: str, stream: str, known_at: datetime | None) -> int:
    """The last position that a stream of the journal had recorded by an instant; without one, beyond all of them.

    `NotSettled` where an act may yet be recorded by that instant: the same instant gives the same position for ever.
    """
    if known_at is None:
        return EVERYTHING
    query = text(
        f"SELECT {schema}.settled_until(:stream) AS settled_at, {schema}.position_at(:stream, :at) AS position"
    )
    found = (await tx.execute(query, {"stream": stream, "at": known_at})).one()
    if known_at > found.settled_at:
        raise NotSettled(found.settled_at.astimezone(UTC).isoformat())
    return int(found.position)
