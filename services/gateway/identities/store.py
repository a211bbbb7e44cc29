"""People, clients, grants and the journal in SQL."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import func, insert, select, text, tuple_
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.identity import Principal
from chassis.pages import Window, whole
from services.gateway.access import visible_to
from services.gateway.tables import ClientRow, EventRow, PersonRow, RoleGrantRow


async def hold_the_first_start(session: AsyncSession) -> bool:
    """Let one process at a time look; whether nobody is known yet. Held until the transaction ends."""
    await session.execute(text("SELECT pg_advisory_xact_lock(hashtext('identity.first_people'))"))
    return not await session.scalar(select(func.count()).select_from(PersonRow))


async def enter_person(session: AsyncSession, values: dict[str, Any]) -> bool:
    """Whether the person was entered; a username that anybody has, seen or unseen, is left as it is."""
    query = upsert(PersonRow).values(values).on_conflict_do_nothing().returning(PersonRow.id)
    return await session.scalar(query) is not None


async def enter_client(session: AsyncSession, values: dict[str, Any]) -> bool:
    """Whether the client was entered; a client id that is taken is left as it is."""
    query = upsert(ClientRow).values(values).on_conflict_do_nothing().returning(ClientRow.id)
    return await session.scalar(query) is not None


async def lock_person(session: AsyncSession, who: Principal, username: str) -> PersonRow | None:
    """The visible person of that name, locked: two grants to one person wait for each other."""
    query = select(PersonRow).where(PersonRow.username == username, visible_to(who, PersonRow.region))
    return await session.scalar(query.with_for_update())


async def find_client(session: AsyncSession, who: Principal, client_id: str) -> ClientRow | None:
    query = select(ClientRow).where(ClientRow.id == client_id, visible_to(who, ClientRow.region))
    return await session.scalar(query)


async def roles_of(
    session: AsyncSession, *, person: UUID | None = None, client: str | None = None
) -> Sequence[RoleGrantRow]:
    """The grants of one person or one client, by role."""
    holder = RoleGrantRow.person_id == person if person is not None else RoleGrantRow.client_id == client
    return (await session.scalars(select(RoleGrantRow).where(holder).order_by(RoleGrantRow.role))).all()


async def take_side(session: AsyncSession, person: PersonRow, *, administers: bool) -> None:
    """Say for good on which side a person is: administration or business."""
    person.administers = administers
    await session.flush()


async def grant(session: AsyncSession, values: dict[str, Any]) -> None:
    await session.execute(insert(RoleGrantRow).values(values))


async def people(session: AsyncSession, who: Principal, window: Window) -> list[tuple[PersonRow, list[str]]]:
    """Visible people by id with their roles, one more than the page holds."""
    roles = (
        select(func.array_agg(aggregate_order_by(RoleGrantRow.role, RoleGrantRow.role)))
        .where(RoleGrantRow.person_id == PersonRow.id)
        .scalar_subquery()
    )
    query = (
        select(PersonRow, roles).where(visible_to(who, PersonRow.region)).order_by(PersonRow.id).limit(window.limit + 1)
    )
    if after := window.key(UUID):
        query = query.where(PersonRow.id > after[0])
    return [(row[0], row[1] or []) for row in await session.execute(query)]


async def clients(session: AsyncSession, who: Principal, window: Window) -> list[tuple[ClientRow, list[str]]]:
    """Visible clients by id with their roles, one more than the page holds."""
    roles = (
        select(func.array_agg(aggregate_order_by(RoleGrantRow.role, RoleGrantRow.role)))
        .where(RoleGrantRow.client_id == ClientRow.id)
        .scalar_subquery()
    )
    query = (
        select(ClientRow, roles).where(visible_to(who, ClientRow.region)).order_by(ClientRow.id).limit(window.limit + 1)
    )
    if after := window.key(str):
        query = query.where(ClientRow.id > after[0])
    return [(row[0], row[1] or []) for row in await session.execute(query)]


async def events(session: AsyncSession, who: Principal, window: Window) -> Sequence[EventRow]:
    """The visible journal by stream and position, one more than the page holds."""
    query = (
        select(EventRow)
        .where(visible_to(who, EventRow.stream))
        .order_by(EventRow.stream, EventRow.position)
        .limit(window.limit + 1)
    )
    if after := window.key(str, whole):
        query = query.where(tuple_(EventRow.stream, EventRow.position) > tuple_(*after))
    return (await session.scalars(query)).all()
