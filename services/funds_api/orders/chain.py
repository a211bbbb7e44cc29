"""The quota chain (指标链) of a county on a day, desk by desk: what came, what went on, what was never split or paid.

Two proofs stand beside each other: the flows of a desk against the lots that rest there, and what it ordered against
the states of its orders. Whole months come from the sums that every posting keeps, so the cost does not grow with
history; only a question for an earlier knowledge reads the movements of the quota accounts themselves.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any, Final

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.identity import Principal
from chassis.pages import Window, mark
from services.funds_api.lots.store import whole_county
from services.funds_api.moments import Moment
from services.funds_api.orders.schemas import DeskQuota, QuotaPage
from services.funds_api.orders.store import ORDERS
from services.funds_api.standing import REMAINING, THERE

# What each figure of a desk sums: flows into it (target) or out of it (source).
_BACK: Final = ("return", "recover", "take_back")
_FLOWS: Final = {
    "received_fen": ("target", ("receive",)),
    "handed_in_fen": ("target", ("hand_down",)),
    "returned_in_fen": ("target", _BACK),
    "split_fen": ("source", ("hand_down",)),
    "returned_out_fen": ("source", _BACK),
    "retention_in_fen": ("target", ("retain",)),
    "retention_out_fen": ("source", ("retain",)),
    "succeeded_fen": ("source", ("succeed",)),
    "ordered_fen": ("source", ("order",)),
}


def _sum(name: str, end: str, flows: tuple[str, ...]) -> str:
    listed = ", ".join(f"'{flow}'" for flow in flows)
    return (
        f"""coalesce(sum(f.fen) FILTER (WHERE f.{end} = d.account_id AND f.flow IN ({listed})), 0)::bigint AS {name}"""
    )


# A reversal takes its fen out of the flow it undoes, as the monthly sums do.
_TAIL: Final = """
  SELECT coalesce(u.kind, m.kind) AS flow,
         CASE WHEN u.id IS NULL THEN m.from_account_id ELSE u.from_account_id END AS source,
         CASE WHEN u.id IS NULL THEN m.to_account_id ELSE u.to_account_id END AS target,
         CASE WHEN u.id IS NULL THEN l.amount_fen ELSE -l.amount_fen END AS fen
    FROM desk d
    JOIN funds.movement m ON m.county_code = :county AND m.{end} = d.account_id
     AND m.effective_on >= :since AND m.effective_on <= :as_of AND m.position <= :known
    JOIN funds.lot l ON l.county_code = :county AND l.movement_id = m.id
     AND (CAST(:fund AS text) IS NULL OR l.fund_code = :fund)
    LEFT JOIN funds.movement u ON u.county_code = :county AND u.id = m.reverses_id"""
_DESKS: Final = f"""
  WITH desk AS (
    SELECT a.id AS account_id, a.unit_id, n.name AS unit_name, n.region_code FROM funds.account a
      JOIN funds.unit n ON n.county_code = :county AND n.id = a.unit_id
     WHERE a.county_code = :county AND a.book = 'quota' AND a.region_code >= :scope AND a.region_code < :scope || '~'),
  flows AS (
    SELECT f.flow, f.from_account_id AS source, f.to_account_id AS target, f.amount_fen AS fen FROM funds.flow_month f
     WHERE f.county_code = :county AND f.month < :since
       AND (CAST(:fund AS text) IS NULL OR f.fund_code = :fund)
       AND (f.from_account_id IN (SELECT account_id FROM desk) OR f.to_account_id IN (SELECT account_id FROM desk))
    UNION ALL ({_TAIL.format(end="from_account_id")})
    UNION ALL ({_TAIL.format(end="to_account_id")}
       WHERE coalesce(m.from_account_id NOT IN (SELECT account_id FROM desk), true))),
  sums AS (
    SELECT d.account_id, {", ".join(_sum(name, *flows) for name, flows in _FLOWS.items())}
      FROM desk d LEFT JOIN flows f ON d.account_id IN (f.source, f.target) GROUP BY d.account_id),
  rest AS (
    SELECT d.account_id, coalesce(sum({REMAINING}), 0)::bigint AS resting_fen FROM desk d
      JOIN funds.lot l ON l.county_code = :county AND l.account_id = d.account_id AND {THERE}
       AND (CAST(:fund AS text) IS NULL OR l.fund_code = :fund)
     GROUP BY d.account_id),
  ordered AS (
    SELECT o.from_account_id AS account_id,
           coalesce(sum(g.fen) FILTER (WHERE o.state = 'issued'), 0)::bigint AS in_transit_fen,
           coalesce(sum(g.fen) FILTER (WHERE o.state = 'paid'), 0)::bigint AS paid_fen,
           coalesce(sum(g.fen) FILTER (WHERE o.state = 'returned'), 0)::bigint AS bounced_fen
      FROM ({ORDERS}) o
      CROSS JOIN LATERAL (
        -- A pooled order (统筹整合) is of several funds: of one of them it is what its lots say.
        SELECT CASE WHEN CAST(:fund AS text) IS NULL OR o.fund_code = :fund THEN o.amount_fen
                    WHEN o.fund_code IS NULL THEN (
                      SELECT sum(l.amount_fen)::bigint FROM funds.lot l
                       WHERE l.county_code = :county AND l.movement_id = o.movement_id AND l.fund_code = :fund)
               END AS fen) g
     GROUP BY o.from_account_id)
  SELECT d.unit_id, d.unit_name, d.region_code, {{sums}}
    FROM desk d JOIN sums USING (account_id) LEFT JOIN rest USING (account_id) LEFT JOIN ordered USING (account_id)
   GROUP BY d.unit_id, d.unit_name, d.region_code ORDER BY d.unit_id"""
FIGURES: Final = (*_FLOWS, "resting_fen", "in_transit_fen", "paid_fen", "bounced_fen")


async def quota(
    tx: AsyncSession, who: Principal, county: str, window: Window, *, moment: Moment, fund: str | None
) -> QuotaPage:
    """Every visible desk that keeps a quota, by unit, and the sum of them all."""
    after = window.key(str)
    sums = ", ".join(f"coalesce(sum({name}), 0)::bigint AS {name}" for name in FIGURES)
    async with whole_county(tx, who, county):
        found = await tx.execute(
            text(_DESKS.format(sums=sums)),
            {
                "county": county,
                **moment.arguments,
                "since": _since(moment),
                "scope": who.region,
                "fund": fund,
                "bank": None,
            },
        )
        desks = [_desk(row) for row in found]
    there = [one for one in desks if not after or str(one.unit_id) > after[0]]
    page = there[: window.limit]
    return QuotaPage(
        **moment.shown,
        as_of=moment.as_of,
        total=_total(desks),
        items=page,
        next=mark(page[-1].unit_id) if len(there) > window.limit else None,
        empty_because=None if page else "您的管辖范围内没有开立指标账户的单位",
    )


def _since(moment: Moment) -> date:
    """The day from which movements are read one by one: sums of months know what is effective, not what was known."""
    return moment.as_of.replace(day=1) if moment.known_at is None else date.min


def _desk(row: Row[Any]) -> DeskQuota:
    held = {name: getattr(row, name) for name in FIGURES}
    return DeskQuota(unit_id=row.unit_id, unit_name=row.unit_name, region_code=row.region_code, **held, **_proofs(held))


def _proofs(held: dict[str, int]) -> dict[str, int]:
    came = held["received_fen"] + held["handed_in_fen"] + held["returned_in_fen"] + held["retention_in_fen"]
    went = held["split_fen"] + held["returned_out_fen"] + held["retention_out_fen"] + held["ordered_fen"]
    went += held["succeeded_fen"]
    told = held["in_transit_fen"] + held["paid_fen"] + held["bounced_fen"]
    return {
        "unexplained_fen": came - went - held["resting_fen"],
        "orders_unexplained_fen": held["ordered_fen"] - told,
    }


def _total(desks: Iterable[DeskQuota]) -> DeskQuota:
    """The desks added up; its proofs are made anew from the sums."""
    held = {name: sum(getattr(one, name) for one in desks) for name in FIGURES}
    return DeskQuota(unit_id=None, unit_name=None, region_code=None, **held, **_proofs(held))
