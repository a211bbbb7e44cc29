"""Flags as tallied: the same as counted one by one, at every place and for every day; and each version by itself."""

from __future__ import annotations

from datetime import date
from typing import Any

import asyncpg
import httpx
import pytest

from services.funds_api.flags.rules.catalogue import RULES, VERSIONS
from tests.callers import funds_caller
from tests.funds_api.asked import flags_of, run_rules
from tests.funds_api.desk import Desk
from tests.funds_api.people import Township
from tests.funds_api.rules.test_r12_over_data import AMOUNTS, pay
from tests.funds_api.rules.test_runs import daily
from tests.funds_api.test_clock_stops import stop

# Every flag of a run, for each place it lies in, with what it names; by place, rule, run and day.
RECOUNT = """
SELECT left(f.region_code, d) AS region_code, f.rule_code, f.run_id, f.as_of, f.rule_version, count(*) AS flags_n,
       sum(f.amount_fen)::bigint AS flags_fen, k.position,
       sum(coalesce((SELECT sum(m.amount_fen) FROM funds.flag_money m WHERE m.county_code = f.county_code
                       AND m.flag_id = f.id), f.amount_fen))::bigint AS named_fen
  FROM funds.flag f
  JOIN funds.flag_run_rule k ON k.county_code = f.county_code AND k.run_id = f.run_id AND k.rule_code = f.rule_code
 CROSS JOIN unnest(ARRAY[6, 9, 12]) d
 WHERE f.county_code = $1 AND length(f.region_code) >= d
 GROUP BY 1, 2, 3, 4, 5, 8"""
TALLY = """
SELECT region_code, rule_code, run_id, as_of, rule_version, flags_n, flags_fen, position, named_fen
  FROM funds.flag_tally WHERE county_code = $1"""


async def recounted(admin: asyncpg.Pool, county: str) -> int:
    """The tallies are what a plain recount says; how many there are."""
    counted, told = [{tuple(row.values()) for row in await admin.fetch(sql, county)} for sql in (RECOUNT, TALLY)]
    assert told == counted
    return len(told)


@pytest.fixture
async def desk(funds_http: httpx.AsyncClient, county: str) -> Desk:
    """400,000 fen on 1 March, 600,000 on 1 April; of it 500,000 to a township on 1 May."""
    opened = await Desk(funds_http, county).open()
    assert (await opened.out(500_000, opened.first, "2017-05-01")).status_code == 201
    return opened


async def record(http: httpx.AsyncClient, county: str, code: str, **asked: Any) -> dict[str, Any]:
    answer = await funds_caller(http, "inspector", county).get(f"/funds/v1/rules/{code}/record", params=asked)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def decide(http: httpx.AsyncClient, county: str, flag: str, outcome: str) -> None:
    body = {"outcome": outcome, "reason": "实地核查", "document": "核查1号", "decided_on": "2018-07-01"}
    answer = await funds_caller(http, "inspector", county).post(f"/funds/v1/flags/{flag}/outcome", body)
    assert answer.status_code == 201, answer.text


async def test_clock_rules_are_tallied_by_place_and_by_the_day_each_lot_crossed(
    desk: Desk, admin: asyncpg.Pool
) -> None:
    """With a stopped clock, which is judged apart, a week at once and a run of one township."""
    await stop(desk)
    for day in (date(2017, 5, 20), date(2017, 6, 24), date(2017, 11, 30), date(2018, 11, 30)):
        await daily(desk, day)
    await run_rules(desk.http, desk.county, "2018-12-01", "R19", region=desk.county + "101")
    assert await recounted(admin, desk.county) > 6
    for region in (desk.county, desk.county + "101", desk.county + "102"):
        for day in ("2017-05-31", "2017-11-30", "2019-01-01"):
            for code in ("I01", "R19"):
                flags = [
                    flag
                    for flag in await flags_of(desk.http, desk.county, code, as_of=day)
                    if flag["region_code"].startswith(region)
                ]
                told = await record(desk.http, desk.county, code, region=region, as_of=day)
                assert told["hits_n"] == len(flags)
                assert told["flagged_fen"] == sum(flag["amount_fen"] for flag in flags)


