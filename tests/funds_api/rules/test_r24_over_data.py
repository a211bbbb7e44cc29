"""R24 over projects that were funded: without targets, and accepted without results."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import asyncpg
import httpx
import pytest

from services.funds_api.flags.rules import r24_no_performance_target as r24
from tests.callers import funds_caller
from tests.funds_api.asked import ask_rule, flags_of, run_rules
from tests.funds_api.library import Library

WIDE = replace(r24.RULE, narrow=lambda _policy, _day: {"accepted_before": date(2099, 1, 1)})


@pytest.fixture
async def library(funds_http: httpx.AsyncClient, county: str) -> Library:
    """A project built and paid for, accepted on 10 June 2018; its target is measured by whoever wants to."""
    opened = Library(funds_http, county)
    await opened.fund_it()
    opened.cash = (await opened.walk("building"))["cash_account_id"]
    moved = await opened.move("hand_down", opened.treasury, opened.cash, 800_000, "2017-04-20")
    assert moved.status_code == 201, moved.text
    accepted = await opened.step("accepted", effective_on="2018-06-10")
    assert accepted.status_code == 201, accepted.text
    return opened


async def test_an_accepted_project_without_results_is_asked_about_from_the_sixty_first_day(library: Library) -> None:
    assert (await run_rules(library.http, library.county, "2018-08-09", "R24"))["new_n"] == 0
    run = await run_rules(library.http, library.county, "2018-08-10", "R24")
    [told] = run["rules"]
    assert (told["looked_n"], told["candidates_n"], told["hits_n"], told["new_n"]) == (1, 1, 1, 1)
    [flag] = await flags_of(library.http, library.county, "R24")
    assert flag["money"] == [{"item": f"project:{library.id}", "amount_fen": 800_000}]
    assert (flag["days"], flag["limit_days"], flag["subject"]) == (61, 60, "project")
    inspector = funds_caller(library.http, "inspector", library.county)
    assert (await inspector.get(f"/funds/v1/flags/{flag['id']}/recomputation")).json()["same"]
    assert (await run_rules(library.http, library.county, "2018-08-11", "R24"))["new_n"] == 0


async def test_nothing_is_asked_before_the_document_that_asks_for_targets(
    library: Library, admin: asyncpg.Pool
) -> None:
    """国办发〔2018〕35号 is of May 2018; the value stands from June on."""
    await admin.execute("DELETE FROM funds.project_target WHERE county_code = $1", library.county)
    for day, n in (("2017-06-01", 0), ("2018-05-31", 0), ("2018-06-01", 1)):
        found = await ask_rule(library.http, library.county, "R24", day)
        assert (len(found.hits), found.silent_because is None) == (n, n == 1)


async def test_what_the_project_gave_back_is_no_money_it_has(library: Library, admin: asyncpg.Pool) -> None:
    """Of 8,000 yuan 3,000 went back on 10 June and the rest on 12 June, which was undone on the 14th."""
    await admin.execute("DELETE FROM funds.project_target WHERE county_code = $1", library.county)
    await give_back(library, 300_000, "2018-06-10")
    rest = await give_back(library, 500_000, "2018-06-12")
    undone = {"kind": "reverse", "document": "冲1", "effective_on": "2018-06-14", "movement_id": rest}
    answer = await library.clerk.post("/funds/v1/movements", undone)
    assert answer.status_code == 201, answer.text
    for day, fen, back in (
        ("2018-06-09", 800_000, 0),
        ("2018-06-10", 500_000, 300_000),
        ("2018-06-11", 500_000, 300_000),
    ):
        [(facts, verdict)] = (await ask_rule(library.http, library.county, "R24", day)).hits
        assert (facts.amount_fen, [one.amount_fen for one in verdict.money]) == (fen, [fen])
        assert ("另已退回 3,000.00 元" in verdict.explanation) == bool(back)
    for day, n in (("2018-06-12", 0), ("2018-06-13", 0), ("2018-06-14", 1)):
        assert (await ask_rule(library.http, library.county, "R24", day)).candidates_n == n


async def give_back(library: Library, fen: int, on: str) -> str:
    """The project returns so much of its money to where it came from; the movement."""
    body = {
        "kind": "return",
        "document": f"退{on}",
        "effective_on": on,
        "fund_code": "TEST-FUND",
        "account_id": library.cash,
        "amount_fen": fen,
    }
    answer = await library.clerk.post("/funds/v1/movements", body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["movements"][0]["id"])


async def test_a_measured_project_is_not_asked_about(library: Library) -> None:
    assert (await library.measure(reached_on="2018-06-10")).status_code == 201
    assert (await ask_rule(library.http, library.county, "R24", "2019-06-01")).candidates_n == 0


async def test_money_without_any_target_is_asked_about_at_once(library: Library, admin: asyncpg.Pool) -> None:
    """The library refuses such a project; one that came into the books another way is found all the same."""
    await admin.execute("DELETE FROM funds.project_target WHERE county_code = $1", library.county)
    for day, n in (("2017-04-19", 0), ("2017-04-20", 1)):
        assert (await ask_rule(library.http, library.county, WIDE, day)).candidates_n == n, "not before its money"
    [(facts, verdict)] = (await ask_rule(library.http, library.county, "R24", "2018-06-01")).hits
    assert (facts.amount_fen, verdict.mark) == (800_000, "无目标")
    assert (await ask_rule(library.http, library.county, "R24", "2018-06-01", library.county + "102")).hits == []


async def test_the_query_leaves_out_only_what_is_in_time(library: Library) -> None:
    for day in ("2018-06-09", "2018-06-10", "2018-08-09", "2018-08-10", "2019-06-01"):
        asked = await ask_rule(library.http, library.county, "R24", day)
        every = await ask_rule(library.http, library.county, WIDE, day)
        assert asked.hits == every.hits
        assert every.candidates_n == int(day >= "2018-06-10")
