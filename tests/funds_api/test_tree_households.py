"""The lowest level of the tree: household by household, and always the figure that the tree has for all of them."""

from __future__ import annotations

from typing import Any

import asyncpg
import httpx
import pytest

from chassis import clock
from tests.callers import Caller, funds_caller
from tests.factories import fund, open_account, receive
from tests.funds_api.people import Township, id_number, roster_csv
from tests.funds_api.test_flows import found

END = "2017-12-31"


async def opened(township: Township, by: Caller | None = None, **asked: Any) -> dict[str, Any]:
    """The households of the township's desks, every page of them; each page has the same sums."""
    where = {} if "living_in" in asked else {"region": township.region}
    caller, params = by or township.finance, {"as_of": END, **where, "limit": 3, **asked}
    pages: list[dict[str, Any]] = []
    while not pages or pages[-1]["next"]:
        more = {"after": pages[-1]["next"]} if pages else {}
        answer = await caller.get("/funds/v1/tree/households", params={**params, **more})
        assert answer.status_code == 200, answer.text
        pages.append(dict(answer.json()))
    told = {**pages[0], "items": [one for page in pages for one in page["items"]], "pages": len(pages)}
    assert all(page["spent_fen"] == told["spent_fen"] and page["unexplained_fen"] == 0 for page in pages)
    assert sum(one["received_fen"] for one in told["items"]) == told["received_fen"]
    assert sum(one["returned_fen"] for one in told["items"]) == told["returned_fen"]
    assert len({one["household_id"] for one in told["items"]}) == told["households_n"]
    return told


async def in_tree(township: Township, **asked: Any) -> int:
    answer = await township.finance.get("/funds/v1/tree", params={"as_of": END, **asked})
    return int(found(answer.json(), township.region, "households")["spent_fen"])


@pytest.fixture
async def township(funds_http: httpx.AsyncClient, county: str) -> Township:
    return await Township(funds_http, county).open()


async def pay(township: Township, fen: dict[int, str], **more: Any) -> str:
    batch = await township.batch(**more)
    await township.checked([(id_number(place), amount) for place, amount in fen.items()], batch)
    approved = await township.approve(batch)
    assert approved.status_code == 201, approved.text
    return batch


async def test_every_household_is_told_with_all_it_was_paid(township: Township) -> None:
    await pay(township, dict.fromkeys(range(7), "100.00"))
    batch = await pay(township, {0: "50.00", 8: "1.00"}, effective_on="2017-06-01")
    told = await opened(township)
    assert (told["households_n"], told["pages"], told["spent_fen"]) == (8, 3, 75_100)
    assert told["spent_fen"] == await in_tree(township)
    most = max(told["items"], key=lambda one: int(one["received_fen"]))
    assert (most["received_fen"], most["payments_n"], most["last_paid_on"]) == (15_000, 2, "2017-06-01")
    assert (most["last_payment_id"], most["payee"]) == (f"{batch}-2", "张*")
    assert most["region_code"] == township.county + "101201"
    earlier = await opened(township, as_of="2017-05-31")
    assert (earlier["households_n"], earlier["received_fen"]) == (7, 70_000)
    nothing = await opened(township, as_of="2017-04-30")
    assert nothing["items"] == []
    assert nothing["empty_because"]


async def test_what_came_back_is_told_with_its_household_and_only_from_its_day_on(township: Township) -> None:
    batch = await pay(township, dict.fromkeys(range(4), "100.00"))
    before = clock.now().isoformat()
    back = {"document": "退汇1", "effective_on": "2017-05-20", "reason": "account_closed"}
    answer = await township.finance.post(f"/funds/v1/payments/{batch}-3/returns", back)
    assert answer.status_code == 201, answer.text
    told = await opened(township)
    assert sorted(one["spent_fen"] for one in told["items"]) == [0, 10_000, 10_000, 10_000]
    assert (told["returned_fen"], told["recovered_fen"], told["spent_fen"]) == (10_000, 0, 30_000)
    assert told["spent_fen"] == await in_tree(township)
    assert (await opened(township, as_of="2017-05-19"))["returned_fen"] == 0
    then = await opened(township, known_at=before)
    assert (then["returned_fen"], then["spent_fen"]) == (0, 40_000)


