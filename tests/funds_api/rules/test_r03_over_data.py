"""R03 over paid rosters and lists of cadres and kin: from so many of them, or so much, in a year on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.callers import funds_caller
from tests.funds_api.asked import ask_rule, flags_of, run_rules
from tests.funds_api.comparisons import Entry, record
from tests.funds_api.people import Township
from tests.funds_api.rules.paying import give_back, pay
from tests.funds_api.test_policy_values import Level


@pytest.fixture
def village(town: Township) -> str:
    return town.county + "101201"


async def lists(town: Township, village: str, folder: Path, relatives: list[Entry] | None = None) -> None:
    """Person 0 is cadre of the village since 2015; 1 to 3 are kin."""
    cadre = Entry(0, from_on="2015-01-01", category="村支书", region=village)
    await record(town.http, town.county, "village_cadre", [cadre], folder)
    kin = [Entry(place, category="兄弟", ref=0) for place in (1, 2, 3)]
    await record(town.http, town.county, "cadre_relative", relatives or kin, folder)


def told(found: Any) -> list[tuple[str, int, int, int, int]]:
    return [
        (str(facts.as_of), facts.rows_n, facts.amount_fen, facts.year_payees_n, facts.year_fen)
        for facts, _ in sorted(found.hits, key=lambda one: one[0].as_of)
    ]


async def test_from_the_third_of_a_year_on_each_roster_is_asked_about(
    town: Township, village: str, tmp_path: Path
) -> None:
    """Two of them by 1 May; the third by 1 June, who is asked about; in the next year two are two again."""
    await pay(town, {0: "100", 1: "200", 10: "300"}, "2017-05-01")
    june = await pay(town, {1: "10", 2: "20", 10: "30", 11: "20"}, "2017-06-01")
    await pay(town, {0: "100", 1: "200"}, "2018-01-01")
    await lists(town, village, tmp_path)
    run = await run_rules(town.http, town.county, "2018-02-01", "R03")
    [ran] = run["rules"]
    assert (ran["looked_n"], ran["hits_n"], ran["new_n"], ran["silent_because"]) == (3, 1, 1, None)
    assert [one.get("list") for one in ran["figures"]] == ["cadre_relative", "village_cadre", None]
    assert ran["figures"][2] == {"cadres_n": 1, "kin_n": 4, "kin_without_place_n": 0}
    [flag] = await flags_of(town.http, town.county, "R03")
    assert (flag["subject_id"], flag["region_code"], flag["amount_fen"]) == (june, village, 3_000)
    assert "共 4 笔 80.00 元，其中一名村干部本人及亲属 2 笔 30.00 元（本人 0.00 元），占 37.5%" in flag["explanation"]
    assert "本年至此 3 人 4 笔 330.00 元" in flag["explanation"]
    assert {one["item"]: one["amount_fen"] for one in flag["money"]} == {
        f"payment:{june}:2": 1_000,
        f"payment:{june}:3": 2_000,
    }


async def test_the_money_of_a_year_alone_is_enough(town: Township, village: str, tmp_path: Path) -> None:
    """4,999.99 yuan by May, one fen more in June."""
    await pay(town, {0: "4999.99"}, "2017-05-01")
    await lists(town, village, tmp_path)
    assert told(await ask_rule(town.http, town.county, "R03", "2017-12-31")) == []
    await pay(town, {0: "0.01"}, "2017-06-01")
    assert told(await ask_rule(town.http, town.county, "R03", "2017-12-31")) == [("2017-06-01", 1, 1, 1, 500_000)]


async def test_only_in_the_place_and_the_time_of_office(town: Township, village: str, tmp_path: Path) -> None:
    """Of three kin one lives in another village, and one is kin only after the payment."""
    await town.register([40], "101202")
    await pay(town, {0: "100", 1: "100", 2: "100", 40: "100"}, "2017-05-01")
    kin = [Entry(1, ref=0), Entry(2, ref=0, from_on="2017-05-02"), Entry(40, ref=0)]
    await lists(town, village, tmp_path, kin)
    assert told(await ask_rule(town.http, town.county, "R03", "2017-12-31")) == []
    await record(
        town.http,
        town.county,
        "cadre_relative",
        [Entry(1, ref=0), Entry(2, ref=0, from_on="2017-05-01"), Entry(40, ref=0)],
        tmp_path,
        on="2018-01-01",
    )
    assert told(await ask_rule(town.http, town.county, "R03", "2017-12-31")) == [("2017-05-01", 3, 30_000, 3, 30_000)]


async def test_a_cadre_without_a_term_stands_around_the_day_of_the_list_also_for_kin_of_old(
    town: Township, village: str, tmp_path: Path
) -> None:
    """Kin since 1990, the cadre listed on 2 May 2018 without a term: 365 days before that is 2 May 2017."""
    await pay(town, {1: "100", 2: "100", 3: "100"}, "2017-05-01")
    kin = [Entry(place, ref=0, from_on="1990-01-01") for place in (1, 2, 3)]
    await record(town.http, town.county, "village_cadre", [Entry(0, region=village)], tmp_path, on="2018-05-02")
    await record(town.http, town.county, "cadre_relative", kin, tmp_path)
    assert told(await ask_rule(town.http, town.county, "R03", "2018-06-01")) == []
    await pay(town, {1: "1", 2: "1", 3: "1"}, "2017-05-02")
    assert told(await ask_rule(town.http, town.county, "R03", "2018-06-01")) == [("2017-05-02", 3, 300, 3, 300)]


async def test_each_payment_is_asked_about_by_the_span_of_its_own_day(
    town: Township, village: str, tmp_path: Path
) -> None:
    """A list of 2 May 2018 without days: 365 days before it until July 2017, 300 from then on (that is 6 July)."""
    own = {"valid_from": "2017-07-01", "source": "县农发〔2017〕5号"}
    await Level(town.http, town.county).lay_down(key="list_stands_days", value=300, **own)
    for on, fen in (("2017-05-01", "1"), ("2017-05-02", "2"), ("2017-07-05", "4"), ("2017-07-06", "8")):
        await pay(town, {1: fen, 2: fen, 3: fen}, on)
    kin = [Entry(place, ref=0, from_on="1990-01-01") for place in (1, 2, 3)]
    await record(town.http, town.county, "village_cadre", [Entry(0, region=village)], tmp_path, on="2018-05-02")
    await record(town.http, town.county, "cadre_relative", kin, tmp_path)
    await run_rules(town.http, town.county, "2018-06-01", "R03")
    flags = sorted(await flags_of(town.http, town.county, "R03"), key=lambda one: one["as_of"])
    assert [(one["as_of"], one["amount_fen"], one["facts"]["year_fen"]) for one in flags] == [
        ("2017-05-02", 600, 600),
        ("2017-07-06", 2_400, 3_000),
    ]
    spans = [[value["value"] for value in one["policy"] if value["key"] == "list_stands_days"] for one in flags]
    assert spans == [[365], [365, 300]]
    inspector = funds_caller(town.http, "inspector", town.county)
    for flag in flags:
        assert (await inspector.get(f"/funds/v1/flags/{flag['id']}/recomputation")).json()["same"]


async def test_the_share_is_of_what_the_place_kept(town: Township, village: str, tmp_path: Path) -> None:
    """Of 500 yuan 100 came back whole and 20 in part: 300 of 380."""
    batch = await pay(town, {0: "100", 1: "100", 2: "100", 10: "100", 11: "100"}, "2017-05-01")
    await lists(town, village, tmp_path)
    await give_back(town, batch, 5, "2017-05-08")
    await give_back(town, batch, 6, "2017-05-08", amount_fen=2_000)
    [(_, before)] = (await ask_rule(town.http, town.county, "R03", "2017-05-07")).hits
    assert "共 5 笔 500.00 元，其中一名村干部本人及亲属 3 笔 300.00 元" in before.explanation
    assert "占 60.0%" in before.explanation
    [(_, after)] = (await ask_rule(town.http, town.county, "R03", "2017-05-08")).hits
    assert "共 4 笔 380.00 元（另已退回 120.00 元），其中" in after.explanation
    assert "占 78.9%" in after.explanation


async def test_kin_of_a_cadre_who_is_not_registered(town: Township, village: str, tmp_path: Path) -> None:
    """Cadre 90 is nobody the register knows: the place stands with the kin, and without it they are counted apart."""
    await pay(town, {1: "100", 2: "100", 3: "100", 4: "100"}, "2017-05-01")
    kin = [Entry(place, ref=90, region=village) for place in (1, 2, 3)]
    await lists(town, village, tmp_path, [*kin, Entry(4, ref=91)])
    found = await ask_rule(town.http, town.county, "R03", "2017-12-31")
    assert told(found) == [("2017-05-01", 3, 30_000, 3, 30_000)]
    assert found.figures[-1] == {"cadres_n": 3, "kin_n": 5, "kin_without_place_n": 1}


async def test_what_came_back_and_other_places_are_left_out(town: Township, village: str, tmp_path: Path) -> None:
    batch = await pay(town, {0: "100", 1: "100", 2: "100"}, "2017-05-01")
    await lists(town, village, tmp_path)
    assert len(told(await ask_rule(town.http, town.county, "R03", "2017-05-07"))) == 1
    assert told(await ask_rule(town.http, town.county, "R03", "2017-05-07", town.county + "102")) == []
    await give_back(town, batch, 4, "2017-05-08")
    assert told(await ask_rule(town.http, town.county, "R03", "2017-05-08")) == []


async def test_with_one_list_it_says_which_is_missing(town: Township, village: str, tmp_path: Path) -> None:
    await pay(town, {0: "100"}, "2017-05-01")
    await record(town.http, town.county, "village_cadre", [Entry(0, region=village)], tmp_path)
    found = await ask_rule(town.http, town.county, "R03", "2017-12-31")
    assert found.silent_because == "没有“村干部亲属”名单，未作判断"
