"""Treasury orders in the tree and the graph: what a bank holds and pays is of the desk whose quota was drawn."""

from __future__ import annotations

from typing import Any

import asyncpg
import httpx
import pytest

from chaos.laws import QUICK
from chassis import clock
from migrations import order_flows_v1
from tests.funds_api.test_flows import END, found, told, walk
from tests.funds_api.test_orders import Chain, opened


async def lawful(admin: asyncpg.Pool | asyncpg.Connection) -> None:
    for law in ("支付令流量 = Σ 支付令与回单的业务", "支付令资金 进出 = 银行账上各单位的剩余"):
        assert await admin.fetch(QUICK[law]) == [], law


class Villages(Chain):
    """The chain with a village that keeps quota of its own: 500,000 of it, 300,000 ordered in May."""

    async def open(self, use: str = "infrastructure") -> Villages:
        await super().open(use)
        self.place = self.county + "101201"
        self.desk = await opened(self.http, self.place, "village_collective", "修路项目村", "quota", "cash")
        moved = await self.split(500_000, self.treasury["quota"], self.desk["quota"])
        assert moved.status_code == 201, moved.text
        return self

    async def undo(self, movement: str, on: str) -> None:
        order = {"kind": "reverse", "document": "冲", "effective_on": on, "movement_id": movement}
        answer = await self.clerk.post("/funds/v1/movements", order)
        assert answer.status_code == 201, answer.text

    async def tree(self, **asked: Any) -> dict[str, Any]:
        answer = await self.clerk.get("/funds/v1/tree", params={"as_of": END, **asked})
        assert answer.status_code == 200, answer.text
        assert {node["unexplained_fen"] for node in walk(answer.json()["root"])} == {0}
        return dict(answer.json())

    async def shown(self, **asked: Any) -> dict[str, int]:
        """The village's figures, which are the same whatever fund, of its one fund, and as a part of the whole."""
        whole = told(found(await self.tree(**asked), self.place))
        assert told(found(await self.tree(fund=self.fund, **asked), self.place)) == whole
        assert told((await self.tree(region=self.place, **asked))["root"]) == whole
        return whole


@pytest.fixture
async def chain(funds_http: httpx.AsyncClient, county: str) -> Villages:
    return await Villages(funds_http, county).open()


SPLIT = {"received": 500_000}


async def test_an_order_rests_with_its_desk_until_the_bank_pays_and_then_the_desk_has_spent(
    chain: Villages, admin: asyncpg.Pool
) -> None:
    order = await chain.issue(300_000, chain.desk["quota"])
    assert await chain.shown() == SPLIT | {"resting": 500_000}
    await chain.result(order, effective_on="2017-06-15")
    assert await chain.shown() == SPLIT | {"spent": 300_000, "resting": 200_000}
    assert await chain.shown(as_of="2017-06-14") == SPLIT | {"resting": 500_000}
    assert await chain.shown(as_of="2018-03-01") == SPLIT | {"spent": 300_000, "resting": 200_000}
    tree = await chain.tree()
    assert told(found(tree, chain.place, "contractors")) == {"received": 300_000, "spent": 300_000}
    # The county's own desks, where the bank stands, neither got it back nor spent it.
    own = found(tree, chain.county, "own")
    assert told(own) == {"received": 1_000_000, "passed_on": 500_000, "resting": 500_000}
    assert [one["kind"] for one in own["children"]] == []
    await lawful(admin)


async def test_what_came_back_or_was_undone_is_the_desks_again_and_earlier_knowledge_has_it(
    chain: Villages, admin: asyncpg.Pool
) -> None:
    first, second = await chain.issue(200_000, chain.desk["quota"]), await chain.issue(100_000, chain.desk["quota"])
    at: list[tuple[str, dict[str, int]]] = []

    async def stands(fen: int) -> None:
        expected = SPLIT | {"resting": 500_000 - fen} | ({"spent": fen} if fen else {})
        assert await chain.shown() == expected
        at.append((clock.now().isoformat(), expected))
        await lawful(admin)

    await stands(0)
    await chain.result(first, "returned")
    await stands(0)
    paid = (await chain.result(second, effective_on="2017-05-20")).json()
    await stands(100_000)
    await chain.undo(paid["result"]["movement_id"], "2017-07-01")
    await stands(0)
    assert await chain.shown(as_of="2017-06-30") == SPLIT | {"spent": 100_000, "resting": 400_000}
    await chain.undo(second["movement_id"], "2017-07-02")
    await stands(0)
    for known_at, expected in at:
        assert await chain.shown(known_at=known_at) == expected


async def test_a_desk_that_orders_for_another_has_handed_on_and_the_bank_stands_between_nobody(chain: Villages) -> None:
    order = await chain.issue(120_000, chain.desk["quota"], chain.township["cash"])
    await chain.result(order)
    tree = await chain.tree()
    assert told(found(tree, chain.place)) == SPLIT | {"moved_out": 120_000, "resting": 380_000}
    assert told(found(tree, chain.county + "101", "own")) == {"received": 120_000, "resting": 120_000}
    assert told(found(tree, chain.county, "own"))["resting"] == 500_000


