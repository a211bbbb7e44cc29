"""Shapes of people, clients and grants on the wire. A password or secret passes once and is never shown again."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Final, Self
from uuid import UUID

from pydantic import AfterValidator, Field, SecretStr, StringConstraints, model_validator

from chassis.fields import Answer, Body, Line, RegionCode
from chassis.pages import Page
from services.gateway.access import Role

OWN: Final = "qingliu-"


def _not_of_ours(name: str) -> str:
    """Refuse a name such as our own processes have: row-level security knows the sealer by its name."""
    if name.startswith(OWN):
        msg = f"以 {OWN} 开头的名称留给系统自己的进程"
        raise ValueError(msg)
    return name


Username = Annotated[
    str, StringConstraints(strict=True, pattern=r"^[a-z][a-z0-9._-]{2,39}$"), AfterValidator(_not_of_ours)
]
UnitName = Annotated[Line, StringConstraints(max_length=64)]


def _typable(password: SecretStr) -> SecretStr:
    """Refuse what no keyboard types and no hash takes: control characters and lone surrogates."""
    if any(ord(c) < 32 or 0xD800 <= ord(c) <= 0xDFFF for c in password.get_secret_value()):  # noqa: PLR2004 - code points
        msg = "密码不得包含控制字符"
        raise ValueError(msg)
    return password


GivenPassword = Annotated[SecretStr, Field(min_length=1, max_length=128), AfterValidator(_typable)]
NewPassword = Annotated[
    SecretStr,
    Field(min_length=12, max_length=128, description="12–128 个字符，不得包含用户名"),
    AfterValidator(_typable),
]


class PersonRequest(Body):
    """A person who may sign in. `region` is the place of work; every role will be held there."""

    username: Username
    password: NewPassword
    name: Line
    region: RegionCode
    unit: UnitName | None = None

    @model_validator(mode="after")
    def _password_is_not_the_name(self) -> Self:
        password = self.password.get_secret_value()
        if self.username in password.lower():
            msg = "密码不得包含用户名"
            raise ValueError(msg)
        return self


class Person(Answer):
    id: UUID
    username: str
    name: str
    region: str
    unit: str | None
    roles: list[Role]
    locked_until: datetime | None = None


class PersonPage(Page):
    items: list[Person]


class ClientRequest(Body):
    """A bank's system that may fetch tokens."""

    client_id: Username
    name: Line
    region: RegionCode
    unit: UnitName | None = None


class Client(Answer):
    client_id: str
    name: str
    region: str
    unit: str | None
    roles: list[Role]


class ClientPage(Page):
    items: list[Client]


class NewClient(Client):
    client_secret: str | None = Field(description="只显示这一次；用同一个键重试时为 null，请另建客户端")


class GrantRequest(Body):
    """A role for one person (`username`) or one client (`client_id`), in the place where the holder works."""

    username: Username | None = None
    client_id: Username | None = None
    role: Role
    region: RegionCode
    unit: UnitName | None = None

    @model_validator(mode="after")
    def _one_holder(self) -> Self:
        if (self.username is None) == (self.client_id is None):
            msg = "username 与 client_id 必须且只能填写一个"
            raise ValueError(msg)
        return self


class Grant(Answer):
    id: UUID
    username: str | None
    client_id: str | None
    role: Role
    region: str
    unit: str | None


class Entry(Answer):
    """One act in the gateway's journal; `hash` (hex) covers it and all before it in its stream."""

    stream: str
    position: int
    id: UUID
    kind: str
    body: dict[str, Any]
    actor: str
    request_id: str
    recorded_at: datetime
    hash: str


class EntryPage(Page):
    items: list[Entry]


class FirstPerson(PersonRequest):
    """A person of the first start, with roles, since nobody is there yet to grant them."""

    roles: list[Role] = Field(min_length=1)
