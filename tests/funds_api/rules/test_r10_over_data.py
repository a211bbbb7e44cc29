"""R10 over paid rosters: names that exclude each other, benefits claimed twice, and terms that came afterwards."""

from __future__ import annotations

from dataclasses import dataclass

import asyncpg
import pytest

from chassis import clock
from tests.factories import fund, notice_request, open_account
from tests.funds_api.asked import ask_rule, flags_of, run_rules
from tests.funds_api.people import Township, id_number
from tests.funds_api.rules.paying import give_back, pay
from tests.funds_api.rules.test_trials import now, tried
from tests.funds_api.test_policy_values import Level
from tests.funds_api.test_terms import set_terms, terms

FOUR = {0: "100", 1: "200", 2: "300", 3: "400"}


@pytest.fixture
async def words(town: Township) -> None:
    """Of the county: house repair once in five years, and not beside resettlement."""
    level = Level(town.http, town.county)
    own = {"valid_from": "2015-01-01", "source": "县扶贫发〔2015〕2号"}
    await level.lay_down(key="exclusive_entitlements", value={"危房改造": 11, "易地搬迁": 12}, **own)
    await level.lay_down(key="claimed_once_years", value={"危房改造": 5}, **own)


@pytest.mark.usefixtures("words")
async def test_a_household_with_two_kinds_of_a_group(town: Township) -> None:
    await pay(town, {0: "100", 1: "200"}, "2017-04-01", entitlement="易地搬迁2017")
    repair = await pay(town, {1: "10", 2: "20"}, "2017-05-01", entitlement="危房改造2017")
    await pay(town, FOUR, "2017-05-02", entitlement="产业奖补2017")
    run = await run_rules(town.http, town.county, "2017-06-01", "R10")
    assert (run["rules"][0]["looked_n"], run["rules"][0]["hits_n"], run["new_fen"]) == (8, 1, 1_000)
    [flag] = await flags_of(town.http, town.county, "R10")
    assert flag["mark"] == f"{repair}:2:名目互斥"
    assert "该户已于 2017-04-01 领取“易地搬迁2017”200.00 元" in flag["explanation"]
    assert (await run_rules(town.http, town.county, "2017-06-01", "R10"))["new_n"] == 0


@pytest.mark.usefixtures("words")
async def test_a_benefit_that_is_claimed_once(town: Township) -> None:
    first = await pay(town, {0: "100", 1: "200"}, "2017-04-01", entitlement="危房改造2017")
    again = await pay(town, {1: "10", 2: "20"}, "2018-04-01", entitlement="危房改造2018")
    await pay(town, {1: "10", 2: "20"}, "2018-04-02", entitlement="产业奖补2018")
    [(facts, _)] = (await ask_rule(town.http, town.county, "R10", "2018-06-01")).hits
    assert (facts.as_of.isoformat(), facts.amount_fen) == ("2018-04-01", 1_000)
    assert (await ask_rule(town.http, town.county, "R10", "2018-03-31")).hits == []
    assert (await ask_rule(town.http, town.county, "R10", "2018-06-01", town.county + "102")).hits == []
    await give_back(town, first, 3, "2018-05-08")
    assert (await ask_rule(town.http, town.county, "R10", "2018-06-01")).hits == [], again


@pytest.mark.usefixtures("words")
async def test_a_row_of_two_kinds_is_of_neither_and_no_duplicate_of_itself(town: Township) -> None:
    await pay(town, {0: "100", 1: "200"}, "2017-04-01", entitlement="危房改造和易地搬迁补助2017")
    assert (await ask_rule(town.http, town.county, "R10", "2017-12-31")).hits == []
    await pay(town, {1: "10"}, "2017-05-01", entitlement="易地搬迁建房2017")
    assert (await ask_rule(town.http, town.county, "R10", "2017-12-31")).hits == []


