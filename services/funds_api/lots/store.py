"""Lots, movements and tranches in SQL: what rests where on a day, and how a lot came to be."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.database import set_region
from chassis.identity import Principal
from chassis.pages import Window, date_in
from services.funds_api.access import holds, visible_to
from services.funds_api.tables import AccountRow, MovementRow
from services.funds_api.units.schemas import UnitKind

# What a lot `l` held on the day :as_of: what is left now plus what was drawn from it after that day. The query runs
# only for lots that were drawn later.
REMAINING: Final = """(l.remaining_fen + CASE WHEN l.last_drawn_on > :as_of THEN coalesce((
    SELECT sum(d.amount_fen)::bigint FROM funds.draw d
     WHERE d.county_code = :county AND d.from_lot_id = l.id AND d.effective_on > :as_of), 0) ELSE 0 END)"""
SCOPE: Final = "region_code >= :scope AND l.region_code < :scope || '~'"


@asynccontextmanager
async def whole_county(session: AsyncSession, who: Principal, county: str) -> AsyncIterator[None]:
    """Within the block row-level security shows the whole county; what is told to a township from it are sums and ways.

    Only for the proofs and traces of money the caller may see: a township's own payment leads up through the county's
    accounts, and the parts of a tranche must add up although some lie with the neighbour.
    """
    if not county.startswith(who.region):
        await set_region(session, county)
    yield
    await set_region(session, who.region)


@dataclass(frozen=True, slots=True)
class Origin:
    """The lot that a lot was drawn from, and the account that one rested in."""

    lot_id: UUID
    account_id: UUID


@dataclass(frozen=True, slots=True)
class Brought:
    """A lot that a movement made, and the lot that fed it (None for a receipt)."""

    id: UUID
    fed_by: UUID | None
    fed_by_clock_from: date | None


async def origins(session: AsyncSession, county: str, lots: Sequence[UUID]) -> dict[UUID, Origin]:
    """Where each lot came from; a lot that restores another has that one's origin. Receipts have none and are left out.

    Looks above the caller's own region on purpose: money may only go back where it came from.
    """
    rows = await session.execute(
        text("SELECT * FROM funds.lot_origins(:county, :lots)"), {"county": county, "lots": list(lots)}
    )
    return {row.lot_id: Origin(row.origin_lot_id, row.origin_account_id) for row in rows}


async def lots_made_by(session: AsyncSession, county: str, movement: UUID) -> list[Brought]:
    rows = await session.execute(
        text(
            """
            SELECT l.id, d.from_lot_id, f.clock_from FROM funds.lot l
              LEFT JOIN funds.draw d ON d.county_code = :county AND d.to_lot_id = l.id
              LEFT JOIN funds.lot f ON f.county_code = :county AND f.id = d.from_lot_id
             WHERE l.county_code = :county AND l.movement_id = :movement
            """
        ),
        {"county": county, "movement": movement},
    )
    return [Brought(row.id, row.from_lot_id, row.clock_from) for row in rows]


async def movement(session: AsyncSession, who: Principal, county: str, movement_id: UUID) -> MovementRow | None:
    query = select(MovementRow).where(
        MovementRow.county_code == county,
        MovementRow.id == movement_id,
        visible_to(who, MovementRow.from_region, MovementRow.to_region),
    )
    return (await session.scalars(query)).one_or_none()


async def reversal_of(session: AsyncSession, county: str, movement_id: UUID) -> UUID | None:
    query = select(MovementRow.id).where(MovementRow.county_code == county, MovementRow.reverses_id == movement_id)
    return (await session.scalars(query)).one_or_none()


async def outside_account(session: AsyncSession, county: str) -> UUID | None:
    """The account that stands for everything beyond the county."""
    query = (
        select(AccountRow.id)
        .where(AccountRow.county_code == county, AccountRow.kind == UnitKind.OUTSIDE)
        .order_by(AccountRow.id)
        .limit(1)
    )
    return (await session.scalars(query)).one_or_none()


async def regions_of(session: AsyncSession, county: str, accounts: Sequence[UUID]) -> dict[UUID, str]:
    """The place of each account, also of those above the caller that money came from."""
    rows = await session.execute(
        text("SELECT * FROM funds.account_regions(:county, :accounts)"), {"county": county, "accounts": list(accounts)}
    )
    return {row.account_id: row.region_code for row in rows}


async def movements(
    session: AsyncSession,
    who: Principal,
    county: str,
    window: Window,
    *,
    as_of: date,
    account: UUID | None,
    kind: str | None,
) -> Sequence[MovementRow]:
    """Visible movements effective by `as_of`, by id (which is in the order of recording)."""
    query = (
        select(MovementRow)
        .where(
            MovementRow.county_code == county,
            visible_to(who, MovementRow.from_region, MovementRow.to_region),
            MovementRow.effective_on <= as_of,
        )
        .order_by(MovementRow.id)
        .limit(window.limit + 1)
    )
    if account is not None:
        query = query.where((MovementRow.from_account_id == account) | (MovementRow.to_account_id == account))
    if kind is not None:
        query = query.where(MovementRow.kind == kind)
    if after := window.key(UUID):
        query = query.where(MovementRow.id > after[0])
    return (await session.scalars(query)).all()


async def lots(
    session: AsyncSession,
    who: Principal,
    county: str,
    window: Window,
    *,
    as_of: date,
    account: UUID | None,
    fund: str | None,
) -> Sequence[Row[Any]]:
    """Lots that held money on `as_of`, oldest arrival first, as they stood then."""
    after_arrived, after_id = window.key(date_in, UUID) or (None, None)
    found = await session.execute(
        text(
            f"""
            SELECT l.id, l.tranche_id, l.fund_code, l.account_id, l.region_code, l.arrived_on, l.clock_from,
                   l.amount_fen, {REMAINING} AS remaining_fen, CAST(:as_of AS date) - l.arrived_on AS days_rested
              FROM funds.lot l
             WHERE l.county_code = :county AND l.{SCOPE} AND l.arrived_on <= :as_of
               AND (l.is_open OR l.emptied_on > :as_of) AND {REMAINING} > 0
               AND (CAST(:account AS uuid) IS NULL OR l.account_id = :account)
               AND (CAST(:fund AS text) IS NULL OR l.fund_code = :fund)
               AND (CAST(:after_arrived AS date) IS NULL
                    OR (l.arrived_on, l.id) > (CAST(:after_arrived AS date), CAST(:after_id AS uuid)))
             ORDER BY l.arrived_on, l.id LIMIT :limit
            """
        ),
        {
            "county": county,
            "scope": who.region,
            "as_of": as_of,
            "account": account,
            "fund": fund,
            "after_arrived": after_arrived,
            "after_id": after_id,
            "limit": window.limit + 1,
        },
    )
    return found.all()


def _held(kinds: str) -> str:
    return f"coalesce(sum({REMAINING}) FILTER (WHERE a.kind {kinds}), 0)::bigint"


async def tranches(
    session: AsyncSession,
    who: Principal,
    county: str,
    window: Window,
    *,
    as_of: date,
    tranche: UUID | None = None,
    notice: UUID | None = None,
) -> Sequence[Row[Any]]:
    """Tranches received by `as_of`, each with where its money was that day: resting, spent, outside.

    A caller below the county gets those that some of the caller's own money belongs to.
    """
    after = window.key(UUID)
    found = await session.execute(
        text(
            f"""
            SELECT t.*, coalesce(n.document_number, n.title) AS document, n.issuer,
                   s.resting_fen, s.spent_fen, s.outside_fen
              FROM (SELECT * FROM funds.tranche
                     WHERE county_code = :county AND received_on <= :as_of
                       AND (CAST(:tranche AS uuid) IS NULL OR id = :tranche)
                       AND (CAST(:notice AS uuid) IS NULL OR notice_id = :notice)
                       AND (CAST(:after AS uuid) IS NULL OR id > :after)
                       AND (:whole OR EXISTS (SELECT FROM funds.lot l WHERE l.county_code = :county
                                                 AND l.tranche_id = tranche.id AND l.{SCOPE}))
                     ORDER BY id LIMIT :limit) t
              JOIN funds.notice n ON n.id = t.notice_id
              CROSS JOIN LATERAL (
                SELECT {_held("NOT IN ('contractor', 'households', 'outside')")} AS resting_fen,
                       {_held("IN ('contractor', 'households')")} AS spent_fen,
                       {_held("= 'outside'")} AS outside_fen
                  FROM funds.lot l
                  JOIN funds.account a ON a.county_code = :county AND a.id = l.account_id
                 WHERE l.county_code = :county AND l.tranche_id = t.id AND l.arrived_on <= :as_of) s
             ORDER BY t.id
            """
        ),
        {
            "county": county,
            "as_of": as_of,
            "tranche": tranche,
            "notice": notice,
            "scope": who.region,
            "whole": holds(who, county),
            "after": after[0] if after else None,
            "limit": window.limit + 1,
        },
    )
    return found.all()