async def test_the_graph_has_the_desk_where_the_bank_is_none_of_its_nodes(chain: Villages) -> None:
    order, _ = await chain.issue(300_000, chain.desk["quota"]), await chain.issue(50_000, chain.desk["quota"])
    await chain.result(order)

    async def links(**asked: Any) -> set[tuple[str, str, str, int]]:
        answer = await chain.clerk.get("/funds/v1/flow-graph", params={"as_of": END, **asked})
        assert answer.status_code == 200, answer.text
        names = {node["id"]: node["name"] for node in answer.json()["nodes"]}
        assert {node["unexplained_fen"] for node in answer.json()["nodes"]} == {0}
        assert answer.json()["back_links"] == []
        return {(names[one["source"]], names[one["target"]], one["kind"], one["fen"]) for one in answer.json()["links"]}

    below = {("县本级", "村", "hand_down", 500_000), ("村", "施工单位等", "pay", 300_000)}
    assert await links() == {("来文资金", "县本级", "receive", 1_000_000)} | below
    assert await links(fund=chain.fund) == {("来文资金", "县本级", "receive", 1_000_000)} | below
    assert await links(region=chain.place) == {
        ("本区划以外", "村", "hand_down", 500_000),
        ("村", "施工单位等", "pay", 300_000),
    }
    assert await links(by="unit") == {
        ("来文资金", "县财政局", "receive", 1_000_000),
        ("县财政局", "修路项目村", "hand_down", 500_000),
        ("修路项目村", "县农村商业银行", "order", 350_000),
        ("县农村商业银行", "施工单位", "pay", 300_000),
    }


async def test_what_a_bank_holds_beyond_its_orders_is_unexplained_at_the_bank(
    chain: Villages, admin: asyncpg.Pool
) -> None:
    await chain.issue(300_000, chain.desk["quota"])
    await admin.execute(
        "UPDATE funds.account_month SET net_fen = net_fen + 1 WHERE county_code = $1 AND account_id = $2",
        chain.county,
        chain.bank["cash"],
    )
    answer = await chain.clerk.get("/funds/v1/tree", params={"as_of": END})
    wrong = {(node["region_code"], node["kind"]) for node in walk(answer.json()["root"]) if node["unexplained_fen"]}
    assert wrong == {(chain.county, "county"), (chain.county, "own")}


async def test_what_the_migration_fills_in_is_what_the_triggers_keep(chain: Villages, admin: asyncpg.Pool) -> None:
    first, second = await chain.issue(200_000, chain.desk["quota"]), await chain.issue(100_000, chain.desk["quota"])
    await chain.result(first)
    await chain.undo(second["movement_id"], "2017-06-02")
    async with admin.acquire() as connection:
        before = connection.transaction()
        await before.start()
        assert await connection.fetchval("SELECT count(*) FROM funds.order_flow WHERE county_code = $1", chain.county)
        await connection.execute("DELETE FROM funds.order_flow")
        await connection.execute(order_flows_v1.FILL)
        await lawful(connection)
        await before.rollback()


async def test_what_a_payee_gives_back_is_again_the_desks_that_ordered_it(chain: Villages, admin: asyncpg.Pool) -> None:
    first = await chain.issue(300_000, chain.desk["quota"])
    second = await chain.issue(80_000, chain.desk["quota"], chain.township["cash"])
    for order in (first, second):
        await chain.result(order)
    ids: list[str] = []
    for kind, account, fen, on in (
        ("recover", chain.contractor["cash"], 20_000, "2017-06-20"),
        ("return", chain.township["cash"], 30_000, "2017-07-20"),
    ):
        order = {"kind": kind, "document": f"退{on}", "effective_on": on, "fund_code": chain.fund}
        answer = await chain.clerk.post("/funds/v1/movements", {**order, "account_id": account, "amount_fen": fen})
        assert answer.status_code == 201, answer.text
        ids.append(answer.json()["movements"][0]["id"])
        await lawful(admin)
    spent = SPLIT | {"spent": 280_000, "moved_out": 80_000}
    assert await chain.shown(as_of="2017-06-30") == spent | {"resting": 140_000}
    assert await chain.shown(as_of="2017-07-20") == spent | {"came_back": 30_000, "resting": 170_000}
    assert await chain.shown() == spent | {"came_back": 30_000, "resting": 170_000}
    assert told(found(await chain.tree(), chain.county, "own"))["resting"] == 500_000
    await chain.undo(ids[0], "2017-09-02")
    await lawful(admin)
    assert await chain.shown() == spent | {"spent": 300_000, "came_back": 30_000, "resting": 150_000}
