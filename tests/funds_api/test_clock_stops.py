"""Stop-clocks: who stops which clock by what document, how long, how it ends by itself or by an act, who sees it."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest

from tests.callers import Caller, funds_caller
from tests.factories import receive
from tests.funds_api.desk import Desk, refused, written

PATH = "/funds/v1/clock-stops"


@pytest.fixture
async def desk(funds_http: httpx.AsyncClient, county: str) -> Desk:
    """400,000 fen on 1 March, 600,000 on 1 April; 300,000 to the first township on 1 May."""
    opened = await Desk(funds_http, county).open()
    assert (await opened.out(300_000, opened.first, "2017-05-01")).status_code == 201
    return opened


def asked(**more: Any) -> dict[str, Any]:
    body = {"kind": "tender", "document": "招标公告1号", "reason": "项目招标", "from_on": "2017-05-10"}
    return {**body, "limit_on": "2017-05-20", **more}


async def stop(desk: Desk, by: Caller | None = None, **more: Any) -> dict[str, Any]:
    if not more.keys() & {"lots", "account_id", "batch_id", "project_id", "order_id"}:
        more["account_id"] = desk.first
    answer = await (by or desk.clerk).post(PATH, asked(**more))
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def end(desk: Desk, stop_id: str, on: str, by: Caller | None = None) -> httpx.Response:
    return await (by or desk.clerk).post(f"{PATH}/{stop_id}/end", {"ended_on": on, "document": "恢复1"})


async def listed(desk: Desk, on: str, by: Caller | None = None, **more: Any) -> list[dict[str, Any]]:
    answer = await (by or desk.clerk).get(PATH, params={"as_of": on, **more})
    assert answer.status_code == 200, answer.text
    return list(answer.json()["items"])


async def test_a_stop_says_document_who_and_until_when_and_runs_out_by_itself(desk: Desk) -> None:
    made = await stop(desk)
    assert (made["kind"], made["document"], made["placed_by"]) == (
        "tender",
        "招标公告1号",
        f"finance_clerk.{desk.county}",
    )
    assert (made["region_code"], len(made["lots"])) == (desk.county + "101", 1)
    assert (made["limit_days"], made["counted_from_on"], made["came_from_stop_id"]) == (60, "2017-05-10", None)
    assert await listed(desk, "2017-05-09") == []
    for on, state, days in (
        ("2017-05-10", "running", 0),
        ("2017-05-19", "running", 9),
        ("2017-05-20", "expired", 10),
        ("2017-05-21", "expired", 10),
    ):
        [found] = await listed(desk, on)
        assert (found["state"], found["stopped_days"], found["until_on"]) == (state, days, "2017-05-20"), on
        assert await listed(desk, on, state=state) == [found]
        others = {"running", "expired", "ended"} - {state}
        assert [await listed(desk, on, state=other) for other in others] == [[], []]


async def test_ending_is_written_once_and_the_clock_runs_from_that_day(desk: Desk) -> None:
    made = await stop(desk)
    refused(
        await end(desk, made["id"], "2017-05-09"),
        409,
        "stop-date-refused",
        {"earliest_on": "2017-05-10", "latest_on": "2017-05-19"},
    )
    refused(await end(desk, made["id"], "2017-05-20"), 409, "stop-date-refused", {"latest_on": "2017-05-19"})
    answer = await end(desk, made["id"], "2017-05-14", desk.township_clerk)
    assert answer.status_code == 201, answer.text
    ended = answer.json()
    assert (ended["state"], ended["until_on"], ended["stopped_days"]) == ("ended", "2017-05-14", 4)
    assert (ended["ended_by"], ended["end_document"]) == (f"township_clerk.{desk.county}101", "恢复1")
    refused(await end(desk, made["id"], "2017-05-12"), 409, "stop-over", {"ended_on": "2017-05-14"})
    [before] = await listed(desk, "2017-05-13")
    assert (before["state"], before["ended_on"], before["ended_by"]) == ("running", None, None)


async def test_what_was_known_is_told_again(desk: Desk, admin: asyncpg.Pool) -> None:
    at = "SELECT clock_timestamp()"
    before = (await admin.fetchval(at)).isoformat()
    made = await stop(desk)
    placed = (await admin.fetchval(at)).isoformat()
    assert (await end(desk, made["id"], "2017-05-14")).status_code == 201
    assert await listed(desk, "2017-05-15", known_at=before) == []
    for state, n in ((None, 1), ("running", 1), ("ended", 0), ("expired", 0)):
        found = await listed(desk, "2017-05-15", known_at=placed, **({"state": state} if state else {}))
        assert [one["until_on"] for one in found] == ["2017-05-20"] * n, state
    assert [one["state"] for one in await listed(desk, "2017-05-15")] == ["ended"]
    path = f"{PATH}/{made['id']}"
    assert (await desk.clerk.get(path, params={"known_at": before})).status_code == 404
    assert (await desk.clerk.get(path, params={"as_of": "2017-05-09"})).status_code == 404
    assert (await desk.clerk.get(path, params={"known_at": placed})).json()["state"] == "expired"


@pytest.mark.parametrize(("kind", "days"), [("tender", 60), ("court_freeze", 365), ("bank_return", 10)])
async def test_each_kind_lasts_no_longer_than_its_value(desk: Desk, admin: asyncpg.Pool, kind: str, days: int) -> None:
    value = "SELECT value::int FROM funds.policy_value WHERE key = $1"
    assert await admin.fetchval(value, f"clock_stop_days.{kind}") == days
    limits = await admin.fetchrow(
        "SELECT (DATE '2017-05-10' + $1::int)::text AS last, (DATE '2017-05-10' + $1::int + 1)::text AS beyond", days
    )
    body = asked(kind=kind, account_id=desk.first)
    refused(
        await desk.clerk.post(PATH, {**body, "limit_on": limits["beyond"]}),
        409,
        "stop-too-long",
        {"kind": kind, "latest_on": limits["last"]},
    )
    at_once = await desk.clerk.post(PATH, {**body, "limit_on": "2017-05-10"})
    days = {"what": "最迟恢复计时之日", "earliest_on": "2017-05-11", "latest_on": limits["last"]}
    refused(at_once, 409, "stop-date-refused", days)
    made = await stop(desk, kind=kind, limit_on=limits["last"])
    assert [one["id"] for one in await listed(desk, "2017-05-11", kind=kind)] == [made["id"]]


async def test_without_a_value_there_is_no_such_stop(desk: Desk) -> None:
    """The supreme court's year of a freeze is in force since 4 February 2015."""
    await receive(desk.http, desk.county, desk.treasury, 70_000, "2015-01-15")
    body = asked(kind="court_freeze", account_id=desk.treasury, limit_on="2015-03-01")
    figures = {"kind": "court_freeze", "region_code": desk.county, "from_on": "2015-02-03"}
    refused(await desk.clerk.post(PATH, {**body, "from_on": "2015-02-03"}), 409, "stop-not-allowed", figures)
    assert (await desk.clerk.post(PATH, {**body, "from_on": "2015-02-04"})).status_code == 201


