"""Warnings: whom flags are told to, once; by when what is owed; where it goes by itself; what hangs on what."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import asyncpg
import httpx
import pytest
from sqlalchemy import event

from services.funds_api.warnings import service
from tests.callers import Caller, funds_caller
from tests.factories import receive
from tests.funds_api.asked import database, flags_of, run_rules, runner
from tests.funds_api.desk import Desk, refused

PATH = "/funds/v1/warnings"
LEADERS = "/funds/v1/unit-leaders"
# Friday 1 December 2017, noon in China: three working days end on the 6th, five more on the 13th, ten on the 20th.
ISSUED = datetime(2017, 12, 1, 4, tzinfo=UTC)


class Killed(BaseException):
    """The runner was ended in the middle: no fault of a rule, which the run would tell and go on."""


@pytest.fixture
async def desk(funds_http: httpx.AsyncClient, county: str) -> Desk:
    """495,000 fen with the treasury, two lots of 400,000 with the first township, 100,000 with its village."""
    opened = await Desk(funds_http, county).open()
    assert (await opened.out(500_000, opened.first, "2017-05-01")).status_code == 201
    assert (await opened.out(100_000, opened.village, "2017-06-01", from_account_id=opened.first)).status_code == 201
    assert (await opened.out(5_000, opened.contractor, "2017-06-10", kind="pay")).status_code == 201
    return opened


async def unit_of(desk: Desk, account: str) -> str:
    answer = await desk.clerk.get(f"/funds/v1/accounts/{account}")
    return str(answer.json()["account"]["unit_id"])


async def lead(desk: Desk, account: str, login: str | None, from_on: str = "2017-01-01") -> dict[str, Any]:
    body = {"unit_id": await unit_of(desk, account), "from_on": from_on, "document": "分工〔2017〕1号"}
    named = {"post": "副县长（分管农业农村）", "account": login} if login else {}
    answer = await desk.clerk.post(LEADERS, {**body, **named})
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def warned(desk: Desk, by: Caller | None = None, **asked: Any) -> list[dict[str, Any]]:
    answer = await (by or funds_caller(desk.http, "inspector", desk.county)).get(PATH, params={"limit": 200, **asked})
    assert answer.status_code == 200, answer.text
    return list(answer.json()["items"])


async def step(desk: Desk, warning: dict[str, Any], what: str, by: Caller, **more: Any) -> httpx.Response:
    body = {} if what == "acknowledgement" else {"text": "项目尚未开工", "document": "说明1号"}
    return await by.post(f"{PATH}/{warning['id']}/{what}", {**body, **more})


async def test_the_unit_and_its_leader_are_told_once_of_all_its_flags(desk: Desk, admin: asyncpg.Pool) -> None:
    await lead(desk, desk.treasury, "leader.li")
    run = await run_rules(desk.http, desk.county, "2017-11-30", "R19", at=ISSUED)
    found = {one["unit_name"]: one for one in await warned(desk, as_of="2017-12-01")}
    assert {name: (one["flags_n"], one["amount_fen"], one["days"]) for name, one in found.items()} == {
        "县国库": (1, 495_000, 243),
        "一镇财政所": (2, 400_000, 213),
        "村集体": (1, 100_000, 182),
    }
    flags = await flags_of(desk.http, desk.county, "R19")
    assert sum(one["flags_n"] for one in found.values()) == len(flags) == 4
    treasury, township = found["县国库"], found["一镇财政所"]
    assert [(one["party"], one["account"]) for one in treasury["recipients"]] == [
        ("unit", None),
        ("leader", "leader.li"),
    ]
    assert treasury["leader_missing"] is None
    assert [(one["party"], one["region_code"]) for one in township["recipients"]] == [
        ("unit", desk.county + "101"),
        ("county_office", desk.county),
    ]
    assert "没有登记" in township["leader_missing"]
    for one in found.values():
        assert (one["run_id"], one["times"], one["first_warning_id"], one["state"]) == (run["id"], 1, None, "issued")
        assert (one["acknowledge_by_on"], one["explain_by_on"]) == ("2017-12-06", "2017-12-20")
        listed = (await desk.clerk.get(one["flags"])).json()["items"]
        assert {flag["rule_code"] for flag in listed} == {"R19"}
    told = await admin.fetch(
        "SELECT body->'warnings' AS warnings FROM funds.event WHERE stream = $1 AND kind = 'WarningsIssued'",
        desk.county,
    )
    assert len(told) == 1
    assert await warned(desk, as_of="2017-11-30") == []


async def test_asked_again_nobody_is_warned_twice(desk: Desk) -> None:
    await run_rules(desk.http, desk.county, "2017-11-30", "R19")
    before = await warned(desk)
    await run_rules(desk.http, desk.county, "2017-11-30", "R19")
    assert await warned(desk) == before
    assert len(before) == 3


async def test_a_run_that_was_cut_off_warns_once(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    async def killed(*_: Any) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(service, "issue", killed)
        with pytest.raises(Killed):
            await run_rules(desk.http, desk.county, "2017-11-30", "R19")
    assert await warned(desk) == []
    assert await flags_of(desk.http, desk.county, "R19") == []
    await runner(desk.http, desk.county).round()
    assert [one["times"] for one in await warned(desk)] == [1, 1, 1]
    assert len(await flags_of(desk.http, desk.county, "R19")) == 4


async def test_it_goes_to_the_leader_and_the_inspectors_and_nobody_acts(desk: Desk, admin: asyncpg.Pool) -> None:
    await lead(desk, desk.treasury, "leader.li")
    await run_rules(desk.http, desk.county, "2017-11-30", "R19", at=ISSUED)
    unit = await unit_of(desk, desk.treasury)
    for on, to, since in (
        ("2017-12-06", None, None),
        ("2017-12-07", "leader", "2017-12-07"),
        ("2017-12-13", "leader", "2017-12-07"),
        ("2017-12-14", "inspectors", "2017-12-14"),
        ("2018-03-01", "inspectors", "2017-12-14"),
    ):
        [one] = await warned(desk, unit=unit, as_of=on)
        assert (one["escalated_to"], one["escalated_since_on"]) == (to, since), on
        for party in ("leader", "inspectors", "county_office"):
            n = len(await warned(desk, unit=unit, as_of=on, escalated=party))
            assert n == (party == to), (on, party)
    [of_nobody] = await warned(
        desk, unit=await unit_of(desk, desk.first), as_of="2017-12-07", escalated="county_office"
    )
    assert of_nobody["escalated_to"] == "county_office"

    for at, n in (("2017-12-06", 0), ("2017-12-07", 3), ("2017-12-07", 3), ("2017-12-14", 6), ("2018-03-01", 12)):
        await runner(desk.http, desk.county, datetime.fromisoformat(f"{at}T04:00:00+00:00")).round()
        assert (
            await admin.fetchval("SELECT count(*) FROM funds.warning_escalation WHERE county_code = $1", desk.county)
            == n
        )
    told = await admin.fetch(
        "SELECT count(*) AS n FROM funds.event, jsonb_array_elements(body::jsonb->'escalated')"
        " WHERE stream = $1 AND kind = 'WarningsEscalated' GROUP BY position ORDER BY position",
        desk.county,
    )
    assert [row["n"] for row in told] == [3, 3, 6]


async def test_however_many_are_late_they_are_put_off_in_one_look(desk: Desk) -> None:
    await run_rules(desk.http, desk.county, "2017-11-30", "R19", at=ISSUED)
    asked: list[str] = []

    def seen(*told: Any) -> None:
        asked.extend(["put off"] * told[2].startswith("UPDATE funds.warning "))

    engine = database(desk.http).engine.sync_engine
    event.listen(engine, "before_cursor_execute", seen)
    try:
        async with database(desk.http).writing(desk.county) as tx:
            assert await service.escalate(tx, desk.county, date(2017, 12, 7)) == 3
    finally:
        event.remove(engine, "before_cursor_execute", seen)
    assert asked == ["put off"]


async def test_acknowledged_and_explained_in_time_and_answered(desk: Desk) -> None:
    await run_rules(desk.http, desk.county, "2017-11-30", "R19")
    [one] = await warned(desk, unit=await unit_of(desk, desk.first))
    inspector = funds_caller(desk.http, "inspector", desk.county)
    refused(await step(desk, one, "explanation", desk.township_clerk), 409, "warning-step-taken", {"state": "issued"})
    made = (await step(desk, one, "acknowledgement", desk.township_clerk)).json()
    assert (made["state"], made["acknowledged_by"]) == ("acknowledged", f"township_clerk.{desk.county}101")
    again = await step(desk, one, "acknowledgement", desk.township_clerk)
    refused(again, 409, "warning-step-taken", {"step": "acknowledge", "state": "acknowledged"})
    assert again.json()["detail"] == "该预警已签收，不能再签收"
    assert [w["id"] for w in await warned(desk, state="acknowledged")] == [one["id"]]
    made = (await step(desk, one, "explanation", desk.township_clerk, text="身份证11010119900101123X的农户未到")).json()
    assert (made["state"], made["explanation_document"], "19900101" in made["explanation"]) == (
        "explained",
        "说明1号",
        False,
    )
    made = (await step(desk, one, "closing", inspector)).json()
    assert (made["state"], made["closed_by"], made["escalations"]) == ("answered", f"inspector.{desk.county}", [])
    for what, by in (("acknowledgement", desk.township_clerk), ("closing", inspector)):
        refused(await step(desk, one, what, by), 409, "warning-step-taken", {"state": "answered"})
    later = f"{int(one['issued_on'][:4]) + 1}-12-31"
    assert (await warned(desk, unit=one["unit_id"], as_of=later))[0]["escalated_to"] is None


async def test_who_acknowledges_late_did_so_late_and_gains_no_time(desk: Desk) -> None:
    await run_rules(desk.http, desk.county, "2017-11-30", "R19", at=ISSUED)
    [one] = await warned(desk, unit=await unit_of(desk, desk.first))
    assert one["escalated_to"] == "inspectors"
    made = (await step(desk, one, "acknowledgement", desk.township_clerk)).json()
    assert {(late["step"], late["to"]) for late in made["escalations"]} == {
        ("acknowledge", "county_office"),
        ("acknowledge", "inspectors"),
        ("explain", "county_office"),
        ("explain", "inspectors"),
    }
    assert (made["escalated_to"], made["escalated_since_on"]) == ("inspectors", "2017-12-28")
    made = (await step(desk, one, "explanation", desk.township_clerk)).json()
    assert (made["escalated_to"], len(made["escalations"])) == (None, 4)


async def test_a_second_warning_hangs_on_the_first_while_that_is_not_over(
    funds_http: httpx.AsyncClient, county: str
) -> None:
    desk = await Desk(funds_http, county).open()
    await run_rules(desk.http, county, "2017-04-20", "R19")
    await run_rules(desk.http, county, "2017-05-20", "R19")
    first, second = await warned(desk)
    assert (first["times"], first["first_warning_id"], first["amount_fen"]) == (1, None, 400_000)
    assert (second["times"], second["first_warning_id"], second["amount_fen"]) == (2, first["id"], 600_000)
    assert [one["id"] for one in await warned(desk, first=first["id"])] == [first["id"], second["id"]]
    assert (await step(desk, first, "closing", desk.reviewer)).status_code == 201
    assert (await desk.out(1_000, desk.first, "2017-05-21")).status_code == 201
    await run_rules(desk.http, county, "2017-09-01", "R19")
    assert [one["times"] for one in await warned(desk, unit=await unit_of(desk, desk.first))] == [1]


async def test_what_hung_on_money_that_is_gone_begins_anew(funds_http: httpx.AsyncClient, county: str) -> None:
    desk = await Desk(funds_http, county).open()
    await run_rules(desk.http, county, "2017-04-20", "R19")
    assert (await desk.out(399_999, desk.first, "2017-05-01")).status_code == 201
    await run_rules(desk.http, county, "2017-05-05", "R19")
    assert [one["times"] for one in await warned(desk, unit=await unit_of(desk, desk.treasury))] == [1, 2]

    assert (await desk.out(1, desk.first, "2017-05-06")).status_code == 201
    await receive(desk.http, county, desk.treasury, 70_000, "2017-06-01")
    await run_rules(desk.http, county, "2017-08-20", "R19")
    chain = await warned(desk, unit=await unit_of(desk, desk.treasury), rule="R19")
    assert [one["times"] for one in chain] == [1, 2, 1]


async def test_the_leader_of_the_day_of_issue_was_told(funds_http: httpx.AsyncClient, county: str) -> None:
    desk = await Desk(funds_http, county).open()
    await lead(desk, desk.treasury, "leader.li", "2017-01-01")
    await lead(desk, desk.treasury, "leader.wang", "2017-12-02")
    await lead(desk, desk.treasury, None, "2017-12-20")
    for as_of, at in (("2017-04-20", "2017-12-01"), ("2017-05-20", "2017-12-02")):
        await run_rules(desk.http, county, as_of, "R19", at=datetime.fromisoformat(f"{at}T04:00:00+00:00"))
    await run_rules(desk.http, county, "2018-05-20", "I01", at=datetime(2017, 12, 20, 4, tzinfo=UTC))
    first, second, third = await warned(desk)
    assert [one["recipients"][1]["account"] for one in (first, second)] == ["leader.li", "leader.wang"]
    assert third["recipients"][1]["party"] == "county_office"
    wang = funds_caller(desk.http, "finance_reviewer", county, subject="leader.wang")
    assert [one["id"] for one in await warned(desk, wang, to="leader")] == [second["id"]]
    assert [one["id"] for one in await warned(desk, wang, to="county_office")] == [third["id"]]
