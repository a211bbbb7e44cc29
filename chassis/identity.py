"""Who is calling: tokens are verified here, once and the same way for every service, and permissions asked for.

The only file that knows python-jose. Alone that library accepts a token without `aud` or `exp`, any `typ`, several
spellings of one signature, and fails outside its own error class; so the shape of a token is checked before it is
parsed, the key named by `kid` fixes the algorithm (ES256), and every claim is checked here. Whatever is wrong with a
token, the caller learns one thing: it is not accepted.
"""

from __future__ import annotations

import base64
import json
import re
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any, Final

from fastapi import Depends, Request
from jose import jwk, jws

from chassis import clock

ALGORITHM: Final = "ES256"
MAX_TOKEN_BYTES: Final = 4096
MAX_HEADER_BYTES: Final = 512
MAX_LIFE_SECONDS: Final = 900
LEEWAY_SECONDS: Final = 5
REMEMBERED: Final = 10_000
_SEGMENT: Final = re.compile(r"[A-Za-z0-9_-]+\Z")
_HEADER_FIELDS: Final = frozenset({"alg", "typ", "kid"})
_SIGNATURE_BYTES: Final = 64


class TokenRefused(Exception):
    """The one answer to every bad token. `args` tell a test why; a client never sees it."""

    def __str__(self) -> str:
        return "未登录，或登录凭证无效、已过期"


class Forbidden(Exception):
    """The caller is known and may not do this: `act` says what it is as the route says it, `permission` is its code."""

    def __init__(self, permission: str, act: str | None = None) -> None:
        super().__init__(permission)
        self.permission, self.act = permission, act

    def __str__(self) -> str:
        if self.act is None:
            return f"当前账号没有权限：{self.permission}"
        return f"当前账号没有权限办理“{self.act}”（{self.permission}）"

    def figures(self) -> dict[str, str]:
        return {"permission": self.permission}


