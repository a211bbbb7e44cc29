"""结余 forecast: which lots will fall under the two years of 预算法 art 42, and on which day; what has fallen already.

A lot belongs to the budget year that its tranche was first budgeted in, however often it was carried over since
(`treasury/balance.py` says why). Sums by year are proved by what rests, added up another way.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from pydantic import Field
from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.fields import Answer
from chassis.identity import Principal
from chassis.pages import Page, Window, cut
from services.funds_api.idle import store
from services.funds_api.moments import Known, Moment
from services.funds_api.policies import store as policies
from services.funds_api.standing import REMAINING, SCOPE, THERE
from services.funds_api.units.schemas import Book
from treasury.balance import Years, balance_on, years_within
from treasury.policy import Basis, PolicyValue, in_force

NOTHING_DUE = "您的管辖范围内在所查天数内没有将转为结余的资金"
NOTHING_FALLEN = "您的管辖范围内当日没有已转为结余的资金"
NO_RULE = "当日没有生效的结余年限规定"


class TwoYears(Answer):
    """The rule by which days were worked out, and the days ahead from which money is shown."""

    after_years: int = Field(description="自首次列入预算的年度起，经过几个预算年度转为结余")
    source: str
    basis: Basis
    ahead_days: int = Field(description="提前多少天提示")


class YearSum(Answer):
    """What rests of one first budget year: the last day on which it may be used as carry-over, and what it then is."""

    first_budgeted: int = Field(description="首次列入预算的年度；结转不重新起算")
    balance_on: date = Field(description="转为结余之日")
    days_left: int = Field(description="距转为结余的天数；已经转为结余的为 0 或负数")
    lots_n: int
    fen: int


class ForecastLot(Answer):
    """A lot with its day: on whose account it rests, of which budget it first was and now is."""

    lot_id: UUID
    tranche_id: UUID
    document: str
    fund_code: str
    account_id: UUID
    account_name: str
    book: Book
    unit_name: str
    region_code: str
    amount_fen: int
    arrived_on: date
    first_budgeted: int
    budget_year: int = Field(description="现列预算年度（结转后为新的年度）")
    balance_on: date
    days_left: int


class BalanceForecast(Page, Known):
    """Money by the day on which it becomes balance: due within the days asked, fallen, later; Σ is all at rest."""

    as_of: date
    rule: TwoYears | None = Field(description="为 null 表示当日没有生效的规定")
    total_fen: int
    due_fen: int
    fallen_fen: int
    later_fen: int
    unexplained_fen: int = Field(description="当日全部停留资金（另行加总）减去三项之和，恒为 0")
    due: list[YearSum]
    fallen: list[YearSum]
    items: list[ForecastLot]


async def forecast(
    tx: AsyncSession, who: Principal, county: str, moment: Moment, window: Window, *, days: int | None, fallen: bool
) -> BalanceForecast:
    """What of the caller's region turns into balance within `days` (the policy's, if not asked), by date and lot."""
    values = await policies.values(tx, "balance_", known_at=moment.known_at, region=county)
    after = in_force(values, "balance_after_years", county, moment.as_of)
    total = sum(fen for _, _, _, fen in await store.sums(tx, who, county, moment))
    by_year = await _by_year(tx, who, county, moment)
    if after is None:
        return _without_rule(moment, total, sum(row.fen for row in by_year))
    ahead = in_force(values, "balance_forecast_days", county, moment.as_of)
    asked = days if days is not None else ahead.number if ahead else 0
    years = years_within(moment.as_of, asked, after.number)
    sums = [_sum(row, after, moment.as_of) for row in by_year]
    due = [one for one in sums if years.fallen_to < one.first_budgeted <= years.due_to]
    gone = [one for one in sums if one.first_budgeted <= years.fallen_to]
    later_fen = sum(one.fen for one in sums if one.first_budgeted > years.due_to)
    rows, mark = cut(await _lots(tx, who, county, moment, window, years, fallen=fallen), window, lambda row: (row.id,))
    due_fen, fallen_fen = sum(one.fen for one in due), sum(one.fen for one in gone)
    return BalanceForecast(
        as_of=moment.as_of,
        **moment.shown,
        rule=TwoYears(after_years=after.number, source=after.source, basis=after.basis, ahead_days=asked),
        total_fen=total,
        due_fen=due_fen,
        fallen_fen=fallen_fen,
        later_fen=later_fen,
        unexplained_fen=total - due_fen - fallen_fen - later_fen,
        due=due,
        fallen=gone,
        items=[_lot(row, after, moment.as_of) for row in rows],
        next=mark,
        empty_because=None if rows else NOTHING_FALLEN if fallen else NOTHING_DUE,
    )


def _without_rule(moment: Moment, total: int, all_years: int) -> BalanceForecast:
    return BalanceForecast(
        as_of=moment.as_of,
        **moment.shown,
        rule=None,
        total_fen=total,
        due_fen=0,
        fallen_fen=0,
        later_fen=all_years,
        unexplained_fen=total - all_years,
        due=[],
        fallen=[],
        items=[],
        empty_because=NO_RULE,
    )


def _sum(row: Row[Any], after: PolicyValue, as_of: date) -> YearSum:
    turns = balance_on(row.first_budgeted, after.number)
    return YearSum(
        first_budgeted=row.first_budgeted,
        balance_on=turns,
        days_left=(turns - as_of).days,
        lots_n=row.lots_n,
        fen=row.fen,
    )


def _lot(row: Row[Any], after: PolicyValue, as_of: date) -> ForecastLot:
    turns = balance_on(row.first_budgeted, after.number)
    return ForecastLot(
        lot_id=row.id,
        tranche_id=row.tranche_id,
        document=row.document,
        fund_code=row.fund_code,
        account_id=row.account_id,
        account_name=row.account_name,
        book=Book(row.book),
        unit_name=row.unit_name,
        region_code=row.region_code,
        amount_fen=row.fen,
        arrived_on=row.arrived_on,
        first_budgeted=row.first_budgeted,
        budget_year=row.budget_year,
        balance_on=turns,
        days_left=(turns - as_of).days,
    )


_RESTED = f"l.county_code = :county AND l.{SCOPE} AND NOT l.is_terminal AND {THERE}"


async def _by_year(tx: AsyncSession, who: Principal, county: str, moment: Moment) -> Sequence[Row[Any]]:
    """(first budget year, number of lots, fen) of all that rested at that moment, the oldest year first."""
    found = await tx.execute(
        text(
            f"""
            SELECT t.fiscal_year AS first_budgeted, count(*) AS lots_n, sum(r.fen)::bigint AS fen
              FROM (SELECT l.tranche_id, {REMAINING} AS fen FROM funds.lot l WHERE {_RESTED}) r
              JOIN funds.tranche t ON t.county_code = :county AND t.id = r.tranche_id
             WHERE r.fen > 0 GROUP BY t.fiscal_year ORDER BY t.fiscal_year
            """
        ),
        {"county": county, "scope": who.region, **moment.arguments},
    )
    return found.all()


async def _lots(
    tx: AsyncSession, who: Principal, county: str, moment: Moment, window: Window, years: Years, *, fallen: bool
) -> Sequence[Row[Any]]:
    """Lots of the tranches first budgeted in those years that rested at that moment, by id; one more than asked.

    They are found by their tranches: of a county's lots those of one or two years are asked for.
    """
    after = window.key(UUID)
    low, high = (0, years.fallen_to) if fallen else (years.fallen_to + 1, years.due_to)
    found = await tx.execute(
        text(
            f"""
            WITH page AS MATERIALIZED (
              SELECT l.id, l.tranche_id, l.fund_code, l.account_id, l.region_code, l.arrived_on,
                     l.fiscal_year AS budget_year, t.fiscal_year AS first_budgeted, t.notice_id, {REMAINING} AS fen
                FROM funds.tranche t JOIN funds.lot l ON l.county_code = :county AND l.tranche_id = t.id
               WHERE t.county_code = :county AND t.fiscal_year BETWEEN :low AND :high AND {_RESTED}
                 AND {REMAINING} > 0 AND (CAST(:after AS uuid) IS NULL OR l.id > CAST(:after AS uuid))
               ORDER BY l.id LIMIT :limit)
            SELECT p.*, coalesce(n.document_number, n.title) AS document, a.name AS account_name, a.book,
                   u.name AS unit_name
              FROM page p
              JOIN funds.notice n ON n.id = p.notice_id
              JOIN funds.account a ON a.county_code = :county AND a.id = p.account_id
              JOIN funds.unit u ON u.county_code = :county AND u.id = a.unit_id
             ORDER BY p.id
            """
        ),
        {
            "county": county,
            "scope": who.region,
            **moment.arguments,
            "low": low,
            "high": high,
            "after": after[0] if after else None,
            "limit": window.limit + 1,
        },
    )
    return found.all()
