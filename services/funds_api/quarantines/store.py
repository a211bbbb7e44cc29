"""Quarantines in SQL. Written and ended only by the functions of the migrations, under the locks of their accounts."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.identity import Principal
from chassis.pages import Window
from services.funds_api.access import visible_to
from services.funds_api.moments import Moment
from services.funds_api.quarantines.keeping import Kept
from services.funds_api.quarantines.refusals import HoldOfQuarantine, MoneyQuarantined
from services.funds_api.tables import (
    HoldLotRow,
    HoldRow,
    LotRow,
    QuarantineChangeRow,
    QuarantineHoldRow,
    QuarantineLotRow,
    QuarantineRow,
)
from treasury.errors import MoneyHeld
from wire.quarantines import QuarantineChanged


async def accounts_of(session: AsyncSession, county: str, lots: Sequence[UUID]) -> dict[UUID, UUID]:
    """Where each of these lots rests; one that the county does not have is absent."""
    rows = await session.execute(
        select(LotRow.id, LotRow.account_id).where(LotRow.county_code == county, LotRow.id.in_(lots))
    )
    return {row.id: row.account_id for row in rows}


async def order(session: AsyncSession, row: Mapping[str, Any], lots: Sequence[Kept]) -> None:
    """Keep these fen; the accounts must be locked since their lots were looked at."""
    await session.execute(
        text(
            "SELECT funds.quarantine_for"
            "(:county, :id, :finding, :document, :ordered_on, :actor, CAST(:lots AS jsonb), :today)"
        ),
        {
            **row,
            "lots": json.dumps(
                [{"lot": str(one.lot_id), "asked_fen": one.asked_fen, "kept_fen": one.kept_fen} for one in lots]
            ),
        },
    )


async def release(session: AsyncSession, county: str, quarantine: UUID, document: str, on: date, today: date) -> None:
    """Let what a quarantine keeps move again."""
    await session.execute(
        text("SELECT funds.release_money(:county, :id, :document, :on, :today)"),
        {"county": county, "id": quarantine, "document": document, "on": on, "today": today},
    )


async def kept_fen(session: AsyncSession, county: str, quarantine: UUID) -> int:
    """What a quarantine was able to keep when it was ordered, less what was recovered out of it for its finding."""
    lots = await lots_of(session, county, [quarantine])
    changes = await changes_of(session, county, [quarantine])
    return sum(one.kept_fen for one in lots) + sum(one.change_fen for one in changes)


async def kept_in(session: AsyncSession, county: str) -> dict[str, int]:
    """What a county's quarantines keep now, by document; empty when they keep nothing."""
    rows = await session.execute(
        text(
            """
            SELECT h.document, sum(h.amount_fen)::bigint AS fen FROM funds.hold h
              JOIN funds.quarantine_hold o ON o.county_code = :county AND o.hold_id = h.id
             WHERE h.county_code = :county AND h.status = 'held'
             GROUP BY h.document
            """
        ),
        {"county": county},
    )
    return {row.document: row.fen for row in rows}


async def own(session: AsyncSession, county: str, finding: UUID) -> dict[UUID, int]:
    """What is quarantined for a finding now, by lot; under the locks of the accounts that it rests on."""
    rows = await session.execute(
        text(
            """
            SELECT k.lot_id, sum(k.amount_fen)::bigint AS fen
              FROM funds.quarantine q
              JOIN funds.quarantine_hold o ON o.county_code = :county AND o.quarantine_id = q.id
              JOIN funds.hold h ON h.county_code = :county AND h.id = o.hold_id AND h.status = 'held'
              JOIN funds.hold_lot k ON k.county_code = :county AND k.hold_id = h.id
             WHERE q.county_code = :county AND q.finding_id = :finding AND q.released_on IS NULL
             GROUP BY k.lot_id
            """
        ),
        {"county": county, "finding": finding},
    )
    return {row.lot_id: row.fen for row in rows}


async def held_fen(session: AsyncSession, county: str, quarantines: Sequence[UUID], moment: Moment) -> dict[UUID, int]:
    """What the holds of each quarantine kept, as known at a moment; one that kept nothing then is absent."""
    rows = await session.execute(
        select(QuarantineHoldRow.quarantine_id, func.sum(HoldLotRow.amount_fen))
        .join(
            HoldRow,
            (HoldRow.county_code == QuarantineHoldRow.county_code) & (HoldRow.id == QuarantineHoldRow.hold_id),
        )
        .join(HoldLotRow, (HoldLotRow.county_code == HoldRow.county_code) & (HoldLotRow.hold_id == HoldRow.id))
        .where(
            QuarantineHoldRow.county_code == county,
            QuarantineHoldRow.quarantine_id.in_(quarantines),
            HoldRow.position <= moment.position,
            HoldRow.ended_position.is_(None) | (HoldRow.ended_position > moment.position),
        )
        .group_by(QuarantineHoldRow.quarantine_id)
    )
    return {quarantine: int(fen) for quarantine, fen in rows}


