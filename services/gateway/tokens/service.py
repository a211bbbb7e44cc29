"""Settling a sign-in once the password was checked, and what an access token says. Never sees a password."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from chassis.ids import new_id
from chassis.journal import record_alone
from services.gateway.access import PEOPLES_CLIENT, stream_of
from services.gateway.events import ClientSignedIn, SignedIn, SignInFailed
from services.gateway.tables import ClientRow
from services.gateway.tokens import store

ACCESS_SECONDS: Final = 900
AUDIENCE: Final = "qingliu-api"
# Practice, not law (GB/T 22239-2019 8.1.4.1 asks for "limited illegal sign-ins" without a number).
FAILURES_ALLOWED: Final = 5
LOCKED_FOR: Final = timedelta(minutes=15)


class SignInRefused(Exception):
    """The one answer to an unknown name, a wrong password, a wrong secret and a locked person alike."""

    def __str__(self) -> str:
        return "用户名或密码不正确，或账号因多次失败被暂时锁定"


@dataclass(frozen=True, slots=True)
class Known:
    """Who signed in, as the token will say it."""

    subject: str
    client_id: str
    name: str
    roles: tuple[str, ...]
    region: str
    unit: str | None


@dataclass(frozen=True, slots=True)
class Door:
    """How a person's door stands after an attempt: `opens` for this one, or what to remember."""

    opens: bool
    failures: int
    locked_until: datetime | None
    counted: bool


def knock(failures: int, locked_until: datetime | None, *, right: bool, now: datetime) -> Door:
    """Five wrong passwords in a row close the door for 15 minutes, for the right password too; a right one starts anew.

    Attempts at a closed door are not counted, so that nobody can keep it closed from outside for ever.
    """
    if locked_until is not None and now < locked_until:
        return Door(opens=False, failures=failures, locked_until=locked_until, counted=False)
    if right:
        return Door(opens=True, failures=0, locked_until=None, counted=True)
    if failures + 1 < FAILURES_ALLOWED:
        return Door(opens=False, failures=failures + 1, locked_until=None, counted=True)
    return Door(opens=False, failures=0, locked_until=now + LOCKED_FOR, counted=True)


async def settle(tx: AsyncSession, person_id: UUID, checked_hash: str, *, right: bool, now: datetime) -> Known | None:
    """Count and journal the attempt; the person if the door opens. `checked_hash`: what the password met."""
    person = await store.lock_person(tx, person_id)
    right = right and person.password_hash == checked_hash  # changed meanwhile: the old one no longer counts
    roles = await store.roles(tx, person=person.id)

    door = knock(person.failures, person.locked_until, right=right, now=now)

    if door.counted:
        await store.set_lock(tx, person, door.failures, door.locked_until)
        fact = (
            SignedIn(person_id=person.id)
            if door.opens
            else SignInFailed(
                person_id=person.id, failures=door.failures or FAILURES_ALLOWED, locked_until=door.locked_until
            )
        )
        actor = f"{PEOPLES_CLIENT}/{person.username}" if door.opens else "anonymous"
        await record_alone(tx, "identity", stream_of(person.region), fact, actor, new_id())
    if not door.opens:
        return None
    return Known(person.username, PEOPLES_CLIENT, person.name, tuple(roles), person.region, person.unit)


async def admit_client(tx: AsyncSession, client: ClientRow) -> Known:
    """Journal that `client` fetched a token, and say what it may do."""
    roles = await store.roles(tx, client=client.id)
    fact = ClientSignedIn(client_id=client.id)
    await record_alone(tx, "identity", stream_of(client.region), fact, f"{client.id}/{client.id}", new_id())
    return Known(client.id, client.id, client.name, tuple(roles), client.region, client.unit)


def access_claims(known: Known, now: int) -> dict[str, Any]:
    """What an access token says about `known` (RFC 9068), from `now` (seconds since 1970) for 15 minutes."""
    return {
        "aud": AUDIENCE,
        "sub": known.subject,
        "client_id": known.client_id,
        "jti": str(new_id()),
        "iat": now,
        "nbf": now,
        "exp": now + ACCESS_SECONDS,
        "roles": list(known.roles),
        "region": known.region,
        "unit": known.unit,
    }