async def test_a_stop_names_lots_or_all_of_a_fund_on_an_account(desk: Desk) -> None:
    lots = [lot["id"] for lot in await desk.lots(desk.treasury, "2017-05-10")]
    assert len(lots) == 2
    assert (await stop(desk, lots=lots[:1]))["lots"] == lots[:1]
    assert sorted((await stop(desk, account_id=desk.treasury, fund_code="TEST-FUND"))["lots"]) == sorted(lots)
    assert len(await listed(desk, "2017-05-11", account=desk.treasury)) == 2
    assert len(await listed(desk, "2017-05-11", lot=lots[1])) == 1
    assert await listed(desk, "2017-05-11", account=desk.first) == []
    nothing = asked(account_id=desk.treasury, fund_code="NO-FUND")
    refused(await desk.clerk.post(PATH, nothing), 409, "nothing-to-stop", {"named_n": 0})


async def test_a_lot_is_stopped_on_no_day_before_it_came_or_after_it_left(desk: Desk, admin: asyncpg.Pool) -> None:
    [lot] = [one["id"] for one in await desk.lots(desk.first, "2017-05-10")]
    early = asked(lots=[lot], from_on="2017-04-30", limit_on="2017-05-02")
    refused(await desk.clerk.post(PATH, early), 409, "nothing-to-stop", {"named_n": 1, "resting_n": 0})
    assert (await stop(desk, lots=[lot], from_on="2017-05-01", limit_on="2017-05-02"))["lots"] == [lot]
    assert (await desk.out(300_000, desk.village, "2017-05-12", from_account_id=desk.first)).status_code == 201
    assert (await stop(desk, lots=[lot], from_on="2017-05-11", limit_on="2017-05-13"))["lots"] == [lot]
    late = asked(lots=[lot], from_on="2017-05-12", limit_on="2017-05-13")
    refused(await desk.clerk.post(PATH, late), 409, "nothing-to-stop", {"named_n": 1, "resting_n": 0})
    both = asked(lots=[lot, (await desk.lots(desk.treasury, "2017-05-12"))[0]["id"]], from_on="2017-05-11")
    refused(await desk.clerk.post(PATH, both), 409, "stop-across-places", {})


