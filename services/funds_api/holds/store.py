"""Holds in SQL. Placed and ended only by the functions of the migrations, under the lock of their account."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, select, text, true
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.identity import Principal
from chassis.missing import Missing
from chassis.pages import Window
from services.funds_api.access import visible_to
from services.funds_api.lots.refusals import HoldForObjectedRow, HoldOver
from services.funds_api.lots.store import whole_county
from services.funds_api.moments import Moment, day_or_today
from services.funds_api.quarantines import store as quarantines
from services.funds_api.tables import HoldLotRow, HoldRow, PaymentBatchRow
from treasury.calendar import AHEAD_DAYS
from treasury.documents import normalise_document

# Holds with their business days. What an act that moved money placed or ended, it did on the day the money moved: a
# return keeps what came back, a payment ends what it draws. All other holds are placed and voided on the day itself.
_HOLDS: Final = """
  SELECT h.*, CASE WHEN h.ended_position <= :known THEN h.status ELSE 'held' END AS known_status,
         coalesce((SELECT max(m.effective_on) FROM funds.hold_lot k
                     JOIN funds.lot l ON l.county_code = :county AND l.id = k.lot_id AND l.position = h.position
                     JOIN funds.movement m ON m.county_code = :county AND m.id = l.movement_id
                    WHERE k.county_code = :county AND k.hold_id = h.id),
                  (SELECT (e.recorded_at AT TIME ZONE 'Asia/Shanghai')::date FROM funds.event e
                    WHERE e.stream = :county AND e.position = h.position), CAST(:today AS date)) AS placed_on,
         CASE WHEN h.ended_position <= :known THEN coalesce(drawn.ended_on,
                  (SELECT (e.recorded_at AT TIME ZONE 'Asia/Shanghai')::date FROM funds.event e
                    WHERE e.stream = :county AND e.position = h.ended_position), CAST(:today AS date)) END AS ended_on,
         CASE WHEN h.ended_position <= :known AND h.status = 'posted' THEN drawn.fen ELSE 0 END AS posted_fen
    FROM funds.hold h CROSS JOIN LATERAL (
      SELECT max(d.effective_on) AS ended_on, coalesce(sum(least(d.fen, k.amount_fen)), 0)::bigint AS fen
        FROM funds.hold_lot k CROSS JOIN LATERAL (
          SELECT max(d.effective_on) AS effective_on, sum(d.amount_fen) AS fen FROM funds.draw d
           WHERE d.county_code = :county AND d.from_lot_id = k.lot_id AND d.position = h.ended_position) d
       WHERE k.county_code = :county AND k.hold_id = h.id) drawn
   WHERE h.county_code = :county AND h.position <= :known
     AND h.region_code >= :scope AND h.region_code < :scope || '~'"""
# In force on :as_of. No act is dated further ahead than `AHEAD_DAYS`, so what was ended long before that day is passed
# over before its days are looked up: the cost does not grow with the holds that ever were.
_LIVE: Final = f"""(h.status = 'held' OR h.ended_position > (
       SELECT funds.position_at(:county, CAST(:as_of AS date)::timestamptz - interval '{AHEAD_DAYS + 2} days')))
     AND (h.ended_on IS NULL OR h.ended_on > :as_of) AND h.placed_on <= :as_of
     AND (h.expires_on IS NULL OR h.expires_on >= :as_of)"""


def status_of(row: Row[Any], on: date) -> str:
    """The status of a hold on a day, as known: one that nobody ended is over after its last day."""
    if row.ended_on is not None and row.ended_on <= on:
        return str(row.known_status)
    return "expired" if row.expires_on is not None and row.expires_on < on else "held"


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
    """Keep again what the payment that this reversal undid had drawn from holds, until the same day; the new holds."""
    rows = await session.scalars(
        text("SELECT funds.keep_again(:county, :reversal)"), {"county": county, "reversal": reversal}
    )
    return list(rows)


async def placed_by(session: AsyncSession, county: str, reversal: UUID, today: date) -> UUID | None:
    """The hold in force that keeps what came back by this undoing; None where nothing was held, or is not any more."""
    return (
        await session.scalars(
            text(
                """
                SELECT h.id FROM funds.lot l
                  JOIN funds.hold_lot k ON k.county_code = :county AND k.lot_id = l.id
                  JOIN funds.hold h ON h.county_code = :county AND h.id = k.hold_id AND h.position = l.position
                 WHERE l.county_code = :county AND l.movement_id = :reversal
                   AND h.status = 'held' AND (h.expires_on IS NULL OR h.expires_on >= :today) LIMIT 1
                """
            ),
            {"county": county, "reversal": reversal, "today": today},
        )
    ).one_or_none()


async def one(session: AsyncSession, who: Principal, county: str, hold: UUID, moment: Moment) -> Row[Any]:
    """A visible hold that was placed and known by that moment, or `Missing`."""
    rows = await _read(session, who, county, "h.id = :hold AND h.placed_on <= :as_of", moment, hold=hold)
    if not rows:
        raise Missing("冻结", str(hold))
    return rows[0]


async def some(
    session: AsyncSession, who: Principal, county: str, holds: Sequence[UUID], moment: Moment
) -> dict[UUID, Row[Any]]:
    """Those of these holds that were placed and known by that moment."""
    rows = await _read(session, who, county, "h.id = ANY(:holds) AND h.placed_on <= :as_of", moment, holds=list(holds))
    return {row.id: row for row in rows}


async def in_force(session: AsyncSession, who: Principal, county: str, hold: UUID, today: date) -> HoldRow:
    """A visible hold that can be paid from or voided today, whatever day that will be for; `Missing` or `HoldOver`."""
    query = (
        select(HoldRow)
        .where(HoldRow.county_code == county, HoldRow.id == hold, visible_to(who, HoldRow.region_code))
        .execution_options(populate_existing=True)
    )
    found = (await session.scalars(query)).one_or_none()
    if found is None:
        raise Missing("冻结", str(hold))
    expired = found.status == "held" and found.expires_on is not None and found.expires_on < today
    if found.status != "held" or expired:
        raise HoldOver(str(hold), "expired" if expired else found.status)
    return found


async def live_by_document(session: AsyncSession, county: str, account: UUID, key: str, today: date) -> HoldRow | None:
    """The hold in force on an account that was placed by this document (normalised), if there is one."""
    query = select(HoldRow).where(
        HoldRow.county_code == county,
        HoldRow.account_id == account,
        HoldRow.status == "held",
        HoldRow.expires_on.is_(None) | (HoldRow.expires_on >= today),
    )
    return next((one for one in await session.scalars(query) if normalise_document(one.document) == key), None)


async def held_fen(session: AsyncSession, who: Principal, county: str, account: UUID, moment: Moment) -> int:
    """What holds in force at that moment kept of an account's money."""
    rows = await _read(session, who, county, f"h.account_id = :account AND {_LIVE}", moment, account=account)
    return sum(row.amount_fen for row in rows)


