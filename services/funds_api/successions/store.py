"""Successions in SQL: what stands in the way, what rests to go over, what went, and by which tranches."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.pages import Window
from services.funds_api.moments import Moment
from services.funds_api.successions.crossing import Crossing, Going, Line
from services.funds_api.tables import MovementRow, SuccessionLotRow, SuccessionRow, TrancheRow
from treasury.lots import Lot


@dataclass(frozen=True, slots=True)
class Standing:
    """What a county's books hold now: all that rests, how much of it is held for payments, what is on its way."""

    resting_fen: int
    held_fen: int
    holds_n: int
    in_transit_fen: int


async def hold_books(session: AsyncSession, county: str, accounts: Sequence[UUID]) -> None:
    """Until the commit nobody moves money of these accounts, and nobody records in the county."""
    await session.execute(
        text("SELECT funds.hold_books(:county, :accounts)"), {"county": county, "accounts": sorted(accounts)}
    )


async def standing(session: AsyncSession, county: str, today: date) -> Standing:
    """By the counters of accounts and the holds in force; no history is read."""
    row = (
        await session.execute(
            text(
                """
                SELECT coalesce(sum(a.sum_fen) FILTER (
                         WHERE a.kind NOT IN ('contractor', 'households', 'outside')), 0)::bigint AS resting_fen,
                       coalesce(sum(a.sum_fen) FILTER (WHERE a.kind = 'bank'), 0)::bigint AS in_transit_fen,
                       h.held_fen, h.holds_n
                  FROM (SELECT coalesce(sum(h.amount_fen), 0)::bigint AS held_fen, count(*) AS holds_n FROM funds.hold h
                         WHERE h.county_code = :county AND h.status = 'held'
                           AND (h.expires_on IS NULL OR h.expires_on >= :today)) h
                  LEFT JOIN funds.account a ON a.county_code = :county
                 GROUP BY h.held_fen, h.holds_n
                """
            ),
            {"county": county, "today": today},
        )
    ).one()
    return Standing(row.resting_fen, row.held_fen, row.holds_n, row.in_transit_fen)


async def resting(session: AsyncSession, county: str, accounts: Sequence[UUID], on: date) -> list[Lot]:
    """The open lots of these accounts that had arrived by that day, by account, oldest first."""
    rows = await session.execute(
        text(
            """
            SELECT l.id, l.tranche_id, l.account_id, l.arrived_on, l.clock_from, l.remaining_fen, l.fund_code,
                   l.fiscal_year
              FROM funds.lot l
             WHERE l.county_code = :county AND l.account_id = ANY(:accounts) AND l.is_open AND l.arrived_on <= :on
             ORDER BY l.account_id, l.arrived_on, l.id
            """
        ),
        {"county": county, "accounts": list(accounts), "on": on},
    )
    return [
        Lot(
            row.id,
            row.tranche_id,
            row.account_id,
            row.arrived_on,
            row.clock_from,
            row.remaining_fen,
            row.fund_code,
            row.fiscal_year,
        )
        for row in rows
    ]


async def lines(session: AsyncSession, county: str, tranches: Sequence[UUID]) -> dict[UUID, Line]:
    """The printed line that brought each of the tranches."""
    query = select(TrancheRow).where(TrancheRow.county_code == county, TrancheRow.id.in_(tranches))
    return {
        one.id: Line(one.notice_id, one.part, one.line_no, one.fiscal_year, one.purpose)
        for one in await session.scalars(query)
    }


async def record(session: AsyncSession, from_county: str, going: Going, crossed: Crossing) -> None:
    """Tell either county of the other's lots; refused by the database when what left is not what came, to the fen."""
    pairs = [{"out": str(one.from_lot_id), "in": str(one.lot_id)} for one in crossed.lots]
    await session.execute(
        text("SELECT funds.record_succession(:id, :from, :to, :document, :on, :actor, CAST(:pairs AS jsonb))"),
        {
            "id": going.succession,
            "from": from_county,
            "to": going.to_county,
            "document": going.document,
            "on": going.on,
            "actor": going.actor,
            "pairs": json.dumps(pairs),
        },
    )


