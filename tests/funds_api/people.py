"""Plain functions that make people who cannot exist (region 99), their registers and rosters, and a paying township."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import polars as pl
import xlsxwriter

from services.funds_api.payments.roster import Roster, open_roster
from tests.callers import Caller, funds_caller
from tests.factories import fund, open_account, receive
from treasury.identifiers import id_check_character

CSV = {"Content-Type": "text/csv"}
XLSX = {"Content-Type": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}


def id_number(place: int) -> str:
    """The `place`-th of a million valid ID numbers that were never issued."""
    day, serial = divmod(place, 999)
    first = f"990000{1950 + day // 336}{1 + day // 28 % 12:02d}{1 + day % 28:02d}{serial + 1:03d}"
    return first + id_check_character(first)


def card(place: int) -> str:
    return f"6299{place:015d}"


def register_csv(village: str, places: range | list[int], on: str = "2016-01-01") -> str:
    lines = ["村代码,户主姓名,身份证号,银行卡号,手机号,人口数,登记日期"]
    lines += [f"{village},张某{p % 7},{id_number(p)},{card(p)},1000000{p % 10000:04d},{1 + p % 6},{on}" for p in places]
    return "\n".join(lines)


def roster_csv(rows: list[tuple[str, str]], heading: str = "金额（元）") -> str:
    """A plain roster of (ID number, amount as text): data begins on line 2."""
    lines = [f"序号,姓名,身份证号,银行卡号,{heading}"]
    lines += [f"{at},张某,{number},{card(at)},{amount}" for at, (number, amount) in enumerate(rows, 1)]
    return "\n".join(lines)


def workbook(rows: list[list[Any]], *, hidden_first: bool = False) -> bytes:
    book = io.BytesIO()
    with xlsxwriter.Workbook(book) as written:
        if hidden_first:
            written.add_worksheet("说明")
        sheet = written.add_worksheet("名册")
        for at, row in enumerate(rows):
            sheet.write_row(at, 0, row)
    return book.getvalue()


def read_roster(raw: bytes) -> tuple[Roster, pl.DataFrame]:
    """A roster read to its end, and all of its rows."""
    found = open_roster(io.BytesIO(raw))
    return found, pl.concat(found.pieces())


@dataclass
class Township:
    """Township 101 of a fresh county: an office with money since 1 March 2017, a cards account, 40 households."""

    http: httpx.AsyncClient
    county: str
    fen: int = 1_000_000
    households: range = field(default_factory=lambda: range(40))

    async def open(self) -> Township:
        self.region = self.county + "101"
        self.finance = funds_caller(self.http, "finance_clerk", self.county)
        self.clerk = funds_caller(self.http, "township_clerk", self.region, subject="li")
        self.reviewer = funds_caller(self.http, "township_reviewer", self.region, subject="wang")
        self.neighbour = funds_caller(self.http, "township_clerk", self.county + "102")
        self.fund = await fund(self.http)
        self.office = await open_account(self.http, self.region, "township_office")
        self.cards = await open_account(self.http, self.region, "households")
        if self.fen:
            await receive(self.http, self.county, self.office, self.fen)
        await self.register(self.households)
        return self

    async def register(self, places: range | list[int], village: str = "101201", **more: Any) -> dict[str, Any]:
        raw = register_csv(self.county + village, places, **more).encode()
        answer = await self.finance.request("POST", "/funds/v1/households/imports", content=raw, headers=CSV)
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    async def household(self, admin: asyncpg.Pool, place: int) -> str:
        """The id of the household that the `place`-th person is in now."""
        token = self.http.app.state.vault.token(id_number(place))  # type: ignore[attr-defined]
        found = "SELECT household_id::text FROM funds.person WHERE county_code = $1 AND token = $2"
        return str(await admin.fetchval(found, self.county, token))

    async def person(self, admin: asyncpg.Pool, place: int) -> str:
        token = self.http.app.state.vault.token(id_number(place))  # type: ignore[attr-defined]
        found = "SELECT id::text FROM funds.person WHERE county_code = $1 AND token = $2"
        return str(await admin.fetchval(found, self.county, token))

    async def change(self, path: str, body: dict[str, Any], status: int = 201, **more: Any) -> dict[str, Any]:
        """What the county's clerk is answered to a change of the register."""
        answer = await self.finance.post(
            f"/funds/v1/households/{path}", {"document": "县扶贫发〔2017〕3号", **body}, **more
        )
        assert answer.status_code == status, answer.text
        return dict(answer.json())

    async def remove(self, household: str, on: str) -> dict[str, Any]:
        notice = {"household_id": household, "reason": "不符合标准"}
        return await self.change("removals", {"effective_on": on, "households": [notice]})

    async def seen(self, household: str, on: str, by: Caller | None = None, **more: Any) -> dict[str, Any]:
        params = {"as_of": on, **more}
        answer = await (by or self.finance).get(f"/funds/v1/households/{household}", params=params)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def batch(self, entitlement: str = "", by: Caller | None = None, **more: Any) -> str:
        order = {
            "account_id": self.office,
            "fund_code": self.fund,
            "entitlement": entitlement or f"产业奖补{uuid4().hex[:8]}",
            "document": "西财农〔2017〕8号",
            "effective_on": "2017-05-01",
            "use": "production",
            **more,
        }
        answer = await (by or self.clerk).post("/funds/v1/payment-batches", order)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    async def put(self, batch: str, content: bytes | str, by: Caller | None = None, **more: Any) -> httpx.Response:
        raw = content.encode() if isinstance(content, str) else content
        headers = {**(XLSX if raw.startswith(b"PK") else CSV), **more.pop("headers", {})}
        path = f"/funds/v1/payment-batches/{batch}/roster"
        return await (by or self.clerk).put(path, raw, headers=headers, **more)

    async def checked(self, rows: list[tuple[str, str]], batch: str = "", **more: Any) -> dict[str, Any]:
        answer = await self.put(batch or await self.batch(**more), roster_csv(rows))
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def approve(self, batch: str, by: Caller | None = None, **more: Any) -> httpx.Response:
        return await (by or self.reviewer).post(f"/funds/v1/payment-batches/{batch}/approval", **more)

    async def rejected(self, batch: str) -> dict[int, list[str]]:
        page = (await self.clerk.get(f"/funds/v1/payment-batches/{batch}/rejected-rows", params={"limit": 200})).json()
        return {row["line"]: [reason["code"] for reason in row["reasons"]] for row in page["items"]}
