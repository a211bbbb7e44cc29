"""Holding a movement against the terms of the funds it draws, before it is posted: refused, or flagged.

Only loads and hears; what a breach means is decided in `judge`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from chassis.missing import Missing
from services.funds_api.funds import judge, store
from services.funds_api.funds.judge import Breach, Facts, Term, TermSet
from services.funds_api.funds.refusals import FundRuleBroken
from services.funds_api.funds.store import FeeSums
from treasury.lots import Draw


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be judged: the kind of movement, its day, what it is for, who gets it, and what it draws."""

    kind: str
    on: date
    use: str | None
    payee_kind: str
    draws: Sequence[Draw]
    published_days: int | None = None
    objections_open_n: int = 0
    before_upload_days: int = 0

    @property
    def facts(self) -> list[Facts]:
        """One part per fund and fiscal year that is drawn."""
        drawn: dict[tuple[str, int], int] = defaultdict(int)
        for draw in self.draws:
            drawn[draw.lot.fund, draw.lot.fiscal_year] += draw.amount_fen
        return [
            Facts(
                self.kind,
                fund,
                year,
                fen,
                self.use,
                self.payee_kind,
                published_days=self.published_days,
                objections_open_n=self.objections_open_n,
                before_upload_days=self.before_upload_days,
            )
            for (fund, year), fen in sorted(drawn.items())
        ]


def passes(asked: Asked, sets: Sequence[TermSet]) -> bool:
    """Whether these terms surely let it through: nothing is broken, and no sum has to be asked for under a lock."""
    for facts in asked.facts:
        terms = judge.in_force(sets, facts.fund_code, facts.fiscal_year, asked.on)
        if judge.asks_for_fees(terms, facts.kind, facts.use) or judge.judge(facts, terms):
            return False
    return True


async def hear(tx: AsyncSession, county: str, asked: Asked) -> list[Breach]:
    """The breaches that are only flagged; raises `FundRuleBroken` with all that refuse."""
    sets = await store.term_sets(tx, county, {draw.lot.fund for draw in asked.draws}, asked.on)
    breaches: list[Breach] = []
    for facts in asked.facts:
        terms = judge.in_force(sets, facts.fund_code, facts.fiscal_year, asked.on)
        known = [facts]
        if judge.asks_for_fees(terms, facts.kind, facts.use):
            sums = await store.fee_sums(tx, county, facts.fund_code, facts.fiscal_year)
            known = [judge.with_fees(facts, one.received_fen, one.fees_fen, one.counties) for one in sums]
        breaches += judge.judge_all(known, terms)
    if stopping := judge.refused(breaches):
        raise FundRuleBroken(asked.kind, stopping)
    return breaches


async def foreseen(tx: AsyncSession, county: str, parts: Sequence[Facts], on: date) -> list[Breach]:
    """What the terms would say of a payment to households: all but publicity, which comes after the check."""
    sets = await store.term_sets(tx, county, {one.fund_code for one in parts}, on)
    return [
        breach
        for one in parts
        for breach in judge.judge(one, judge.in_force(sets, one.fund_code, one.fiscal_year, on))
        if breach.term.rule is not judge.FundRule.PUBLICITY
    ]


async def fees_again(
    tx: AsyncSession, county: str, fund: str, year: int, on: date, before: Sequence[FeeSums]
) -> list[Breach]:
    """What the caps of fees say of a fund-year after an undoing: those that it passes by more than it did `before`.

    Fees stand again whose coming back was undone, or less was received; the counties held together may differ.
    """
    terms = judge.in_force(await store.term_sets(tx, county, [fund], on), fund, year, on)
    caps = [one for one in terms if one.rule is judge.FundRule.FEE_CAP]
    over_fen: dict[Term, int] = defaultdict(int)
    for one in before:
        for breach in _over(caps, fund, year, one, 0):
            over_fen[breach.term] = max(over_fen[breach.term], breach.figures["over_fen"])
    taken_fen = {one.counties: one.fees_fen for one in before}
    found: dict[Term, Breach] = {}
    for one in await store.fee_sums(tx, county, fund, year):
        again_fen = max(one.fees_fen - taken_fen.get(one.counties, one.fees_fen), 0)
        for breach in _over(caps, fund, year, one, again_fen):
            if breach.figures["over_fen"] > over_fen[breach.term]:
                found.setdefault(breach.term, breach)
    return list(found.values())


def _over(caps: Sequence[Term], fund: str, year: int, sums: FeeSums, again_fen: int) -> list[Breach]:
    """The caps that these sums pass, `again_fen` of the fees as what is judged."""
    use, before_fen = judge.MANAGEMENT_FEE, sums.fees_fen - again_fen
    return judge.judge(
        Facts("pay", fund, year, again_fen, use, None, sums.received_fen, before_fen, sums.counties), caps
    )


async def hold_fund(tx: AsyncSession, county: str, use: str | None, funds: Iterable[str]) -> None:
    """Before any account is locked: let management fees of these funds be judged one at a time until the commit.

    A fund that nobody has listed is `Missing`.
    """
    if use == judge.MANAGEMENT_FEE:
        listed = await store.known(tx, set(funds))
        for fund in sorted(set(funds)):
            if fund not in listed:
                raise Missing("资金", fund)
            await store.hold_fund(tx, county, fund)


async def hold_funds_of(tx: AsyncSession, county: str, use: str | None, account: UUID) -> None:
    """The same for a fee that names no fund: of every fund that rests on the account it is paid from."""
    if use == judge.MANAGEMENT_FEE:
        await hold_fund(tx, county, use, await store.funds_on(tx, county, account))
