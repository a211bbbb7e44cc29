"""Who is let through, and with which token a service hears of it. Verifies an access token once, not on every request.

A verified token is remembered under its SHA-256 until it expires; the internal tokens made from it are remembered
beside it for half their life. Holds no secret but the signing key, and no token but those it made itself.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Final

from chassis.identity import KeyRing, Principal, SigningKey, TokenRefused, sign, verify
from chassis.ids import new_id

INTERNAL_SECONDS: Final = 60
REUSED_SECONDS: Final = 30
REMEMBERED: Final = 10_000


@dataclass(frozen=True, slots=True)
class Admission:
    """A caller whose access token was verified, and the internal tokens made for this caller so far, by audience."""

    who: Principal
    made: dict[str, tuple[str, int]] = field(default_factory=dict)


class Doorkeeper:
    """Verifies access tokens and makes internal ones. One per process; not for several threads.

    Carried on are the tokens of `issuer`, our own. A machine that has a key here comes for this service's journal: were
    it carried on, whoever holds that key could be anybody behind the door.
    """

    def __init__(self, keys: KeyRing, issuer: str, audience: str, internal: SigningKey) -> None:
        self._keys = keys
        self._issuer = issuer
        self._audience = audience
        self._internal = internal
        self._known: OrderedDict[bytes, Admission] = OrderedDict()

    def admit(self, authorization: bytes | None, now: int) -> Admission:
        """The caller an `Authorization: Bearer` header speaks for, or `TokenRefused`. `now`: seconds since 1970."""
        scheme, _, token = (authorization or b"").partition(b" ")
        if scheme.lower() != b"bearer" or not token:
            raise TokenRefused("no bearer token")
        digest = sha256(token).digest()
        known = self._known.get(digest)
        if known is not None and now < known.who.expires_at:
            self._known.move_to_end(digest)
            return known
        admission = Admission(verify(token.decode("latin-1"), self._keys, audience=self._audience, now=now))
        self._known[digest] = admission
        self._known.move_to_end(digest)
        if len(self._known) > REMEMBERED:
            self._known.popitem(last=False)
        return admission

    def internal_token(self, admission: Admission, audience: str, now: int) -> str:
        """A token for one service that says who calls; it lives a minute, and never longer than the caller's own."""
        if admission.who.issuer != self._issuer:
            raise TokenRefused("not carried on")
        token, until = admission.made.get(audience, ("", 0))
        if now < until:
            return token
        who = admission.who
        expires = min(now + INTERNAL_SECONDS, who.expires_at)
        token = sign(
            self._internal,
            {
                "aud": audience,
                "sub": who.subject,
                "client_id": who.client_id,
                "jti": str(new_id()),
                "iat": now,
                "nbf": now,
                "exp": expires,
                "roles": sorted(who.roles),
                "region": who.region,
                "unit": who.unit,
            },
        )
        admission.made[audience] = (token, min(now + REUSED_SECONDS, expires))
        return token
