"""Callers for tests: who speaks, with which role, over which region, with tokens signed as the gateway signs them."""

from __future__ import annotations

import json
import time
from typing import Any
from uuid import uuid4

import httpx

from chassis.identity import SigningKey, sign
from deploy.onebox.keys import new_private_key, public_entry
from services.audit_api.record.notes import Signer
from services.audit_api.record.verify import COSIGNATURE_KEY, NOTE_KEY

GATEWAY_KEY = new_private_key("test-gateway")
FOLLOWER_KEY = new_private_key("test-follower")
SEALER_KEY = new_private_key("test-sealer")
AUDIT_KEY = new_private_key("test-audit")
RUNNER_KEY = new_private_key("test-runner")
INTERNAL_JWKS = json.dumps(
    {
        "keys": [
            public_entry(GATEWAY_KEY, "qingliu-gateway", "internal+jwt"),
            public_entry(FOLLOWER_KEY, "qingliu-follower", "internal+jwt"),
            public_entry(SEALER_KEY, "qingliu-sealer", "internal+jwt"),
            public_entry(AUDIT_KEY, "qingliu-audit", "internal+jwt"),
            public_entry(RUNNER_KEY, "qingliu-runner", "internal+jwt"),
        ]
    }
)
# The office that witnesses the record, and the log it witnesses.
WITNESS = Signer.of("witness.test", b"w" * 32, COSIGNATURE_KEY)
LOG = Signer.of("log.test", b"l" * 32, NOTE_KEY)
SIGNER = SigningKey.from_jwk(GATEWAY_KEY, "qingliu-gateway", "internal+jwt")
# Who gives roles that no person has, by the service that is asked.
MACHINES = {
    ("funds", "feed_reader"): SigningKey.from_jwk(FOLLOWER_KEY, "qingliu-follower", "internal+jwt"),
    ("audit", "feed_reader"): SigningKey.from_jwk(RUNNER_KEY, "qingliu-runner", "internal+jwt"),
    ("funds", "ledger_reader"): SigningKey.from_jwk(AUDIT_KEY, "qingliu-audit", "internal+jwt"),
    **dict.fromkeys(
        (("funds", "sealer"), ("audit", "sealer"), ("qingliu-api", "sealer")),
        SigningKey.from_jwk(SEALER_KEY, "qingliu-sealer", "internal+jwt"),
    ),
}


def internal_token(
    role: str | list[str],
    region: str,
    *,
    audience: str = "funds",
    subject: str = "",
    unit: str | None = None,
    **more: Any,
) -> str:
    """A token as the gateway would sign it for a caller with `role` over `region`, or whoever alone may give it."""
    now = int(time.time())
    name = subject or f"{role if isinstance(role, str) else role[0]}.{region}"
    claims = {
        "aud": audience,
        "sub": name,
        "client_id": "web",
        "jti": uuid4().hex,
        "iat": now,
        "nbf": now,
        "exp": now + 60,
        "roles": [role] if isinstance(role, str) else role,
        "region": region,
        "unit": unit,
        **more,
    }
    signer = MACHINES.get((audience, role), SIGNER) if isinstance(role, str) else SIGNER
    return sign(signer, claims)


class Caller:
    """An HTTP client that speaks as one person: a fresh short token and a fresh idempotency key per request."""

    def __init__(
        self, http: httpx.AsyncClient, role: str | list[str], region: str, audience: str, **claims: Any
    ) -> None:
        self.http = http
        self.role, self.region, self.audience, self.claims = role, region, audience, claims

    async def request(self, method: str, path: str, *, key: str | None = None, **more: Any) -> httpx.Response:
        headers = {
            "Authorization": f"Bearer {internal_token(self.role, self.region, audience=self.audience, **self.claims)}",
            **more.pop("headers", {}),
        }
        if method != "GET":
            headers.setdefault("Idempotency-Key", key or uuid4().hex)
        return await self.http.request(method, path, headers=headers, **more)

    async def get(self, path: str, **more: Any) -> httpx.Response:
        return await self.request("GET", path, **more)

    async def post(self, path: str, json: Any = None, **more: Any) -> httpx.Response:
        return await self.request("POST", path, json=json if json is not None else {}, **more)

    async def put(self, path: str, content: bytes, **more: Any) -> httpx.Response:
        return await self.request("PUT", path, content=content, **more)


def funds_caller(http: httpx.AsyncClient, role: str | list[str], region: str, **claims: Any) -> Caller:
    return Caller(http, role, region, "funds", **claims)


def audit_caller(http: httpx.AsyncClient, role: str | list[str], region: str, **claims: Any) -> Caller:
    return Caller(http, role, region, "audit", **claims)
