"""What households of a village got, whoever's desk paid: told at the village, to the fen of the desk's own figure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest

from chaos.laws import QUICK, THOROUGH
from chassis import clock
from migrations import household_flows_v2, household_years_v1
from tests.factories import notice_request
from tests.funds_api.people import Township, id_number
from tests.funds_api.test_flows import END, found, walk

LAWS = (
    "名册分村金额 = Σ 各行",
    "分村到户 = Σ 发放与退回",
    "名册分村分年度 = 分村金额 = 各年度支取",
    "到户分年度 = 到户合计",
)
PAID = ("100.00", "200.00", "300.00", "400.00", "500.00")


class Villages(Township):
    """The township with households in two villages; its office pays them all."""

    async def open(self) -> Villages:
        self.households = range(3)
        await super().open()
        await self.register(range(3, 40), "101202")
        return self

    async def pay(self, places: Iterable[int], **more: Any) -> str:
        batch = await self.batch(**more)
        await self.checked([(id_number(place), PAID[place % 5]) for place in places], batch)
        approved = await self.approve(batch)
        assert approved.status_code == 201, approved.text
        return batch

    async def order(self, kind: str, **more: Any) -> str:
        order = {"kind": kind, "document": f"{kind}1", **more}
        answer = await self.finance.post("/funds/v1/movements", order)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["movements"][0]["id"])

    async def tree(self, **asked: Any) -> dict[str, Any]:
        answer = await self.finance.get("/funds/v1/tree", params={"as_of": END, **asked})
        assert answer.status_code == 200, answer.text
        tree = dict(answer.json())
        assert {node["unexplained_fen"] for node in walk(tree["root"])} == {0}
        return tree

    async def shown(self, **asked: Any) -> tuple[int, int, int]:
        """What households of either village got, and the township's node of all of them, with the ties between."""
        tree = await self.tree(**asked)
        assert (await self.tree(fund=self.fund, **asked))["root"]["households_fen"] == tree["root"]["households_fen"]
        places = {node["region_code"]: node for node in walk(tree["root"]) if node["kind"] in {"township", "village"}}
        sinks = [node for node in walk(tree["root"]) if node["kind"] == "households"]
        got = sum(one["fen"] for node in places.values() for one in node["paid_by"])
        assert got == sum(one["spent_fen"] + one["recovered_fen"] for one in sinks)
        assert tree["root"]["households_fen"] == got
        for node in places.values():
            below = [one["households_fen"] for one in node["children"] if one["kind"] == "village"]
            assert node["households_fen"] == sum(below) + sum(one["fen"] for one in node["paid_by"])
        one, two = (places.get(self.region + village, {}).get("households_fen", 0) for village in ("201", "202"))
        return one, two, sum(one["spent_fen"] for one in sinks)


@pytest.fixture
async def township(funds_http: httpx.AsyncClient, county: str) -> Villages:
    return await Villages(funds_http, county).open()


async def lawful(admin: asyncpg.Pool | asyncpg.Connection, county: str) -> None:
    """In this county: other tests damage rows of theirs on purpose."""
    for law in LAWS:
        broken = [tuple(row) for row in await admin.fetch((QUICK | THOROUGH)[law])]
        assert [row for row in broken if any(str(one).startswith(county) for one in row)] == [], law


async def test_a_village_tells_what_its_households_got_though_the_township_paid(
    township: Villages, admin: asyncpg.Pool
) -> None:
    await township.pay(range(5))
    assert await township.shown() == (60_000, 90_000, 150_000)
    assert await township.shown(as_of="2017-04-30") == (0, 0, 0)
    assert await township.shown(as_of="2018-06-30") == (60_000, 90_000, 150_000)
    tree = await township.tree()
    village = found(tree, township.region + "202")
    assert village["paid_by"] == [{"region_code": township.region, "fen": 90_000, "payments_n": 2}]
    assert (village["households_from_above_fen"], village["spent_fen"], village["received_fen"]) == (90_000, 0, 0)
    own = found(tree, township.region)
    assert (own["spent_fen"], own["households_fen"], own["households_from_above_fen"]) == (150_000, 150_000, 0)
    assert (await township.tree(region=township.region + "202"))["root"] == village
    of_year = await township.tree(year=2017)
    assert (of_year["root"]["households_fen"], of_year["root"]["payments_n"]) == (150_000, 5)
    assert found(of_year, township.region + "202")["paid_by"] == village["paid_by"]
    await lawful(admin, township.county)


