"""R02 over paid rosters and a payroll: who was on it on the day of payment."""

from __future__ import annotations

from pathlib import Path

import pytest

from services.funds_api.comparisons import listfile, tool
from tests.funds_api.asked import ask_rule, flags_of, run_rules
from tests.funds_api.comparisons import Entry, record
from tests.funds_api.people import Township
from tests.funds_api.rules.paying import give_back, pay
from tests.funds_api.test_policy_values import Level

FIVE = {0: "100", 1: "200", 2: "300", 3: "400", 4: "500"}


async def test_who_was_on_the_payroll_on_the_day_of_payment(town: Township, tmp_path: Path) -> None:
    """From the day, up to the day, from the day after, up to the day before; the fourth without any day."""
    batch = await pay(town, FIVE, "2017-05-01")
    entries = [
        Entry(0, from_on="2017-05-01", category="行政"),
        Entry(1, to_on="2017-05-01"),
        Entry(2, from_on="2017-05-02"),
        Entry(3, to_on="2017-04-30"),
        Entry(4),
    ]
    await record(town.http, town.county, "payroll", entries, tmp_path)
    run = await run_rules(town.http, town.county, "2017-06-01", "R02")
    [told] = run["rules"]
    assert (told["looked_n"], told["candidates_n"], told["hits_n"], told["new_fen"]) == (5, 3, 3, 80_000)
    flags = {flag["mark"]: flag for flag in await flags_of(town.http, town.county, "R02")}
    assert set(flags) == {f"{batch}:{line}" for line in (2, 3, 6)}
    assert "行政，2017-05-01 至 终止日未载" in flags[f"{batch}:2"]["explanation"]


async def test_somebody_who_stands_on_it_twice_is_asked_about_once(town: Township, tmp_path: Path) -> None:
    await pay(town, FIVE, "2017-05-01")
    twice = [Entry(0, from_on="1990-01-01", to_on="2017-05-01"), Entry(0, from_on="2017-04-01", category="事业")]
    await record(town.http, town.county, "payroll", twice, tmp_path)
    [(facts, _)] = (await ask_rule(town.http, town.county, "R02", "2017-06-01")).hits
    assert facts.category == "事业", "the employment that began last"  # type: ignore[attr-defined]


async def test_of_two_entries_the_one_that_stood_by_the_span_of_that_day_is_told(
    town: Township, tmp_path: Path
) -> None:
    """A list of the end of 2015 with two employments, the later one without a last day: until the end of 2016 by 365
    days, in force until July 2017, and until 30 November 2017 by the 700 days of later.
    """
    own = {"valid_from": "2017-08-01", "source": "县农发〔2017〕5号"}
    await Level(town.http, town.county).lay_down(key="list_stands_days", value=700, **own)
    for on in ("2017-07-31", "2017-08-01", "2017-11-30", "2017-12-01"):
        await pay(town, {0: "100", 1: "200"}, on)
    early = Entry(0, from_on="1990-01-01", to_on="2017-12-31", category="行政")
    late = [Entry(place, from_on="2015-06-01", category="事业") for place in (0, 1)]
    await record(town.http, town.county, "payroll", [early, *late], tmp_path, on="2015-12-31")
    found = (await ask_rule(town.http, town.county, "R02", "2017-12-31")).hits
    told = sorted((str(facts.as_of), facts.line, facts.category) for facts, _ in found)  # type: ignore[attr-defined]
    assert told == [
        ("2017-07-31", 2, "行政"),
        ("2017-08-01", 2, "事业"),
        ("2017-08-01", 3, "事业"),
        ("2017-11-30", 2, "事业"),
        ("2017-11-30", 3, "事业"),
        ("2017-12-01", 2, "行政"),
    ]


async def test_a_name_on_a_list_of_before_its_vocabulary_becomes_no_fact(
    town: Township, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Such a list is refused now; were one in force, the word would be neither kept by a flag nor printed."""
    await pay(town, FIVE, "2017-05-01")
    monkeypatch.setattr(listfile, "word_of", lambda _, said: said)
    monkeypatch.setattr(tool, "must_be_word", lambda *_: None)
    await record(town.http, town.county, "payroll", [Entry(0, category="张大力"), Entry(1, category="事业")], tmp_path)
    found = (await ask_rule(town.http, town.county, "R02", "2017-06-01")).hits
    assert sorted(facts.category for facts, _ in found) == ["事业", "其他"]  # type: ignore[attr-defined]
    assert not [one for one in found if "张大力" in str(one)]


async def test_a_fund_for_everybody_is_not_asked_about(town: Township, tmp_path: Path) -> None:
    await pay(town, FIVE, "2017-05-01")
    await record(town.http, town.county, "payroll", [Entry(0)], tmp_path)
    assert len((await ask_rule(town.http, town.county, "R02", "2017-06-01")).hits) == 1
    own = {"key": f"means_tested.{town.fund}", "value": 0, "source": "县财农〔2017〕9号：按面积普惠"}
    await Level(town.http, town.county).lay_down(**own)
    found = await ask_rule(town.http, town.county, "R02", "2017-06-01")
    assert (found.candidates_n, found.hits) == (1, [])


async def test_what_came_back_in_part_is_left_out(town: Township, tmp_path: Path) -> None:
    batch = await pay(town, FIVE, "2017-05-01")
    await record(town.http, town.county, "payroll", [Entry(0), Entry(1)], tmp_path)
    await give_back(town, batch, 2, "2017-05-08", amount_fen=4_000)
    await give_back(town, batch, 3, "2017-05-08")
    [(facts, verdict)] = (await ask_rule(town.http, town.county, "R02", "2017-06-01")).hits
    assert facts.amount_fen == 6_000
    assert "发放 60.00 元（另已退回 40.00 元）" in verdict.explanation
