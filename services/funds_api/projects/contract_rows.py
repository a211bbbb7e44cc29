"""Contracts and progress reports in SQL."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from services.funds_api.tables import ProjectContractRow, ProjectProgressRow, UnitRow


async def unit_kind(tx: AsyncSession, county: str, unit_id: UUID) -> str | None:
    query = select(UnitRow.kind).where(UnitRow.county_code == county, UnitRow.id == unit_id)
    return (await tx.scalars(query)).one_or_none()


async def insert_contract(tx: AsyncSession, row: dict[str, Any]) -> None:
    await tx.execute(insert(ProjectContractRow).values(row))


async def contracts(tx: AsyncSession, county: str, projects: Sequence[UUID]) -> Sequence[ProjectContractRow]:
    """The contracts of these projects, in the order of signing."""
    query = (
        select(ProjectContractRow)
        .where(ProjectContractRow.county_code == county, ProjectContractRow.project_id.in_(projects))
        .order_by(ProjectContractRow.signed_on, ProjectContractRow.id)
    )
    return (await tx.scalars(query)).all()


async def cancel_contract(tx: AsyncSession, row: ProjectContractRow, changes: dict[str, Any]) -> ProjectContractRow:
    query = (
        update(ProjectContractRow)
        .where(ProjectContractRow.county_code == row.county_code, ProjectContractRow.id == row.id)
        .values(changes)
        .returning(ProjectContractRow)
    )
    return (await tx.scalars(query, execution_options={"populate_existing": True})).one()


async def insert_progress(tx: AsyncSession, row: dict[str, Any]) -> None:
    await tx.execute(insert(ProjectProgressRow).values(row))


async def progress(tx: AsyncSession, county: str, contracts: Sequence[UUID]) -> Sequence[ProjectProgressRow]:
    """The reports on these contracts, in the order of recording."""
    query = (
        select(ProjectProgressRow)
        .where(ProjectProgressRow.county_code == county, ProjectProgressRow.contract_id.in_(contracts))
        .order_by(ProjectProgressRow.id)
        .execution_options(populate_existing=True)
    )
    return (await tx.scalars(query)).all()


async def accept_progress(tx: AsyncSession, row: ProjectProgressRow, changes: dict[str, Any]) -> None:
    await tx.execute(
        update(ProjectProgressRow)
        .where(ProjectProgressRow.county_code == row.county_code, ProjectProgressRow.id == row.id)
        .values(changes)
    )