async def found(session: AsyncSession, county: str, succession: UUID) -> SuccessionRow | None:
    query = select(SuccessionRow).where(SuccessionRow.county_code == county, SuccessionRow.id == succession)
    return (await session.scalars(query)).one_or_none()


async def movements(session: AsyncSession, county: str, succession: UUID) -> Sequence[MovementRow]:
    """What the succession moved in this county, by id."""
    of_it = select(SuccessionLotRow.movement_id).where(
        SuccessionLotRow.county_code == county, SuccessionLotRow.succession_id == succession
    )
    query = select(MovementRow).where(MovementRow.county_code == county, MovementRow.id.in_(of_it))
    return (await session.scalars(query.order_by(MovementRow.id))).all()


async def stand_for_what_left(session: AsyncSession, county: str, succession: UUID) -> dict[UUID, UUID]:
    """Of each lot that came, or restores one that did: the lot as which it left the other county."""
    rows = await session.execute(
        text(
            """
            WITH RECURSIVE stands AS (
              SELECT l.id, l.account_id, s.other_lot_id FROM funds.succession_lot s
                JOIN funds.lot l ON l.county_code = :county AND l.id = s.lot_id
               WHERE s.county_code = :county AND s.succession_id = :succession
              UNION ALL
              SELECT l.id, l.account_id, s.other_lot_id FROM stands s
                JOIN funds.lot l ON l.county_code = :county AND l.restores_lot_id = s.id
                 AND l.account_id = s.account_id)
            SELECT id, other_lot_id FROM stands
            """
        ),
        {"county": county, "succession": succession},
    )
    return {row.id: row.other_lot_id for row in rows}


async def tranches(session: AsyncSession, county: str, succession: UUID) -> Sequence[Row[Any]]:
    """(tranche, the other county's tranche, fund_code, lots_n, amount_fen) of the succession, by tranche."""
    rows = await session.execute(
        text(
            """
            SELECT s.tranche_id, s.other_tranche_id, t.fund_code, count(*) AS lots_n,
                   sum(s.amount_fen)::bigint AS amount_fen
              FROM funds.succession_lot s
              JOIN funds.tranche t ON t.county_code = :county AND t.id = s.tranche_id
             WHERE s.county_code = :county AND s.succession_id = :succession
             GROUP BY s.tranche_id, s.other_tranche_id, t.fund_code ORDER BY s.tranche_id
            """
        ),
        {"county": county, "succession": succession},
    )
    return rows.all()


# The document that undid it, once that was effective and known.
_REVERSED_BY: Final = """
  (SELECT r.document FROM funds.succession_lot k
     JOIN funds.movement r ON r.county_code = :county AND r.reverses_id = k.movement_id AND r.effective_on <= :as_of
      AND r.position <= :known
    WHERE k.county_code = :county AND k.succession_id = s.id LIMIT 1) AS reversed_by"""


async def page(
    session: AsyncSession, county: str, moment: Moment, window: Window, succession: UUID | None = None
) -> Sequence[Row[Any]]:
    """The county's successions by that moment, or this one, by id, one more than the page holds."""
    [after] = window.key(UUID) or (None,)
    rows = await session.execute(
        text(
            f"""
            SELECT s.*, {_REVERSED_BY} FROM funds.succession s
             WHERE s.county_code = :county AND s.effective_on <= :as_of AND s.position <= :known
               AND (CAST(:succession AS uuid) IS NULL OR s.id = :succession)
               AND (CAST(:after AS uuid) IS NULL OR s.id > :after)
             ORDER BY s.id LIMIT :limit
            """
        ),
        {"county": county, **moment.arguments, "succession": succession, "after": after, "limit": window.limit + 1},
    )
    return rows.all()
