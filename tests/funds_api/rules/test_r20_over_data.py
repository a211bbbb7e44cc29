"""R20 over the books: its sums are those of the spending progress, at any day, and whoever is behind is asked about."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import httpx
import pytest

from services.funds_api.flags.rules import r20_spending_behind as r20
from services.funds_api.flags.rules.rule import Verdict
from tests.callers import funds_caller
from tests.factories import open_account
from tests.funds_api.asked import ask_rule, flags_of, run_rules
from tests.funds_api.desk import Desk
from tests.funds_api.test_orders import Chain

Sums = dict[tuple[str, str], tuple[int, int]]
EVERYBODY = replace(
    r20.RULE,
    narrow=lambda _policy, day: {"year": day.year, "due_on": day, "required_ppm": 2_000_000},
    judge=lambda _facts, _policy: Verdict(explanation="看"),
)


@pytest.fixture
async def desk(funds_http: httpx.AsyncClient, county: str) -> Desk:
    return await Desk(funds_http, county).open()


async def seen(http: httpx.AsyncClient, county: str, day: str, region: str = "") -> Sums:
    """(place, fund) to what it received and spent, as the rule's query has it."""
    asked = await ask_rule(http, county, EVERYBODY, day, region)
    facts = [one for one, _ in asked.hits if isinstance(one, r20.ProgressFacts)]
    assert len({(one.subject_id, one.fund_code) for one in facts}) == len(facts)
    return {(one.region_code, one.fund_code): (one.received_fen, one.spent_fen) for one in facts}


async def told(http: httpx.AsyncClient, county: str, day: str) -> Sums:
    """The same as the spending progress tells it."""
    clerk = funds_caller(http, "finance_clerk", county)
    found: Sums = {}
    for by in ("region", "fund"):
        answer = await clerk.get("/funds/v1/spending-progress", params={"as_of": day, "by": by})
        assert answer.status_code == 200, answer.text
        body: dict[str, Any] = answer.json()
        found[county, ""] = (body["total"]["received_fen"], body["total"]["spent_fen"])
        for row in body["items"]:
            if row["kind"] in {"region", "fund"}:
                key = (row["code"], "") if by == "region" else (county, row["code"])
                found[key] = (row["received_fen"], row["spent_fen"])
    return {key: sums for key, sums in found.items() if sums[0] > 0}


async def done(answer: httpx.Response) -> dict[str, Any]:
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def test_its_sums_are_those_of_the_spending_progress(desk: Desk) -> None:
    county = desk.county
    deposit = await open_account(desk.http, county, "retention", "质保金专户")
    await done(await desk.out(500_000, desk.first, "2017-04-10"))
    await done(await desk.out(100_000, desk.second, "2017-04-10"))
    await done(await desk.out(200_000, desk.village, "2017-04-20", from_account_id=desk.first))
    await done(await desk.out(50_000, desk.contractor, "2017-05-10", kind="pay", from_account_id=desk.village))
    paid = await done(await desk.out(90_000, desk.contractor, "2017-06-10", kind="pay", from_account_id=desk.second))
    await done(await desk.keep_back(30_000, deposit, "2017-06-12", "2017-11-01"))
    await done(await desk.back(20_000, desk.contractor, "2017-07-01", "recover"))
    await done(await desk.back(60_000, desk.first, "2017-07-15"))
    await done(await desk.undo(paid["movements"][0]["id"], "2017-08-20"))
    for day in ("2017-03-01", "2017-04-30", "2017-05-31", "2017-06-15", "2017-07-10", "2017-08-19", "2017-12-31"):
        sums = await seen(desk.http, county, day)
        assert sums == await told(desk.http, county, day), day
        one = county + "101"
        assert await seen(desk.http, county, day, one) == {at: sum_ for at, sum_ in sums.items() if at[0] == one}
    assert len(sums) == 4, "the county, its fund, and two townships"


async def test_an_order_is_spent_by_the_desk_when_the_bank_has_paid_it(
    funds_http: httpx.AsyncClient, county: str
) -> None:
    chain = await Chain(funds_http, county).open()
    await done(await chain.split(300_000, chain.treasury["quota"], chain.township["quota"]))
    order = await chain.issue(120_000, chain.township["quota"])
    assert (await chain.result(order)).status_code in {200, 201}
    await chain.issue(50_000, chain.township["quota"], effective_on="2017-05-20")
    for day in ("2017-05-02", "2017-05-03", "2017-06-30"):
        assert await seen(funds_http, county, day) == await told(funds_http, county, day), day
    assert (await seen(funds_http, county, "2017-06-30"))[county + "101", ""] == (300_000, 120_000)


