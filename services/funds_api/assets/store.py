"""Assets, incomes and shares in SQL."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Row, and_, cast, func, insert, or_, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.identity import Principal
from chassis.pages import Window
from services.funds_api.access import visible_to
from services.funds_api.tables import (
    AssetIncomeRow,
    AssetRow,
    HouseholdRow,
    IncomeShareRow,
    ShareHouseholdRow,
    ShareLineRow,
    UnitRow,
)


async def asset(
    tx: AsyncSession, who: Principal, county: str, asset_id: UUID, *, lock: bool = False
) -> AssetRow | None:
    query = (
        select(AssetRow)
        .where(AssetRow.county_code == county, AssetRow.id == asset_id, visible_to(who, AssetRow.region_code))
        .execution_options(populate_existing=True)
    )
    return (await tx.scalars(query.with_for_update(key_share=True) if lock else query)).one_or_none()


async def owner_exists(tx: AsyncSession, who: Principal, county: str, unit_id: UUID) -> bool:
    query = select(UnitRow.id).where(
        UnitRow.county_code == county, UnitRow.id == unit_id, visible_to(who, UnitRow.region_code)
    )
    return (await tx.scalar(query)) is not None


async def value_fen(tx: AsyncSession, county: str, project_id: UUID, as_of: date) -> int:
    """Σ of what a project's assets cost, registered by a day; a disposed asset stays what it cost."""
    query = select(cast(func.coalesce(func.sum(AssetRow.value_fen), 0), BigInteger)).where(
        AssetRow.county_code == county, AssetRow.project_id == project_id, AssetRow.registered_on <= as_of
    )
    return int(await tx.scalar(query) or 0)


async def insert_asset(tx: AsyncSession, row: dict[str, Any]) -> None:
    await tx.execute(insert(AssetRow).values(row))


async def change_asset(tx: AsyncSession, row: AssetRow, changes: dict[str, Any]) -> None:
    await tx.execute(
        update(AssetRow).where(AssetRow.county_code == row.county_code, AssetRow.id == row.id).values(changes)
    )


async def assets(
    tx: AsyncSession,
    who: Principal,
    county: str,
    window: Window,
    *,
    as_of: date,
    project: UUID | None,
    kind: str | None,
    region: str | None,
) -> Sequence[AssetRow]:
    """Visible assets registered by `as_of`, by id, one more than the page holds."""
    query = (
        select(AssetRow)
        .where(AssetRow.county_code == county, visible_to(who, AssetRow.region_code), AssetRow.registered_on <= as_of)
        .order_by(AssetRow.id)
        .limit(window.limit + 1)
    )
    if project is not None:
        query = query.where(AssetRow.project_id == project)
    if kind is not None:
        query = query.where(AssetRow.kind == kind)
    if region is not None:
        query = query.where(AssetRow.region_code >= region, AssetRow.region_code < region + "~")
    if after := window.key(UUID):
        query = query.where(AssetRow.id > after[0])
    return (await tx.scalars(query)).all()


async def insert_income(tx: AsyncSession, row: dict[str, Any]) -> None:
    await tx.execute(insert(AssetIncomeRow).values(row))


async def overlapping(
    tx: AsyncSession, county: str, asset_id: UUID, kind: str, period_from: date, period_to: date
) -> AssetIncomeRow | None:
    """An income of this kind whose period touches the one given."""
    query = (
        select(AssetIncomeRow)
        .where(
            AssetIncomeRow.county_code == county,
            AssetIncomeRow.asset_id == asset_id,
            AssetIncomeRow.kind == kind,
            AssetIncomeRow.period_from <= period_to,
            AssetIncomeRow.period_to >= period_from,
        )
        .limit(1)
    )
    return (await tx.scalars(query)).one_or_none()


async def income(
    tx: AsyncSession, who: Principal, county: str, income_id: UUID, *, lock: bool = False
) -> AssetIncomeRow | None:
    query = (
        select(AssetIncomeRow)
        .where(
            AssetIncomeRow.county_code == county,
            AssetIncomeRow.id == income_id,
            visible_to(who, AssetIncomeRow.region_code),
        )
        .execution_options(populate_existing=True)
    )
    return (await tx.scalars(query.with_for_update(key_share=True) if lock else query)).one_or_none()


async def pass_on(tx: AsyncSession, row: AssetIncomeRow, changes: dict[str, Any]) -> None:
    await tx.execute(
        update(AssetIncomeRow)
        .where(AssetIncomeRow.county_code == row.county_code, AssetIncomeRow.id == row.id)
        .values(changes)
    )