async def changes_of(session: AsyncSession, county: str, quarantines: Sequence[UUID]) -> Sequence[QuarantineChangeRow]:
    """What recoveries took out of these quarantines and undoings brought back, in the order of the acts."""
    row = QuarantineChangeRow
    query = (
        select(row)
        .where(row.county_code == county, row.quarantine_id.in_(quarantines))
        .order_by(row.quarantine_id, row.position, row.movement_id, row.lot_id)
    )
    return (await session.scalars(query)).all()


async def changed_by(session: AsyncSession, county: str, movements: Sequence[UUID]) -> list[QuarantineChanged]:
    """What these movements took out of quarantines or brought back, as their event tells it."""
    row = QuarantineChangeRow
    query = (
        select(row)
        .where(row.county_code == county, row.movement_id.in_(movements))
        .order_by(row.quarantine_id, row.movement_id, row.lot_id)
    )
    return [QuarantineChanged.model_validate(one, from_attributes=True) for one in await session.scalars(query)]


async def lots_of(session: AsyncSession, county: str, quarantines: Sequence[UUID]) -> Sequence[QuarantineLotRow]:
    """What these quarantines were to keep and do, by quarantine and lot."""
    query = (
        select(QuarantineLotRow)
        .where(QuarantineLotRow.county_code == county, QuarantineLotRow.quarantine_id.in_(quarantines))
        .order_by(QuarantineLotRow.quarantine_id, QuarantineLotRow.lot_id)
    )
    return (await session.scalars(query)).all()


async def page(
    session: AsyncSession,
    who: Principal,
    county: str,
    window: Window,
    moment: Moment,
    *,
    quarantine: UUID | None = None,
    live: bool = False,
) -> Sequence[QuarantineRow]:
    """Visible quarantines kept and known by that moment, by id, one more than the page has; `live`: not lifted then."""
    query = (
        select(QuarantineRow)
        .where(
            QuarantineRow.county_code == county,
            visible_to(who, QuarantineRow.county_code),
            QuarantineRow.kept_on <= moment.as_of,
            QuarantineRow.position <= moment.position,
        )
        .order_by(QuarantineRow.id)
        .limit(window.limit + 1)
    )
    if quarantine is not None:
        query = query.where(QuarantineRow.id == quarantine)
    if live:
        query = query.where(
            QuarantineRow.lifted_on.is_(None)
            | (QuarantineRow.lifted_on > moment.as_of)
            | (QuarantineRow.released_position > moment.position)
        )
    if after := window.key(UUID):
        query = query.where(QuarantineRow.id > after[0])
    return (await session.scalars(query)).all()


async def must_not_keep(session: AsyncSession, county: str, hold: HoldRow) -> None:
    """Refuse to pay from, or to void, a hold that keeps quarantined money."""
    of_quarantine = select(QuarantineHoldRow.hold_id).where(
        QuarantineHoldRow.county_code == county, QuarantineHoldRow.hold_id == hold.id
    )
    if (await session.scalars(of_quarantine.limit(1))).one_or_none() is not None:
        raise HoldOfQuarantine(str(hold.id), hold.document, hold.amount_fen)


# Of an account (of a fund, or of named lots): what quarantines keep, by document. A hold lies where its account does.
_KEEPS: Final = """
SELECT h.document, sum(k.amount_fen)::bigint AS fen
  FROM funds.hold h
  JOIN funds.hold_lot k ON k.county_code = :county AND k.hold_id = h.id
  JOIN funds.quarantine_hold q ON q.county_code = :county AND q.hold_id = h.id
  JOIN funds.lot l ON l.county_code = :county AND l.id = k.lot_id
 WHERE h.county_code = :county AND h.account_id = :account AND h.status = 'held'
   AND (CAST(:fund AS text) IS NULL OR l.fund_code = :fund)
   AND (CAST(:lots AS uuid[]) IS NULL OR l.id = ANY(CAST(:lots AS uuid[])))
 GROUP BY h.document ORDER BY h.document"""


@asynccontextmanager
async def named(
    tx: AsyncSession, county: str, account: UUID, fund: str | None = None, lots: Sequence[UUID] | None = None
) -> AsyncIterator[None]:
    """Within the block, `MoneyHeld` of money that is quarantined says so: by which document, and what is free."""
    try:
        yield
    except MoneyQuarantined:
        raise
    except MoneyHeld as held:
        asked = {"county": county, "account": account, "fund": fund, "lots": list(lots) if lots else None}
        rows = (await tx.execute(text(_KEEPS), asked)).all()
        if not rows:
            raise
        quarantined = min(sum(row.fen for row in rows), held.held_fen)
        documents = [row.document for row in rows]
        raise MoneyQuarantined(held.asked_fen, held.free_fen, held.held_fen, held.on, quarantined, documents) from None
