"""Flags of one rule that name the same fen: record, trial and warnings count it once, as a plain recount does."""

from __future__ import annotations

from typing import Any

import httpx

from tests.callers import funds_caller
from tests.funds_api.asked import flags_of, run_rules
from tests.funds_api.desk import open_account
from tests.funds_api.library import Library, plan
from tests.funds_api.rules.test_trials import now, tried


def recount(flags: list[dict[str, Any]]) -> int:
    """Each thing that is named with its fen, once."""
    fen: dict[str, int] = {}
    for flag in flags:
        for one in flag["money"]:
            fen[one["item"]] = max(fen.get(one["item"], 0), one["amount_fen"])
    return sum(fen.values())


async def test_record_trial_and_warnings_agree_with_a_plain_recount(funds_http: httpx.AsyncClient, county: str) -> None:
    """Three projects of one name: the last is asked about beside each of the others, and is one project."""
    library = Library(funds_http, county)
    await library.fund_it()
    await open_account(funds_http, county, "department", "县交通局")
    for name, year in (("通村公路", 2017), ("2018年通村公路", 2018), ("2019年通村公路", 2019)):
        answer = await library.declare(plan=plan(name=name, fiscal_year=year))
        assert answer.status_code == 201, answer.text
    draft = {"rule": "R16", "values": {"repeated_project_years": 1}, "as_of": ["2017-12-31"], "known_at": now()}
    run = await run_rules(funds_http, county, "2017-12-31", "R16")
    flags = await flags_of(funds_http, county, "R16")
    once, each = recount(flags), sum(flag["amount_fen"] for flag in flags)
    assert (len(flags), len({flag["subject_id"] for flag in flags})) == (3, 2)
    assert 0 < once < each

    inspector = funds_caller(funds_http, "inspector", county)
    told = (await inspector.get("/funds/v1/rules/R16/record", params={"once": True})).json()
    assert (told["flagged_fen"], told["named_fen"], told["distinct_fen"], told["nested_fen"]) == (
        each,
        each,
        once,
        each - once,
    )
    total = (await inspector.get("/funds/v1/rule-records", params={"once": True})).json()["total"]
    assert total["distinct_fen"] == once
    [tried_now] = (await tried(funds_http, county, **draft))["counties"]
    assert (tried_now["live"]["flags_n"], tried_now["live"]["amount_fen"]) == (len(flags), once)
    warned = (await inspector.get("/funds/v1/warnings", params={"rule": "R16"})).json()["items"]
    assert {one["run_id"] for one in warned} == {run["id"]}
    assert (sum(one["flags_n"] for one in warned), sum(one["amount_fen"] for one in warned)) == (len(flags), once)

    for flag in flags:  # what is confirmed and recovered is counted the same way
        body = {"outcome": "confirmed", "reason": "核实", "document": "核查1号", "decided_on": "2018-01-10"}
        got = await inspector.post(f"/funds/v1/flags/{flag['id']}/outcome", {**body, "recovered_fen": 1_000})
        assert got.status_code == 201, got.text
    told = (await inspector.get("/funds/v1/rules/R16/record")).json()
    assert (told["confirmed_fen"], told["confirmed_distinct_fen"]) == (each, once)
    assert told["recovered_fen"] == 2 * 1_000, "of two projects"
