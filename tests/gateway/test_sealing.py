"""The gateway's own journal is told to the sealer, by its hashes alone, and to nobody else."""

from __future__ import annotations

import json
from dataclasses import replace

import asyncpg
import httpx
import pytest

from chassis.clock import now
from chassis.identity import SigningKey, sign
from deploy.onebox.keys import new_private_key, public_entry
from services.audit_api.record.sealer import ISSUER, sealer_token
from services.gateway.app import create_app
from tests.gateway.conftest import Behind, settings

KEY = new_private_key("sealer-1")
SIGNER = SigningKey.from_jwk(KEY, ISSUER, "internal+jwt")
PATH = "/identity/v1/events/hashes"


@pytest.mark.parametrize("told", [True, False])
async def test_the_sealer_is_told_hashes_where_its_key_is_known(
    told: bool, urls: dict[str, str], behind: Behind, admin: asyncpg.Pool
) -> None:
    keys = {"keys": [public_entry(KEY, ISSUER, "internal+jwt")] if told else []}
    app = create_app(settings(urls, behind, sealer_jwks=json.dumps(keys)))
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://door") as http:
            seconds = int(now().timestamp())

            async def ask(signer: SigningKey = SIGNER, service: str = "identity", **query: str) -> httpx.Response:
                token = sealer_token(signer, service, "00", seconds)
                return await http.get(PATH, params=query, headers={"Authorization": f"Bearer {token}"})

            if not told:
                assert (await ask()).status_code == 401
                return
            streams = (await ask()).json()["streams"]
            heads = {row["stream"]: row["position"] for row in await admin.fetch("SELECT * FROM identity.stream_head")}
            assert streams == heads
            assert streams
            stream = next(iter(streams))
            page = (await ask(stream=stream)).json()
            rows = await admin.fetch("SELECT hash FROM identity.event WHERE stream = $1 ORDER BY position", stream)
            assert page["hashes"] == [row["hash"].hex() for row in rows]
            assert (await ask(stream=f"{stream}.leads")).json()["hashes"] == []
            assert (await ask(stream="4203x2")).status_code == 422
            assert (await ask(service="funds")).status_code == 401, "a token for another service"
            assert (await ask(replace(SIGNER, kid="other"))).status_code == 401
            other = {"Authorization": f"Bearer {sealer_token(SIGNER, 'identity', '00', seconds)}"}
            assert (await http.get("/identity/v1/people", headers=other)).status_code == 403
            # Whoever holds the sealer's key is the sealer, here, and nobody behind the door.
            claims = {
                "aud": "qingliu-api",
                "sub": ISSUER,
                "client_id": ISSUER,
                "jti": "j",
                "iat": seconds,
                "nbf": seconds,
            }
            claims |= {"exp": seconds + 60, "region": "00", "unit": None}
            for roles, path in (
                (["sealer"], "/audit/v1/findings"),
                (["inspector"], "/audit/v1/findings"),
                (["inspector"], "/funds/v1/lots"),
                (["system_admin"], "/identity/v1/people"),
                (["sealer", "audit_admin"], "/identity/v1/people"),
            ):
                forged = {"Authorization": f"Bearer {sign(SIGNER, {**claims, 'roles': roles})}"}
                assert (await http.get(path, headers=forged)).status_code == 401, (roles, path)
