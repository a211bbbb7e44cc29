"""Orders past their deadline are supervised, and closed ones are looked at again by another person."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from services.audit_api.rectifications.waiting import SupervisionNotDue, must_be_due
from tests.audit_api.ordering import ORDERS, Desk, done
from tests.audit_api.test_evidence import PDF, send
from tests.audit_api.test_finding import refused
from treasury.policy import Basis, PolicyValue

TEN = PolicyValue("supervision_after_days", "00", date(2015, 1, 1), 10, "暂定", Basis.ASSUMED)


def notice(on: str, **more: Any) -> dict[str, Any]:
    return {
        "document": "十纪督〔2017〕3号",
        "leader_post": "分管副县长",
        "leader_account": "leader.three",
        "demand": "限五日内办结",
        "on": on,
        **more,
    }


@pytest.mark.parametrize(("on", "may"), [(date(2017, 11, 26), False), (date(2017, 11, 27), True)])
def test_supervision_begins_so_many_days_after_the_deadline(on: date, *, may: bool) -> None:
    if may:
        assert must_be_due(date(2017, 11, 17), TEN, on) == date(2017, 11, 27)
        return
    with pytest.raises(SupervisionNotDue, match="自 2017-11-27 起") as refusal:
        must_be_due(date(2017, 11, 17), TEN, on)
    assert refusal.value.due_on == date(2017, 11, 27)


def test_where_nothing_is_laid_down_nobody_is_supervised() -> None:
    with pytest.raises(SupervisionNotDue, match="没有规定"):
        must_be_due(date(2017, 11, 17), None, date(2030, 1, 1))


async def test_a_missed_deadline_is_told_to_the_leader_once(desk: Desk, admin: asyncpg.Pool) -> None:
    _, order_id = await desk.ordered()
    url = f"{ORDERS}/{order_id}/supervisions"

    async def waiting(day: str, *, due: bool = True) -> list[str]:
        query = {"as_of": day, "supervision_due": str(due).lower()}
        return [one["id"] for one in done(await desk.inspector.get(ORDERS, params=query))["items"]]

    assert (await waiting("2017-11-26"), await waiting("2017-11-27")) == ([], [order_id])
    assert await waiting("2017-11-27", due=False) == []
    early = await desk.inspector.post(url, notice("2017-11-26"))
    refused(early, 409, "supervision-not-due")
    assert early.json()["figures"] == {"deadline": "2017-11-17", "due_on": "2017-11-27", "on": "2017-11-26"}
    refused(await desk.clerk.post(url, notice("2017-11-27")), 403, "forbidden")
    refused(await desk.inspector.post(url, notice("2017-11-27", leader_post="")), 422, "invalid-request")

    drawn = done(await desk.inspector.post(url, notice("2017-11-27"), key="supervise-once"))
    assert (await desk.inspector.post(url, notice("2017-11-27"), key="supervise-once")).json() == drawn
    [draft] = drawn["supervisions"]
    assert (draft["drawn_on"], draft["sent_on"], draft["decision"]) == ("2017-11-27", None, None)
    # Drawn up and not sent: nobody was told, it is still due, and the unit sees nothing of it.
    assert (drawn["supervised_on"], drawn["supervision_due"], len(drawn["steps"])) == (None, True, 1)
    assert await waiting("2017-11-27") == [order_id]
    assert done(await desk.clerk.get(f"{ORDERS}/{order_id}"))["supervisions"] == []
    refused(await desk.second.post(url, notice("2017-11-28")), 409, "decision-waits")
    refused(await desk.decided(desk.inspector, url, draft, "send", "2017-11-27"), 403, "own-decision")
    refused(await desk.decided(desk.clerk, url, draft, "send", "2017-11-27"), 403, "forbidden")
    stale = {**draft, "version_hash": "0" * 64}
    refused(await desk.decided(desk.second, url, stale, "send", "2017-11-27"), 409, "version-changed")
    refused(await desk.decided(desk.second, url, draft, "send", "2017-11-26"), 409, "dates-out-of-order")
    refused(await desk.decided(desk.second, url, {**draft, "id": str(uuid4())}, "send", "2017-11-27"), 404, "not-found")
    sent = done(await desk.decided(desk.second, url, draft, "send", "2017-11-27"))
    refused(await desk.decided(desk.second, url, draft, "send_back", "2017-11-27"), 409, "decided-already")
    [told] = sent["supervisions"]
    assert (told["made_by"], told["checked_by"], told["sent_on"]) == (
        f"inspector.{desk.county}",
        "inspector.two",
        "2017-11-27",
    )
    assert (told["unit_name"], told["leader_post"], told["due_on"]) == ("第一镇财政所", "分管副县长", "2017-11-27")
    assert told["policy"].startswith("supervision_after_days@00@2015-01-01#")
    assert (sent["status"], sent["supervised_on"], sent["supervision_due"]) == ("issued", "2017-11-27", False)
    assert (await waiting("2017-11-27"), await waiting("2017-11-26")) == ([], [])
    assert (await desk.seen(order_id, as_of="2017-11-26"))["supervisions"] == []
    refused(await desk.second.post(url, notice("2017-11-28")), 409, "supervision-sent-already")

    # The clerk of the place sees the notice; the journal tells whom it went to, and no words.
    assert done(await desk.clerk.get(f"{ORDERS}/{order_id}"))["supervisions"][0]["id"] == told["id"]
    body = await admin.fetchval(
        "SELECT body FROM audit.event WHERE stream = $1 AND kind = 'SupervisionSent'", desk.county
    )
    assert "leader.three" in body
    assert "副县长" not in body
    with pytest.raises(asyncpg.CheckViolationError, match="sent_when_due"):
        await admin.execute(
            "UPDATE audit.rectification_supervision SET sent_on = due_on - 1 WHERE id = $1", UUID(told["id"])
        )


async def test_a_deadline_missed_again_after_more_time_is_supervised_again(desk: Desk) -> None:
    _, order_id = await desk.ordered()
    url = f"{ORDERS}/{order_id}"
    await desk.supervised(order_id, notice("2017-11-27"))
    body = {"deadline": "2017-12-10", "reason": "冬季停工", "on": "2017-11-28"}
    [asked] = done(await desk.clerk.post(f"{url}/extensions", body))["extensions"]
    grant = {"version_hash": asked["version_hash"], "decision": "grant", "opinion": "属实", "on": "2017-11-28"}
    granted = done(await desk.inspector.post(f"{url}/extensions/{asked['id']}/decision", grant))
    assert (granted["supervise_from_on"], granted["supervised_on"]) == ("2017-12-20", None)
    refused(await desk.inspector.post(f"{url}/supervisions", notice("2017-12-19")), 409, "supervision-not-due")
    again = await desk.supervised(order_id, notice("2017-12-20"))
    assert [one["deadline"] for one in again["supervisions"]] == ["2017-11-17", "2017-12-10"]
    closed = await desk.closed(order_id, "2017-12-21")
    assert (closed["supervise_from_on"], closed["supervision_due"]) == (None, False)
    late = await desk.inspector.post(f"{url}/supervisions", notice("2017-12-30"))
    refused(late, 409, "order-step-not-possible")


async def test_a_closed_order_is_looked_at_again_by_another(desk: Desk, admin: asyncpg.Pool) -> None:
    finding_id, order_id = await desk.ordered()
    url = f"{ORDERS}/{order_id}/look-backs"
    held = {"result": "held", "note": "到户资金无返还", "on": "2018-02-01"}
    refused(await desk.second.post(url, held), 409, "order-step-not-possible")
    await desk.closed(order_id)
    refused(await desk.inspector.post(url, held), 403, "own-closure")
    refused(await desk.clerk.post(url, held), 403, "forbidden")
    refused(await desk.second.post(url, {**held, "on": "2017-11-10"}), 409, "dates-out-of-order")
    refused(await desk.second.post(url, {**held, "result": "good"}), 422, "invalid-request")
    refused(await desk.second.post(url, {**held, "evidence_ids": [str(uuid4())]}), 404, "not-found")

    proof = done(await send(desk.second, finding_id, PDF))["id"]
    seen = done(await desk.second.post(url, {**held, "evidence_ids": [proof]}, key="look-back-once"))
    again = await desk.second.post(url, {**held, "evidence_ids": [proof]}, key="look-back-once")
    assert again.json() == seen
    [draft] = seen["look_backs"]
    assert (draft["stands"], draft["note"], draft["evidence_ids"]) == (False, "到户资金无返还", [proof])
    assert [one["action"] for one in seen["steps"]][-1] == "closed", "what one person saw is no step yet"
    assert done(await desk.clerk.get(f"{ORDERS}/{order_id}"))["look_backs"] == []
    refused(await desk.third.post(url, held), 409, "decision-waits")
    refused(await desk.decided(desk.second, url, draft, "confirm", "2018-02-02"), 403, "own-decision")
    refused(await desk.decided(desk.inspector, url, draft, "confirm", "2018-02-02"), 403, "own-closure")
    refused(await desk.decided(desk.clerk, url, draft, "confirm", "2018-02-02"), 403, "forbidden")
    stale = {**draft, "version_hash": "0" * 64}
    refused(await desk.decided(desk.third, url, stale, "confirm", "2018-02-02"), 409, "version-changed")
    refused(await desk.decided(desk.third, url, draft, "confirm", "2018-01-31"), 409, "dates-out-of-order")
    first = done(await desk.decided(desk.third, url, draft, "confirm", "2018-02-02"))
    refused(await desk.decided(desk.third, url, draft, "confirm", "2018-02-02"), 409, "decided-already")
    assert first["steps"][-1] == {
        "step_no": 4,
        "action": "held",
        "done_on": "2018-02-02",
        "done_by": "inspector.three",
        "note": "到户资金无返还",
        "evidence_ids": [proof],
    }
    wrong = done(await desk.second.post(url, {**held, "result": "relapsed", "on": "2018-04-01"}))["look_backs"][-1]
    back = done(await desk.decided(desk.third, url, wrong, "send_back", "2018-04-02"))
    assert [(one["result"], one["stands"]) for one in back["look_backs"]] == [("held", True), ("relapsed", False)]
    relapsed = await desk.looked_back(order_id, {**held, "result": "relapsed", "on": "2018-05-01"})
    assert [one["stands"] for one in relapsed["look_backs"]] == [True, False, True]
    assert [one["action"] for one in relapsed["steps"]][-2:] == ["held", "relapsed"]
    assert (relapsed["status"], relapsed["closed_on"], relapsed["version"]) == ("closed", "2017-11-11", 3)
    assert [one["stands"] for one in (await desk.seen(order_id, as_of="2018-02-01"))["look_backs"]] == [False]
    assert len((await desk.seen(order_id, as_of="2018-04-30"))["look_backs"]) == 2
    with pytest.raises(asyncpg.CheckViolationError, match="maker_is_not_checker"):
        await admin.execute(
            "UPDATE audit.rectification_look_back SET checked_by = made_by WHERE id = $1", UUID(draft["id"])
        )
    with pytest.raises(asyncpg.CheckViolationError, match="not_by_who_closed"):
        await admin.execute(
            "UPDATE audit.rectification_look_back SET made_by = closed_by WHERE order_id = $1", UUID(order_id)
        )


async def test_a_notice_is_not_sent_once_more_time_was_granted(desk: Desk, admin: asyncpg.Pool) -> None:
    _, order_id = await desk.ordered()
    url = f"{ORDERS}/{order_id}"
    [draft] = done(await desk.inspector.post(f"{url}/supervisions", notice("2017-11-27")))["supervisions"]
    body = {"deadline": "2017-12-10", "reason": "冬季停工", "on": "2017-11-27"}
    [asked] = done(await desk.clerk.post(f"{url}/extensions", body))["extensions"]
    grant = {"version_hash": asked["version_hash"], "decision": "grant", "opinion": "属实", "on": "2017-11-28"}
    done(await desk.inspector.post(f"{url}/extensions/{asked['id']}/decision", grant))
    late = await desk.decided(desk.second, f"{url}/supervisions", draft, "send", "2017-11-28")
    refused(late, 409, "supervision-not-due")
    assert late.json()["figures"]["due_on"] == "2017-12-20"
    back = done(await desk.decided(desk.second, f"{url}/supervisions", draft, "send_back", "2017-11-28"))
    assert (back["supervisions"][0]["decision"], back["supervised_on"]) == ("send_back", None)
    with pytest.raises(asyncpg.CheckViolationError, match="sent_by_decision"):
        await admin.execute(
            "UPDATE audit.rectification_supervision SET sent_on = decided_on WHERE id = $1", UUID(draft["id"])
        )
    with pytest.raises(asyncpg.CheckViolationError, match="has_its_version"):
        await admin.execute(
            "UPDATE audit.rectification_supervision SET version_hash = NULL WHERE id = $1", UUID(draft["id"])
        )
    # One that was sent back is no notice: the deadline missed again has one of its own.
    await desk.supervised(order_id, notice("2017-12-20"))
