"""What became of flags: who decides, what follows on what, and the records of rules with no fen counted twice."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest

from tests.callers import Caller, funds_caller
from tests.funds_api.asked import flags_of, run_rules
from tests.funds_api.desk import refused as refused_with
from tests.funds_api.library import Library
from tests.funds_api.people import Township
from tests.funds_api.rules.test_r12_over_data import AMOUNTS, pay
from tests.funds_api.test_known_at import now
from tests.funds_api.test_project_orders import Orders


@pytest.fixture
async def town(funds_http: httpx.AsyncClient, county: str) -> Township:
    """Two rows above the fence, of 500.00 and 800.00, flagged on 1 June 2017."""
    opened = await Township(funds_http, county).open()
    await pay(opened, [*AMOUNTS, "500", "800"], "2017-05-01")
    assert (await run_rules(funds_http, county, "2017-06-01", "R12"))["new_n"] == 2
    return opened


def inspector(town: Township, region: str = "") -> Caller:
    return funds_caller(town.http, "inspector", region or town.county)


async def flags(town: Township) -> list[dict[str, Any]]:
    return sorted(await flags_of(town.http, town.county, "R12"), key=lambda one: int(one["amount_fen"]))


async def decide(town: Township, flag: str, outcome: str, by: Caller | None = None, **more: Any) -> httpx.Response:
    body = {"outcome": outcome, "reason": "入户核查", "document": "核查1号", "decided_on": "2017-07-01", **more}
    return await (by or inspector(town)).post(f"/funds/v1/flags/{flag}/outcome", body)


def refused(answer: httpx.Response, status: int, slug: str, figures: dict[str, Any] | None = None) -> None:
    refused_with(answer, status, slug, figures or {})


def written(answer: httpx.Response) -> dict[str, Any]:
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def records(town: Township, by: Caller | None = None, **asked: Any) -> dict[str, Any]:
    answer = await (by or inspector(town)).get("/funds/v1/rule-records", params=asked)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def record(town: Township, code: str = "R12", **asked: Any) -> dict[str, Any]:
    answer = await inspector(town).get(f"/funds/v1/rules/{code}/record", params=asked)
    assert answer.status_code == 200, answer.text
    told = dict(answer.json())
    [same] = [one for one in (await records(town, **asked))["items"] if one["rule_code"] == code]
    assert same.items() <= told.items()
    return told


def counts(told: dict[str, Any]) -> tuple[Any, ...]:
    names = ("hits_n", "confirmed_n", "refuted_n", "open_n", "precision_ppm", "flagged_fen", "recovered_fen")
    return tuple(told[name] for name in names)


async def test_a_record_tells_what_became_of_flags_as_of_a_day_and_as_known(town: Township) -> None:
    small, large = [one["id"] for one in await flags(town)]
    assert counts(await record(town)) == (2, 0, 0, 2, None, 130_000, 0)
    before = now()
    made = written(await decide(town, small, "confirmed", recovered_fen=20_000))
    assert (made["seq"], made["outcome"], made["decided_by"]) == (1, "confirmed", f"inspector.{town.county}")
    assert counts(await record(town)) == (2, 1, 0, 1, 1_000_000, 130_000, 20_000)
    written(await decide(town, large, "refuted", decided_on="2017-07-02"))
    assert counts(await record(town)) == (2, 1, 1, 0, 500_000, 130_000, 20_000)
    written(await decide(town, small, "confirmed", recovered_fen=50_000, decided_on="2017-08-01"))
    written(await decide(town, large, "reopened", decided_on="2017-08-02"))
    assert counts(await record(town)) == (2, 1, 0, 1, 1_000_000, 130_000, 50_000)
    for day, told in (
        ("2017-08-02", (2, 1, 0, 1, 1_000_000, 130_000, 50_000)),
        ("2017-08-01", (2, 1, 1, 0, 500_000, 130_000, 50_000)),
        ("2017-07-31", (2, 1, 1, 0, 500_000, 130_000, 20_000)),
        ("2017-06-30", (2, 0, 0, 2, None, 130_000, 0)),
        ("2017-04-30", (0, 0, 0, 0, None, 0, 0)),
    ):
        assert counts(await record(town, as_of=day)) == told, day
    assert counts(await record(town, known_at=before)) == (2, 0, 0, 2, None, 130_000, 0)
    listed = (await inspector(town).get(f"/funds/v1/flags/{small}/outcomes")).json()
    assert [(one["seq"], one["recovered_fen"]) for one in listed["items"]] == [(1, 20_000), (2, 50_000)]
    earlier = (await inspector(town).get(f"/funds/v1/flags/{small}/outcomes", params={"known_at": before})).json()
    assert (earlier["items"], earlier["empty_because"]) == ([], "该预警截至该时点尚无结论")
    last = (await record(town))["last_run"]
    assert (last["looked_n"], last["hits_n"], last["figures"][0]["q1_fen"]) == (23, 2, 9_000)
    assert last["warning"] is not None


async def test_what_does_not_follow_is_refused_with_its_figures(town: Township) -> None:
    flag = (await flags(town))[0]["id"]
    refused(await decide(town, flag, "reopened"), 409, "outcome-stands", {"stands": "open", "asked": "reopened"})
    refused(
        await decide(town, flag, "confirmed", recovered_fen=50_001),
        409,
        "recovered-too-much",
        {"recovered_fen": 50_001, "amount_fen": 50_000},
    )
    refused(
        await decide(town, flag, "confirmed", decided_on="2017-04-30"),
        409,
        "outcome-date-refused",
        {"earliest_on": "2017-05-01"},
    )
    refused(await decide(town, flag, "confirmed", decided_on="2199-01-01"), 409, "outcome-date-refused")
    assert (await decide(town, flag, "refuted", recovered_fen=1)).status_code == 422
    assert (await decide(town, flag, "closed")).status_code == 422
    refused(await decide(town, str(uuid4()), "refuted"), 404, "not-found")
    written(await decide(town, flag, "confirmed", recovered_fen=50_000, decided_on="2017-05-01"))
    refused(await decide(town, flag, "refuted"), 409, "outcome-stands", {"stands": "confirmed"})
    refused(await decide(town, flag, "confirmed", recovered_fen=49_999), 409, "recovered-fell", {"before_fen": 50_000})
    written(await decide(town, flag, "reopened"))
    refused(await decide(town, flag, "refuted", decided_on="2017-06-30"), 409, "outcome-date-refused")
    written(await decide(town, flag, "refuted"))
    refused(await decide(town, flag, "confirmed"), 409, "outcome-stands", {"stands": "refuted"})
    assert counts(await record(town)) == (2, 0, 1, 1, 0, 130_000, 0)


async def test_who_decides_and_who_sees(town: Township) -> None:
    flag = (await flags(town))[0]["id"]
    for role in ("finance_clerk", "finance_reviewer", "township_clerk"):
        region = town.county + ("101" if role == "township_clerk" else "")
        refused(await decide(town, flag, "refuted", funds_caller(town.http, role, region)), 403, "forbidden")
    refused(await decide(town, flag, "refuted", inspector(town, town.county + "199")), 404, "not-found")
    elsewhere = inspector(town, town.county + "199")
    assert (await records(town, elsewhere))["total"]["hits_n"] == 0
    assert (await elsewhere.get(f"/funds/v1/flags/{flag}/outcomes")).status_code == 404
    refused(await elsewhere.get("/funds/v1/rules/R12/record", params={"region": town.county}), 403, "outside-region")
    refused(await inspector(town).get("/funds/v1/rules/Z99/record"), 404, "rule-not-known", {"code": "Z99"})
    assert counts(await record(town, region=town.county + "101")) == (2, 0, 0, 2, None, 130_000, 0)
    assert counts(await record(town, region=town.county + "199"))[0] == 0


async def test_the_same_key_decides_once(town: Township) -> None:
    flag = (await flags(town))[0]["id"]
    key = uuid4().hex
    body = {"outcome": "refuted", "reason": "入户核查", "document": "核查1号", "decided_on": "2017-07-01"}
    path = f"/funds/v1/flags/{flag}/outcome"
    first = await inspector(town).post(path, body, key=key)
    again = await inspector(town).post(path, body, key=key)
    assert (first.status_code, again.json()) == (201, first.json())
    assert len((await inspector(town).get(f"/funds/v1/flags/{flag}/outcomes")).json()["items"]) == 1


async def test_the_database_keeps_the_order_of_outcomes(town: Township, admin: asyncpg.Pool) -> None:
    flag = (await flags(town))[0]
    insert = (
        "INSERT INTO funds.flag_outcome (county_code, flag_id, seq, region_code, outcome, reason, document,"
        " recovered_fen, decided_on, decided_by, position)"
        " VALUES ($1, $2::uuid, $3, $4, $5, 'r', 'd', $6, '2017-07-01', 'x', 1)"
    )
    for seq, outcome, fen in ((2, "confirmed", 0), (1, "reopened", 0), (1, "confirmed", 50_001), (1, "refuted", 1)):
        with pytest.raises(asyncpg.CheckViolationError):
            await admin.execute(insert, town.county, flag["id"], seq, flag["region_code"], outcome, fen)


async def test_a_rule_that_is_mostly_refuted_doubts_itself(town: Township, admin: asyncpg.Pool) -> None:
    small, large = [one["id"] for one in await flags(town)]
    written(await decide(town, small, "refuted"))
    assert (await record(town))["warning"] is None, "one decided flag is too few"
    clerk = funds_caller(town.http, "finance_clerk", town.county, subject="chen")
    reviewer = funds_caller(town.http, "finance_reviewer", town.county, subject="zhao")
    for key, value in (("rule_decided_min", 2), ("rule_precision_warn_ppm", 500_000)):
        body = {"key": key, "region": town.county, "valid_from": "2017-01-01", "value": value, "source": "县1号"}
        made = written(await clerk.post("/funds/v1/policy-values", {**body, "basis": "practice"}))
        written(await reviewer.post("/funds/v1/policy-values/confirmation", {"ref": made["ref"]}))
    assert (await record(town))["warning"] is None, "one decided flag is less than two"
    written(await decide(town, large, "refuted"))
    assert "属实 0 条，占 0.0%，低于 50.0%" in (await record(town))["warning"]
    written(await decide(town, large, "reopened"))
    written(await decide(town, large, "confirmed"))
    assert (await record(town))["warning"] is None, "half is not less than half"


async def raise_flag(
    admin: asyncpg.Pool, county: str, rule: str, subject: str, subject_id: str, fen: int, **money: int
) -> str:
    """A flag as a rule would have raised it, naming what is given."""
    flag, region = str(uuid4()), county + "101"
    position = await admin.fetchval("SELECT position FROM funds.stream_head WHERE stream = $1", county)
    await admin.execute(
        "INSERT INTO funds.flag (county_code, id, region_code, rule_code, rule_version, limit_days, as_of, amount_fen,"
        " days, facts, explanation, position, subject, subject_id, mark)"
        " VALUES ($1, $2::uuid, $3, $4, 1, 0, '2017-06-01', $5, 0, '{}', 'x', $6, $7, $8::uuid, $2)",
        *(county, flag, region, rule, fen, position, subject, subject_id),
    )
    for item, amount in money.items():
        await admin.execute(
            "INSERT INTO funds.flag_money VALUES ($1, $2::uuid, $3, $4, $5)", county, flag, item, region, amount
        )
    return flag


def total(told: dict[str, Any]) -> tuple[int, ...]:
    return tuple(told["total"][name] for name in ("hits_n", "flagged_fen", "named_fen", "distinct_fen", "nested_fen"))


async def test_one_payment_that_two_rules_name_counts_once(town: Township, admin: asyncpg.Pool) -> None:
    flag = (await flags(town))[1]
    item = flag["money"][0]["item"]
    other = await raise_flag(admin, town.county, "R01", "payment", flag["subject_id"], 80_000, **{item: 80_000})
    assert total(await records(town, once=True)) == (3, 210_000, 210_000, 130_000, 80_000)
    assert (await record(town, once=True))["distinct_fen"] == 130_000
    for one in (flag["id"], other):
        written(await decide(town, one, "confirmed", recovered_fen=80_000))
    told = await records(town)
    assert told["total"]["recovered_fen"] == 80_000, "the same 800 yuan came back once"
    assert [one["recovered_fen"] for one in told["items"] if one["rule_code"] in {"R01", "R12"}] == [80_000, 80_000]


async def test_what_came_back_of_rows_and_of_what_holds_them_counts_once(town: Township, admin: asyncpg.Pool) -> None:
    """One flag names both rows and says 600 yuan came back; of the small row 200 and of the large one 300 are in it."""
    small, large = await flags(town)
    items = {one["money"][0]["item"]: one["amount_fen"] for one in (small, large)}
    both = await raise_flag(admin, town.county, "R11", "batch", str(uuid4()), 130_000, **items)
    for one, fen, together in ((small["id"], 20_000, 20_000), (both, 60_000, 60_000), (large["id"], 30_000, 60_000)):
        written(await decide(town, one, "confirmed", recovered_fen=fen))
        assert (await records(town))["total"]["recovered_fen"] == together
    assert (await record(town))["recovered_fen"] == 50_000
    assert (await record(town, "R11"))["recovered_fen"] == 60_000
    written(await decide(town, large["id"], "confirmed", recovered_fen=70_000))
    assert (await records(town))["total"]["recovered_fen"] == 90_000, "more than the flag about both says"


async def test_a_row_lies_in_its_roster_and_its_roster_in_its_movement(town: Township, admin: asyncpg.Pool) -> None:
    batch = (await flags(town))[0]["mark"].split(":")[0]
    await raise_flag(admin, town.county, "R23", "batch", batch, 350_000)
    assert total(await records(town, once=True)) == (3, 480_000, 480_000, 350_000, 130_000)
    movement = await admin.fetchval("SELECT id::text FROM funds.movement WHERE batch_id = $1::uuid", batch)
    await raise_flag(admin, town.county, "R25", "movement", movement, 350_000)
    assert total(await records(town, once=True)) == (4, 830_000, 830_000, 350_000, 480_000)


async def test_an_order_lies_in_its_project(funds_http: httpx.AsyncClient, county: str, admin: asyncpg.Pool) -> None:
    orders = await Orders(Library(funds_http, county)).open()
    contract = (await orders.library.sign(600_000)).json()["id"]
    await orders.library.progress(contract, 500_000, "2017-07-01")
    issued = await orders.issue(100_000)
    project = await admin.fetchval(
        "SELECT id::text FROM funds.project WHERE county_code = $1 AND quota_account_id = $2::uuid",
        county,
        orders.own_quota,
    )
    by = funds_caller(funds_http, "inspector", county)

    async def told() -> tuple[int, ...]:
        return total((await by.get("/funds/v1/rule-records", params={"once": True})).json())

    await raise_flag(admin, county, "R22", "order", issued["id"], 100_000)
    assert await told() == (1, 100_000, 100_000, 100_000, 0)
    await raise_flag(admin, county, "R21", "project", project, 700_000)
    assert await told() == (2, 800_000, 800_000, 700_000, 100_000)
    await raise_flag(admin, county, "R25", "movement", issued["movement_id"], 100_000)
    assert await told() == (3, 900_000, 900_000, 700_000, 200_000)
    await raise_flag(admin, county, "R24", "project", str(uuid4()), 50_000)
    assert await told() == (4, 950_000, 950_000, 750_000, 200_000), "another project holds nothing of it"


async def test_a_lot_asked_about_twice_without_rows_counts_once(town: Township, admin: asyncpg.Pool) -> None:
    lot = str(uuid4())
    for rule in ("I01", "R19"):
        await raise_flag(admin, town.county, rule, "lot", lot, 7_000)
    assert total(await records(town, once=True)) == (4, 144_000, 144_000, 137_000, 7_000)