async def test_judged_rules_are_tallied_with_what_they_name(
    funds_http: httpx.AsyncClient, county: str, admin: asyncpg.Pool
) -> None:
    town = await Township(funds_http, county).open()
    await pay(town, [*AMOUNTS, "500", "800"], "2017-05-01")
    await pay(town, [*AMOUNTS, "500"], "2017-06-01", entitlement="农村低保")
    run = await run_rules(funds_http, county, "2017-07-01")
    assert await recounted(admin, county) >= run["new_n"] > 2
    told = await admin.fetchrow(
        "SELECT sum(flags_n) AS n, sum(flags_fen) AS fen FROM funds.flag_tally"
        " WHERE county_code = $1 AND region_code = $1",
        county,
    )
    assert (told["n"], told["fen"]) == (run["new_n"], run["new_fen"])


async def test_each_version_has_its_own_record(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two flags of the former version, one refuted and one confirmed; two of the one in force, of which one decided."""
    with monkeypatch.context() as then:
        then.setitem(RULES, "I01", VERSIONS["I01", 2])
        await daily(desk, date(2017, 11, 30), "I01")
    former = await flags_of(desk.http, desk.county, "I01")
    assert len(former) >= 2
    told = await record(desk.http, desk.county, "I01")
    assert [(one["rule_version"], one["precision_ppm"], one["decided_n"]) for one in told["versions"]] == [(2, None, 0)]
    await decide(desk.http, desk.county, former[0]["id"], "refuted")
    await decide(desk.http, desk.county, former[1]["id"], "confirmed")
    await daily(desk, date(2018, 6, 30), "I01")
    newer = [flag for flag in await flags_of(desk.http, desk.county, "I01") if flag["rule_version"] == 3]
    assert newer
    await decide(desk.http, desk.county, newer[0]["id"], "confirmed")
    told = await record(desk.http, desk.county, "I01")
    names = ("rule_version", "hits_n", "confirmed_n", "refuted_n", "open_n", "decided_n", "precision_ppm")
    n, later = len(former), len(newer)
    assert [tuple(one[name] for name in names) for one in told["versions"]] == [
        (2, n, 1, 1, n - 2, 2, 500_000),
        (3, later, 1, 0, later - 1, 1, 1_000_000),
    ]
    assert (told["decided_n"], told["precision_ppm"], told["hits_n"]) == (3, 666_666, n + later)
    before = await record(desk.http, desk.county, "I01", as_of="2018-06-30")
    assert [(one["rule_version"], one["precision_ppm"]) for one in before["versions"]] == [(2, None), (3, None)]


async def test_without_a_flag_there_is_no_version_and_no_share(desk: Desk) -> None:
    told = await record(desk.http, desk.county, "R12")
    assert (told["hits_n"], told["decided_n"], told["precision_ppm"], told["versions"]) == (0, 0, None, [])
    assert (told["distinct_fen"], told["nested_fen"]) == (None, None), "told when asked for"
    asked = await record(desk.http, desk.county, "R12", once=True)
    assert (asked["distinct_fen"], asked["nested_fen"]) == (0, 0)


async def test_the_database_keeps_tallies_to_their_county_and_run(desk: Desk, admin: asyncpg.Pool) -> None:
    run = await run_rules(desk.http, desk.county, "2017-11-30", "R19")
    insert = (
        "INSERT INTO funds.flag_tally (county_code, region_code, rule_code, run_id, as_of, rule_version, flags_n,"
        " flags_fen, named_fen, position) VALUES ($1, $2, $3, $4::uuid, '2016-01-01', 2, $5, 1, 1, 1)"
    )
    for region, rule, n, error in (
        ("420322", "R19", 1, asyncpg.CheckViolationError),
        (desk.county, "R19", 0, asyncpg.CheckViolationError),
        (desk.county, "R12", 1, asyncpg.ForeignKeyViolationError),
    ):
        with pytest.raises(error):
            await admin.execute(insert, desk.county, region, rule, run["id"], n)
