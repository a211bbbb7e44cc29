"""L01, L02, L03 and L05 over reported loans: what the bank's report was not refused for, as of a day."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import asyncpg
import pytest

from services.funds_api.flags.asking import ask
from services.funds_api.flags.rules.catalogue import RULES
from services.funds_api.flags.rules.lent import OutstandingFacts
from services.funds_api.flags.rules.rule import Policy
from services.funds_api.flags.store import Place
from services.funds_api.moments import Moment
from services.funds_api.policies import store as policies
from tests.callers import funds_caller
from tests.funds_api.asked import ask_rule, database, flags_of, run_rules
from tests.funds_api.people import Township
from tests.funds_api.rules.lending import asked_about, lend, report
from tests.funds_api.rules.test_trials import now, tried

NOW = "2017-12-31"


async def new_value(admin: asyncpg.Pool, county: str, key: str, number: int) -> None:
    """A county lays down a limit of its own from 2015 on, after the loans were reported."""
    await admin.execute(
        "INSERT INTO funds.policy_value (key, region_code, valid_from, value, source, basis)"
        " VALUES ($1, $2, '2015-01-01', $3::text::jsonb, '县办发〔2017〕9号', 'practice')",
        key,
        county,
        str(number),
    )


async def test_several_loans_of_a_household_go_over_its_limit(town: Township) -> None:
    """Of two banks: 20,000 + 30,000 is the limit itself, one fen more is over it. Household 2 has just 50,000."""
    await lend(town, "A-1", 1)
    await lend(town, "B-1", 1, "abc", principal_fen=3_000_000, disbursed_on="2017-10-01")
    third = await lend(town, "A-2", 1, principal_fen=1, disbursed_on="2017-11-01")
    await lend(town, "A-3", 2, principal_fen=5_000_000)
    run = await run_rules(town.http, town.county, NOW, "L01")
    [told] = run["rules"]
    assert (told["looked_n"], told["candidates_n"], told["hits_n"], told["new_n"]) == (4, 1, 1, 1)
    [flag] = await flags_of(town.http, town.county, "L01")
    assert (flag["subject"], flag["subject_id"], flag["as_of"]) == ("loan", third, "2017-11-01")
    assert flag["money"] == [{"item": f"loan:{third}", "amount_fen": 1}]
    assert "3 笔、50,000.01 元" in flag["explanation"]
    assert "银监发〔2017〕42号" in flag["explanation"]
    inspector = funds_caller(town.http, "inspector", town.county)
    assert (await inspector.get(f"/funds/v1/flags/{flag['id']}/recomputation")).json()["same"]
    assert (await run_rules(town.http, town.county, NOW, "L01"))["new_n"] == 0


async def test_a_loan_that_is_due_makes_room_and_another_day_or_place_sees_nothing(town: Township) -> None:
    await lend(town, "A-1", 1, principal_fen=4_000_000, disbursed_on="2017-08-01", due_on="2017-11-01")
    await lend(town, "A-2", 1, principal_fen=4_000_000, disbursed_on="2017-11-01")
    assert await asked_about(town, "L01", NOW) == {}
    assert await asked_about(town, "L05", NOW) == {}
    await lend(town, "A-3", 1, principal_fen=2_000_000, disbursed_on="2017-10-31")
    for code in ("L01", "L05"):
        found = await ask_rule(town.http, town.county, code, NOW)
        assert sorted(facts.bank_ref for facts, _ in found.hits) == ["A-2", "A-3"]  # type: ignore[attr-defined]
        assert found.candidates_n == 2, "the query asks for what the judgement wants, and for no more"
        assert list(await asked_about(town, code, "2017-10-31")) == ["A-3"]
        assert await asked_about(town, code, "2017-10-30") == {}
        assert await asked_about(town, code, NOW, town.county + "102") == {}


async def test_two_loans_at_once_are_asked_about_however_small(town: Township) -> None:
    await lend(town, "A-1", 1, principal_fen=100_000)
    await lend(town, "B-1", 1, "abc", principal_fen=100_000)
    await lend(town, "A-2", 2, principal_fen=100_000)
    assert await asked_about(town, "L01", NOW) == {}
    [(ref, said)] = (await asked_about(town, "L05", NOW)).items()
    assert (ref, "rcb “A-1”" in said, "多于 1 笔" in said) == ("B-1", True, True)
    assert await asked_about(town, "L05", "2017-08-31") == {}


async def test_since_2021_one_loan_on_top_is_asked_about_by_its_sum_only(town: Township) -> None:
    for ref, fen in (("A-1", 5_000_000), ("A-2", 5_000_000), ("A-3", 1)):
        await lend(town, ref, 1, principal_fen=fen, disbursed_on="2021-06-01", due_on="2023-06-01", rate_ppm=46_500)
    assert list(await asked_about(town, "L01", "2021-12-31")) == ["A-3"]
    assert list(await asked_about(town, "L05", "2021-12-31")) == ["A-3"]
    assert await asked_about(town, "L03", "2021-12-31") == {}


@pytest.mark.parametrize(
    ("due", "rate", "fires"),
    [
        ("2018-09-01", 43_500, False),
        ("2018-09-01", 43_501, True),
        ("2018-09-02", 43_501, False),
        ("2018-09-02", 47_500, False),
        ("2018-09-02", 47_501, True),
    ],
)
async def test_a_rate_over_the_base_rate_of_its_term(town: Township, due: str, rate: int, fires: bool) -> None:
    await lend(town, "A-1", 1, due_on=due, rate_ppm=rate)
    assert (await asked_about(town, "L03", NOW) != {}) == fires


@pytest.mark.parametrize(("on", "fires"), [("2021-12-19", False), ("2021-12-20", True)])
async def test_since_2021_the_lpr_of_the_day_is_the_cap(town: Township, on: str, fires: bool) -> None:
    await lend(town, "A-1", 1, disbursed_on=on, due_on="2022-06-01", rate_ppm=38_500)
    found = await asked_about(town, "L03", "2021-12-31")
    assert (found != {}) == fires
    assert all("2021-12-20 公布的 1 年期 LPR" in said for said in found.values())


async def test_a_term_over_a_limit_that_was_laid_down_later(town: Township, admin: asyncpg.Pool) -> None:
    """The report of 36 months and a day is refused; 24 months are asked about once the county says a year."""
    refused = await report(town, "A-0", 1, due_on="2020-09-02")
    assert refused.json()["type"] == "/problems/loan-too-long"
    await lend(town, "A-1", 1, due_on="2020-09-01")
    await lend(town, "A-2", 2, due_on="2018-09-01")
    await lend(town, "A-3", 3, due_on="2018-09-02")
    assert await asked_about(town, "L02", NOW) == {}
    await new_value(admin, town.county, "loan_max_months", 12)
    assert sorted(await asked_about(town, "L02", NOW)) == ["A-1", "A-3"]
    assert "县办发〔2017〕9号" in (await asked_about(town, "L02", NOW))["A-3"]


async def test_a_loan_over_a_limit_that_was_laid_down_later(town: Township, admin: asyncpg.Pool) -> None:
    refused = await report(town, "A-0", 1, principal_fen=5_000_001)
    assert refused.json()["type"] == "/problems/loan-over-limit"
    await lend(town, "A-1", 1, principal_fen=3_000_000)
    await lend(town, "A-2", 2, principal_fen=3_000_001)
    await new_value(admin, town.county, "loan_max_fen", 3_000_000)
    assert list(await asked_about(town, "L01", NOW)) == ["A-2"]


async def test_what_a_household_has_outstanding_is_counted_as_by_hand(town: Township) -> None:
    """Twenty loans of three households, reported out of order, some on one day and some due on the day of another."""
    told = []
    for at in range(20):
        first = date(2017, 9, 1) + timedelta(days=at * 7 % 10 * 10)
        loan = (at % 3, first, first + timedelta(days=10 + at * 11 % 5 * 10), 100_000 * (at + 1))
        told.append(loan)
        home, on, due, fen = loan
        await lend(town, f"A-{at}", home, disbursed_on=str(on), due_on=str(due), principal_fen=fen)
    by_hand = {}
    for at, (home, on, _, _) in enumerate(told):
        running = [
            one[3] for other, one in enumerate(told) if one[0] == home and (one[1], other) <= (on, at) and one[2] > on
        ]
        if len(running) > 1:
            by_hand[f"A-{at}"] = (len(running), sum(running))
    found = await ask_rule(town.http, town.county, "L05", NOW)
    counted = {
        facts.bank_ref: (facts.running_n, facts.running_fen)
        for facts, _ in found.hits
        if isinstance(facts, OutstandingFacts)
    }
    assert counted == by_hand
    assert len(by_hand) > 5


async def test_what_was_not_known_yet_is_not_asked_about(town: Township, admin: asyncpg.Pool) -> None:
    """By the journal as it was before the second loan was reported."""
    await lend(town, "A-1", 1)
    before = await admin.fetchval("SELECT max(position) FROM funds.event WHERE stream = $1", town.county)
    await lend(town, "A-2", 1)
    async with database(town.http).reading(town.county) as tx:
        policy = Policy(await policies.values(tx), town.county)
        for position, n in ((before, 0), (before + 1, 1)):
            moment = Moment(date.fromisoformat(NOW), position)
            found = await ask(tx, RULES["L05"], Place(town.county, town.county), moment, policy)
            assert len(found.hits) == n


async def test_a_trial_about_loans_counts_the_households_that_borrowed(town: Township) -> None:
    """One household has three loans, another two: three questions, of two households; two loans allowed, of one."""
    for at, (place, bank) in enumerate(((1, "rcb"), (1, "abc"), (1, "psbc"), (2, "rcb"), (2, "abc"))):
        await lend(town, f"A-{at}", place, bank, principal_fen=1_000_000)
    asked: dict[str, Any] = {"rule": "L05", "values": {"loan_active_max_n": 2}, "as_of": [NOW], "known_at": now()}
    [only] = (await tried(town.http, town.county, **asked))["counties"]
    assert [(only[side]["flags_n"], only[side]["people_n"]) for side in ("live", "draft")] == [(3, 2), (1, 1)]