async def test_a_village_s_households_are_its_lines_of_a_roster_in_any_order(
    township: Villages, admin: asyncpg.Pool
) -> None:
    """The lines a roster keeps of a place lead to its rows, and the damage of one is found by the law."""
    batch = await township.pay([0, 3, 1, 4, 2])
    first, second = (township.region + village for village in ("201", "202"))
    for place, people, fen in ((first, 3, 60_000), (second, 2, 90_000), (township.region, 5, 150_000)):
        asked = {"living_in": place, "as_of": END, "limit": "200"}
        told = (await township.finance.get("/funds/v1/tree/households", params=asked)).json()
        assert (told["households_n"], told["received_fen"], told["unexplained_fen"]) == (people, fen, 0)
        assert [one["household_id"] for one in told["items"]] == sorted(one["household_id"] for one in told["items"])
        assert len(told["items"]) == people
    await lawful(admin, township.county)
    async with admin.acquire() as connection:
        damaged = connection.transaction()
        await damaged.start()
        await connection.execute(
            "UPDATE funds.batch_place SET lines[1] = lines[1] + 1 WHERE county_code = $1 AND batch_id = $2",
            township.county,
            UUID(batch),
        )
        with pytest.raises(AssertionError, match="名册分村"):
            await lawful(connection, township.county)
        await damaged.rollback()


async def test_what_came_back_is_out_of_its_village_and_what_was_undone_was_never_paid(
    township: Villages, admin: asyncpg.Pool
) -> None:
    batch = await township.pay(range(5))
    told: list[tuple[str, tuple[int, int, int]]] = []

    async def stands(one: int, two: int, recovered: int = 0) -> None:
        assert await township.shown() == (one, two, one + two - recovered)
        told.append((clock.now().isoformat(), (one, two, one + two - recovered)))
        await lawful(admin, township.county)

    await stands(60_000, 90_000)
    back = {"document": "退汇1", "effective_on": "2017-05-20", "reason": "account_closed"}
    answer = await township.finance.post(f"/funds/v1/payments/{batch}-3/returns", back)
    assert answer.status_code == 201, answer.text
    await stands(40_000, 90_000)
    cards = {"fund_code": township.fund, "account_id": township.cards}
    recovered = await township.order("recover", effective_on="2017-07-01", amount_fen=2_500, **cards)
    await stands(40_000, 90_000, 2_500)
    assert found(await township.tree(), township.region, "households")["recovered_fen"] == 2_500
    await township.order("reverse", effective_on="2017-07-02", movement_id=recovered)
    await stands(40_000, 90_000)
    await township.order("reverse", effective_on="2017-07-03", movement_id=answer.json()["id"])
    await stands(60_000, 90_000)
    paid = (await township.finance.get(f"/funds/v1/payment-batches/{batch}")).json()
    await township.order("reverse", effective_on="2017-07-04", movement_id=paid["movement_id"])
    await stands(0, 0)
    assert await township.shown(as_of="2017-06-30") == (40_000, 90_000, 130_000)
    for known_at, figures in told:
        assert await township.shown(known_at=known_at) == figures


async def test_what_the_migration_fills_in_is_what_the_triggers_keep(township: Villages, admin: asyncpg.Pool) -> None:
    batch = await township.pay(range(5))
    back = {"document": "退汇1", "effective_on": "2017-05-20", "reason": "account_closed"}
    assert (await township.finance.post(f"/funds/v1/payments/{batch}-2/returns", back)).status_code == 201
    kept = "SELECT * FROM funds.household_flow WHERE amount_fen <> 0 ORDER BY 1, 2, 3, 4, 5, 6"
    async with admin.acquire() as connection:
        before = connection.transaction()
        await before.start()
        by_triggers = await connection.fetch(kept)
        await connection.execute("DELETE FROM funds.household_flow")
        await connection.execute("DELETE FROM funds.batch_place")
        for statement in household_flows_v2.FILL:
            await connection.execute(statement)
        assert by_triggers == await connection.fetch(kept)
        assert by_triggers
        await lawful(connection, township.county)
        await before.rollback()


