"""A project's money, from the ledger: per tranche what came, went back, was paid, is retained and rests, at a moment.

What a movement means to a project is read from the account at its other end, so that a reversal or a return takes back
just what it undoes. Of a treasury order the movements are read together, whatever accounts they join: out of the
project's quota it has left the project's desk, and is paid once the bank said so; for the project's account it is on
its way, and has come once the bank said so. Only sums and the ways of tranches leave this module.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from services.funds_api.moments import Moment
from services.funds_api.retentions.store import WENT

# Everything that is on the books, whatever day it is effective: what a limit is held against.
EVER: Final = Moment(date(9999, 12, 31))

_ENDS: Final = f"""
WITH RECURSIVE own AS MATERIALIZED (
  SELECT p.id AS project_id, a.id AS account_id, a.book FROM funds.project p
    JOIN funds.account a ON a.county_code = :county AND a.id IN (p.cash_account_id, p.quota_account_id)
   WHERE p.county_code = :county AND p.id = ANY(:projects)),
orders AS (
  SELECT w.project_id, o.id, o.movement_id, o.payee_account_id, true AS by_own FROM own w
    JOIN funds.treasury_order o ON o.county_code = :county AND o.from_account_id = w.account_id
  UNION ALL
  SELECT w.project_id, o.id, o.movement_id, o.payee_account_id, false FROM own w
    JOIN funds.treasury_order o ON o.county_code = :county AND o.payee_account_id = w.account_id
   WHERE NOT EXISTS (SELECT FROM own s WHERE s.project_id = w.project_id AND s.account_id = o.from_account_id)),
transit AS MATERIALIZED (
  -- The orders by which a project pays or is paid: each movement of theirs, +1 into transit and -1 out of it.
  SELECT o.project_id, o.by_own, p.kind AS payee_kind, p.unit_id AS payee_unit, s.result, x.movement_id, x.sign,
         m.effective_on,
         EXISTS (SELECT FROM own s WHERE s.project_id = o.project_id AND s.account_id = p.id) AS for_own
    FROM orders o JOIN funds.account p ON p.county_code = :county AND p.id = o.payee_account_id
    CROSS JOIN LATERAL (
      SELECT o.movement_id, 1 AS sign, NULL::text AS result
      UNION ALL
      SELECT r.movement_id, -1, r.result FROM funds.order_result r
       WHERE r.county_code = :county AND r.order_id = o.id) s
    CROSS JOIN LATERAL (
      SELECT s.movement_id, s.sign
      UNION ALL
      SELECT u.id, -s.sign FROM funds.movement u WHERE u.county_code = :county AND u.reverses_id = s.movement_id) x
    JOIN funds.movement m ON m.county_code = :county AND m.id = x.movement_id
     AND m.effective_on <= :as_of AND m.position <= :known),
ordered AS (
  SELECT t.*, l.tranche_id, l.fund_code, t.sign * d.amount_fen AS fen, d.to_lot_id FROM transit t
    JOIN funds.draw d ON d.county_code = :county AND d.movement_id = t.movement_id
    JOIN funds.lot l ON l.county_code = :county AND l.id = d.from_lot_id),
reached AS (
  -- The lots that orders brought to payees, and those that stand for them where what they gave back was undone.
  SELECT o.project_id, o.payee_kind, o.payee_unit, o.tranche_id, o.fund_code, o.to_lot_id AS lot_id FROM ordered o
   WHERE o.by_own AND NOT o.for_own AND o.result = 'paid' AND o.sign < 0
  UNION ALL
  SELECT r.project_id, r.payee_kind, r.payee_unit, r.tranche_id, r.fund_code, l.id FROM reached r
    JOIN funds.draw d ON d.county_code = :county AND d.from_lot_id = r.lot_id
    JOIN funds.movement u ON u.county_code = :county AND u.reverses_id = d.movement_id
    JOIN funds.lot l ON l.county_code = :county AND l.movement_id = u.id AND l.restores_lot_id = r.lot_id),
