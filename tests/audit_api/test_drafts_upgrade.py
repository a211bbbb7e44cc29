"""Findings of before there were drafts: one version each, known since the event that opened them, told as before."""

from __future__ import annotations

import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest

from chassis.ids import new_id
from deploy.onebox.bootstrap import alembic, make_room
from services.audit_api.app import create_app
from services.audit_api.settings import Settings
from tests.audit_api.office import checker, confirmed, finding, respelled
from tests.callers import AUDIT_KEY, INTERNAL_JWKS, audit_caller

COUNTY = "990001"
LOT, HEIR, PAID, UNDONE = (uuid4() for _ in range(4))


class Old:
    """A county as the release before recorded it."""

    def __init__(self, connection: asyncpg.Connection) -> None:
        self.connection = connection
        self.finding, self.alert = new_id(), uuid4()

    async def act(self, event: str, body: dict[str, Any]) -> datetime:
        await self.connection.execute(
            "SELECT audit.journal_append($1, $2, $3, $4, 'a', 'r', $5, 'h', '{}')",
            COUNTY, new_id(), event, json.dumps(body, default=str), str(new_id()),
        )  # fmt: skip
        found: datetime = await self.connection.fetchval("SELECT clock_timestamp()")
        return found

    async def row(self, table: str, **values: Any) -> None:
        told = {"county_code": COUNTY, "region_code": COUNTY, **values}
        columns = ", ".join(told)
        given = f"jsonb_populate_record(NULL::audit.{table}, $1)"
        await self.connection.execute(
            f"INSERT INTO audit.{table} ({columns}) SELECT {columns} FROM {given}",
            json.dumps(told, default=str),
        )

    async def opened(self) -> datetime:
        text = {"title": "第一镇“滞留”资金", "facts": "截至 2017-10-31\\资金滞留 90 天"}
        await self.row(
            "finding", id=self.finding, class_code="F01", **text, amount_fen=100, found_on="2017-11-01", status="open",
            version=1, opened_by="甲", opened_at="2017-11-01T00:00:00+08:00",
        )  # fmt: skip
        await self.row(
            "alert", id=self.alert, feed_position=1, rule_code="R19", rule_version=1, title="滞留", subject="lot",
            subject_id=LOT, lot_id=LOT, amount_fen=100, days=90, limit_days=30, as_of="2017-10-31", explanation="x",
            source="x", status="taken_up", finding_id=self.finding, received_at="2017-11-01T00:00:00+08:00",
        )  # fmt: skip
        await self.row(
            "finding_lot", finding_id=self.finding, lot_id=LOT, alert_id=self.alert, bound_fen=100, rectified_fen=10,
            held=True,
        )  # fmt: skip
        await self.changed(uuid4(), 10)
        return await self.act("FindingOpened", {"finding_id": self.finding})

    async def changed(self, movement: UUID, fen: int) -> None:
        await self.row(
            "rectified_change", finding_id=self.finding, movement_id=movement, lot_id=LOT, effective_on="2017-11-05",
            change_fen=fen,
        )  # fmt: skip

    async def measured(self, movement: UUID, fen: int) -> datetime:
        await self.changed(movement, fen)
        change = {"finding_id": self.finding, "lot_id": LOT, "movement_id": movement, "change_fen": fen}
        return await self.act("RectificationMeasured", {"changes": [change]})

    async def came_back(self) -> datetime:
        """40 fen came back into a lot of their own, and the binding went with them."""
        await self.connection.execute("UPDATE audit.finding_lot SET bound_fen = 60, rectified_fen = 10")
        await self.row(
            "finding_lot", finding_id=self.finding, lot_id=HEIR, came_from=LOT, bound_fen=40, rectified_fen=0, held=True
        )
        return await self.measured(UNDONE, -40)

    async def closed(self) -> datetime:
        await self.act("RectificationOrdered", {"finding_id": self.finding})
        await self.connection.execute("UPDATE audit.finding SET status = 'closed', closed_on = '2017-12-01'")
        await self.connection.execute("UPDATE audit.finding_lot SET held = false")
        return await self.act("ClosureReviewed", {"finding_id": self.finding, "finding_closed": True})


@pytest.fixture
async def old(server: str) -> AsyncIterator[Old]:
    """A database of the release before; dropped at the end."""
    name = f"qingliu_drafts_{os.getpid()}"
    url = await make_room(server, name)
    alembic(url, "audit", "upgrade", "0005")
    connection = await asyncpg.connect(url)
    yield Old(connection)
    await connection.close()
    admin = await asyncpg.connect(server)
    await admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
    await admin.close()


@asynccontextmanager
async def service(urls: dict[str, str], folder: Path) -> AsyncIterator[httpx.AsyncClient]:
    """audit_api on the upgraded database."""
    url = urlunsplit(urlsplit(urls["audit"])._replace(path=f"/qingliu_drafts_{os.getpid()}"))
    app = create_app(
        Settings(
            database_url=url,
            internal_jwks=INTERNAL_JWKS,
            funds_url="http://funds",
            ledger_key=json.dumps(AUDIT_KEY),
            evidence_url=folder.as_uri(),
            log_level="WARNING",
        )
    )
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://audit", timeout=60) as http:
            yield http


async def test_a_finding_of_before_has_one_version_and_is_known_since_its_events(
    server: str, urls: dict[str, str], old: Old, tmp_path: Path
) -> None:
    before = await old.connection.fetchval("SELECT clock_timestamp()")
    times = [
        await old.opened(),
        await old.measured(PAID, 40),
        await old.came_back(),
        await old.act("RectificationOrdered", {"finding_id": old.finding}),
        await old.closed(),
    ]
    name = f"/qingliu_drafts_{os.getpid()}"
    alembic(urlunsplit(urlsplit(server)._replace(path=name)), "audit", "upgrade", "head")

    async with service(urls, tmp_path) as http:
        inspector = audit_caller(http, "inspector", COUNTY)
        url = f"/audit/v1/findings/{old.finding}"

        async def at(known_at: datetime | None) -> tuple[Any, ...]:
            query = {"as_of": "2017-12-31"} | ({"known_at": known_at.isoformat()} if known_at else {})
            found = (await inspector.get(url, params=query)).json()
            return found["status"], found["rectified_fen"], found["bound_fen"], found["amount_fen"]

        assert (await inspector.get(url, params={"known_at": before.isoformat()})).status_code == 404
        assert [await at(one) for one in times] == [
            ("open", 10, 100, 100),
            ("open", 50, 100, 100),
            ("open", 10, 100, 100),
            ("ordered", 10, 100, 100),
            ("closed", 10, 100, 100),
        ]
        file = (await inspector.get(url, params={"as_of": "2017-12-31"})).json()
        assert {one["lot_id"]: one["bound_fen"] for one in file["lots"]} == {str(LOT): 60, str(HEIR): 40}
        assert (file["alert_ids"], file["confirmed_by"], file["confirmed_on"]) == ([str(old.alert)], None, "2017-11-01")
        assert [fact["what"] for fact in file["recorded_facts"]] == [file["facts"]]
        assert [(one["version_no"], one["made_by"], one["decision"]) for one in file["versions"]] == [(1, "甲", None)]
        [version] = (await inspector.get(f"{url}/versions")).json()["items"]
        assert respelled(version) == version["version_hash"] == file["version_hash"]
        assert (file["unexplained_fen"], file["outstanding_fen"]) == (0, 90)
        assert (await confirmed(inspector, finding()))["confirmed_by"] == checker(http, COUNTY).claims["subject"]
