"""The life of a finding: alert, finding, order, money out, closure; and who may do what on the way."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest

from chassis.database import Database
from tests.audit_api.feeds import FakeFeed, flag, flags, money, moved
from tests.audit_api.office import checker, confirmed, confirmed_draft, decision, finding, issued
from tests.callers import Caller, audit_caller

AS_OF = {"as_of": "2017-12-31"}


async def alerted(feed: FakeFeed, database: Database, county: str, *lots: UUID) -> list[str]:
    """Alerts on `lots`, as the follower brings them; their ids."""
    raised = [flag(county, lot) for lot in lots]
    feed.append(county, flags(county, *raised))
    await feed.follower(database, county).round()
    return [str(one.flag_id) for one in raised]


def order(finding_id: str, county: str, **more: Any) -> dict[str, Any]:
    return {
        "finding_id": finding_id,
        "unit_id": str(uuid4()),
        "unit_name": "第一镇财政所",
        "region_code": county + "101",
        "kind": "at_once",
        "demand": "十五日内拨付到户",
        "on": "2017-11-02",
        "deadline": "2017-11-17",
        **more,
    }


def reviewing(asked: httpx.Response | None, on: str, decision: str = "close") -> dict[str, Any]:
    """A review of what was asked for; of nothing, with the name of no version."""
    version = asked.json()["version_hash"] if asked else "0" * 64
    return {"version_hash": version, "decision": decision, "opinion": "属实", "on": on}


def refused(response: httpx.Response, status: int, slug: str) -> None:
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json()["type"] == f"/problems/{slug}"


async def ordered(inspector: Caller, county: str, alert_id: str, **more: Any) -> tuple[str, str]:
    """A finding on the alert with one order; (finding, order)."""
    opened = await confirmed(inspector, finding(alert_id))
    return opened["id"], (await issued(inspector, order(opened["id"], county, **more)))["id"]


async def test_a_flag_becomes_yuan_put_right(
    audit_http: httpx.AsyncClient, database: Database, feed: FakeFeed, county: str, admin: asyncpg.Pool
) -> None:
    inspector = audit_caller(audit_http, "inspector", county)
    clerk = audit_caller(audit_http, "township_clerk", county + "101")
    lot = uuid4()
    [alert_id] = await alerted(feed, database, county, lot)

    [alert] = (await inspector.get("/audit/v1/alerts", params={"status": "new"})).json()["items"]
    assert (alert["id"], alert["amount_fen"], alert["lot_id"]) == (alert_id, 100_000, str(lot))
    opened = await confirmed(inspector, finding(alert_id))
    assert (opened["status"], opened["amount_fen"], opened["rectified_fen"]) == ("open", 100_000, 0)
    assert (await inspector.get(f"/audit/v1/alerts/{alert_id}")).json()["status"] == "taken_up"
    sent = await issued(inspector, order(opened["id"], county))
    assert [step["action"] for step in sent["steps"]] == ["issued"]

    late = (await clerk.get(f"/audit/v1/rectification-orders/{sent['id']}", params={"as_of": "2017-11-20"})).json()
    assert (late["overdue"], late["days_overdue"]) == (True, 3)

    feed.append(county, money(county, moved(county, (lot, 40_000)), moved(county, (lot, 60_000), kind="hand_down")))
    await feed.follower(database, county).round()

    url = f"/audit/v1/rectification-orders/{sent['id']}"
    asked = await clerk.post(f"{url}/closure-requests", {"explanation": "已全部拨付", "on": "2017-11-21"})
    assert asked.status_code == 201, asked.text
    back = await inspector.post(f"{url}/reviews", reviewing(asked, "2017-11-22", "send_back"))
    assert back.json()["status"] == "sent_back"
    asked = await clerk.post(f"{url}/closure-requests", {"explanation": "回单已附", "on": "2017-11-23"})
    closed = await inspector.post(f"{url}/reviews", reviewing(asked, "2017-11-24"))
    assert closed.status_code == 201, closed.text
    assert closed.json()["status"] == "closed"
    assert [step["action"] for step in closed.json()["steps"]] == [
        "issued",
        "closure_requested",
        "sent_back",
        "closure_requested",
        "closed",
    ]

    file = (await inspector.get(f"/audit/v1/findings/{opened['id']}", params=AS_OF)).json()
    assert (file["status"], file["closed_on"]) == ("closed", "2017-11-24")
    assert (file["rectified_fen"], file["outstanding_fen"], file["unexplained_fen"]) == (100_000, 0, 0)
    assert [one["days_overdue"] for one in file["orders"]] == [7]
    kinds = [
        row["kind"]
        for row in await admin.fetch("SELECT kind FROM audit.event WHERE stream = $1 ORDER BY position", county)
    ]
    assert kinds == [
        "AlertsTakenIn",
        "FindingDrawnUp",
        "FindingOpened",
        "RectificationOrderDrawn",
        "RectificationOrdered",
        "RectificationMeasured",
        "ClosureRequested",
        "ClosureReviewed",
        "ClosureRequested",
        "ClosureReviewed",
    ]


async def test_what_left_between_flag_and_finding_counts_the_same(
    audit_http: httpx.AsyncClient, database: Database, feed: FakeFeed, county: str
) -> None:
    inspector = audit_caller(audit_http, "inspector", county)
    lot = uuid4()
    [alert_id] = await alerted(feed, database, county, lot)
    feed.append(county, money(county, moved(county, (lot, 30_000))))
    await feed.follower(database, county).round()
    opened = await confirmed(inspector, finding(alert_id))
    assert (opened["amount_fen"], opened["rectified_fen"], opened["outstanding_fen"]) == (100_000, 30_000, 70_000)


async def test_money_before_the_day_asked_for_is_what_counts(
    audit_http: httpx.AsyncClient, database: Database, feed: FakeFeed, county: str
) -> None:
    inspector = audit_caller(audit_http, "inspector", county)
    lot = uuid4()
    [alert_id] = await alerted(feed, database, county, lot)
    opened = await confirmed(inspector, finding(alert_id))
    feed.append(county, money(county, moved(county, (lot, 30_000), on=date(2017, 11, 5))))
    await feed.follower(database, county).round()
    url = f"/audit/v1/findings/{opened['id']}"
    before = (await inspector.get(url, params={"as_of": "2017-11-04"})).json()
    after = (await inspector.get(url, params={"as_of": "2017-11-05"})).json()
    assert (before["rectified_fen"], before["rectified_later_fen"]) == (0, 30_000)
    assert (after["rectified_fen"], after["rectified_later_fen"]) == (30_000, 0)


async def test_a_finding_is_opened_once_per_key_and_a_lot_is_held_once(
    audit_http: httpx.AsyncClient, database: Database, feed: FakeFeed, county: str
) -> None:
    inspector = audit_caller(audit_http, "inspector", county)
    lot = uuid4()
    first_id, second_id = await alerted(feed, database, county, lot, lot)
    first = await inspector.post("/audit/v1/findings", finding(first_id), key="open-it-once")
    again = await inspector.post("/audit/v1/findings", finding(first_id), key="open-it-once")
    assert again.json() == first.json()
    second = (await inspector.post("/audit/v1/findings", finding(second_id))).json()
    await confirmed_draft(audit_http, county, first.json())
    url = f"/audit/v1/findings/{second['id']}/reviews"
    refused(await checker(audit_http, county).post(url, decision(second)), 409, "lot-held")
    refused(
        await inspector.post("/audit/v1/findings", finding(first_id, title="x"), key="open-it-once"),
        422,
        "idempotency-key-reused",
    )
    refused(await inspector.post("/audit/v1/findings", finding(second_id)), 409, "lot-held")
    listed = (await inspector.get("/audit/v1/findings", params=AS_OF)).json()["items"]
    assert [(one["id"], one["status"]) for one in listed] == [(first.json()["id"], "open"), (second["id"], "draft")]


async def test_a_finding_binds_no_more_than_its_alerts_saw(
    audit_http: httpx.AsyncClient, database: Database, feed: FakeFeed, county: str
) -> None:
    inspector = audit_caller(audit_http, "inspector", county)
    lot = uuid4()
    [alert_id] = await alerted(feed, database, county, lot)
    too_much = finding(alert_id, lots=[{"lot_id": str(lot), "amount_fen": 100_001}])
    refused(await inspector.post("/audit/v1/findings", too_much), 409, "bound-too-much")
    strange = finding(alert_id, lots=[{"lot_id": str(uuid4()), "amount_fen": 1}])
    refused(await inspector.post("/audit/v1/findings", strange), 409, "lot-not-alerted")
    refused(await inspector.post("/audit/v1/findings", finding(alert_id, class_code="F19")), 422, "invalid-request")
    twice = finding(alert_id, alert_id)
    refused(await inspector.post("/audit/v1/findings", twice), 422, "invalid-request")
    part = finding(alert_id, lots=[{"lot_id": str(lot), "amount_fen": 60_000}])
    assert (await inspector.post("/audit/v1/findings", part)).json()["amount_fen"] == 60_000


async def test_the_neighbour_sees_nothing_and_a_clerk_sees_only_orders(
    audit_http: httpx.AsyncClient, database: Database, feed: FakeFeed, county: str
) -> None:
    inspector = audit_caller(audit_http, "inspector", county)
    [alert_id] = await alerted(feed, database, county, uuid4())
    finding_id, order_id = await ordered(inspector, county, alert_id)
    url = f"/audit/v1/rectification-orders/{order_id}"

    own = audit_caller(audit_http, "township_clerk", county + "101")
    assert [one["id"] for one in (await own.get("/audit/v1/rectification-orders")).json()["items"]] == [order_id]
    for path in ("/audit/v1/alerts", "/audit/v1/findings", f"/audit/v1/findings/{finding_id}"):
        refused(await own.get(path), 403, "forbidden")
    refused(await own.post(f"{url}/reviews", reviewing(None, "2017-11-24")), 403, "forbidden")
    refused(await own.post("/audit/v1/rectification-orders", order(finding_id, county)), 403, "forbidden")

    neighbour = audit_caller(audit_http, "township_clerk", county + "102")
    empty = (await neighbour.get("/audit/v1/rectification-orders")).json()
    assert empty["items"] == []
    assert empty["empty_because"]
    refused(await neighbour.get(url), 404, "not-found")
    ask = {"explanation": "已拨付", "on": "2017-11-10"}
    refused(await neighbour.post(f"{url}/closure-requests", ask), 404, "not-found")

    elsewhere = audit_caller(audit_http, "inspector", "999999")
    refused(await elsewhere.get(f"/audit/v1/findings/{finding_id}"), 404, "not-found")
    refused(await elsewhere.get("/audit/v1/alerts", params={"county": county}), 403, "outside-region")
    refused(await inspector.post("/audit/v1/rectification-orders", order(finding_id, "999999")), 403, "outside-region")
    refused(await audit_caller(audit_http, "bank", county).get(url), 403, "forbidden")
    province = audit_caller(audit_http, "inspector", county[:2])
    refused(await province.get("/audit/v1/findings"), 422, "county-needed")
    seen = await province.get("/audit/v1/findings", params={"county": county, **AS_OF})
    assert [one["id"] for one in seen.json()["items"]] == [finding_id]


async def test_the_database_shows_a_township_session_no_finding(
    audit_http: httpx.AsyncClient, database: Database, feed: FakeFeed, county: str, urls: dict[str, str]
) -> None:
    """The second net alone: the service's role, with a township's region set and no filter in the query."""
    inspector = audit_caller(audit_http, "inspector", county)
    [alert_id] = await alerted(feed, database, county, uuid4())
    await ordered(inspector, county, alert_id)
    connection = await asyncpg.connect(urls["audit"])
    try:
        for region, orders, findings in (("", 0, 0), (county + "102", 0, 0), (county + "101", 1, 0), (county, 1, 1)):
            async with connection.transaction():
                await connection.execute("SELECT set_config('app.region', $1, true)", region)
                where = "WHERE county_code = $1"
                assert (
                    await connection.fetchval(f"SELECT count(*) FROM audit.rectification_order {where}", county)
                    == orders
                )
                assert await connection.fetchval(f"SELECT count(*) FROM audit.finding {where}", county) == findings
        for statement in ("DELETE FROM audit.rectification_step", "UPDATE audit.evidence SET file_name = ''"):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute(statement)
    finally:
        await connection.close()


async def test_whoever_asks_for_closure_does_not_review_it(
    audit_http: httpx.AsyncClient, database: Database, feed: FakeFeed, county: str, admin: asyncpg.Pool
) -> None:
    inspector = audit_caller(audit_http, "inspector", county)
    [alert_id] = await alerted(feed, database, county, uuid4())
    _, order_id = await ordered(inspector, county, alert_id)
    url = f"/audit/v1/rectification-orders/{order_id}"
    both = audit_caller(audit_http, ["finance_clerk", "inspector"], county, subject="two-hats")
    refused(
        await both.post(f"{url}/reviews", reviewing(None, "2017-11-10")),
        409,
        "order-step-not-possible",
    )
    asked = await both.post(f"{url}/closure-requests", {"explanation": "已拨付", "on": "2017-11-10"})
    assert asked.json()["requested_by"] == "two-hats"
    refused(
        await both.post(f"{url}/closure-requests", {"explanation": "再申请", "on": "2017-11-10"}),
        409,
        "order-step-not-possible",
    )
    refused(
        await both.post(f"{url}/reviews", reviewing(asked, "2017-11-11")),
        403,
        "own-request",
    )
    early = await inspector.post(f"{url}/reviews", reviewing(asked, "2017-11-09"))
    refused(early, 409, "dates-out-of-order")
    with pytest.raises(asyncpg.CheckViolationError, match="maker_is_not_checker"):
        await admin.execute(
            "UPDATE audit.rectification_order SET reviewed_by = requested_by WHERE id = $1", UUID(order_id)
        )


async def test_a_finding_closes_with_its_last_order_and_takes_no_more(
    audit_http: httpx.AsyncClient, database: Database, feed: FakeFeed, county: str
) -> None:
    inspector = audit_caller(audit_http, "inspector", county)
    clerk = audit_caller(audit_http, "finance_clerk", county)
    lot = uuid4()
    [alert_id] = await alerted(feed, database, county, lot)
    finding_id, first = await ordered(inspector, county, alert_id)
    second = (await issued(inspector, order(finding_id, county)))["id"]
    for order_id, state in ((first, "ordered"), (second, "closed")):
        url = f"/audit/v1/rectification-orders/{order_id}"
        asked = await clerk.post(f"{url}/closure-requests", {"explanation": "已拨付", "on": "2017-11-10"})
        done = await inspector.post(f"{url}/reviews", reviewing(asked, "2017-11-11"))
        assert done.status_code == 201, done.text
        file = (await inspector.get(f"/audit/v1/findings/{finding_id}", params=AS_OF)).json()
        assert file["status"] == state
    refused(await inspector.post("/audit/v1/rectification-orders", order(finding_id, county)), 409, "finding-closed")
    [again] = await alerted(feed, database, county, lot)
    assert (await confirmed(inspector, finding(again)))["status"] == "open"
    bad = order(finding_id, county, deadline="2017-11-01")
    refused(await inspector.post("/audit/v1/rectification-orders", bad), 422, "invalid-request")


async def test_overdue_orders_are_found_by_day(
    audit_http: httpx.AsyncClient, database: Database, feed: FakeFeed, county: str
) -> None:
    inspector = audit_caller(audit_http, "inspector", county)
    [alert_id] = await alerted(feed, database, county, uuid4())
    _, order_id = await ordered(inspector, county, alert_id)

    async def listed(day: str, *, overdue: bool) -> list[str]:
        query = {"as_of": day, "overdue": str(overdue).lower()}
        answer = await inspector.get("/audit/v1/rectification-orders", params=query)
        return [one["id"] for one in answer.json()["items"]]

    assert await listed("2017-11-17", overdue=True) == []
    assert await listed("2017-11-18", overdue=True) == [order_id]
    assert await listed("2017-11-18", overdue=False) == []
    assert await listed("2017-11-01", overdue=False) == []  # not issued yet