sent_back AS (
  -- What payees of orders gave back: it rests with the bank again until it is brought on to the quota.
  SELECT r.*, x.sign * d.amount_fen AS fen, x.effective_on FROM reached r
    JOIN funds.draw d ON d.county_code = :county AND d.from_lot_id = r.lot_id
    JOIN funds.movement m ON m.county_code = :county AND m.id = d.movement_id AND m.kind IN ('return', 'recover')
     AND m.effective_on <= :as_of AND m.position <= :known
    CROSS JOIN LATERAL (
      SELECT 1 AS sign, m.effective_on
      UNION ALL
      SELECT -1, u.effective_on FROM funds.movement u
       WHERE u.county_code = :county AND u.reverses_id = m.id AND u.effective_on <= :as_of AND u.position <= :known) x),
came AS MATERIALIZED (
  -- Every lot the project's accounts ever got, by way of the movements to them: no index leads from account to lots.
  SELECT o.project_id, l.id, l.tranche_id, l.fund_code, l.amount_fen, l.remaining_fen, l.last_drawn_on,
         l.last_position, m.kind AS movement, m.id AS movement_id, m.effective_on, m.from_account_id, o.book
    FROM own o JOIN funds.movement m ON m.county_code = :county AND m.to_account_id = o.account_id
                                    AND m.effective_on <= :as_of AND m.position <= :known
    JOIN funds.lot l ON l.county_code = :county AND l.movement_id = m.id),
ends AS (
  -- What came into the project's accounts from elsewhere, and what left them for elsewhere; its own orders apart.
  SELECT c.project_id, c.tranche_id, c.fund_code, c.amount_fen AS fen, 1 AS sign, c.movement, c.effective_on,
         other.kind AS end_kind, other.unit_id AS end_unit, c.id AS made_lot,
         -- between a quota and a bank there is nothing but the project's own orders and what comes back of them
         coalesce(other.kind = 'bank', false) AND (c.book = 'quota' OR EXISTS (
           SELECT FROM funds.movement r
             JOIN funds.lot made ON made.county_code = :county AND made.movement_id = r.reverses_id
             JOIN funds.lot was ON was.county_code = :county AND was.id = made.restores_lot_id
             JOIN transit t ON t.project_id = c.project_id AND t.by_own AND t.movement_id = was.movement_id
            WHERE r.county_code = :county AND r.id = c.movement_id)) AS in_transit
    FROM came c LEFT JOIN funds.account other ON other.county_code = :county AND other.id = c.from_account_id
   WHERE NOT EXISTS (SELECT FROM own s WHERE s.project_id = c.project_id AND s.account_id = c.from_account_id)
     AND NOT EXISTS (SELECT FROM transit t
                      WHERE t.project_id = c.project_id AND t.movement_id = c.movement_id AND t.by_own)
  UNION ALL
  SELECT o.project_id, l.tranche_id, l.fund_code, d.amount_fen, -1, m.kind, m.effective_on, other.kind, other.unit_id,
         d.to_lot_id,
         other.kind = 'bank' AND (o.book = 'quota' OR EXISTS (
           SELECT FROM funds.lot made
             JOIN funds.lot was ON was.county_code = :county AND was.id = made.restores_lot_id
             JOIN transit t ON t.project_id = o.project_id AND t.by_own AND t.movement_id = was.movement_id
            WHERE made.county_code = :county AND made.id = d.to_lot_id))
    FROM own o JOIN funds.movement m ON m.county_code = :county AND m.from_account_id = o.account_id
                                    AND m.effective_on <= :as_of AND m.position <= :known
    JOIN funds.account other ON other.county_code = :county AND other.id = m.to_account_id
    JOIN funds.draw d ON d.county_code = :county AND d.movement_id = m.id
    JOIN funds.lot l ON l.county_code = :county AND l.id = d.from_lot_id
   WHERE NOT EXISTS (SELECT FROM own s WHERE s.project_id = o.project_id AND s.account_id = m.to_account_id)
     AND NOT EXISTS (SELECT FROM transit t WHERE t.project_id = o.project_id AND t.movement_id = m.id AND t.by_own)),
held AS (
  -- Quality retentions of the project, and what became of their lots.
  SELECT e.project_id, e.tranche_id, e.fund_code, e.made_lot AS lot_id, 'retention' AS kind, NULL::uuid AS unit_id,
         k.contract_id
    FROM ends e JOIN funds.lot l ON l.county_code = :county AND l.id = e.made_lot
    LEFT JOIN funds.retention k ON k.county_code = :county AND k.movement_id = l.movement_id
   WHERE e.sign < 0 AND e.end_kind = 'retention'
  UNION
  SELECT h.project_id, h.tranche_id, h.fund_code, went.to_lot_id, a.kind,
         CASE a.kind WHEN 'contractor' THEN a.unit_id END, h.contract_id FROM held h
   {WENT}),
