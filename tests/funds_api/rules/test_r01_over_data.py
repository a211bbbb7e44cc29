"""R01 over paid rosters and a list of the dead: who was paid after the month of death, and how often since."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import asyncpg

from chassis import clock
from services.funds_api.flags.rules.r01_paid_after_death import DeadFacts
from tests.callers import funds_caller
from tests.funds_api.asked import ask_rule, flags_of, run_rules
from tests.funds_api.comparisons import Entry, record
from tests.funds_api.people import Township
from tests.funds_api.rules.paying import give_back, pay, undo
from tests.funds_api.rules.test_trials import now, tried

FOUR = {0: "100", 1: "200", 2: "300", 3: "400"}


async def test_each_payment_after_the_month_of_death_is_asked_about_once(town: Township, tmp_path: Path) -> None:
    """Person 0 died in February, 1 in May, 2 the day after the second payment; 3 lives; 50 is not registered."""
    first = await pay(town, FOUR, "2017-05-01")
    second = await pay(town, FOUR, "2017-06-01")
    entries = [Entry(0, "2017-02-10"), Entry(1, "2017-05-31"), Entry(2, "2017-06-02"), Entry(50, "2016-01-01")]
    version = await record(town.http, town.county, "dead", entries, tmp_path)
    run = await run_rules(town.http, town.county, "2017-07-01", "R01")
    [told] = run["rules"]
    assert (told["looked_n"], told["candidates_n"], told["hits_n"], told["new_n"]) == (8, 3, 3, 3)
    assert told["new_fen"] == 10_000 + 10_000 + 20_000
    [listed] = told["figures"]
    assert (listed["list"], listed["version_no"], listed["hits_n"], listed["uncompared_n"]) == ("dead", 1, 3, 0)
    flags = {flag["mark"]: flag for flag in await flags_of(town.http, town.county, "R01")}
    assert set(flags) == {f"{first}:2", f"{second}:2", f"{second}:3"}
    again = flags[f"{second}:2"]
    assert "第 2 笔，累计 200.00 元" in again["explanation"]
    assert (again["facts"]["version_id"], again["facts"]["version_no"]) == (version["id"], 1)
    assert (again["facts"]["list_on"], again["as_of"], again["days"]) == ("2017-12-31", "2017-06-01", 111)
    inspector = funds_caller(town.http, "inspector", town.county)
    assert (await inspector.get(f"/funds/v1/flags/{again['id']}/recomputation")).json()["same"]
    assert (await run_rules(town.http, town.county, "2017-07-01", "R01"))["new_n"] == 0


async def test_what_was_owed_is_not_counted_with_what_was_not(town: Township, tmp_path: Path) -> None:
    await pay(town, {0: "100"}, "2017-05-20")
    after = await pay(town, {0: "100"}, "2017-06-20")
    await record(town.http, town.county, "dead", [Entry(0, "2017-05-10")], tmp_path)
    [(_, verdict)] = (await ask_rule(town.http, town.county, "R01", "2017-07-01")).hits
    assert verdict.mark == f"{after}:2"
    assert "第 1 笔，累计 100.00 元" in verdict.explanation


async def test_without_a_list_it_says_so_and_asks_nothing(town: Township, tmp_path: Path) -> None:
    await pay(town, FOUR)
    [told] = (await run_rules(town.http, town.county, "2017-07-01", "R01"))["rules"]
    assert told["silent_because"] == "没有“死亡人员”名单，未作判断"
    await record(town.http, town.county, "dead", [Entry(50, "2016-01-01")], tmp_path)
    [told] = (await run_rules(town.http, town.county, "2017-07-01", "R01"))["rules"]
    assert (told["silent_because"], told["hits_n"]) == (None, 0)


async def test_a_later_list_asks_about_more_and_the_flag_keeps_the_list_it_saw(town: Township, tmp_path: Path) -> None:
    """The second list knows that person 0 died in March, and knows of person 1: the question about 0 stays."""
    await pay(town, FOUR, "2017-05-01")
    await record(town.http, town.county, "dead", [Entry(0, "2017-02-10")], tmp_path)
    assert (await run_rules(town.http, town.county, "2017-07-01", "R01"))["new_n"] == 1
    await record(
        town.http, town.county, "dead", [Entry(0, "2017-03-05"), Entry(1, "2017-03-05")], tmp_path, on="2018-01-31"
    )
    run = await run_rules(town.http, town.county, "2017-07-01", "R01")
    assert (run["rules"][0]["hits_n"], run["new_n"]) == (2, 1)
    told = {flag["facts"]["version_no"]: flag for flag in await flags_of(town.http, town.county, "R01")}
    assert sorted(told) == [1, 2]
    assert "2017-02-10 死亡（“死亡人员”名单第 1 版（截至 2017-12-31）" in told[1]["explanation"]
    inspector = funds_caller(town.http, "inspector", town.county)
    assert (await inspector.get(f"/funds/v1/flags/{told[1]['id']}/recomputation")).json()["same"]


async def test_what_was_undone_or_came_back_is_not_asked_about(
    town: Township, tmp_path: Path, admin: asyncpg.Pool
) -> None:
    batch, undone = await pay(town, FOUR, "2017-05-01"), await pay(town, FOUR, "2017-05-02")
    await record(
        town.http, town.county, "dead", [Entry(place, "2017-01-05") for place in range(4)], tmp_path, on="2017-06-30"
    )
    await give_back(town, batch, 2, "2017-05-08", reason="deceased")
    await undo(town, undone, "2017-05-20", admin)
    kept = {2: 10_000, 3: 20_000, 4: 30_000, 5: 40_000}
    for day, lines in (("2017-05-07", kept), ("2017-05-08", {line: kept[line] for line in (3, 4, 5)})):
        found = await ask_rule(town.http, town.county, "R01", day)
        own = {facts.line: facts.amount_fen for facts, _ in found.hits if str(facts.batch_id) == batch}
        assert own == lines
        assert len(found.hits) == len(lines) + 4
    assert len((await ask_rule(town.http, town.county, "R01", "2017-05-20")).hits) == 3


async def test_only_the_place_and_the_day_that_are_asked_about(town: Township, tmp_path: Path) -> None:
    await pay(town, FOUR, "2017-05-01")
    await record(town.http, town.county, "dead", [Entry(0, "2017-01-05"), Entry(0, "2017-02-05")], tmp_path)
    assert (await ask_rule(town.http, town.county, "R01", "2017-04-30")).hits == []
    assert (await ask_rule(town.http, town.county, "R01", "2017-05-01", town.county + "102")).hits == []
    [(facts, _)] = (await ask_rule(town.http, town.county, "R01", "2017-05-01", town.region)).hits
    assert isinstance(facts, DeadFacts)
    assert facts.from_on == date(2017, 1, 5), "who stands on the list twice died on the first day"


async def test_by_what_was_known_then(town: Township, tmp_path: Path, admin: asyncpg.Pool) -> None:
    """No list, the first list, the second: each position of the journal has the list of its time, and its payments."""
    head = "SELECT position FROM funds.stream_head WHERE stream = $1"
    await pay(town, {0: "100", 1: "200"}, "2017-05-01")
    without = await admin.fetchval(head, town.county)
    await record(town.http, town.county, "dead", [Entry(0, "2017-02-10")], tmp_path)
    first = await admin.fetchval(head, town.county)
    await record(
        town.http, town.county, "dead", [Entry(0, "2017-03-05"), Entry(1, "2017-03-05")], tmp_path, "2018-01-31"
    )
    await pay(town, {0: "300"}, "2017-06-01")
    by_position = {}
    for known in (without, first, 2**62):
        found = await ask_rule(town.http, town.county, "R01", "2017-07-01", known=known)
        by_position[known] = (
            found.silent_because,
            sorted((facts.amount_fen, str(facts.from_on)) for facts, _ in found.hits),  # type: ignore[attr-defined]
        )
    assert by_position == {
        without: ("没有“死亡人员”名单，未作判断", []),
        first: (None, [(10_000, "2017-02-10")]),
        2**62: (None, [(10_000, "2017-03-05"), (20_000, "2017-03-05"), (30_000, "2017-03-05")]),
    }


async def test_a_trial_reads_the_list_and_the_value_that_were_known(
    town: Township, tmp_path: Path, admin: asyncpg.Pool
) -> None:
    """Then one of the dead was on the list and a month was owed; now there are two, and two months are owed."""
    await pay(town, FOUR, "2017-05-01")
    await record(town.http, town.county, "dead", [Entry(0, "2017-04-10")], tmp_path)
    then = clock.now().isoformat()
    await record(
        town.http, town.county, "dead", [Entry(0, "2017-04-10"), Entry(1, "2017-04-10")], tmp_path, on="2018-01-31"
    )
    await admin.execute(
        "INSERT INTO funds.policy_value (key, region_code, valid_from, value, source, basis)"
        " VALUES ('paid_after_death_months', $1, '2015-01-01', '2', '县财政局通知', 'practice')",
        town.county,
    )
    asked: dict[str, Any] = {"rule": "R01", "values": {"paid_after_death_months": 0}, "as_of": ["2017-07-01"]}
    found = [await tried(town.http, town.county, **asked, known_at=at) for at in (then, now())]
    assert [(one["live_n"], one["draft_n"]) for one in found] == [(1, 1), (0, 2)]
