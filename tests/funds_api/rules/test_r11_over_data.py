"""R11 over paid rosters: which account got what of several households, known by its token and never by its number."""

from __future__ import annotations

from typing import Any

import asyncpg
import httpx

from tests.callers import funds_caller
from tests.funds_api.asked import ask_rule, flags_of, run_rules
from tests.funds_api.objected import days, objected, paid
from tests.funds_api.people import Township, card, id_number
from tests.funds_api.rules.paying import give_back
from tests.funds_api.rules.test_trials import now, tried
from tests.funds_api.test_publications import publish


async def pay(town: Township, rows: list[tuple[int, str, str]], on: str, **more: Any) -> str:
    """Pay (person, yuan, card as written) on a day; data begins on line 2."""
    lines = ["序号,姓名,身份证号,银行卡号,金额（元）"]
    lines += [f"{at},张某,{id_number(one)},{written},{yuan}" for at, (one, yuan, written) in enumerate(rows, 1)]
    batch = await town.batch(effective_on=on, **more)
    answer = await town.put(batch, "\n".join(lines))
    assert answer.status_code == 200, answer.text
    assert answer.json()["batch"]["rows_bad"] == 0, await town.rejected(batch)
    assert (await town.approve(batch)).status_code == 201
    return batch


def told(found: Any) -> list[tuple[str, int, int, int, int]]:
    return sorted(
        (str(one.as_of), one.rows_n, one.amount_fen, one.year_households_n, one.year_fen) for one, _ in found.hits
    )


async def test_from_the_third_household_of_a_year_on(town: Township) -> None:
    """Two households share an account in May; a third comes in June, however its number is written."""
    number = card(1)
    await pay(town, [(0, "100", number), (1, "200", number), (2, "300", card(2))], "2017-05-01")
    june = await pay(town, [(3, "10", f"{number[:4]} {number[4:8]} {number[8:]}"), (1, "20", number)], "2017-06-01")
    await pay(town, [(0, "1", number), (1, "2", number)], "2018-01-01")
    run = await run_rules(town.http, town.county, "2018-02-01", "R11")
    [ran] = run["rules"]
    assert (ran["looked_n"], ran["candidates_n"], ran["hits_n"], ran["new_fen"]) == (3, 1, 1, 3_000)
    assert ran["figures"] == [{"rows_n": 7, "untold_n": 0}]
    [flag] = await flags_of(town.http, town.county, "R11")
    assert (flag["subject_id"], flag["amount_fen"]) == (june, 3_000)
    assert (
        "2 笔（2 户）30.00 元发到同一账户（第 2、3 行）；该账户本年至此为 3 户代领 4 笔 330.00 元"
        in flag["explanation"]
    )
    assert number not in str(flag)
    inspector = funds_caller(town.http, "inspector", town.county)
    assert (await inspector.get(f"/funds/v1/flags/{flag['id']}/recomputation")).json()["same"]


async def test_people_of_one_household_may_share_an_account(town: Township, admin: asyncpg.Pool) -> None:
    home = await town.household(admin, 0)
    for place in (50, 51):
        member = {"name": "张某", "id_number": id_number(place), "reason": "birth", "joined_on": "2016-06-01"}
        await town.change(f"{home}/members", {"document": "文1", **member})
    rows = [(place, "100", card(0)) for place in (0, 50, 51)]
    await pay(town, [*rows, (1, "100", card(0))], "2017-05-01", per="person")
    assert told(await ask_rule(town.http, town.county, "R11", "2017-12-31")) == []


async def test_rows_without_an_account_are_counted_and_not_put_together(town: Township) -> None:
    await pay(town, [(0, "1", ""), (1, "1", ""), (2, "1", ""), (3, "1", card(3))], "2017-05-01")
    found = await ask_rule(town.http, town.county, "R11", "2017-12-31")
    assert told(found) == []
    assert found.figures == [{"rows_n": 4, "untold_n": 3}]


async def test_what_came_back_and_other_places_are_left_out(town: Township) -> None:
    batch = await pay(town, [(one, "100", card(0)) for one in (0, 1, 2)], "2017-05-01")
    assert told(await ask_rule(town.http, town.county, "R11", "2017-05-07")) == [("2017-05-01", 3, 30_000, 3, 30_000)]
    assert told(await ask_rule(town.http, town.county, "R11", "2017-05-07", town.county + "102")) == []
    await give_back(town, batch, 3, "2017-05-08")
    assert told(await ask_rule(town.http, town.county, "R11", "2017-05-08")) == []


async def test_the_number_of_an_account_rests_as_a_token_only(
    town: Township, admin: asyncpg.Pool, funds_http: httpx.AsyncClient
) -> None:
    number = card(7)
    batch = await pay(town, [(0, "1", number), (1, "1", number), (2, "1", card(8))], "2017-05-01")
    rows = await admin.fetch("SELECT card_token FROM funds.payment WHERE batch_id = $1::uuid ORDER BY line", batch)
    first, second, third = (row["card_token"] for row in rows)
    assert (len(first), first == second, first == third) == (8, True, False)
    vault = funds_http.app.state.vault  # type: ignore[attr-defined]
    assert first != vault.token(number)[:8], "an account and an ID number of the same digits have nothing in common"


async def test_the_parts_of_a_divided_roster_tell_accounts_apart_as_its_rows_do(
    town: Township, admin: asyncpg.Pool
) -> None:
    """Line 5 is objected to and waits: the three rows that are paid went to one account."""
    await days(admin, town.county, 7)
    lines = ["序号,姓名,身份证号,银行卡号,金额（元）"]
    lines += [f"{at},张某,{id_number(at)},{card(0 if at < 3 else 9)},100" for at in range(4)]
    batch = await town.batch()
    assert (await town.put(batch, "\n".join(lines))).status_code == 200
    assert (await publish(town, batch)).status_code == 201
    await objected(town, batch, 5)
    await paid(town, batch)
    [hit] = told(await ask_rule(town.http, town.county, "R11", "2017-12-31"))
    assert hit[1:] == (3, 30_000, 3, 30_000)


async def test_a_trial_counts_the_households_whose_rows_are_named(town: Township) -> None:
    """One account got for three households and another for two, of which one is the same: four households in all."""
    await pay(town, [(0, "1", card(0)), (1, "2", card(0)), (2, "3", card(0))], "2017-05-01")
    await pay(town, [(2, "4", card(1)), (3, "5", card(1))], "2017-06-01")
    asked: dict[str, Any] = {"rule": "R11", "values": {"card_households_n": 2}, "known_at": now()}
    [only] = (await tried(town.http, town.county, as_of=["2017-12-31"], **asked))["counties"]
    assert [(only[side]["flags_n"], only[side]["people_n"]) for side in ("live", "draft")] == [(1, 3), (2, 4)]
