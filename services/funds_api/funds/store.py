"""Funds, their terms, function codes and uses in SQL. All are public documents: no filter."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.pages import Window
from services.funds_api.funds.judge import FundRule, OnBreach, Term
from services.funds_api.tables import FunctionCodeRow, FundRow, FundRuleRow, FundTermsRow, FundUseRow
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


async def set_terms(session: AsyncSession, row: dict[str, Any], rules: Sequence[dict[str, Any]]) -> bool:
    """Record a set of terms with its rules; False, and nothing written, when its day has a set already."""
    made = await session.scalars(
        insert(FundTermsRow).values(row).on_conflict_do_nothing().returning(FundTermsRow.fiscal_year)
    )
    if made.one_or_none() is None:
        return False
    place = {name: row[name] for name in ("region_code", "fund_code", "fiscal_year", "valid_from")}
    if rules:
        await session.execute(insert(FundRuleRow), [{**place, **rule} for rule in rules])
    return True


async def terms_set(
    session: AsyncSession, regions: Sequence[str], fund: str, fiscal_year: int, upto: date
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
        .order_by(FundTermsRow.region_code, FundTermsRow.valid_from)
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
    return [
        (row, [one for one in rules if (one.region_code, one.valid_from) == (row.region_code, row.valid_from)])
        for row in sets
    ]


def terms_of(row: FundTermsRow, rules: Sequence[FundRuleRow]) -> list[Term]:
    """The rules of a set as values."""
    return [
        Term(
            fund_code=row.fund_code,
            fiscal_year=row.fiscal_year,
            region=row.region_code,
            valid_from=row.valid_from,
            document=row.document,
            rule=FundRule(rule.rule),
            value=rule.value if isinstance(rule.value, int) else tuple(rule.value),
            on_breach=OnBreach(rule.on_breach),
            source=rule.source,
            basis=Basis(rule.basis),
        )
        for rule in rules
    ]


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


async def uses(session: AsyncSession) -> Sequence[FundUseRow]:
    return (await session.scalars(select(FundUseRow).order_by(FundUseRow.code))).all()
