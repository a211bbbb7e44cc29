"""Closing the books of a county."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy.ext.asyncio import AsyncSession

from chassis.identity import Principal
from chassis.journal import Act
from services.funds_api.access import must_hold
from services.funds_api.closings import store
from services.funds_api.closings.schemas import Closing, ClosingRequest
from wire.money import BooksClosed


@dataclass(eq=False)
class ClosingNotLater(Exception):
    """The books are closed through that day or a later one already."""

    through: date
    closed_through: date

    def __str__(self) -> str:
        return f"账已结至 {self.closed_through}，不能再结至 {self.through}"


@dataclass(eq=False)
class ClosingAhead(Exception):
    """A day that has not ended yet cannot be closed."""

    through: date
    today: date

    def __str__(self) -> str:
        return f"{self.through} 尚未结束（今天是 {self.today}），不能结账"


async def close(
    tx: AsyncSession, who: Principal, act: Act, county: str, request: ClosingRequest, today: date
) -> Closing:
    """Close the books through a past day; nothing but reversals is recorded in them from here on."""
    must_hold(who, county)
    await act.claim(tx, county)
    if request.through >= today:
        raise ClosingAhead(request.through, today)
    position = await store.close(tx, county, request.through, request.document, act.actor)
    if position is None:
        raise ClosingNotLater(request.through, await store.closed_through(tx, county) or request.through)
    closing = Closing(county_code=county, through=request.through, document=request.document, position=position)
    event = BooksClosed(county_code=county, through=request.through, document=request.document)
    await act.record(tx, county, event, closing)
    return closing
