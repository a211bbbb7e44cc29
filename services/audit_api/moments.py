"""The two times of every reading of suspicion: effective by a day, and known by an instant.

What was known at an instant is what the county's journal had recorded by then: a position. Rows carry the position of
the act that recorded them, so the question is a comparison of numbers and its answer never changes.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Final

from fastapi import Query
from pydantic import BaseModel, Field
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from chassis import clock
from chassis.fields import Day, Instant
from treasury.calendar import business_date

EVERYTHING: Final = 2**63 - 1

AsOf = Annotated[Day | None, Query(description="业务日期；省略表示今天（Asia/Shanghai）")]
KnownAt = Annotated[
    Instant | None, Query(description="登记时点（含时区）：只看当时已登记的内容；省略表示目前已知的全部")
]


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


async def moment_of(tx: AsyncSession, county: str, as_of: date | None, known_at: datetime | None) -> Moment:
    """The moment asked for; an instant becomes the last position that the county's journal had recorded by then."""
    day = as_of or business_date(clock.now())
    if known_at is None:
        return Moment(day)
    position: int = (
        await tx.execute(text("SELECT audit.position_at(:county, :at)"), {"county": county, "at": known_at})
    ).scalar_one()
    return Moment(day, position, known_at)
