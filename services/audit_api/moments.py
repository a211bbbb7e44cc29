"""The two times of every reading of suspicion: effective by a day in China, and known to the county by an instant."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy.ext.asyncio import AsyncSession

from chassis import clock
from chassis.moments import EVERYTHING, AsOf, Known, KnownAt, Moment, position_at
from treasury.calendar import business_date

__all__ = ["EVERYTHING", "AsOf", "Known", "KnownAt", "Moment", "moment_of"]


async def moment_of(tx: AsyncSession, county: str, as_of: date | None, known_at: datetime | None) -> Moment:
    """The moment asked for, as the county's journal knew it; without a day, today's in China."""
    position = await position_at(tx, "audit", county, known_at)
    return Moment(as_of or business_date(clock.now()), position, known_at)
