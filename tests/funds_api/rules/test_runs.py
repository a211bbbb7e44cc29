"""Runs of the rules: they go on where they were cut off, ask nothing twice, and make up for days that were missed."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest

from chassis import clock
from services.funds_api.flags.named import flag_id
from services.funds_api.flags.rules.catalogue import RULES
from services.funds_api.runs import service, store
from services.funds_api.runs.runner import Runner
from tests.callers import funds_caller
from tests.funds_api.asked import database, flags_of, run_rules
from tests.funds_api.desk import Desk

CLOCKS = ("I01", "R19")


@pytest.fixture
async def desk(funds_http: httpx.AsyncClient, county: str) -> Desk:
    """400,000 fen on 1 March, 600,000 on 1 April; of it 500,000 to a township on 1 May."""
    opened = await Desk(funds_http, county).open()
    assert (await opened.out(500_000, opened.first, "2017-05-01")).status_code == 201
    return opened


async def daily(desk: Desk, day: date, *rules: str) -> None:
    """A daily run of these rules, to its end."""
    async with database(desk.http).writing(desk.county) as tx:
        run = await store.add(
            tx,
            {
                "county_code": desk.county,
                "id": service.new_id(),
                "region_code": desk.county,
                "kind": "daily",
                "as_of": day,
                "rules": sorted(rules or CLOCKS),
                "asked_by": service.RUNNER,
            },
        )
    while True:
        async with database(desk.http).writing(desk.county) as tx:
            if not await service.step(tx, desk.county, run.id, clock.now()):
                return


def told(flag: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(
        flag[name] for name in ("rule_code", "subject_id", "mark", "days", "limit_days", "as_of", "amount_fen")
    )


async def all_flags(desk: Desk) -> list[tuple[Any, ...]]:
    found = [flag for rule in CLOCKS for flag in await flags_of(desk.http, desk.county, rule)]
    return sorted(told(flag) for flag in found)


async def test_a_run_that_is_killed_goes_on_with_the_rule_that_was_not_done(desk: Desk) -> None:
    inspector = funds_caller(desk.http, "inspector", desk.county)
    asked = (await inspector.post("/funds/v1/rule-runs", {"as_of": "2017-11-30", "rules": list(CLOCKS)})).json()
    assert (asked["rules_n"], asked["done_n"], asked["ended_at"]) == (2, 0, None)

    class Killed(Exception):
        pass

    async with database(desk.http).writing(desk.county) as tx:
        assert await service.step(tx, desk.county, service.UUID(asked["id"]), clock.now())

    async def cut_off() -> None:
        async with database(desk.http).writing(desk.county) as tx:
            await service.step(tx, desk.county, service.UUID(asked["id"]), clock.now())
            raise Killed

    with pytest.raises(Killed):
        await cut_off()
    half = (await inspector.get(f"/funds/v1/rule-runs/{asked['id']}")).json()
    assert ([one["rule_code"] for one in half["rules"]], half["ended_at"]) == (["I01"], None)
    assert await flags_of(desk.http, desk.county, "R19") == []
    assert await Runner(database(desk.http), [desk.county], every_day=False).round() == 1
    whole = (await inspector.get(f"/funds/v1/rule-runs/{asked['id']}")).json()
    assert ([one["rule_code"] for one in whole["rules"]], whole["done_n"]) == (["I01", "R19"], 2)
    assert whole["ended_at"]
    assert len(await flags_of(desk.http, desk.county, "R19")) == whole["rules"][1]["new_n"] > 0
    again = await run_rules(desk.http, desk.county, "2017-11-30", *CLOCKS)
    assert (again["new_n"], again["rules"][1]["hits_n"]) == (0, whole["rules"][1]["hits_n"])


async def test_a_rule_that_fails_is_told_and_holds_up_no_other(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: Any) -> None:
        msg = "a fault of the rule"
        raise ZeroDivisionError(msg)

    sound = RULES["I01"]
    for rule, harm in (("I01", {"lines": broken}), ("R12", {"query": "SELECT 1 / 0 AS subject_id"})):
        monkeypatch.setitem(RULES, rule, replace(RULES[rule], **harm))
    run = await run_rules(desk.http, desk.county, "2017-11-30", "I01", "R12", "R19")
    told = {one["rule_code"]: one["silent_because"] for one in run["rules"]}
    assert "ZeroDivisionError" in told["I01"]
    assert "数据库 22012" in told["R12"]
    assert told["R19"] is None
    assert await flags_of(desk.http, desk.county, "R19")
    assert [one.rule for one in caplog.records if one.message == "rule failed"] == ["I01", "R12"]
    monkeypatch.setitem(RULES, "I01", sound)
    assert (await run_rules(desk.http, desk.county, "2017-11-30", "I01"))["new_n"] > 0, "the next run asks it again"


async def test_two_runners_do_not_do_one_rule_twice(desk: Desk) -> None:
    inspector = funds_caller(desk.http, "inspector", desk.county)
    asked = (await inspector.post("/funds/v1/rule-runs", {"as_of": "2017-11-30", "rules": ["R19"]})).json()
    run = service.UUID(asked["id"])
    async with database(desk.http).writing(desk.county) as one:
        assert await service.step(one, desk.county, run, clock.now())
        async with database(desk.http).writing(desk.county) as other:
            assert not await service.step(other, desk.county, run, clock.now())


async def test_a_missed_week_finds_what_daily_runs_would_have_found(
    funds_http: httpx.AsyncClient, admin: asyncpg.Pool
) -> None:
    """The same money in two counties: looked at every day here, and once after five weeks there."""
    found = []
    for code, every in (("960971", 1), ("960972", 35)):
        await _region(admin, code)
        desk = await Desk(funds_http, code).open()
        assert (await desk.out(500_000, desk.first, "2017-05-01")).status_code == 201
        first, last = date(2017, 5, 20), date(2017, 6, 24)
        for days in range(0, (last - first).days + 1, every):
            await daily(desk, first + timedelta(days=days))
            if every == 1 and days == 15:  # it leaves again after it crossed, before the week is looked at as one
                assert (
                    await desk.out(300_000, desk.village, "2017-06-04", from_account_id=desk.first)
                ).status_code == 201
            if every == 35 and days == 0:
                assert (
                    await desk.out(300_000, desk.village, "2017-06-04", from_account_id=desk.first)
                ).status_code == 201
        flags = [flag for rule in CLOCKS for flag in await flags_of(funds_http, code, rule)]
        found.append(
            sorted(
                (
                    flag["rule_code"],
                    flag["facts"]["unit_name"],
                    flag["facts"]["clock_from"],
                    flag["mark"],
                    flag["days"],
                    flag["as_of"],
                    flag["amount_fen"],
                )
                for flag in flags
            )
        )
    assert found[0] == found[1]
    late = [flag for flag in found[0] if flag[1] == "一镇财政所"]
    assert [(flag[4], flag[5], flag[6]) for flag in late] == [(31, "2017-06-01", 100_000), (31, "2017-06-01", 400_000)]


async def test_what_was_recorded_late_is_asked_about_all_the_same(desk: Desk) -> None:
    await daily(desk, date(2017, 11, 1))
    before = await all_flags(desk)
    # Handed to a village in May, and written down only after the run of November.
    assert (await desk.out(50_000, desk.village, "2017-05-02", from_account_id=desk.first)).status_code == 201
    await daily(desk, date(2017, 11, 2))
    new = [flag for flag in await all_flags(desk) if flag not in before]
    assert [(flag[0], flag[3], flag[5], flag[6]) for flag in new] == [
        ("I01", 184, "2017-11-02", 50_000),
        ("R19", 184, "2017-11-02", 50_000),
    ]


async def test_a_lowered_limit_asks_about_the_days_between_and_rewrites_nothing(
    desk: Desk, admin: asyncpg.Pool
) -> None:
    await daily(desk, date(2017, 6, 10), "I01")
    assert await flags_of(desk.http, desk.county, "I01") == []
    await admin.execute(
        "INSERT INTO funds.policy_value (key, region_code, valid_from, value, source, basis)"
        " VALUES ('idle_flag_days', $1, '2017-06-11', '60', '县财政局通知', 'practice')",
        desk.county,
    )
    lots = await admin.fetch("SELECT xmin::text, * FROM funds.lot WHERE county_code = $1 ORDER BY id", desk.county)
    await daily(desk, date(2017, 6, 11), "I01")
    assert (
        await admin.fetch("SELECT xmin::text, * FROM funds.lot WHERE county_code = $1 ORDER BY id", desk.county) == lots
    )
    flags = await flags_of(desk.http, desk.county, "I01")
    # 1 April and before have passed 60 days by 11 June; what came on 1 May has not.
    assert {(flag["facts"]["clock_from"], flag["days"], flag["limit_days"], flag["as_of"]) for flag in flags} == {
        ("2017-04-01", 71, 60, "2017-06-11")
    }
    assert {flag["policy"][0]["source"] for flag in flags} == {"县财政局通知"}


async def test_a_flag_is_judged_again_to_the_same_verdict_after_the_policy_changed(
    desk: Desk, admin: asyncpg.Pool
) -> None:
    await run_rules(desk.http, desk.county, "2017-11-30", *CLOCKS)
    await admin.execute(
        "INSERT INTO funds.policy_value (key, region_code, valid_from, value, source, basis)"
        " VALUES ('handdown_limit_days.township_office', $1, '2016-01-01', '300', '县财政局通知', 'practice')",
        desk.county,
    )
    inspector = funds_caller(desk.http, "inspector", desk.county)
    flags = [flag for rule in CLOCKS for flag in await flags_of(desk.http, desk.county, rule)]
    assert flags
    for flag in flags:
        again = (await inspector.get(f"/funds/v1/flags/{flag['id']}/recomputation")).json()
        assert (again["same"], again["differs"], again["explanation"]) == (True, [], flag["explanation"])


async def test_the_set_says_what_the_judgement_says(desk: Desk) -> None:
    """The function that raises flags of lots, held against the pure rule over every lot that rests."""
    await run_rules(desk.http, desk.county, "2017-11-30", *CLOCKS)
    for code in CLOCKS:
        for flag in await flags_of(desk.http, desk.county, code):
            verdict_days = (date(2017, 11, 30) - date.fromisoformat(flag["facts"]["clock_from"])).days
            assert flag["days"] == verdict_days > flag["limit_days"]
    report = await funds_caller(desk.http, "inspector", desk.county).get(
        "/funds/v1/idle", params={"as_of": "2017-11-30"}
    )
    lots = report.json()["items"]
    for code, passed in (("R19", "retained"), ("I01", "idle")):
        flagged = {flag["subject_id"]: flag["amount_fen"] for flag in await flags_of(desk.http, desk.county, code)}
        assert flagged == {lot["lot_id"]: lot["amount_fen"] for lot in lots if lot[passed]}


async def test_a_flag_is_named_by_what_it_asks_and_tells_its_lot(desk: Desk, admin: asyncpg.Pool) -> None:
    """The function of the database and Python make the same name; a short row tells all that the lot says."""
    await run_rules(desk.http, desk.county, "2017-11-30", *CLOCKS)
    for code in CLOCKS:
        for flag in await flags_of(desk.http, desk.county, code):
            assert flag["id"] == str(flag_id(code, service.UUID(flag["subject_id"]), flag["mark"]))
            assert flag["lot_id"] == flag["subject_id"]
            assert flag["facts"]["unit_name"] in flag["explanation"]
            assert flag["facts"]["document"] in flag["explanation"]
    kept = await admin.fetchval(
        "SELECT count(*) FROM funds.flag WHERE county_code = $1 AND facts IS NOT NULL", desk.county
    )
    assert kept == 0, "what never changes is read from the lot"


async def test_lots_that_were_asked_about_by_somebody_are_left_out_of_the_daily_run(desk: Desk) -> None:
    """An inspector asked about a later day; the daily run meets those flags and raises the others."""
    await daily(desk, date(2017, 4, 10))  # nothing of April has crossed, what came in March has
    seen = await all_flags(desk)
    await run_rules(desk.http, desk.county, "2017-05-20", "R19")
    asked = await all_flags(desk)
    assert len(asked) > len(seen) > 0
    await daily(desk, date(2017, 6, 15))
    every = await all_flags(desk)
    assert [one for one in every if one in asked] == asked
    assert len({one[1:3] + one[:1] for one in every}) == len(every), "nobody is asked the same twice"
    assert len(every) > len(asked)


async def test_bad_requests_are_told_and_nothing_is_asked(desk: Desk, admin: asyncpg.Pool) -> None:
    inspector = funds_caller(desk.http, "inspector", desk.county)
    cases = [
        ({"as_of": "2017-11-30", "rules": ["R98", "R19"]}, 422, "rules-unknown"),
        ({"as_of": "2017-11-30", "region": "420322"}, 403, "outside-region"),
        ({"as_of": "2017-11-30", "region": desk.county + "199"}, 404, "not-found"),
        ({"as_of": "2017-11-30", "rules": []}, 422, "invalid-request"),
        ({"as_of": "someday"}, 422, "invalid-request"),
    ]
    for body, status, slug in cases:
        answer = await inspector.post("/funds/v1/rule-runs", body)
        assert (answer.status_code, answer.json()["type"].rsplit("/", 1)[1]) == (status, slug), answer.text
    above = desk.county[:4]
    wide = await funds_caller(desk.http, "inspector", above).post(
        "/funds/v1/rule-runs", {"as_of": "2017-11-30", "region": above}, params={"county": desk.county}
    )
    assert (wide.status_code, wide.json()["type"].rsplit("/", 1)[1]) == (422, "run-too-wide")
    township = funds_caller(desk.http, "inspector", desk.county + "101")
    beyond = await township.post("/funds/v1/rule-runs", {"as_of": "2017-11-30", "region": desk.county})
    assert beyond.status_code == 403
    nowhere = "999999"  # the counties of the tests are counted from 990001 on
    unregistered = await funds_caller(desk.http, "inspector", "99").post(
        "/funds/v1/rule-runs", {"as_of": "2017-11-30"}, params={"county": nowhere}
    )
    assert (unregistered.status_code, unregistered.json()["detail"]) == (404, f"没有找到区划 {nowhere}")
    assert await admin.fetchval("SELECT count(*) FROM funds.stream_head WHERE stream = $1", nowhere) == 0
    assert await admin.fetchval("SELECT count(*) FROM funds.flag_run WHERE county_code = $1", desk.county) == 0


async def test_a_run_of_a_township_asks_about_nothing_outside(desk: Desk) -> None:
    run = await run_rules(desk.http, desk.county, "2017-11-30", "R19", region=desk.county + "101")
    assert [one["new_n"] for one in run["rules"]] == [2]
    flags = await flags_of(desk.http, desk.county, "R19")
    assert {flag["region_code"][:9] for flag in flags} == {desk.county + "101"}
    neighbour = funds_caller(desk.http, "inspector", desk.county + "102")
    assert (await neighbour.get(f"/funds/v1/rule-runs/{run['id']}")).status_code == 404


async def test_the_same_key_asks_once(desk: Desk) -> None:
    inspector = funds_caller(desk.http, "inspector", desk.county)
    body = {"as_of": "2017-11-30", "rules": ["R19"]}
    first = await inspector.post("/funds/v1/rule-runs", body, key="run-once-1")
    again = await inspector.post("/funds/v1/rule-runs", body, key="run-once-1")
    assert (first.status_code, again.status_code, again.json()["id"]) == (202, 202, first.json()["id"])
    assert len((await inspector.get("/funds/v1/rule-runs")).json()["items"]) == 1


async def test_rules_are_listed_with_their_law(desk: Desk) -> None:
    listed = (await funds_caller(desk.http, "township_clerk", desk.county + "101").get("/funds/v1/rules")).json()
    assert [one["code"] for one in listed["items"]] == sorted(RULES)
    assert all(one["legal_basis"] and one["looks_at"] for one in listed["items"])


async def _region(admin: asyncpg.Pool, code: str) -> None:
    rows = [("96", "又一省", "province", None), ("9609", "又一市", "prefecture", "96"), (code, code, "county", "9609")]
    rows += [(code + town, town, "township", code) for town in ("101", "102")]
    rows += [(code + "101201", "村", "village", code + "101")]
    await admin.executemany(
        "INSERT INTO funds.region (code, name, level, parent_code, listed_year) VALUES ($1, $2, $3, $4, 2023)"
        " ON CONFLICT DO NOTHING",
        rows,
    )


@pytest.mark.parametrize("away", [False, True])
async def test_a_runner_leaves_a_trace_of_having_got_on_and_none_without_its_database(
    desk: Desk, tmp_path: Path, *, away: bool
) -> None:
    """A health check looks at the trace: a process that only waits is not alive to it."""

    class Once(Runner):
        async def round(self) -> int:
            self.stop()
            if away:
                raise ConnectionRefusedError
            return await super().round()

    trace = tmp_path / "alive"
    await Once(database(desk.http), [desk.county], every_day=False, heartbeat=trace).run()
    assert trace.exists() is not away


async def test_a_code_that_no_rule_has_is_told_from_a_rule_that_found_nothing(desk: Desk) -> None:
    inspector = funds_caller(desk.http, "inspector", desk.county)
    for path in ("/funds/v1/flags", "/funds/v1/warnings"):
        for rule, unknown in (("R98", True), ("R19", False), ("B01", False)):
            told = (await inspector.get(path, params={"rule": rule})).json()
            assert (told["items"], f"没有代码为 {rule} 的规则" in told["empty_because"]) == ([], unknown), (path, rule)
