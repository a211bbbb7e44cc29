"""Projects, their versions, steps and objections in SQL."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Row, func, insert, or_, select, text, update
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.identity import Principal
from chassis.pages import Window
from services.funds_api.access import visible_to
from services.funds_api.moments import Moment
from services.funds_api.tables import (
    AccountRow,
    AssetRow,
    MovementRow,
    ProjectContractRow,
    ProjectObjectionRow,
    ProjectRow,
    ProjectSourceRow,
    ProjectStepRow,
    ProjectTargetRow,
    ProjectVersionRow,
    RetentionRow,
)
from services.funds_api.units.schemas import UnitKind


async def project(
    tx: AsyncSession, who: Principal, county: str, project_id: UUID, *, lock: bool = False
) -> ProjectRow | None:
    """The project if the caller may see it; with `lock` no other request changes it before the commit."""
    query = select(ProjectRow).where(
        ProjectRow.county_code == county, ProjectRow.id == project_id, visible_to(who, ProjectRow.region_code)
    )
    return (await tx.scalars(query.with_for_update(key_share=True) if lock else query)).one_or_none()


async def by_code(tx: AsyncSession, county: str, code: str) -> ProjectRow:
    """The county's project of this code; to be asked where the whole county is shown."""
    query = select(ProjectRow).where(ProjectRow.county_code == county, ProjectRow.code == code)
    return (await tx.scalars(query)).one()


async def of_accounts(tx: AsyncSession, county: str, accounts: Sequence[UUID]) -> Sequence[ProjectRow]:
    """The projects that hold one of these accounts, in id order."""
    query = (
        select(ProjectRow)
        .where(
            ProjectRow.county_code == county,
            or_(ProjectRow.cash_account_id.in_(accounts), ProjectRow.quota_account_id.in_(accounts)),
        )
        .order_by(ProjectRow.id)
    )
    return (await tx.scalars(query)).all()


async def accounts_behind(tx: AsyncSession, county: str, movements: Sequence[UUID]) -> set[UUID]:
    """The accounts that these movements join, and those of the treasury orders whose money they moved."""
    found = await tx.scalars(
        text(
            """
            WITH RECURSIVE up AS (
              SELECT l.id, l.restores_lot_id, l.movement_id FROM funds.draw d
                JOIN funds.lot l ON l.county_code = :county AND l.id = d.from_lot_id
               WHERE d.county_code = :county AND d.movement_id = ANY(:moved)
              UNION
              SELECT l.id, l.restores_lot_id, l.movement_id FROM up
                JOIN funds.lot l ON l.county_code = :county AND l.id = up.restores_lot_id),
            moved AS MATERIALIZED (SELECT movement_id AS id FROM up UNION SELECT unnest(CAST(:moved AS uuid[]))),
            ordered AS (
              SELECT o.from_account_id, o.payee_account_id FROM moved m
                JOIN funds.treasury_order o ON o.county_code = :county AND o.movement_id = m.id
              UNION
              SELECT o.from_account_id, o.payee_account_id FROM moved m
                JOIN funds.order_result r ON r.county_code = :county AND r.movement_id = m.id
                JOIN funds.treasury_order o ON o.county_code = :county AND o.id = r.order_id)
            SELECT unnest(ARRAY[from_account_id, payee_account_id]) FROM ordered
            UNION
            SELECT unnest(ARRAY[m.from_account_id, m.to_account_id]) FROM funds.movement m
             WHERE m.county_code = :county AND m.id = ANY(:moved)
            """
        ),
        {"county": county, "moved": list(movements)},
    )
    return {one for one in found if one is not None}


async def keep_still(tx: AsyncSession, county: str, accounts: Sequence[UUID]) -> None:
    """Until the commit nobody changes a project that holds one of these accounts, or whose money one keeps back."""
    kept = (
        select(ProjectContractRow.project_id)
        .join(
            RetentionRow,
            (RetentionRow.county_code == county) & (RetentionRow.contract_id == ProjectContractRow.id),
        )
        .join(MovementRow, (MovementRow.county_code == county) & (MovementRow.id == RetentionRow.movement_id))
        .where(ProjectContractRow.county_code == county, MovementRow.to_account_id.in_(accounts))
    )
    query = (
        select(ProjectRow.id)
        .where(
            ProjectRow.county_code == county,
            or_(
                ProjectRow.cash_account_id.in_(accounts),
                ProjectRow.quota_account_id.in_(accounts),
                ProjectRow.id.in_(kept),
            ),
        )
        .order_by(ProjectRow.id)
    )
    await tx.execute(query.with_for_update(read=True))