async def incomes(
    tx: AsyncSession, who: Principal, county: str, window: Window, *, as_of: date, asset_id: UUID | None, overdue: bool
) -> Sequence[AssetIncomeRow]:
    """Visible incomes that had arrived by `as_of`, by id; with `overdue` those with a line due before it and unpaid."""
    query = (
        select(AssetIncomeRow)
        .where(
            AssetIncomeRow.county_code == county,
            visible_to(who, AssetIncomeRow.region_code),
            AssetIncomeRow.arrived_on <= as_of,
        )
        .order_by(AssetIncomeRow.id)
        .limit(window.limit + 1)
    )
    if asset_id is not None:
        query = query.where(AssetIncomeRow.asset_id == asset_id)
    if overdue:
        late = (
            select(ShareLineRow.income_id)
            .join(
                IncomeShareRow,
                and_(
                    IncomeShareRow.county_code == ShareLineRow.county_code,
                    IncomeShareRow.income_id == ShareLineRow.income_id,
                ),
            )
            .where(
                ShareLineRow.county_code == county,
                IncomeShareRow.due_on < as_of,
                IncomeShareRow.decided_on <= as_of,
                or_(ShareLineRow.paid_on.is_(None), ShareLineRow.paid_on > as_of),
            )
        )
        query = query.where(AssetIncomeRow.id.in_(late))
    if after := window.key(UUID):
        query = query.where(AssetIncomeRow.id > after[0])
    return (await tx.scalars(query)).all()


async def insert_share(
    tx: AsyncSession, share: dict[str, Any], lines: Sequence[dict[str, Any]], households: Sequence[dict[str, Any]]
) -> None:
    await tx.execute(insert(IncomeShareRow).values(share))
    await tx.execute(insert(ShareLineRow), list(lines))
    if households:
        await tx.execute(insert(ShareHouseholdRow), list(households))


async def known_households(tx: AsyncSession, who: Principal, county: str, ids: Sequence[UUID]) -> dict[UUID, str]:
    """The places of those of these households that the caller may see."""
    query = select(HouseholdRow.id, HouseholdRow.region_code).where(
        HouseholdRow.county_code == county, HouseholdRow.id.in_(ids), visible_to(who, HouseholdRow.region_code)
    )
    return {row.id: row.region_code for row in await tx.execute(query)}


async def shares(tx: AsyncSession, county: str, incomes: Sequence[UUID]) -> dict[UUID, IncomeShareRow]:
    query = select(IncomeShareRow).where(IncomeShareRow.county_code == county, IncomeShareRow.income_id.in_(incomes))
    return {row.income_id: row for row in await tx.scalars(query)}


async def lines(tx: AsyncSession, county: str, incomes: Sequence[UUID]) -> dict[UUID, list[ShareLineRow]]:
    """The lines of these incomes' shares, in their order."""
    query = (
        select(ShareLineRow)
        .where(ShareLineRow.county_code == county, ShareLineRow.income_id.in_(incomes))
        .order_by(ShareLineRow.income_id, ShareLineRow.line_no)
        .execution_options(populate_existing=True)
    )
    found: dict[UUID, list[ShareLineRow]] = {}
    for row in await tx.scalars(query):
        found.setdefault(row.income_id, []).append(row)
    return found


async def pay_line(tx: AsyncSession, row: ShareLineRow, changes: dict[str, Any]) -> None:
    await tx.execute(
        update(ShareLineRow)
        .where(
            ShareLineRow.county_code == row.county_code,
            ShareLineRow.income_id == row.income_id,
            ShareLineRow.line_no == row.line_no,
        )
        .values(changes)
    )


async def income_fen(tx: AsyncSession, who: Principal, county: str, as_of: date) -> Row[Any]:
    """What visible incomes made by `as_of`, and what of it had a plan of shares by then."""
    found = await tx.execute(
        text(
            """
            SELECT coalesce(sum(i.amount_fen), 0)::bigint AS income_fen,
                   coalesce(sum(i.amount_fen) FILTER (WHERE s.income_id IS NULL), 0)::bigint AS unshared_fen
              FROM funds.asset_income i
              LEFT JOIN funds.income_share s
                ON s.county_code = :county AND s.income_id = i.id AND s.decided_on <= :as_of
             WHERE i.county_code = :county AND i.arrived_on <= :as_of
               AND i.region_code >= :scope AND i.region_code < :scope || '~'
            """
        ),
        {"county": county, "as_of": as_of, "scope": who.region},
    )
    return found.one()


async def benefits(tx: AsyncSession, who: Principal, county: str, *, as_of: date, digits: int) -> Sequence[Row[Any]]:
    """Per place (its code cut to `digits`) and use: the lines decided by `as_of` of visible incomes, in that order."""
    found = await tx.execute(
        text(
            """
            SELECT left(l.place_code, :digits) AS place_code, l.use, count(*) AS lines_n,
                   sum(l.households_n)::bigint AS households_n, sum(l.amount_fen)::bigint AS shared_fen,
                   coalesce(sum(l.amount_fen) FILTER (WHERE l.paid_on <= :as_of), 0)::bigint AS paid_fen
              FROM funds.share_line l
              JOIN funds.income_share s
                ON s.county_code = :county AND s.income_id = l.income_id AND s.decided_on <= :as_of
              JOIN funds.asset_income i ON i.county_code = :county AND i.id = l.income_id AND i.arrived_on <= :as_of
             WHERE l.county_code = :county AND l.region_code >= :scope AND l.region_code < :scope || '~'
             GROUP BY 1, 2 ORDER BY 1, 2
            """
        ),
        {"county": county, "as_of": as_of, "scope": who.region, "digits": digits},
    )
    return found.all()
