"""Counties of one lineage, for tests of what goes over a border: their towns, changes of code, and successions."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from typing import Any
from uuid import uuid4

import asyncpg
import httpx

from chaos.laws import QUICK, THOROUGH
from tests.callers import funds_caller
from tests.factories import open_account, receive
from tests.funds_api.desk import conserved
from tests.funds_api.people import CSV, Township, card, id_number

# A province of their own: the codes of the fixture `county` run through all that begin with 99.
PROVINCE = "88"
_serials = itertools.count(1)
HEADER = "村代码,户主姓名,身份证号,银行卡号,手机号,人口数,登记日期,与户主关系,户主身份证号"


class Books(Township):
    """The books of one county code: a treasury, the outside, a contractor, and a township that pays households."""

    async def open(self) -> Books:
        await super().open()
        self.treasury = await open_account(self.http, self.county, "treasury", "县国库")
        self.outside = await open_account(self.http, self.county, "outside", "县外")
        self.contractor = await open_account(self.http, self.region, "contractor", "施工单位")
        return self

    async def received(self, fen: int, on: str = "2017-03-01", account: str = "") -> None:
        await receive(self.http, self.county, account or self.treasury, fen, on)

    async def home(self, head: int, members: Iterable[int] = (), on: str = "2016-01-01") -> None:
        """Register a household by its head and members."""
        await self.register([head], on=on)
        rows = [f",成员{one},{id_number(one)},{card(one)},,,,子女,{id_number(head)}" for one in members]
        if rows:
            raw = "\n".join([HEADER, *rows]).encode()
            answer = await self.finance.request("POST", "/funds/v1/households/imports", content=raw, headers=CSV)
            assert (answer.status_code, answer.json()["members_n"]) == (201, len(rows)), answer.text

    async def judged(self, fen: dict[int, str], on: str, **more: Any) -> dict[str, Any]:
        """What a roster of these people was answered."""
        return await self.checked([(id_number(one), amount) for one, amount in fen.items()], effective_on=on, **more)

    async def paid(self, fen: dict[int, str], on: str, **more: Any) -> str:
        """A batch that paid these people, each in full; the id of its movement."""
        checked = await self.judged(fen, on, **more)
        assert checked["rows_good"] == len(fen), checked["by_reason"]
        answer = await self.approve(checked["batch"]["id"])
        assert answer.status_code == 201, answer.text
        return str(answer.json()["movement_id"])

    async def fee(self, fen: int, on: str, account: str = "") -> httpx.Response:
        return await self.moved("pay", fen, on, self.contractor, account, use="management_fee")

    async def moved(self, kind: str, fen: int, on: str, to: str, account: str = "", **more: Any) -> httpx.Response:
        order = {
            "kind": kind,
            "document": f"文{uuid4().hex[:6]}",
            "effective_on": on,
            "fund_code": self.fund,
            "from_account_id": account or self.treasury,
            "lines": [{"to_account_id": to, "amount_fen": fen}],
            **more,
        }
        return await self.finance.post("/funds/v1/movements", order)

    async def undo(self, movement: str, on: str) -> httpx.Response:
        order = {"kind": "reverse", "document": "冲1", "effective_on": on, "movement_id": movement}
        return await self.finance.post("/funds/v1/movements", order)


class Lineage:
    """Codes that go over into codes, and the province that records it."""

    def __init__(self, http: httpx.AsyncClient, admin: asyncpg.Pool) -> None:
        self.http, self.admin, self.serial = http, admin, f"{next(_serials):03}"
        self.above = funds_caller(http, "finance_clerk", PROVINCE, subject="province")
        self.inspector = funds_caller(http, "inspector", PROVINCE, subject="inspector")

    async def county(self, order: str, fen: int = 0) -> Books:
        """A county of the province whose code sorts by this digit, with nobody registered."""
        code = PROVINCE + order + self.serial
        rows = [
            (PROVINCE, "虚构二省", "province", None),
            (code, f"县{code}", "county", PROVINCE),
            (code + "101", "城关镇", "township", code),
            (code + "101201", "一村", "village", code + "101"),
        ]
        await self.admin.executemany(
            "INSERT INTO funds.region (code, name, level, parent_code, listed_year) VALUES ($1, $2, $3, $4, 2017)"
            " ON CONFLICT DO NOTHING",
            rows,
        )
        return await Books(self.http, code, fen=fen, households=range(0)).open()

    async def change(self, kind: str, old: list[Books], new: list[Books], on: str) -> None:
        """All of the old codes end on that day and go over into all of the new ones."""
        change = {
            "kind": kind,
            "document": "关于区划调整的批复",
            "effective_on": on,
            "links": [{"from_code": one.county, "to_code": other.county} for one in old for other in new],
            "closed": sorted(one.county for one in old),
            "regions": [],
        }
        answer = await funds_caller(self.http, "system_admin", PROVINCE).post("/funds/v1/regions/changes", change)
        assert answer.status_code == 201, answer.text

    async def go(self, old: Books, new: Books, on: str, accounts: dict[str, str] | None = None) -> httpx.Response:
        """All that rests in the treasury and the office of the old county (or these accounts) goes over."""
        follows = accounts or {old.treasury: new.treasury, old.office: new.office}
        order = {
            "from_county": old.county,
            "to_county": new.county,
            "document": f"移交清册{uuid4().hex[:6]}",
            "effective_on": on,
            "accounts": [{"from_account_id": one, "to_account_id": other} for one, other in follows.items()],
        }
        return await self.above.post("/funds/v1/successions", order)

    async def gone(self, old: Books, new: Books, on: str, accounts: dict[str, str] | None = None) -> dict[str, Any]:
        answer = await self.go(old, new, on, accounts)
        assert answer.status_code == 201, answer.text
        assert answer.json()["unexplained_fen"] == 0
        return dict(answer.json())

    async def undo(self, succession: str, county: str, on: str) -> httpx.Response:
        body = {"document": "移交冲正1", "effective_on": on}
        path = f"/funds/v1/successions/{succession}/reversal"
        return await self.above.post(path, body, params={"county": county})

    async def figures(self, *counties: Books, **asked: Any) -> list[tuple[int, ...]]:
        """(received, moved out, spent, resting) of each county's tree, all of which is explained."""
        told = []
        for one in counties:
            params = {"region": one.county, "as_of": "2020-12-31", "depth": 1, **asked}
            answer = await self.inspector.get("/funds/v1/tree", params=params)
            assert answer.status_code == 200, answer.text
            root = answer.json()["root"]
            assert root["unexplained_fen"] == 0
            told.append(tuple(root[name] for name in ("received_fen", "moved_out_fen", "spent_fen", "resting_fen")))
        return told

    async def lawful(self, *counties: Books) -> None:
        """Every law of the books holds in these counties, behind the service's back."""
        for one in counties:
            await conserved(self.admin, one.county)
        codes = tuple(one.county for one in counties)
        for law, query in (QUICK | THOROUGH).items():
            broken = [tuple(row) for row in await self.admin.fetch(query)]
            assert [row for row in broken if any(str(cell).startswith(codes) for cell in row)] == [], law
