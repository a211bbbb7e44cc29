"""Units, accounts and their balances in SQL."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, func, select, text
from sqlalchemy.dialects.postgresql import distinct_on, insert
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.identity import Principal
from chassis.missing import Missing
from chassis.pages import Window
from services.funds_api.access import visible_to
from services.funds_api.moments import Moment
from services.funds_api.standing import REMAINING, THERE
from services.funds_api.tables import AccountNatureRow, AccountRow, RegionRow, UnitRow


@dataclass(frozen=True, slots=True)
class Figures:
    """What an account held, in fen and fen-days, and what its lots add up to."""

    balance_fen: int
    resting_fen_days: int
    charged_fen_days: int
    lots_fen: int


async def region_exists(session: AsyncSession, code: str) -> bool:
    return (await session.scalar(select(func.count()).where(RegionRow.code == code))) == 1


async def must_exist(session: AsyncSession, code: str) -> None:
    """Refuse a region that is not registered: nothing lies there, and that would read as nothing found."""
    if not await region_exists(session, code):
        raise Missing("区划", code)


async def named(session: AsyncSession, county: str, region: str, name: str) -> UnitRow:
    query = select(UnitRow).where(UnitRow.county_code == county, UnitRow.region_code == region, UnitRow.name == name)
    return (await session.scalars(query)).one()


async def record(session: AsyncSession, unit: dict[str, Any], accounts: Sequence[dict[str, Any]]) -> bool:
    """Write a unit and its accounts, if its name is free in its place: whether it was."""
    free = insert(UnitRow).values(unit).on_conflict_do_nothing(index_elements=["county_code", "region_code", "name"])
    if (await session.scalars(free.returning(UnitRow.id))).one_or_none() is None:
        return False
    await session.execute(insert(AccountRow), list(accounts))
    return True


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


async def tell_nature(session: AsyncSession, row: dict[str, Any]) -> None:
    await session.execute(insert(AccountNatureRow).values(row))


async def natures(session: AsyncSession, county: str, account: UUID, moment: Moment) -> Sequence[AccountNatureRow]:
    """What was said of an account's nature until a day, as known, by day: of each day the last that was said."""
    query = (
        select(AccountNatureRow)
        .where(
            AccountNatureRow.county_code == county,
            AccountNatureRow.account_id == account,
            AccountNatureRow.from_on <= moment.as_of,
            AccountNatureRow.position <= moment.position,
        )
        .order_by(AccountNatureRow.from_on, AccountNatureRow.position.desc())
        .ext(distinct_on(AccountNatureRow.from_on))
    )
    return (await session.scalars(query)).all()


# Entries of the accounts :accounts as (account_id, fen, fen_day, charged), summing to what :as_of and :known show:
# whole months and the days of the last one, up to :as_of or the day of that knowledge, less what was recorded later. A
# row recorded later and effective more than a week before that day is late, and late rows have an index of their own;
# so have those dated ahead, the only ones that can have been known of the days that follow. No history is read.
_UNTIL: Final = "least(CAST(:as_of AS date), CAST(:known_on AS date))"
_MONTH: Final = f"date_trunc('month', {_UNTIL}::timestamp)::date"
_SOME_KNOWN: Final = "CAST(:known AS bigint) < 9223372036854775807"
_ENTRIES: Final = f"""
  SELECT account_id, net_fen AS fen, net_fen_day AS fen_day, charged_fen_days AS charged FROM funds.account_month
   WHERE county_code = :county AND account_id = ANY(:accounts) AND month < {_MONTH}
  UNION ALL
  SELECT e.account_id, e.sign * e.amount_fen, e.sign * e.amount_fen::numeric * (e.arrived_on - DATE '2000-01-01'),
         CASE WHEN e.amount_fen < 0 THEN e.sign * -e.amount_fen::numeric * (e.effective_on - e.arrived_on) ELSE 0 END
    FROM (
      SELECT *, 1 AS sign FROM funds.entry
       WHERE county_code = :county AND account_id = ANY(:accounts)
         AND effective_on >= {_MONTH} AND effective_on <= {_UNTIL}
      UNION ALL
      SELECT *, -1 FROM funds.entry
       WHERE county_code = :county AND account_id = ANY(:accounts) AND {_SOME_KNOWN}
         AND effective_on > CAST(:known_on AS date) - 9 AND effective_on <= {_UNTIL} AND position > :known
      UNION ALL
      SELECT *, -1 FROM funds.entry
       WHERE county_code = :county AND account_id = ANY(:accounts) AND {_SOME_KNOWN}
         AND recorded_on >= CAST(:known_on AS date) - 1 AND recorded_on > effective_on + 7
         AND effective_on <= least(CAST(:known_on AS date) - 9, CAST(:as_of AS date)) AND position > :known
      UNION ALL
      SELECT *, 1 FROM funds.entry
       WHERE county_code = :county AND account_id = ANY(:accounts) AND {_SOME_KNOWN}
         AND effective_on > CAST(:known_on AS date) AND effective_on <= :as_of AND position <= :known
         AND effective_on > recorded_on) e"""


async def balances(session: AsyncSession, county: str, accounts: Sequence[UUID], moment: Moment) -> Sequence[Row[Any]]:
    """Per account that ever held money: balance_fen, resting_fen_days and charged_fen_days at that moment."""
    found = await session.execute(
        text(
            f"""
            SELECT account_id, sum(fen)::bigint AS balance_fen,
                   (sum(fen) * (CAST(:as_of AS date) - DATE '2000-01-01') - sum(fen_day))::bigint AS resting_fen_days,
                   sum(charged)::bigint AS charged_fen_days
              FROM ({_ENTRIES}) e GROUP BY account_id
            """
        ),
        {"county": county, "accounts": list(accounts), **moment.arguments},
    )
    return found.all()


async def balance(session: AsyncSession, county: str, account: UUID, moment: Moment) -> Figures:
    """One account's figures at that moment, beside Σ of its lots as they stood then."""
    rows = await balances(session, county, [account], moment)
    lots: int = (
        await session.execute(
            text(
                f"""
                SELECT coalesce(sum({REMAINING}), 0)::bigint FROM funds.lot l
                 WHERE l.county_code = :county AND l.account_id = :account AND {THERE}
                """
            ),
            {"county": county, "account": account, **moment.arguments},
        )
    ).scalar_one()
    if not rows:
        return Figures(0, 0, 0, lots)
    return Figures(rows[0].balance_fen, rows[0].resting_fen_days, rows[0].charged_fen_days, lots)