async def kinds_paid_from(
    tx: AsyncSession, county: str, account: UUID, on: date, payees: Collection[UUID], contract: UUID | None
) -> Sequence[str]:
    """What the projects are on a day that hold the account, or for whose contracts with these payees it keeps money.

    With `contract`, for that one alone. Payees are accounts.
    """
    paid = select(AccountRow.unit_id).where(AccountRow.county_code == county, AccountRow.id.in_(payees))
    kept = (
        select(ProjectContractRow.project_id)
        .join(RetentionRow, (RetentionRow.county_code == county) & (RetentionRow.contract_id == ProjectContractRow.id))
        .join(MovementRow, (MovementRow.county_code == county) & (MovementRow.id == RetentionRow.movement_id))
        .where(
            ProjectContractRow.county_code == county,
            MovementRow.to_account_id == account,
            RetentionRow.contractor_id.in_(paid),
        )
    )
    if contract is not None:
        kept = kept.where(ProjectContractRow.id == contract)
    query = (
        select(ProjectVersionRow.kind)
        .join(
            ProjectRow,
            (ProjectRow.county_code == ProjectVersionRow.county_code) & (ProjectRow.id == ProjectVersionRow.project_id),
        )
        .where(
            ProjectRow.county_code == county,
            or_(
                ProjectRow.cash_account_id == account,
                ProjectRow.quota_account_id == account,
                ProjectRow.id.in_(kept),
            ),
            ProjectVersionRow.effective_on <= on,
        )
        .ext(distinct_on(ProjectRow.id))
        .order_by(ProjectRow.id, ProjectVersionRow.version.desc())
    )
    return (await tx.scalars(query)).all()


async def kinds(tx: AsyncSession, county: str, accounts: Sequence[UUID]) -> dict[UUID | None, str]:
    """The kind of those of these accounts that projects hold, in the library or not, and that are deposits (质保金)."""
    query = select(AccountRow.id, AccountRow.kind).where(
        AccountRow.county_code == county,
        AccountRow.id.in_(accounts),
        AccountRow.kind.in_([UnitKind.PROJECT_UNIT, UnitKind.RETENTION]),
    )
    return {row.id: row.kind for row in await tx.execute(query)}


async def meant(tx: AsyncSession, county: str, movements: Sequence[UUID]) -> dict[UUID, UUID]:
    """The unit that each written movement is for: whom a retention is kept for, of every other who got it."""
    query = (
        select(MovementRow.id, func.coalesce(RetentionRow.contractor_id, AccountRow.unit_id).label("unit_id"))
        .join(AccountRow, (AccountRow.county_code == county) & (AccountRow.id == MovementRow.to_account_id))
        .outerjoin(RetentionRow, (RetentionRow.county_code == county) & (RetentionRow.movement_id == MovementRow.id))
        .where(MovementRow.county_code == county, MovementRow.id.in_(movements))
    )
    return {row.id: row.unit_id for row in await tx.execute(query)}


async def whose_retentions(tx: AsyncSession, county: str, movements: Sequence[UUID]) -> Sequence[ProjectRow]:
    """The projects whose retentions these written movements drew or brought back, in id order; none changes before the
    commit.

    Whoever wrote them has kept all of them still, but for one that had its first retention put in since.
    """
    drawn = text(
        """
        SELECT c.project_id
          FROM funds.kept_for(:county, ARRAY(SELECT unnest(ARRAY[d.from_lot_id, d.to_lot_id]) FROM funds.draw d
                                              WHERE d.county_code = :county AND d.movement_id = ANY(:moved))) k
          JOIN funds.project_contract c ON c.county_code = :county AND c.id = k.contract_id
        """
    )
    found = (await tx.scalars(drawn, {"county": county, "moved": list(movements)})).all()
    query = (
        select(ProjectRow)
        .where(ProjectRow.county_code == county, ProjectRow.id.in_(found))
        .order_by(ProjectRow.id)
        .with_for_update(read=True)
    )
    return (await tx.scalars(query)).all()


