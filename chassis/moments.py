"""The two times of a reading: effective by a day, and known by an instant.

What was known at an instant is what the journal of the place had recorded by then: a position. Rows carry the position
of the act that recorded them, so the question is a comparison of numbers and its answer never changes.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Final

from fastapi import Query
from pydantic import BaseModel, Field
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.fields import Day, Instant

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


async def position_at(tx: AsyncSession, schema: str, stream: str, known_at: datetime | None) -> int:
    """The last position that a stream of the journal had recorded by an instant; without one, beyond all of them."""
    if known_at is None:
        return EVERYTHING
    query = text(f"SELECT {schema}.position_at(:stream, :at)")
    return int((await tx.execute(query, {"stream": stream, "at": known_at})).scalar_one())
