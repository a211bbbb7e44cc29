"""R23 over paid rosters, and P23 over accepted projects: what was never on show, or not long enough."""

from __future__ import annotations

from dataclasses import replace

import asyncpg
import httpx
import pytest

from services.funds_api.flags.rules import r23_not_publicised as r23
from tests.callers import funds_caller
from tests.funds_api.asked import ask_rule, flags_of, run_rules
from tests.funds_api.library import Library
from tests.funds_api.people import Township, id_number
from tests.funds_api.rules.paying import undo

SHOWN = {"document": "公示〔2017〕3号", "place": "村务公开栏"}


async def paid(town: Township, from_on: str | None) -> str:
    """A roster of two rows paid on 1 May 2017, on show since a day, or never."""
    batch = str((await town.checked([(id_number(1), "60.00"), (id_number(2), "40.00")]))["batch"]["id"])
    if from_on:
        body = {**SHOWN, "from_on": from_on}
        shown = await town.clerk.post(f"/funds/v1/payment-batches/{batch}/publications", body)
        assert shown.status_code == 201, shown.text
    approved = await town.approve(batch)
    assert approved.status_code in {200, 201}, approved.text
    return batch


@pytest.mark.parametrize(
    ("from_on", "fires"),
    [(None, True), ("2017-04-22", True), ("2017-04-21", False), ("2017-04-20", False), ("2017-05-02", True)],
)
async def test_a_roster_that_was_paid_too_early(town: Township, from_on: str | None, fires: bool) -> None:
    batch = await paid(town, from_on)
    asked = await ask_rule(town.http, town.county, "R23", "2017-06-01")
    wide = replace(r23.RULE, narrow=lambda _policy, _day: {"near_days": 10_000})
    assert asked.hits == (await ask_rule(town.http, town.county, wide, "2017-06-01")).hits
    assert [str(facts.subject_id) for facts, _ in asked.hits] == [batch] * fires
    assert (await ask_rule(town.http, town.county, "R23", "2017-04-30")).candidates_n == 0
    assert (await ask_rule(town.http, town.county, "R23", "2017-06-01", town.county + "102")).candidates_n == 0


async def test_it_is_asked_about_once_and_judged_again_the_same(town: Township, admin: asyncpg.Pool) -> None:
    batch = await paid(town, None)
    run = await run_rules(town.http, town.county, "2017-06-01", "R23")
    [told] = run["rules"]
    assert (told["looked_n"], told["candidates_n"], told["hits_n"], told["new_n"]) == (1, 1, 1, 1)
    [flag] = await flags_of(town.http, town.county, "R23")
    assert (flag["subject"], flag["subject_id"], flag["as_of"], flag["amount_fen"]) == (
        "batch",
        batch,
        "2017-05-01",
        10_000,
    )
    [named] = flag["money"]
    assert named["item"].startswith("movement:")
    inspector = funds_caller(town.http, "inspector", town.county)
    assert (await inspector.get(f"/funds/v1/flags/{flag['id']}/recomputation")).json()["same"]
    assert (await run_rules(town.http, town.county, "2017-06-02", "R23"))["new_n"] == 0
    await undo(town, batch, "2017-05-20", admin)
    assert (await ask_rule(town.http, town.county, "R23", "2017-05-19")).candidates_n == 1
    assert (await ask_rule(town.http, town.county, "R23", "2017-05-20")).candidates_n == 0


async def test_the_completion_of_a_project_is_announced_within_thirty_days(
    funds_http: httpx.AsyncClient, county: str
) -> None:
    library = Library(funds_http, county)
    await library.walk("accepted")  # on 10 October
    assert (await ask_rule(funds_http, county, "P23", "2017-11-09")).candidates_n == 0
    [(facts, verdict)] = (await ask_rule(funds_http, county, "P23", "2017-11-10")).hits
    assert (str(facts.subject_id), facts.amount_fen, verdict.days) == (library.id, 800_000, 31)
    run = await run_rules(funds_http, county, "2017-11-10", "P23")
    assert run["new_n"] == 1
    assert (await ask_rule(funds_http, county, "P23", "2017-11-10", county + "102")).candidates_n == 0
    assert (await library.measure()).status_code == 201
    assert (await library.step("announced")).status_code == 201
    assert (await ask_rule(funds_http, county, "P23", "2017-12-31")).candidates_n == 0
