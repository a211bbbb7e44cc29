"""Where the money is that a finding is bound to: down every draw of its lots, and over borders with changes of code.

Draws lead from the bound lot to all that came of it, undone movements and all, since an undoing is a draw as well. What
went over lies in the old county's `outside` as a lot whose pair in the new county `succession_lot` names (ADR 37): from
there the walk goes on in those books, one query per county, as far as the caller sees them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.identity import Principal
from chassis.missing import Missing
from services.funds_api.access import holds, must_hold
from services.funds_api.moments import Moment, moment_of
from services.funds_api.recoveries import store
from services.funds_api.recoveries.schemas import BoundLot, BoundMoney, RestsThere, WentOver
from services.funds_api.standing import REMAINING

Start = tuple[UUID, UUID]  # a bound lot, and a lot of the county walked in that came of it

_BELOW: Final = text(f"""
WITH RECURSIVE below AS (
  SELECT b.bound, b.id FROM unnest(CAST(:bound AS uuid[]), CAST(:lots AS uuid[])) AS b (bound, id)
  UNION
  SELECT w.bound, d.to_lot_id FROM below w
    JOIN funds.draw d ON d.county_code = :county AND d.from_lot_id = w.id
     AND d.effective_on <= :as_of AND d.position <= :known)
SELECT w.bound, l.id AS lot_id, l.account_id, u.name AS unit_name, a.region_code, a.kind, l.is_terminal AS spent,
       {REMAINING} AS fen, s.succession_id, s.other_county, s.other_lot_id
  FROM below w
  JOIN funds.lot l ON l.county_code = :county AND l.id = w.id AND l.arrived_on <= :as_of AND l.position <= :known
  JOIN funds.account a ON a.county_code = :county AND a.id = l.account_id
  JOIN funds.unit u ON u.county_code = :county AND u.id = a.unit_id
  LEFT JOIN funds.succession_lot s ON s.county_code = :county AND s.lot_id = l.id AND s.side = 'out'
 WHERE {REMAINING} > 0
 ORDER BY w.bound, l.arrived_on, l.id""")
_AMOUNTS: Final = text("SELECT id, amount_fen FROM funds.lot WHERE county_code = :county AND id = ANY(:lots)")


async def told(tx: AsyncSession, who: Principal, county: str, finding: UUID, moment: Moment) -> BoundMoney:
    """Where the finding's money is by that moment; each county is asked as it knew its books at the same instant."""
    must_hold(who, county)
    bound = await store.bound(tx, county, finding, moment)
    if not bound:
        raise Missing("问题", str(finding))
    amounts = {row.id: row.amount_fen for row in await tx.execute(_AMOUNTS, {"county": county, "lots": list(bound)})}
    rests: dict[UUID, list[RestsThere]] = defaultdict(list)
    over: dict[UUID, list[WentOver]] = defaultdict(list)
    ahead: dict[str, list[Start]] = {county: [(lot, lot) for lot in bound]}
    while ahead:
        place, starts = ahead.popitem()
        then = moment if place == county else await moment_of(tx, place, moment.as_of, moment.known_at)
        for row in await _below(tx, place, starts, then):
            if row.other_county is None:
                rests[row.bound].append(_rests(place, row))
            elif holds(who, row.other_county):
                ahead.setdefault(row.other_county, []).append((row.bound, row.other_lot_id))
            else:
                over[row.bound].append(
                    WentOver(
                        county_code=row.other_county,
                        lot_id=row.other_lot_id,
                        succession_id=row.succession_id,
                        fen=row.fen,
                    )
                )
    lots = [
        BoundLot(
            lot_id=lot,
            bound_fen=fen,
            amount_fen=amounts.get(lot, 0),
            rests=sorted(rests[lot], key=lambda one: (one.county_code, one.lot_id)),
            went_over=sorted(over[lot], key=lambda one: (one.county_code, one.lot_id)),
            unexplained_fen=amounts.get(lot, 0)
            - sum(one.fen for one in rests[lot])
            - sum(one.fen for one in over[lot]),
        )
        for lot, fen in sorted(bound.items())
    ]
    return BoundMoney(
        **moment.shown,
        finding_id=finding,
        county_code=county,
        as_of=moment.as_of,
        bound_fen=sum(bound.values()),
        lots=lots,
        unexplained_fen=sum(abs(one.unexplained_fen) for one in lots),
    )


async def _below(tx: AsyncSession, county: str, starts: Sequence[Start], moment: Moment) -> Sequence[Row[Any]]:
    asked = {"county": county, "bound": [one for one, _ in starts], "lots": [lot for _, lot in starts]}
    return (await tx.execute(_BELOW, {**asked, **moment.arguments})).all()


def _rests(county: str, row: Row[Any]) -> RestsThere:
    return RestsThere(
        county_code=county,
        lot_id=row.lot_id,
        account_id=row.account_id,
        unit_name=row.unit_name,
        region_code=row.region_code,
        kind=row.kind,
        spent=row.spent,
        fen=row.fen,
    )
