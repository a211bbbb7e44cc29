"""What a policy value may be: the bounds and words of its key, what is law and what is not, and what is refused."""

from __future__ import annotations

import json
from typing import Any

import asyncpg
import httpx
import pytest

from services.funds_api.policies.keys import KEYS
from tests.funds_api.test_policy_values import KEY, PATH, STOP, Level, level, request
from tests.policy_book import problem
from treasury.policy_keys import fault as fault_of

__all__ = ["level"]  # a fixture


@pytest.mark.parametrize(
    ("key", "value", "fault"),
    [
        (KEY, 0, "0 低于最低值 1（日）"),
        (KEY, -30, "-30 低于最低值 1（日）"),
        (KEY, 3651, "3651 高于最高值 3650（日）"),
        (KEY, None, "应为一个整数"),
        (KEY, True, "应为一个整数"),
        (KEY, "90", "应为一个整数"),
        (KEY, 90.5, "应为一个整数"),
        (KEY, [90], "应为一个整数"),
        (KEY, {"days": 90}, "应为一个整数"),
        (KEY, 10**40, f"{10**40} 高于最高值 3650（日）"),
        ("handdown_limit_days.treasury", 0, "0 低于最低值 1（日）"),
        ("loan_max_fen", 99, "99 低于最低值 100（分）"),
        ("household_cap_fen.F1", 0, "0 低于最低值 100（分）"),
        ("project_advance_ppm", 1_000_001, "1000001 高于最高值 1000000（百万分之一）"),
        ("idle_bands_days", 30, "应为由小到大的整数列表"),
        ("idle_bands_days", [], "应为由小到大的整数列表"),
        ("idle_bands_days", [60, 30], "应为由小到大的整数列表"),
        ("idle_bands_days", [30, 30], "应为由小到大的整数列表"),
        ("idle_bands_days", [30, "60"], "应为由小到大的整数列表"),
        ("idle_bands_days", [0, 30], "0 低于最低值 1（日）"),
    ],
)
async def test_a_value_that_makes_no_sense_is_refused_in_the_words_of_its_key(
    level: Level, key: str, value: Any, fault: str
) -> None:
    answer = await level.post(key=key, value=value)
    told = answer.json()
    assert problem(answer) == (422, "policy-value-unfit")
    assert (told["figures"]["key"], told["figures"]["fault"]) == (key, fault)
    assert (fault in told["detail"], KEYS.entry(key).name in told["detail"]) == (True, True)  # type: ignore[union-attr]
    assert await level.history(key) == []


@pytest.mark.parametrize(
    ("key", "value"),
    [(KEY, 1), (KEY, 3650), ("project_advance_ppm", 0), ("idle_bands_days", [30]), ("household_cap_fen.F1", 100)],
)
async def test_a_value_on_its_bound_is_set(level: Level, key: str, value: Any) -> None:
    assert (await level.post(key=key, value=value)).status_code == 201


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"source": None}, "source"),
        ({"source": ""}, "source"),
        ({"source": " \u3000\t "}, "source"),
        ({"valid_from": None}, "valid_from"),
        ({"valid_from": "2017-02-30"}, "valid_from"),
        ({"valid_to": "2016-12-31"}, "valid_to"),
        ({"basis": "habit"}, "basis"),
        ({"region": "42032"}, "region"),
        ({"region": "990001101"}, "region"),
        ({"key": ""}, "key"),
        ({"more": 1}, "more"),
    ],
)
async def test_a_misshapen_value_is_refused_by_its_field(level: Level, changed: dict[str, Any], field: str) -> None:
    answer = await level.post(**changed)
    assert answer.status_code == 422
    assert [one["pointer"].rsplit("/", 1)[-1] for one in answer.json()["errors"]] == [field], answer.text
    left_out = {name: one for name, one in request(level.region).items() if name not in changed}
    if field in {"source", "valid_from", "basis", "region", "key"}:
        assert (await level.first.post(PATH, left_out)).status_code == 422
    assert await level.history() == []


