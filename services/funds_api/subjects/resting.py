"""In which lots the money of what a finding may name rests now, in SQL: one query per way of naming.

A movement's money is what came of the lots it made, down every draw; an order's and a batch's that of their movement; a
row's the spans of the running sum that are its own; a project's what rests in its accounts. What came back above the
thing (returned, recovered, taken back, unless that was undone, or by undoing the thing itself) and what went over into
another county is not among it: each draw leads a step down, and what comes back a step up. A loan is the bank's money:
it rests in no lot.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from wire.subjects import MOST_LOTS, LotTold, SubjectTold

_BELOW: Final = text("""
WITH RECURSIVE asked AS (
  SELECT w.n, m.id AS movement_id
    FROM unnest(CAST(:ns AS int[]), CAST(:kinds AS text[]), CAST(:ids AS uuid[])) AS w (n, kind, id)
    JOIN LATERAL (
      SELECT w.id WHERE w.kind = 'movement'
      UNION ALL
      SELECT o.movement_id FROM funds.treasury_order o
       WHERE w.kind = 'order' AND o.county_code = :county AND o.id = w.id
      UNION ALL
      SELECT b.id FROM funds.movement b
       WHERE w.kind = 'batch' AND b.county_code = :county AND b.batch_id = w.id AND b.kind = 'disburse') m ON true),
below AS (
  SELECT a.n, a.movement_id, l.id, 0 AS depth FROM asked a
    JOIN funds.lot l ON l.county_code = :county AND l.movement_id = a.movement_id
  UNION
  SELECT b.n, b.movement_id, d.to_lot_id, b.depth + s.down FROM below b
    JOIN funds.draw d ON d.county_code = :county AND d.from_lot_id = b.id
    JOIN funds.movement m ON m.county_code = :county AND m.id = d.movement_id
    LEFT JOIN funds.movement o ON o.county_code = :county AND o.id = m.reverses_id
    CROSS JOIN LATERAL (
      SELECT CASE WHEN m.kind = 'reverse' THEN -1 ELSE 1 END
           * CASE WHEN coalesce(o.kind, m.kind) IN ('hand_down', 'order', 'pay', 'disburse', 'retain') THEN 1
                  WHEN coalesce(o.kind, m.kind) IN ('return', 'recover') THEN -1 ELSE 0 END AS down) s
   WHERE m.reverses_id IS DISTINCT FROM b.movement_id
     AND (m.kind NOT IN ('return', 'recover', 'take_back') OR (m.kind <> 'take_back' AND b.depth > 0)
          OR EXISTS (SELECT FROM funds.movement u WHERE u.county_code = :county AND u.reverses_id = m.id)))
SELECT b.n, l.id AS lot_id, l.remaining_fen AS fen, b.movement_id, b.depth, l.arrived_on FROM below b
  JOIN funds.lot l ON l.county_code = :county AND l.id = b.id AND l.remaining_fen > 0
  JOIN funds.account a ON a.county_code = :county AND a.id = l.account_id AND a.kind <> 'outside'
 ORDER BY b.n, l.arrived_on, l.id""")

# A row of a roster: the spans it shares with the draws that paid it, less what came back of it and was not undone.
_LINES: Final = text("""
SELECT w.n, l.id AS lot_id, d.movement_id, 0 AS depth,
       least(least(p.cum_fen, d.hi_fen) - greatest(p.cum_fen - p.amount_fen, d.lo_fen) - coalesce(r.fen, 0),
             l.remaining_fen)::bigint AS fen
  FROM unnest(CAST(:ns AS int[]), CAST(:ids AS uuid[]), CAST(:lines AS int[])) AS w (n, id, line)
  JOIN funds.payment p ON p.county_code = :county AND p.batch_id = w.id AND p.line = w.line
  JOIN funds.draw d ON d.county_code = :county AND d.batch_id = p.batch_id
   AND d.lo_fen < p.cum_fen AND d.hi_fen > p.cum_fen - p.amount_fen
  JOIN funds.lot l ON l.county_code = :county AND l.id = d.to_lot_id
  LEFT JOIN LATERAL (
    SELECT sum(b.amount_fen) AS fen FROM funds.payment_return t
      JOIN funds.lot b ON b.county_code = :county AND b.movement_id = t.movement_id
       AND b.restores_lot_id = d.from_lot_id
     WHERE t.county_code = :county AND t.batch_id = p.batch_id AND t.line = p.line
       AND NOT EXISTS (SELECT FROM funds.movement u
                        WHERE u.county_code = :county AND u.reverses_id = t.movement_id)) r ON true
 ORDER BY w.n, d.lo_fen""")

_PROJECTS: Final = text("""
SELECT w.n, l.id AS lot_id, l.remaining_fen AS fen, l.movement_id, 0 AS depth, l.arrived_on
  FROM unnest(CAST(:ns AS int[]), CAST(:ids AS uuid[])) AS w (n, id)
  JOIN funds.project p ON p.county_code = :county AND p.id = w.id
  JOIN funds.lot l ON l.county_code = :county AND l.account_id IN (p.cash_account_id, p.quota_account_id)
   AND l.is_open
 ORDER BY w.n, l.arrived_on, l.id""")

_POSITION: Final = text("SELECT h.position FROM funds.stream_head h WHERE h.stream = :county")


async def position(session: AsyncSession, county: str) -> int:
    """The position at which the county's journal stands in this reading; 0 before its first event."""
    return await session.scalar(_POSITION, {"county": county}) or 0


async def with_lots(session: AsyncSession, county: str, there: Sequence[SubjectTold]) -> list[SubjectTold]:
    """The same things, each with the lots in which its money rests."""
    lots: dict[int, list[LotTold]] = defaultdict(list)
    for row in await _rows(session, county, there):
        if row.fen > 0:
            one = LotTold(lot_id=row.lot_id, fen=row.fen, movement_id=row.movement_id, depth=row.depth)
            lots[row.n].append(one)
    return [
        one.model_copy(update={"lots": lots[n] if len(lots[n]) <= MOST_LOTS else [], "lots_n": len(lots[n])})
        for n, one in enumerate(there)
    ]


async def _rows(session: AsyncSession, county: str, there: Sequence[SubjectTold]) -> list[Row[Any]]:
    moved, lines, projects = (
        [n for n, one in enumerate(there) if one.line is None and one.kind in {"movement", "order", "batch"}],
        [n for n, one in enumerate(there) if one.line is not None],
        [n for n, one in enumerate(there) if one.kind == "project"],
    )
    found: list[Row[Any]] = []
    for query, ns, more in (
        (_BELOW, moved, {"kinds": [there[n].kind for n in moved]}),
        (_LINES, lines, {"lines": [there[n].line for n in lines]}),
        (_PROJECTS, projects, {}),
    ):
        if ns:
            ids: list[UUID] = [there[n].id for n in ns]
            found += (await session.execute(query, {"county": county, "ns": ns, "ids": ids, **more})).all()
    return found
