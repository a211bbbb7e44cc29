"""The project library through the API: stage by stage, by the right people, with what each stage asks for."""

from __future__ import annotations

import asyncio
from datetime import date
from typing import Any

import asyncpg
import httpx
import pytest

from tests.callers import funds_caller
from tests.funds_api.library import ORDER, Library, plan
from tests.funds_api.test_row_security import role, seen

__all__ = ["role"]  # a fixture of the other net


@pytest.fixture
def library(funds_http: httpx.AsyncClient, county: str) -> Library:
    return Library(funds_http, county)


def refusal(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["type"].removeprefix("/problems/")


async def test_a_project_walks_from_declaration_to_its_plan_and_gets_its_accounts(library: Library) -> None:
    planned = await library.walk("planned")
    assert (planned["stage"], planned["stage_since"]) == ("planned", "2017-03-05")
    shown = await library.shown("2017-03-15")
    assert [(step["stage"], step["days"]) for step in shown["steps"]] == [
        ("declared", 5),
        ("reviewed", 5),
        ("published", 10),
        ("admitted", 39),
        ("planned", 10),
    ]
    assert (shown["stage"], shown["days_in_stage"], shown["version"]) == ("planned", 10, 1)
    assert shown["plan"]["targets"] == [{"code": "KM", "text": "硬化里程", "unit": "公里", "target": "3.5"}]
    accounts = (await library.clerk.get("/funds/v1/accounts")).json()["items"]
    held = {one["book"]: one["id"] for one in accounts if one["kind"] == "project_unit"}
    assert held == {"cash": planned["cash_account_id"], "quota": planned["quota_account_id"]}
    assert (await library.shown("2017-01-12"))["stage"] == "reviewed"
    assert (
        await library.clerk.get(f"/funds/v1/projects/{library.id}", params={"as_of": "2017-01-01"})
    ).status_code == 404


async def test_stages_follow_one_another(library: Library) -> None:
    await library.walk("reviewed")
    skipped = await library.step("admitted")
    assert refusal(skipped) == (409, "stage-skipped")
    assert skipped.json()["figures"] == {"stage": "reviewed", "asked": "admitted", "next_stage": "published"}
    early = await library.step("published", effective_on="2017-01-09")
    assert refusal(early) == (409, "step-date-refused")
    assert early.json()["figures"]["earliest_on"] == "2017-01-10"
    assert refusal(await library.step("published", effective_on="2199-01-01")) == (409, "step-date-refused")
    assert refusal(await library.step("reviewed")) == (409, "stage-skipped")


async def test_no_target_no_admission(library: Library) -> None:
    assert (await library.declare(plan=plan(targets=[]))).status_code == 201
    assert refusal(await library.step("reviewed")) == (409, "no-performance-target")
    change = {"document": "补报", "reason": "补充绩效目标", "reported_on": "2017-01-06", "plan": plan()}
    changed = await library.lister.post(f"/funds/v1/projects/{library.id}/versions", change)
    assert (changed.status_code, changed.json()["version"], changed.json()["waiting_version"]) == (201, 2, None)
    assert (await library.step("reviewed")).status_code == 201
    shown = await library.shown()
    assert [len(one["plan"]["targets"]) for one in shown["versions"]] == [0, 1]


async def test_publicity_stands_ten_days_and_an_open_objection_keeps_the_project_out(library: Library) -> None:
    await library.walk("published")
    short = await library.step("admitted", effective_on="2017-01-24")
    assert refusal(short) == (409, "publicity-too-short")
    figures = short.json()["figures"]
    assert (figures["stood_days"], figures["needed_days"], figures["earliest_on"]) == (9, 10, "2017-01-25")
    objections = f"/funds/v1/projects/{library.id}/objections"
    ahead = await library.lister.post(objections, {"raised_on": "2199-01-01", "text": "占地"})
    assert refusal(ahead) == (409, "objection-date-refused"), "no answer could follow it"
    raised = await library.lister.post(objections, {"raised_on": "2017-01-18", "text": "电话 13900000000 反映占地"})
    assert raised.status_code == 201, raised.text
    assert "13900000000" not in raised.json()["text"]
    assert refusal(await library.step("admitted")) == (409, "objection-open")
    path = f"{objections}/{raised.json()['id']}/answer"
    answer = {"closed_on": "2017-01-20", "outcome": "已核实，不占耕地"}
    early = await library.reviewer.post(path, {**answer, "closed_on": "2017-01-17"})
    assert refusal(early) == (409, "objection-date-refused")
    author = funds_caller(
        library.http,
        ["township_clerk", "township_reviewer"],
        library.county + "101",
        subject=f"township_clerk.{library.county}101",
    )
    assert refusal(await author.post(path, answer)) == (403, "objection-to-own-work")
    assert (await library.reviewer.post(path, answer)).status_code == 201
    assert refusal(await library.reviewer.post(path, answer)) == (409, "objection-closed")
    told = [(await library.shown(day))["objections"] for day in ("2017-01-17", "2017-01-19", "2017-01-20")]
    assert [[one["outcome"] for one in day] for day in told] == [[], [None], ["已核实，不占耕地"]]
    assert (await library.step("admitted")).status_code == 201


async def test_makers_do_not_check(library: Library, admin: asyncpg.Pool) -> None:
    both = funds_caller(library.http, ["township_clerk", "township_reviewer"], library.county + "101", subject="张一")
    assert (await library.declare(by=both)).status_code == 201
    assert refusal(await library.step("reviewed", by=both)) == (403, "step-by-maker")
    assert (await library.step("reviewed")).status_code == 201
    publisher = funds_caller(library.http, ["finance_clerk", "finance_reviewer"], library.county, subject="李二")
    assert (await library.step("published", by=publisher)).status_code == 201
    assert refusal(await library.step("admitted", by=publisher)) == (403, "step-by-maker")
    with pytest.raises(asyncpg.CheckViolationError):
        await admin.execute(
            "INSERT INTO funds.project_step (county_code, project_id, seq, region_code, way, from_stage, stage,"
            " document, effective_on, actor, makers) VALUES ($1, $2, 4, $3, 'forward', 'published', 'admitted',"
            " '文', '2017-02-01', '李二', ARRAY['李二'])",
            library.county,
            library.id,
            library.village,
        )


async def test_each_stage_asks_for_its_right(library: Library) -> None:
    await library.declare()
    inspector = funds_caller(library.http, "inspector", library.county)
    assert refusal(await library.step("reviewed", by=inspector)) == (403, "forbidden")
    assert refusal(await library.step("reviewed", by=library.lister)) == (403, "forbidden")
    assert (await library.step("reviewed")).status_code == 201
    assert refusal(await library.step("published", by=library.lister)) == (403, "forbidden")


async def test_a_project_goes_back_with_a_reason_and_its_publicity_starts_anew(library: Library) -> None:
    await library.walk("published")
    assert refusal(await library.step("declared", by=library.approver, effective_on="2017-01-20")) == (
        422,
        "reason-needed",
    )
    back = await library.step("declared", by=library.approver, effective_on="2017-01-20", reason="投资测算不实")
    assert (back.status_code, back.json()["stage"]) == (201, "declared")
    for stage, day in (("reviewed", "2017-01-21"), ("published", "2017-01-22")):
        assert (await library.step(stage, effective_on=day)).status_code == 201
    assert refusal(await library.step("admitted", effective_on="2017-01-31")) == (409, "publicity-too-short")
    assert (await library.step("admitted", effective_on="2017-02-01")).status_code == 201
    shown = await library.shown()
    assert [step["way"] for step in shown["steps"]] == [
        "forward",
        "forward",
        "forward",
        "sent_back",
        "forward",
        "forward",
        "forward",
    ]


async def test_a_removed_project_takes_no_further_step(library: Library) -> None:
    await library.walk("admitted")
    removed = await library.step("removed", reason="群众反对")
    assert (removed.status_code, removed.json()["stage"]) == (201, "removed")
    assert refusal(await library.step("planned", effective_on="2017-12-02")) == (409, "stage-skipped")
    assert refusal(await library.step("removed", reason="再次", effective_on="2017-12-02")) == (409, "stage-skipped")


async def test_a_change_in_the_library_waits_for_another_person(library: Library) -> None:
    await library.walk("admitted")
    more = plan(planned_fen=900_000, sources=[{"fund_code": "TEST-FUND", "planned_fen": 900_000}])
    change = {"document": "变更1号", "reason": "设计变更", "reported_on": "2017-02-10", "plan": more}
    path = f"/funds/v1/projects/{library.id}/versions"
    both = funds_caller(library.http, ["finance_clerk", "finance_reviewer"], library.county, subject="王三")
    waiting = (await both.post(path, change)).json()
    assert (waiting["version"], waiting["waiting_version"]) == (1, 2)
    assert refusal(await both.post(path, change)) == (409, "change-not-now")
    assert refusal(await library.step("planned")) == (409, "change-not-now")
    approval = {"document": "批复", "effective_on": "2017-02-20"}
    assert refusal(await both.post(f"{path}/2/approval", approval)) == (403, "step-by-maker")
    assert (await library.approver.post(f"{path}/2/approval", approval)).json()["version"] == 2
    assert refusal(await library.approver.post(f"{path}/2/approval", approval)) == (409, "change-not-waiting")
    assert (await library.shown("2017-02-15"))["money"]["planned_fen"] == 800_000
    assert (await library.shown("2017-02-20"))["money"]["planned_fen"] == 900_000
    assert (await library.step("planned")).status_code == 201


async def test_a_waiting_change_is_not_approved_past_its_publicity(library: Library) -> None:
    await library.walk("admitted")
    tenfold = plan(planned_fen=8_000_000, sources=[{"fund_code": "TEST-FUND", "planned_fen": 8_000_000}])
    change = {"document": "变更1号", "reason": "扩大规模", "reported_on": "2017-02-01", "plan": tenfold}
    path = f"/funds/v1/projects/{library.id}/versions"
    public = await library.lister.post(path, {**change, "reported_on": "2017-01-24"})
    assert refusal(public) == (409, "step-date-refused"), "it was public on that day"
    assert public.json()["figures"]["earliest_on"] == "2017-01-25"
    assert (await library.lister.post(path, change)).status_code == 201
    back = {"by": library.clerk, "effective_on": "2017-02-02", "reason": "重新公示"}
    early = await library.step("published", **back)
    assert refusal(early) == (409, "change-not-now")
    assert early.json()["figures"] == {"stage": "admitted", "waiting_version": 2}
    approval = {"document": "批复", "effective_on": "2017-02-02"}
    assert (await library.approver.post(f"{path}/2/approval", approval)).status_code == 201
    assert (await library.step("published", **back)).status_code == 201
    assert refusal(await library.step("admitted", effective_on="2017-02-11")) == (409, "publicity-too-short")
    assert (await library.step("admitted", effective_on="2017-02-12")).status_code == 201


async def test_a_change_of_a_removed_project_is_not_approved(library: Library) -> None:
    await library.walk("admitted")
    change = {"document": "变更1号", "reason": "调整", "reported_on": "2017-02-01", "plan": plan(name="改线")}
    path = f"/funds/v1/projects/{library.id}/versions"
    assert (await library.lister.post(path, change)).status_code == 201
    assert (await library.step("removed", effective_on="2017-02-02", reason="群众反对")).status_code == 201
    late = await library.approver.post(f"{path}/2/approval", {"document": "批复", "effective_on": "2017-02-03"})
    assert refusal(late) == (409, "change-not-now")
    assert late.json()["figures"] == {"stage": "removed", "waiting_version": 0}


async def test_a_change_is_told_as_it_stood_and_names_nobody(library: Library) -> None:
    await library.walk("admitted")
    told = "联系人 990000195001010010 反映"
    change = {"document": "变更1号", "reason": told, "reported_on": "2017-02-10", "plan": plan(name="改线")}
    path = f"/funds/v1/projects/{library.id}/versions"
    assert (await library.lister.post(path, change)).status_code == 201
    approval = {"document": "批复", "effective_on": "2017-02-20"}
    assert (await library.approver.post(f"{path}/2/approval", approval)).status_code == 201

    async def second(as_of: str) -> tuple[str | None, ...]:
        one = (await library.shown(as_of))["versions"][1]
        return one["effective_on"], one["approved_by"], one["approval_document"], one["reason"]

    masked = "联系人 ****0010 反映"
    assert await second("2017-02-19") == (None, None, None, masked)
    judge = f"finance_reviewer.{library.county}"
    assert await second("2017-02-20") == ("2017-02-20", judge, "批复", masked)


async def test_the_code_of_a_neighbours_project_is_taken(library: Library) -> None:
    first = (await library.declare(code="ROAD-1")).json()["id"]
    same = {"code": "ROAD-1", "region_code": library.county + "102201"}
    taken = await library.declare(by=library.neighbour, **same)
    assert refusal(taken) == (409, "project-known")
    assert taken.json()["figures"] == {"code": "ROAD-1", "project_id": None}, (
        "which project it is, is not theirs to see"
    )
    assert (await library.declare(by=library.lister, code="ROAD-1")).json()["figures"]["project_id"] == first


async def test_a_project_lies_where_a_code_stands_on_its_day(library: Library, admin: asyncpg.Pool) -> None:
    ended = library.county + "101202"
    await admin.execute("UPDATE funds.region SET valid_to = '2017-01-05' WHERE code = $1", ended)
    late = await library.declare(region_code=ended)
    assert refusal(late) == (409, "region-not-valid")
    assert late.json()["figures"]["on"] == "2017-01-05"
    before = await library.declare(region_code=ended, effective_on="2017-01-04")
    assert before.status_code == 201, "the last day of the code"


async def test_a_plan_ties_to_its_sources(library: Library, admin: asyncpg.Pool) -> None:
    short = plan(sources=[{"fund_code": "TEST-FUND", "planned_fen": 799_999}])
    answer = await library.declare(plan=short)
    assert refusal(answer) == (409, "sources-differ")
    assert answer.json()["figures"] == {"planned_fen": 800_000, "sources_fen": 799_999}
    twice = plan(sources=[{"fund_code": "TEST-FUND", "planned_fen": 400_000}] * 2)
    assert refusal(await library.declare(plan=twice)) == (409, "sources-differ")
    unknown = plan(sources=[{"fund_code": "NO-SUCH", "planned_fen": 800_000}])
    assert refusal(await library.declare(plan=unknown)) == (404, "not-found")
    assert (await library.declare()).status_code == 201
    await admin.execute("INSERT INTO funds.fund VALUES ('TEST-OTHER', '另', 'county', '另') ON CONFLICT DO NOTHING")
    with pytest.raises(asyncpg.PostgresError, match="do not make its planned amount"):
        await admin.execute(
            "INSERT INTO funds.project_source (county_code, project_id, version, fund_code, region_code, planned_fen)"
            " VALUES ($1, $2, 1, 'TEST-OTHER', $3, 1)",
            library.county,
            library.id,
            library.village,
        )


async def test_the_database_keeps_steps_in_order(library: Library, admin: asyncpg.Pool) -> None:
    await library.walk("reviewed")
    step = (
        "INSERT INTO funds.project_step (county_code, project_id, seq, region_code, way, from_stage, stage, document,"
        " effective_on, actor, makers) VALUES ($1, $2, $3, $4, 'forward', $5, 'published', '文', $6, '某', '{}')"
    )
    own = (library.county, library.id)
    for seq, before, day in ((4, "reviewed", 10), (3, "declared", 10), (3, "reviewed", 9)):
        with pytest.raises(asyncpg.PostgresError, match="does not follow"):
            await admin.execute(step, *own, seq, library.village, before, date(2017, 1, day))


async def test_rows_of_the_library_are_shown_by_place(library: Library, role: asyncpg.Connection) -> None:
    await library.walk("admitted")
    body = {"raised_on": "2017-01-18", "text": "占地"}
    assert (await library.lister.post(f"/funds/v1/projects/{library.id}/objections", body)).status_code == 201
    for table, rows in (
        ("project", 1),
        ("project_version", 1),
        ("project_source", 1),
        ("project_target", 1),
        ("project_step", 4),
        ("project_objection", 1),
    ):
        for region, visible in ((library.county, rows), (library.county + "101", rows), (library.county + "102", 0)):
            assert await seen(role, table, library.county, region) == visible, table
        assert await seen(role, table, library.county, None) == 0, table
    for statement in ("UPDATE funds.project_step SET actor = '某'", "DELETE FROM funds.project_version"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await role.execute(statement)


async def test_the_neighbour_sees_nothing_and_the_same_key_acts_once(library: Library) -> None:
    first = await library.declare()
    body: dict[str, Any] = {
        "region_code": library.village,
        "code": "ROAD-1",
        "document": "申报",
        "effective_on": "2017-01-05",
        "plan": plan(),
    }
    one = await library.lister.post("/funds/v1/projects", body, key="project-once-1")
    again = await library.lister.post("/funds/v1/projects", body, key="project-once-1")
    assert (one.status_code, again.json()) == (201, one.json())
    assert refusal(await library.lister.post("/funds/v1/projects", body)) == (409, "project-known")
    path = f"/funds/v1/projects/{first.json()['id']}"
    assert (await library.neighbour.get(path)).status_code == 404
    assert refusal(await library.step("tendering", by=library.neighbour)) == (404, "not-found")
    listed = (await library.neighbour.get("/funds/v1/projects")).json()
    assert listed["items"] == []
    assert listed["empty_because"]
    elsewhere = {**body, "region_code": library.county + "102201"}
    assert refusal(await library.lister.post("/funds/v1/projects", elsewhere)) == (403, "outside-region")


async def test_the_list_answers_by_stage_year_place_and_day(library: Library) -> None:
    await library.walk("published")
    await library.declare()

    async def listed(**params: Any) -> list[str]:
        answer = (await library.clerk.get("/funds/v1/projects", params={"as_of": "2017-12-31", **params})).json()
        return [item["stage"] for item in answer["items"]]

    assert await listed() == ["published", "declared"]
    assert await listed(as_of="2017-01-12") == ["reviewed", "declared"]
    assert await listed(stage="published") == ["published"]
    assert await listed(year=2016) == []
    assert await listed(region=library.county + "102") == []
    assert await listed(region=library.county + "101", kind="infrastructure") == ["published", "declared"]
    first = (await library.clerk.get("/funds/v1/projects", params={"limit": 1})).json()
    second = (await library.clerk.get("/funds/v1/projects", params={"limit": 1, "after": first["next"]})).json()
    assert [first["items"][0]["stage"], second["items"][0]["stage"], second["next"]] == ["published", "declared", None]


async def test_two_steps_race_and_one_wins(library: Library) -> None:
    await library.declare()
    answers = await asyncio.gather(library.step("reviewed"), library.step("reviewed"))
    assert sorted(one.status_code for one in answers) == [201, 409]
    assert ORDER.index((await library.shown())["stage"]) == 1
