"""A rule that hits an implausible share of what it looks at says so in its run, in a trial and in its record."""

from __future__ import annotations

from typing import Any

import asyncpg
import httpx
import pytest

from chassis import clock
from tests.callers import funds_caller
from tests.funds_api.asked import run_rules
from tests.funds_api.library import Library, plan
from tests.funds_api.people import Township
from tests.funds_api.rules.test_r12_over_data import AMOUNTS, pay
from tests.funds_api.rules.test_trials import now, tried


async def share(admin: asyncpg.Pool, county: str, ppm: int) -> None:
    await admin.execute(
        "INSERT INTO funds.policy_value (key, region_code, valid_from, value, source, basis)"
        " VALUES ('rule_share_warn_ppm', $1, '2016-01-01', to_jsonb($2::int), '县财政局通知', 'practice')",
        county,
        ppm,
    )


# Two hits of 23 rows are 86,956.52 in a million.
@pytest.mark.parametrize(("ppm", "doubts"), [(86_956, True), (86_957, False)])
async def test_the_share_is_held_to_the_last_digit_wherever_it_is_told(
    funds_http: httpx.AsyncClient, county: str, admin: asyncpg.Pool, ppm: int, doubts: bool
) -> None:
    town = await Township(funds_http, county).open()
    await pay(town, [*AMOUNTS, "500", "800"], "2017-05-01")
    await share(admin, county, ppm)
    asked: dict[str, Any] = {"rule": "R12", "as_of": ["2017-06-01"], "known_at": now()}
    [only] = (await tried(funds_http, county, **asked, values={"outlier_fence_ppm": 1_000_000}))["counties"]
    run = await run_rules(funds_http, county, "2017-06-01", "R12")
    [told] = run["rules"]
    assert (told["looked_n"], told["hits_n"], only["looked_n"], only["live"]["flags_n"]) == (23, 2, 23, 2)
    record = await funds_caller(funds_http, "inspector", county).get("/funds/v1/rules/R12/record")
    last = record.json()["last_run"]
    assert told["warning"] == only["live"]["warning"] == last["warning"]
    assert (told["warning"] is not None) == doubts
    if doubts:
        assert "命中 2 个，占所看 23 个的 8.7%" in told["warning"]


async def test_a_trial_doubts_the_draft_and_not_the_live_rule(
    funds_http: httpx.AsyncClient, county: str, admin: asyncpg.Pool
) -> None:
    """A lower fence asks about three of 24 rows where the rule in force asks about two; the line lies between."""
    town = await Township(funds_http, county).open()
    await pay(town, [*AMOUNTS, "168", "180", "500"], "2017-05-01")
    await share(admin, county, 100_000)
    asked: dict[str, Any] = {"rule": "R12", "as_of": ["2017-06-01"], "known_at": now()}
    [only] = (await tried(funds_http, county, **asked, values={"outlier_fence_ppm": 1_000_000}))["counties"]
    assert (only["live"]["flags_n"], only["draft"]["flags_n"], only["looked_n"]) == (2, 3, 24)
    assert only["live"]["warning"] is None
    assert "命中 3 个，占所看 24 个的 12.5%，超过 10.0%" in only["draft"]["warning"]


async def test_money_at_rest_is_not_doubted(funds_http: httpx.AsyncClient, county: str, admin: asyncpg.Pool) -> None:
    await Township(funds_http, county).open()
    await share(admin, county, 1)
    run = await run_rules(funds_http, county, "2018-12-31", "R19", "I01")
    assert all(one["hits_n"] for one in run["rules"])
    assert [one["warning"] for one in run["rules"]] == [None, None]
    asked: dict[str, Any] = {"rule": "I01", "as_of": ["2018-12-31"], "known_at": now()}
    [only] = (await tried(funds_http, county, **asked, values={"idle_flag_days": 60}))["counties"]
    assert (only["looked_n"], only["live"]["warning"], only["draft"]["warning"]) == (None, None, None)
    assert only["draft"]["flags_n"] > 0


async def test_what_is_looked_at_is_counted_as_it_was_known(funds_http: httpx.AsyncClient, county: str) -> None:
    """A household and a project that came into the books later are in no share of before."""
    town, library = await Township(funds_http, county, households=range(3)).open(), Library(funds_http, county)
    assert (await library.declare()).status_code == 201
    then = clock.now().isoformat()
    await library.declare(plan=plan(name="另一项目"))
    await town.register(range(3, 5))
    drafts: dict[str, dict[str, Any]] = {"R09": {"undeclared_members_max": 2}, "R16": {"repeated_project_years": 1}}
    for rule, looked in (("R09", (3, 5)), ("R16", (1, 2))):
        asked: dict[str, Any] = {"rule": rule, "values": drafts[rule], "as_of": ["2017-12-31"]}
        told = [(await tried(funds_http, county, **asked, known_at=at))["counties"][0] for at in (then, now())]
        assert tuple(one["looked_n"] for one in told) == looked, rule
