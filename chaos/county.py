"""The county of a storm: a treasury with quota and cash, a bank, three townships with households, and money enough."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import httpx

from demo.client import Caller
from demo.county import COUNTY, WAN
from demo.people import as_csv, of_place, register
from demo.regions import divisions
from demo.rosters import Line
from demo.rosters import as_csv as roster_csv
from deploy.onebox.exchange_key import Handing, hand_out
from deploy.onebox.stack import Stack

FUND: Final = "zyfp"
RECEIVED_ON: Final = "2017-03-08"
MOVED_ON: Final = "2017-05-02"
RETURNED_ON: Final = "2017-05-08"
REISSUED_ON: Final = "2017-05-20"
STOPPED_UNTIL: Final = "2017-09-30"
RESUMED_ON: Final = "2017-06-30"
LISTED_ON: Final = "2017-04-30"
SEEN_ON: Final = "2017-12-31"
DECIDED_ON: Final = "2018-01-31"
BANK: Final = "yunxi-bank"
BANK_NAME: Final = "郧西农村商业银行（演练）"
FIRST_WAN: Final = 100_000
HANDED_WAN: Final = 30_000
GRANT_FEN: Final = 12_345


@dataclass(frozen=True)
class Township:
    """An office that pays: who uploads, who approves, its account, and the households on its roster."""

    region: str
    clerk: str
    reviewer: str
    households: int


TOWNSHIPS: Final = (
    Township(f"{COUNTY}100", "chengguan", "chengguan-fuhe", 2_500),
    Township(f"{COUNTY}101", "tumen", "tumen-fuhe", 300),
    Township(f"{COUNTY}102", "shangjin", "shangjin-fuhe", 300),
)


@dataclass
class County:
    """What the workers act on."""

    treasury: str = ""
    quota: str = ""
    desk: str = ""
    bank: str = ""
    bank_secret: str = ""
    exchange_key: str = ""
    contractor: str = ""
    offices: dict[str, str] = field(default_factory=dict)
    rosters: dict[str, bytes] = field(default_factory=dict)
    lines: dict[str, list[Line]] = field(default_factory=dict)

    @property
    def accounts(self) -> list[str]:
        return [self.treasury, self.quota, self.desk, self.bank, self.contractor, *self.offices.values()]

    def roster_of(self, region: str, places: Iterable[int]) -> bytes:
        """A roster of these households alone (by their place in the roster of the township), each with its amount."""
        return _roster([self.lines[region][at] for at in places])


def notice(title: str, amount_fen: int, account: str, county: str = COUNTY) -> dict[str, Any]:
    """The body of a notice with one line of `amount_fen`, received into `account` of the county."""
    return {
        "region_code": county,
        "issuer": "测试财政厅",
        "title": title,
        "document_number": title,
        "fund_code": FUND,
        "fiscal_year": 2017,
        "received_on": RECEIVED_ON,
        "source": "故障演练",
        "lines": [
            {
                "line_no": 1,
                "kind": "item",
                "county_code": county,
                "purpose": "产业到户",
                "amount_printed": str(amount_fen),
                "amount_fen": amount_fen,
            }
        ],
        "accounts": {county: account},
    }


def found(stack: Stack, http: httpx.Client, scale: float = 1.0) -> County:
    """Found the county through the gateway; `scale` shrinks the rosters for a short run."""
    county = County()
    wanted = {"00", "42", "4203", COUNTY}
    towns = tuple(one.region for one in TOWNSHIPS)
    places = [one for one in divisions() if one["code"] in wanted or one["code"].startswith(towns)]
    administrator = Caller.person(http, "xitong", stack.password("xitong"))
    administrator.post("/funds/v1/regions", {"listed_year": 2023, "regions": places})
    county.bank_secret = _entered_bank(administrator, Caller.person(http, "anquan", stack.password("anquan")))
    clerk = Caller.person(http, "caizheng", stack.password("caizheng"))
    clerk.post(
        "/funds/v1/funds", {"code": FUND, "name": "中央财政专项扶贫资金", "level": "central", "stream": "扶贫发展"}
    )

    def opened(region: str, name: str, kind: str, book: str = "cash") -> str:
        accounts = [{"name": "账户", "book": book}]
        unit = {"region_code": region, "name": name, "kind": kind, "accounts": accounts}
        return str(clerk.post("/funds/v1/units", unit)["accounts"][0]["id"])

    county.treasury = opened(COUNTY, "郧西县财政局", "treasury")
    county.quota = opened(COUNTY, "郧西县财政局指标", "treasury", "quota")
    county.desk = opened(COUNTY, "县农业局", "department", "quota")
    county.bank = opened(COUNTY, BANK_NAME, "bank")
    county.contractor = opened(COUNTY, "惠民建筑（演练）", "contractor")
    clerk.post("/funds/v1/notices", notice("演练财〔2017〕1号", FIRST_WAN * WAN, county.treasury))
    clerk.post("/funds/v1/notices", notice("演练指〔2017〕1号", FIRST_WAN * WAN, county.quota))
    for at, town in enumerate(TOWNSHIPS, 1):
        county.offices[town.region] = opened(town.region, f"第{at}财政所", "township_office")
        opened(town.region, f"第{at}镇一卡通", "households")
        people = register(max(20, int(town.households * scale)), seed=at, place=town.region)
        clerk.send_file("POST", "/funds/v1/households/imports", "people.csv", as_csv(people), "text/csv")
        households = of_place(people, town.region)
        lines = county.lines[town.region] = [Line(one, GRANT_FEN + at % 7) for at, one in enumerate(households)]
        county.rosters[town.region] = _roster(lines)
        order = {
            "kind": "hand_down",
            "document": f"演练下〔2017〕{at}号",
            "effective_on": "2017-03-20",
            "from_account_id": county.treasury,
            "fund_code": FUND,
            "lines": [{"to_account_id": county.offices[town.region], "amount_fen": HANDED_WAN * WAN}],
        }
        clerk.post("/funds/v1/movements", order)
    handing = Handing(COUNTY, "演练车辆管理所", "演练经办")
    county.exchange_key = asyncio.run(hand_out(stack.database_urls["admin"], stack.secrets.kek_bytes, handing))
    return county


def _entered_bank(administrator: Caller, security: Caller) -> str:
    """The bank's system, entered by one administrator and given its role by another; its secret."""
    place = {"client_id": BANK, "region": COUNTY, "unit": BANK_NAME}
    entered = administrator.post("/identity/v1/clients", {**place, "name": BANK_NAME})
    security.post("/identity/v1/grants", {**place, "role": "bank"})
    return str(entered["client_secret"])


def _roster(lines: Sequence[Line]) -> bytes:
    """Households with amounts that are never round; the first stands in line 2 of the file."""
    places = {one.household.village: one.household.village for one in lines}
    return roster_csv("名册", lines, places, encoding="utf-8").content
