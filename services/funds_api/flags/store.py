"""Flags in SQL: the set queries that narrow to candidates, and the flags themselves."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.identity import Principal
from chassis.pages import Window
from services.funds_api.access import visible_to
from services.funds_api.flags.rules.rule import Facts
from services.funds_api.moments import Moment
from services.funds_api.standing import REMAINING, SCOPE
from services.funds_api.tables import FlagRow


async def resting_past(
    session: AsyncSession, who: Principal, county: str, as_of: date, unit_kind: str, limit_days: int
) -> list[Facts]:
    """Lots of holders of one kind that rested on `as_of` with a clock that started more than `limit_days` before."""
    started_before = as_of - timedelta(days=limit_days)
    branch = f"""
      SELECT l.id, l.tranche_id, l.fund_code, l.account_id, l.region_code, l.clock_from, {REMAINING} AS fen
        FROM funds.lot l
       WHERE l.county_code = :county AND l.{SCOPE} AND l.arrived_on <= :as_of AND l.clock_from < :started_before"""
    found = await session.execute(
        text(
            f"""
            SELECT r.*, coalesce(n.document_number, n.title) AS document, a.unit_id, u.name AS unit_name
              FROM ({branch} AND l.is_resting
                    UNION ALL {branch} AND NOT l.is_terminal AND l.emptied_on > :as_of) r
              JOIN funds.account a ON a.county_code = :county AND a.id = r.account_id AND a.kind = :unit_kind
              JOIN funds.unit u ON u.county_code = :county AND u.id = a.unit_id
              JOIN funds.tranche t ON t.county_code = :county AND t.id = r.tranche_id
              JOIN funds.notice n ON n.id = t.notice_id
             ORDER BY r.clock_from, r.id
            """
        ),
        {
            "county": county,
            "scope": who.region,
            **Moment(as_of).arguments,
            "started_before": started_before,
            "unit_kind": unit_kind,
        },
    )
    return [
        Facts(
            lot_id=row.id,
            account_id=row.account_id,
            unit_id=row.unit_id,
            unit_name=row.unit_name,
            unit_kind=unit_kind,
            region_code=row.region_code,
            fund_code=row.fund_code,
            document=row.document,
            amount_fen=row.fen,
            clock_from=row.clock_from,
            as_of=as_of,
        )
        for row in found
    ]


async def raise_new(session: AsyncSession, rows: Sequence[dict[str, Any]]) -> set[UUID]:
    """Insert the flags that were not raised before; return the ids of those that are new."""
    new: set[UUID] = set()
    for start in range(0, len(rows), 1000):
        statement = insert(FlagRow).values(list(rows[start : start + 1000])).on_conflict_do_nothing()
        new.update((await session.scalars(statement.returning(FlagRow.id))).all())
    return new


async def page(
    session: AsyncSession, who: Principal, county: str, window: Window, *, moment: Moment, rule: str | None
) -> Sequence[FlagRow]:
    """Visible flags raised for a day up to that of a moment and known by it, in the order they were raised."""
    query = (
        select(FlagRow)
        .where(
            FlagRow.county_code == county,
            visible_to(who, FlagRow.region_code),
            FlagRow.as_of <= moment.as_of,
            FlagRow.position <= moment.position,
        )
        .order_by(FlagRow.id)
        .limit(window.limit + 1)
    )
    if rule is not None:
        query = query.where(FlagRow.rule_code == rule)
    if after := window.key(UUID):
        query = query.where(FlagRow.id > after[0])
    return (await session.scalars(query)).all()