async def test_what_was_recovered_from_the_cards_is_no_households_in_particular(township: Township) -> None:
    await pay(township, dict.fromkeys(range(4), "100.00"))
    order = {
        "kind": "recover",
        "document": "追缴1号",
        "effective_on": "2017-07-01",
        "fund_code": township.fund,
        "account_id": township.cards,
        "amount_fen": 2_500,
    }
    answer = await township.finance.post("/funds/v1/movements", order)
    assert answer.status_code == 201, answer.text
    told = await opened(township)
    assert (told["received_fen"], told["recovered_fen"], told["spent_fen"]) == (40_000, 2_500, 37_500)
    assert told["spent_fen"] == await in_tree(township)
    undo = {"kind": "reverse", "document": "冲", "effective_on": "2017-08-01"}
    movement = answer.json()["movements"][0]["id"]
    answer = await township.finance.post("/funds/v1/movements", {**undo, "movement_id": movement})
    assert answer.status_code == 201, answer.text
    assert (await opened(township))["recovered_fen"] == 0
    assert (await opened(township, as_of="2017-07-31"))["recovered_fen"] == 2_500


async def test_a_roster_that_was_undone_paid_nobody(township: Township) -> None:
    batch = await pay(township, dict.fromkeys(range(4), "100.00"))
    await pay(township, {5: "7.00"}, effective_on="2017-05-02")
    found = (await township.finance.get(f"/funds/v1/payment-batches/{batch}")).json()
    undo = {"kind": "reverse", "document": "冲", "effective_on": "2017-05-09", "movement_id": found["movement_id"]}
    answer = await township.finance.post("/funds/v1/movements", undo)
    assert answer.status_code == 201, answer.text
    told = await opened(township)
    assert (told["households_n"], told["spent_fen"]) == (1, 700)
    assert (await opened(township, as_of="2017-05-08"))["households_n"] == 5


async def test_one_fund_only_and_only_ones_own_place(township: Township) -> None:
    await pay(township, dict.fromkeys(range(2), "100.00"))
    assert (await opened(township, fund=township.fund))["households_n"] == 2
    other = await fund(township.http, "OTHER-FUND")
    assert (await opened(township, fund=other))["spent_fen"] == 0
    assert (await opened(township, by=township.clerk))["spent_fen"] == 20_000
    other = funds_caller(township.http, "township_clerk", township.county + "102")
    answer = await other.get("/funds/v1/tree/households", params={"region": township.region})
    assert (answer.status_code, answer.json()["type"]) == (403, "/problems/outside-region")
    own = await other.get("/funds/v1/tree/households", params={"as_of": END})
    assert (own.json()["items"], own.json()["spent_fen"], own.json()["unexplained_fen"]) == ([], 0, 0)


class Homes(Township):
    """The township with people in two villages: its office pays both, and the county's treasury pays both too."""

    async def open(self) -> Homes:
        await super().open()
        await self.register(range(40, 44), "101202")
        self.treasury = await open_account(self.http, self.county, "treasury")
        await receive(self.http, self.county, self.treasury, 500_000, "2017-03-01")
        await open_account(self.http, self.county, "households")
        return self

    async def by_county(self, fen: dict[int, str]) -> str:
        """A roster of the county's own desk, across villages."""
        batch = await self.batch(by=self.finance, account_id=self.treasury, effective_on="2017-06-01")
        answer = await self.put(batch, roster_csv([(id_number(one), fen[one]) for one in fen]), by=self.finance)
        assert answer.json()["rows_good"] == len(fen), answer.text
        reviewer = funds_caller(self.http, "finance_reviewer", self.county, subject="zhao")
        assert (await self.approve(batch, by=reviewer)).status_code == 201
        return batch

    async def living(self, village: str = "", by: Caller | None = None, **asked: Any) -> dict[str, Any]:
        """The households of a village, or of the township, as told, with the tree's own figure."""
        place = self.region + village
        told = await opened(self, by, living_in=place, **asked)
        tree = {"region": place, "as_of": END, **{name: asked[name] for name in asked if name != "limit"}}
        root = (await self.finance.get("/funds/v1/tree", params=tree)).json()["root"]
        assert (told["side"], told["spent_fen"], told["recovered_fen"]) == ("home", root["households_fen"], 0)
        assert sum(one["spent_fen"] for one in told["items"]) == told["spent_fen"]
        return told