let_go AS (
  -- What retentions sent by orders (with a bank) and paid to contractors, and what of it went on or came back.
  SELECT h.project_id, h.tranche_id, h.fund_code, h.kind, h.unit_id AS end_unit, h.contract_id, paid.fen,
         paid.effective_on FROM held h
    CROSS JOIN LATERAL (
      SELECT d.amount_fen AS fen, d.effective_on FROM funds.draw d
       WHERE d.county_code = :county AND d.to_lot_id = h.lot_id AND d.effective_on <= :as_of
         AND d.position <= :known
      UNION ALL
      SELECT -back.amount_fen, back.effective_on FROM funds.draw back
       WHERE back.county_code = :county AND back.from_lot_id = h.lot_id
         AND back.effective_on <= :as_of AND back.position <= :known) paid
   WHERE h.kind IN ('bank', 'contractor')),
released AS (SELECT * FROM let_go WHERE kind = 'contractor'),
forfeited AS (
  -- What of retentions the treasury took back by document, less what of that was undone.
  SELECT h.project_id, h.tranche_id, h.fund_code, h.contract_id, x.sign * d.amount_fen AS fen,
         x.effective_on FROM held h
    JOIN funds.draw d ON d.county_code = :county AND d.from_lot_id = h.lot_id
    JOIN funds.movement m ON m.county_code = :county AND m.id = d.movement_id AND m.kind = 'take_back'
     AND m.effective_on <= :as_of AND m.position <= :known
    CROSS JOIN LATERAL (
      SELECT 1 AS sign, m.effective_on
      UNION ALL
      SELECT -1, u.effective_on FROM funds.movement u WHERE u.county_code = :county AND u.reverses_id = m.id
         AND u.effective_on <= :as_of AND u.position <= :known) x
   WHERE h.kind = 'retention')"""
_CLASSED: Final = f"""{_ENDS},
flows AS (
  -- Each flow with its day; what rests is a sum of days, and has none.
  SELECT project_id, tranche_id, fund_code, CASE WHEN in_transit THEN -fen * sign ELSE fen * sign END AS fen,
         CASE WHEN in_transit THEN 'in_transit'
              WHEN end_kind IN ('contractor', 'households') THEN 'paid' WHEN end_kind = 'retention' THEN 'retained'
              WHEN movement IN ('return', 'recover', 'reverse', 'take_back') THEN 'given_back'
              -- Nothing else goes back: whoever was handed a project's money, it was spent.
              WHEN sign < 0 THEN 'paid' ELSE 'received' END AS class,
         effective_on FROM ends
  UNION ALL SELECT project_id, tranche_id, fund_code, -fen, 'paid', effective_on FROM released
  UNION ALL SELECT project_id, tranche_id, fund_code, fen, 'retained', effective_on FROM released
  UNION ALL SELECT f.project_id, f.tranche_id, f.fund_code, c.sign * f.fen, c.class, f.effective_on
              FROM forfeited f CROSS JOIN (VALUES ('given_back', -1), ('retained', 1)) c (class, sign)
  UNION ALL SELECT project_id, tranche_id, fund_code, fen, CASE WHEN by_own THEN 'in_transit' ELSE 'coming' END,
                   effective_on
              FROM ordered
  UNION ALL SELECT project_id, tranche_id, fund_code, fen, 'paid', effective_on FROM ordered
             WHERE by_own AND NOT for_own AND result = 'paid'
  UNION ALL SELECT s.project_id, s.tranche_id, s.fund_code, s.fen, c.class, s.effective_on
              FROM sent_back s CROSS JOIN (VALUES ('paid'), ('in_transit')) c (class)
  UNION ALL
  SELECT c.project_id, c.tranche_id, c.fund_code,
         c.remaining_fen + CASE WHEN c.last_drawn_on > :as_of OR c.last_position > :known THEN coalesce((
           SELECT sum(d.amount_fen)::bigint FROM funds.draw d WHERE d.county_code = :county AND d.from_lot_id = c.id
              AND (d.effective_on > :as_of OR d.position > :known)), 0) ELSE 0 END, 'resting', NULL
    FROM came c)"""
_FLOWS: Final = f"""{_CLASSED}
SELECT project_id, tranche_id, fund_code,
       coalesce(sum(fen) FILTER (WHERE class = 'received'), 0)::bigint AS received_fen,
       coalesce(-sum(fen) FILTER (WHERE class = 'given_back'), 0)::bigint AS given_back_fen,
       coalesce(-sum(fen) FILTER (WHERE class = 'paid'), 0)::bigint AS paid_fen,
       coalesce(-sum(fen) FILTER (WHERE class = 'retained'), 0)::bigint AS retained_fen,
       coalesce(sum(fen) FILTER (WHERE class = 'in_transit'), 0)::bigint AS in_transit_fen,
       coalesce(sum(fen) FILTER (WHERE class = 'resting'), 0)::bigint AS resting_fen,
       coalesce(sum(fen) FILTER (WHERE class = 'coming'), 0)::bigint AS coming_fen
  FROM flows GROUP BY project_id, tranche_id, fund_code ORDER BY project_id, fund_code, tranche_id"""
_PLANNED_USE: Final = f"""{_CLASSED}
SELECT fund_code, effective_on, sum(fen)::bigint AS fen FROM flows
 WHERE class IN ('received', 'given_back', 'coming') GROUP BY fund_code, effective_on"""
_PAID_TO: Final = f"""{_ENDS}
SELECT CASE WHEN payee_kind = 'contractor' THEN end_unit END AS end_unit,
       coalesce(sum(fen) FILTER (WHERE NOT in_transit), 0)::bigint AS paid_fen,
       coalesce(sum(fen) FILTER (WHERE in_transit), 0)::bigint AS in_transit_fen FROM (
    SELECT end_unit, end_kind AS payee_kind, -fen * sign AS fen, false AS in_transit
      FROM ends WHERE end_kind = 'contractor'
    UNION ALL SELECT end_unit, 'contractor', fen, false FROM released
    UNION ALL SELECT payee_unit, payee_kind, -fen, false FROM ordered WHERE by_own AND NOT for_own AND result = 'paid'
    UNION ALL SELECT payee_unit, payee_kind, fen, true FROM ordered WHERE by_own AND NOT for_own
    UNION ALL SELECT payee_unit, payee_kind, -fen, false FROM sent_back) paid
 GROUP BY 1"""
_RETAINED: Final = f"""{_ENDS}
SELECT contract_id, sum(fen)::bigint AS fen FROM (
    SELECT h.contract_id, e.fen FROM ends e JOIN held h ON h.project_id = e.project_id AND h.lot_id = e.made_lot
     WHERE e.sign < 0 AND e.end_kind = 'retention'
    UNION ALL
    SELECT h.contract_id, -e.fen FROM ends e
      JOIN funds.draw d ON d.county_code = :county AND d.to_lot_id = e.made_lot
      JOIN held h ON h.project_id = e.project_id AND h.lot_id = d.from_lot_id
     WHERE e.sign > 0 AND e.end_kind = 'retention'
    UNION ALL SELECT contract_id, -fen FROM released
    UNION ALL SELECT contract_id, -fen FROM forfeited) retained
 GROUP BY 1"""
_LET_GO: Final = f"""{_ENDS}
SELECT contract_id, coalesce(sum(fen) FILTER (WHERE kind = 'contractor'), 0)::bigint AS paid_fen,
       coalesce(sum(fen) FILTER (WHERE kind = 'bank'), 0)::bigint AS in_transit_fen FROM let_go GROUP BY 1"""


@dataclass(frozen=True, slots=True)
class Flow:
    """What came and went of one tranche, or of several added up. `paid_fen` includes retentions that were released.

    `in_transit_fen` has left the project's quota by an order, `coming_fen` was ordered for its account out of another's
    quota; in both the bank has not said yet what became of it. What is coming has not been received.
    """

    received_fen: int = 0
    given_back_fen: int = 0
    paid_fen: int = 0
    retained_fen: int = 0
    in_transit_fen: int = 0
    resting_fen: int = 0
    coming_fen: int = 0

    @property
    def unexplained_fen(self) -> int:
        went = self.given_back_fen + self.paid_fen + self.retained_fen + self.in_transit_fen
        return self.received_fen - went - self.resting_fen

    @property
    def kept_fen(self) -> int:
        """What came and did not go back."""
        return self.received_fen - self.given_back_fen

    @property
    def planned_use_fen(self) -> int:
        """What takes up the plan: what came and did not go back, and what is coming by an order."""
        return self.kept_fen + self.coming_fen


@dataclass(frozen=True, slots=True)
class Got:
    """What a payee was paid by a project, and what orders have sent it that the bank has not reported on."""

    paid_fen: int = 0
    in_transit_fen: int = 0

    @property
    def claimed_fen(self) -> int:
        return self.paid_fen + self.in_transit_fen


@dataclass(frozen=True, slots=True)
class TrancheFlow:
    tranche_id: UUID
    fund_code: str
    flow: Flow


def total(flows: Iterable[Flow]) -> Flow:
    """The flows added up."""
    listed = list(flows)
    return Flow(
        sum(one.received_fen for one in listed),
        sum(one.given_back_fen for one in listed),
        sum(one.paid_fen for one in listed),
        sum(one.retained_fen for one in listed),
        sum(one.in_transit_fen for one in listed),
        sum(one.resting_fen for one in listed),
        sum(one.coming_fen for one in listed),
    )


def by_fund(flows: Iterable[TrancheFlow]) -> Mapping[str, Flow]:
    """The flows of each fund, its tranches added up."""
    found: dict[str, list[Flow]] = defaultdict(list)
    for one in flows:
        found[one.fund_code].append(one.flow)
    return {fund: total(of_fund) for fund, of_fund in found.items()}


async def flows(
    session: AsyncSession, county: str, projects: Sequence[UUID], moment: Moment
) -> Mapping[UUID, list[TrancheFlow]]:
    """Per project its tranches with their flows at a moment, by fund and tranche; a project without money is absent.

    To be asked where the whole county is shown (`lots.store.whole_county`): a contractor's account may lie elsewhere.
    """
    found: dict[UUID, list[TrancheFlow]] = defaultdict(list)
    if projects:
        rows = await session.execute(text(_FLOWS), _asked(county, projects, moment))
        for row in rows:
            flow = Flow(**{one.name: getattr(row, one.name) for one in fields(Flow)})
            found[row.project_id].append(TrancheFlow(row.tranche_id, row.fund_code, flow))
    return found


async def planned_use(session: AsyncSession, county: str, project: UUID) -> Mapping[str, Sequence[tuple[date, int]]]:
    """Per fund by how many fen each day changes what takes up its plan (`Flow.planned_use_fen`), up or down."""
    found: dict[str, list[tuple[date, int]]] = defaultdict(list)
    for row in await session.execute(text(_PLANNED_USE), _asked(county, [project], EVER)):
        found[row.fund_code].append((row.effective_on, row.fen))
    return found


def _asked(county: str, projects: Sequence[UUID], moment: Moment) -> dict[str, Any]:
    return {"county": county, "projects": list(projects), "as_of": moment.as_of, "known": moment.position}


async def retained(session: AsyncSession, county: str, project: UUID, moment: Moment) -> Mapping[UUID | None, int]:
    """Per contract what is kept back of it in fen, sent by an order or not; None for what names no contract."""
    rows = await session.execute(text(_RETAINED), _asked(county, [project], moment))
    return {row.contract_id: row.fen for row in rows if row.fen}


async def released(session: AsyncSession, county: str, project: UUID, moment: Moment) -> Mapping[UUID | None, Got]:
    """Per contract what deposits paid of its retention, and what their orders have sent, which is still retained."""
    rows = await session.execute(text(_LET_GO), _asked(county, [project], moment))
    return {row.contract_id: Got(row.paid_fen, row.in_transit_fen) for row in rows}


async def paid_to(session: AsyncSession, county: str, project: UUID, moment: Moment) -> Mapping[UUID | None, Got]:
    """Per contractor (unit) what a project paid it at a moment, less what came back, with released retentions.

    Under None: all the desks together that orders out of the project's quota reimburse (报账).
    """
    rows = await session.execute(text(_PAID_TO), _asked(county, [project], moment))
    return {row.end_unit: Got(row.paid_fen, row.in_transit_fen) for row in rows}
