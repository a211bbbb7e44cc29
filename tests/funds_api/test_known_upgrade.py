"""A database from before facts said since when they are known tells of them, after the upgrade, as it did then."""

from __future__ import annotations

import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit, urlunsplit
from uuid import UUID

import asyncpg
import httpx
import pytest

from chassis.ids import new_id
from deploy.onebox.bootstrap import alembic, make_room
from services.funds_api.app import create_app
from services.funds_api.settings import Settings
from tests.callers import INTERNAL_JWKS, funds_caller
from tests.conftest import KEK

COUNTY = "990001"
VILLAGE = COUNTY + "101201"
PLACES = """
INSERT INTO funds.region (code, name, level, parent_code, listed_year) VALUES
  ('99', '虚构省', 'province', NULL, 2017), ('9900', '虚构市', 'prefecture', '99', 2017),
  ('990001', '虚构县', 'county', '9900', 2017), ('990001101', '一镇', 'township', '990001', 2017),
  ('990001101201', '一村', 'village', '990001101', 2017);
INSERT INTO funds.fund (code, name, level, stream) VALUES ('F', '资金', 'central', 'industry')"""


class Old:
    """A county as the release before recorded it: rows without positions, and an event after each act."""

    def __init__(self, connection: asyncpg.Connection) -> None:
        self.connection = connection
        self.project, self.asset, self.income = new_id(), new_id(), new_id()

    async def act(self, event: str, body: dict[str, Any], *rows: tuple[str, dict[str, Any]]) -> datetime:
        """Write rows and their event in one transaction; the moment after it."""
        async with self.connection.transaction():
            for table, row in rows:
                told = {"county_code": COUNTY, "region_code": VILLAGE, **row}
                columns = ", ".join(told)
                await self.connection.execute(
                    f"INSERT INTO funds.{table} ({columns}) SELECT {columns}"
                    f" FROM jsonb_populate_record(NULL::funds.{table}, $1::jsonb)",
                    json.dumps(told, default=str),
                )
            await self.connection.execute(
                "SELECT funds.journal_append($1, $2, $3, $4, 'a', 'r', $5, 'h', '{}')",
                COUNTY, new_id(), event, json.dumps(body, default=str), str(new_id()),
            )  # fmt: skip
        found: datetime = await self.connection.fetchval("SELECT clock_timestamp()")
        return found

    async def declared(self) -> datetime:
        self.plan = {
            "project_id": self.project, "version": 1, "name": "通村公路", "kind": "infrastructure", "nature": "new",
            "fiscal_year": 2017, "responsible_unit": "交通局", "task": "路", "planned_fen": 100, "households_n": 1,
            "persons_n": 1, "villages": [], "participation": "议定", "benefit_mechanism": "出行",
            "starts_on": "2017-01-01", "ends_on": "2017-12-01", "document": "申报", "reason": "申报",
            "is_change": False, "reported_on": "2017-01-05", "reported_by": "甲", "approved_by": "甲",
            "approval_document": "申报", "effective_on": "2017-01-05", "recorded_at": await self.now(),
        }  # fmt: skip
        step = {
            "project_id": self.project, "seq": 1, "way": "forward", "stage": "declared", "document": "申报",
            "effective_on": "2017-01-05", "actor": "甲", "makers": [], "recorded_at": await self.now(),
        }  # fmt: skip
        return await self.act(
            "ProjectDeclared",
            {"project_id": self.project},
            (
                "project",
                {"id": self.project, "code": "P1", "version": 1, "stage": "declared", "steps_n": 1},
            ),
            ("project_version", self.plan),
            (
                "project_source",
                {"project_id": self.project, "version": 1, "fund_code": "F", "planned_fen": 100},
            ),
            ("project_step", step),
        )

    async def earned(self) -> datetime:
        asset = {
            "id": self.asset, "project_id": self.project, "name": "电站", "kind": "to_households", "households_n": 1,
            "value_fen": 1, "care_unit": "村", "document": "登记", "registered_on": "2017-02-01",
            "registered_by": "甲", "recorded_at": await self.now(),
        }  # fmt: skip
        income = {
            "id": self.income, "asset_id": self.asset, "kind": "rent", "period_from": "2017-02-01",
            "period_to": "2017-02-28", "amount_fen": 90, "document": "单", "paid_into": "户",
            "arrived_on": "2017-03-01", "recorded_by": "甲", "recorded_at": await self.now(),
        }  # fmt: skip
        return await self.act("IncomeReceived", {}, ("asset", asset), ("asset_income", income))

    async def shared(self) -> datetime:
        """Two lines of 45 fen."""
        share = {
            "income_id": self.income, "document": "决议", "decided_on": "2017-03-10", "due_on": "2017-04-01",
            "decided_by": "甲", "recorded_at": await self.now(),
        }  # fmt: skip
        lines = [
            {
                "income_id": self.income, "line_no": number, "place_code": VILLAGE, "use": "awards", "amount_fen": 45,
                "households_n": 0,
            }
            for number in (1, 2)
        ]  # fmt: skip
        rows = [("income_share", share), *(("share_line", line) for line in lines)]
        return await self.act("IncomeSharedOut", {"income_id": self.income}, *rows)

    async def paid(self, line: int, *, with_event: bool = True) -> datetime:
        await self.connection.execute(
            "UPDATE funds.share_line SET paid_on = '2017-03-20', payment_document = '发放表', paid_by = '甲'"
            " WHERE line_no = $1",
            line,
        )
        told = {"income_id": self.income, "line_no": line, "amount_fen": 45, "paid_on": "2017-03-20"}
        return await self.act("ShareLinePaid" if with_event else "Another", told)

    async def changed(self) -> list[datetime]:
        """One fact after the other added to what is there, each told by its event; the moments around them."""
        version, contract, objection, progress = 2, new_id(), new_id(), new_id()
        plan = {
            **self.plan,
            "version": version,
            "name": "通村公路（改线）",
            "is_change": True,
            "reported_on": "2017-02-02",
        }
        waits = dict.fromkeys(("approved_by", "approval_document", "effective_on"))
        source = {"project_id": self.project, "version": version, "fund_code": "F", "planned_fen": 100}
        builder = {"id": new_id(), "name": "施工单位", "kind": "contractor"}
        signed = {
            "id": contract, "project_id": self.project, "contractor_id": builder["id"], "number": "1",
            "winning_bid": "1", "signed_on": "2017-02-03", "amount_fen": 9, "retention_ppm": 0, "signed_by": "甲",
        }  # fmt: skip
        raised = {
            "id": objection,
            "project_id": self.project,
            "raised_on": "2017-02-04",
            "text": "占地",
            "recorded_by": "甲",
        }
        reported = {
            "id": progress, "contract_id": contract, "progress_ppm": 1, "document": "表", "reached_on": "2017-02-05",
            "reported_by": "甲",
        }  # fmt: skip
        at = {"recorded_at": await self.now()}
        reported_at = await self.act(
            "ProjectChanged",
            {"project_id": self.project, "version": version, "in_force": False},
            ("project_version", {**plan, **waits, **at}),
            ("project_source", source),
            ("unit", builder),
            ("project_contract", {**signed, **at}),
            ("project_objection", {**raised, **at}),
            ("project_progress", {**reported, **at}),
        )
        times = [reported_at]
        facts: tuple[tuple[str, str, str, dict[str, Any]], ...] = (
            (
                "project_version",
                "approved_by = '乙', approval_document = '批', effective_on = '2017-02-03' WHERE version = 2",
                "ProjectChanged",
                {"project_id": self.project, "version": version, "in_force": True},
            ),
            (
                "project_objection",
                "closed_on = '2017-02-06', outcome = '无', closed_by = '乙'",
                "ProjectObjected",
                {"objection_id": objection, "is_open": False},
            ),
            (
                "project_contract",
                "cancelled_on = '2017-02-07', cancellation_document = '协', settled_fen = 0, cancelled_by = '乙'",
                "ContractEnded",
                {"contract_id": contract},
            ),
            (
                "project_progress",
                "accepted_on = '2017-02-08', accepted_by = '乙', acceptance_document = '验'",
                "ProgressRecorded",
                {"progress_id": progress, "accepted": True},
            ),
            (
                "asset",
                "confirmed_on = '2017-02-09', confirmed_by = '乙', title_document = '权'",
                "AssetChanged",
                {"asset_id": self.asset, "change": "confirmed"},
            ),
            (
                "asset",
                "disposed_on = '2017-02-10', disposal_document = '处', disposal_reason = '毁', proceeds_fen = 0",
                "AssetChanged",
                {"asset_id": self.asset, "change": "disposed"},
            ),
            (
                "asset_income",
                "passed_on = '2017-03-02', passing_document = '转'",
                "IncomePassed",
                {"income_id": self.income},
            ),
        )
        for table, changes, event, body in facts:
            await self.connection.execute(f"UPDATE funds.{table} SET {changes}")
            times.append(await self.act(event, body))
        await self.act("Another", {})
        return times

    async def now(self) -> datetime:
        found: datetime = await self.connection.fetchval("SELECT clock_timestamp()")
        return found


