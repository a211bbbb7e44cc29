"""Funds, their terms, function codes and uses in SQL. All are public documents: no filter."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.pages import Window
from services.funds_api.funds.judge import EVERY_FUND, NATION, FundRule, OnBreach, Term, TermSet
from services.funds_api.tables import (
    FunctionCodeRow,
    FundRow,
    FundRuleRow,
    FundTermsRow,
    FundUseRow,
    NationalRuleRow,
)
from treasury.policy import Basis


@dataclass(eq=False)
class FundKnown(Exception):
    """The code already names another fund."""

    code: str
    name: str

    def __str__(self) -> str:
        return f"资金代码 {self.code} 已登记为“{self.name}”"


async def record(session: AsyncSession, row: dict[str, Any]) -> FundRow:
    """Insert the fund unless its code is known; return what the code means now."""
    await session.execute(insert(FundRow).values(row).on_conflict_do_nothing())
    return (await session.scalars(select(FundRow).where(FundRow.code == row["code"]))).one()


async def exists(session: AsyncSession, code: str) -> bool:
    return (await session.scalar(select(FundRow.code).where(FundRow.code == code))) is not None


async def known(session: AsyncSession, codes: Collection[str]) -> set[str]:
    """Those of these codes that name a fund."""
    return set((await session.scalars(select(FundRow.code).where(FundRow.code.in_(codes)))).all())


async def page(session: AsyncSession, window: Window) -> Sequence[FundRow]:
    query = select(FundRow).order_by(FundRow.code).limit(window.limit + 1)
    if after := window.key(str):
        query = query.where(FundRow.code > after[0])
    return (await session.scalars(query)).all()


async def hold_terms(session: AsyncSession, fund: str) -> None:
    """Let nobody else record or answer sets of the fund until this transaction ends: each is judged by the others."""
    await session.execute(text("SELECT funds.hold_terms(:fund)"), {"fund": fund})


_PLACE: Final = ("region_code", "fund_code", "fiscal_year", "valid_from", "edition")


async def set_terms(session: AsyncSession, row: dict[str, Any], rules: Sequence[dict[str, Any]]) -> None:
    """Record a set of terms with its rules; the sets of its fund are held."""
    await session.execute(insert(FundTermsRow).values(row))
    if rules:
        place = {name: row[name] for name in _PLACE}
        await session.execute(insert(FundRuleRow), [{**place, **rule} for rule in rules])


async def answer_terms(session: AsyncSession, row: FundTermsRow, values: Mapping[str, Any]) -> None:
    """Write who confirmed or withdrew a waiting set; the database refuses to do either twice."""
    place = [getattr(FundTermsRow, name) == getattr(row, name) for name in _PLACE]
    await session.execute(update(FundTermsRow).where(*place).values(values))


async def terms_set(
    session: AsyncSession, regions: Sequence[str], fund: str, fiscal_year: int, upto: date = date.max
) -> list[tuple[FundTermsRow, list[FundRuleRow]]]:
    """Every set these regions recorded for a fund-year that starts by `upto`, oldest first, each with its rules."""
    sets = await session.scalars(
        select(FundTermsRow)
        .where(
            FundTermsRow.region_code.in_(regions),
            FundTermsRow.fund_code == fund,
            FundTermsRow.fiscal_year == fiscal_year,
            FundTermsRow.valid_from <= upto,
        )
        .order_by(FundTermsRow.region_code, FundTermsRow.valid_from, FundTermsRow.edition)
    )
    rules = (
        await session.scalars(
            select(FundRuleRow)
            .where(
                FundRuleRow.region_code.in_(regions),
                FundRuleRow.fund_code == fund,
                FundRuleRow.fiscal_year == fiscal_year,
                FundRuleRow.valid_from <= upto,
            )
            .order_by(FundRuleRow.rule)
        )
    ).all()
    by_set: dict[tuple[str, date, int], list[FundRuleRow]] = defaultdict(list)
    for one in rules:
        by_set[one.region_code, one.valid_from, one.edition].append(one)
    return [(row, by_set[row.region_code, row.valid_from, row.edition]) for row in sets]


async def general(session: AsyncSession, since: date) -> list[Term]:
    """The nation's rules for every fund that hold on a day or begin later."""
    rows = await session.scalars(
        select(NationalRuleRow).order_by(NationalRuleRow.rule, NationalRuleRow.valid_from.desc())
    )
    found: dict[str, list[NationalRuleRow]] = defaultdict(list)
    for row in rows:
        if not found[row.rule] or found[row.rule][-1].valid_from > since:
            found[row.rule].append(row)
    return [
        Term(
            EVERY_FUND,
            0,
            NATION,
            row.valid_from,
            row.document,
            FundRule(row.rule),
            row.value if isinstance(row.value, int) else tuple(row.value),
            OnBreach(row.on_breach),
            row.source,
            Basis(row.basis),
            general=True,
        )
        for rows_of in found.values()
        for row in rows_of
    ]


