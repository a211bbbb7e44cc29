"""In which lots the money of what a finding may name rests now, in SQL: one query per way of naming.

A movement's money is what came of the lots it made, down every draw; an order's and a batch's that of their movement; a
row's the spans of the running sum that are its own; a project's what rests in its accounts. What came back above the
thing (returned, recovered, taken back, unless that was undone, or by undoing the thing itself) and what went over into
another county is not among it: each draw leads a step down, and what comes back a step up. A loan is the bank's money:
it rests in no lot. A flag's is that of the things it names the fen of (`flag_money`), or else of its subject.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from wire.subjects import MOST_LOTS, LotTold, SubjectTold

_MOVED: Final = frozenset({"movement", "order", "batch"})
_AT_REST: Final = frozenset({"project", "lot"})

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
SELECT b.n, l.id AS lot_id, l.remaining_fen AS fen, b.movement_id, b.depth, NULL::uuid AS batch_id, NULL::int AS line
  FROM below b
  JOIN funds.lot l ON l.county_code = :county AND l.id = b.id AND l.remaining_fen > 0
  JOIN funds.account a ON a.county_code = :county AND a.id = l.account_id AND a.kind <> 'outside'
 ORDER BY b.n, l.arrived_on, l.id""")

# A row of a roster: the spans it shares with the draws that paid it, less what came back of it and was not undone.
_LINES: Final = text("""
SELECT w.n, l.id AS lot_id, d.movement_id, 0 AS depth, p.batch_id, p.line,
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

_RESTING: Final = text("""
SELECT w.n, l.id AS lot_id, l.remaining_fen AS fen, l.movement_id, 0 AS depth, NULL::uuid AS batch_id, NULL::int AS line
  FROM unnest(CAST(:ns AS int[]), CAST(:kinds AS text[]), CAST(:ids AS uuid[])) AS w (n, kind, id)
  JOIN LATERAL (
    SELECT w.id AS lot_id, NULL::uuid AS account_id WHERE w.kind = 'lot'
    UNION ALL
    SELECT NULL, a FROM funds.project p CROSS JOIN unnest(ARRAY[p.cash_account_id, p.quota_account_id]) AS a
     WHERE w.kind = 'project' AND p.county_code = :county AND p.id = w.id) x ON true
  JOIN funds.lot l ON l.county_code = :county AND (l.id = x.lot_id OR l.account_id = x.account_id) AND l.is_open
 ORDER BY w.n, l.arrived_on, l.id""")

_FLAGS: Final = text("""
SELECT w.n, m.item, m.amount_fen, f.subject, f.subject_id, f.amount_fen AS flag_fen
  FROM unnest(CAST(:ns AS int[]), CAST(:ids AS uuid[])) AS w (n, id)
  JOIN funds.flag f ON f.county_code = :county AND f.id = w.id
  LEFT JOIN funds.flag_money m ON m.county_code = :county AND m.flag_id = f.id
 ORDER BY w.n, m.item""")

_POSITION: Final = text("SELECT h.position FROM funds.stream_head h WHERE h.stream = :county")


async def position(session: AsyncSession, county: str) -> int:
    """The position at which the county's journal stands in this reading; 0 before its first event."""
    return await session.scalar(_POSITION, {"county": county}) or 0


@dataclass(frozen=True, slots=True)
class _Asked:
    """One thing whose lots are asked for, for what was named as number `n`; of a flag's no more than it says."""

    n: int
    kind: str
    id: UUID
    line: int | None
    most_fen: int | None = None


async def with_lots(session: AsyncSession, county: str, there: Sequence[SubjectTold]) -> list[SubjectTold]:
    """The same things, each with the lots in which its money rests."""
    asked = [_Asked(n, one.kind, one.id, one.line) for n, one in enumerate(there) if one.kind != "flag"]
    asked += await _of_flags(session, county, [(n, one.id) for n, one in enumerate(there) if one.kind == "flag"])
    left = {number: one.most_fen for number, one in enumerate(asked)}
    lots: dict[int, list[LotTold]] = defaultdict(list)
    for row in await _rows(session, county, asked):
        most_fen = left[row.n]
        fen = row.fen if most_fen is None else min(row.fen, most_fen)
        if fen > 0:
            left[row.n] = None if most_fen is None else most_fen - fen
            told = {name: getattr(row, name) for name in ("lot_id", "movement_id", "depth", "batch_id", "line")}
            lots[asked[row.n].n].append(LotTold(fen=fen, **told))
    return [
        one.model_copy(update={"lots": lots[n] if len(lots[n]) <= MOST_LOTS else [], "lots_n": len(lots[n])})
        for n, one in enumerate(there)
    ]


async def _of_flags(session: AsyncSession, county: str, flags: Sequence[tuple[int, UUID]]) -> list[_Asked]:
    """What flags name the fen of, or else are about."""
    if not flags:
        return []
    values = {"county": county, "ns": [n for n, _ in flags], "ids": [flag for _, flag in flags]}
    found = []
    for row in await session.execute(_FLAGS, values):
        if row.item is None:
            found.append(_Asked(row.n, row.subject, row.subject_id, None, row.flag_fen))
            continue
        kind, name, *more = row.item.split(":")
        if kind == "payment":
            found.append(_Asked(row.n, "batch", UUID(name), int(more[0]), row.amount_fen))
        elif kind in _MOVED | _AT_REST:
            found.append(_Asked(row.n, kind, UUID(name), None, row.amount_fen))
    return found


async def _rows(session: AsyncSession, county: str, asked: Sequence[_Asked]) -> list[Row[Any]]:
    """The lots of what is asked about, each with its number there."""
    moved, lines, resting = (
        [n for n, one in enumerate(asked) if one.line is None and one.kind in _MOVED],
        [n for n, one in enumerate(asked) if one.line is not None],
        [n for n, one in enumerate(asked) if one.kind in _AT_REST],
    )
    found: list[Row[Any]] = []
    for query, ns, more in (
        (_BELOW, moved, {"kinds": [asked[n].kind for n in moved]}),
        (_LINES, lines, {"lines": [asked[n].line for n in lines]}),
        (_RESTING, resting, {"kinds": [asked[n].kind for n in resting]}),
    ):
        if ns:
            ids: list[UUID] = [asked[n].id for n in ns]
            found += (await session.execute(query, {"county": county, "ns": ns, "ids": ids, **more})).all()
    return found
