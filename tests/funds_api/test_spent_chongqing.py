"""Chongqing's definition of spent, rule by rule of the published set, along county → township → village → household.

重庆市扶贫资金支出进度月通报制度 (2019-07-12), as `data/published/rule_facts.csv` has it. Every place that tells what is
spent is asked: the tranche, the spending progress, and what rests.
"""

from __future__ import annotations

from typing import Any

import asyncpg
import httpx
import pytest

from demo.files import rows
from services.funds_api.units.schemas import TERMINAL, UnitKind
from tests.factories import open_account, receive
from tests.funds_api.desk import conserved
from tests.funds_api.people import Township, id_number

PAID_OUT = "支出口径:只有付到施工单位或补贴对象才算支出"
HANDED_DOWN = "仅拨到区县部门或乡镇视为未支出"
RETENTION = "项目质保金视为未支出"
RULES = {row["rule_zh"]: row["value"] for row in rows("published", "rule_facts.csv") if row["region_name"] == "重庆市"}


class Chongqing(Township):
    """A county with 1,000,000 fen in its treasury, an office at every level, a builder and a deposit."""

    async def open(self) -> Chongqing:
        self.fen = 0
        await super().open()
        self.treasury = await open_account(self.http, self.county, "treasury", "县国库")
        self.department = await open_account(self.http, self.county, "department", "县乡村振兴局")
        self.village = await open_account(self.http, self.county + "101201", "village_collective", "村集体")
        self.builder = await open_account(self.http, self.county + "101", "contractor", "施工单位")
        self.deposit = await open_account(self.http, self.county + "101", "retention", "质保金专户")
        [tranche] = (await receive(self.http, self.county, self.treasury, 1_000_000))["tranches"]
        self.tranche = str(tranche["id"])
        return self

    async def move(self, kind: str, source: str, target: str, fen: int, on: str, **more: Any) -> str:
        order = {
            "kind": kind,
            "document": f"渝财农〔2017〕{on[5:7]}{on[8:]}号",
            "effective_on": on,
            "fund_code": self.fund,
            "from_account_id": source,
            "lines": [{"to_account_id": target, "amount_fen": fen}],
            "use": "infrastructure" if kind == "pay" else None,
            **more,
        }
        answer = await self.finance.post("/funds/v1/movements", order)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["movements"][0]["id"])

    async def spent(self, on: str) -> int:
        """What counts as spent on a day, by every reading that tells it; all of them agree, and the rest rests."""
        params = {"as_of": on}
        [tranche] = (await self.finance.get("/funds/v1/tranches", params={"as_of": on})).json()["items"]
        assert (tranche["id"], tranche["unexplained_fen"]) == (self.tranche, 0)
        told = (await self.finance.get("/funds/v1/spending-progress", params=params)).json()
        assert told["unexplained_fen"] == told["unexplained_spent_fen"] == 0
        idle = (await self.finance.get("/funds/v1/idle", params=params)).json()
        assert idle["unexplained_fen"] == 0
        spent = int(tranche["spent_fen"])
        assert told["total"]["spent_fen"] == spent
        assert (told["total"]["received_fen"], idle["total_fen"]) == (1_000_000, 1_000_000 - spent)
        return spent


@pytest.fixture
async def county_at_work(funds_http: httpx.AsyncClient, county: str) -> Chongqing:
    return await Chongqing(funds_http, county).open()


def test_the_published_rules_are_these() -> None:
    assert {name: RULES[name] for name in (PAID_OUT, HANDED_DOWN, RETENTION)} == {
        PAID_OUT: "实付",
        HANDED_DOWN: "未支出",
        RETENTION: "未支出",
    }


@pytest.mark.parametrize("kind", UnitKind)
def test_a_holder_ends_the_way_of_money_only_where_it_was_paid_out_or_left(kind: UnitKind) -> None:
    """施工单位, 补贴对象 (households), and what left the county; a deposit and a bank in transit do not."""
    assert (kind in TERMINAL) == (kind in {UnitKind.CONTRACTOR, UnitKind.HOUSEHOLDS, UnitKind.OUTSIDE})


