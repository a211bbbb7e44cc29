"""What rests, on whose desk, for how many days: against a plain recount, on any date; and the flags that follow."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import asyncpg
import httpx
import pytest

from tests.callers import funds_caller
from tests.funds_api.asked import run_rules
from tests.funds_api.test_movements import Desk


@pytest.fixture
async def desk(funds_http: httpx.AsyncClient, county: str) -> Desk:
    """400,000 fen on 1 March, 600,000 on 1 April; 500,000 to the first township on 1 May, 100,000 on 1 June."""
    opened = await Desk(funds_http, county).open()
    assert (await opened.out(500_000, opened.first, "2017-05-01")).status_code == 201
    assert (await opened.out(100_000, opened.village, "2017-06-01", from_account_id=opened.first)).status_code == 201
    assert (await opened.out(5_000, opened.contractor, "2017-06-10", kind="pay")).status_code == 201
    return opened


async def report(desk: Desk, on: str, region: str = "", **more: Any) -> dict[str, Any]:
    who = funds_caller(desk.http, "inspector", region or desk.county)
    answer = await who.get("/funds/v1/idle", params={"as_of": on, **more})
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def test_each_lot_is_named_with_its_days_its_limit_and_the_source(desk: Desk) -> None:
    found = await report(desk, "2017-11-30")
    lots = {(lot["unit_name"], lot["clock_from"]): lot for lot in found["items"]}
    assert [(lot["unit_name"], lot["clock_from"], lot["amount_fen"]) for lot in found["items"]][:1] == [
        ("县国库", "2017-04-01", 495_000)
    ]
    assert sorted((lot["unit_name"], lot["clock_from"], lot["amount_fen"]) for lot in found["items"]) == [
        ("一镇财政所", "2017-05-01", 100_000),
        ("一镇财政所", "2017-05-01", 300_000),
        ("县国库", "2017-04-01", 495_000),
        ("村集体", "2017-06-01", 100_000),
    ]
    treasury = lots["县国库", "2017-04-01"]
    assert (treasury["book"], treasury["days"], treasury["band"]) == ("cash", 243, "181-365")
    assert treasury["retained"]["limit_days"] == 30
    assert treasury["retained"]["over_days"] == 213
    assert "预算法" in treasury["retained"]["source"]
    assert treasury["idle"]["policy_key"] == "idle_flag_days"
    assert treasury["idle"]["basis"] == "assumed"
    assert found["total_fen"] == 995_000
    assert found["unexplained_fen"] == 0
    assert found["retained_fen"] == 995_000
    assert found["idle_fen"] == 995_000


async def test_any_earlier_date_shows_what_rested_then(desk: Desk) -> None:
    for on, expected in (
        ("2017-02-28", []),
        ("2017-03-31", [("县国库", 400_000)]),
        ("2017-04-30", [("县国库", 400_000), ("县国库", 600_000)]),
        ("2017-05-31", [("县国库", 500_000), ("一镇财政所", 100_000), ("一镇财政所", 400_000)]),
    ):
        found = await report(desk, on)
        assert sorted((lot["unit_name"], lot["amount_fen"]) for lot in found["items"]) == sorted(expected), on
        assert found["total_fen"] == sum(fen for _, fen in expected)
        assert sum(band["fen"] for band in found["bands"]) == found["total_fen"]
    early = await report(desk, "2017-02-28")
    assert early["empty_because"]


async def test_a_township_sees_its_own_and_its_villages_money_only(desk: Desk) -> None:
    own = await report(desk, "2017-11-30", desk.county + "101")
    assert own["total_fen"] == 500_000
    assert (await report(desk, "2017-11-30", desk.county + "102"))["total_fen"] == 0
    assert (await report(desk, "2017-11-30", desk.county + "101201"))["total_fen"] == 100_000


async def test_pages_follow_each_other_without_gap_or_repeat(desk: Desk) -> None:
    seen: list[str] = []
    after: dict[str, Any] = {}
    for _ in range(5):
        found = await report(desk, "2017-05-15", limit=1, **after)
        seen += [lot["lot_id"] for lot in found["items"]]
        if found["next"] is None:
            break
        after = {"after": found["next"]}
    whole = await report(desk, "2017-05-15")
    assert seen == [lot["lot_id"] for lot in whole["items"]]
    assert (
        await funds_caller(desk.http, "inspector", desk.county).get("/funds/v1/idle", params={"after": "x"})
    ).status_code == 422


async def test_every_day_of_every_fen_is_charged_to_exactly_one_unit(desk: Desk) -> None:
    """Σ over units of responsible fen-days = Σ over receipts of fen × days since receipt, less what is spent since."""
    who = funds_caller(desk.http, "inspector", desk.county)
    day = date(2017, 11, 30)
    for by in ("unit", "township"):
        found = (await who.get("/funds/v1/idle/yuan-days", params={"as_of": day.isoformat(), "by": by})).json()
        whole = 400_000 * (day - date(2017, 3, 1)).days + 600_000 * (day - date(2017, 4, 1)).days
        spent = 5_000 * (day - date(2017, 6, 10)).days
        assert found["total_fen_days"] == whole - spent
        assert found["unexplained_fen_days"] == 0
        days = [one["responsible_fen_days"] for one in found["items"]]
        assert days == sorted(days, reverse=True)
    by_township = {one["region_code"]: one for one in found["items"]}
    village_days = 100_000 * (day - date(2017, 6, 1)).days
    township_days = 400_000 * (day - date(2017, 5, 1)).days + 100_000 * 31
    assert by_township[desk.county + "101"]["responsible_fen_days"] == township_days + village_days


async def test_a_run_raises_each_flag_once_and_tells_the_feed(desk: Desk, admin: asyncpg.Pool) -> None:
    inspector = funds_caller(desk.http, "inspector", desk.county)
    first = await run_rules(desk.http, desk.county, "2017-11-30", "R19", "I01")
    assert {rule["rule_code"]: rule["new_n"] for rule in first["rules"]} == {"R19": 4, "I01": 4}
    again = await run_rules(desk.http, desk.county, "2017-11-30", "R19", "I01")
    assert again["new_n"] == 0
    assert {rule["hits_n"] for rule in again["rules"]} == {4}
    flags = (await inspector.get("/funds/v1/flags", params={"as_of": "2017-11-30", "rule": "R19"})).json()["items"]
    assert len(flags) == 4
    assert all(flag["policy"][0]["source"] and flag["explanation"] for flag in flags)
    township = funds_caller(desk.http, "township_clerk", desk.county + "102")
    assert (await township.get("/funds/v1/flags")).json()["items"] == []
    assert (await township.post("/funds/v1/rule-runs", {"as_of": "2017-11-30"})).status_code == 403
    bodies = await admin.fetch(
        "SELECT body->>'rule_code' AS rule, (body->>'flags_n')::int AS n FROM funds.event"
        " WHERE stream = $1 AND kind = 'FlagsFound' ORDER BY position",
        desk.county,
    )
    assert [(body["rule"], body["n"]) for body in bodies] == [("I01", 4), ("R19", 4), ("I01", 0), ("R19", 0)]


async def test_the_limits_own_day_raises_nothing_and_the_next_does(desk: Desk) -> None:
    on_the_day = date(2017, 3, 1) + timedelta(days=30)
    assert (await run_rules(desk.http, desk.county, on_the_day.isoformat(), "R19", "I01"))["new_n"] == 0
    after = (on_the_day + timedelta(days=1)).isoformat()
    assert (await run_rules(desk.http, desk.county, after, "R19", "I01"))["new_n"] == 1