async def test_a_key_that_nothing_reads_is_refused_with_those_that_look_like_it(level: Level) -> None:
    answer = await level.post(key="idle_flags_day")
    assert problem(answer) == (422, "policy-key-unknown")
    assert answer.json()["figures"]["near"][0] == KEY
    assert KEY in answer.json()["detail"]
    for key in (f"{KEY}.F1", "household_cap_fen.", "handdown_limit_days", "handdown_limit_days.treasury.town"):
        assert problem(await level.post(key=key)) == (422, "policy-key-unknown"), key
    history = await level.first.get(f"{PATH}/history", params={"key": "idle_flags_day"})
    assert problem(history) == (422, "policy-key-unknown")


async def test_a_county_lays_down_no_law_and_each_level_sets_its_own(
    level: Level, funds_http: httpx.AsyncClient
) -> None:
    assert problem(await level.post(basis="law")) == (422, "policy-law-too-low")
    province = Level(funds_http, "99")
    law = {"key": "removal_appeal_days", "valid_from": "2019-01-01", "valid_to": "2019-01-31", "basis": "law"}
    await province.lay_down(**law, value=100)
    assert (await level.read("2019-01-31", "removal_appeal_days"))["value"] == 100
    assert (await level.read("2019-02-01", "removal_appeal_days"))["value"] == 184
    await province.lay_down(
        key="handdown_limit_days.treasury", valid_from="2014-01-01", valid_to="2014-01-31", value=45
    )
    assert (await level.read("2014-01-31", "handdown_limit_days.treasury"))["value"] == 45
    nation = Level(funds_http, "00")
    ref = await nation.set(key="treasury_order_cutoff_hour", valid_from="2190-01-01", value=15)
    assert (await nation.confirm(ref)).status_code == 201
    unknown = Level(funds_http, "97")
    assert (await unknown.post()).status_code == 404


@pytest.mark.parametrize(
    ("key", "basis"),
    [
        ("handdown_limit_days.treasury", "assumed"),
        ("loan_max_fen", "practice"),
        ("loan_max_months", "practice"),
        ("cash_payment_max_fen", "practice"),
        ("handdown_clock.own_budget.special", "law"),
    ],
)
async def test_what_is_not_law_is_not_called_law(level: Level, key: str, basis: str) -> None:
    assert (await level.read("2018-01-01", key, region=level.region))["basis"] == basis


@pytest.mark.parametrize(
    ("said", "fits"),
    [
        ({"key": "handdown_clock.own_budget.special", "value": 60}, True),
        ({"key": "handdown_clock.own_budget.special", "value": 61}, False),
        ({"key": "handdown_limit_days.treasury", "value": 45}, True),
        ({"key": "handdown_limit_days.treasury.central", "value": 45}, True),
        ({"key": "handdown_limit_days.department", "value": 31}, True),
        ({"key": "loan_max_fen", "value": 5_000_001}, True),
        ({"key": "loan_max_months", "value": 37}, True),
        ({"key": "cash_payment_max_fen", "value": 100_001}, True),
        ({"key": STOP, "value": 366, "valid_from": "2014-01-01", "valid_to": "2015-02-03"}, True),
        ({"key": STOP, "value": 366, "valid_from": "2014-01-01", "valid_to": "2015-02-04"}, False),
        ({"key": STOP, "value": 366, "valid_from": "2014-01-01"}, False),
        ({"key": STOP, "value": 365, "valid_from": "2014-01-01"}, True),
    ],
)
async def test_a_county_asks_no_less_than_the_law(level: Level, said: dict[str, Any], *, fits: bool) -> None:
    """Art 52 gives a county's own budget 60 days; what came from above (assumed), loans and cash (practice) no law."""
    answer = await level.post(**said)
    if fits:
        assert answer.status_code == 201, answer.text
    else:
        told = answer.json()
        assert problem(answer) == (409, "policy-looser-than-law")
        assert str(said["value"]) in told["figures"]["asked"]
        assert told["figures"]["law"][0] in told["detail"]
        assert await level.history(said["key"]) == []


async def test_the_catalogue_says_what_each_key_is(level: Level) -> None:
    items = (await level.first.get(f"{PATH}/keys")).json()["items"]
    assert [one["key"] for one in items] == [one.key for one in KEYS.catalogue]
    found = next(one for one in items if one["key"] == KEY)
    assert (found["name"], found["unit"], found["lowest"], found["highest"]) == ("闲置提示线", "日", 1, 3650)
    assert all(one["read_by"] and one["form"] for one in items)


