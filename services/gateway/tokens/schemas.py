"""Shapes of signing in."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from chassis.fields import Answer, Body, Line
from services.gateway.identities.schemas import GivenPassword


class LoginRequest(Body):
    username: Annotated[Line, StringConstraints(max_length=64)]
    password: GivenPassword


class AccessToken(Answer):
    """RFC 6749 §5.1: what a client gets for its secret."""

    access_token: str
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105 - the name of a scheme
    expires_in: int = Field(description="秒")


class SignedInPerson(AccessToken):
    """What a person gets: the token, and what it says, so that a page need not take it apart."""

    name: str
    roles: list[str]
    region: str
    unit: str | None


class OAuthError(Answer):
    """RFC 6749 §5.2; `error_uri` leads to the section of our own problem list."""

    error: str
    error_description: str
    error_uri: str


class KeySet(Answer):
    """RFC 7517: the public keys that access tokens are signed with."""

    keys: list[dict[str, Any]]
