"""The two times of every reading of money: effective by a day in China, and known to the county by an instant."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.ext.asyncio import AsyncSession

from chassis import clock, moments
from chassis.moments import EVERYTHING, AsOf, Known, KnownAt, position_at
from treasury.calendar import business_date

__all__ = ["EVERYTHING", "AsOf", "Known", "KnownAt", "Moment", "day_or_today", "moment_of"]


@dataclass(frozen=True, slots=True)
class Moment(moments.Moment):
    """A moment of the ledger; `arguments` are what every query of it takes: `as_of`, `known`, `known_on`."""

    @property
    def known_on(self) -> date:
        """No row recorded later than `position` was recorded before this day in China."""
        return business_date(self.known_at) if self.known_at else date.max

    @property
    def arguments(self) -> dict[str, date | int]:
        return {"as_of": self.as_of, "known": self.position, "known_on": self.known_on}


def day_or_today(as_of: date | None) -> date:
    """The business date asked for, or today's in China; decided at the edge, an argument from here on."""
    return as_of or business_date(clock.now())


async def moment_of(tx: AsyncSession, county: str, as_of: date | None, known_at: datetime | None) -> Moment:
    """The moment asked for, as the county's journal knew it; without a day, today's in China."""
    return Moment(day_or_today(as_of), await position_at(tx, "funds", county, known_at), known_at)
