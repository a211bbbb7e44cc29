"""R21 over projects that were funded: what rests, as of a day and as known, until building begins or it is returned."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import httpx
import pytest

from services.funds_api.flags.rules import r21_stopped_project_money as r21
from tests.callers import funds_caller
from tests.funds_api.asked import ask_rule, flags_of, run_rules
from tests.funds_api.library import Library


@pytest.fixture
def library(funds_http: httpx.AsyncClient, county: str) -> Library:
    return Library(funds_http, county)


async def funded(library: Library, until: str = "tendering") -> None:
    """A project planned on 5 March that got 800,000 fen on 20 April."""
    await library.fund_it()
    library.cash = (await library.walk(until))["cash_account_id"]
    moved = await library.move("hand_down", library.treasury, library.cash, 800_000, "2017-04-20")
    assert moved.status_code == 201, moved.text


async def test_a_project_that_was_not_begun_is_asked_about_once(library: Library) -> None:
    await funded(library)
    assert (await run_rules(library.http, library.county, "2017-06-03", "R21"))["new_n"] == 0
    run = await run_rules(library.http, library.county, "2017-06-04", "R21")
    [told] = run["rules"]
    assert (told["looked_n"], told["candidates_n"], told["hits_n"], told["new_n"]) == (1, 1, 1, 1)
    [flag] = await flags_of(library.http, library.county, "R21")
    assert (flag["subject"], flag["subject_id"], flag["amount_fen"]) == ("project", library.id, 800_000)
    assert (flag["days"], flag["limit_days"]) == (91, 90)
    assert sum(one["amount_fen"] for one in flag["money"]) == 800_000
    assert all(one["item"].startswith("lot:") for one in flag["money"])
    inspector = funds_caller(library.http, "inspector", library.county)
    assert (await inspector.get(f"/funds/v1/flags/{flag['id']}/recomputation")).json()["same"]
    assert (await run_rules(library.http, library.county, "2017-07-04", "R21"))["new_n"] == 0


async def test_one_that_is_being_built_or_holds_nothing_is_not_asked_about(library: Library) -> None:
    await funded(library, "building")
    assert (await ask_rule(library.http, library.county, "R21", "2017-12-31")).candidates_n == 0
    assert (await ask_rule(library.http, library.county, "R21", "2017-04-09")).candidates_n == 0, "before its money"


async def test_what_went_back_no_longer_rests(library: Library) -> None:
    await funded(library)
    returned = await library.clerk.post(
        "/funds/v1/movements",
        {
            "kind": "return",
            "document": "退1",
            "effective_on": "2017-06-10",
            "fund_code": "TEST-FUND",
            "account_id": library.cash,
            "amount_fen": 800_000,
        },
    )
    assert returned.status_code == 201, returned.text
    assert len((await ask_rule(library.http, library.county, "R21", "2017-06-09")).hits) == 1
    assert (await ask_rule(library.http, library.county, "R21", "2017-06-10")).candidates_n == 0


async def test_what_is_left_after_acceptance_is_asked_about_and_the_query_leaves_out_what_is_in_time(
    library: Library,
) -> None:
    await library.finish(600_000)  # accepted on 10 October with 200,000 fen left
    wide = replace(
        r21.RULE, narrow=lambda _policy, _day: {"over_before": date(2099, 1, 1), "unbegun_before": date(2099, 1, 1)}
    )
    for day, fires in (("2017-10-10", False), ("2018-01-10", False), ("2018-01-11", True)):
        asked = await ask_rule(library.http, library.county, "R21", day)
        every = await ask_rule(library.http, library.county, wide, day)
        assert every.candidates_n == 1
        assert asked.hits == every.hits
        assert (asked.candidates_n, len(asked.hits)) == (int(fires), int(fires)), day
    [(facts, verdict)] = (await ask_rule(library.http, library.county, "R21", "2018-01-11")).hits
    assert isinstance(facts, r21.StoppedFacts)
    assert (facts.amount_fen, facts.since_on, facts.is_over) == (200_000, date(2017, 10, 10), True)
    assert verdict.mark == "完工:2017-10-10"
    assert (await ask_rule(library.http, library.county, "R21", "2018-01-11", library.county + "102")).hits == []
