"""A change of a plan that waits is answered once: approved, refused by another person, or withdrawn by its author."""

from __future__ import annotations

import asyncio
from typing import Any

import asyncpg
import httpx
import pytest

from tests.callers import Caller, funds_caller
from tests.funds_api.desk import refused
from tests.funds_api.library import Library, plan
from tests.funds_api.test_projects import refusal

MORE = plan(planned_fen=900_000, sources=[{"fund_code": "TEST-FUND", "planned_fen": 900_000}])
CLOSED = {"document": "驳回意见", "reason": "依据不足", "closed_on": "2017-02-20"}


class Changed(Library):
    """A project in the library with a change to 900,000 fen that waits, reported on 2017-02-10 by the lister."""

    async def wait(self, on: str = "2017-02-10") -> None:
        change = {"document": "变更1号", "reason": "设计变更", "reported_on": on, "plan": MORE}
        answer = await self.lister.post(f"/funds/v1/projects/{self.id}/versions", change)
        assert answer.status_code == 201, answer.text

    async def answer(self, how: str, by: Caller | None = None, version: int = 2, **changes: Any) -> httpx.Response:
        body = {"document": "批复", "effective_on": "2017-02-20"} if how == "approval" else CLOSED
        usual = self.lister if how == "withdrawal" else self.approver
        path = f"/funds/v1/projects/{self.id}/versions/{version}/{how}"
        return await (by or usual).post(path, {**body, **changes})

    async def listed(self, by: Caller | None = None, **asked: Any) -> list[dict[str, Any]]:
        answer = await (by or self.clerk).get("/funds/v1/projects/changes", params={"as_of": "2017-12-31", **asked})
        assert answer.status_code == 200, answer.text
        return list(answer.json()["items"])


@pytest.fixture
async def changed(funds_http: httpx.AsyncClient, county: str) -> Changed:
    library = Changed(funds_http, county)
    await library.walk("admitted")
    await library.wait()
    return library


@pytest.mark.parametrize(
    ("how", "closed_as", "closer"),
    [("refusal", "refused", "finance_reviewer.{}"), ("withdrawal", "withdrawn", "township_clerk.{}101")],
)
async def test_a_change_that_was_not_approved_leaves_the_plan_and_the_way_free(
    changed: Changed, how: str, closed_as: str, closer: str
) -> None:
    assert refusal(await changed.step("planned")) == (409, "change-not-now")
    answer = await changed.answer(how, reason="联系人 990000195001010010 反映")
    assert (answer.status_code, answer.json()["version"], answer.json()["waiting_version"]) == (201, 1, None)

    def second(shown: dict[str, Any]) -> tuple[Any, ...]:
        one = shown["versions"][1]
        return one["state"], one["closed_by"], one["closed_on"], one["closing_document"], one["closing_reason"]

    assert second(await changed.shown("2017-02-19")) == ("waiting", None, None, None, None)
    told = (closed_as, closer.format(changed.county), "2017-02-20", "驳回意见", "联系人 ****0010 反映")
    assert second(await changed.shown("2017-02-20")) == told
    assert (await changed.shown())["money"]["planned_fen"] == 800_000
    assert (await changed.step("planned")).status_code == 201, "it no longer keeps the project where it is"
    await changed.wait("2017-03-06")
    assert (await changed.answer("approval", version=3, effective_on="2017-03-07")).json()["version"] == 3
    assert [one["state"] for one in (await changed.shown())["versions"]] == ["approved", closed_as, "approved"]


async def test_a_project_goes_back_behind_its_admission_once_its_change_is_refused(changed: Changed) -> None:
    back = {"by": changed.clerk, "effective_on": "2017-02-21", "reason": "重新公示"}
    assert refusal(await changed.step("published", **back)) == (409, "change-not-now")
    assert (await changed.answer("refusal")).status_code == 201
    assert (await changed.step("published", **back)).status_code == 201


async def test_who_asked_withdraws_and_another_refuses(changed: Changed) -> None:
    second = funds_caller(changed.http, "township_clerk", changed.county + "101", subject="另一位")
    figures = {"version": 2, "reported_on": "2017-02-10"}
    refused(await changed.answer("withdrawal", by=second), 403, "change-by-another", figures)
    author = funds_caller(
        changed.http,
        ["township_clerk", "finance_reviewer"],
        changed.county,
        subject=f"township_clerk.{changed.county}101",
    )
    assert refusal(await changed.answer("refusal", by=author)) == (403, "step-by-maker")
    assert refusal(await changed.answer("refusal", by=changed.lister)) == (403, "forbidden")
    assert refusal(await changed.answer("withdrawal", by=changed.neighbour)) == (404, "not-found")
    for day in ("2017-02-09", "2090-01-01"):
        assert refusal(await changed.answer("refusal", closed_on=day)) == (409, "step-date-refused")
    assert (await changed.answer("refusal", closed_on="2017-02-10")).status_code == 201
    for how in ("refusal", "withdrawal", "approval"):
        refused(await changed.answer(how), 409, "change-not-waiting", {"version": 2, "state": "refused"})
    refused(await changed.answer("refusal", version=1), 409, "change-not-waiting", {"version": 1, "state": "approved"})
    refused(await changed.answer("refusal", version=9), 409, "change-not-waiting", {"version": 9, "state": ""})


async def test_what_waits_on_a_removed_project_can_still_be_put_down(changed: Changed) -> None:
    assert (await changed.step("removed", effective_on="2017-02-12", reason="群众反对")).status_code == 201
    assert (await changed.answer("withdrawal")).json()["stage"] == "removed"
    assert [one["state"] for one in await changed.listed()] == ["withdrawn"]


