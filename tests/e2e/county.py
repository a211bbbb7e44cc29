"""A small county over HTTP for the end-to-end tests: places, a fund, offices, one notice, and households."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import uuid4

import httpx

from demo.client import Caller
from demo.county import COUNTY, CountyNotice
from demo.people import as_csv, of_place, register
from demo.regions import divisions
from demo.rosters import RosterFile, lines_of
from demo.rosters import as_csv as roster_csv
from deploy.onebox.stack import Stack

TOWNSHIP = f"{COUNTY}100"
FUND = "zyfp"
PEOPLE = 9_000
GRANT_FEN = 100_000
_DAY = date(2017, 3, 8)


@dataclass
class County:
    """What the tests act on: the stack, its callers, and the ids that were given out."""

    stack: Stack
    http: httpx.Client
    accounts: dict[str, str] = field(default_factory=dict)
    tranche: str = ""
    callers: dict[str, Caller] = field(default_factory=dict)

    def who(self, username: str) -> Caller:
        if username not in self.callers:
            self.callers[username] = Caller.person(self.http, username, self.stack.password(username))
        return self.callers[username]

    def tranche_on(self, day: str) -> dict[str, Any]:
        found: dict[str, Any] = self.who("jiwei").get(f"/funds/v1/tranches/{self.tranche}", as_of=day)
        return found

    def hand_down(self, wan: int) -> None:
        """So many 万元 from the county to the township, under a document of its own."""
        order = {
            "kind": "hand_down",
            "document": f"测下〔2017〕{uuid4().hex[:6]}号",
            "effective_on": "2017-03-20",
            "from_account_id": self.accounts[COUNTY],
            "fund_code": FUND,
            "lines": [{"to_account_id": self.accounts[TOWNSHIP], "amount_fen": wan * 1_000_000}],
        }
        self.who("caizheng").post("/funds/v1/movements", order)

    def roster(self, name: str) -> RosterFile:
        """A roster of every household of the township."""
        people = of_place(PEOPLE_FRAME, TOWNSHIP)
        places = {one.village: one.village for one in people}
        return roster_csv(
            name, lines_of(people, GRANT_FEN, mistakes=0, over_cap_fen=GRANT_FEN), places, encoding="utf-8"
        )

    def open_batch(self, name: str) -> str:
        """A batch without a roster yet; returns its path."""
        order = {
            "account_id": self.accounts[TOWNSHIP],
            "fund_code": FUND,
            "entitlement": name,
            "document": f"{name} 发放",
            "effective_on": "2017-04-20",
            "use": "production",
        }
        batch = self.who("chengguan").post("/funds/v1/payment-batches", order)
        return f"/funds/v1/payment-batches/{batch['id']}"

    def checked_batch(self, name: str) -> dict[str, Any]:
        """A batch with an accepted roster, waiting for a second person."""
        clerk, file, path = self.who("chengguan"), self.roster(name), self.open_batch(name)
        checked: dict[str, Any] = clerk.send_file("PUT", f"{path}/roster", f"{name}.csv", file.content, file.kind)
        assert checked["rows_bad"] == 0, checked
        return checked


# All households live in the one township, so that a roster is long and an approval takes its time.
PEOPLE_FRAME = register(PEOPLE, seed=1, place=TOWNSHIP)


def found(stack: Stack, http: httpx.Client) -> County:
    """Found the county: everything a township needs to pay its households."""
    county = County(stack, http)
    wanted = {"00", "42", "4203", COUNTY}
    places = [one for one in divisions() if one["code"] in wanted or one["code"].startswith(TOWNSHIP)]
    county.who("xitong").post("/funds/v1/regions", {"listed_year": 2023, "regions": places})
    clerk = county.who("caizheng")
    clerk.post(
        "/funds/v1/funds", {"code": FUND, "name": "中央财政专项扶贫资金", "level": "central", "stream": "扶贫发展"}
    )
    for region, name, kind in (
        (COUNTY, "郧西县财政局", "treasury"),
        (TOWNSHIP, "城关镇财政所", "township_office"),
        (TOWNSHIP, "城关镇农户一卡通", "households"),
    ):
        unit = clerk.post(
            "/funds/v1/units",
            {"region_code": region, "name": name, "kind": kind, "accounts": [{"name": "账户", "book": "cash"}]},
        )
        county.accounts[name if kind == "households" else region] = unit["accounts"][0]["id"]
    notice = CountyNotice("测财〔2017〕1号", "测试财政厅", "测试资金", FUND, _DAY, (("产业到户", 10_000),))
    answer = clerk.post("/funds/v1/notices", notice.request(county.accounts[COUNTY]))
    county.tranche = answer["tranches"][0]["id"]
    clerk.send_file("POST", "/funds/v1/households/imports", "people.csv", as_csv(PEOPLE_FRAME), "text/csv")
    return county
