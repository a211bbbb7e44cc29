"""Offices that hand money on: so many per county, each with money of its own and a village to hand it to.

A county's payments come from many accounts; one account that all draw on is the exception, and measured as such.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Final

from benchmarks.county import FUND, HANDED_DOWN_ON, RECEIVED_ON
from benchmarks.server import COUNTY, PREFECTURE, Stand
from demo.client import Caller

PER_COUNTY: Final = 16
EACH_FEN: Final = 10**11
_TABLE: Final = """
CREATE SCHEMA IF NOT EXISTS bench;
GRANT USAGE ON SCHEMA bench TO funds_app;
CREATE TABLE IF NOT EXISTS bench.office (n int PRIMARY KEY, county text, source uuid, target uuid);
GRANT SELECT ON bench.office TO funds_app;
TRUNCATE bench.office;
"""


@dataclass(frozen=True)
class Offices:
    """The counties, and in their order the accounts that money goes from and to, PER_COUNTY of each."""

    counties: list[str]
    sources: list[str]
    targets: list[str]

    def of(self, counties: int) -> Offices:
        """The offices of the first so many counties."""
        return Offices(
            self.counties[:counties], self.sources[: counties * PER_COUNTY], self.targets[: counties * PER_COUNTY]
        )

    def hot(self) -> Offices:
        """The first county, with all its targets fed from one account."""
        one = self.of(1)
        return Offices(one.counties, [one.sources[0]] * PER_COUNTY, one.targets)

    def given(self, stand: Stand) -> dict[str, str]:
        """The variables of posting.sql, after its table of offices was filled with these.

        A table, because a session that is given hundreds of accounts as text takes a tenth of its time to read them.
        """
        asyncio.run(self._lay_out(stand))
        return {"offices": str(len(self.sources)), "fund": FUND, "day": HANDED_DOWN_ON}

    async def _lay_out(self, stand: Stand) -> None:
        rows = [
            (at + 1, self.counties[at // PER_COUNTY], source, target)
            for at, (source, target) in enumerate(zip(self.sources, self.targets, strict=True))
        ]
        owner = await stand.as_owner()
        try:
            await owner.execute(_TABLE)
            await owner.executemany("INSERT INTO bench.office VALUES ($1, $2, $3, $4)", rows)
            await owner.execute("ANALYZE bench.office")
        finally:
            await owner.close()


def open_offices(stand: Stand, counties: int) -> Offices:
    """Open the offices through the API as the prefecture's clerk, and let a notice bring each its money."""
    codes = [COUNTY, *(f"{PREFECTURE}{number}" for number in range(71, 70 + counties))]
    asyncio.run(_register(stand, codes))
    clerk = stand.caller("shiju")
    clerk.post("/funds/v1/funds", {"code": FUND, "name": "专项扶贫资金", "level": "province", "stream": "扶贫发展"})
    sources, targets = [], []
    for code in codes:
        sources += [_account(clerk, code, f"乡镇{at}", "township_office") for at in range(PER_COUNTY)]
        targets += [_account(clerk, code, f"村{at}", "village_collective") for at in range(PER_COUNTY)]
    found = Offices(codes, sources, targets)
    for at in range(PER_COUNTY):
        _receive(clerk, codes, sources[at::PER_COUNTY], at)
    asyncio.run(stand.settle())
    return found


def _account(clerk: Caller, county: str, name: str, kind: str) -> str:
    unit = {"region_code": county, "name": name, "kind": kind, "accounts": [{"name": "专户"}]}
    found: str = clerk.post("/funds/v1/units", unit)["accounts"][0]["id"]
    return found


def _receive(clerk: Caller, counties: list[str], accounts: list[str], number: int) -> None:
    """One notice that brings the n-th office of every county its money."""
    clerk.post(
        "/funds/v1/notices",
        {
            "region_code": PREFECTURE,
            "issuer": "湖北省财政厅",
            "title": f"资金文件{number}",
            "fund_code": FUND,
            "fiscal_year": 2017,
            "received_on": RECEIVED_ON,
            "source": "性能测试",
            "lines": [
                {
                    "line_no": at + 1,
                    "kind": "item",
                    "county_code": county,
                    "purpose": f"用途{at}",
                    "amount_printed": str(EACH_FEN),
                    "amount_fen": EACH_FEN,
                }
                for at, county in enumerate(counties)
            ],
            "accounts": dict(zip(counties, accounts, strict=True)),
        },
    )


async def _register(stand: Stand, counties: list[str]) -> None:
    """Fictional counties beside the real one; what lies above them too."""
    rows = [("00", "全国", "nation", None), (PREFECTURE[:2], "湖北省", "province", "00")]
    rows += [(PREFECTURE, "十堰市", "prefecture", PREFECTURE[:2])]
    rows += [(code, f"县{code}", "county", PREFECTURE) for code in counties]
    connection = await stand.as_owner()
    try:
        await connection.executemany(
            "INSERT INTO funds.region (code, name, level, parent_code, listed_year) VALUES ($1, $2, $3, $4, 2023)"
            " ON CONFLICT DO NOTHING",
            rows,
        )
    finally:
        await connection.close()
