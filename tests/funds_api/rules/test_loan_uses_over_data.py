"""L07, L08 and L09 over reported loans: what they are for, many alike on one day, and banks behind their quotas."""

from __future__ import annotations

import json

import asyncpg

from tests.callers import funds_caller
from tests.funds_api.asked import ask_rule, flags_of, run_rules
from tests.funds_api.people import Township
from tests.funds_api.rules.lending import asked_about, lend

NOW = "2017-12-31"


async def test_a_use_that_is_not_production(town: Township) -> None:
    for place, use in enumerate(("养殖", "建房", "购买理财产品", "入股企业", "建大棚")):
        await lend(town, f"A-{place}", place, use=use)
    found = await ask_rule(town.http, town.county, "L07", NOW)
    assert found.candidates_n == len(found.hits) == 3
    told = await asked_about(town, "L07", NOW)
    assert sorted(told) == ["A-1", "A-2", "A-3"]
    assert "含“企业、入股”" in told["A-3"] or "含“入股、企业”" in told["A-3"]
    assert await asked_about(town, "L07", "2017-08-31") == {}
    assert await asked_about(town, "L07", NOW, town.county + "102") == {}
    run = await run_rules(town.http, town.county, NOW, "L07")
    assert [(one["looked_n"], one["hits_n"], one["new_n"]) for one in run["rules"]] == [(5, 3, 3)]
    assert (await run_rules(town.http, town.county, NOW, "L07"))["new_n"] == 0


async def test_ten_households_of_a_village_alike_on_one_day(town: Township) -> None:
    """Nine and one of another bank, day, use or village are not ten; two loans of one household are one household."""
    first = await lend(town, "A-0", 0, use="入社养牛")
    for place in range(1, 9):
        await lend(town, f"A-{place}", place, use="入社养牛")
    await lend(town, "A-0b", 0, use="入社养牛", principal_fen=100)
    await town.register([40], "101202")
    await lend(town, "A-40", 40, use="入社养牛")
    await lend(town, "B-9", 9, "abc", use="入社养牛")
    await lend(town, "A-10", 10, use="入社养牛", disbursed_on="2017-09-02")
    await lend(town, "A-11", 11, use="养牛")
    assert (await ask_rule(town.http, town.county, "L08", NOW)).candidates_n == 0
    await lend(town, "A-9", 9, use="入社养牛 ")
    run = await run_rules(town.http, town.county, NOW, "L08")
    assert [(one["candidates_n"], one["hits_n"], one["new_n"]) for one in run["rules"]] == [(1, 1, 1)]
    [flag] = await flags_of(town.http, town.county, "L08")
    assert (flag["subject_id"], flag["amount_fen"], len(flag["money"])) == (first, 20_000_100, 11)
    assert "10 户放款 11 笔、200,001.00 元" in flag["explanation"]
    inspector = funds_caller(town.http, "inspector", town.county)
    assert (await inspector.get(f"/funds/v1/flags/{flag['id']}/recomputation")).json()["same"]
    await lend(town, "A-12", 12, use="入社养牛")
    assert (await run_rules(town.http, town.county, NOW, "L08"))["new_n"] == 0, "it was asked about"
    assert (await ask_rule(town.http, town.county, "L08", "2017-08-31")).candidates_n == 0
    assert (await ask_rule(town.http, town.county, "L08", NOW, town.county + "102")).candidates_n == 0


async def test_banks_behind_their_quotas(town: Township, admin: asyncpg.Pool) -> None:
    """On day 219, six tenths of the year, half of a quota is just within ten points; a fen less is behind."""
    on = "2017-08-07"
    [told] = (await run_rules(town.http, town.county, on, "L09"))["rules"]
    assert "没有现行政策数值" in told["silent_because"], "only 郧西 has quotas"
    quotas = {"RCB": 4_000_000, "ABC": 4_000_000, "PSBC": 4_000_000, "VTB": 4_000_000}
    await admin.execute(
        "INSERT INTO funds.policy_value (key, region_code, valid_from, valid_to, value, source, basis)"
        " VALUES ('loan_quota_fen', $1, '2017-01-01', '2017-12-31', $2::text::jsonb, '县任务', 'practice')",
        town.county,
        json.dumps(quotas),
    )
    await lend(town, "A-1", 1, "rcb", disbursed_on="2017-03-01")
    await lend(town, "B-1", 2, "abc", disbursed_on="2017-03-01", principal_fen=1_999_999)
    await lend(town, "C-1", 3, "psbc", disbursed_on="2016-12-31")
    await lend(town, "C-2", 4, "psbc", disbursed_on="2017-08-08", principal_fen=4_000_000)
    found = await ask_rule(town.http, town.county, "L09", on)
    assert {facts.bank: facts.lent_fen for facts, _ in found.hits} == {  # type: ignore[attr-defined]
        "ABC": 1_999_999,
        "PSBC": 0,
        "VTB": 0,
    }
    assert (await run_rules(town.http, town.county, on, "L09"))["new_n"] == 3
    assert (await run_rules(town.http, town.county, "2017-09-30", "L09"))["new_n"] == 1, "RCB, once in the quarter"
    assert (await run_rules(town.http, town.county, "2017-10-01", "L09"))["new_n"] == 3, "PSBC has lent its quota"
    flags = await flags_of(town.http, town.county, "L09")
    assert {(flag["region_code"], flag["amount_fen"]) for flag in flags} == {(town.county, 0)}, "no fen of anybody"
    assert len({flag["subject_id"] for flag in flags}) == 4
    assert (await ask_rule(town.http, town.county, "L09", on, town.county + "101")).candidates_n == 0
    [told] = (await run_rules(town.http, town.county, "2018-01-31", "L09"))["rules"]
    assert told["silent_because"], "the quotas were those of 2017"


async def test_the_quotas_of_yunxi_stand_in_the_book(town: Township, admin: asyncpg.Pool) -> None:
    told = await admin.fetchval(
        "SELECT value::text FROM funds.policy_value WHERE key = 'loan_quota_fen' AND region_code = '420322'"
    )
    assert sum(json.loads(told).values()) == 40_000_000_000
