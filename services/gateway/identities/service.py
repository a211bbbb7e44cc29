"""Entering people and clients, granting roles, and the people of the first start."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from chassis.identity import Principal
from chassis.ids import new_id
from chassis.journal import Act, record_alone
from services.gateway import passwords
from services.gateway.access import ADMINISTRATORS, NATION, PEOPLES_CLIENT, Role, must_hold, stream_of
from services.gateway.events import ClientEntered, PersonEntered, RoleGranted
from services.gateway.identities import store
from services.gateway.identities.schemas import (
    Client,
    ClientRequest,
    FirstPerson,
    Grant,
    GrantRequest,
    NewClient,
    Person,
    PersonRequest,
)
from services.gateway.tables import ClientRow, PersonRow

FIRST_START: Final = Principal("first-start", "gateway", frozenset(), NATION, None, "first-start")


@dataclass(eq=False)
class NameTaken(Exception):
    """Somebody, perhaps in another region, has this username or client id; they are never given twice."""

    name: str

    def __str__(self) -> str:
        return f"名称 {self.name} 已被使用"


@dataclass(eq=False)
class HolderMissing(Exception):
    """Nobody of that name is there, or none the caller may see."""

    name: str

    def __str__(self) -> str:
        return f"没有找到 {self.name}"


@dataclass(eq=False)
class RoleAlreadyHeld(Exception):
    role: str

    def __str__(self) -> str:
        return f"对方已有角色 {self.role}"


@dataclass(eq=False)
class GrantElsewhere(Exception):
    """A role was to be held in another place or unit than the holder's own."""

    asked: str
    own: str

    def __str__(self) -> str:
        return f"授权地点或单位（{self.asked}）与对方登记的（{self.own}）不一致"


@dataclass(eq=False)
class PowersKeptApart(Exception):
    """The role may not stand beside those held: a second administrator's, or administration beside business."""

    role: str
    held: list[str]

    def __str__(self) -> str:
        return f"角色 {self.role} 不得与已有角色（{'、'.join(self.held) or '无'}）由同一主体持有"


@dataclass(eq=False)
class GrantToOneself(Exception):
    def __str__(self) -> str:
        return "不得为自己授权"


def may_stand_beside(role: Role, held: Sequence[str]) -> bool:
    """Whether `role` may join `held`: no second administrator's role, and no administration beside business."""
    if not held:
        return True
    return role not in ADMINISTRATORS and not ADMINISTRATORS.intersection(held)


async def enter_person(
    tx: AsyncSession, who: Principal, act: Act, request: PersonRequest, password_hash: str
) -> Person:
    """Enter somebody who may sign in from now on and may do nothing until a role is granted."""
    must_hold(who, request.region)
    await act.claim(tx, stream_of(request.region))

    person = Person(
        id=new_id(), username=request.username, name=request.name, region=request.region, unit=request.unit, roles=[]
    )

    if not await store.enter_person(tx, _person_values(person, password_hash)):
        raise NameTaken(request.username)
    fact = PersonEntered(person_id=person.id, region=person.region)
    await act.record(tx, stream_of(person.region), fact, person)
    return person


async def enter_client(tx: AsyncSession, who: Principal, act: Act, request: ClientRequest) -> NewClient:
    """Enter a client; its secret is in this answer and, hashed, in the database, and nowhere else ever again."""
    must_hold(who, request.region)
    if request.client_id == PEOPLES_CLIENT:
        raise NameTaken(request.client_id)
    await act.claim(tx, stream_of(request.region))

    secret = passwords.new_secret()
    client = Client(client_id=request.client_id, name=request.name, region=request.region, unit=request.unit, roles=[])

    values = client.model_dump(include={"name", "region", "unit"})
    digest = passwords.secret_digest(secret)
    if not await store.enter_client(tx, {"id": client.client_id, "secret_sha256": digest, **values}):
        raise NameTaken(client.client_id)
    fact = ClientEntered(client_id=client.client_id, region=client.region)
    replayed = NewClient(**client.model_dump(), client_secret=None)
    await act.record(tx, stream_of(client.region), fact, replayed)
    return NewClient(**client.model_dump(), client_secret=secret)