async def keeping(
    session: AsyncSession, county: str, account: UUID, *, year: int, fund: str | None, upto: date, today: date
) -> Sequence[Row[Any]]:
    """What each hold in force keeps of a budget year's money that had come to an account by a day, by hold."""
    rows = await session.execute(
        text(
            """
            SELECT h.id AS hold_id, h.purpose, h.document, h.expires_on, sum(k.amount_fen)::bigint AS amount_fen
              FROM funds.hold h
              JOIN funds.hold_lot k ON k.county_code = :county AND k.hold_id = h.id
              JOIN funds.lot l ON l.county_code = :county AND l.id = k.lot_id
               AND l.fiscal_year = :year AND l.arrived_on <= :upto
               AND (CAST(:fund AS text) IS NULL OR l.fund_code = :fund)
             WHERE h.county_code = :county AND h.account_id = :account AND h.status = 'held'
               AND (h.expires_on IS NULL OR h.expires_on >= :today)
             GROUP BY h.id, h.purpose, h.document, h.expires_on ORDER BY h.id
            """
        ),
        {"county": county, "account": account, "year": year, "fund": fund, "upto": upto, "today": today},
    )
    return rows.all()


async def _read(
    session: AsyncSession, who: Principal, county: str, which: str, moment: Moment, **values: Any
) -> Sequence[Row[Any]]:
    """Visible holds that `which` says, by id. Within, the journal shows the day on which an act was recorded."""
    arguments = {"county": county, "scope": who.region, "as_of": moment.as_of, "known": moment.position, **values}
    query = text(f"SELECT * FROM ({_HOLDS}) h WHERE {which} ORDER BY h.id LIMIT :limit")
    async with whole_county(session, who, county):
        return (await session.execute(query, {"today": day_or_today(None), "limit": None, **arguments})).all()


async def kept(
    session: AsyncSession,
    who: Principal,
    county: str,
    hold: UUID,
    *,
    account: UUID,
    today: date,
    by: UUID | None = None,
) -> dict[UUID, int]:
    """What a hold on `account` keeps of which lot, or `HoldOver` when it is not in force there.

    What is frozen for an objected row only the batch of that row (`by`) may draw, else `HoldForObjectedRow`.
    """
    found = await in_force(session, who, county, hold, today)
    if found.account_id != account:
        raise HoldOver(str(hold), "elsewhere")
    await must_be_for(session, county, found, by)
    return {lot.lot_id: lot.amount_fen for lot in await lots_of(session, county, [hold])}


async def must_be_for(session: AsyncSession, county: str, hold: HoldRow, batch: UUID | None) -> None:
    """Refuse to touch what is frozen for a row of a published list that waits, unless for the batch of that row.

    What is quarantined nobody touches.
    """
    await quarantines.must_not_keep(session, county, hold)
    query = select(PaymentBatchRow).where(
        PaymentBatchRow.county_code == county,
        PaymentBatchRow.hold_id == hold.id,
        PaymentBatchRow.part_line > 0,
        PaymentBatchRow.status == "checked",
        PaymentBatchRow.id != batch if batch else true(),
    )
    if (part := (await session.scalars(query)).one_or_none()) is not None:
        raise HoldForObjectedRow(
            str(hold.id), str(part.id), str(part.part_of), part.part_line or 0, hold.amount_fen, part.total_fen
        )


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
) -> Sequence[Row[Any]]:
    """Visible holds placed and known by that moment by id, one more than the page has; `live`: those in force then."""
    which = [_LIVE if live else "h.placed_on <= :as_of"]
    after = window.key(UUID)
    if account is not None:
        which.append("h.account_id = :account")
    if after:
        which.append("h.id > :after")
    values = {"account": account, "after": after[0] if after else None, "limit": window.limit + 1}
    return await _read(session, who, county, " AND ".join(which), moment, **values)
