"""A county to measure on: its places, offices, accounts and one fund, opened through the API as officials would."""

from __future__ import annotations

import asyncio
import itertools
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from benchmarks.server import COUNTY, Stand
from demo.client import Caller
from demo.regions import LISTED_YEAR, divisions

FUND: Final = "BENCH"
RECEIVED_ON: Final = "2017-03-01"
HANDED_DOWN_ON: Final = "2017-03-20"
PAID_ON: Final = "2017-06-01"
LINES_PER_ORDER: Final = 100
_numbers = itertools.count(1)  # a document moves money once


@dataclass(frozen=True)
class Place:
    """The county's clerk and reviewer, and its accounts by unit name."""

    clerk: Caller
    reviewer: Caller
    accounts: dict[str, UUID]
    townships: list[str]

    def account(self, name: str) -> str:
        return str(self.accounts[name])

    def receive(self, fen: int, lines: int = 1, on: str = RECEIVED_ON) -> list[str]:
        """One notice of `lines` lines of `fen` each into the treasury; returns its tranches."""
        body = {
            "region_code": COUNTY,
            "issuer": "十堰市财政局",
            "title": f"资金文件 {fen} × {lines}",
            "fund_code": FUND,
            "fiscal_year": 2017,
            "received_on": on,
            "source": "性能测试",
            "lines": [
                {
                    "line_no": at,
                    "kind": "item",
                    "county_code": COUNTY,
                    "purpose": f"用途{at}",
                    "amount_printed": str(fen),
                    "amount_fen": fen,
                }
                for at in range(1, lines + 1)
            ],
            "accounts": {COUNTY: self.account("国库")},
        }
        notice: dict[str, Any] = self.clerk.post("/funds/v1/notices", body)
        return [one["id"] for one in notice["tranches"]]

    def hand_down(self, source: str, target: str, fen: int, times: int = 1) -> None:
        """`times` lots of `fen` each from one unit's account to another's."""
        for start in range(0, times, LINES_PER_ORDER):
            line = {"to_account_id": self.account(target), "amount_fen": fen}
            order = {
                "kind": "hand_down",
                "from_account_id": self.account(source),
                "fund_code": FUND,
                "document": f"分解下达{next(_numbers)}号",
                "effective_on": HANDED_DOWN_ON,
                "lines": [line] * min(LINES_PER_ORDER, times - start),
            }
            self.clerk.post("/funds/v1/movements", order)

    def open_batch(self, unit: str, entitlement: str) -> str:
        body = {
            "account_id": self.account(unit),
            "fund_code": FUND,
            "entitlement": entitlement,
            "document": f"发放{entitlement}",
            "effective_on": PAID_ON,
            "use": "production",
        }
        batch: str = self.clerk.post("/funds/v1/payment-batches", body)["id"]
        return batch


async def _places(stand: Stand) -> list[str]:
    """Register the county, everything above it and everything below; return its townships."""
    found = [one for one in divisions() if one["code"].startswith(COUNTY) or COUNTY.startswith(one["code"])]
    connection = await stand.as_owner()
    try:
        await connection.execute(
            "INSERT INTO funds.region VALUES ('00', '全国', 'nation', NULL, 2023) ON CONFLICT DO NOTHING"
        )
        await connection.executemany(
            "INSERT INTO funds.region (code, name, level, parent_code, listed_year) VALUES ($1, $2, $3, $4, $5)",
            [(one["code"], one["name"], one["level"], one["parent_code"], LISTED_YEAR) for one in found],
        )
    finally:
        await connection.close()
    return [one["code"] for one in found if one["level"] == "township"]


def open_place(stand: Stand) -> Place:
    """A county with a treasury (国库), a bureau (扶贫办), a builder (施工), households (农户) and township offices."""
    townships = asyncio.run(_places(stand))
    clerk = stand.caller("caizheng")
    clerk.post("/funds/v1/funds", {"code": FUND, "name": "专项扶贫资金", "level": "province", "stream": "扶贫发展"})
    units = [("国库", COUNTY, "treasury"), ("扶贫办", COUNTY, "department")]
    units += [("施工", COUNTY, "contractor"), ("农户", COUNTY, "households")]
    units += [(code, code, "township_office") for code in townships]
    accounts = {}
    for name, region, kind in units:
        unit = {"region_code": region, "name": name, "kind": kind, "accounts": [{"name": "专户"}]}
        accounts[name] = UUID(clerk.post("/funds/v1/units", unit)["accounts"][0]["id"])
    return Place(clerk, stand.caller("fuhe"), accounts, townships)
