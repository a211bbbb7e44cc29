"""People and clients as signing in needs them. Runs as the nation: nobody is known yet whose region could narrow it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.gateway.tables import ClientRow, PersonRow, RoleGrantRow


async def person_named(session: AsyncSession, username: str) -> PersonRow | None:
    return await session.scalar(select(PersonRow).where(PersonRow.username == username))


async def lock_person(session: AsyncSession, person: UUID) -> PersonRow:
    """The person as of now, locked until the transaction ends: failures count one after the other."""
    query = select(PersonRow).where(PersonRow.id == person).with_for_update()
    return (await session.scalars(query.execution_options(populate_existing=True))).one()


async def set_lock(session: AsyncSession, person: PersonRow, failures: int, locked_until: datetime | None) -> None:
    person.failures, person.locked_until = failures, locked_until
    await session.flush()


async def client_named(session: AsyncSession, client_id: str) -> ClientRow | None:
    return await session.scalar(select(ClientRow).where(ClientRow.id == client_id))


async def roles(session: AsyncSession, *, person: UUID | None = None, client: str | None = None) -> Sequence[str]:
    """The roles of one person or one client, sorted."""
    holder = RoleGrantRow.person_id == person if person is not None else RoleGrantRow.client_id == client
    return (await session.scalars(select(RoleGrantRow.role).where(holder).order_by(RoleGrantRow.role))).all()