async def insert_project(tx: AsyncSession, row: dict[str, Any]) -> bool:
    """Write a project, if its code is free in the county: whether it was."""
    free = postgresql.insert(ProjectRow).values(row).on_conflict_do_nothing(index_elements=["county_code", "code"])
    return (await tx.scalars(free.returning(ProjectRow.id))).one_or_none() is not None


async def change_project(tx: AsyncSession, row: ProjectRow, changes: dict[str, Any]) -> ProjectRow:
    query = (
        update(ProjectRow)
        .where(ProjectRow.county_code == row.county_code, ProjectRow.id == row.id)
        .values(changes)
        .returning(ProjectRow)
    )
    return (await tx.scalars(query, execution_options={"populate_existing": True})).one()


async def insert_version(
    tx: AsyncSession, version: dict[str, Any], sources: Sequence[dict[str, Any]], targets: Sequence[dict[str, Any]]
) -> None:
    await tx.execute(insert(ProjectVersionRow).values(version))
    await tx.execute(insert(ProjectSourceRow), list(sources))
    if targets:
        await tx.execute(insert(ProjectTargetRow), list(targets))


async def versions(tx: AsyncSession, county: str, project_id: UUID) -> Sequence[ProjectVersionRow]:
    query = (
        select(ProjectVersionRow)
        .where(ProjectVersionRow.county_code == county, ProjectVersionRow.project_id == project_id)
        .order_by(ProjectVersionRow.version)
        .execution_options(populate_existing=True)
    )
    return (await tx.scalars(query)).all()


async def sources(tx: AsyncSession, county: str, projects: Sequence[UUID]) -> Sequence[ProjectSourceRow]:
    """The planned sources of every version of these projects, by project, version and fund."""
    query = (
        select(ProjectSourceRow)
        .where(ProjectSourceRow.county_code == county, ProjectSourceRow.project_id.in_(projects))
        .order_by(ProjectSourceRow.project_id, ProjectSourceRow.version, ProjectSourceRow.fund_code)
    )
    return (await tx.scalars(query)).all()


async def targets(tx: AsyncSession, county: str, project_id: UUID) -> Sequence[ProjectTargetRow]:
    query = (
        select(ProjectTargetRow)
        .where(ProjectTargetRow.county_code == county, ProjectTargetRow.project_id == project_id)
        .order_by(ProjectTargetRow.version, ProjectTargetRow.code)
    )
    return (await tx.scalars(query)).all()


async def insert_step(tx: AsyncSession, row: dict[str, Any]) -> None:
    await tx.execute(insert(ProjectStepRow).values(row))


async def steps(tx: AsyncSession, county: str, project_id: UUID) -> Sequence[ProjectStepRow]:
    query = (
        select(ProjectStepRow)
        .where(ProjectStepRow.county_code == county, ProjectStepRow.project_id == project_id)
        .order_by(ProjectStepRow.seq)
    )
    return (await tx.scalars(query)).all()


async def stage_on(tx: AsyncSession, county: str, project_id: UUID, on: date) -> str | None:
    """Where the project stood at the end of a day; None before it was declared."""
    query = (
        select(ProjectStepRow.stage)
        .where(
            ProjectStepRow.county_code == county,
            ProjectStepRow.project_id == project_id,
            ProjectStepRow.effective_on <= on,
        )
        .order_by(ProjectStepRow.seq.desc())
        .limit(1)
    )
    return (await tx.scalars(query)).one_or_none()


async def plans(tx: AsyncSession, county: str, project_id: UUID) -> dict[date, dict[str, int]]:
    """What each fund is planned to bring, in fen, by the versions of the plan and the day each came in force."""
    query = (
        select(
            ProjectVersionRow.version,
            ProjectVersionRow.effective_on,
            ProjectSourceRow.fund_code,
            ProjectSourceRow.planned_fen,
        )
        .join(
            ProjectSourceRow,
            (ProjectSourceRow.county_code == county)
            & (ProjectSourceRow.project_id == ProjectVersionRow.project_id)
            & (ProjectSourceRow.version == ProjectVersionRow.version),
        )
        .where(
            ProjectVersionRow.county_code == county,
            ProjectVersionRow.project_id == project_id,
            ProjectVersionRow.effective_on.is_not(None),
        )
        .order_by(ProjectVersionRow.version)
    )
    found: dict[int, tuple[date, dict[str, int]]] = {}
    for row in await tx.execute(query):
        _, sources = found.setdefault(row.version, (row.effective_on, {}))
        sources[row.fund_code] = row.planned_fen
    return dict(found.values())  # of one day the last version