@pytest.fixture
async def old(server: str) -> AsyncIterator[Old]:
    """A database of the release before, with its places; dropped at the end."""
    name = f"qingliu_known_{os.getpid()}"
    url = await make_room(server, name)
    alembic(url, "funds", "upgrade", "0034")
    connection = await asyncpg.connect(url)
    await connection.execute(PLACES)
    yield Old(connection)
    await connection.close()
    admin = await asyncpg.connect(server)
    await admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
    await admin.close()


async def test_what_was_recorded_before_the_upgrade_was_known_then(server: str, urls: dict[str, str], old: Old) -> None:
    before = await old.now()
    times = [await old.declared(), await old.earned(), await old.shared(), await old.paid(1)]
    times.append(await old.paid(2, with_event=False))
    name = f"/qingliu_known_{os.getpid()}"
    alembic(urlunsplit(urlsplit(server)._replace(path=name)), "funds", "upgrade", "head")
    head = await old.connection.fetchval("SELECT position FROM funds.stream_head")
    filled = await old.connection.fetch("SELECT line_no, position FROM funds.share_payment ORDER BY line_no")
    assert [tuple(row) for row in filled] == [(1, 4), (2, head)], "by its event, or by the last there was"

    async with service(urls, name) as http:
        asked = Asked(http, old.project, old.income)
        assert await asked.at(before) == (404, 404, None)
        assert [await asked.at(one) for one in times] == [
            (200, 404, None),
            (200, 200, None),
            (200, 200, 0),
            (200, 200, 45),
            (200, 200, 90),
        ]
        assert await asked.at(None) == (200, 200, 90)


