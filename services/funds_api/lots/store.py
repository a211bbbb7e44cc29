"""Lots, movements and tranches in SQL: what rests where on a day, and how a lot came to be."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Sequence
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
from services.funds_api.lots.ledger import End
from services.funds_api.moments import Moment
from services.funds_api.standing import RECORDED_LATER, REMAINING, SCOPE, STILL_THERE, THERE
from services.funds_api.tables import AccountRow, LotRow, MovementRow, PaymentBatchRow, SuccessionLotRow
from services.funds_api.units.schemas import UnitKind


@asynccontextmanager
async def whole_county(session: AsyncSession, who: Principal, county: str) -> AsyncIterator[None]:
    """Within the block row-level security shows the whole county; what is told to a township from it are sums and ways.

    Only for the proofs and traces of money the caller may see: a township's own payment leads up through the county's
    accounts, and the parts of a tranche must add up although some lie with the neighbour.
    """
    if county.startswith(who.region):
        yield
        return
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
    """A lot that stands for what a movement brought, and the lot that had fed it (None for a receipt).

    `fed_by_year` is the budget year in which the movement was booked: of a receipt that of its tranche.
    """

    id: UUID
    fed_by: UUID | None
    fed_by_clock_from: date | None
    fed_by_release_on: date | None
    fed_by_year: int


async def origins(session: AsyncSession, county: str, lots: Sequence[UUID]) -> dict[UUID, Origin]:
    """Where each lot came from; a lot that restores another has that one's origin. Receipts have none and are left out.

    Looks above the caller's own region on purpose: money may only go back where it came from.
    """
    rows = await session.execute(
        text("SELECT * FROM funds.lot_origins(:county, :lots)"), {"county": county, "lots": list(lots)}
    )
    return {row.lot_id: Origin(row.origin_lot_id, row.origin_account_id) for row in rows}


async def given_back(session: AsyncSession, county: str, lots: Sequence[UUID]) -> set[UUID]:
    """Those of the lots that a return or a recovery brought, or that an undoing put where such a one had been."""
    found = await session.scalars(
        text(
            """
            WITH RECURSIVE stands AS (
              SELECT l.id, l.account_id, l.id AS first FROM funds.lot l
               WHERE l.county_code = :county AND l.id = ANY(:lots)
              UNION ALL
              SELECT r.id, r.account_id, s.first FROM stands s
                JOIN funds.lot l ON l.county_code = :county AND l.id = s.id
                JOIN funds.lot r ON r.county_code = :county AND r.id = l.restores_lot_id
                 AND r.account_id = s.account_id)
            SELECT DISTINCT s.first FROM stands s JOIN funds.lot l ON l.county_code = :county AND l.id = s.id
              JOIN funds.movement m ON m.county_code = :county AND m.id = l.movement_id
               AND m.kind IN ('return', 'recover')
            """
        ),
        {"county": county, "lots": list(lots)},
    )
    return set(found)


async def stands_for(session: AsyncSession, county: str, movement: UUID) -> list[Brought]:
    """The lots that a movement made and, in the same account, those that restore one of them; drawn or not."""
    rows = await session.execute(
        text(
            """
            WITH RECURSIVE stands AS (
              SELECT l.id, l.account_id, l.id AS made, l.fiscal_year FROM funds.lot l
               WHERE l.county_code = :county AND l.movement_id = :movement
              UNION ALL
              SELECT l.id, l.account_id, s.made, s.fiscal_year FROM stands s
                JOIN funds.lot l ON l.county_code = :county AND l.restores_lot_id = s.id
                 AND l.account_id = s.account_id)
            SELECT s.id, d.from_lot_id, f.clock_from, f.release_on, coalesce(f.fiscal_year, s.fiscal_year) AS year
              FROM stands s
              LEFT JOIN funds.draw d ON d.county_code = :county AND d.to_lot_id = s.made
              LEFT JOIN funds.lot f ON f.county_code = :county AND f.id = d.from_lot_id
            """
        ),
        {"county": county, "movement": movement},
    )
    return [Brought(row.id, row.from_lot_id, row.clock_from, row.release_on, row.year) for row in rows]


async def chain(
    session: AsyncSession, who: Principal, county: str, movement_id: UUID, limit: int
) -> Sequence[MovementRow]:
    """The movement and every visible one, not undone yet, that drew on what it brought; newest first."""
    query = select(MovementRow).from_statement(
        text(
            """
            WITH RECURSIVE follows AS (
              SELECT CAST(:movement AS uuid) AS id
              UNION
              SELECT d.movement_id FROM follows f
                JOIN funds.lot l ON l.county_code = :county AND l.movement_id = f.id
                JOIN funds.draw d ON d.county_code = :county AND d.from_lot_id = l.id)
            SELECT m.* FROM funds.movement m
             WHERE m.county_code = :county AND m.id IN (SELECT id FROM follows)
               AND (m.id = :movement OR m.kind <> 'reverse' AND NOT EXISTS (
                      SELECT FROM funds.movement r WHERE r.county_code = :county AND r.reverses_id = m.id))
               AND (m.to_region >= :scope AND m.to_region < :scope || '~')
             ORDER BY m.position DESC, m.id DESC LIMIT :limit
            """
        )
    )
    found = await session.scalars(
        query, {"county": county, "movement": movement_id, "scope": who.region, "limit": limit}
    )
    return found.all()


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


async def succession_of(session: AsyncSession, county: str, movements: Sequence[UUID]) -> tuple[str, str] | None:
    """One of these movements that is a side of a succession, and that succession."""
    query = select(SuccessionLotRow.movement_id, SuccessionLotRow.succession_id).where(
        SuccessionLotRow.county_code == county, SuccessionLotRow.movement_id.in_(movements)
    )
    found = (await session.execute(query.limit(1))).one_or_none()
    return None if found is None else (str(found.movement_id), str(found.succession_id))


async def returns_of(session: AsyncSession, county: str, movements: Sequence[UUID]) -> Sequence[Row[Any]]:
    """Which of these movements brought back a row of a roster: movement_id, batch_id, line, what is held for it."""
    rows = await session.execute(
        text(
            """
            SELECT r.movement_id, r.batch_id, r.line, h.id AS live_hold, n.batch_id AS next_batch, n.line AS next_line
              FROM funds.payment_return r
              LEFT JOIN funds.hold h ON h.county_code = :county AND h.id = r.hold_id AND h.status = 'held'
              LEFT JOIN LATERAL funds.payment_next(:county, r.batch_id, r.line, r.position) n ON true
             WHERE r.county_code = :county AND r.movement_id = ANY(:movements)
            """
        ),
        {"county": county, "movements": list(movements)},
    )
    return rows.all()


async def hold_entitlements(session: AsyncSession, county: str, batches: Collection[UUID]) -> None:
    """Until the commit nobody pays what these batches paid; all are locked in one order, whoever asks for which."""
    if batches:
        await session.execute(
            text("SELECT funds.hold_entitlements(:county, :batches)"), {"county": county, "batches": list(batches)}
        )


async def batches(session: AsyncSession, county: str, ids: Collection[UUID]) -> Sequence[PaymentBatchRow]:
    """These batches, as far as the caller sees them."""
    query = select(PaymentBatchRow).where(PaymentBatchRow.county_code == county, PaymentBatchRow.id.in_(ids))
    return (await session.scalars(query)).all()


async def fund_years(session: AsyncSession, county: str, movements: Sequence[UUID]) -> list[tuple[str, int]]:
    """The funds and budget years of the lots that these movements brought."""
    query = (
        select(LotRow.fund_code, LotRow.fiscal_year)
        .where(LotRow.county_code == county, LotRow.movement_id.in_(movements))
        .distinct()
    )
    return [(row.fund_code, row.fiscal_year) for row in await session.execute(query)]


async def outside_account(session: AsyncSession, county: str) -> UUID | None:
    """The account that stands for everything beyond the county."""
    query = (
        select(AccountRow.id)
        .where(AccountRow.county_code == county, AccountRow.kind == UnitKind.OUTSIDE)
        .order_by(AccountRow.id)
        .limit(1)
    )
    return (await session.scalars(query)).one_or_none()


async def ends(session: AsyncSession, county: str, accounts: Sequence[UUID]) -> dict[UUID, End]:
    """Each account as an end, by id, also of those above the caller that money came from: of these only the place."""
    rows = await session.execute(
        text("SELECT * FROM funds.account_regions(:county, :accounts)"), {"county": county, "accounts": list(accounts)}
    )
    return {row.account_id: End(row.account_id, row.region_code, "", "") for row in rows}


async def visible_ends(session: AsyncSession, who: Principal, county: str, accounts: Sequence[UUID]) -> list[End]:
    """Those of the accounts that the caller may see."""
    query = select(AccountRow.id, AccountRow.region_code, AccountRow.kind, AccountRow.book).where(
        AccountRow.county_code == county, AccountRow.id.in_(accounts), visible_to(who, AccountRow.region_code)
    )
    return [End(*row) for row in await session.execute(query)]


async def movements(
    session: AsyncSession,
    who: Principal,
    county: str,
    window: Window,
    *,
    moment: Moment,
    account: UUID | None,
    kind: str | None,
) -> Sequence[MovementRow]:
    """Visible movements effective and known by that moment, by id (which is in the order of recording)."""
    query = (
        select(MovementRow)
        .where(
            MovementRow.county_code == county,
            visible_to(who, MovementRow.from_region, MovementRow.to_region),
            MovementRow.effective_on <= moment.as_of,
            MovementRow.position <= moment.position,
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


_LOT: Final = f"""l.id, l.tranche_id, l.fund_code, l.account_id, l.region_code, l.arrived_on, l.clock_from,
                   l.amount_fen, l.fiscal_year, l.release_on, {REMAINING} AS remaining_fen,
                   CAST(:as_of AS date) - l.arrived_on AS days_rested"""
_LATER: Final = "AND (l.arrived_on, l.id) > (CAST(:after_arrived AS date), CAST(:after_id AS uuid))"


async def lots(
    session: AsyncSession,
    who: Principal,
    county: str,
    window: Window,
    *,
    moment: Moment,
    account: UUID | None,
    fund: str | None,
) -> Sequence[Row[Any]]:
    """Lots that held money at that moment, oldest arrival first, as they stood then.

    Of a whole region they are read along their arrival, and what was emptied since; of an account, by its own index.
    """
    after_arrived, after_id = window.key(date_in, UUID) or (None, None)
    named = {"account": account, "fund": fund, "after_arrived": after_arrived, "after_id": after_id}
    narrowed = (
        f"l.county_code = :county AND l.{SCOPE}"
        f" {'AND l.fund_code = :fund' if fund is not None else ''} {_LATER if after_id is not None else ''}"
    )
    if account is None:
        await along_indexes(session)
        page = _page(narrowed, moment)
    else:
        there = THERE if moment.known_at is not None else STILL_THERE
        page = f"""
            SELECT {_LOT} FROM funds.lot l
             WHERE {narrowed} AND l.account_id = :account AND {there} AND {REMAINING} > 0
             ORDER BY l.arrived_on, l.id LIMIT :limit"""
    found = await session.execute(
        text(page),
        {
            "county": county,
            "scope": who.region,
            **moment.arguments,
            **{name: value for name, value in named.items() if value is not None},
            "limit": window.limit + 1,
        },
    )
    return found.all()


def _page(narrowed: str, moment: Moment) -> str:
    """A page of the lots of a region. What is open or was emptied by a later draw has held something before it."""
    lot = f"SELECT l.arrived_on, l.id FROM funds.lot l WHERE {narrowed} AND l.arrived_on <= :as_of"
    if moment.known_at is not None:
        lot += " AND l.position <= :known"
    branches = [f"{lot} AND l.is_open", f"{lot} AND l.emptied_on > :as_of"]
    if moment.known_at is not None:
        branches.append(f"{lot} AND l.emptied_on <= :as_of AND l.id IN (SELECT from_lot_id FROM ({RECORDED_LATER}) e)")
    pages = " UNION ALL ".join(f"({one} ORDER BY l.arrived_on, l.id LIMIT :limit)" for one in branches)
    return f"""
            WITH page AS MATERIALIZED ({pages} ORDER BY arrived_on, id LIMIT :limit)
            SELECT {_LOT} FROM page p JOIN funds.lot l ON l.county_code = :county AND l.id = p.id
             ORDER BY p.arrived_on, p.id"""


async def along_indexes(session: AsyncSession) -> None:
    """Have the statements that follow in this transaction read pages along the order of an index.

    Row-level security compares with a region that the planner does not know, so it expects a dozen rows where a whole
    county's are, and would read and sort them all for one page.
    """
    await session.execute(
        text(
            "SELECT set_config('enable_sort', 'off', true), set_config('max_parallel_workers_per_gather', '0', true),"
            " set_config('plan_cache_mode', 'force_custom_plan', true)"
        )
    )


@asynccontextmanager
async def walking(session: AsyncSession) -> AsyncIterator[None]:
    """`along_indexes` for the page that is read within; what follows may sort again, whoever has to."""
    await along_indexes(session)
    yield
    await session.execute(text("SELECT set_config('enable_sort', 'on', true)"))


def _held(which: str) -> str:
    return f"coalesce(sum({REMAINING}) FILTER (WHERE {which}), 0)::bigint"


async def tranches(
    session: AsyncSession,
    who: Principal,
    county: str,
    window: Window,
    *,
    moment: Moment,
    tranche: UUID | None = None,
    notices: Sequence[UUID] | None = None,
) -> Sequence[Row[Any]]:
    """Tranches received by that moment, each with where its money was then: resting, spent, outside.

    What is terminal is spent, or beyond the county: which accounts that are is asked once and not for each lot.
    A caller below the county gets those that some of the caller's own money belongs to.
    """
    [after] = window.key(UUID) or (None,)
    named = {"tranche": tranche, "notices": None if notices is None else list(notices), "after": after}
    await along_indexes(session)
    found = await session.execute(
        text(
            f"""
            SELECT t.*, coalesce(n.document_number, n.title) AS document, n.issuer,
                   s.resting_fen, s.spent_fen, s.outside_fen
              FROM (SELECT * FROM funds.tranche
                     WHERE county_code = :county AND received_on <= :as_of
                       AND EXISTS (SELECT FROM funds.lot r WHERE r.county_code = :county AND r.tranche_id = tranche.id
                                      AND r.position <= :known)
                       {"AND id = :tranche" if tranche is not None else ""}
                       {"AND notice_id = ANY(:notices)" if notices is not None else ""}
                       {"AND id > :after" if after is not None else ""}
                       AND (:whole OR EXISTS (SELECT FROM funds.lot l WHERE l.county_code = :county
                                                 AND l.tranche_id = tranche.id AND l.{SCOPE}))
                     ORDER BY id LIMIT :limit) t
              JOIN funds.notice n ON n.id = t.notice_id
             CROSS JOIN (SELECT array(SELECT id FROM funds.account
                                       WHERE county_code = :county AND kind = 'outside') AS accounts) o
              CROSS JOIN LATERAL (
                SELECT {_held("NOT l.is_terminal")} AS resting_fen,
                       {_held("l.is_terminal AND NOT l.account_id = ANY(o.accounts)")} AS spent_fen,
                       {_held("l.is_terminal AND l.account_id = ANY(o.accounts)")} AS outside_fen
                  FROM funds.lot l
                 WHERE l.county_code = :county AND l.tranche_id = t.id AND {THERE}) s
             ORDER BY t.id
            """
        ),
        {
            "county": county,
            **moment.arguments,
            **{name: value for name, value in named.items() if value is not None},
            "scope": who.region,
            "whole": holds(who, county),
            "limit": window.limit + 1,
        },
    )
    return found.all()
