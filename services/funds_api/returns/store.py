"""Returns in SQL: what fed a row and how much of it has come back, and the returns as they stand on a day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.identity import Principal
from chassis.pages import Window, date_in
from services.funds_api.access import visible_to
from services.funds_api.lots.store import along_indexes
from services.funds_api.moments import Moment
from services.funds_api.tables import PaymentReturnRow, PaymentRow
from treasury.documents import normalise_document


@dataclass(frozen=True, slots=True)
class Fed:
    """What one lot fed of a row: `spent_lot` is what it became on the cards; `returned_fen` of it are back."""

    lot: UUID
    spent_lot: UUID
    fed_fen: int
    returned_fen: int


@dataclass(frozen=True, slots=True)
class Record:
    """What `record_return` writes beside the movement it names."""

    movement: UUID
    batch: UUID
    line: int
    hold: UUID | None
    source: str
    document: str
    reason: str
    reason_text: str
    content: bytes


async def payment(session: AsyncSession, who: Principal, county: str, batch: UUID, line: int) -> PaymentRow | None:
    """A visible row of a roster."""
    query = select(PaymentRow).where(
        PaymentRow.county_code == county,
        PaymentRow.batch_id == batch,
        PaymentRow.line == line,
        visible_to(who, PaymentRow.region_code),
    )
    return (await session.scalars(query)).one_or_none()


async def by_document(session: AsyncSession, county: str, source: str, document: str) -> PaymentReturnRow | None:
    """What this source has returned under this serial or voucher in the county."""
    query = select(PaymentReturnRow).where(
        PaymentReturnRow.county_code == county,
        PaymentReturnRow.source == source,
        PaymentReturnRow.document_key == normalise_document(document),
    )
    return (await session.scalars(query)).one_or_none()


async def disbursed_to(session: AsyncSession, county: str, movement: UUID) -> UUID:
    """The account of the cards that a roster was paid to."""
    found: UUID = (
        await session.execute(
            text("SELECT to_account_id FROM funds.movement WHERE county_code = :county AND id = :movement"),
            {"county": county, "movement": movement},
        )
    ).scalar_one()
    return found


# Returns that were not undone.
STANDS: Final = """NOT EXISTS (SELECT FROM funds.movement u
                                WHERE u.county_code = :county AND u.reverses_id = r.movement_id)"""


async def fed_by(session: AsyncSession, county: str, paid: PaymentRow) -> list[Fed]:
    """The lots that fed a row, in the order of its spans; each once."""
    rows = await session.execute(
        text(
            f"""
            SELECT d.from_lot_id, d.to_lot_id, least(:hi, d.hi_fen) - greatest(:lo, d.lo_fen) AS fed_fen,
                   coalesce((SELECT sum(l.amount_fen) FROM funds.payment_return r
                               JOIN funds.lot l ON l.county_code = :county AND l.movement_id = r.movement_id
                                AND l.restores_lot_id = d.from_lot_id
                              WHERE r.county_code = :county AND r.batch_id = :batch AND r.line = :line
                                AND {STANDS}), 0)::bigint AS returned_fen
              FROM funds.draw d
             WHERE d.county_code = :county AND d.batch_id = :batch AND d.lo_fen < :hi AND d.hi_fen > :lo
             ORDER BY d.lo_fen
            """
        ),
        {
            "county": county,
            "batch": paid.batch_id,
            "line": paid.line,
            "lo": paid.cum_fen - paid.amount_fen,
            "hi": paid.cum_fen,
        },
    )
    return [Fed(row.from_lot_id, row.to_lot_id, row.fed_fen, row.returned_fen) for row in rows]


async def stand_for(session: AsyncSession, county: str, lots: Sequence[UUID]) -> dict[UUID, UUID]:
    """The lots that stand for these in their account, each with the one it stands for: itself, or what restored it."""
    rows = await session.execute(
        text(
            """
            WITH RECURSIVE stands AS (
              SELECT l.id, l.account_id, l.id AS made FROM funds.lot l
               WHERE l.county_code = :county AND l.id = ANY(:lots)
              UNION ALL
              SELECT l.id, l.account_id, s.made FROM stands s
                JOIN funds.lot l ON l.county_code = :county AND l.restores_lot_id = s.id
                 AND l.account_id = s.account_id)
            SELECT id, made FROM stands
            """
        ),
        {"county": county, "lots": list(lots)},
    )
    return {row.id: row.made for row in rows}


async def brought_before(session: AsyncSession, county: str, paid: PaymentRow, account: UUID) -> list[UUID]:
    """The lots of `account` that the returns of a row brought so far, or what stands for them since; drawn or not.

    Not what was recovered, which is kept for nobody, and nothing that came back of what these lots went on to pay.
    """
    found = await session.scalars(
        text(
            f"""
            WITH RECURSIVE brought AS (
              SELECT l.id FROM funds.payment_return r
                JOIN funds.lot l ON l.county_code = :county AND l.movement_id = r.movement_id
                 AND l.account_id = :account
               WHERE r.county_code = :county AND r.batch_id = :batch AND r.line = :line
                 AND r.reason <> 'recovered' AND {STANDS}
              UNION
              SELECT l.id FROM brought b
                JOIN funds.lot l ON l.county_code = :county AND l.restores_lot_id = b.id AND l.account_id = :account
                JOIN funds.movement m ON m.county_code = :county AND m.id = l.movement_id
                 AND m.kind IN ('carry_over', 'reverse'))
            SELECT id FROM brought ORDER BY id
            """
        ),
        {"county": county, "batch": paid.batch_id, "line": paid.line, "account": account},
    )
    return list(found)


async def record(session: AsyncSession, county: str, told: Record) -> None:
    """Write the return whose movement this act has just posted, or refuse what the row or its lots did not give."""
    await session.execute(
        text(
            "SELECT funds.record_return(:county, :movement, :batch, :line, :hold, :source, :key, :reason, :why, :hash)"
        ),
        {
            "county": county,
            "movement": told.movement,
            "batch": told.batch,
            "line": told.line,
            "hold": told.hold,
            "source": told.source,
            "key": normalise_document(told.document),
            "reason": told.reason,
            "why": told.reason_text,
            "hash": told.content,
        },
    )


async def one(session: AsyncSession, county: str, movement: UUID) -> PaymentReturnRow:
    """The return that this movement brought; it must be there."""
    query = select(PaymentReturnRow).where(
        PaymentReturnRow.county_code == county, PaymentReturnRow.movement_id == movement
    )
    return (await session.scalars(query)).one()


async def lots_of(session: AsyncSession, county: str, movements: Sequence[UUID]) -> Sequence[Row[Any]]:
    """The lots that these returns made: movement_id, lot_id, restored_lot_id, from_lot_id, amount_fen."""
    rows = await session.execute(
        text(
            """
            SELECT l.movement_id, l.id AS lot_id, l.restores_lot_id AS restored_lot_id, d.from_lot_id, l.amount_fen
              FROM funds.lot l JOIN funds.draw d ON d.county_code = :county AND d.to_lot_id = l.id
             WHERE l.county_code = :county AND l.movement_id = ANY(:movements)
             ORDER BY l.movement_id, l.id
            """
        ),
        {"county": county, "movements": list(movements)},
    )
    return rows.all()


# A part that came back before the rest of its row is kept by the hold of the return that completed it, in the lots that
# the part brought or that stand for them since.
_LATER: Final = """
      SELECT o.hold_id FROM funds.payment_return o
       WHERE r.hold_id IS NULL AND r.reason <> 'recovered' AND o.county_code = :county AND o.batch_id = r.batch_id
         AND o.line = r.line AND o.position > r.position AND o.position <= :known AND o.effective_on <= :as_of
         AND EXISTS (
           WITH RECURSIVE brought AS (
             SELECT l.id, l.account_id FROM funds.lot l WHERE l.county_code = :county AND l.movement_id = r.movement_id
             UNION
             SELECT l.id, l.account_id FROM brought b
               JOIN funds.lot l ON l.county_code = :county AND l.restores_lot_id = b.id AND l.account_id = b.account_id
               JOIN funds.movement m ON m.county_code = :county AND m.id = l.movement_id
                AND m.kind IN ('carry_over', 'reverse'))
           SELECT FROM brought b
             JOIN funds.hold_lot k ON k.county_code = :county AND k.lot_id = b.id AND k.hold_id = o.hold_id)
       ORDER BY o.position DESC LIMIT 1"""
# Held still: what was ended later, or by a payment of a later day; and a hold placed later took the place of one of
# these, for undoing a payment keeps its fen again. Each return is judged by itself, its hold first, as far as a page
# needs: left to the planner, all of the county's were, for any page. Which hold it is, is a step of its own: behind
# row-level security no index is asked for what `coalesce` names, and every hold was read for each return.
_STATES: Final = f"""
    SELECT r.*, k.kept_by, k.hold_status, n.batch_id AS next_batch, n.line AS next_line, n.effective_on AS next_on,
           v.undone_on
      FROM (SELECT * FROM funds.payment_return r WHERE {{asked}} ORDER BY r.effective_on, r.movement_id) r
      LEFT JOIN LATERAL ({_LATER}) later ON true
     CROSS JOIN LATERAL (SELECT coalesce(r.hold_id, later.hold_id) AS id OFFSET 0) kept
      LEFT JOIN LATERAL (
        SELECT h.id AS kept_by, CASE WHEN h.position > :known OR h.ended_position > :known OR EXISTS (
                       SELECT FROM funds.movement e WHERE e.county_code = :county AND e.from_account_id = h.account_id
                          AND e.effective_on > :as_of AND e.position = h.ended_position)
                     THEN 'held' ELSE h.status END AS hold_status
          FROM funds.hold h
         WHERE h.county_code = :county AND h.id = kept.id OFFSET 0) k ON true
      LEFT JOIN LATERAL (
        SELECT * FROM funds.payment_next_then(:county, r.batch_id, r.line, r.position, :as_of, :known)
         WHERE NOT EXISTS (SELECT FROM funds.movement u WHERE u.county_code = :county
                              AND u.reverses_id = r.movement_id AND u.position <= :known) OFFSET 0) n ON true
      LEFT JOIN LATERAL (
        SELECT u.effective_on AS undone_on FROM funds.movement u
         WHERE u.county_code = :county AND u.reverses_id = r.movement_id AND u.effective_on <= :as_of
           AND u.position <= :known OFFSET 0) v ON true
     WHERE {{state}} ORDER BY r.effective_on, r.movement_id LIMIT :limit"""
_WAITS: Final = "k.hold_status = 'held' AND n.batch_id IS NULL AND v.undone_on IS NULL"
_STATE: Final = {None: "true", True: _WAITS, False: f"({_WAITS}) IS NOT TRUE"}


async def page(
    session: AsyncSession,
    who: Principal,
    county: str,
    window: Window,
    *,
    moment: Moment,
    batch: UUID | None,
    waiting: bool | None,
    source: str | None,
) -> Sequence[Row[Any]]:
    """Visible returns effective and known by that moment, the oldest first, one more than the page holds.

    With `waiting`: only those that are kept and not paid again, or only the others; what is left out before the page is
    full is read as well, of one that is kept no more nothing but that.
    """
    after_on, after_id = window.key(date_in, UUID) or (None, None)
    named = {"batch": batch, "source": source, "after_on": after_on, "after_id": after_id}
    asked = f"""r.county_code = :county AND r.region_code >= :scope AND r.region_code < :scope || '~'
               AND r.effective_on <= :as_of AND r.position <= :known
               {"AND r.batch_id = :batch" if batch is not None else ""}
               {"AND r.source = :source" if source is not None else ""}
               {"AND (r.effective_on, r.movement_id) > (:after_on, :after_id)" if after_id is not None else ""}"""
    if batch is None:
        await along_indexes(session)
    rows = await session.execute(
        text(_STATES.format(asked=asked, state=_STATE[waiting])),
        {
            "county": county,
            "scope": who.region,
            **moment.arguments,
            **{name: value for name, value in named.items() if value is not None},
            "limit": window.limit + 1,
        },
    )
    return rows.all()