@pytest.fixture
async def homes(funds_http: httpx.AsyncClient, county: str) -> Homes:
    return await Homes(funds_http, county).open()


async def test_the_households_of_a_village_are_told_whoever_paid_them(homes: Homes) -> None:
    await pay(homes, {0: "100.00", 1: "100.00", 40: "7.00"})
    before = clock.now().isoformat()
    batch = await homes.by_county({0: "3.00", 41: "11.00"})
    village = await homes.living("201")
    assert (village["households_n"], village["spent_fen"], village["name"]) == (2, 20_300, "201村")
    most = max(village["items"], key=lambda one: int(one["spent_fen"]))
    assert (most["spent_fen"], most["desks"], most["payments_n"]) == (10_300, [homes.county, homes.region], 2)
    assert most["last_payment_id"] == f"{batch}-2"
    assert {one["region_code"] for one in village["items"]} == {homes.region + "201"}
    assert [one["desks"] for one in (await homes.living("202"))["items"]] in (
        [[homes.region], [homes.county]],
        [[homes.county], [homes.region]],
    )
    whole = await homes.living()
    assert (whole["households_n"], whole["spent_fen"], whole["pages"]) == (4, 22_100, 2)
    assert (await homes.living("201", as_of="2017-05-31"))["spent_fen"] == 20_000
    assert (await homes.living("201", known_at=before))["spent_fen"] == 20_000
    assert (await homes.living(fund=await fund(homes.http, "OTHER-FUND")))["items"] == []
    own = await homes.living("201", by=homes.clerk)
    assert (own["spent_fen"], own["items"]) == (20_300, village["items"])
    back = {"document": "退汇1", "effective_on": "2017-06-20", "reason": "account_closed"}
    answer = await homes.finance.post(f"/funds/v1/payments/{batch}-2/returns", back)
    assert answer.status_code == 201, answer.text
    after = await homes.living("201")
    assert (after["returned_fen"], after["spent_fen"]) == (300, 20_000)
    posted = (await homes.finance.get(f"/funds/v1/payment-batches/{await pay(homes, {2: '1.00'})}")).json()
    undo = {"kind": "reverse", "document": "冲", "effective_on": "2017-08-01", "movement_id": posted["movement_id"]}
    assert (await homes.living("201"))["households_n"] == 3
    assert (await homes.finance.post("/funds/v1/movements", undo)).status_code == 201
    assert (await homes.living("201"))["households_n"] == 2


async def test_who_has_moved_is_told_where_it_was_paid(homes: Homes, admin: asyncpg.Pool) -> None:
    await pay(homes, {40: "7.00"})
    home = await homes.household(admin, 40)
    moved = {"household_ids": [home], "effective_on": "2017-05-20", "region_code": homes.region + "201"}
    await homes.change("moves", moved)
    await pay(homes, {40: "2.00"}, effective_on="2017-06-01")
    for village, fen in (("202", 700), ("201", 200)):
        told = await homes.living(village)
        assert [(one["household_id"], one["spent_fen"]) for one in told["items"]] == [(home, fen)]


async def test_only_one_side_and_only_ones_own_place(homes: Homes) -> None:
    both = {"region": homes.region, "living_in": homes.region, "as_of": END}
    answer = await homes.finance.get("/funds/v1/tree/households", params=both)
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/one-side-only")
    for asked, status in (({"living_in": homes.county}, 422), ({"living_in": homes.region + "999"}, 404)):
        answer = await homes.finance.get("/funds/v1/tree/households", params={"as_of": END, **asked})
        assert answer.status_code == status, answer.text
    answer = await homes.neighbour.get("/funds/v1/tree/households", params={"living_in": homes.region + "201"})
    assert (answer.status_code, answer.json()["type"]) == (403, "/problems/outside-region")
    empty = await homes.living("202")
    assert (empty["items"], empty["empty_because"]) == ([], "截至所查日期，住在该区划的农户没有收到支付")