async def grant_role(tx: AsyncSession, who: Principal, act: Act, request: GrantRequest) -> Grant:
    """Let a person or client hold a role in its own place, unless that joins powers that must stay apart."""
    must_hold(who, request.region)
    if request.username is not None and request.username == who.subject:
        raise GrantToOneself
    await act.claim(tx, stream_of(request.region))
    holder = await _holder(tx, who, request)
    person = holder if isinstance(holder, PersonRow) else None
    client = holder if isinstance(holder, ClientRow) else None
    held = [
        one.role
        for one in await store.roles_of(tx, person=person.id if person else None, client=client.id if client else None)
    ]

    if (request.region, request.unit or holder.unit) != (holder.region, holder.unit):
        raise GrantElsewhere(_place(request.region, request.unit or holder.unit), _place(holder.region, holder.unit))
    if request.role in held:
        raise RoleAlreadyHeld(request.role)
    if (request.role is Role.BANK) != (client is not None) or not may_stand_beside(request.role, held):
        raise PowersKeptApart(request.role, held)

    grant = Grant(
        id=new_id(),
        username=request.username,
        client_id=request.client_id,
        role=request.role,
        region=holder.region,
        unit=holder.unit,
    )
    fact = await _grant(tx, grant, person, who.subject)
    await act.record(tx, stream_of(grant.region), fact, grant)
    return grant


async def enter_first_people(tx: AsyncSession, people: Sequence[FirstPerson], hashes: Sequence[str]) -> int:
    """Enter `people` with their roles if nobody is known yet; how many were entered."""
    if not await store.hold_the_first_start(tx):
        return 0
    for one, password_hash in zip(people, hashes, strict=True):
        person = Person(
            id=new_id(), username=one.username, name=one.name, region=one.region, unit=one.unit, roles=one.roles
        )
        stream = stream_of(person.region)
        if not await store.enter_person(tx, _person_values(person, password_hash)):
            raise NameTaken(one.username)
        fact = PersonEntered(person_id=person.id, region=person.region)
        await record_alone(tx, "identity", stream, fact, FIRST_START.subject, person.id)
        row = await store.lock_person(tx, FIRST_START, one.username)
        for number, role in enumerate(one.roles):
            if role is Role.BANK or not may_stand_beside(role, one.roles[:number]):
                raise PowersKeptApart(role, list(one.roles[:number]))
            grant = Grant(
                id=new_id(), username=one.username, client_id=None, role=role, region=one.region, unit=one.unit
            )
            granted = await _grant(tx, grant, row, FIRST_START.subject)
            await record_alone(tx, "identity", stream, granted, FIRST_START.subject, grant.id)
    return len(people)


def _person_values(person: Person, password_hash: str) -> dict[str, object]:
    shown = person.model_dump(include={"id", "username", "name", "region", "unit"})
    return {**shown, "password_hash": password_hash}


def _place(region: str, unit: str | None) -> str:
    return f"{region} {unit}" if unit else region


async def _holder(tx: AsyncSession, who: Principal, request: GrantRequest) -> PersonRow | ClientRow:
    found: PersonRow | ClientRow | None
    if request.username is not None:
        found = await store.lock_person(tx, who, request.username)
    else:
        found = await store.find_client(tx, who, request.client_id or "")
    if found is None:
        raise HolderMissing(request.username or request.client_id or "")
    return found


async def _grant(tx: AsyncSession, grant: Grant, person: PersonRow | None, granted_by: str) -> RoleGranted:
    if person is not None and person.administers is None:
        await store.take_side(tx, person, administers=grant.role in ADMINISTRATORS)
    fact = RoleGranted(
        grant_id=grant.id,
        person_id=person.id if person else None,
        client_id=grant.client_id,
        role=grant.role,
        region=grant.region,
    )
    values = {"id": grant.id, "granted_by": granted_by, **fact.model_dump(exclude={"grant_id"})}
    await store.grant(tx, values)
    return fact
