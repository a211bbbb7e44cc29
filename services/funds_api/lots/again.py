"""What undoing spends again: a management fee that had come back, or a row of a roster, which is the household's again.

Both are held to the terms as when they were paid, and refused with the same problem. Loads and hears; moves nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy.ext.asyncio import AsyncSession

from services.funds_api.funds import guard, judge
from services.funds_api.funds.judge import Breach
from services.funds_api.funds.refusals import FundRuleBroken
from services.funds_api.lots import store
from services.funds_api.payments import lists, yearly
from services.funds_api.payments.refusals import PaidElsewhere
from services.funds_api.tables import MovementRow, PaymentBatchRow

_BACK = frozenset({"return", "recover"})


@dataclass(frozen=True, slots=True)
class Again:
    """Rows of rosters (batch, line) that had come back, and what each fund-year had in fees before it is undone."""

    rows: Sequence[tuple[PaymentBatchRow, int]]
    fees_fen: dict[tuple[str, int], dict[tuple[str, ...], int]]


async def foreseen(tx: AsyncSession, county: str, chain: Sequence[MovementRow], on: date) -> Again:
    """Before any account is locked: what undoing these may spend again; its funds are held until the commit.

    Nobody pays what the batches of such rows paid until then, either.
    """
    returns = await store.returns_of(tx, county, [one.id for one in chain])
    await store.hold_entitlements(tx, county, {row.batch_id for row in returns})
    batches = {one.id: one for one in await store.batches(tx, county, {row.batch_id for row in returns})}
    rows = [(batches[row.batch_id], row.line) for row in returns if row.batch_id in batches]
    of_rows = {row.movement_id for row in returns}
    back = [one.id for one in chain if one.kind in _BACK and one.id not in of_rows]
    years = await store.fund_years(tx, county, back) if back else []
    funds = {fund for fund, _ in years}
    for batch in batches.values():
        funds |= await yearly.funds_of(tx, batch, on)
    await guard.hold_fund(tx, county, judge.MANAGEMENT_FEE, funds)
    return Again(rows, {one: await guard.fees_fen(tx, county, *one) for one in years})


async def hear(tx: AsyncSession, county: str, again: Again, on: date) -> list[Breach]:
    """After it was posted: the breaches that are only flagged; `FundRuleBroken` with all that refuse.

    `PaidElsewhere` when another county of the lineage has paid the same meanwhile; of the county's own `undo` hears.
    """
    for batch, line in again.rows:
        if await lists.paid_by_kin(tx, county, batch.id, line):
            raise PaidElsewhere(str(batch.id), 1, line, batch.entitlement)
    breaches = [found for batch, line in again.rows for found in await yearly.of_row(tx, batch, line, on)]
    for (fund, year), before in sorted(again.fees_fen.items()):
        breaches += await guard.fees_again(tx, county, fund, year, on, before)
    if stopping := judge.refused(breaches):
        raise FundRuleBroken("reverse", stopping)
    return breaches
