"""质保金 where a project pays by orders: part of its quota lies unspent in a retention's quota until its own order."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest

from tests.funds_api.desk import conserved
from tests.funds_api.library import Library
from tests.funds_api.test_project_orders import ORDERS, Orders
from tests.funds_api.test_projects import refusal

RELEASED = "2018-10-01"


class Retained(Orders):
    """A project built for 600,000 fen with 5 % kept back, and a retention with quota and cash of its own."""

    async def finish(self) -> Retained:
        await self.open()
        library = self.library
        unit = {"region_code": self.county, "name": "质保金", "kind": "retention"}
        accounts = [{"name": "指标", "book": "quota"}, {"name": "专户", "book": "cash"}]
        opened = (await library.clerk.post("/funds/v1/units", {**unit, "accounts": accounts})).json()["accounts"]
        self.kept = {one["book"]: one["id"] for one in opened}
        self.contract = (await library.sign(600_000, retention_ppm=50_000, release_on=RELEASED)).json()["id"]
        await library.progress(self.contract, 1_000_000, "2017-10-01")
        return self

    async def retain(self, fen: int = 30_000, **changes: Any) -> httpx.Response:
        order = {"release_on": RELEASED, "contract_id": self.contract, **changes}
        target = order.pop("target", self.kept["quota"])
        return await self.library.move("retain", self.own_quota, target, fen, "2017-10-05", **order)

    async def paid_and_retained(self, as_of: str) -> tuple[int, int, int]:
        await self.money(as_of)
        shown = (await self.library.shown(as_of))["money"]
        return shown["paid_fen"], shown["retained_fen"], shown["resting_fen"]


@pytest.fixture
async def retained(funds_http: httpx.AsyncClient, county: str) -> Retained:
    return await Retained(Library(funds_http, county)).finish()


async def test_quota_is_kept_back_and_released_by_an_order_on_its_day(
    retained: Retained, admin: asyncpg.Pool, county: str
) -> None:
    await retained.settle(await retained.issue(570_000, effective_on="2017-10-05"), on="2017-10-06")
    kept = await retained.retain()
    assert kept.status_code == 201, kept.text
    assert await retained.paid_and_retained("2018-09-30") == (570_000, 30_000, 200_000)
    source = retained.kept["quota"]
    [lot] = (
        await retained.library.clerk.get("/funds/v1/lots", params={"account": source, "as_of": "2018-09-30"})
    ).json()["items"]
    assert (lot["remaining_fen"], lot["release_on"]) == (30_000, RELEASED)
    named = {"lots": [{"lot_id": lot["id"], "amount_fen": 30_000}]}
    early = await retained.order(30_000, source, effective_on="2018-09-30", **named)
    assert refusal(early) == (409, "lot-retained")
    assert refusal(await retained.order(30_000, effective_on=RELEASED)) == (409, "over-progress"), "it lies elsewhere"

    order = await retained.issue(30_000, source, effective_on=RELEASED)
    assert await retained.paid_and_retained(RELEASED) == (570_000, 30_000, 200_000), "the bank has not said anything"
    await retained.settle(order, on="2018-10-02")
    assert await retained.paid_and_retained(RELEASED) == (570_000, 30_000, 200_000)
    assert await retained.paid_and_retained("2018-10-02") == (600_000, 0, 200_000)
    [contractor] = (await retained.library.shown("2018-10-02"))["contractors"]
    assert (contractor["paid_fen"], contractor["payable_fen"]) == (600_000, 0)
    await conserved(admin, county)


async def test_what_the_bank_sends_back_or_an_undoing_lies_in_the_retention_again(
    retained: Retained, admin: asyncpg.Pool, county: str
) -> None:
    assert (await retained.retain()).status_code == 201
    source = retained.kept["quota"]
    first = await retained.issue(30_000, source, effective_on=RELEASED)
    await retained.settle(first, "returned", on="2018-10-02")
    assert await retained.paid_and_retained("2018-10-02") == (0, 30_000, 770_000)
    again = await retained.issue(30_000, source, effective_on="2018-10-03", reissues_order_id=first["id"])
    paid = await retained.settle(again, on="2018-10-04")
    assert await retained.paid_and_retained("2018-10-04") == (30_000, 0, 770_000)
    await retained.undo(paid["result"]["movement_id"], "2018-10-05")
    assert await retained.paid_and_retained("2018-10-05") == (0, 30_000, 770_000)
    await retained.undo(again["movement_id"], "2018-10-06")
    assert await retained.paid_and_retained("2018-10-06") == (0, 30_000, 770_000)
    last = await retained.issue(30_000, source, effective_on="2018-10-07")
    await retained.settle(last, on="2018-10-08")
    assert await retained.paid_and_retained("2018-10-08") == (30_000, 0, 770_000)
    await conserved(admin, county)


async def test_a_retention_goes_back_to_the_quota_it_was_taken_from_at_any_time(retained: Retained) -> None:
    kept = (await retained.retain()).json()
    back = {
        "kind": "return",
        "document": "退质保金",
        "effective_on": "2017-11-01",
        "fund_code": "TEST-FUND",
        "account_id": retained.kept["quota"],
        "amount_fen": 10_000,
    }
    answer = await retained.library.clerk.post("/funds/v1/movements", back)
    assert answer.status_code == 201, answer.text
    assert await retained.paid_and_retained("2017-11-30") == (0, 20_000, 780_000)
    assert kept["movements"][0]["to_account_id"] == retained.kept["quota"]


async def test_the_quota_chain_tells_what_was_kept_back(retained: Retained) -> None:
    assert (await retained.retain()).status_code == 201
    for day in ("2017-10-31", "2018-01-31"):
        answer = (await retained.library.clerk.get("/funds/v1/quota", params={"as_of": day})).json()
        desks = {one["unit_name"]: one for one in (*answer["items"], {**answer["total"], "unit_name": ""})}
        assert {(one["unexplained_fen"], one["orders_unexplained_fen"]) for one in desks.values()} == {(0, 0)}
        assert (desks["质保金"]["retention_in_fen"], desks["质保金"]["resting_fen"]) == (30_000, 30_000)
        assert desks[""]["retention_out_fen"] == 30_000
        tree = (await retained.library.clerk.get("/funds/v1/tree", params={"as_of": day})).json()
        assert {one["unexplained_fen"] for one in (tree["root"], *tree["root"]["children"])} == {0}


async def test_a_retention_keeps_its_book_and_pays_only_who_built(retained: Retained) -> None:
    crossed = await retained.retain(target=retained.kept["cash"])
    assert refusal(crossed) == (409, "wrong-book")
    elsewhere = await retained.retain(target=retained.quota)
    assert refusal(elsewhere) == (409, "wrong-account")
    assert (await retained.retain()).status_code == 201
    source = retained.kept["quota"]
    for payee in (retained.own_cash, retained.library.treasury):
        assert refusal(await retained.order(1, source, payee, effective_on=RELEASED)) == (409, "wrong-account")
    onward = await retained.library.move("hand_down", source, retained.own_quota, 1, RELEASED)
    assert refusal(onward) == (409, "wrong-account")
    paid = await retained.library.move("pay", source, retained.library.contractor, 1, RELEASED)
    assert refusal(paid)[0] == 409
    assert (await retained.order(30_000, source, effective_on=RELEASED)).status_code == 201


async def test_a_retention_is_not_released_before_it_is_kept(
    retained: Retained, admin: asyncpg.Pool, county: str
) -> None:
    assert (await retained.retain(release_on="2010-10-01")).status_code == 422
    assert (await retained.retain(release_on="2017-10-04")).status_code == 422
    assert (await retained.retain(release_on="2017-10-05")).status_code == 201, "released on the very day"
    lot = await admin.fetchrow(
        "SELECT id, account_id FROM funds.lot WHERE county_code = $1 AND account_id = $2::uuid AND is_open",
        county,
        retained.own_quota,
    )
    move = {
        "id": str(uuid4()),
        "kind": "retain",
        "document": "质保金",
        "document_key": "质保金",
        "from": retained.own_quota,
        "to": retained.kept["quota"],
        "effective_on": "2017-10-06",
        "amount_fen": 1,
        "drawn": "named",
        "actor": "某一人",
    }
    part = {"move": move["id"], "from_lot": str(lot["id"]), "to_lot": str(uuid4()), "amount_fen": 1}
    async with admin.acquire() as session:
        await session.execute("SELECT set_config('app.region', $1, false)", county)
        for release_on in ("2017-10-05", None):
            parts = json.dumps([{**part, "release_on": release_on}])
            with pytest.raises(asyncpg.PostgresError, match="retained until a day before its own"):
                await session.fetchval(
                    "SELECT funds.post_movements($1, $2::jsonb, $3::jsonb, current_date)",
                    county,
                    json.dumps([move]),
                    parts,
                )


async def test_the_order_of_a_retention_is_listed_with_its_lots(retained: Retained) -> None:
    assert (await retained.retain()).status_code == 201
    order = await retained.issue(30_000, retained.kept["quota"], effective_on=RELEASED, fund_code=None)
    shown = (await retained.library.clerk.get(f"{ORDERS}/{order['id']}")).json()
    assert shown["by_fund"] == [{"fund_code": "TEST-FUND", "amount_fen": 30_000}]
