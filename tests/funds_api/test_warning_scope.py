"""Warnings and leaders: who sees and does what, what was known, bad input, the same key, what the database holds."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest

from services.funds_api.warnings.bundles import bundles
from tests.callers import Caller, funds_caller
from tests.funds_api.asked import database, flags_of, run_rules
from tests.funds_api.desk import Desk, refused, written
from tests.funds_api.test_warnings import LEADERS, PATH, lead, step, unit_of, warned

ISSUED = datetime(2017, 12, 1, 4, tzinfo=UTC)


@pytest.fixture
async def desk(funds_http: httpx.AsyncClient, county: str) -> Desk:
    """Late money with the treasury, both townships and the first one's village, all of it warned of."""
    opened = await Desk(funds_http, county).open()
    assert (await opened.out(200_000, opened.first, "2017-05-01")).status_code == 201
    assert (await opened.out(100_000, opened.second, "2017-05-01")).status_code == 201
    assert (await opened.out(50_000, opened.village, "2017-06-01", from_account_id=opened.first)).status_code == 201
    await lead(opened, opened.first, "leader.li")
    await run_rules(funds_http, county, "2017-11-30", "R19", at=ISSUED)
    return opened


async def test_a_township_sees_and_answers_its_own(desk: Desk) -> None:
    other = funds_caller(desk.http, "township_clerk", desk.county + "102")
    assert {one["unit_name"] for one in await warned(desk)} == {"县国库", "一镇财政所", "二镇财政所", "村集体"}
    assert {one["unit_name"] for one in await warned(desk, other)} == {"二镇财政所"}
    mine = await warned(desk, desk.township_clerk, to="unit")
    assert {one["unit_name"] for one in mine} == {"一镇财政所", "村集体"}
    assert [one["unit_name"] for one in await warned(desk, desk.clerk, to="unit")] == ["县国库"]
    [village] = [one for one in mine if one["unit_name"] == "村集体"]
    assert (await other.get(f"{PATH}/{village['id']}")).status_code == 404
    assert (await step(desk, village, "acknowledgement", other)).status_code == 404
    figures = {"unit_name": "村集体", "answers": desk.county + "101", "own": desk.county, "own_unit": None}
    refused(await step(desk, village, "acknowledgement", desk.clerk), 403, "warning-of-another", figures)
    for what, by in (
        ("closing", desk.township_clerk),
        ("acknowledgement", desk.reviewer),
        ("explanation", desk.reviewer),
    ):
        assert (await step(desk, village, what, by)).status_code == 403, what
    assert (await step(desk, village, "acknowledgement", desk.township_clerk)).status_code == 201


async def test_a_login_with_a_unit_answers_for_that_unit_only(desk: Desk) -> None:
    """Of its own place; the village has no desk of its own, so its township answers whatever unit the login names."""
    place = desk.county + "101"
    found = {one["unit_name"]: one for one in await warned(desk)}

    async def sees(who: Caller) -> set[str]:
        return {one["unit_name"] for one in await warned(desk, who, to="unit")}

    office, station = (
        funds_caller(desk.http, "township_clerk", place, unit=name, subject=f"clerk.{n}")
        for n, name in enumerate(("一镇财政所", "一镇农业站"))
    )
    assert (await sees(office), await sees(station)) == ({"一镇财政所", "村集体"}, {"村集体"})
    assert await sees(desk.township_clerk) == {"一镇财政所", "村集体"}
    figures = {"unit_name": "一镇财政所", "answers": place, "own": place, "own_unit": "一镇农业站"}
    for what in ("acknowledgement", "explanation"):
        answer = await step(desk, found["一镇财政所"], what, station)
        refused(answer, 403, "warning-of-another", figures)
        assert "您的区划是" in answer.json()["detail"]
        assert "一镇农业站" in answer.json()["detail"]
        assert "另行登记人员" in answer.json()["advice"], "a login is never edited"
    for what in ("acknowledgement", "explanation"):
        assert (await step(desk, found["一镇财政所"], what, office)).status_code == 201
    assert (await step(desk, found["村集体"], "acknowledgement", station)).status_code == 201

    neighbour = funds_caller(desk.http, "township_clerk", desk.county + "102", unit="一镇财政所")
    assert await sees(neighbour) == set(), "a name holds in its own place"
    assert (await step(desk, found["村集体"], "explanation", neighbour)).status_code == 404
    county = funds_caller(desk.http, "finance_clerk", desk.county, unit="县教育局")
    treasury = funds_caller(desk.http, "finance_clerk", desk.county, unit="县国库")
    assert (await sees(county), await sees(treasury)) == (set(), {"县国库"})
    refused(await step(desk, found["县国库"], "acknowledgement", county), 403, "warning-of-another", {})
    assert (await step(desk, found["县国库"], "acknowledgement", treasury)).status_code == 201


