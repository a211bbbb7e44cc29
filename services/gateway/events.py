"""Events of the gateway's own journal. The class name is the kind; bodies name people by id and hold no secret.

They cross no process (nobody follows this journal but the audit administrator, through the gateway itself), so they are
not in `wire`.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict


class _Fact(BaseModel):
    model_config = ConfigDict(frozen=True)


class PersonEntered(_Fact):
    person_id: UUID
    region: str


class ClientEntered(_Fact):
    client_id: str
    region: str


class RoleGranted(_Fact):
    grant_id: UUID
    person_id: UUID | None
    client_id: str | None
    role: str
    region: str


class SignedIn(_Fact):
    """A person signed in with the right password."""

    person_id: UUID


class SignInFailed(_Fact):
    """A wrong password for a known person; `locked_until` is set when this one closed the door for a while."""

    person_id: UUID
    failures: int
    locked_until: datetime | None


class ClientSignedIn(_Fact):
    client_id: str