async def test_no_step_is_dated_before_the_plan_it_is_about(changed: Changed) -> None:
    """A change waited until 02-20: what is dated before would have gone on past it."""
    for how, version in (("refusal", 2), ("withdrawal", 3), ("approval", 4)):
        assert (await changed.answer(how, version=version)).status_code == 201
        for stage, by in (("planned", None), ("published", changed.clerk)):
            early = await changed.step(stage, by=by, effective_on="2017-02-19", reason="重新公示")
            refused(early, 409, "step-date-refused", {"earliest_on": "2017-02-20"})
        if how != "approval":
            await changed.wait("2017-02-20")
    assert (await changed.step("planned", effective_on="2017-02-20")).status_code == 201


async def test_no_review_is_dated_before_the_change_it_reviewed(funds_http: httpx.AsyncClient, county: str) -> None:
    library = Library(funds_http, county)
    await library.declare()
    change = {"document": "变更", "reason": "调整", "reported_on": "2017-01-12", "plan": plan(name="改线")}
    assert (await library.lister.post(f"/funds/v1/projects/{library.id}/versions", change)).status_code == 201
    refused(await library.step("reviewed"), 409, "step-date-refused", {"earliest_on": "2017-01-12"})
    assert (await library.step("reviewed", effective_on="2017-01-12")).status_code == 201


@pytest.mark.parametrize("rivals", [("approval", "refusal"), ("refusal", "withdrawal"), ("withdrawal", "approval")])
async def test_two_answers_race_and_one_wins(changed: Changed, rivals: tuple[str, str]) -> None:
    answers = await asyncio.gather(*(changed.answer(how) for how in rivals))
    assert sorted(one.status_code for one in answers) == [201, 409]
    assert refusal(next(one for one in answers if one.status_code == 409)) == (409, "change-not-waiting")
    won = rivals[next(n for n, one in enumerate(answers) if one.status_code == 201)]
    state = {"approval": "approved", "refusal": "refused", "withdrawal": "withdrawn"}[won]
    assert [one["state"] for one in await changed.listed()] == [state]


async def test_changes_are_listed_by_state_and_moment(changed: Changed) -> None:
    first = changed.id
    (one,) = await changed.listed(state="waiting", as_of="2017-02-15")
    assert (one["project_id"], one["waited_days"], one["planned_before_fen"], one["planned_fen"]) == (
        first,
        5,
        800_000,
        900_000,
    )
    await changed.answer("refusal")
    await changed.wait("2017-02-25")
    await changed.walk("declared", region_code=changed.county + "102201", by=changed.neighbour)
    change = {"document": "变更", "reason": "调整", "reported_on": "2017-01-12", "plan": plan(name="改线")}
    assert (await changed.neighbour.post(f"/funds/v1/projects/{changed.id}/versions", change)).status_code == 201

    async def states(by: Caller | None = None, **asked: Any) -> list[tuple[int, str]]:
        return [(item["version"], item["state"]) for item in await changed.listed(by=by, **asked)]

    assert await states() == [(2, "refused"), (3, "waiting"), (2, "approved")]
    assert await states(by=changed.neighbour) == [(2, "approved")]
    assert await states(project=first) == [(2, "refused"), (3, "waiting")]
    assert await states(region=changed.county + "102") == [(2, "approved")]
    assert await states(as_of="2017-02-19", project=first) == [(2, "waiting")]
    assert await states(state="refused") == [(2, "refused")]
    assert await states(state="withdrawn") == []
    page = (await changed.clerk.get("/funds/v1/projects/changes", params={"limit": 1})).json()
    seen = [item["version"] for item in page["items"]]
    while page["next"]:
        asked = {"limit": 1, "after": page["next"]}
        page = (await changed.clerk.get("/funds/v1/projects/changes", params=asked)).json()
        seen += [item["version"] for item in page["items"]]
    assert seen == [2, 3, 2]


CLOSING = "closed_as = '{}', closed_by = '{}', closed_on = '2017-02-20', closing_document = '文', closing_reason = '由'"


async def test_the_database_answers_a_change_once(changed: Changed, admin: asyncpg.Pool) -> None:
    async def update(what: str, version: int = 2) -> None:
        await admin.execute(
            f"UPDATE funds.project_version SET {what} WHERE county_code = $1 AND project_id = $2 AND version = $3",
            changed.county,
            changed.id,
            version,
        )

    approved = "approved_by = '某', approval_document = '文', effective_on = '2017-02-20'"
    author = f"township_clerk.{changed.county}101"
    for wrong in (
        CLOSING.format("refused", author),
        CLOSING.format("withdrawn", "某"),
        CLOSING.format("dropped", "某"),
        "closed_as = 'refused', closed_by = '某', closed_on = '2017-02-20'",
        CLOSING.format("refused", "某").replace("02-20", "02-09"),
    ):
        with pytest.raises(asyncpg.CheckViolationError):
            await update(wrong)
    for wrong in (
        f"{approved}, {CLOSING.format('refused', '某')}",
        f"{CLOSING.format('refused', '某')}, planned_fen = 1",
        "reason = '另'",
    ):
        with pytest.raises(asyncpg.PostgresError, match="once"):
            await update(wrong)
    with pytest.raises(asyncpg.PostgresError, match="once"):
        await update(CLOSING.format("refused", "某"), version=1)
    await update(CLOSING.format("refused", "某"))
    for late in (approved, CLOSING.format("refused", "他"), "closed_as = NULL, closed_on = NULL"):
        with pytest.raises(asyncpg.PostgresError, match="once"):
            await update(late)
