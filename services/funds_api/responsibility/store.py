"""Fen-days by unit in SQL."""

from __future__ import annotations

from dataclasses import dataclass, replace
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.identity import Principal
from services.funds_api.access import visible_to
from services.funds_api.moments import Moment
from services.funds_api.tables import AccountRow, UnitRow
from services.funds_api.units.schemas import TERMINAL
from services.funds_api.units.store import balances


@dataclass(frozen=True, slots=True)
class Desk:
    """A unit and what it answers for: fen that rest there, their fen-days, and those of what has left."""

    region_code: str
    name: str
    resting_fen: int
    resting_fen_days: int
    charged_fen_days: int


async def responsible(session: AsyncSession, who: Principal, county: str, moment: Moment) -> list[Desk]:
    """Every visible unit that answered for something at that moment, from the sums per month; spent money is out."""
    query = (
        select(AccountRow.id, AccountRow.unit_id, UnitRow.region_code, UnitRow.name)
        .join(UnitRow, (UnitRow.county_code == AccountRow.county_code) & (UnitRow.id == AccountRow.unit_id))
        .where(
            AccountRow.county_code == county,
            visible_to(who, UnitRow.region_code),
            UnitRow.kind.not_in(TERMINAL),
        )
        .order_by(AccountRow.unit_id)
    )
    accounts = (await session.execute(query)).all()
    figures = {row.account_id: row for row in await balances(session, county, [row.id for row in accounts], moment)}
    desks: dict[UUID, Desk] = {}
    for account in accounts:
        if own := figures.get(account.id):
            before = desks.get(account.unit_id, Desk(account.region_code, account.name, 0, 0, 0))
            desks[account.unit_id] = replace(
                before,
                resting_fen=before.resting_fen + own.balance_fen,
                resting_fen_days=before.resting_fen_days + own.resting_fen_days,
                charged_fen_days=before.charged_fen_days + own.charged_fen_days,
            )
    return [one for one in desks.values() if one.resting_fen or one.resting_fen_days or one.charged_fen_days]
