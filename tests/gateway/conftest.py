"""The gateway on a real database, echoing services on sockets behind it, and people who sign in as everybody does."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI
from starlette.types import ASGIApp, Receive, Scope, Send

from deploy.onebox.keys import new_private_key
from services.gateway.app import create_app
from services.gateway.settings import Settings
from tests.gateway.serving import Serving

ACCESS_KEY = new_private_key("access-1")
INTERNAL_KEY = new_private_key("internal-1")
PASSWORD = "correct-horse-battery"
COUNTY = "420322"
FIRST_PEOPLE = [
    {
        "username": username,
        "password": PASSWORD,
        "name": name,
        "roles": [role],
        "region": region,
        "unit": unit,
    }
    for username, name, role, region, unit in [
        ("sys.yunxi", "系统员", "system_admin", COUNTY, None),
        ("sec.yunxi", "安全员", "security_admin", COUNTY, None),
        ("aud.yunxi", "审计员", "audit_admin", COUNTY, None),
        ("aud.nation", "全国审计员", "audit_admin", "00", None),
        ("clerk.yunxi", "财政员", "finance_clerk", COUNTY, "县财政局"),
    ]
]


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    """A service that answers what it saw of the request."""
    if scope["type"] != "http":
        return
    body = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            break
    seen = {
        "method": scope["method"],
        "raw_path": scope["raw_path"].decode(),
        "query": scope["query_string"].decode(),
        "headers": [[name.decode(), value.decode("latin-1")] for name, value in scope["headers"]],
        "body_bytes": len(body),
    }
    await send(
        {
            "type": "http.response.start",
            "status": 200,
            "headers": [
                (b"content-type", b"application/json"),
                (b"etag", b'"1"'),
                (b"set-cookie", b"inside=1"),
                (b"server", b"inside"),
                (b"x-internal", b"1"),
            ],
        }
    )
    await send({"type": "http.response.body", "body": json.dumps(seen).encode()})


class Behind:
    """The services behind the gateway, on real sockets; a test may exchange what stands at `funds` and `audit`."""

    def __init__(self) -> None:
        self.urls: dict[str, str] = {}
        self.at: dict[str, ASGIApp] = {}
        self.everything_echoes()

    def everything_echoes(self) -> None:
        self.at = {"funds": echo, "audit": echo}

    def standing(self, name: str) -> ASGIApp:
        """The application at one address, whatever stands there just now."""

        async def now(scope: Scope, receive: Receive, send: Send) -> None:
            await self.at[name](scope, receive, send)

        return now


def settings(urls: dict[str, str], behind: Behind, **more: Any) -> Settings:
    values = {
        "database_url": urls["identity"],
        "access_key": json.dumps(ACCESS_KEY),
        "internal_key": json.dumps(INTERNAL_KEY),
        "funds_url": behind.urls["funds"],
        "audit_url": behind.urls["audit"],
        "first_people": json.dumps(FIRST_PEOPLE),
        "log_level": "WARNING",
    }
    return Settings(**{**values, **more})


@dataclass
class Gateway:
    """The running application, a client in front of it and the network behind it."""

    app: FastAPI
    http: httpx.AsyncClient
    behind: Behind

    async def login(self, username: str, password: str = PASSWORD) -> httpx.Response:
        return await self.http.post("/auth/login", json={"username": username, "password": password})


@pytest.fixture(scope="session")
async def behind() -> AsyncIterator[Behind]:
    found = Behind()
    async with Serving(found.standing("funds")) as funds, Serving(found.standing("audit")) as audit:
        found.urls = {"funds": funds, "audit": audit}
        yield found


@pytest.fixture(scope="session")
async def gateway(urls: dict[str, str], behind: Behind) -> AsyncIterator[Gateway]:
    app = create_app(settings(urls, behind))
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://gateway", timeout=60) as http:
            yield Gateway(app, http, behind)


Calling = Callable[[str], dict[str, str]]


@pytest.fixture(scope="session")
async def calling(gateway: Gateway) -> Calling:
    """Headers for a request of one of the first people: a token from a real sign-in, and a fresh idempotency key."""
    tokens = {}
    for one in FIRST_PEOPLE:
        answer = await gateway.login(str(one["username"]))
        assert answer.status_code == 200, answer.text
        tokens[one["username"]] = answer.json()["access_token"]

    def headers(username: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {tokens[username]}", "Idempotency-Key": uuid4().hex}

    return headers


def bearer(calling: Calling, username: str = "clerk.yunxi") -> dict[str, str]:
    """Headers of a reader: the token, no key."""
    return {"Authorization": calling(username)["Authorization"]}