async def of_years(township: Villages, **asked: Any) -> dict[int, tuple[int, int, int]]:
    """By budget year what households of either village got, and the desk's own figure; with the ties of the tree."""
    told = {}
    for year in (2017, 2018):
        both = [await township.tree(year=year, **asked), await township.tree(year=year, fund=township.fund, **asked)]
        for tree in both:
            sinks = [node for node in walk(tree["root"]) if node["kind"] == "households"]
            places = {node["region_code"]: node for node in walk(tree["root"]) if node["paid_by"]}
            got = sum(one["fen"] for node in places.values() for one in node["paid_by"])
            assert got == sum(one["spent_fen"] + one["recovered_fen"] for one in sinks)
            assert tree["root"]["households_fen"] == got
            one, two = (places.get(township.region + at, {}).get("households_fen", 0) for at in ("201", "202"))
            told[year] = (one, two, sum(sink["spent_fen"] for sink in sinks))
        assert both[0]["root"]["households_fen"] == both[1]["root"]["households_fen"]
    every = await township.shown(**asked)
    assert tuple(map(sum, zip(*told.values(), strict=True))) == every, "the years together are the whole"
    return told


async def test_each_budget_year_tells_what_of_its_money_households_got(
    funds_http: httpx.AsyncClient, county: str, admin: asyncpg.Pool
) -> None:
    """One roster out of two years: the running sum says which row was fed by which."""
    township = await Villages(funds_http, county, fen=60_000).open()
    of_next = await notice_request(funds_http, county, township.office, amounts=[200_000], received_on="2017-04-01")
    answer = await township.finance.post("/funds/v1/notices", {**of_next, "fiscal_year": 2018})
    assert answer.status_code == 201, answer.text
    told: list[tuple[str, dict[int, tuple[int, int, int]]]] = []

    async def stands(first: tuple[int, int, int], second: tuple[int, int, int]) -> None:
        assert await of_years(township) == {2017: first, 2018: second}
        told.append((clock.now().isoformat(), {2017: first, 2018: second}))
        await lawful(admin, county)

    # 100, 400, 200, 500, 300 元: the first 600 元 are of 2017, so the third row is of both years.
    batch = await township.pay([0, 3, 1, 4, 2])
    await stands((20_000, 40_000, 60_000), (40_000, 50_000, 90_000))
    counted = {year: (await township.tree(year=year))["root"]["payments_n"] for year in (2017, 2018, 2019)}
    assert counted == {2017: 3, 2018: 3, 2019: 0}
    back = {"document": "退汇1", "effective_on": "2017-05-20", "reason": "account_closed"}
    returned = await township.finance.post(f"/funds/v1/payments/{batch}-6/returns", back)
    assert returned.status_code == 201, returned.text
    await stands((20_000, 40_000, 60_000), (10_000, 50_000, 60_000))
    cards = {"fund_code": township.fund, "account_id": township.cards}
    recovered = await township.order("recover", effective_on="2017-07-01", amount_fen=2_500, **cards)
    one, other = (await of_years(township)).values()
    assert (one[:2], other[:2], one[2] + other[2]) == ((20_000, 40_000), (10_000, 50_000), 117_500)
    await lawful(admin, county)
    await township.order("reverse", effective_on="2017-07-02", movement_id=recovered)
    await stands((20_000, 40_000, 60_000), (10_000, 50_000, 60_000))
    await township.order("reverse", effective_on="2017-07-03", movement_id=returned.json()["id"])
    await stands((20_000, 40_000, 60_000), (40_000, 50_000, 90_000))
    paid = (await township.finance.get(f"/funds/v1/payment-batches/{batch}")).json()
    await township.order("reverse", effective_on="2017-08-04", movement_id=paid["movement_id"])
    await stands((0, 0, 0), (0, 0, 0))
    assert await of_years(township, as_of="2017-06-30") == {
        2017: (20_000, 40_000, 60_000),
        2018: (10_000, 50_000, 60_000),
    }
    for known_at, figures in told:
        assert await of_years(township, known_at=known_at) == figures
    await as_filled(admin)


async def as_filled(admin: asyncpg.Pool) -> None:
    """What the migration fills in is what the triggers have kept."""
    kept = [
        f"SELECT * FROM funds.{table} WHERE amount_fen <> 0 ORDER BY 1, 2, 3, 4, 5"
        for table in ("batch_year", "household_year")
    ]
    async with admin.acquire() as connection:
        before = connection.transaction()
        await before.start()
        by_triggers = [sorted(map(tuple, await connection.fetch(one))) for one in kept]
        await connection.execute("DELETE FROM funds.household_year")
        await connection.execute("DELETE FROM funds.batch_year")
        for statement in household_years_v1.FILL:
            await connection.execute(statement)
        assert by_triggers == [sorted(map(tuple, await connection.fetch(one))) for one in kept]
        assert all(by_triggers)
        await before.rollback()
