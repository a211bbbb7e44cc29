"""The real sealer reads the real journals: what funds_api and audit_api recorded stands in the log, and is proved."""

from __future__ import annotations

from typing import Any

import asyncpg
import httpx

from chassis.database import Database
from chassis.identity import SigningKey
from services.audit_api.record.sealer import ISSUER, Sealer
from services.audit_api.record.verify import Checkpoint, inclusion_root, leaf_hash
from tests.audit_api.journals import empty_log, seal_all
from tests.callers import LOG, SEALER_KEY, audit_caller
from tests.factories import open_account, receive


async def test_what_the_services_recorded_is_sealed_and_proved(
    funds_http: httpx.AsyncClient, audit_http: httpx.AsyncClient, county: str, admin: asyncpg.Pool
) -> None:
    await empty_log(admin)
    treasury = await open_account(funds_http, county, "treasury", "县国库")
    await receive(funds_http, county, treasury, 400_000, "2017-03-01")
    database: Database = audit_http.app.state.database  # type: ignore[attr-defined]
    apps: dict[str, Any] = {"funds": funds_http.app, "audit": audit_http.app}  # type: ignore[attr-defined]
    sources = {
        service: httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url=f"http://{service}")
        for service, app in apps.items()
    }
    sealer = Sealer(database, sources, SigningKey.from_jwk(SEALER_KEY, ISSUER, "internal+jwt"), [LOG], [county])
    await seal_all(sealer)

    head = await admin.fetchrow("SELECT position, hash FROM funds.stream_head WHERE stream = $1", county)
    cursor = await admin.fetchrow(
        "SELECT position, hash FROM audit.log_cursor WHERE service = 'funds' AND stream = $1", county
    )
    assert cursor == head
    inspector = audit_caller(audit_http, "inspector", county)
    for position in range(1, head["position"] + 1):
        query = {"service": "funds", "stream": county, "position": position}
        told = (await inspector.get("/audit/v1/record/inclusion", params=query)).json()
        event = await admin.fetchval(
            "SELECT hash FROM funds.event WHERE stream = $1 AND position = $2", county, position
        )
        assert told["line"] == f"funds {county} {position} {event.hex()}\n"
        checkpoint = Checkpoint.read(told["note"])
        checkpoint.must_be_signed(LOG.key)
        proof = [bytes.fromhex(one) for one in told["proof"]]
        leaf = leaf_hash(told["line"].encode())
        assert inclusion_root(leaf, told["position"], checkpoint.size, proof) == checkpoint.root
