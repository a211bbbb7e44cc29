"""Trials: what a draft would have asked then, beside the live rule; the same answer for ever, and no flag written."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import asyncpg
import httpx
import pytest

from chassis import clock
from services.funds_api.trials import service
from tests.callers import funds_caller
from tests.funds_api.asked import run_rules
from tests.funds_api.desk import Desk
from tests.funds_api.people import Township, id_number
from tests.funds_api.test_clock_stops import stop
from treasury.calendar import business_date

TRIALS = "/funds/v1/rule-trials"


@pytest.fixture
async def desk(funds_http: httpx.AsyncClient, county: str) -> Desk:
    """400,000 fen on 1 March, 600,000 on 1 April; of it 500,000 to a township on 1 May."""
    opened = await Desk(funds_http, county).open()
    assert (await opened.out(500_000, opened.first, "2017-05-01")).status_code == 201
    return opened


async def tried(http: httpx.AsyncClient, county: str, **body: Any) -> dict[str, Any]:
    answer = await funds_caller(http, "inspector", county).post(TRIALS, body)
    assert answer.status_code == 201, answer.text
    found = dict(answer.json())
    assert found["unexplained_n"] == 0
    return found


def now() -> str:
    return clock.now().isoformat()


async def test_a_lower_line_would_have_asked_about_more_and_asks_nobody(desk: Desk, admin: asyncpg.Pool) -> None:
    found = await tried(
        desk.http, desk.county, rule="I01", values={"idle_flag_days": 60}, as_of=["2017-06-15"], known_at=now()
    )
    [only] = found["counties"]
    # By 15 June what came on 1 April has rested 75 days (500,000 fen), and nothing has rested 180.
    assert (only["live"]["flags_n"], only["draft"]["flags_n"], only["draft"]["amount_fen"]) == (0, 1, 500_000)
    assert (only["only_live_n"], only["only_draft_n"], only["both_n"]) == (0, 1, 0)
    assert await admin.fetchval("SELECT count(*) FROM funds.flag WHERE county_code = $1", desk.county) == 0


@pytest.mark.parametrize(("days", "asked"), [(74, 1), (75, 0)])
async def test_the_lines_own_day_is_not_past_it(desk: Desk, days: int, asked: int) -> None:
    found = await tried(
        desk.http, desk.county, rule="I01", values={"idle_flag_days": days}, as_of=["2017-06-15"], known_at=now()
    )
    assert found["draft_n"] == asked


async def test_the_live_side_is_what_a_run_raises(desk: Desk) -> None:
    for rule, key in (("R19", "handdown_limit_days.township_office"), ("I01", "idle_flag_days")):
        found = await tried(desk.http, desk.county, rule=rule, values={key: 300}, as_of=["2017-11-30"], known_at=now())
        run = await run_rules(desk.http, desk.county, "2017-11-30", rule)
        assert found["live_n"] == run["rules"][0]["new_n"]
        assert found["counties"][0]["live"]["amount_fen"] == run["new_fen"]
        assert found["only_live_n"] == found["live_n"] - found["draft_n"]


async def test_history_is_asked_as_it_was_known_then(desk: Desk) -> None:
    """What was written down later, dated earlier, is not in the answer of before; asked again, it is the same."""
    then = clock.now().isoformat()
    asked: dict[str, Any] = {
        "rule": "I01",
        "values": {"idle_flag_days": 60},
        "as_of": ["2017-06-15", "2017-07-31"],
        "known_at": then,
    }
    before = await tried(desk.http, desk.county, **asked)
    assert (await desk.out(500_000, desk.contractor, "2017-05-20", kind="pay")).status_code == 201
    again = await tried(desk.http, desk.county, **asked)
    assert [one["draft"] for one in again["counties"]] == [one["draft"] for one in before["counties"]]
    today = await tried(desk.http, desk.county, **{**asked, "known_at": now()})
    assert [one["draft"]["flags_n"] for one in before["counties"]] == [1, 3]
    assert [one["draft"]["flags_n"] for one in today["counties"]] == [0, 2]
    # Left to itself each day is asked by what had been recorded at its end: in 2017 this county had recorded nothing.
    unasked = await tried(desk.http, desk.county, **{**asked, "known_at": None})
    assert (unasked["live_n"], unasked["draft_n"]) == (0, 0)


async def test_a_day_that_is_not_over_is_asked_by_what_is_settled(desk: Desk) -> None:
    today = business_date(clock.now()).isoformat()
    asked: dict[str, Any] = {"rule": "I01", "values": {"idle_flag_days": 60}, "as_of": [today]}
    told = await tried(desk.http, desk.county, **asked)
    [only] = told["counties"]
    assert only["draft"]["flags_n"] == 3
    assert datetime.fromisoformat(only["known_at"]) <= clock.now()
    again = await tried(desk.http, desk.county, **asked, known_at=only["known_at"])
    assert again["counties"] == told["counties"]


async def test_a_clock_that_stood_still_then_is_not_run_on_by_what_was_recorded_later(desk: Desk) -> None:
    """500,000 fen since 1 May in two lots, less 29 days: one is written down as spent later, half of the other too."""
    await stop(desk, from_on="2017-05-10", limit_on="2017-06-08")
    asked: dict[str, Any] = {
        "rule": "I01",
        "values": {"idle_flag_days": 30},
        "as_of": ["2017-06-15", "2017-06-29", "2017-06-30"],
        "region": desk.county + "101",
        "known_at": clock.now().isoformat(),
    }
    before = await tried(desk.http, desk.county, **asked)
    assert [(one["draft"]["flags_n"], one["draft"]["amount_fen"]) for one in before["counties"]] == [
        (0, 0),
        (0, 0),
        (2, 500_000),
    ]
    late = await desk.out(450_000, desk.contractor, "2017-06-09", kind="pay", from_account_id=desk.first)
    assert late.status_code == 201, late.text
    again = await tried(desk.http, desk.county, **asked)
    assert again["counties"] == before["counties"]
    today = await tried(desk.http, desk.county, **{**asked, "known_at": now()})
    assert [(one["draft"]["flags_n"], one["draft"]["amount_fen"]) for one in today["counties"]] == [
        (0, 0),
        (0, 0),
        (1, 50_000),
    ]


async def test_a_judged_rule_counts_people_and_fen_once(funds_http: httpx.AsyncClient, county: str) -> None:
    town = await Township(funds_http, county).open()
    amounts = ["90"] * 8 + ["100"] * 7 + ["110"] * 6 + ["168", "180", "500"]
    rows = [(id_number(place), amount) for place, amount in enumerate(amounts)]
    batch = (await town.checked(rows, effective_on="2017-05-01"))["batch"]["id"]
    assert (await town.approve(batch)).status_code in {200, 201}
    found = await tried(
        funds_http, county, rule="R12", values={"outlier_fence_ppm": 1_000_000}, as_of=["2017-06-01"], known_at=now()
    )
    [only] = found["counties"]
    # The quartiles are 90.00 and 110.00: three distances above is 170.00; one is less than half the quartile, and
    # half of it above is 165.00.
    counted = [{name: n for name, n in only[side].items() if name != "warning"} for side in ("live", "draft")]
    assert counted[0] == {"flags_n": 2, "people_n": 2, "amount_fen": 68_000}
    assert counted[1] == {"flags_n": 3, "people_n": 3, "amount_fen": 84_800}
    assert only["looked_n"] == 24
    assert (only["only_draft_n"], only["both_n"]) == (1, 2)


async def test_a_province_is_told_county_by_county(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "MOST", 10_000)  # other tests have opened books of their own
    above = funds_caller(desk.http, "inspector", desk.county[:4])
    answer = await above.post(
        TRIALS, {"rule": "I01", "values": {"idle_flag_days": 60}, "as_of": ["2017-06-15"], "known_at": now()}
    )
    assert answer.status_code == 201, answer.text
    counties = {one["county_code"]: one["draft"]["flags_n"] for one in answer.json()["counties"]}
    assert counties[desk.county] == 1
    assert all(code.startswith(desk.county[:4]) for code in counties)
    assert sum(counties.values()) == answer.json()["draft_n"]


async def test_bad_trials_are_told_and_nothing_is_tried(desk: Desk, admin: asyncpg.Pool) -> None:
    inspector = funds_caller(desk.http, "inspector", desk.county)
    day = {"as_of": ["2017-06-15"]}
    cases = [
        ({"rule": "R98", "values": {"idle_flag_days": 60}, **day}, 422, "rules-unknown"),
        ({"rule": "I01", **day}, 422, "nothing-drafted"),
        ({"rule": "I01", "draft": True, **day}, 404, "no-draft"),
        ({"rule": "I01", "values": {"idle_flag_days": 0}, **day}, 422, "draft-value-refused"),
        ({"rule": "I01", "values": {"outlier_rows_min": 30}, **day}, 422, "draft-value-refused"),
        ({"rule": "I01", "values": {"idle_flag_days": 60}, "as_of": []}, 422, "invalid-request"),
        ({"rule": "I01", "values": {"idle_flag_days": 60}, "as_of": ["2199-12-31"]}, 422, "dated-ahead"),
        ({"rule": "I01", "values": {"idle_flag_days": 60}, "region": desk.county + "199", **day}, 404, "not-found"),
        ({"rule": "I01", "values": {"idle_flag_days": 60}, "region": "420322", **day}, 403, "outside-region"),
    ]
    for body, status, slug in cases:
        answer = await inspector.post(TRIALS, body)
        assert (answer.status_code, answer.json()["type"].rsplit("/", 1)[1]) == (status, slug), answer.text
    clerk = funds_caller(desk.http, "finance_clerk", desk.county)
    assert (await clerk.post(TRIALS, {"rule": "I01", "values": {"idle_flag_days": 60}, **day})).status_code == 403
    told = "SELECT count(*) FROM funds.event WHERE stream = $1 AND kind = 'RuleTried'"
    assert await admin.fetchval(told, desk.county) == 0


async def test_a_trial_has_a_bound(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "MOST", 2)
    asked = {"rule": "I01", "values": {"idle_flag_days": 60}, "known_at": now()}
    days = ["2017-06-15", "2017-06-16", "2017-06-17"]
    inspector = funds_caller(desk.http, "inspector", desk.county)
    refused = await inspector.post(TRIALS, {**asked, "as_of": days})
    assert (refused.status_code, refused.json()["type"]) == (422, "/problems/trial-too-large")
    assert refused.json()["figures"] == {"counties_n": 1, "days_n": 3, "most_n": 2}
    assert (await inspector.post(TRIALS, {**asked, "as_of": days[:2]})).status_code == 201


async def test_the_same_key_tries_once_and_the_act_is_on_record(desk: Desk, admin: asyncpg.Pool) -> None:
    inspector = funds_caller(desk.http, "inspector", desk.county)
    at = datetime(2026, 1, 1, tzinfo=UTC).isoformat()
    body = {"rule": "I01", "values": {"idle_flag_days": 60}, "as_of": ["2017-06-15"], "known_at": at}
    first = await inspector.post(TRIALS, body, key="trial-once-1")
    again = await inspector.post(TRIALS, body, key="trial-once-1")
    assert (first.status_code, again.json()) == (201, first.json())
    told = "SELECT body->'values' AS drafted FROM funds.event WHERE stream = $1 AND kind = 'RuleTried'"
    assert [json.loads(row["drafted"]) for row in await admin.fetch(told, desk.county)] == [{"idle_flag_days": 60}]


async def test_where_nothing_was_known_then_it_is_said_why_nothing_is_found(desk: Desk) -> None:
    """A county enters its books later than their dates: what was known at the end of the day was nothing at all."""
    asked: dict[str, Any] = {"rule": "I01", "values": {"idle_flag_days": 60}, "as_of": ["2017-06-15"]}
    [then] = (await tried(desk.http, desk.county, **asked))["counties"]
    assert (then["known_position"], then["draft"]["flags_n"]) == (0, 0)
    said = f"截至 2017-06-16 00:00，{desk.county} 还没有登记过任何业务；按现在所知试算的，请填写 known_at"
    assert then["silent_because"] == said
    [today] = (await tried(desk.http, desk.county, **asked, known_at=now()))["counties"]
    assert (today["silent_because"], today["draft"]["flags_n"]) == (None, 1)
