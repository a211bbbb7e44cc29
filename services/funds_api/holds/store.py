"""Holds in SQL. Placed and ended only by the functions of the migrations, under the lock of their account."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.identity import Principal
from chassis.pages import Window
from services.funds_api.access import visible_to
from services.funds_api.lots.refusals import HoldOver
from services.funds_api.missing import Missing
from services.funds_api.moments import EVERYTHING, Moment
from services.funds_api.tables import HoldLotRow, HoldRow


def status_of(row: HoldRow, today: date, known: int = EVERYTHING) -> str:
    """The status of a hold on `today` as known at a position: one that nobody ended is over after its last day."""
    status = "held" if row.ended_position is not None and row.ended_position > known else row.status
    expired = status == "held" and row.expires_on is not None and row.expires_on < today
    return "expired" if expired else status


async def place(session: AsyncSession, county: str, row: Mapping[str, Any], lots: Mapping[UUID, int]) -> None:
    """Keep the fen of these lots; the account must be locked since they were looked at."""
    await session.execute(
        text(
            "SELECT funds.place_hold(:county, :id, :account_id, :fund_code, :amount_fen, :document, :purpose,"
            " :expires_on, :actor, CAST(:parts AS jsonb), :today)"
        ),
        {
            **row,
            "county": county,
            "parts": json.dumps([{"lot": str(lot), "amount_fen": fen} for lot, fen in lots.items()]),
        },
    )


async def void(session: AsyncSession, county: str, hold: UUID) -> None:
    await session.execute(text("SELECT funds.void_hold(:county, :hold)"), {"county": county, "hold": hold})


async def keep_again(session: AsyncSession, county: str, reversal: UUID) -> list[UUID]:
    """Keep again what the payment that this reversal undid had drawn from holds of returns; the new holds."""
    rows = await session.scalars(
        text("SELECT funds.keep_again(:county, :reversal)"), {"county": county, "reversal": reversal}
    )
    return list(rows)


async def one(session: AsyncSession, who: Principal, county: str, hold: UUID, *, known: int = EVERYTHING) -> HoldRow:
    """A visible hold that was known at that position, or `Missing`."""
    query = (
        select(HoldRow)
        .where(
            HoldRow.county_code == county,
            HoldRow.id == hold,
            visible_to(who, HoldRow.region_code),
            HoldRow.position <= known,
        )
        .execution_options(populate_existing=True)
    )
    found = (await session.scalars(query)).one_or_none()
    if found is None:
        raise Missing("冻结", str(hold))
    return found


async def kept(
    session: AsyncSession, who: Principal, county: str, hold: UUID, *, account: UUID, today: date
) -> dict[UUID, int]:
    """What a hold on `account` keeps of which lot, or `HoldOver` when it is not in force there."""
    found = await one(session, who, county, hold)
    status = status_of(found, today)
    if status != "held" or found.account_id != account:
        raise HoldOver(str(hold), status if status != "held" else "elsewhere")
    return {lot.lot_id: lot.amount_fen for lot in await lots_of(session, county, [hold])}


async def lots_of(session: AsyncSession, county: str, holds: Sequence[UUID]) -> Sequence[HoldLotRow]:
    """What these holds keep, by hold and lot."""
    query = (
        select(HoldLotRow)
        .where(HoldLotRow.county_code == county, HoldLotRow.hold_id.in_(holds))
        .order_by(HoldLotRow.hold_id, HoldLotRow.lot_id)
    )
    return (await session.scalars(query)).all()


async def page(
    session: AsyncSession,
    who: Principal,
    county: str,
    window: Window,
    *,
    moment: Moment,
    account: UUID | None,
    live: bool,
) -> Sequence[HoldRow]:
    """Visible holds known at that moment by id, one more than the page holds; with `live` only those in force then."""
    query = (
        select(HoldRow)
        .where(HoldRow.county_code == county, visible_to(who, HoldRow.region_code), HoldRow.position <= moment.position)
        .order_by(HoldRow.id)
        .limit(window.limit + 1)
    )
    if account is not None:
        query = query.where(HoldRow.account_id == account)
    if live:
        query = query.where(
            (HoldRow.status == "held") | (HoldRow.ended_position > moment.position),
            (HoldRow.expires_on.is_(None)) | (HoldRow.expires_on >= moment.as_of),
        )
    if after := window.key(UUID):
        query = query.where(HoldRow.id > after[0])
    return (await session.scalars(query)).all()