async def test_what_was_added_to_a_fact_before_the_upgrade_was_known_since_then(
    server: str, urls: dict[str, str], old: Old
) -> None:
    await old.declared()
    await old.earned()
    times = await old.changed()
    name = f"/qingliu_known_{os.getpid()}"
    alembic(urlunsplit(urlsplit(server)._replace(path=name)), "funds", "upgrade", "head")
    told = []
    for table, position in (
        ("project_version", "approved_position"),
        ("project_objection", "closed_position"),
        ("project_contract", "cancelled_position"),
        ("project_progress", "accepted_position"),
        ("asset", "confirmed_position"),
        ("asset", "disposed_position"),
        ("asset_income", "passed_position"),
    ):
        told += [
            row[0] for row in await old.connection.fetch(f"SELECT {position} FROM funds.{table} ORDER BY 1 NULLS LAST")
        ]
    assert told == [4, None, 5, 6, 7, 8, 9, 10], "declared, earned, reported; then each by its own event"
    async with service(urls, name) as http:
        clerk = funds_caller(http, "finance_clerk", COUNTY)
        for path, field, fact, then in (
            (f"projects/{old.project}", "version", 1, [1, 2]),
            (f"assets/{old.asset}", "disposed_on", 6, [None, "2017-02-10"]),
            (f"incomes/{old.income}", "passed_on", 7, [None, "2017-03-02"]),
        ):
            answers = [
                await clerk.get(f"/funds/v1/{path}", params={"as_of": "2017-12-31", "known_at": at.isoformat()})
                for at in times[fact - 1 : fact + 1]
            ]
            assert [one.json()[field] for one in answers] == then


@asynccontextmanager
async def service(urls: dict[str, str], name: str) -> AsyncIterator[httpx.AsyncClient]:
    """The service on the database of that name."""
    role = urlunsplit(urlsplit(urls["funds"])._replace(path=name))
    app = create_app(Settings(database_url=role, internal_jwks=INTERNAL_JWKS, kek=KEK, log_level="WARNING"))
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://funds", timeout=60) as http:
            yield http


class Asked:
    """What a clerk is told of a project, its income, and what was paid of it."""

    def __init__(self, http: httpx.AsyncClient, project: UUID, income: UUID) -> None:
        self.clerk = funds_caller(http, "finance_clerk", COUNTY)
        self.project, self.income = project, income

    async def at(self, moment: datetime | None) -> tuple[int, int, int | None]:
        params = {"as_of": "2017-12-31", **({"known_at": moment.isoformat()} if moment else {})}
        project = await self.clerk.get(f"/funds/v1/projects/{self.project}", params=params)
        income = await self.clerk.get(f"/funds/v1/incomes/{self.income}", params=params)
        share = income.json()["share"] if income.status_code == 200 else None
        return project.status_code, income.status_code, share["paid_fen"] if share else None