@dataclass(frozen=True, slots=True)
class VerifyKey:
    """A public key: who may sign with it (`issuer`), which kind of token (`typ`), and jose's prepared key object."""

    kid: str
    issuer: str
    typ: str
    key: Any
    max_life_seconds: int = MAX_LIFE_SECONDS


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A private key with the name verifiers know it by. Built once: jose re-checks a PEM on every call."""

    kid: str
    issuer: str
    typ: str
    key: Any

    @classmethod
    def from_jwk(cls, private: Mapping[str, str], issuer: str, typ: str) -> SigningKey:
        return cls(str(private["kid"]), issuer, typ, jwk.construct(dict(private), ALGORITHM))


class KeyRing:
    """The public keys a verifier knows, by `kid`. An unknown or wrong key is refused like any other bad token."""

    def __init__(self, keys: list[VerifyKey]) -> None:
        self._keys = {key.kid: key for key in keys}

    @classmethod
    def from_jwks(cls, document: str | Mapping[str, Any], *, max_life_seconds: int = MAX_LIFE_SECONDS) -> KeyRing:
        """A key set whose entries carry, beside the public key, `iss` and `token_typ`: who signs what with it."""
        parsed: Mapping[str, Any] = json.loads(document) if isinstance(document, str) else document
        return cls(
            [
                VerifyKey(
                    one["kid"],
                    one["iss"],
                    one["token_typ"],
                    jwk.construct(public_part(one), ALGORITHM),
                    max_life_seconds,
                )
                for one in parsed["keys"]
            ]
        )

    def __getitem__(self, kid: str) -> VerifyKey:
        return self._keys[kid]


def public_part(key: Mapping[str, str]) -> dict[str, str]:
    """The public members of an EC key."""
    return {name: key[name] for name in ("kty", "crv", "x", "y")}


@dataclass(frozen=True, slots=True)
class Principal:
    """The caller: a person, a client (bank) or a service, with roles, and the region whose subtree may be seen.

    `permissions` is filled by the service from its own table; the token carries roles only. `expires_at` (seconds since
    1970) is when the token ends; `issuer` is whose key signed it.
    """

    subject: str
    client_id: str
    roles: frozenset[str]
    region: str
    unit: str | None
    token_id: str
    permissions: frozenset[str] = frozenset()
    expires_at: int = 0
    issuer: str = ""


def _canonical(segment: str) -> bytes:
    if not _SEGMENT.match(segment):
        msg = "alphabet"
        raise TokenRefused(msg)
    raw = base64.urlsafe_b64decode(segment + "=" * (-len(segment) % 4))
    if base64.urlsafe_b64encode(raw).rstrip(b"=").decode() != segment:
        msg = "not canonical base64url"
        raise TokenRefused(msg)
    return raw


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    read = dict(pairs)
    if len(read) != len(pairs):
        msg = "a key twice"
        raise TokenRefused(msg)
    return read


def _object(raw: bytes) -> dict[str, Any]:
    read = json.loads(raw.decode("utf-8"), object_pairs_hook=_once)  # bytes would be taken as UTF-16 or -32 too
    if not isinstance(read, dict):
        msg = "not an object"
        raise TokenRefused(msg)
    return read


def _whole(claims: Mapping[str, Any], name: str) -> int:
    value = claims.get(name)
    if type(value) is not int:  # a bool or a string is not a time
        raise TokenRefused(name)
    return value


def _text(claims: Mapping[str, Any], name: str) -> str:
    value = claims.get(name)
    if not isinstance(value, str) or not value:
        raise TokenRefused(name)
    return value


def _verify(token: str, ring: KeyRing, audience: str, now: int) -> Principal:
    if len(token) > MAX_TOKEN_BYTES or not token.isascii() or token.count(".") != 2:  # noqa: PLR2004 - JWS compact
        msg = "shape"
        raise TokenRefused(msg)
    head, body, signature = token.split(".")
    raw_header = _canonical(head)
    if len(raw_header) > MAX_HEADER_BYTES or len(_canonical(signature)) != _SIGNATURE_BYTES:
        msg = "size"
        raise TokenRefused(msg)
    header = _object(raw_header)
    if set(header) != _HEADER_FIELDS or header["alg"] != ALGORITHM:
        msg = "header"
        raise TokenRefused(msg)
    key = ring[_text(header, "kid")]
    if header["typ"] != key.typ:
        msg = "typ"
        raise TokenRefused(msg)
    jws.verify(token, key.key, [ALGORITHM])
    claims = _object(_canonical(body))
    issued, expires, not_before = _whole(claims, "iat"), _whole(claims, "exp"), _whole(claims, "nbf")
    if claims.get("iss") != key.issuer or claims.get("aud") != audience:
        msg = "iss or aud"
        raise TokenRefused(msg)
    if not (issued - LEEWAY_SECONDS <= now and not_before - LEEWAY_SECONDS <= now < expires):
        msg = "time"
        raise TokenRefused(msg)
    if not 0 < expires - issued <= key.max_life_seconds:
        msg = "life"
        raise TokenRefused(msg)
    roles, unit = claims.get("roles"), claims.get("unit")
    if not isinstance(roles, list) or not all(isinstance(role, str) for role in roles):
        msg = "roles"
        raise TokenRefused(msg)
    if unit is not None and not isinstance(unit, str):
        msg = "unit"
        raise TokenRefused(msg)
    return Principal(
        subject=_text(claims, "sub"),
        client_id=_text(claims, "client_id"),
        roles=frozenset(roles),
        region=_text(claims, "region"),
        unit=unit,
        token_id=_text(claims, "jti"),
        expires_at=expires,
        issuer=key.issuer,
    )


def verify(token: str, ring: KeyRing, *, audience: str, now: int | None = None) -> Principal:
    """The principal a token speaks for, or `TokenRefused`, whatever is wrong with it. `now` is seconds since 1970."""
    try:
        return _verify(token, ring, audience, int(clock.now().timestamp()) if now is None else now)
    except TokenRefused:
        raise
    except Exception as error:  # python-jose raises TypeError, OverflowError, RecursionError … for hostile tokens
        raise TokenRefused(type(error).__name__) from error


class Verifier:
    """Verifies the tokens of one service, each signature once. One per process; not for several threads.

    A verified caller is remembered under the token's SHA-256 until the token ends, which is a minute for internal
    ones: a revoked right lives on no longer than the token itself did before. A refused token is not remembered.
    """

    def __init__(
        self,
        ring: KeyRing,
        audience: str,
        rights: Mapping[str, frozenset[str]],
        machines: Mapping[str, frozenset[str]] | None = None,
    ) -> None:
        self._ring = ring
        self._audience = audience
        self._rights = rights
        self._machines = machines or {}
        self._theirs = frozenset[str]().union(*self._machines.values())
        self._known: OrderedDict[bytes, Principal] = OrderedDict()

    def principal(self, token: str, now: int) -> Principal:
        """The caller, with the permissions this service gives to the roles in the token, or `TokenRefused`."""
        digest = sha256(token.encode("utf-8", "surrogatepass")).digest()
        known = self._known.get(digest)
        if known is not None and now < known.expires_at:
            self._known.move_to_end(digest)
            return known
        plain = verify(token, self._ring, audience=self._audience, now=now)
        self._must_be_given(plain)
        granted = frozenset[str]().union(*(self._rights.get(role, frozenset()) for role in plain.roles))
        found = replace(plain, permissions=granted)
        self._known[digest] = found
        self._known.move_to_end(digest)
        if len(self._known) > REMEMBERED:
            self._known.popitem(last=False)
        return found

    def _must_be_given(self, who: Principal) -> None:
        """Refuse roles that whose key it is may not give: a machine gives its own alone, nobody else gives those."""
        own = self._machines.get(who.issuer)
        if (who.roles & self._theirs) if own is None else (who.roles - own):
            msg = "a role of another key"
            raise TokenRefused(msg)


def sign(key: SigningKey, claims: Mapping[str, Any]) -> str:
    """A compact JWS over `claims` as they are; the caller sets every claim but `iss`, which is the key's."""
    signed: str = jws.sign(
        {**claims, "iss": key.issuer}, key.key, headers={"kid": key.kid, "typ": key.typ}, algorithm=ALGORITHM
    )
    return signed


async def current_principal(request: Request) -> Principal:
    """The verified caller of this request, with the permissions this service gives to the roles in the token.

    A coroutine, as every dependency here that waits for nothing: a plain function FastAPI would send to a thread.
    Other dependencies call it themselves, since each `Depends` on it would be solved anew before its result is used.
    """
    found: Principal | None = getattr(request.state, "principal", None)
    if found is not None:
        return found
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        msg = "no bearer token"
        raise TokenRefused(msg)
    verifier: Verifier = request.app.state.verifier
    found = verifier.principal(token, int(clock.now().timestamp()))
    request.state.principal = found
    return found


def can(permission: str) -> Any:
    """A dependency that yields the caller if one of the caller's roles holds `permission`, and refuses otherwise.

    The returned `Depends` wraps a function that carries `permission` as an attribute, so that a test can walk all
    routes and find the ones that ask for nothing.
    """

    async def permitted(request: Request) -> Principal:
        who = await current_principal(request)
        if permission not in who.permissions:
            raise Forbidden(permission, getattr(request.scope.get("route"), "summary", None))
        return who

    permitted.permission = permission  # type: ignore[attr-defined]
    checked: Callable[[Request], Awaitable[Principal]] = permitted
    return Depends(checked)