async def test_every_value_of_the_releases_has_its_key_and_fits_it(admin: asyncpg.Pool) -> None:
    """A migration that brings a number brings a line of the catalogue: whoever reads the number is told what it is."""
    rows = await admin.fetch("SELECT key, value FROM funds.policy_value WHERE region_code = '00' AND set_by IS NULL")
    assert len(rows) >= 17
    faults = {}
    for row in rows:
        about = KEYS.entry(row["key"])
        faults[row["key"]] = fault_of(about, json.loads(row["value"])) if about else "not in the catalogue"
    assert {key: fault for key, fault in faults.items() if fault} == {}


async def test_the_database_holds_what_the_service_holds(
    level: Level, admin: asyncpg.Pool, urls: dict[str, str]
) -> None:
    counted = await level.lay_down()
    await level.set(valid_from="2018-01-01")
    place = f"key = '{KEY}' AND region_code = '{level.region}' AND valid_from = "
    counts, waits = f"{place} '2017-01-01'", f"{place} '2018-01-01'"

    def row(region: str, start: str, source: str = "文", set_by: str = "'chen'") -> str:
        return (
            "INSERT INTO funds.policy_value (key, region_code, valid_from, value, source, basis, set_by)"
            f" VALUES ('{KEY}', '{region}', '{start}', '9', '{source}', 'practice', {set_by})"
        )

    withdrawn = "UPDATE funds.policy_value SET withdrawn_by = 'li', withdrawn_because = '误'"
    statements = {
        row("999999", "2017-01-01"): "QL403",
        row(level.region + "101", "2017-01-01"): "QL403",
        row(level.region[:4], "2017-01-01"): "QL403",
        row(level.region, "2019-01-01", set_by="NULL"): "QL403",
        row(level.region, "2019-01-01", source="　"): "23514",
        row(level.region, "2018-01-01"): "23505",
        f"UPDATE funds.policy_value SET value = '9' WHERE {waits}": "42501",
        f"DELETE FROM funds.policy_value WHERE {waits}": "42501",
        f"UPDATE funds.policy_value SET confirmed_by = 'li' WHERE {counts}": "QL447",
        f"{withdrawn} WHERE {counts}": "QL447",
        f"{withdrawn}, confirmed_by = 'li' WHERE {waits}": "QL447",
        f"UPDATE funds.policy_value SET confirmed_by = 'chen' WHERE {waits}": "23514",
    }
    role = await asyncpg.connect(urls["funds"])
    try:
        await role.execute("SELECT set_config('app.region', $1, false)", level.region)
        for statement, state in statements.items():
            with pytest.raises(asyncpg.PostgresError) as refused:
                await role.execute(statement)
            assert refused.value.sqlstate == state, statement
    finally:
        await role.close()
    with pytest.raises(asyncpg.PostgresError, match="nothing else of it changes"):
        await admin.execute(f"UPDATE funds.policy_value SET value = '9' WHERE {waits}")
    assert (await level.read("2017-06-30"))["ref"] == counted


async def test_what_was_recalled_is_assumed_and_says_so(level: Level, admin: asyncpg.Pool) -> None:
    """Base rates, the LPR and what a document of 2018 asks were never compared with their texts."""
    rows = await admin.fetch(
        "SELECT DISTINCT ON (key, valid_from) key, basis, source FROM funds.policy_value WHERE region_code = '00'"
        " AND (key LIKE 'loan_rate_max_ppm.%' OR key = 'target_results_days' AND valid_from = '2018-06-01')"
        " ORDER BY key, valid_from, edition DESC"
    )
    assert len(rows) > 20
    assert {row["key"] for row in rows} == {"loan_rate_max_ppm.1y", "loan_rate_max_ppm.3y", "target_results_days"}
    assert {row["basis"] for row in rows} == {"assumed"}
    assert [row["source"] for row in rows if "凭记忆录入" not in row["source"]] == []
    found = await level.read("2018-06-01", "target_results_days", region=level.region)
    assert (found["value"], found["basis"]) == (60, "assumed")
