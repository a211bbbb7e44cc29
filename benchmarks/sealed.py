"""The stand with audit_api and a sealer of its own, and journals written past every service, at any pace."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Sequence
from typing import Any, Final, Self
from uuid import uuid4

import asyncpg

from benchmarks.server import COUNTY, Stand
from chassis import clock
from chassis.identity import SigningKey, sign
from deploy.onebox.bootstrap import migrate
from deploy.onebox.postgres import free_port
from deploy.onebox.processes import Child
from deploy.onebox.stack import UVICORN
from services.audit_api.record.notes import Signer
from services.audit_api.record.verify import Key

REGION: Final = "42"
# About what a movement of one draw is: names of rows by id, kinds and fen.
_BODY: Final = {
    "county_code": COUNTY,
    "movements": [
        {
            "movement_id": str(uuid4()),
            "kind": "hand_down",
            "document": "西财农发〔2017〕12号",
            "effective_on": "2017-05-03",
            "from_account_id": str(uuid4()),
            "to_account_id": str(uuid4()),
            "amount_fen": 1_200_000,
            "draws": [{"from_lot_id": str(uuid4()), "to_lot_id": str(uuid4()), "amount_fen": 1_200_000}],
        }
    ],
}
BODY: Final = json.dumps(_BODY, ensure_ascii=False)
APPEND: Final = (
    "SELECT {schema}.journal_append($1, $2, 'MoneyMoved', $3, 'web/caizheng', 'r', $4, sha256('request'),"
    ' \'{{"status": 201, "body": {{}}}}\')'
)


class SealedStand(Stand):
    """`with SealedStand() as stand:` a stand whose journals can be sealed: `sealer` is there and not started."""

    def __enter__(self) -> Self:
        super().__enter__()
        try:
            migrate(self.urls["admin"], "audit")
            self._ports["audit_api"] = free_port()
            command = [sys.executable, "-m", "uvicorn", "--factory", "services.audit_api.app:create_app", *UVICORN]
            command += ["--host", "127.0.0.1", "--port", str(self._ports["audit_api"])]
            environment = {
                "AUDIT_DATABASE_URL": self.urls["audit"],
                "AUDIT_INTERNAL_JWKS": self.secrets.internal_jwks(),
                "AUDIT_EVIDENCE_URL": (self._folder / "evidence").resolve().as_uri(),
                "AUDIT_FUNDS_URL": self.url("funds_api"),
                "AUDIT_LEDGER_KEY": json.dumps(self.secrets.audit_key),
            }
            self._children.append(Child("audit_api", command, environment, self._folder / "audit_api.log"))
            self._children[-1].start()
            self._wait(self._children[-1])
            self.sealer = Child(
                "sealer",
                [sys.executable, "-m", "services.audit_api.record.sealer"],
                {
                    "AUDIT_DATABASE_URL": self.urls["audit"],
                    "AUDIT_SEAL_SOURCES": json.dumps(
                        {
                            "funds": self.url("funds_api"),
                            "audit": self.url("audit_api"),
                            "identity": self.url("gateway"),
                        }
                    ),
                    "AUDIT_SEALER_KEY": json.dumps(self.secrets.sealer_key),
                    "AUDIT_LOG_KEY": self.secrets.log_key,
                    "AUDIT_SEAL_REGIONS": REGION,
                },
                self._folder / "sealer.log",
            )
            self._children.append(self.sealer)
        except BaseException:
            self._stop()
            raise
        return self

    @property
    def log(self) -> Signer:
        return Signer.read(self.secrets.log_key)

    @property
    def log_key(self) -> Key:
        return self.log.key

    def internal_token(self, role: str, region: str = COUNTY) -> str:
        """A token for audit_api as the gateway signs it."""
        now = int(clock.now().timestamp())
        claims = {"aud": "audit", "sub": "bench", "client_id": "web", "jti": uuid4().hex, "iat": now, "nbf": now}
        claims |= {"exp": now + 60, "roles": [role], "region": region, "unit": None}
        return sign(SigningKey.from_jwk(self.secrets.internal_key, "qingliu-gateway", "internal+jwt"), claims)


async def append(connection: asyncpg.Connection, schema: str, stream: str, body: str = BODY) -> None:
    """One event at the end of a stream, as its service would record it, in a transaction of its own."""
    await connection.execute(APPEND.format(schema=schema), stream, uuid4(), body, uuid4().hex)


async def until_sealed(connection: asyncpg.Connection, seconds: float = 60) -> int:
    """Wait until every stream stands in the log to its end; how large the log is then."""
    deadline = time.monotonic() + seconds
    heads = " UNION ALL ".join(
        f"SELECT '{schema}' AS service, stream, position FROM {schema}.stream_head WHERE position > 0"
        for schema in ("funds", "audit", "identity")
    )
    waiting = (
        f"SELECT count(*) FROM ({heads}) h LEFT JOIN audit.log_cursor c USING (service, stream)"
        " WHERE c.position IS DISTINCT FROM h.position"
    )
    while await connection.fetchval(waiting):
        if time.monotonic() > deadline:
            msg = "the sealer did not come to the end of the journals"
            raise TimeoutError(msg)
        await asyncio.sleep(0.05)
    size: int = await connection.fetchval("SELECT size FROM audit.log_head")
    return size


async def paced(
    connections: Sequence[asyncpg.Connection], streams: Sequence[str], per_second: int, seconds: float
) -> int:
    """Write `per_second` events for `seconds`, each connection to a stream of its own; how many were written."""
    began = time.perf_counter()
    each = per_second / len(connections)

    async def writing(connection: asyncpg.Connection, stream: str) -> int:
        done = 0
        while (now := time.perf_counter() - began) < seconds:
            if done > now * each:
                await asyncio.sleep(done / each - now)
                continue
            await append(connection, "funds", stream)
            done += 1
        return done

    pairs: list[Any] = [writing(one, stream) for one, stream in zip(connections, streams, strict=True)]
    return sum(await asyncio.gather(*pairs))
