"""The way of an order: stages, steps with proof, more time by a second person, closure over what was asked."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from tests.audit_api.office import confirmed, finding, issued
from tests.audit_api.ordering import ORDERS, STAGES, Desk, done
from tests.audit_api.test_evidence import PDF, send
from tests.audit_api.test_finding import alerted, order, refused
from tests.callers import audit_caller


async def test_an_order_in_stages_closes_once_all_are_done(desk: Desk, admin: asyncpg.Pool) -> None:
    _, order_id = await desk.ordered(kind="in_stages", stages=STAGES)
    url = f"{ORDERS}/{order_id}"
    early = await desk.seen(order_id, as_of="2017-11-06")
    assert [(one["overdue"], one["days_overdue"]) for one in early["stages"]] == [(True, 1), (False, 0)]

    one = done(await desk.clerk.post(f"{url}/stages/1/completion", {"note": "方案已定", "on": "2017-11-07"}))
    assert [stage["done_on"] for stage in one["stages"]] == ["2017-11-07", None]
    not_yet = await desk.clerk.post(f"{url}/closure-requests", {"explanation": "已办", "on": "2017-11-08"})
    refused(not_yet, 409, "stages-not-done")
    assert not_yet.json()["figures"] == {"of_n": 2, "stages": ["2"]}
    with pytest.raises(asyncpg.CheckViolationError, match="stage that is not done"):
        await admin.execute(
            "UPDATE audit.rectification_order SET status = 'closed', requested_by = 'a', reviewed_by = 'b',"
            " closed_on = '2017-11-08' WHERE id = $1",
            UUID(order_id),
        )
    again = await desk.clerk.post(f"{url}/stages/1/completion", {"note": "方案已定", "on": "2017-11-08"})
    refused(again, 409, "stage-done-already")
    refused(await desk.clerk.post(f"{url}/stages/3/completion", {"note": "无", "on": "2017-11-08"}), 404, "not-found")
    refused(
        await desk.neighbour.post(f"{url}/stages/2/completion", {"note": "无", "on": "2017-11-08"}), 404, "not-found"
    )

    done(await desk.clerk.post(f"{url}/stages/2/completion", {"note": "已拨付", "on": "2017-11-15"}))
    closed = await desk.closed(order_id, "2017-11-16")
    assert closed["status"] == "closed"
    assert [stage["overdue"] for stage in closed["stages"]] == [False, False]
    assert [stage["days_overdue"] for stage in closed["stages"]] == [2, 0]
    late = await desk.clerk.post(f"{url}/steps", {"note": "补充", "on": "2017-11-17"})
    refused(late, 409, "order-step-not-possible")


async def test_only_an_order_in_stages_has_them_and_they_fit_its_deadline(desk: Desk) -> None:
    [alert_id] = await alerted(desk.feed, desk.database, desk.county, uuid4())
    opened = (await confirmed(desk.inspector, finding(alert_id)))["id"]
    beyond = [STAGES[0], {"task": "拨付", "deadline": "2017-11-18"}]
    bad: list[dict[str, Any]] = [
        {"kind": "at_once", "stages": STAGES},
        {"kind": "continuing", "stages": STAGES},
        {"kind": "in_stages"},
        {"kind": "in_stages", "stages": STAGES[:1]},
        {"kind": "in_stages", "stages": STAGES[::-1]},
        {"kind": "in_stages", "stages": beyond},
        {"kind": "in_stages", "stages": [{"task": "过早", "deadline": "2017-11-01"}, STAGES[1]]},
    ]
    for more in bad:
        refused(await desk.inspector.post(ORDERS, order(opened, desk.county, **more)), 422, "invalid-request")
    on_the_day = [{"task": "方案", "deadline": "2017-11-02"}, {"task": "拨付", "deadline": "2017-11-17"}]
    fits = order(opened, desk.county, kind="in_stages", stages=on_the_day)
    assert len((await issued(desk.inspector, fits))["stages"]) == len(on_the_day)


async def test_a_step_has_its_proof_and_the_proof_is_the_findings_own(desk: Desk, admin: asyncpg.Pool) -> None:
    finding_id, order_id = await desk.ordered()
    other_id, _ = await desk.ordered()
    url = f"{ORDERS}/{order_id}/steps"
    own = done(await send(desk.inspector, finding_id, PDF))["id"]
    others = done(await send(desk.inspector, other_id, PDF))["id"]

    told = done(
        await desk.bureau.post(
            url, {"note": "已拨付，附回单", "on": "2017-11-05", "evidence_ids": [own]}, key="once-only"
        )
    )
    assert [(one["action"], one["evidence_ids"]) for one in told["steps"]] == [("issued", []), ("progress", [own])]
    again = await desk.bureau.post(
        url, {"note": "已拨付，附回单", "on": "2017-11-05", "evidence_ids": [own]}, key="once-only"
    )
    assert (again.json(), again.headers["Idempotency-Replayed"]) == (told, "true")

    for ids in ([others], [str(uuid4())]):
        body = {"note": "附他案证据", "on": "2017-11-05", "evidence_ids": ids}
        refused(await desk.inspector.post(url, body), 404, "not-found")
    twice = {"note": "重复", "on": "2017-11-05", "evidence_ids": [own, own]}
    refused(await desk.inspector.post(url, twice), 422, "invalid-request")
    refused(await desk.clerk.post(url, {"note": "过早", "on": "2017-11-04"}), 409, "dates-out-of-order")
    refused(await desk.neighbour.post(url, {"note": "邻镇", "on": "2017-11-05"}), 404, "not-found")
    refused(
        await audit_caller(desk.http, "bank", desk.county).post(url, {"note": "x", "on": "2017-11-05"}),
        403,
        "forbidden",
    )
    body = await admin.fetchval("SELECT body FROM audit.event WHERE stream = $1 AND kind = 'StepReported'", desk.county)
    assert "已拨付" not in body
    assert own in body


async def test_more_time_is_granted_by_another_over_what_was_asked(desk: Desk, admin: asyncpg.Pool) -> None:
    _, order_id = await desk.ordered()
    url = f"{ORDERS}/{order_id}/extensions"
    refused(
        await desk.clerk.post(url, {"deadline": "2017-11-17", "reason": "同日", "on": "2017-11-10"}),
        409,
        "deadline-not-later",
    )
    body = {"deadline": "2017-11-30", "reason": "农户外出务工", "on": "2017-11-20"}
    asked = done(await desk.clerk.post(url, body, key="ask-for-time"))
    assert (await desk.clerk.post(url, body, key="ask-for-time")).json() == asked
    [extension] = asked["extensions"]
    assert (asked["deadline"], extension["old_deadline"], extension["decision"]) == ("2017-11-17", "2017-11-17", None)
    second = await desk.clerk.post(url, {**body, "deadline": "2017-12-30"})
    refused(second, 409, "extension-waits")

    decision = f"{url}/{extension['id']}/decision"
    grant = {"version_hash": extension["version_hash"], "decision": "grant", "opinion": "情况属实", "on": "2017-11-22"}
    refused(await desk.clerk.post(decision, grant), 403, "forbidden")
    refused(await desk.second.post(decision, {**grant, "version_hash": "0" * 64}), 409, "version-changed")
    refused(await desk.second.post(decision, {**grant, "version_hash": "x"}), 422, "invalid-request")
    refused(await desk.second.post(decision, {**grant, "on": "2017-11-19"}), 409, "dates-out-of-order")
    refused(await desk.second.post(f"{url}/{uuid4()}/decision", grant), 404, "not-found")
    granted = done(await desk.second.post(decision, grant))
    assert (granted["deadline"], granted["first_deadline"], granted["overdue"]) == ("2017-11-30", "2017-11-17", False)
    refused(await desk.inspector.post(decision, grant), 409, "extension-decided-already")

    # Until the day of the decision the missed deadline stays missed; from that day on it is the new one.
    assert [(await desk.seen(order_id, as_of=day))["overdue"] for day in ("2017-11-17", "2017-11-21")] == [False, True]
    assert [(await desk.seen(order_id, as_of=day))["overdue"] for day in ("2017-11-30", "2017-12-01")] == [False, True]
    for day, late in (("2017-11-21", [order_id]), ("2017-11-22", []), ("2017-12-01", [order_id])):
        listed = done(await desk.inspector.get(ORDERS, params={"as_of": day, "overdue": "true"}))
        assert [one["id"] for one in listed["items"]] == late
    with pytest.raises(asyncpg.CheckViolationError, match="maker_is_not_checker"):
        await admin.execute(
            "UPDATE audit.rectification_extension SET checked_by = made_by WHERE id = $1", UUID(extension["id"])
        )


async def test_an_inspector_does_not_grant_the_own_request_and_a_refusal_changes_nothing(desk: Desk) -> None:
    _, order_id = await desk.ordered()
    url = f"{ORDERS}/{order_id}/extensions"
    body = {"deadline": "2017-11-30", "reason": "农户外出务工", "on": "2017-11-10"}
    [extension] = done(await desk.inspector.post(url, body))["extensions"]
    answer = {
        "version_hash": extension["version_hash"],
        "decision": "refuse",
        "opinion": "理由不足",
        "on": "2017-11-11",
    }
    refused(await desk.inspector.post(f"{url}/{extension['id']}/decision", answer), 403, "own-decision")
    told = done(await desk.second.post(f"{url}/{extension['id']}/decision", answer))
    assert (told["deadline"], told["extensions"][0]["decision"]) == ("2017-11-17", "refuse")
    assert [one["action"] for one in told["steps"]] == ["issued", "extension_asked", "extension_refused"]
    more = done(await desk.clerk.post(url, {**body, "on": "2017-11-12"}))
    assert [one["decision"] for one in more["extensions"]] == ["refuse", None]
    await desk.closed(order_id, "2017-11-13")
    open_id = more["extensions"][1]
    late = {**answer, "decision": "grant", "version_hash": open_id["version_hash"], "on": "2017-11-14"}
    refused(await desk.second.post(f"{url}/{open_id['id']}/decision", late), 409, "order-step-not-possible")


async def test_time_that_nobody_needs_any_more_is_refused_and_not_granted(desk: Desk) -> None:
    _, order_id = await desk.ordered()
    url = f"{ORDERS}/{order_id}/extensions"
    body = {"deadline": "2017-12-01", "reason": "等待批复", "on": "2017-11-08"}
    [waits] = done(await desk.clerk.post(url, body))["extensions"]
    asked = await desk.asked(order_id)
    granted = await desk.decided(desk.second, url, waits, "grant", "2017-11-10")
    refused(granted, 409, "order-step-not-possible")
    assert "已申请销号" in granted.json()["detail"]
    done(await desk.reviewed(desk.inspector, asked, "2017-11-11"))
    refused(await desk.decided(desk.second, url, waits, "grant", "2017-11-12"), 409, "order-step-not-possible")
    told = done(await desk.decided(desk.second, url, waits, "refuse", "2017-11-12"))
    assert (told["status"], told["extensions"][0]["decision"], told["deadline"]) == ("closed", "refuse", "2017-11-17")
    assert told["steps"][-1]["action"] == "extension_refused"


async def test_a_refusal_while_closure_is_asked_for_leaves_the_request_as_it_was(desk: Desk) -> None:
    _, order_id = await desk.ordered()
    url = f"{ORDERS}/{order_id}/extensions"
    body = {"deadline": "2017-12-01", "reason": "等待批复", "on": "2017-11-08"}
    [waits] = done(await desk.clerk.post(url, body))["extensions"]
    asked = await desk.asked(order_id)
    told = done(await desk.decided(desk.second, url, waits, "refuse", "2017-11-10"))
    assert (told["status"], told["version_hash"]) == ("closure_requested", asked["version_hash"])
    assert done(await desk.reviewed(desk.inspector, asked, "2017-11-11"))["status"] == "closed"


async def test_a_review_names_the_very_request_it_decides_on(desk: Desk) -> None:
    _, order_id = await desk.ordered()
    first = await desk.asked(order_id, "2017-11-10")
    assert len(first["version_hash"]) == 64
    done(await desk.reviewed(desk.inspector, first, "2017-11-11", "send_back"))
    assert (await desk.seen(order_id))["version_hash"] is None
    second = await desk.asked(order_id, "2017-11-12", explanation="回单已附")
    assert second["version_hash"] != first["version_hash"]
    stale = await desk.reviewed(desk.inspector, {**second, "version_hash": first["version_hash"]}, "2017-11-13")
    refused(stale, 409, "version-changed")
    assert stale.json()["figures"] == {"named": first["version_hash"], "stands": second["version_hash"]}
    assert done(await desk.reviewed(desk.inspector, second, "2017-11-13"))["status"] == "closed"
    without = await desk.inspector.post(
        f"{ORDERS}/{order_id}/reviews", {"decision": "close", "opinion": "x", "on": "2017-11-13"}
    )
    refused(without, 422, "invalid-request")


async def test_an_order_is_told_as_it_was_known_and_as_it_stood(desk: Desk, admin: asyncpg.Pool) -> None:
    _, order_id = await desk.ordered()

    async def recorded(kind: str) -> str:
        query = "SELECT recorded_at FROM audit.event WHERE stream = $1 AND kind = $2 ORDER BY position DESC LIMIT 1"
        at = await admin.fetchval(query, desk.county, kind)
        return str(at.isoformat())

    ordered_at = await recorded("RectificationOrdered")
    asked = await desk.asked(order_id, "2017-11-20")
    asked_at = await recorded("ClosureRequested")
    done(await desk.reviewed(desk.inspector, asked, "2017-11-21"))

    assert [
        (seen["status"], seen["version"], seen["closed_on"], len(seen["steps"]))
        for seen in [
            await desk.seen(order_id, as_of="2017-11-02"),
            await desk.seen(order_id, as_of="2017-11-20"),
            await desk.seen(order_id, as_of="2017-11-21"),
            await desk.seen(order_id, known_at=ordered_at),
            await desk.seen(order_id, known_at=asked_at),
        ]
    ] == [
        ("issued", 1, None, 1),
        ("closure_requested", 2, None, 2),
        ("closed", 3, "2017-11-21", 3),
        ("issued", 1, None, 1),
        ("closure_requested", 2, None, 2),
    ]
    then = await desk.seen(order_id, known_at=asked_at)
    assert then["version_hash"] == asked["version_hash"]
    assert then["known_position"] == 6
    refused(
        await desk.inspector.get(f"{ORDERS}/{order_id}", params={"known_at": "2017-01-01T00:00:00+08:00"}),
        404,
        "not-found",
    )
    refused(await desk.inspector.get(f"{ORDERS}/{order_id}", params={"as_of": "2017-11-01"}), 404, "not-found")
    for query, found in (
        ({"status": "closed"}, [order_id]),
        ({"status": "closed", "as_of": "2017-11-20"}, []),
        ({"status": "closure_requested", "known_at": asked_at}, [order_id]),
        ({"overdue": "true", "as_of": "2017-11-20"}, [order_id]),
        ({"overdue": "true", "as_of": "2017-11-21"}, []),
        ({"overdue": "true", "as_of": "2017-11-21", "known_at": ordered_at}, [order_id]),
    ):
        listed = done(await desk.inspector.get(ORDERS, params={"as_of": "2017-12-31", **query}))
        assert [one["id"] for one in listed["items"]] == found, query


async def test_more_time_for_an_order_in_stages_names_the_open_ones(desk: Desk, admin: asyncpg.Pool) -> None:
    _, order_id = await desk.ordered(kind="in_stages", stages=[*STAGES, {"task": "公示", "deadline": "2017-11-17"}])
    url = f"{ORDERS}/{order_id}"
    done(await desk.clerk.post(f"{url}/stages/1/completion", {"note": "方案已定", "on": "2017-11-04"}))
    days = [{"stage_no": 2, "deadline": "2017-11-25"}, {"stage_no": 3, "deadline": "2017-12-10"}]
    body = {"deadline": "2017-12-10", "reason": "冬季停工", "on": "2017-11-10"}
    left_out = await desk.clerk.post(f"{url}/extensions", {**body, "stages": days[:1]})
    refused(left_out, 409, "open-stages-not-named")
    assert left_out.json()["figures"] == {"open_stages": [2, 3], "named": [2]}
    refused(await desk.clerk.post(f"{url}/extensions", body), 409, "open-stages-not-named")
    twice = await desk.clerk.post(f"{url}/extensions", {**body, "stages": [days[0], days[0]]})
    refused(twice, 422, "invalid-request")
    beyond = [days[0], {"stage_no": 3, "deadline": "2017-12-11"}]
    refused(await desk.clerk.post(f"{url}/extensions", {**body, "stages": beyond}), 409, "dates-out-of-order")

    [asked] = done(await desk.clerk.post(f"{url}/extensions", {**body, "stages": days}))["extensions"]
    assert [one["old_deadline"] for one in asked["stages"]] == ["2017-11-15", "2017-11-17"]
    # Done while the request waits: it keeps its day, and was late by one.
    done(await desk.clerk.post(f"{url}/stages/2/completion", {"note": "已拨付", "on": "2017-11-16"}))
    waiting_at = str(
        (await admin.fetchval("SELECT max(recorded_at) FROM audit.event WHERE stream = $1", desk.county)).isoformat()
    )
    grant = {"version_hash": asked["version_hash"], "decision": "grant", "opinion": "属实", "on": "2017-11-20"}
    told = done(await desk.inspector.post(f"{url}/extensions/{asked['id']}/decision", grant))

    def standing(order: dict[str, Any]) -> list[tuple[str, str, bool, int]]:
        names = ("first_deadline", "deadline", "overdue", "days_overdue")
        return [tuple(stage[name] for name in names) for stage in order["stages"]]

    first = ("2017-11-05", "2017-11-05", False, 0)
    second = ("2017-11-15", "2017-11-15", False, 1)
    assert standing(told) == [first, second, ("2017-11-17", "2017-12-10", False, 0)]
    # As it was known before the grant, and as it stood on the day before it, the third was late.
    for query in ({"known_at": waiting_at, "as_of": "2017-11-20"}, {"as_of": "2017-11-19"}):
        before = standing(await desk.seen(order_id, **query))
        assert before[2][1:3] == ("2017-11-17", True)
    with pytest.raises(asyncpg.CheckViolationError, match="stage 1 is not open"):
        await admin.execute(
            "INSERT INTO audit.rectification_extension_stage"
            " SELECT county_code, extension_id, 1, order_id, region_code, old_deadline, new_deadline"
            " FROM audit.rectification_extension_stage WHERE order_id = $1 LIMIT 1",
            UUID(order_id),
        )


async def test_the_database_wants_every_open_stage_named(desk: Desk, admin: asyncpg.Pool) -> None:
    _, order_id = await desk.ordered(kind="in_stages", stages=STAGES)
    with pytest.raises(asyncpg.CheckViolationError, match="leaves out an open stage"):
        await admin.execute(
            "INSERT INTO audit.rectification_extension (county_code, id, order_id, region_code, old_deadline,"
            " new_deadline, reason, asked_on, made_by, version_hash)"
            " SELECT county_code, $2, id, region_code, deadline, deadline + 9, '停工', issued_on, 'x', 'y'"
            " FROM audit.rectification_order WHERE id = $1",
            UUID(order_id),
            uuid4(),
        )


async def test_no_time_is_asked_for_or_granted_that_has_passed(desk: Desk, admin: asyncpg.Pool) -> None:
    _, order_id = await desk.ordered()
    url = f"{ORDERS}/{order_id}/extensions"
    late = {"deadline": "2017-11-24", "reason": "冬季停工", "on": "2017-11-25"}
    refused(await desk.clerk.post(url, late), 409, "dates-out-of-order")
    [asked] = done(await desk.clerk.post(url, {**late, "on": "2017-11-24"}))["extensions"]
    grant = {"version_hash": asked["version_hash"], "decision": "grant", "opinion": "属实", "on": "2017-11-25"}
    refused(await desk.inspector.post(f"{url}/{asked['id']}/decision", grant), 409, "dates-out-of-order")
    with pytest.raises(asyncpg.CheckViolationError, match="not_past_when_asked"):
        await admin.execute(
            "UPDATE audit.rectification_extension SET asked_on = '2017-11-25' WHERE id = $1", UUID(asked["id"])
        )
    done(await desk.inspector.post(f"{url}/{asked['id']}/decision", {**grant, "on": "2017-11-24"}))
    with pytest.raises(asyncpg.CheckViolationError, match="not_past_when_granted"):
        await admin.execute(
            "UPDATE audit.rectification_extension SET decided_on = '2017-11-25' WHERE id = $1", UUID(asked["id"])
        )


async def test_no_act_is_dated_on_a_day_that_has_not_come(desk: Desk) -> None:
    _, order_id = await desk.ordered()
    ahead = await desk.clerk.post(f"{ORDERS}/{order_id}/steps", {"note": "已拨付", "on": "2199-11-10"})
    refused(ahead, 409, "day-ahead")
    assert ahead.json()["figures"]["on"] == "2199-11-10"
    done(await desk.clerk.post(f"{ORDERS}/{order_id}/steps", {"note": "已拨付", "on": "2017-11-10"}))
