"""R12 over paid rosters: its query yields what its judgement wants, as of a day and as known, where it is asked."""

from __future__ import annotations

from datetime import date

import asyncpg
import httpx
import pytest

from services.funds_api.flags.asking import ask
from services.funds_api.flags.rules import r12_amount_outlier
from services.funds_api.flags.rules.rule import Policy
from services.funds_api.flags.store import Place
from services.funds_api.moments import EVERYTHING, Moment
from services.funds_api.policies import store as policies
from tests.callers import funds_caller
from tests.funds_api.asked import ask_rule, database, flags_of, run_rules
from tests.funds_api.people import Township, id_number
from tests.funds_api.rules.paying import give_back
from tests.unit.rules.judging import value


@pytest.fixture
async def town(funds_http: httpx.AsyncClient, county: str) -> Township:
    return await Township(funds_http, county).open()


async def pay(town: Township, amounts: list[str], on: str, **more: str) -> str:
    rows = [(id_number(place), amount) for place, amount in enumerate(amounts)]
    batch = str((await town.checked(rows, effective_on=on, **more))["batch"]["id"])
    answer = await town.approve(batch)
    assert answer.status_code in {200, 201}, answer.text
    return batch


# Quartiles 90.00 and 110.00, so the fence is 170.00.
AMOUNTS = ["90"] * 8 + ["100"] * 7 + ["110"] * 6


async def test_the_one_row_above_the_fence_is_asked_about(town: Township) -> None:
    batch = await pay(town, [*AMOUNTS, "170", "170.01"], "2017-05-01")
    run = await run_rules(town.http, town.county, "2017-06-01", "R12")
    [told] = run["rules"]
    assert (told["looked_n"], told["candidates_n"], told["hits_n"], told["new_n"]) == (23, 1, 1, 1)
    assert [(one["rows_n"], one["q1_fen"], one["q3_fen"]) for one in told["figures"]] == [(23, 9_000, 11_000)]
    [flag] = await flags_of(town.http, town.county, "R12")
    line = len(AMOUNTS) + 3
    assert flag["mark"] == f"{batch}:{line}"
    assert flag["money"] == [{"item": f"payment:{batch}:{line}", "amount_fen": 17_001}]
    assert "170.01" in flag["explanation"]
    assert told["warning"] is not None, "one hit among 23 is more than one in a hundred, and the rule says so"
    inspector = funds_caller(town.http, "inspector", town.county)
    assert (await inspector.get(f"/funds/v1/flags/{flag['id']}/recomputation")).json()["same"]
    assert (await run_rules(town.http, town.county, "2017-06-01", "R12"))["new_n"] == 0


async def test_the_query_narrows_to_what_the_judgement_wants(town: Township) -> None:
    """With the fence laid at the quartile every row above it is a candidate; the judgement picks the same ones."""
    await pay(town, [*AMOUNTS, "150", "180", "500"], "2017-05-01")
    judged = await ask_rule(town.http, town.county, "R12", "2017-06-01")
    assert sorted(facts.amount_fen for facts, _ in judged.hits) == [18_000, 50_000]
    assert judged.candidates_n == 2
    assert (await ask_rule(town.http, town.county, "R12", "2017-04-30")).candidates_n == 0
    assert (await ask_rule(town.http, town.county, "R12", "2017-06-01", town.county + "102")).candidates_n == 0


async def test_a_roster_that_was_undone_is_not_asked_about(town: Township, admin: asyncpg.Pool) -> None:
    batch = await pay(town, [*AMOUNTS, "500"], "2017-05-01")
    movement = str(await admin.fetchval("SELECT id FROM funds.movement WHERE batch_id = $1::uuid", batch))
    undone = await town.finance.post(
        "/funds/v1/movements",
        {"kind": "reverse", "document": "冲1", "effective_on": "2017-05-20", "movement_id": movement},
    )
    assert undone.status_code == 201, undone.text
    assert (await ask_rule(town.http, town.county, "R12", "2017-05-19")).candidates_n == 1
    assert (await ask_rule(town.http, town.county, "R12", "2017-05-20")).candidates_n == 0


async def test_nineteen_rows_are_too_few(town: Township) -> None:
    await pay(town, [*AMOUNTS[:18], "500"], "2017-05-01")
    assert (await ask_rule(town.http, town.county, r12_amount_outlier.RULE, "2017-06-01")).candidates_n == 0


async def test_what_came_back_is_asked_about_no_more(town: Township) -> None:
    batch = await pay(town, [*AMOUNTS, "300", "400", "500"], "2017-05-01")
    first = len(AMOUNTS) + 2
    await give_back(town, batch, first, "2017-05-10", amount_fen=13_000)  # 170.00 are kept: the fence itself
    await give_back(town, batch, first + 1, "2017-05-10", amount_fen=22_999)  # 170.01 are kept
    await give_back(town, batch, first + 2, "2017-05-11")

    async def kept(day: str) -> list[int]:
        found = await ask_rule(town.http, town.county, "R12", day)
        assert [facts.amount_fen for facts, _ in found.hits] == [
            one.amount_fen for _, verdict in found.hits for one in verdict.money
        ]
        return sorted(facts.amount_fen for facts, _ in found.hits)

    assert await kept("2017-05-09") == [30_000, 40_000, 50_000]
    assert await kept("2017-05-10") == [17_001, 50_000]
    assert await kept("2017-05-11") == [17_001]


async def test_a_payment_is_asked_about_by_the_fence_of_its_own_day(town: Township) -> None:
    await pay(town, [*AMOUNTS, "180"], "2017-05-01")
    async with database(town.http).reading(town.county) as tx:
        later = value("outlier_fence_ppm", 9_000_000, date(2017, 6, 1), town.county)
        policy = Policy([*await policies.values(tx), later], town.county)
        moment = Moment(date(2017, 7, 1), EVERYTHING)
        found = await ask(tx, r12_amount_outlier.RULE, Place(town.county, town.county), moment, policy)
    assert [facts.amount_fen for facts, _ in found.hits] == [18_000]


async def test_the_next_step_of_a_standard_is_nothing_odd(town: Township) -> None:
    await pay(town, [*["100"] * 22, "120", "150", "150.01"], "2017-05-01")
    found = await ask_rule(town.http, town.county, "R12", "2017-06-01")
    assert (found.candidates_n, [facts.amount_fen for facts, _ in found.hits]) == (1, [15_001])
