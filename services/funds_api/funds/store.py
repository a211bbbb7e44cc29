"""Funds, their terms, function codes and uses in SQL. All are public documents: no filter."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.pages import Window
from services.funds_api.funds.judge import EVERY_FUND, FundRule, OnBreach, Term, TermSet
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


async def confirm_terms(session: AsyncSession, place: Mapping[str, Any], who: str, at: datetime) -> bool:
    """Let a waiting set hold; False when somebody has."""
    found = await session.scalars(
        update(FundTermsRow)
        .where(
            *(getattr(FundTermsRow, name) == value for name, value in place.items()),
            FundTermsRow.waits,
            FundTermsRow.confirmed_by.is_(None),
        )
        .values(confirmed_by=who, confirmed_at=at)
        .returning(FundTermsRow.fund_code)
    )
    return found.one_or_none() is not None


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
    """What a county has of a fund-year, and what of it went into management fees."""

    received_fen: int
    fees_fen: int


async def fee_sums(session: AsyncSession, county: str, fund: str, fiscal_year: int) -> FeeSums:
    """The sums over the whole county, also for a caller who sees only a part of it: two figures, no row."""
    found = await session.execute(
        text("SELECT received_fen, fees_fen FROM funds.fee_sums(:county, :fund, :year)"),
        {"county": county, "fund": fund, "year": fiscal_year},
    )
    row = found.one()
    return FeeSums(row.received_fen, row.fees_fen)


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
