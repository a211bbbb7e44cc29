"""The tree of flows through the API: every level the sum of its parts, at any date, by any knowledge."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest

from chassis import clock
from migrations import carried_v1, ledger_v3
from tests.callers import Caller, funds_caller
from tests.factories import fund, notice_request, open_account, receive
from tests.funds_api.people import Township, id_number
from tests.property.test_ledger_machine import LAWS

END = "2017-12-31"


class River:
    """A county whose money goes down, past a level, sideways, to people and builders, and back."""

    def __init__(self, http: httpx.AsyncClient, county: str) -> None:
        self.http, self.county = http, county
        self.clerk = funds_caller(http, "finance_clerk", county)
        self.township_clerk = funds_caller(http, "township_clerk", county + "101")

    async def open(self) -> River:
        county, http = self.county, self.http
        self.treasury = await open_account(http, county, "treasury", "国库")
        self.bureau = await open_account(http, county, "department", "扶贫办")
        self.one = await open_account(http, county + "101", "township_office", "一镇")
        self.two = await open_account(http, county + "102", "township_office", "二镇")
        self.village = await open_account(http, county + "101201", "village_collective", "201村")
        self.neighbour = await open_account(http, county + "102202", "village_collective", "202村")
        self.contractor = await open_account(http, county, "contractor", "施工")
        await receive(http, county, self.treasury, 1_000_000, "2017-03-01")
        return self

    async def move(self, kind: str, source: str, target: str, fen: int, on: str, **more: Any) -> dict[str, Any]:
        order = {
            "kind": kind,
            "document": f"文{uuid4().hex[:8]}",
            "effective_on": on,
            "fund_code": "TEST-FUND",
            "from_account_id": source,
            "lines": [{"to_account_id": target, "amount_fen": fen}],
            **more,
        }
        return await self.order(order)

    async def order(self, order: dict[str, Any]) -> dict[str, Any]:
        answer = await self.clerk.post("/funds/v1/movements", order)
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    async def back(self, account: str, fen: int, on: str, kind: str = "return") -> dict[str, Any]:
        order = {"kind": kind, "document": "退", "effective_on": on, "fund_code": "TEST-FUND", "account_id": account}
        return await self.order({**order, "amount_fen": fen})

    async def run(self) -> None:
        """Everything that can happen to the million; on each of these days the figures of `FIGURES` hold."""
        await self.move("hand_down", self.treasury, self.bureau, 900_000, "2017-03-10")
        await self.move("hand_down", self.bureau, self.one, 500_000, "2017-03-20")
        await self.move("hand_down", self.bureau, self.neighbour, 100_000, "2017-04-02")  # past its township
        await self.move("hand_down", self.one, self.village, 200_000, "2017-04-10")
        await self.move("hand_down", self.one, self.two, 50_000, "2017-05-05")  # pooled with the neighbour
        await self.move("pay", self.village, self.contractor, 120_000, "2017-06-01")
        await self.back(self.contractor, 20_000, "2017-06-20", "recover")
        await self.back(self.village, 30_000, "2017-07-01")
        await self.order(
            {
                "kind": "take_back",
                "document": "收回1号",
                "effective_on": "2017-08-01",
                "account_id": self.neighbour,
                "to_account_id": self.treasury,
                "amount_fen": 40_000,
            }
        )

    async def tree(self, by: Caller | None = None, **asked: Any) -> dict[str, Any]:
        answer = await (by or self.clerk).get("/funds/v1/tree", params={"as_of": END, **asked})
        assert answer.status_code == 200, answer.text
        tree = dict(answer.json())
        for node in walk(tree["root"]):
            assert node["unexplained_fen"] == 0
            parts = [one for one in node["children"] if one["kind"] not in {"households", "contractors"}]
            for name in ("spent_fen", "resting_fen", "carried_fen") if parts else ():
                assert node[name] == sum(one[name] for one in parts), name
            if parts:
                assert node["passed_on_fen"] == sum(one["received_from_above_fen"] for one in parts)
        return tree


def walk(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for one in node["children"]:
        yield from walk(one)


def found(tree: dict[str, Any], code: str, kind: str = "") -> dict[str, Any]:
    """The node of a place, or one of its parts."""
    [node] = [one for one in walk(tree["root"]) if one["region_code"] == code
              and (one["kind"] == kind if kind else one["kind"] in {"county", "township", "village"})]  # fmt: skip
    return node


def told(node: dict[str, Any]) -> dict[str, int]:
    return {name.removesuffix("_fen"): fen for name, fen in node.items() if name.endswith("_fen") and fen}


@pytest.fixture
async def river(funds_http: httpx.AsyncClient, county: str) -> River:
    return await River(funds_http, county).open()


async def test_every_level_says_what_came_went_on_was_spent_came_back_and_rests(river: River) -> None:
    await river.run()
    tree, county = await river.tree(), river.county
    assert tree["resting_from"] == "balances"
    assert told(tree["root"]) == {"received": 1_000_000, "passed_on": 600_000, "spent": 100_000, "resting": 900_000}
    assert told(found(tree, county, "own")) == {
        "received": 1_000_000,
        "passed_on": 600_000,
        "came_back": 40_000,
        "resting": 440_000,
    }
    assert told(found(tree, county + "101")) == {
        "received": 500_000,
        "received_from_above": 500_000,
        "passed_on": 200_000,
        "moved_out": 50_000,
        "spent": 100_000,
        "resting": 350_000,
    }
    assert told(found(tree, county + "101201")) == {
        "received": 200_000,
        "received_from_above": 200_000,
        "returned": 30_000,
        "spent": 100_000,
        "resting": 70_000,
    }
    assert told(found(tree, county + "101201", "contractors")) == {"received": 100_000, "spent": 100_000}
    assert told(found(tree, county + "102")) == {
        "received": 150_000,
        "received_from_above": 100_000,
        "returned": 40_000,
        "resting": 110_000,
    }
    # The village had it past its township: the township's own desks passed nothing on.
    assert told(found(tree, county + "102202")) == {"received": 100_000, "returned": 40_000, "resting": 60_000}
    assert told(found(tree, county + "102", "own")) == {"received": 50_000, "resting": 50_000}


@pytest.mark.parametrize(
    ("on", "received", "resting_101", "places"),
    [
        ("2017-02-28", 0, None, 1),
        ("2017-03-01", 1_000_000, None, 1),
        ("2017-03-31", 1_000_000, 500_000, 2),
        ("2017-04-02", 1_000_000, 500_000, 4),
        ("2017-06-19", 1_000_000, 330_000, 5),
        ("2017-06-20", 1_000_000, 350_000, 5),
    ],
)
async def test_the_tree_of_any_day(river: River, on: str, received: int, resting_101: int | None, places: int) -> None:
    await river.run()
    tree = await river.tree(as_of=on)
    assert tree["root"]["received_fen"] == received
    shown = [node for node in walk(tree["root"]) if node["kind"] in {"county", "township", "village"}]
    assert len(shown) == places
    if resting_101 is not None:
        assert found(tree, river.county + "101")["resting_fen"] == resting_101
    assert (tree["empty_because"] is None) == (received > 0)


async def test_what_was_undone_did_not_flow_and_an_earlier_knowledge_still_has_it(river: River) -> None:
    await river.run()
    before, before_at = await river.tree(), clock.now()
    moved = await river.move("hand_down", river.two, river.neighbour, 50_000, "2017-09-01")
    with_it, with_it_at = await river.tree(), clock.now()
    assert told(found(with_it, river.county + "102202"))["resting"] == 110_000
    movement = moved["movements"][0]["id"]
    await river.order({"kind": "reverse", "document": "冲", "effective_on": "2017-10-01", "movement_id": movement})
    await river.move("hand_down", river.bureau, river.two, 7_000, "2017-03-25")  # dated back
    after = await river.tree()
    assert after["root"]["resting_fen"] == before["root"]["resting_fen"]
    assert found(after, river.county + "102")["received_fen"] == 157_000
    for then, told_then in ((before_at, before), (with_it_at, with_it)):
        assert (await river.tree(known_at=then.isoformat()))["root"] == told_then["root"]
    in_summer = await river.tree(as_of="2017-08-31", known_at=with_it_at.isoformat())
    assert in_summer["root"] == (await river.tree(as_of="2017-08-31", known_at=before_at.isoformat()))["root"]


async def test_households_are_told_as_a_sum_with_the_number_of_payments(
    funds_http: httpx.AsyncClient, county: str
) -> None:
    township = await Township(funds_http, county).open()
    batch = await township.batch()
    await township.checked([(id_number(place), "100.00") for place in range(7)], batch)
    approved = await township.reviewer.post(f"/funds/v1/payment-batches/{batch}/approval")
    assert approved.status_code == 201, approved.text
    answer = await township.finance.get("/funds/v1/tree", params={"as_of": END})
    tree = answer.json()
    assert tree["root"]["payments_n"] == 7
    households = found(tree, county + "101", "households")
    assert (households["spent_fen"], households["payments_n"]) == (70_000, 7)
    before = (await township.finance.get("/funds/v1/tree", params={"as_of": "2017-04-30"})).json()
    assert (before["root"]["payments_n"], before["root"]["spent_fen"]) == (0, 0)


async def test_a_township_sees_its_own_and_nothing_of_its_neighbour(river: River) -> None:
    await river.run()
    tree = await river.tree(by=river.township_clerk)
    assert tree["root"]["region_code"] == river.county + "101"
    assert all(node["region_code"].startswith(river.county + "101") for node in walk(tree["root"]))
    assert tree["root"] == found(await river.tree(), river.county + "101")
    other = await river.township_clerk.get("/funds/v1/tree", params={"region": river.county + "102"})
    assert (other.status_code, other.json()["type"]) == (403, "/problems/outside-region")
    whole = await river.township_clerk.get("/funds/v1/tree", params={"region": river.county})
    assert whole.status_code == 403


async def test_a_part_of_the_tree_is_the_part_of_the_whole(river: River) -> None:
    await river.run()
    whole = await river.tree()
    for code in ("101", "102", "101201", "102202"):
        assert (await river.tree(region=river.county + code))["root"] == found(whole, river.county + code)
    shallow = await river.tree(depth=1)
    assert all(not node["children"] for node in shallow["root"]["children"])
    assert {**shallow["root"], "children": []} == {**whole["root"], "children": []}


async def test_one_fund_and_one_year_at_a_time_add_up_to_all(river: River) -> None:
    await river.run()
    other = await fund(river.http, "OTHER-FUND")
    body = await notice_request(river.http, river.county, river.treasury, amounts=[77_000], fund_code=other)
    assert (await river.clerk.post("/funds/v1/notices", body)).status_code == 201
    await river.move("hand_down", river.treasury, river.one, 33_000, "2017-09-09", fund_code=other)
    whole = await river.tree()
    parts = [await river.tree(fund=code) for code in ("TEST-FUND", other)]
    assert [one["resting_from"] for one in (whole, *parts)] == ["balances", "flows", "flows"]
    for name in ("received_fen", "spent_fen", "resting_fen", "passed_on_fen", "payments_n"):
        assert whole["root"][name] == sum(one["root"][name] for one in parts)

    order = {"kind": "carry_over", "document": "结转1号", "effective_on": "2017-12-31", "from_year": 2017}
    carried = await river.order({**order, "account_id": river.village})
    years = [await river.tree(year=year, as_of="2018-01-31") for year in (2017, 2018)]
    assert [one["root"]["carried_fen"] for one in years] == [-70_000, 70_000]
    village = [found(one, river.county + "101201") for one in years]
    assert [(one["received_fen"], one["resting_fen"]) for one in village] == [(200_000, 0), (0, 70_000)]
    # Undone, it was never carried: the year that had it has it again, although what undid it is of that year too.
    movement = carried["movements"][0]["id"]
    await river.order({"kind": "reverse", "document": "冲", "effective_on": "2018-02-01", "movement_id": movement})
    again = [await river.tree(year=year, as_of="2018-02-28") for year in (2017, 2018)]
    assert [one["root"]["carried_fen"] for one in again] == [0, 0]
    assert found(again[0], river.county + "101201")["resting_fen"] == 70_000


async def test_a_fen_that_only_the_balances_know_is_unexplained_at_every_level(
    river: River, admin: asyncpg.Pool
) -> None:
    await river.run()
    await admin.execute(
        "UPDATE funds.account_month SET net_fen = net_fen + 1 WHERE county_code = $1 AND account_id = $2 AND month ="
        " DATE '2017-04-01'",
        river.county,
        river.village,
    )
    answer = await river.clerk.get("/funds/v1/tree", params={"as_of": END})
    wrong = {node["region_code"] for node in walk(answer.json()["root"]) if node["unexplained_fen"] == -1}
    assert wrong == {river.county, river.county + "101", river.county + "101201"}


async def test_a_carry_over_is_undone_in_the_year_that_it_entered(river: River, admin: asyncpg.Pool) -> None:
    await river.run()
    order = {"kind": "carry_over", "document": "结转1号", "effective_on": "2017-12-31", "from_year": 2017}
    carried = await river.order({**order, "account_id": river.village})
    handed = await river.move("hand_down", river.two, river.neighbour, 9_000, "2017-09-01")
    await river.order({**order, "document": "结转2号", "account_id": river.neighbour})

    async def entered() -> dict[tuple[str, int], int]:
        await kept(river, admin)
        rows = await admin.fetch(
            "SELECT to_account_id, fiscal_year, sum(amount_fen) AS fen FROM funds.flow_month WHERE county_code = $1"
            " AND flow = 'carry_over' GROUP BY 1, 2",
            river.county,
        )
        return {(str(row["to_account_id"]), row["fiscal_year"]): int(row["fen"]) for row in rows}

    assert await entered() == {(river.village, 2018): 70_000, (river.neighbour, 2018): 69_000}
    undo = {"kind": "reverse", "effective_on": "2018-02-01"}
    await river.order({**undo, "document": "冲1", "movement_id": carried["movements"][0]["id"]})
    assert await entered() == {(river.village, 2018): 0, (river.neighbour, 2018): 69_000}
    # What is given back to the year before by undoing its hand-down has left the year that it had entered, too.
    await river.order({**undo, "document": "冲2", "movement_id": handed["movements"][0]["id"]})
    assert await entered() == {(river.village, 2018): 0, (river.neighbour, 2018): 60_000}


async def test_the_database_itself_tells_no_place_beyond_the_region(river: River, urls: dict[str, str]) -> None:
    await river.run()
    connection = await asyncpg.connect(urls["funds"])

    async def tell(region: str, root: str, function: str) -> None:
        async with connection.transaction():
            await connection.execute("SELECT set_config('app.region', $1, true)", region)
            asked = f"SELECT * FROM funds.{function}($1, $2, $3, $4, $5)"
            await connection.fetch(asked, river.county, root, date(2017, 12, 31), 2**63 - 1, date.max)

    county, one, two = river.county, river.county + "101", river.county + "102"
    try:
        for function in ("tree_books", "flowed"):
            await tell(one, one + "201", function)
            for region, root in ((one, county), (one, two), ("980001", county), ("", county), (county, "980001")):
                with pytest.raises(asyncpg.PostgresError, match="outside the region"):
                    await tell(region, root, function)
    finally:
        await connection.close()


async def kept(river: River, admin: asyncpg.Pool) -> None:
    """The sums of flows are those of the movements and the lots."""
    for law in ("flows by month and year = movements", "flows of a fund and year = lots"):
        assert await admin.fetch(LAWS[law], river.county) == [], law


async def test_what_the_migration_fills_in_is_what_postings_keep(river: River, admin: asyncpg.Pool) -> None:
    await river.run()
    order = {"kind": "carry_over", "document": "结转1号", "effective_on": "2017-12-31", "from_year": 2017}
    await river.order({**order, "account_id": river.village})
    async with admin.acquire() as connection:
        before = connection.transaction()
        await before.start()
        await connection.execute("DELETE FROM funds.flow_period")
        for statement in (ledger_v3.FILL_PERIODS, *carried_v1.MEND):
            await connection.execute(statement)
        for law in ("flows by month and year = movements", "flows of a fund and year = lots"):
            assert await connection.fetch(LAWS[law], river.county) == [], law
        await before.rollback()
    await kept(river, admin)


async def test_money_carried_twice_and_undone_leaves_no_trace_in_the_year_between(
    river: River, admin: asyncpg.Pool
) -> None:
    """Undoing takes it back over two borders at once; each border's sum knows of it."""
    down = await river.move("hand_down", river.treasury, river.one, 300_000, "2017-03-10")
    for year in (2017, 2018):
        carry = {"kind": "carry_over", "document": f"结转{year}", "effective_on": f"{year + 1}-01-01"}
        await river.order({**carry, "account_id": river.one, "from_year": year})
    undo = {
        "kind": "reverse",
        "document": "冲",
        "effective_on": "2019-02-01",
        "movement_id": down["movements"][0]["id"],
    }
    before = clock.now().isoformat()
    await river.order(undo)

    async def shown(on: str, **asked: Any) -> list[tuple[int, int]]:
        """What each year took over from others, and what rests of it."""
        trees = [await river.tree(year=year, as_of=on, **asked) for year in (2017, 2018, 2019)]
        return [(tree["root"]["carried_fen"], tree["root"]["resting_fen"]) for tree in trees]

    gone = [(-300_000, 700_000), (0, 0), (300_000, 300_000)]
    assert await shown("2018-06-30") == [(-300_000, 700_000), (300_000, 300_000), (0, 0)]
    assert await shown("2019-01-31") == gone
    for on in ("2019-02-28", "2019-12-31"):  # from the draws of the month, and from its sum
        assert await shown(on) == [(0, 1_000_000), (0, 0), (0, 0)]
        assert await shown(on, known_at=before) == gone
    for law in ("flows of a fund and year = lots", "flows = what came less what left"):
        assert await admin.fetch(LAWS[law], river.county) == []