async def test_whoever_is_behind_at_a_milestone_is_asked_about_once(desk: Desk) -> None:
    county, one = desk.county, desk.county + "101"
    await done(await desk.out(500_000, desk.first, "2017-04-10"))
    await done(await desk.out(249_999, desk.contractor, "2017-05-10", kind="pay", from_account_id=desk.first))
    assert (await ask_rule(desk.http, county, "R20", "2017-03-31")).candidates_n == 0
    early = await ask_rule(desk.http, county, "R20", "2017-06-30")
    assert one not in [facts.region_code for facts, _ in early.hits], "the day of the milestone is not over"
    found = await ask_rule(desk.http, county, "R20", "2017-07-01")
    assert [facts.region_code for facts, _ in found.hits].count(one) == 1
    assert found.candidates_n == len(found.hits) == 3, "the township, the county and the county's fund"
    run = await run_rules(desk.http, county, "2017-07-01", "R20")
    assert (run["new_n"], run["new_fen"]) == (3, 0)
    [flag] = [row for row in await flags_of(desk.http, county, "R20") if row["region_code"] == one]
    assert (flag["subject"], flag["mark"], flag["money"]) == ("region", "2017-06-30:全部", [])
    inspector = funds_caller(desk.http, "inspector", county)
    assert (await inspector.get(f"/funds/v1/flags/{flag['id']}/recomputation")).json()["same"]
    told = (await inspector.get("/funds/v1/rules/R20/record", params={"once": True})).json()
    assert [told[name] for name in ("hits_n", "flagged_fen", "named_fen", "distinct_fen")] == [3, 0, 0, 0], "a rate"
    assert (await run_rules(desk.http, county, "2017-07-31", "R20"))["new_n"] == 0, "the same milestone"
    await done(await desk.out(1, desk.contractor, "2017-06-30", kind="pay", from_account_id=desk.first))
    assert one not in [facts.region_code for facts, _ in (await ask_rule(desk.http, county, "R20", "2017-07-01")).hits]
    assert (await run_rules(desk.http, county, "2017-09-30", "R20"))["new_n"] == 0
    assert (await run_rules(desk.http, county, "2017-10-01", "R20"))["new_n"] == 3


async def test_money_that_came_after_a_milestone_is_not_held_against_it(desk: Desk) -> None:
    county, ahead, behind = desk.county, desk.county + "101", desk.county + "102"
    for account, spent in ((desk.first, 60_000), (desk.second, 49_999)):
        await done(await desk.out(100_000, account, "2017-04-10"))
        await done(await desk.out(spent, desk.contractor, "2017-06-10", kind="pay", from_account_id=account))
        await done(await desk.out(100_000, account, "2017-07-10"))
    for day in ("2017-07-01", "2017-07-11", "2017-09-30"):
        asked = await ask_rule(desk.http, county, "R20", day)
        sums = {
            facts.region_code: (facts.received_fen, facts.spent_fen, str(facts.due_on), str(facts.as_of))
            for facts, _ in asked.hits
            if isinstance(facts, r20.ProgressFacts) and not facts.fund_code
        }
        assert ahead not in sums, day
        assert sums[behind] == (100_000, 49_999, "2017-06-30", day)
    asked = await ask_rule(desk.http, county, "R20", "2017-10-01")
    assert {ahead, behind} <= {facts.region_code for facts, _ in asked.hits}


async def test_the_last_milestone_of_a_year_is_asked_for_in_the_next(desk: Desk) -> None:
    """On 31 December the day is not over; what is recorded later with a date of the old year counts for it."""
    county, one = desk.county, desk.county + "101"
    await done(await desk.out(100_000, desk.first, "2017-04-10"))
    await done(await desk.out(99_999, desk.contractor, "2017-06-10", kind="pay", from_account_id=desk.first))

    async def asked(day: str) -> list[str]:
        hits = (await ask_rule(desk.http, county, "R20", day)).hits
        return [str(facts.due_on) for facts, _ in hits if facts.region_code == one]  # type: ignore[attr-defined]

    assert await asked("2017-12-31") == []
    assert [await asked(day) for day in ("2018-01-01", "2018-03-31")] == [["2017-12-31"]] * 2
    assert await asked("2018-04-01") == []
    await done(await desk.out(1, desk.contractor, "2017-12-31", kind="pay", from_account_id=desk.first))
    assert await asked("2018-01-01") == []
