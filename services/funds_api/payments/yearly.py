"""Caps and exclusions over the year of a fund: what its terms say about the people of a batch.

Rows are held against them when a roster is checked, and the whole batch once more when it is approved, since other
batches of the fund may have been posted in between. The year of a payment is the calendar year of its day
(预算法 2018 art 18); which budget the drawn money belongs to does not matter to the people.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.database import driver
from services.funds_api.funds import judge
from services.funds_api.funds import store as funds
from services.funds_api.funds.judge import Breach, FundRule, Term, beyond
from services.funds_api.funds.refusals import FundRuleBroken
from services.funds_api.payments.check import YEAR, Facts
from services.funds_api.tables import PaymentBatchRow


async def terms(tx: AsyncSession, batch: PaymentBatchRow) -> list[Term]:
    """The terms about people that are in force for a batch; mostly none."""
    sets = await funds.term_sets(tx, batch.county_code, [batch.fund_code], batch.effective_on)
    held = judge.in_force(sets, batch.fund_code, batch.effective_on.year, batch.effective_on)
    return judge.of_people(held)


async def hear(tx: AsyncSession, batch: PaymentBatchRow) -> list[Breach]:
    """What the terms say about a batch that is to be posted now: the flagged breaches, `FundRuleBroken` for the others.

    Holds the funds concerned until the commit, so that two batches do not pass a cap side by side.
    """
    held = await terms(tx, batch)
    if not held:
        return []
    excluding = [code for term in held if term.rule is FundRule.EXCLUSIVE_WITH for code in term.codes]
    for fund in sorted({batch.fund_code, *excluding}):
        await funds.hold_fund(tx, batch.county_code, fund)
    breaches = [found for term in held if (found := await _beyond(tx, batch, term)) is not None]
    if stopping := judge.refused(breaches):
        raise FundRuleBroken("disburse", stopping)
    return breaches


async def paid(tx: AsyncSession, batch: PaymentBatchRow, tokens: Sequence[bytes], facts: Facts) -> pl.DataFrame:
    """What other batches pay these people of this fund in the year, and whether of a fund that excludes it."""
    found = await (await driver(tx)).fetch(
        "SELECT payee_token, (sum(fen) FILTER (WHERE fund_code = $4))::bigint,"
        " min(fund_code) FILTER (WHERE fund_code = ANY($5::text[]))"
        " FROM funds.paid_in_year($1, $2, $3, array_append($5::text[], $4)) GROUP BY payee_token",
        batch.county_code,
        batch.id,
        tokens,
        batch.fund_code,
        sorted(facts.exclusive),
    )
    return pl.DataFrame([tuple(row) for row in found], schema=YEAR, orient="row")


async def _beyond(tx: AsyncSession, batch: PaymentBatchRow, term: Term) -> Breach | None:
    """What a term about people says of a batch and all that was posted in its year, looked at by one scan."""
    exclusive = term.rule is FundRule.EXCLUSIVE_WITH
    found = await tx.execute(
        text("SELECT rows_n, first_line, over_fen FROM funds.beyond_in_year(:county, :batch, :cap, :others)"),
        {
            "county": batch.county_code,
            "batch": batch.id,
            "cap": 0 if exclusive else term.number,
            "others": list(term.codes) if exclusive else None,
        },
    )
    row = found.one()
    return beyond(term, row.rows_n, row.first_line, row.over_fen)
