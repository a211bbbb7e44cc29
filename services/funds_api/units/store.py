"""Units, accounts and their balances in SQL."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Row, func, insert, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.identity import Principal
from chassis.pages import Window
from services.funds_api.access import visible_to
from services.funds_api.tables import AccountRow, RegionRow, UnitRow


async def region_exists(session: AsyncSession, code: str) -> bool:
    return (await session.scalar(select(func.count()).where(RegionRow.code == code))) == 1


async def record(session: AsyncSession, unit: dict[str, Any], accounts: Sequence[dict[str, Any]]) -> None:
    await session.execute(insert(UnitRow).values(unit))
    await session.execute(insert(AccountRow), list(accounts))


async def units(
    session: AsyncSession, who: Principal, county: str, window: Window, region: str | None, kind: str | None
) -> Sequence[UnitRow]:
    """Visible units of a county by id, one more than the page holds."""
    query = (
        select(UnitRow)
        .where(UnitRow.county_code == county, visible_to(who, UnitRow.region_code))
        .order_by(UnitRow.id)
        .limit(window.limit + 1)
    )
    if region is not None:
        query = query.where(UnitRow.region_code == region)
    if kind is not None:
        query = query.where(UnitRow.kind == kind)
    if after := window.key(UUID):
        query = query.where(UnitRow.id > after[0])
    return (await session.scalars(query)).all()


async def accounts(
    session: AsyncSession,
    who: Principal,
    county: str,
    *,
    units: Sequence[UUID] | None = None,
    ids: Sequence[UUID] | None = None,
    window: Window | None = None,
) -> Sequence[Row[AccountRow, str]]:
    """Visible accounts with their unit's name, by id: those of `units`, those named in `ids`, or all of a page."""
    query = (
        select(AccountRow, UnitRow.name)
        .join(UnitRow, (UnitRow.county_code == AccountRow.county_code) & (UnitRow.id == AccountRow.unit_id))
        .where(AccountRow.county_code == county, visible_to(who, AccountRow.region_code))
        .order_by(AccountRow.id)
    )
    if units is not None:
        query = query.where(AccountRow.unit_id.in_(units))
    if ids is not None:
        query = query.where(AccountRow.id.in_(ids))
    if window is not None:
        query = query.limit(window.limit + 1)
        if after := window.key(UUID):
            query = query.where(AccountRow.id > after[0])
    return (await session.execute(query)).all()


async def balance(session: AsyncSession, county: str, account: UUID, as_of: date) -> Row[Any]:
    """The account's figure on `as_of` from its entries, beside Σ of its lots as they stood then."""
    found = await session.execute(
        text(
            """
            SELECT e.balance_fen, e.resting_fen_days, e.charged_fen_days, l.lots_fen
              FROM (SELECT coalesce(sum(amount_fen), 0)::bigint AS balance_fen,
                           coalesce(sum(amount_fen::numeric * (CAST(:as_of AS date) - arrived_on)), 0)::bigint
                             AS resting_fen_days,
                           coalesce(sum(-amount_fen::numeric * (effective_on - arrived_on))
                                    FILTER (WHERE amount_fen < 0), 0)::bigint AS charged_fen_days
                      FROM funds.entry
                     WHERE county_code = :county AND account_id = :account AND effective_on <= :as_of) e,
                   (SELECT coalesce(sum(l.remaining_fen + coalesce((
                             SELECT sum(d.amount_fen)::bigint FROM funds.draw d
                              WHERE d.county_code = :county AND d.from_lot_id = l.id AND d.effective_on > :as_of
                                AND l.last_drawn_on > :as_of), 0)), 0)::bigint AS lots_fen
                      FROM funds.lot l
                     WHERE l.county_code = :county AND l.account_id = :account AND l.arrived_on <= :as_of) l
            """
        ),
        {"county": county, "account": account, "as_of": as_of},
    )
    return found.one()