@pytest.mark.usefixtures("words")
async def test_words_that_were_dropped_are_asked_of_the_days_on_which_they_held(town: Township) -> None:
    """Both groups of words hold until the end of August 2017; judged by the day of the later row."""
    own = {"valid_from": "2017-09-01", "source": "县扶贫发〔2017〕6号"}
    level = Level(town.http, town.county)
    await level.lay_down(key="exclusive_entitlements", value={"产业": 11}, **own)
    await level.lay_down(key="claimed_once_years", value={"产业": 1}, **own)
    await pay(town, {0: "100", 1: "200", 2: "300", 3: "400"}, "2017-04-01", entitlement="危房改造2017")
    await pay(town, {0: "10"}, "2017-08-31", entitlement="易地搬迁2017")
    await pay(town, {1: "20"}, "2017-09-01", entitlement="易地搬迁建房2017")
    await pay(town, {2: "30"}, "2017-08-31", entitlement="危房改造补助2017")
    await pay(town, {3: "40"}, "2017-09-01", entitlement="危房改造尾款2017")
    for as_of in ("2017-08-31", "2017-12-31"):
        found = (await ask_rule(town.http, town.county, "R10", as_of)).hits
        assert sorted((facts.amount_fen, facts.because) for facts, _ in found) == [  # type: ignore[attr-defined]
            (1_000, "名目互斥"),
            (3_000, "一次性补助"),
        ]


@pytest.mark.usefixtures("words")
async def test_a_name_is_not_of_two_kinds_by_words_that_never_held_together(town: Township) -> None:
    """“危房改造过桥贴” has a word of kind 11 until August and one of kind 12 since September, never both."""
    own = {"valid_from": "2017-09-01", "source": "县扶贫发〔2017〕6号"}
    await Level(town.http, town.county).lay_down(key="exclusive_entitlements", value={"过桥贴": 12, "入住": 11}, **own)
    await pay(town, {0: "100", 1: "200"}, "2017-04-01", entitlement="易地搬迁2017")
    await pay(town, {0: "10"}, "2017-08-31", entitlement="危房改造过桥贴2017")
    await pay(town, {1: "20"}, "2017-09-01", entitlement="危房改造过桥贴乙2017")
    await pay(town, {1: "30"}, "2017-09-02", entitlement="入住2017")
    found = (await ask_rule(town.http, town.county, "R10", "2017-12-31")).hits
    told = [(facts.amount_fen, facts.word, facts.other_word) for facts, _ in found]  # type: ignore[attr-defined]
    assert sorted(told) == [(1_000, "危房改造", "易地搬迁"), (3_000, "入住", "过桥贴")]


async def test_help_after_a_move_is_no_second_move(town: Township) -> None:
    """By the national words: 易地搬迁 once in 50 years, but what is 后续 or 产业 is no house."""
    await pay(town, {0: "100", 1: "200"}, "2017-04-01", entitlement="易地搬迁建房补助2017")
    await pay(town, {0: "10", 1: "20"}, "2018-04-01", entitlement="2018年易地搬迁后续扶持产业奖补")
    await pay(town, {0: "1", 1: "2"}, "2018-04-02", entitlement="危房改造过渡补助2018")
    assert (await ask_rule(town.http, town.county, "R10", "2018-12-31")).hits == []
    await pay(town, {1: "20"}, "2018-05-01", entitlement="易地搬迁建房补助2018")
    await pay(town, {0: "20"}, "2018-05-02", entitlement="危房改造2018")
    found = await ask_rule(town.http, town.county, "R10", "2018-12-31")
    assert sorted((str(facts.as_of), verdict.mark.split(":")[2]) for facts, verdict in found.hits) == [
        ("2018-05-01", "一次性补助"),
        ("2018-05-02", "名目互斥"),
    ]


async def test_without_words_names_are_not_asked_about(town: Township, admin: asyncpg.Pool) -> None:
    await pay(town, {0: "100"}, "2017-04-01", entitlement="甲2017")
    await pay(town, {0: "100"}, "2017-05-01", entitlement="乙2017")
    assert (await ask_rule(town.http, town.county, "R10", "2017-06-01")).hits == []


