"""Assets, incomes and shares in SQL."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy import BigInteger, Row, cast, func, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.identity import Principal
from chassis.pages import Window
from services.funds_api.access import visible_to
from services.funds_api.assets.shares import Entry
from services.funds_api.assets.stood import DECISION_STOOD, INCOME_STOOD, PAID
from services.funds_api.moments import Moment
from services.funds_api.tables import (
    AssetIncomeRow,
    AssetRow,
    HouseholdRow,
    IncomeShareRow,
    ShareHouseholdRow,
    ShareLineRow,
    SharePaymentRow,
    UnitRow,
)

# A decision how an income is shared: the income, and which of its decisions.
Decision = tuple[UUID, int]

_OVERDUE: Final = f"""
  SELECT l.income_id FROM funds.share_line l
    JOIN funds.income_share s ON s.county_code = :county AND s.income_id = l.income_id
     AND s.decision_no = l.decision_no AND s.due_on < :as_of{DECISION_STOOD}
   WHERE l.county_code = :county AND {PAID} < l.amount_fen"""


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


async def value_fen(tx: AsyncSession, county: str, project_id: UUID, moment: Moment) -> int:
    """Σ of what a project's assets cost, registered by a moment; a disposed asset stays what it cost."""
    query = select(cast(func.coalesce(func.sum(AssetRow.value_fen), 0), BigInteger)).where(
        AssetRow.county_code == county,
        AssetRow.project_id == project_id,
        AssetRow.registered_on <= moment.as_of,
        AssetRow.position <= moment.position,
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
    moment: Moment,
    project: UUID | None,
    kind: str | None,
    region: str | None,
) -> Sequence[AssetRow]:
    """Visible assets registered by a moment, by id, one more than the page holds."""
    query = (
        select(AssetRow)
        .where(
            AssetRow.county_code == county,
            visible_to(who, AssetRow.region_code),
            AssetRow.registered_on <= moment.as_of,
            AssetRow.position <= moment.position,
        )
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
    """An income of this kind whose period touches the one given and which was not undone."""
    query = (
        select(AssetIncomeRow)
        .where(
            AssetIncomeRow.county_code == county,
            AssetIncomeRow.asset_id == asset_id,
            AssetIncomeRow.kind == kind,
            AssetIncomeRow.period_from <= period_to,
            AssetIncomeRow.period_to >= period_from,
            AssetIncomeRow.undone_on.is_(None),
        )
        .limit(1)
    )
    return (await tx.scalars(query)).one_or_none()


async def last_period_from(tx: AsyncSession, county: str, asset_id: UUID) -> date | None:
    """When the last period began in which the asset earned what was not undone; None if it has earned nothing."""
    query = select(func.max(AssetIncomeRow.period_from)).where(
        AssetIncomeRow.county_code == county, AssetIncomeRow.asset_id == asset_id, AssetIncomeRow.undone_on.is_(None)
    )
    return await tx.scalar(query)


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


async def change_income(tx: AsyncSession, row: AssetIncomeRow, changes: dict[str, Any]) -> None:
    await tx.execute(
        update(AssetIncomeRow)
        .where(AssetIncomeRow.county_code == row.county_code, AssetIncomeRow.id == row.id)
        .values(changes)
    )


async def incomes(
    tx: AsyncSession,
    who: Principal,
    county: str,
    window: Window,
    *,
    moment: Moment,
    asset_id: UUID | None,
    overdue: bool,
) -> Sequence[AssetIncomeRow]:
    """Visible incomes that had arrived by a moment, by id; with `overdue` those with a line due before and not paid."""
    query = (
        select(AssetIncomeRow)
        .where(
            AssetIncomeRow.county_code == county,
            visible_to(who, AssetIncomeRow.region_code),
            AssetIncomeRow.arrived_on <= moment.as_of,
            AssetIncomeRow.position <= moment.position,
        )
        .order_by(AssetIncomeRow.id)
        .limit(window.limit + 1)
    )
    if asset_id is not None:
        query = query.where(AssetIncomeRow.asset_id == asset_id)
    if overdue:
        late = text(_OVERDUE).bindparams(county=county, as_of=moment.as_of, known=moment.position)
        query = query.where(AssetIncomeRow.id.in_(late.columns(ShareLineRow.income_id).scalar_subquery()))
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


async def change_share(tx: AsyncSession, row: IncomeShareRow, changes: dict[str, Any]) -> None:
    await tx.execute(
        update(IncomeShareRow)
        .where(
            IncomeShareRow.county_code == row.county_code,
            IncomeShareRow.income_id == row.income_id,
            IncomeShareRow.decision_no == row.decision_no,
        )
        .values(changes)
    )


async def shares(tx: AsyncSession, county: str, incomes: Sequence[UUID]) -> Sequence[IncomeShareRow]:
    """All decisions how these incomes are shared, by income and in their order; all but the last were undone."""
    query = (
        select(IncomeShareRow)
        .where(IncomeShareRow.county_code == county, IncomeShareRow.income_id.in_(incomes))
        .order_by(IncomeShareRow.income_id, IncomeShareRow.decision_no)
        .execution_options(populate_existing=True)
    )
    return (await tx.scalars(query)).all()


async def lines(tx: AsyncSession, county: str, incomes: Sequence[UUID]) -> dict[Decision, list[ShareLineRow]]:
    """The lines of each decision how these incomes are shared, in their order."""
    query = (
        select(ShareLineRow)
        .where(ShareLineRow.county_code == county, ShareLineRow.income_id.in_(incomes))
        .order_by(ShareLineRow.income_id, ShareLineRow.decision_no, ShareLineRow.line_no)
        .execution_options(populate_existing=True)
    )
    found: dict[Decision, list[ShareLineRow]] = {}
    for row in await tx.scalars(query):
        found.setdefault((row.income_id, row.decision_no), []).append(row)
    return found


async def insert_share_payment(tx: AsyncSession, row: dict[str, Any]) -> None:
    await tx.execute(insert(SharePaymentRow).values(row))


async def share_payments(
    tx: AsyncSession, county: str, incomes: Sequence[UUID], moment: Moment
) -> dict[tuple[Decision, int], list[Entry]]:
    """What was paid, came back and was undone by a moment, by decision and line, in the order of recording."""
    query = (
        select(SharePaymentRow)
        .where(
            SharePaymentRow.county_code == county,
            SharePaymentRow.income_id.in_(incomes),
            SharePaymentRow.effective_on <= moment.as_of,
            SharePaymentRow.position <= moment.position,
        )
        .order_by(SharePaymentRow.position)
    )
    found: dict[tuple[Decision, int], list[Entry]] = {}
    for row in await tx.scalars(query):
        entry = Entry(**{one.name: getattr(row, one.name) for one in fields(Entry)})
        found.setdefault(((row.income_id, row.decision_no), row.line_no), []).append(entry)
    return found


async def household_part(tx: AsyncSession, county: str, line: ShareLineRow, household_id: UUID) -> int | None:
    """What a household gets of a line in fen; None when it is not among those named."""
    query = select(ShareHouseholdRow.amount_fen).where(
        ShareHouseholdRow.county_code == county,
        ShareHouseholdRow.income_id == line.income_id,
        ShareHouseholdRow.decision_no == line.decision_no,
        ShareHouseholdRow.line_no == line.line_no,
        ShareHouseholdRow.household_id == household_id,
    )
    return (await tx.scalars(query)).one_or_none()


async def income_fen(tx: AsyncSession, who: Principal, county: str, moment: Moment) -> Row[Any]:
    """What visible incomes made by a moment, and what of it had a plan of shares by then."""
    found = await tx.execute(
        text(
            f"""
            SELECT coalesce(sum(i.amount_fen), 0)::bigint AS income_fen,
                   coalesce(sum(i.amount_fen) FILTER (WHERE s.income_id IS NULL), 0)::bigint AS unshared_fen
              FROM funds.asset_income i
              LEFT JOIN funds.income_share s ON s.county_code = :county AND s.income_id = i.id{DECISION_STOOD}
             WHERE i.county_code = :county{INCOME_STOOD}
               AND i.region_code >= :scope AND i.region_code < :scope || '~'
            """
        ),
        {"county": county, "as_of": moment.as_of, "known": moment.position, "scope": who.region},
    )
    return found.one()


async def benefits(tx: AsyncSession, who: Principal, county: str, *, moment: Moment, digits: int) -> Sequence[Row[Any]]:
    """Per place (its code cut to `digits`) and use: the lines decided by a moment of visible incomes, in that order."""
    found = await tx.execute(
        text(
            f"""
            SELECT left(l.place_code, :digits) AS place_code, l.use, count(*) AS lines_n,
                   sum(l.households_n)::bigint AS households_n, sum(l.amount_fen)::bigint AS shared_fen,
                   sum({PAID})::bigint AS paid_fen
              FROM funds.share_line l
              JOIN funds.income_share s ON s.county_code = :county AND s.income_id = l.income_id
               AND s.decision_no = l.decision_no{DECISION_STOOD}
              JOIN funds.asset_income i ON i.county_code = :county AND i.id = l.income_id{INCOME_STOOD}
             WHERE l.county_code = :county AND l.region_code >= :scope AND l.region_code < :scope || '~'
             GROUP BY 1, 2 ORDER BY 1, 2
            """
        ),
        {"county": county, "as_of": moment.as_of, "known": moment.position, "scope": who.region, "digits": digits},
    )
    return found.all()
