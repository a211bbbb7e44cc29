"""Why an account did not give what was asked of it: what else it has that could not be drawn on that day.

Asked only once money was refused, so that what is granted does not pay for it. Decides nothing about any movement.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.missing import Missing
from services.funds_api.funds import store as funds
from services.funds_api.moments import EVERYTHING
from services.funds_api.quarantines import store as quarantines
from services.funds_api.standing import THERE
from treasury.errors import LotNotOpen, MoneyArrivesLater, MoneyDrawnLater, MoneyNotThere, MoneyRetained

# What could not be drawn on :as_of, and the day by which it makes up :missing (or the last, when it never does).
# What was drawn later and came back by a reversal stands in a lot that arrived later, and is counted there alone.
_BESIDES: Final = f"""
WITH l AS (
  SELECT * FROM funds.lot WHERE county_code = :county AND account_id = :account
     AND (CAST(:fund AS text) IS NULL OR fund_code = :fund)),
waits AS (
  SELECT CASE WHEN l.arrived_on > :as_of THEN 'arrives' ELSE 'retained' END AS why,
         greatest(l.arrived_on, l.release_on) AS day, l.remaining_fen FROM l
   WHERE l.is_open AND greatest(l.arrived_on, l.release_on) > :as_of),
added AS (SELECT *, sum(remaining_fen) OVER (PARTITION BY why ORDER BY day) AS fen FROM waits)
SELECT coalesce(sum(remaining_fen) FILTER (WHERE why = 'arrives'), 0)::bigint AS arrives_later_fen,
       coalesce(min(day) FILTER (WHERE why = 'arrives' AND fen >= :missing), max(day) FILTER (WHERE why = 'arrives'))
         AS arrives_on,
       coalesce(sum(remaining_fen) FILTER (WHERE why = 'retained'), 0)::bigint AS retained_fen,
       coalesce(min(day) FILTER (WHERE why = 'retained' AND fen >= :missing), max(day) FILTER (WHERE why = 'retained'))
         AS release_on,
       (SELECT coalesce(sum(d.amount_fen), 0)::bigint FROM l
          JOIN funds.draw d ON d.county_code = :county AND d.from_lot_id = l.id AND d.effective_on > :as_of
         WHERE {THERE} AND l.last_drawn_on > :as_of AND coalesce(l.release_on <= :as_of, true)
           AND NOT EXISTS (SELECT FROM funds.movement r WHERE r.county_code = :county
                              AND r.reverses_id = d.movement_id)) AS drawn_later_fen
  FROM added"""


@asynccontextmanager
async def explained(
    tx: AsyncSession, county: str, account: UUID, fund: str | None, *, named: Sequence[UUID] | None = None
) -> AsyncIterator[None]:
    """Within the block, `MoneyNotThere` of lots nobody named tells what else the account has, and why that is no use.

    `MoneyHeld` of money that is quarantined tells by which document.

    Where one reason alone makes up what is missing, the refusal is of that reason's own kind. A fund that nobody has
    listed is `Missing`: nothing of it could be anywhere, and none of its lots either. Who has `named` the lots is told
    about those alone.
    """
    try:
        async with quarantines.named(tx, county, account, fund, named):
            yield
    except LotNotOpen:
        await _must_be_listed(tx, fund)
        raise
    except MoneyNotThere as short:
        if named is not None:
            raise
        await _must_be_listed(tx, fund)
        missing = short.asked_fen - short.available_fen
        values = {"county": county, "account": account, "fund": fund, "missing": missing}
        row = (await tx.execute(text(_BESIDES), {**values, "as_of": short.on, "known": EVERYTHING})).one()
        kind = MoneyNotThere
        for reason, fen in (
            (MoneyDrawnLater, row.drawn_later_fen),
            (MoneyRetained, row.retained_fen),
            (MoneyArrivesLater, row.arrives_later_fen),
        ):
            if fen >= missing:
                kind = reason
                break
        raise kind(short.asked_fen, short.available_fen, short.on, *row) from None


async def _must_be_listed(tx: AsyncSession, fund: str | None) -> None:
    if fund is not None and not await funds.exists(tx, fund):
        raise Missing("资金", fund) from None
