"""Caps and exclusions over the year of a fund: what its terms say about the people and households of a batch.

Rows are held against them when a roster is checked, and the whole batch once more when it is approved, since other
batches of the fund may have been posted in between. The year of a payment is the calendar year of its day
(预算法 2018 art 18); which budget the drawn money belongs to does not matter to the people.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import date
from uuid import UUID

import polars as pl
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.database import driver
from services.funds_api.funds import judge
from services.funds_api.funds import store as funds
from services.funds_api.funds.judge import Breach, FundRule, Term, beyond
from services.funds_api.funds.refusals import FundRuleBroken
from services.funds_api.payments.check import HOME_YEAR, YEAR, Facts, Year
from services.funds_api.tables import PaymentBatchRow


async def terms(tx: AsyncSession, batch: PaymentBatchRow, on: date | None = None) -> list[Term]:
    """The terms about people that hold for a batch on its day (or on `on`), and those of funds that exclude it."""
    own, day, year = batch.fund_code, on or batch.effective_on, batch.effective_on.year
    others = await funds.naming(tx, batch.county_code, own)
    sets = await funds.term_sets(tx, batch.county_code, [own, *others], day)
    held = judge.of_people(judge.in_force(sets, own, year, day))
    return [*held, *judge.naming(sets, held, own, year, day)]


async def hear(tx: AsyncSession, batch: PaymentBatchRow) -> list[Breach]:
    """What the terms say about a batch that is to be posted now: the flagged breaches, `FundRuleBroken` for the others.

    Holds the funds concerned until the commit, so that two batches do not pass a cap side by side.
    """
    held = await terms(tx, batch)
    if not held:
        return []
    for fund in sorted(_named(batch, held)):
        await funds.hold_fund(tx, batch.county_code, fund)
    breaches = [found for term in held if (found := await _beyond(tx, batch, term)) is not None]
    if stopping := judge.refused(breaches):
        raise FundRuleBroken("disburse", stopping)
    return breaches


async def funds_of(tx: AsyncSession, batch: PaymentBatchRow, on: date) -> set[str]:
    """The funds by whose sums people of a batch are judged on a day; none without terms."""
    held = await terms(tx, batch, on)
    return _named(batch, held) if held else set()


def _named(batch: PaymentBatchRow, held: Collection[Term]) -> set[str]:
    return {batch.fund_code, *(code for term in held if term.rule in judge.EXCLUDING for code in term.codes)}


async def of_row(tx: AsyncSession, batch: PaymentBatchRow, line: int, on: date) -> list[Breach]:
    """What the terms of a day say about one paid row whose household has its money again; hold its funds before."""
    breaches = []
    for term in await terms(tx, batch, on):
        exclusive = term.rule in judge.EXCLUDING
        over_fen = await tx.scalar(
            text("SELECT funds.beyond_for_row(:county, :batch, :line, :on, :cap, :others, :per)"),
            {
                "county": batch.county_code,
                "batch": batch.id,
                "line": line,
                "on": on,
                "cap": 0 if exclusive else term.number,
                "others": list(term.codes) if exclusive else None,
                "per": "household" if term.rule in judge.OF_HOUSEHOLDS else "person",
            },
        )
        if over_fen and (found := beyond(term, 1, line, over_fen)) is not None:
            breaches.append(found)
    return breaches


async def paid(tx: AsyncSession, batch: PaymentBatchRow, people: pl.DataFrame, facts: Facts) -> Year:
    """What other batches pay these people of this fund in the year, and their households, and of what excludes it.

    `people` are those the register knows (`check.REGISTRY`). Of households nothing is asked when no term is about them.
    """
    excluding = {rule: facts.exclusive(rule) for rule in judge.EXCLUDING}
    about_homes = any(one.rule in judge.OF_HOUSEHOLDS for one in facts.terms)
    found = await (await driver(tx)).fetch(
        "SELECT payee_token, uuid_send(household_id), fund_code, fen FROM funds.paid_in_year($1, $2, $3, $4, $5)",
        batch.county_code,
        batch.id,
        people["token"].to_list(),
        [UUID(bytes=home) for home in people["household"].drop_nulls().unique()] if about_homes else None,
        sorted({batch.fund_code}.union(*excluding.values())),
    )
    by_person: dict[bytes, dict[str, int]] = defaultdict(dict)
    by_home: dict[bytes, dict[str, int]] = defaultdict(dict)
    for token, home, fund, fen in found:  # several of one payee, when counties of the lineage paid as well
        of_payee = by_home[home] if token is None else by_person[token]
        of_payee[fund] = of_payee.get(fund, 0) + fen
    return Year(
        _sums(by_person, YEAR, batch.fund_code, excluding[FundRule.EXCLUSIVE_WITH]),
        _sums(by_home, HOME_YEAR, batch.fund_code, excluding[FundRule.HOUSEHOLD_EXCLUSIVE_WITH]),
    )


def _sums(
    paid_by_fund: Mapping[bytes, Mapping[str, int]],
    schema: Mapping[str, type[pl.DataType]],
    own: str,
    excluding: Collection[str],
) -> pl.DataFrame:
    """Per person or household: what it got of the batch's fund, and the first fund it got that excludes this one."""
    rows = [
        (who, funds_paid.get(own), min((fund for fund in funds_paid if fund in excluding), default=None))
        for who, funds_paid in paid_by_fund.items()
    ]
    return pl.DataFrame(rows, schema=dict(schema), orient="row")


async def _beyond(tx: AsyncSession, batch: PaymentBatchRow, term: Term) -> Breach | None:
    """What a term about people says of a batch and all that was posted in its year, looked at by one scan."""
    exclusive = term.rule in judge.EXCLUDING
    found = await tx.execute(
        text("SELECT paid_n, first_line, over_fen FROM funds.beyond_in_year(:county, :batch, :cap, :others, :per)"),
        {
            "county": batch.county_code,
            "batch": batch.id,
            "cap": 0 if exclusive else term.number,
            "others": list(term.codes) if exclusive else None,
            "per": "household" if term.rule in judge.OF_HOUSEHOLDS else "person",
        },
    )
    row = found.one()
    return beyond(term, row.paid_n, row.first_line, row.over_fen)