async def test_closed_books_take_no_stop_and_no_end(desk: Desk) -> None:
    made = await stop(desk)
    closing = {"through": "2017-05-12", "document": "结账1"}
    assert (await desk.reviewer.post("/funds/v1/closings", closing)).status_code == 201
    figures = {"closed_through": "2017-05-12"}
    refused(await desk.clerk.post(PATH, asked(account_id=desk.first)), 409, "books-closed", figures)
    refused(await end(desk, made["id"], "2017-05-12"), 409, "books-closed", figures)
    assert (await stop(desk, from_on="2017-05-13"))["from_on"] == "2017-05-13"
    assert (await end(desk, made["id"], "2017-05-13")).status_code == 201


async def test_the_same_key_acts_once_and_another_body_is_refused(desk: Desk, admin: asyncpg.Pool) -> None:
    key, body = uuid4().hex, asked(account_id=desk.first)
    first = await desk.clerk.post(PATH, body, key=key)
    again = await desk.clerk.post(PATH, body, key=key)
    assert (first.status_code, again.json()) == (201, first.json())
    assert again.headers["Idempotency-Replayed"] == "true"
    other = await desk.clerk.post(PATH, {**body, "limit_on": "2017-05-19"}, key=key)
    assert (other.status_code, other.json()["type"]) == (422, "/problems/idempotency-key-reused")
    assert len(await listed(desk, "2017-05-11")) == 1
    ending, order = uuid4().hex, {"ended_on": "2017-05-14", "document": "恢复1"}
    path = f"{PATH}/{first.json()['id']}/end"
    answers = [await desk.clerk.post(path, order, key=ending) for _ in range(2)]
    assert answers[0].json() == answers[1].json()
    kinds = await admin.fetch(
        "SELECT kind, body FROM funds.event WHERE stream = $1 AND kind LIKE 'Clock%' ORDER BY position", desk.county
    )
    assert [one["kind"] for one in kinds] == ["ClockStopped", "ClockRestarted"]


async def test_the_journal_says_who_stopped_which_clock(desk: Desk, admin: asyncpg.Pool) -> None:
    made = await stop(desk, desk.township_clerk)
    event = await admin.fetchrow(
        "SELECT actor, body ->> 'lots' AS lots, body ->> 'document' AS document, body ->> 'amount_fen' AS fen"
        " FROM funds.event WHERE stream = $1 AND kind = 'ClockStopped'",
        desk.county,
    )
    assert event["actor"].endswith(f"township_clerk.{desk.county}101")
    assert (made["lots"][0] in event["lots"], event["document"], event["fen"]) == (True, "招标公告1号", "300000")