async def unconfirmed_assets_n(tx: AsyncSession, county: str, project_id: UUID) -> int:
    """How many assets of the project are there and wait for their title."""
    query = select(func.count()).where(
        AssetRow.county_code == county,
        AssetRow.project_id == project_id,
        AssetRow.confirmed_on.is_(None),
        AssetRow.disposed_on.is_(None),
    )
    return await tx.scalar(query) or 0


async def insert_objection(tx: AsyncSession, row: dict[str, Any]) -> None:
    await tx.execute(insert(ProjectObjectionRow).values(row))


async def objections(tx: AsyncSession, county: str, project_id: UUID) -> Sequence[ProjectObjectionRow]:
    query = (
        select(ProjectObjectionRow)
        .where(ProjectObjectionRow.county_code == county, ProjectObjectionRow.project_id == project_id)
        .order_by(ProjectObjectionRow.id)
        .execution_options(populate_existing=True)
    )
    return (await tx.scalars(query)).all()


async def close_objection(tx: AsyncSession, row: ProjectObjectionRow, changes: dict[str, Any]) -> None:
    await tx.execute(
        update(ProjectObjectionRow)
        .where(ProjectObjectionRow.county_code == row.county_code, ProjectObjectionRow.id == row.id)
        .values(changes)
    )


async def open_objections_n(tx: AsyncSession, county: str, project_id: UUID) -> int:
    query = select(func.count()).where(
        ProjectObjectionRow.county_code == county,
        ProjectObjectionRow.project_id == project_id,
        ProjectObjectionRow.closed_on.is_(None),
    )
    return await tx.scalar(query) or 0


async def page(
    tx: AsyncSession,
    who: Principal,
    county: str,
    window: Window,
    *,
    moment: Moment,
    region: str | None = None,
    year: int | None = None,
    stage: str | None = None,
    kind: str | None = None,
    project_id: UUID | None = None,
) -> Sequence[Row[Any]]:
    """Visible projects declared by a moment as they stood then, by id: the last step and the version in force."""
    after = window.key(UUID)
    found = await tx.execute(
        text(
            """
            SELECT p.id, p.county_code, p.region_code, p.code, v.name, v.kind, v.fiscal_year, v.version, v.planned_fen,
                   s.stage, s.effective_on AS stage_since
              FROM funds.project p
              CROSS JOIN LATERAL (SELECT stage, effective_on FROM funds.project_step
                WHERE county_code = :county AND project_id = p.id AND effective_on <= :as_of AND position <= :known
                ORDER BY seq DESC LIMIT 1) s
              CROSS JOIN LATERAL (SELECT * FROM funds.project_version
                WHERE county_code = :county AND project_id = p.id AND effective_on <= :as_of AND position <= :known
                  AND coalesce(approved_position, 0) <= :known
                ORDER BY version DESC LIMIT 1) v
             WHERE p.county_code = :county AND p.region_code >= :scope AND p.region_code < :scope || '~'
               AND (CAST(:id AS uuid) IS NULL OR p.id = :id)
               AND (CAST(:region AS text) IS NULL
                    OR (p.region_code >= :region AND p.region_code < CAST(:region AS text) || '~'))
               AND (CAST(:year AS smallint) IS NULL OR v.fiscal_year = :year)
               AND (CAST(:stage AS text) IS NULL OR s.stage = :stage)
               AND (CAST(:kind AS text) IS NULL OR v.kind = :kind)
               AND (CAST(:after AS uuid) IS NULL OR p.id > :after)
             ORDER BY p.id LIMIT :limit
            """
        ),
        {
            "county": county,
            "scope": who.region,
            "as_of": moment.as_of,
            "known": moment.position,
            "id": project_id,
            "region": region,
            "year": year,
            "stage": stage,
            "kind": kind,
            "after": after[0] if after else None,
            "limit": window.limit + 1,
        },
    )
    return found.all()