async def test_nobody_closes_what_is_his_own_work(desk: Desk) -> None:
    [one] = await warned(desk, unit=await unit_of(desk, desk.treasury))
    both = funds_caller(desk.http, ["finance_clerk", "finance_reviewer"], desk.county, subject="both")
    assert (await step(desk, one, "acknowledgement", both)).status_code == 201
    refused(await step(desk, one, "closing", both), 409, "warning-own-work", {"by": "both"})
    assert (await step(desk, one, "closing", desk.reviewer)).status_code == 201


async def test_the_same_key_acts_once(desk: Desk, admin: asyncpg.Pool) -> None:
    [one] = await warned(desk, unit=await unit_of(desk, desk.first))
    key = uuid4().hex
    answers = [await desk.township_clerk.post(f"{PATH}/{one['id']}/acknowledgement", key=key) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json() == answers[1].json()
    key = uuid4().hex
    body = {"unit_id": one["unit_id"], "from_on": "2017-11-01", "post": "副镇长", "account": "z.hao", "document": "文1"}
    answers = [await desk.clerk.post(LEADERS, body, key=key) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201]
    kinds = "SELECT count(*) FROM funds.event WHERE stream = $1 AND kind IN ('WarningAcknowledged', 'LeaderSet')"
    assert await admin.fetchval(kinds, desk.county) == 3


async def test_what_was_known_is_told_again(desk: Desk, admin: asyncpg.Pool) -> None:
    [one] = await warned(desk, unit=await unit_of(desk, desk.first))
    before = (await admin.fetchval("SELECT clock_timestamp()")).isoformat()
    assert (await step(desk, one, "acknowledgement", desk.township_clerk)).status_code == 201
    assert [w["id"] for w in await warned(desk, state="acknowledged")] == [one["id"]]
    assert await warned(desk, state="acknowledged", known_at=before) == []
    assert len(await warned(desk, state="issued", known_at=before)) == 4
    then = (await desk.clerk.get(f"{PATH}/{one['id']}", params={"known_at": before})).json()
    assert (then["state"], then["acknowledged_by"]) == ("issued", None)
    assert (await desk.clerk.get(f"{PATH}/{one['id']}", params={"as_of": "2017-11-30"})).status_code == 404
    early = (await desk.clerk.get(f"{PATH}/{one['id']}", params={"as_of": "2017-12-05"})).json()
    assert (early["state"], early["escalations"]) == ("issued", [])


async def leaders(desk: Desk, **asked: Any) -> list[tuple[str, str | None, str | None]]:
    answer = await desk.clerk.get(LEADERS, params=asked)
    assert answer.status_code == 200, answer.text
    return [(one["from_on"], one["until_on"], one["account"]) for one in answer.json()["items"]]


async def test_leaders_are_dated_facts_with_their_history(desk: Desk, admin: asyncpg.Pool) -> None:
    before = (await admin.fetchval("SELECT clock_timestamp()")).isoformat()
    made = await lead(desk, desk.first, None, "2017-06-01")
    assert (made["until_on"], made["account"]) == (None, None)
    made = await lead(desk, desk.first, "leader.wang", "2017-03-01")
    assert made["until_on"] == "2017-05-31"
    unit = await unit_of(desk, desk.first)
    assert await leaders(desk, unit=unit, history=True) == [
        ("2017-01-01", "2017-02-28", "leader.li"),
        ("2017-06-01", None, None),
        ("2017-03-01", "2017-05-31", "leader.wang"),
    ]
    for on, account in (("2017-02-28", "leader.li"), ("2017-03-01", "leader.wang"), ("2017-06-01", None)):
        assert [one[2] for one in await leaders(desk, as_of=on)] == [account], on
    assert await leaders(desk, as_of="2016-12-31") == []
    assert await leaders(desk, as_of="2017-06-01", known_at=before) == [("2017-01-01", None, "leader.li")]
    [told] = await warned(desk, unit=unit)
    assert told["recipients"][1]["account"] == "leader.li"
    other = funds_caller(desk.http, "township_clerk", desk.county + "102")
    assert (await other.get(LEADERS, params={"history": True})).json()["items"] == []


async def test_bad_input_is_refused_and_nothing_is_written(desk: Desk, admin: asyncpg.Pool) -> None:
    unit = await unit_of(desk, desk.first)
    good = {"unit_id": unit, "from_on": "2017-09-01", "post": "副镇长", "account": "leader.wang", "document": "文1"}
    [one] = await warned(desk, unit=unit)
    before = await written(admin)
    for change, status in (
        ({"post": None}, 422),
        ({"account": None}, 422),
        ({"account": "张三"}, 422),
        ({"document": " "}, 422),
        ({"from_on": "2017-02-30"}, 422),
        ({"from_on": "2199-01-01"}, 422),
        ({"unit_id": str(uuid4())}, 404),
        ({"name": "张三"}, 422),
    ):
        answer = await desk.clerk.post(LEADERS, {**good, **change})
        assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json"), change
    refused(
        await desk.clerk.post(LEADERS, {**good, "from_on": "2017-01-01"}),
        409,
        "leader-known",
        {"from_on": "2017-01-01"},
    )
    for by in (desk.township_clerk, desk.reviewer):
        assert (await by.post(LEADERS, good)).status_code == 403
    for body in (
        {"text": "", "document": "文1"},
        {"text": "尚未开工"},
        {"text": "尚未开工", "document": "文1", "on": "2017-01-01"},
    ):
        answer = await desk.township_clerk.post(f"{PATH}/{one['id']}/explanation", body)
        assert answer.status_code == 422, body
    assert (await desk.township_clerk.post(f"{PATH}/{uuid4()}/acknowledgement")).status_code == 404
    assert (await desk.clerk.get(PATH, params={"escalated": "nobody"})).status_code == 422
    assert await written(admin) == before


async def test_the_database_shows_by_region_and_takes_each_step_once(
    desk: Desk, urls: dict[str, str], admin: asyncpg.Pool
) -> None:
    [one] = await warned(desk, unit=await unit_of(desk, desk.first))
    role = await asyncpg.connect(urls["funds"])
    try:
        for region, n in ((None, 0), (desk.county, 4), (desk.county + "101", 2), (desk.county + "102", 1)):
            async with role.transaction():
                if region:
                    await role.execute("SELECT set_config('app.region', $1, true)", region)
                seen = await role.fetchval("SELECT count(*) FROM funds.warning WHERE county_code = $1", desk.county)
                assert seen == n, region
    finally:
        await role.close()
    assert (await step(desk, one, "acknowledgement", desk.township_clerk)).status_code == 201
    for change in (
        "acknowledged_on = acknowledged_on + 1",
        "acknowledged_by = 'another'",
        "acknowledged_on = NULL, acknowledged_by = NULL",
        "explained_on = issued_on, explained_by = 'x', explanation = 'x', explanation_document = 'x'",
        "explained_on = acknowledged_on",
        "closed_on = issued_on - 1, closed_by = 'x', closing = 'x', closing_document = 'x'",
    ):
        with pytest.raises(asyncpg.CheckViolationError):
            await admin.execute(
                f"UPDATE funds.warning SET {change} WHERE county_code = $1 AND id = $2", desk.county, one["id"]
            )
    again = await admin.fetchrow(
        "SELECT * FROM funds.warning WHERE county_code = $1 AND id = $2", desk.county, one["id"]
    )
    assert again is not None
    assert again["acknowledged_position"] > again["position"]
    with pytest.raises(asyncpg.UniqueViolationError):
        await admin.execute(
            "INSERT INTO funds.warning SELECT (jsonb_populate_record(w, jsonb_build_object('id', $2::text))).*"
            " FROM funds.warning w WHERE county_code = $1 AND id = $3",
            desk.county,
            str(uuid4()),
            one["id"],
        )


async def test_who_answers_is_found_by_what_a_flag_names(desk: Desk, admin: asyncpg.Pool) -> None:
    """Fen named twice count once; what lies in no unit's hands warns nobody; a name that is no id breaks nothing."""
    [lot] = await desk.lots(desk.second, "2017-11-30")
    treasury, second = await unit_of(desk, desk.treasury), await unit_of(desk, desk.second)
    run = uuid4()

    async def flag(subject: str, subject_id: Any, mark: str, fen: int, days: int, *money: tuple[str, int]) -> None:
        made = uuid4()
        row = await admin.fetchrow("SELECT f.* FROM funds.flag f WHERE county_code = $1 LIMIT 1", desk.county)
        assert row is not None
        await admin.execute(
            "INSERT INTO funds.flag SELECT (jsonb_populate_record(f, jsonb_build_object('id', $2::text,"
            " 'run_id', $3::text, 'rule_code', 'R99', 'subject', $4::text, 'subject_id', $5::text, 'mark', $6::text,"
            " 'amount_fen', $7::bigint, 'days', $8::int, 'facts', '{}'::jsonb))).*"
            " FROM funds.flag f WHERE f.county_code = $1 AND f.id = $9",
            desk.county,
            str(made),
            str(run),
            subject,
            str(subject_id),
            mark,
            fen,
            days,
            row["id"],
        )
        for item, part in money:
            await admin.execute(
                "INSERT INTO funds.flag_money VALUES ($1, $2, $3, $1, $4)", desk.county, made, item, part
            )

    name = f"lot:{lot['id']}"
    await flag("project", uuid4(), "a", 70, 3, (name, 60), (f"loan:{uuid4()}", 10))
    await flag("lot", lot["id"], "b", 50, 9)
    await flag("account", desk.treasury, "c", 40, 1)
    await flag("unit", treasury, "d", 5, 2)
    await flag("loan", uuid4(), "e", 1_000, 99)
    await flag("payment", uuid4(), "not-an-id:1", 1_000, 99)
    await flag("region", uuid4(), "f", 1_000, 99, ("region:420322", 7))
    async with database(desk.http).reading(desk.county) as tx:
        found = await bundles(tx, desk.county, run, "R99")
    assert {(str(one.unit_id), one.flags_n, one.amount_fen, one.days) for one in found} == {
        (second, 2, 60, 9),
        (treasury, 2, 45, 2),
    }


async def test_each_warning_sums_its_flags(desk: Desk, admin: asyncpg.Pool) -> None:
    """Against a plain recount: each flag's lot, its account, its unit."""
    plain: dict[str, tuple[int, int, int]] = {}
    for flag in await flags_of(desk.http, desk.county, "R19"):
        unit = str(
            await admin.fetchval(
                "SELECT a.unit_id FROM funds.lot l JOIN funds.account a ON a.county_code = $1 AND a.id = l.account_id"
                " WHERE l.county_code = $1 AND l.id = $2",
                desk.county,
                flag["subject_id"],
            )
        )
        n, fen, days = plain.get(unit, (0, 0, 0))
        plain[unit] = (n + 1, fen + flag["amount_fen"], max(days, flag["days"]))
    assert {one["unit_id"]: (one["flags_n"], one["amount_fen"], one["days"]) for one in await warned(desk)} == plain
    [run] = {one["run_id"] for one in await warned(desk)}
    async with database(desk.http).reading(desk.county) as tx:
        whole = await bundles(tx, desk.county, UUID(run), "R19")
    assert [(str(one.unit_id), one.flags_n, one.amount_fen, one.days) for one in whole] == sorted(
        (unit, *figures) for unit, figures in plain.items()
    )
    assert len(whole) == 4
