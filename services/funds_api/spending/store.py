"""The books of one budget year in SQL: flows and orders from their sums, and what rests from the lots."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, bindparam, select, text
from sqlalchemy.dialects.postgresql import ARRAY, TEXT
from sqlalchemy.ext.asyncio import AsyncSession

from services.funds_api.flows import store as flows
from services.funds_api.flows.orders import Ordered, in_transit
from services.funds_api.flows.store import Asked
from services.funds_api.moments import Moment
from services.funds_api.projects.schemas import ProjectKind
from services.funds_api.projects.uses import USE_OF
from services.funds_api.spending.sums import Carried, Desk, Moved, Purpose, Rested, YearBooks
from services.funds_api.tables import FundRow


async def year_books(session: AsyncSession, asked: Asked, moment: Moment) -> YearBooks:
    """All of the asked year that touches the asked place; row-level security has to show the whole county.

    What a bank holds or paid by order of a desk is the desk's.
    """
    accounts = {row.id: Desk(row.region_code, row.kind) for row in await flows.accounts(session, asked.county)}
    books = YearBooks(accounts, await _purposes(session, asked, moment))
    for kind, source, target, fund, fen in await flows.flows_by_fund(session, asked, moment):
        books.moved.append(Moved(fund, kind, source, target, fen))
    for carried in await flows.carried(session, asked, moment):
        books.carried.append(Carried(carried.fund_code, carried.account_id, carried.came_fen, carried.went_fen))
    for fund, place, fen in await _rested(session, asked, moment):
        books.rested.append(Rested(fund, place, fen))
    for fund, ordered in _by_fund(await _ordered(session, asked, moment, books.funds)):
        for one in ordered:
            books.moved.append(Moved(fund, one.kind, one.source, one.target, -one.fen))
            books.moved.append(Moved(fund, one.kind, *one.as_the_desks, one.fen))
        for account, fen in in_transit(ordered).items():
            books.rested.append(Rested(fund, accounts[account].region_code, fen))
    return books


async def _rested(session: AsyncSession, asked: Asked, moment: Moment) -> Sequence[Row[str, str, int]]:
    """(fund, place, fen) of what rests of the year, from its lots: what the flows are held against."""
    found = await session.execute(
        text(
            "SELECT fund_code, region_code, fen FROM funds.rested_of_year("
            ":county, :place, :as_of, :known, :known_on, CAST(:fund AS text), CAST(:year AS int))"
        ),
        {"county": asked.county, "place": asked.root, **moment.arguments, "fund": asked.fund, "year": asked.year},
    )
    return found.all()


async def _ordered(session: AsyncSession, asked: Asked, moment: Moment, funds: Collection[str]) -> Sequence[Row[Any]]:
    """What of the year moved by treasury orders, fund by fund: (fund, kind, source, target, desk, into a bank, fen)."""
    found = await session.execute(
        text(
            """
            SELECT f.code, o.flow, o.from_account_id, o.to_account_id, o.desk_id, o."into", o.fen
              FROM unnest(:funds) f(code)
             CROSS JOIN LATERAL funds.ordered(
                   :county, :place, :as_of, :known, :known_on, f.code, CAST(:year AS int)) o
             ORDER BY f.code
            """
        ).bindparams(bindparam("funds", type_=ARRAY(TEXT))),
        {
            "county": asked.county,
            "place": asked.root,
            **moment.arguments,
            "year": asked.year,
            "funds": sorted(funds),
        },
    )
    return found.all()


def _by_fund(rows: Sequence[Row[Any]]) -> Iterator[tuple[str, list[Ordered[UUID]]]]:
    by_fund: dict[str, list[Ordered[UUID]]] = {}
    for row in rows:
        order = Ordered(row.flow, row.from_account_id, row.to_account_id, row.desk_id, row.into, row.fen)
        by_fund.setdefault(row.code, []).append(order)
    yield from by_fund.items()


async def _purposes(session: AsyncSession, asked: Asked, moment: Moment) -> dict[UUID, Purpose]:
    """What the projects are for whose accounts these are, by the version in force on the day as it was known."""
    found = await session.execute(
        text(
            """
            SELECT DISTINCT ON (p.id) p.cash_account_id, p.quota_account_id, v.kind
              FROM funds.project p
              JOIN funds.project_version v ON v.county_code = :county AND v.project_id = p.id
             WHERE p.county_code = :county AND p.cash_account_id IS NOT NULL AND v.effective_on <= :as_of
               AND v.position <= :known AND coalesce(v.approved_position, 0) <= :known
             ORDER BY p.id, v.version DESC
            """
        ),
        {"county": asked.county, "as_of": moment.as_of, "known": moment.position},
    )
    purposes = {}
    for cash, quota, kind in found:
        industry = USE_OF.get(ProjectKind(kind)) == "production"
        purposes[cash] = purposes[quota] = Purpose.INDUSTRY if industry else Purpose.OTHER
    return purposes


async def funds(session: AsyncSession, codes: Collection[str]) -> dict[str, FundRow]:
    """The funds of these codes."""
    rows = (await session.scalars(select(FundRow).where(FundRow.code.in_(codes)))).all()
    return {row.code: row for row in rows}