async def term_sets(session: AsyncSession, county: str, funds: Collection[str], upto: date) -> Sequence[TermSet]:
    """Every set that any level laid down for these funds and that starts by `upto`, and the rules for every fund."""
    found = await session.scalar(
        text("SELECT funds.terms_of(:county, :funds, :upto)"), {"county": county, "funds": list(funds), "upto": upto}
    )
    return sets_of(found)


async def naming(session: AsyncSession, county: str, fund: str) -> list[str]:
    """The funds of which some level above the county ever laid down that they exclude this one."""
    found = await session.scalars(
        text(
            """
            SELECT DISTINCT r.fund_code FROM funds.fund_rule r
             WHERE r.rule IN ('exclusive_with', 'household_exclusive_with') AND r.value @> to_jsonb(CAST(:fund AS text))
               AND r.fund_code <> :fund AND r.region_code IN ('00', left(:county, 2), left(:county, 4), :county)
            """
        ),
        {"county": county, "fund": fund},
    )
    return list(found)


@lru_cache(maxsize=256)
def sets_of(told: str | None) -> tuple[TermSet, ...]:
    """The answer of `funds.terms_of` as values; every movement of a fund is told the same text, so it is read once."""
    return tuple(
        TermSet(
            fund,
            year,
            region,
            date.fromisoformat(valid_from),
            tuple(
                Term(
                    fund_code=fund,
                    fiscal_year=year,
                    region=region,
                    valid_from=date.fromisoformat(valid_from),
                    document=document,
                    rule=FundRule(rule),
                    value=value if isinstance(value, int) else tuple(value),
                    on_breach=OnBreach(on_breach),
                    source=source,
                    basis=Basis(basis),
                    general=fund == EVERY_FUND,
                )
                for rule, value, on_breach, source, basis in rules
            ),
        )
        for fund, year, region, valid_from, document, rules in json.loads(told or "[]")
    )


async def hold_fund(session: AsyncSession, county: str, fund: str) -> None:
    """Let one movement at a time be held against the sums of a fund in the county, until this transaction ends.

    Taken before any account is locked, so that two movements never wait for each other in a ring.
    """
    await session.execute(text("SELECT funds.hold_fund(:county, :fund)"), {"county": county, "fund": fund})


async def funds_on(session: AsyncSession, county: str, account: UUID) -> list[str]:
    """The funds of which the account holds money now."""
    found = await session.scalars(
        text(
            "SELECT DISTINCT fund_code FROM funds.lot WHERE county_code = :county AND account_id = :account AND is_open"
        ),
        {"county": county, "account": account},
    )
    return list(found)


@dataclass(frozen=True, slots=True)
class FeeSums:
    """What these counties have of a fund-year, and what of it went into management fees; more than one are summed."""

    received_fen: int
    fees_fen: int
    counties: tuple[str, ...]


async def fee_sums(session: AsyncSession, county: str, fund: str, fiscal_year: int) -> list[FeeSums]:
    """The sums of the whole county, also for a caller who sees only a part of it: figures, no row.

    And those of all the counties that money went over between, which was received once: a fee has to fit both.
    """
    found = await session.execute(
        text(
            """
            SELECT s.received_fen, s.fees_fen, ARRAY[CAST(:county AS text)] AS counties
              FROM funds.fee_sums(:county, :fund, :year) s
            UNION ALL
            SELECT t.received_fen, t.fees_fen, t.counties FROM funds.fees_together(:county, :fund, :year) t
            """
        ),
        {"county": county, "fund": fund, "year": fiscal_year},
    )
    rows = [FeeSums(row.received_fen, row.fees_fen, tuple(row.counties)) for row in found]
    return sorted(rows, key=lambda one: len(one.counties))


async def function_codes(
    session: AsyncSession, *, fiscal_year: int | None = None, code: str | None = None
) -> Sequence[FunctionCodeRow]:
    """Function codes by code and first year: those valid in a year, those of one code, or all."""
    query = select(FunctionCodeRow).order_by(FunctionCodeRow.code, FunctionCodeRow.valid_from_year)
    if fiscal_year is not None:
        query = query.where(
            FunctionCodeRow.valid_from_year <= fiscal_year,
            FunctionCodeRow.valid_to_year.is_(None) | (FunctionCodeRow.valid_to_year >= fiscal_year),
        )
    if code is not None:
        query = query.where(FunctionCodeRow.code == code)
    return (await session.scalars(query)).all()


async def use_known(session: AsyncSession, code: str) -> bool:
    return (await session.scalar(select(FundUseRow.code).where(FundUseRow.code == code))) is not None


async def uses(session: AsyncSession) -> Sequence[FundUseRow]:
    return (await session.scalars(select(FundUseRow).order_by(FundUseRow.code))).all()
