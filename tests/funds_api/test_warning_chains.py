"""On which first warning of a unit the next one hangs: held against a plain recount, and a run's flags read once."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest
from sqlalchemy import text

from services.funds_api.warnings import store
from tests.factories import receive
from tests.funds_api.asked import database, run_rules
from tests.funds_api.desk import Desk
from tests.funds_api.test_warnings import step, unit_of, warned


@pytest.fixture
async def desk(funds_http: httpx.AsyncClient, county: str) -> Desk:
    """Chains of every kind: going on, answered, with the money gone, begun anew, and repeated after that."""
    desk = await Desk(funds_http, county).open()
    await run_rules(funds_http, county, "2017-04-20", "R19")
    for to, fen in ((desk.first, 200_000), (desk.second, 100_000)):
        assert (await desk.out(fen, to, "2017-05-01")).status_code == 201
    assert (await desk.out(50_000, desk.village, "2017-05-02", from_account_id=desk.first)).status_code == 201
    await run_rules(funds_http, county, "2017-05-20", "R19")
    await run_rules(funds_http, county, "2017-08-30", "R19", "I01")
    [answered] = await warned(desk, unit=await unit_of(desk, desk.second), rule="R19")
    assert (await step(desk, answered, "closing", desk.reviewer)).status_code == 201
    gone = await desk.out(50_000, desk.contractor, "2017-09-01", kind="pay", from_account_id=desk.village)
    assert gone.status_code == 201, gone.text
    for to, fen in ((desk.second, 30_000), (desk.village, 20_000), (desk.first, 10_000)):
        assert (await desk.out(fen, to, "2017-09-02")).status_code == 201
    await receive(funds_http, county, desk.treasury, 70_000, "2017-09-03")
    await run_rules(funds_http, county, "2017-12-20", "R19", "I01")
    return desk


async def recounted(admin: asyncpg.Pool, county: str, rule: str, *, lots: bool) -> dict[UUID, tuple[UUID, int]]:
    """Warning by warning: each flag of its run, the flag's lot, and whether that rests with the unit."""
    warnings = await admin.fetch("SELECT * FROM funds.warning WHERE county_code = $1 ORDER BY id", county)
    flags = await admin.fetch("SELECT run_id, rule_code, subject_id FROM funds.flag WHERE county_code = $1", county)
    resting = await admin.fetch(
        "SELECT l.id, a.unit_id FROM funds.lot l JOIN funds.account a ON a.county_code = $1 AND a.id = l.account_id"
        " WHERE l.county_code = $1 AND l.is_resting",
        county,
    )
    with_whom = {row["id"]: row["unit_id"] for row in resting}
    found: dict[UUID, tuple[UUID, int]] = {}
    for one in warnings:
        if (one["rule_code"], one["first_warning_id"], one["closed_on"]) != (rule, None, None):
            continue
        asked = [flag["subject_id"] for flag in flags if (flag["run_id"], flag["rule_code"]) == (one["run_id"], rule)]
        if not lots or any(with_whom.get(lot) == one["unit_id"] for lot in asked):
            found[one["unit_id"]] = (one["id"], 1 + sum(row["first_warning_id"] == one["id"] for row in warnings))
    return found


async def test_the_first_of_each_chain_is_the_one_a_plain_recount_finds(desk: Desk, admin: asyncpg.Pool) -> None:
    chains: dict[tuple[str, bool], dict[UUID, tuple[UUID, int]]] = {}
    units = [row["id"] for row in await admin.fetch("SELECT id FROM funds.unit WHERE county_code = $1", desk.county)]
    for rule in ("R19", "I01", "R25"):
        for lots in (True, False):
            chains[rule, lots] = await recounted(admin, desk.county, rule, lots=lots)
            for probes in (0, 1, 2, store.PROBES):
                async with database(desk.http).writing(desk.county) as tx:
                    found = await store.firsts(tx, desk.county, units, rule, lots=lots, probes=probes)
                assert found == chains[rule, lots], (rule, lots, probes)
                for unit in units:
                    async with database(desk.http).writing(desk.county) as tx:
                        alone = await store.firsts(tx, desk.county, [unit], rule, lots=lots, probes=probes)
                    assert alone == {one: first for one, first in found.items() if one == unit}
    second = UUID(await unit_of(desk, desk.second))
    [answered, anew] = await warned(desk, unit=str(second), rule="R19")
    assert chains["R19", True][second] == (UUID(anew["id"]), 1)
    assert answered["id"] != anew["id"]
    assert chains["R25", False] == {}
    assert {times for _, times in chains["R19", True].values()} > {1}, "some are repeated"


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for one in plan.get("Plans", []):
        yield from nodes(one)


@pytest.mark.parametrize(("lots", "probes", "read"), [(True, 1, True), (True, store.PROBES, False), (False, 1, False)])
async def test_the_flags_of_the_runs_are_read_once_for_all_units_or_not_at_all(
    desk: Desk, admin: asyncpg.Pool, lots: bool, probes: int, read: bool
) -> None:
    units = [row["id"] for row in await admin.fetch("SELECT id FROM funds.unit WHERE county_code = $1", desk.county)]
    asked = {"county": desk.county, "units": units, "rule": "R19", "lots": lots, "probes": probes}
    async with database(desk.http).writing(desk.county) as tx:
        plan = (await tx.execute(text(f"EXPLAIN (ANALYZE, FORMAT JSON) {store.FIRSTS}"), asked)).scalar_one()
        plan = json.loads(plan) if isinstance(plan, str) else plan
    [asked_about] = [one for one in nodes(plan[0]["Plan"]) if one.get("Subplan Name") == "CTE asked_about"]
    assert asked_about["Actual Loops"] <= 1
    assert (asked_about["Actual Rows"] > 0) == read
