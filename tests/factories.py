"""Plain functions that make what a test needs through the API, with defaults; each returns ids or a request body."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import httpx

from tests.callers import funds_caller


async def open_account(
    http: httpx.AsyncClient, region: str, kind: str, name: str = "", opened_on: str | None = None
) -> str:
    """A unit of `kind` in `region` with one cash account, opened today or on a day; returns the account's id."""
    clerk = funds_caller(http, "finance_clerk", region[:6])
    unit = {
        "region_code": region,
        "name": name or f"{kind}-{uuid4().hex[:8]}",
        "kind": kind,
        "accounts": [{"name": "专户"}],
        "opened_on": opened_on,
    }
    answer = await clerk.post("/funds/v1/units", unit)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["accounts"][0]["id"])


async def fund(http: httpx.AsyncClient, code: str = "TEST-FUND") -> str:
    """A registered special fund; returns its code."""
    clerk = funds_caller(http, "finance_clerk", "990000")
    answer = await clerk.post(
        "/funds/v1/funds", {"code": code, "name": code, "level": "province", "stream": "扶贫发展"}
    )
    assert answer.status_code == 201, answer.text
    return code


async def notice_request(
    http: httpx.AsyncClient,
    county: str,
    account: str,
    *,
    amounts: list[int] | None = None,
    sources: list[int] | None = None,
    region: str = "",
    **changes: Any,
) -> dict[str, Any]:
    """The body of a notice that brings `amounts` (lines, in fen) to one account of one county."""
    lines = [
        {
            "line_no": number,
            "kind": "item",
            "county_code": county,
            "purpose": f"用途{number}",
            "amount_printed": f"{fen / 1_000_000:.6f}",
            "amount_fen": fen,
        }
        for number, fen in enumerate([1_000_000] if amounts is None else amounts, 1)
    ]
    return {
        "region_code": region or county,
        "issuer": f"{county}财政局",
        "title": f"资金文件{uuid4().hex[:8]}",
        "fund_code": await fund(http),
        "fiscal_year": 2017,
        "received_on": "2017-03-01",
        "source": "测试",
        "lines": lines,
        "sources": [
            {"line_no": number, "county_code": county, "amount_printed": str(fen), "amount_fen": fen}
            for number, fen in enumerate(sources or [], 1)
        ],
        "accounts": {county: account},
        **changes,
    }


async def receive(
    http: httpx.AsyncClient, county: str, account: str, fen: int, on: str = "2017-03-01"
) -> dict[str, Any]:
    """One notice with one line of `fen` received into `account` on `on`; returns the notice."""
    clerk = funds_caller(http, "finance_clerk", county)
    answer = await clerk.post(
        "/funds/v1/notices", await notice_request(http, county, account, amounts=[fen], received_on=on)
    )
    assert answer.status_code == 201, answer.text
    return dict(answer.json())
