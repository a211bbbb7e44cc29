"""What undoing spends again: a management fee that had come back, or a row of a roster, which is the household's again.

Both are held to the terms as when they were paid, and refused with the same problem; so are fees whose cap falls with
what was received, when that is undone. Loads and hears; moves nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from chassis.identity import Principal
from services.funds_api.funds import guard, judge
from services.funds_api.funds import store as fund_store
from services.funds_api.funds.judge import Breach
from services.funds_api.funds.refusals import FundRuleBroken
from services.funds_api.funds.store import FeeSums
from services.funds_api.lots import store
from services.funds_api.payments import household_cap, lists, yearly
from services.funds_api.payments.refusals import PaidElsewhere
from services.funds_api.projects import restored
from services.funds_api.tables import MovementRow, PaymentBatchRow

# Undone, a fee that had come back stands again; or the year in which fees were taken has received less.
_OF_FEES: Final = frozenset({"return", "recover", "receive", "carry_over"})


@dataclass(frozen=True, slots=True)
class Again:
    """Rows of rosters (batch, line) that had come back, and the sums of each fund-year's fees before."""

    rows: Sequence[tuple[PaymentBatchRow, int]]
    fees: Mapping[tuple[str, int], Sequence[FeeSums]]


async def foreseen(tx: AsyncSession, who: Principal, county: str, chain: Sequence[MovementRow], on: date) -> Again:
    """Before any account is locked: what undoing these may spend again; its funds are held until the commit.

    Nobody pays what the batches of such rows paid until then, either, nor changes the projects that they concern.
    """
    returns = await store.returns_of(tx, county, [one.id for one in chain])
    await store.hold_entitlements(tx, county, {row.batch_id for row in returns})
    batches = {one.id: one for one in await store.batches(tx, county, {row.batch_id for row in returns})}
    rows = [(batches[row.batch_id], row.line) for row in returns if row.batch_id in batches]
    of_rows = {row.movement_id for row in returns}
    of_fees = [one.id for one in chain if one.kind in _OF_FEES and one.id not in of_rows]
    years = await store.fund_years(tx, county, of_fees) if of_fees else []
    funds = {fund for fund, _ in years}
    for batch in batches.values():
        funds |= await yearly.funds_of(tx, batch, on)
    await restored.still(tx, who, county, chain)
    await guard.hold_fund(tx, county, judge.MANAGEMENT_FEE, funds)
    return Again(rows, {one: await fund_store.fee_sums(tx, county, *one) for one in years})


async def hear(tx: AsyncSession, county: str, again: Again, on: date) -> list[Breach]:
    """After it was posted: the breaches that are only flagged; `FundRuleBroken` with all that refuse.

    `PaidElsewhere` when another county of the lineage has paid the same meanwhile (of the county's own `undo` hears),
    `OverHouseholdCap` when others of the household have had its share.
    """
    for batch, line in again.rows:
        if await lists.paid_by_kin(tx, county, batch.id, line):
            raise PaidElsewhere(str(batch.id), 1, line, batch.entitlement)
        await household_cap.hear_row(tx, batch, line, on)
    of_people = [found for batch, line in again.rows for found in await yearly.of_row(tx, batch, line, on)]
    return await hear_fees(tx, county, again.fees, on, of_people)


async def hear_fees(
    tx: AsyncSession,
    county: str,
    before: Mapping[tuple[str, int], Sequence[FeeSums]],
    on: date,
    besides: Sequence[Breach] = (),
) -> list[Breach]:
    """These breaches and those of the caps of fees that the undoing left passed by more than `before`.

    `FundRuleBroken` with all that refuse; else they are to be flagged.
    """
    breaches = list(besides)
    for (fund, year), sums in sorted(before.items()):
        breaches += await guard.fees_again(tx, county, fund, year, on, sums)
    if stopping := judge.refused(breaches):
        raise FundRuleBroken("reverse", stopping)
    return breaches