async def test_handed_down_is_not_spent_at_any_desk(
    county_at_work: Chongqing, county: str, admin: asyncpg.Pool
) -> None:
    """仅拨到区县部门或乡镇视为未支出; the village collective is a desk too."""
    walk = county_at_work
    assert await walk.spent("2017-03-01") == 0
    for on, source, target, fen in (
        ("2017-03-10", walk.treasury, walk.department, 800_000),
        ("2017-03-20", walk.department, walk.office, 600_000),
        ("2017-04-01", walk.office, walk.village, 200_000),
    ):
        await walk.move("hand_down", source, target, fen, on)
        assert await walk.spent(on) == 0, f"{HANDED_DOWN}: {RULES[HANDED_DOWN]}"
    await conserved(admin, county)


async def test_a_retention_is_spent_when_it_is_released_and_not_before(
    county_at_work: Chongqing, county: str, admin: asyncpg.Pool
) -> None:
    """项目质保金视为未支出: on the day before its release it rests, on the day it is paid it is spent."""
    walk = county_at_work
    await walk.move("hand_down", walk.treasury, walk.office, 600_000, "2017-03-10")
    [unit] = (await walk.finance.get("/funds/v1/units", params={"kind": "contractor"})).json()["items"]
    await walk.move("pay", walk.office, walk.builder, 95_000, "2017-06-01")
    assert await walk.spent("2017-06-01") == 95_000
    kept = {"release_on": "2018-06-01", "contractor_id": unit["id"]}
    await walk.move("retain", walk.office, walk.deposit, 5_000, "2017-06-02", **kept)
    for on in ("2017-06-02", "2018-05-31"):
        [tranche] = (await walk.finance.get("/funds/v1/tranches", params={"as_of": on})).json()["items"]
        assert tranche["spent_fen"] == 95_000, f"{RETENTION}: {RULES[RETENTION]}"
    assert await walk.spent("2017-12-31") == 95_000
    await walk.move("pay", walk.deposit, walk.builder, 5_000, "2018-06-01")
    [tranche] = (await walk.finance.get("/funds/v1/tranches", params={"as_of": "2018-06-01"})).json()["items"]
    assert (tranche["spent_fen"], tranche["resting_fen"], tranche["unexplained_fen"]) == (100_000, 900_000, 0)
    await conserved(admin, county)


async def test_paid_to_the_builder_and_to_households_is_spent_and_what_comes_back_is_not(
    county_at_work: Chongqing, county: str, admin: asyncpg.Pool
) -> None:
    """只有付到施工单位或补贴对象才算支出: county → township → village → builder, township → households."""
    walk = county_at_work
    await walk.move("hand_down", walk.treasury, walk.office, 600_000, "2017-03-10")
    await walk.move("hand_down", walk.office, walk.village, 200_000, "2017-04-01")
    assert await walk.spent("2017-04-01") == 0
    await walk.move("pay", walk.village, walk.builder, 50_000, "2017-04-10")
    assert await walk.spent("2017-04-09") == 0
    assert await walk.spent("2017-04-10") == 50_000, f"{PAID_OUT}: {RULES[PAID_OUT]}"
    told = await walk.checked([(id_number(place), "300") for place in range(10)])
    assert await walk.spent("2017-05-01") == 50_000, "a roster that waits for its approval has paid nobody"
    assert (await walk.approve(told["batch"]["id"])).status_code == 201
    assert await walk.spent("2017-04-30") == 50_000
    assert await walk.spent("2017-05-01") == 350_000
    back = {
        "kind": "return",
        "document": "退1",
        "effective_on": "2017-06-01",
        "fund_code": walk.fund,
        "account_id": walk.builder,
        "amount_fen": 20_000,
    }
    assert (await walk.finance.post("/funds/v1/movements", back)).status_code == 201
    assert await walk.spent("2017-05-31") == 350_000
    assert await walk.spent("2017-06-01") == 330_000
    await conserved(admin, county)