async def test_who_may_stop_and_who_sees(desk: Desk) -> None:
    """A township only its own; the neighbour sees nothing; an inspector reads."""
    made = await stop(desk, desk.township_clerk)
    neighbour = funds_caller(desk.http, "township_clerk", desk.county + "102")
    for account in (desk.first, desk.treasury):
        answer = await neighbour.post(PATH, asked(account_id=account))
        assert (answer.status_code, answer.json()["type"]) == (404, "/problems/not-found")
    lots = [lot["id"] for lot in await desk.lots(desk.first, "2017-05-10")]
    assert (await neighbour.post(PATH, asked(lots=lots))).status_code == 404
    assert (await end(desk, made["id"], "2017-05-14", neighbour)).status_code == 404
    assert await listed(desk, "2017-05-14", neighbour) == []
    assert (await neighbour.get(f"{PATH}/{made['id']}")).status_code == 404
    for role in ("inspector", "finance_reviewer", "township_reviewer"):
        reader = funds_caller(desk.http, role, desk.county)
        assert [one["id"] for one in await listed(desk, "2017-05-14", reader)] == [made["id"]]
        assert (await reader.post(PATH, asked(account_id=desk.first))).status_code == 403
        assert (await end(desk, made["id"], "2017-05-14", reader)).status_code == 403
    bank = funds_caller(desk.http, "bank", desk.county)
    assert (await bank.get(PATH)).status_code == 403


async def test_bad_input_is_refused_and_leaves_nothing(desk: Desk, admin: asyncpg.Pool) -> None:
    before = await written(admin)
    good = asked(account_id=desk.first)
    shapeless: list[dict[str, Any]] = [
        {name: value for name, value in good.items() if name != "account_id"},
        {**good, "lots": [str(uuid4())]},
        {**good, "kind": "holiday"},
        {**good, "document": ""},
        {**good, "document": " "},
        {**good, "reason": ""},
        {**good, "days": 3},
        asked(lots=[]),
        asked(lots=[str(uuid4())], fund_code="TEST-FUND"),
        asked(kind="tender", batch_id=str(uuid4())),
        asked(kind="court_freeze", project_id=str(uuid4())),
        asked(kind="publicity", order_id=str(uuid4())),
        asked(kind="publicity", lots=[str(uuid4())]),
        asked(kind="publicity", account_id=desk.first),
    ]
    for body in shapeless:
        answer = await desk.clerk.post(PATH, body)
        assert answer.status_code == 422, (body, answer.text)
    for cause, kind in (("lots", "tender"), ("account_id", "tender"), ("batch_id", "publicity")):
        target = [str(uuid4())] if cause == "lots" else str(uuid4())
        assert (await desk.clerk.post(PATH, asked(kind=kind, **{cause: target}))).status_code == 404, cause
    for cause, kind in (("project_id", "tender"), ("order_id", "bank_return")):
        assert (await desk.clerk.post(PATH, asked(kind=kind, **{cause: str(uuid4())}))).status_code == 404, cause
    ahead = {**good, "from_on": "2199-01-01", "limit_on": "2199-01-05"}
    told = await desk.clerk.post(PATH, ahead)
    refused(told, 409, "stop-date-refused", {"what": "停表之日", "earliest_on": None})
    assert told.json()["detail"].startswith("停表之日 2199-01-01 晚于今天 ")
    assert (await end(desk, str(uuid4()), "2017-05-14")).status_code == 404
    assert await written(admin) == before


async def test_a_long_number_in_a_reason_is_masked(desk: Desk) -> None:
    assert (await stop(desk, reason="被执行人 990101199001011234 的案款"))["reason"] == "被执行人 ****1234 的案款"


async def test_pages_follow_each_other(desk: Desk) -> None:
    made = [(await stop(desk))["id"] for _ in range(3)]
    seen: list[str] = []
    after: dict[str, Any] = {}
    for _ in made:
        page = (await desk.clerk.get(PATH, params={"as_of": "2017-05-11", "limit": 1, **after})).json()
        seen += [one["id"] for one in page["items"]]
        after = {"after": page["next"]}
    assert seen == made
    assert page["next"] is None
    empty = (await desk.clerk.get(PATH, params={"as_of": "2017-05-01"})).json()
    assert (empty["items"], bool(empty["empty_because"])) == ([], True)
