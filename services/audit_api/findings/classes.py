"""Classes of findings F01–F18 (domain: assumed codes), by the day from which each edition holds."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.audit_api.findings.schemas import FindingClass
from services.audit_api.tables import FindingClassRow


def in_force(rows: Iterable[FindingClassRow], on: date) -> dict[str, FindingClassRow]:
    """The edition of each class that holds on a day."""
    held: dict[str, FindingClassRow] = {}
    for row in sorted(rows, key=lambda one: (one.code, one.valid_from)):
        if row.valid_from <= on:
            held[row.code] = row
    return held


async def every(session: AsyncSession) -> Sequence[FindingClassRow]:
    return (await session.scalars(select(FindingClassRow))).all()


async def listed(session: AsyncSession, on: date) -> list[FindingClass]:
    """The classes that hold on a day, by code."""
    return [
        FindingClass.model_validate(row, from_attributes=True) for row in in_force(await every(session), on).values()
    ]
