"""Wiring of the gateway: settings in, application out."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
from fastapi import FastAPI
from pydantic import TypeAdapter
from starlette.staticfiles import StaticFiles

from chassis import telemetry
from chassis.database import Database
from chassis.identity import KeyRing, SigningKey, public_part
from chassis.service import Blueprint, assemble
from services.gateway import documents
from services.gateway.access import MACHINES, NATION, RIGHTS
from services.gateway.doorkeeper import Doorkeeper
from services.gateway.front import FrontDoor
from services.gateway.identities.endpoints import router as identities
from services.gateway.identities.schemas import FirstPerson
from services.gateway.identities.service import enter_first_people
from services.gateway.identities.store import hold_the_first_start
from services.gateway.openapi import Joined
from services.gateway.passwords import Passwords
from services.gateway.pool import Pool
from services.gateway.problems import CATALOGUE
from services.gateway.proxy import Proxy
from services.gateway.settings import Settings
from services.gateway.tokens.endpoints import router as tokens
from services.gateway.tokens.schemas import KeySet
from services.gateway.tokens.service import AUDIENCE
from services.gateway.upstreams import CONNECT_SECONDS, Upstream

ISSUER = "qingliu"
INTERNAL_ISSUER = "qingliu-gateway"
BLUEPRINT = Blueprint(
    title="清流 Qingliu",
    schema="identity",
    audience=AUDIENCE,
    rights=RIGHTS,
    machines=MACHINES,
    catalogue=CATALOGUE,
    routers=[tokens, identities, documents.router],
    openapi_url=None,  # the joined document stands there instead
    quiet_paths=("/audit/v1/leads",),  # as audit_api: who runs the system learns of no lead
)


def create_app(settings: Settings | None = None) -> FastAPI:
    """The application; `uvicorn --factory services.gateway.app:create_app` reads its settings from the environment."""
    chosen = settings or Settings()
    telemetry.log_as_json(chosen.log_level)
    database = Database(chosen.database_url.get_secret_value(), application="gateway")
    access: dict[str, str] = json.loads(chosen.access_key.get_secret_value())
    internal: dict[str, str] = json.loads(chosen.internal_key.get_secret_value())
    published = {**public_part(access), "kid": access["kid"], "alg": "ES256", "use": "sig"}
    # The sealer comes with tokens of its own, as it does to the services behind this one.
    sealing: list[dict[str, str]] = json.loads(chosen.sealer_jwks)["keys"]
    keys = KeyRing.from_jwks({"keys": [{**published, "iss": ISSUER, "token_typ": "at+jwt"}, *sealing]})
    first = TypeAdapter(list[FirstPerson]).validate_json(chosen.first_people.get_secret_value())
    upstreams = (
        Upstream("funds", ("funds", "v1"), "funds", chosen.funds_url.rstrip("/")),
        Upstream("audit", ("audit", "v1"), "audit", chosen.audit_url.rstrip("/")),
    )

    @asynccontextmanager
    async def opening(app: FastAPI) -> AsyncIterator[None]:
        state: Any = app.state
        await _let_first_people_in(database, state.passwords, first)
        pool = Pool()
        state.proxy = Proxy(pool)
        async with httpx.AsyncClient(
            timeout=httpx.Timeout(CONNECT_SECONDS), follow_redirects=False, trust_env=False
        ) as client:
            state.joined = Joined(client, upstreams)
            yield
        pool.close()

    app = assemble(BLUEPRINT, database, keys, opening=opening, around=FrontDoor)
    state: Any = app.state
    state.passwords = Passwords()
    state.upstreams = upstreams
    internal_key = SigningKey.from_jwk(internal, INTERNAL_ISSUER, "internal+jwt")
    state.doorkeeper = Doorkeeper(keys, ISSUER, AUDIENCE, internal_key)
    state.access_key = SigningKey.from_jwk(access, ISSUER, "at+jwt")
    state.published_keys = KeySet(keys=[published])
    app.mount(documents.STATIC, StaticFiles(packages=[("fastapi_offline", "static")]))
    return app


async def _let_first_people_in(database: Database, passwords: Passwords, people: list[FirstPerson]) -> None:
    """Enter the people of the first start; later starts find somebody there and hash nothing."""
    async with database.writing(NATION) as session:
        if not people or not await hold_the_first_start(session):
            return
    hashes = await asyncio.gather(*(passwords.hash(one.password.get_secret_value()) for one in people))
    async with database.writing(NATION) as session:
        await enter_first_people(session, people, hashes)