@dataclass(frozen=True)
class Two:
    """The township's own fund, and another one with money of its own in an office of the same township."""

    town: Township
    other: str
    office: str

    async def exclude(self, *rules: str, on_breach: str = "refuse", **more: str) -> None:
        """The county lays down that the township's fund is not paid beside the other one."""
        set_by = {"funds": [self.other], "on_breach": on_breach, "source": "县财农〔2017〕9号", "basis": "practice"}
        told = [{"rule": rule, **set_by} for rule in rules]
        answer = await set_terms(self.town.finance, self.town.fund, terms(self.town.county, *told, **more))
        assert answer.status_code == 201, answer.text

    async def pay_other(self, amounts: dict[int, str], on: str) -> str:
        return await pay(self.town, amounts, on, fund_code=self.other, account_id=self.office)

    async def asked(self, on: str = "2017-12-31") -> list[tuple[str, int]]:
        found = await ask_rule(self.town.http, self.town.county, "R10", on)
        return sorted((facts.as_of.isoformat(), facts.amount_fen) for facts, _ in found.hits)


@pytest.fixture
async def two(town: Township) -> Two:
    other = await fund(town.http, "TEST-OTHER")
    office = await open_account(town.http, town.region, "township_office")
    notice = await notice_request(town.http, town.county, office, amounts=[500_000], fund_code=other)
    assert (await town.finance.post("/funds/v1/notices", notice)).status_code == 201
    return Two(town, other, office)


async def test_what_was_paid_before_the_terms_is_asked_about_and_what_they_refuse_is_not(two: Two) -> None:
    await pay(two.town, {0: "100", 1: "200"}, "2017-05-01")
    await two.pay_other({1: "10", 2: "20"}, "2017-05-02")
    assert await two.asked() == []
    await two.exclude("exclusive_with")
    assert await two.asked() == [("2017-05-02", 1_000)]
    checked = await two.town.checked([(id_number(2), "10")], effective_on="2017-06-01")
    assert checked["by_reason"] == {"exclusive_fund": 1}, "what came afterwards was refused, and is no question"
    assert await two.asked() == [("2017-05-02", 1_000)]


async def test_what_the_terms_flag_is_not_asked_about_again(two: Two) -> None:
    await two.exclude("exclusive_with", on_breach="flag")
    await two.pay_other({0: "10"}, "2017-05-01")
    await pay(two.town, {0: "100"}, "2017-05-02")
    assert len(await flags_of(two.town.http, two.town.county, "B07")) == 1
    assert await two.asked() == []


async def test_terms_that_held_only_from_a_later_day(two: Two) -> None:
    """They were recorded before, and excluded nothing yet on the day of payment."""
    await two.exclude("exclusive_with", valid_from="2017-07-01")
    await pay(two.town, {0: "100"}, "2017-05-01")
    await two.pay_other({0: "10"}, "2017-05-02")
    assert await two.asked("2017-06-30") == []
    assert await two.asked("2017-07-01") == [("2017-05-02", 1_000)]


async def test_a_household_excludes_by_its_people_and_a_person_only_by_itself(two: Two, admin: asyncpg.Pool) -> None:
    member = {
        "name": "张某",
        "id_number": id_number(50),
        "reason": "birth",
        "joined_on": "2016-06-01",
        "document": "文1",
    }
    await two.town.change(f"{await two.town.household(admin, 0)}/members", member)
    await pay(two.town, {0: "100", 1: "100"}, "2017-05-01")
    await two.pay_other({50: "10"}, "2017-05-02")
    await two.exclude("exclusive_with")
    assert await two.asked() == []
    await two.exclude("exclusive_with", "household_exclusive_with", valid_from="2017-02-01")
    assert await two.asked() == [("2017-05-02", 1_000)]


async def test_another_year_is_another_thing(two: Two) -> None:
    await pay(two.town, {0: "100"}, "2017-05-01")
    await two.pay_other({0: "10"}, "2018-01-01")
    await two.exclude("exclusive_with")
    assert await two.asked("2018-12-31") == []


async def test_a_trial_hears_of_terms_from_when_they_were_recorded(two: Two) -> None:
    """Also on the very day: what was recorded an hour later was not known."""
    await pay(two.town, {0: "100", 1: "200"}, "2017-05-01")
    await two.pay_other({1: "10"}, "2017-05-02")
    then = clock.now().isoformat()
    await two.exclude("exclusive_with")
    asked = {"rule": "R10", "values": {"claimed_once_years": {"某补助": 1}}, "as_of": ["2017-12-31"]}
    found = [await tried(two.town.http, two.town.county, **asked, known_at=at) for at in (then, now())]
    assert [one["live_n"] for one in found] == [0, 1]
