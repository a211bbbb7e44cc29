"""A county at work, for tests of movements: its accounts, orders in one line, and the law of conservation."""

from __future__ import annotations

import hashlib
from typing import Any
from uuid import uuid4

import asyncpg
import httpx

from tests.callers import Caller, funds_caller
from tests.factories import open_account, receive


class Desk:
    """A county with a treasury, two townships, a village, a contractor, and 1,000,000 fen received in two notices."""

    def __init__(self, http: httpx.AsyncClient, county: str) -> None:
        self.http, self.county = http, county
        self.clerk = funds_caller(http, "finance_clerk", county)
        self.reviewer = funds_caller(http, "finance_reviewer", county)
        self.township_clerk = funds_caller(http, "township_clerk", county + "101")

    async def open(self) -> Desk:
        county = self.county
        self.treasury = await open_account(self.http, county, "treasury", "县国库")
        self.first = await open_account(self.http, county + "101", "township_office", "一镇财政所")
        self.second = await open_account(self.http, county + "102", "township_office", "二镇财政所")
        self.village = await open_account(self.http, county + "101201", "village_collective", "村集体")
        self.contractor = await open_account(self.http, county + "101", "contractor", "施工单位")
        self.notices = [
            await receive(self.http, county, self.treasury, 400_000, "2017-03-01"),
            await receive(self.http, county, self.treasury, 600_000, "2017-04-01"),
        ]
        return self

    async def out(self, fen: int, to: str, on: str, by: Caller | None = None, **more: Any) -> httpx.Response:
        order = {
            "kind": "hand_down",
            "document": f"文{uuid4().hex[:6]}",
            "effective_on": on,
            "fund_code": "TEST-FUND",
            "from_account_id": self.treasury,
            "lines": [{"to_account_id": to, "amount_fen": fen}],
            "use": "infrastructure" if more.get("kind") == "pay" else None,
            **more,
        }
        return await (by or self.clerk).post("/funds/v1/movements", order)

    async def back(
        self, fen: int, account: str, on: str, kind: str = "return", by: Caller | None = None
    ) -> httpx.Response:
        order = {
            "kind": kind,
            "document": "退1",
            "effective_on": on,
            "fund_code": "TEST-FUND",
            "account_id": account,
            "amount_fen": fen,
        }
        return await (by or self.clerk).post("/funds/v1/movements", order)

    async def undo(self, movement: str, on: str, by: Caller | None = None) -> httpx.Response:
        order = {"kind": "reverse", "document": "冲1", "effective_on": on, "movement_id": movement}
        return await (by or self.clerk).post("/funds/v1/movements", order)

    async def keep_back(self, fen: int, deposit: str, on: str, release_on: str) -> httpx.Response:
        """A retention out of the treasury, for the one contractor."""
        units = (await self.clerk.get("/funds/v1/units", params={"kind": "contractor"})).json()["items"]
        return await self.out(fen, deposit, on, kind="retain", release_on=release_on, contractor_id=units[0]["id"])

    async def order(self, kind: str, on: str, **more: Any) -> httpx.Response:
        """Any other order, by a document of its own."""
        order = {"kind": kind, "document": f"文{uuid4().hex[:6]}", "effective_on": on, **more}
        return await self.clerk.post("/funds/v1/movements", order)

    async def lots(self, account: str, on: str = "2017-12-31", **more: Any) -> list[dict[str, Any]]:
        answer = await self.clerk.get("/funds/v1/lots", params={"account": account, "as_of": on, **more})
        assert answer.status_code == 200, answer.text
        return list(answer.json()["items"])

    async def hold(self, fen: int, account: str, **more: Any) -> httpx.Response:
        body = {
            "account_id": account,
            "amount_fen": fen,
            "document": f"支付申请{uuid4().hex[:6]}",
            "purpose": "待支付",
            **more,
        }
        return await self.clerk.post("/funds/v1/holds", body)

    async def balance(self, account: str, on: str = "2017-12-31") -> int:
        answer = (await self.clerk.get(f"/funds/v1/accounts/{account}", params={"as_of": on})).json()
        assert answer["unexplained_fen"] == 0
        return int(answer["balance_fen"])


async def conserved(admin: asyncpg.Pool, county: str) -> None:
    """Law 1 behind the service's back: per tranche received = Σ remaining; counters = Σ lots = Σ entries."""
    wrong = await admin.fetch(
        "SELECT t.id FROM funds.tranche t WHERE county_code = $1 AND amount_fen <>"
        " (SELECT sum(remaining_fen) FROM funds.lot l WHERE l.county_code = $1 AND l.tranche_id = t.id)",
        county,
    )
    assert wrong == []
    wrong = await admin.fetch(
        "SELECT a.id FROM funds.account a WHERE county_code = $1 AND (sum_fen <>"
        " (SELECT coalesce(sum(remaining_fen), 0) FROM funds.lot l WHERE l.county_code = $1 AND l.account_id = a.id)"
        " OR sum_fen <> (SELECT coalesce(sum(amount_fen), 0) FROM funds.entry e"
        " WHERE e.county_code = $1 AND e.account_id = a.id)"
        " OR sum_fen_day <> (SELECT coalesce(sum(remaining_fen::numeric * (arrived_on - DATE '2000-01-01')), 0)"
        " FROM funds.lot l WHERE l.county_code = $1 AND l.account_id = a.id))",
        county,
    )
    assert wrong == []


async def written(admin: asyncpg.Pool) -> dict[str, str]:
    """Every row of every table of the service, by table: what a refusal must leave as it was."""
    tables = await admin.fetch(
        "SELECT c.relname AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
        " WHERE n.nspname = 'funds' AND c.relkind IN ('r', 'p') AND NOT c.relispartition ORDER BY 1"
    )
    assert len(tables) > 20
    found: dict[str, str] = {}
    for table in tables:
        rows = await admin.fetch(f"SELECT t::text AS row FROM funds.{table['name']} t ORDER BY 1")
        digest = hashlib.sha256("\n".join(row["row"] for row in rows).encode()).hexdigest()
        found[table["name"]] = f"{len(rows)} {digest}"
    return found


def refused(answer: httpx.Response, status: int, slug: str, figures: dict[str, Any]) -> None:
    """A problem of its own, with these figures, a sentence and advice."""
    problem = answer.json()
    assert (answer.status_code, problem["type"]) == (status, f"/problems/{slug}"), answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert figures.items() <= problem["figures"].items(), problem["figures"]
    assert problem["detail"]
    assert problem["advice"]
