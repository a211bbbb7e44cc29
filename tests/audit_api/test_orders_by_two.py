"""An order to put a finding right is drawn up by one and issued by another; until then nobody owes anything by it."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from chassis import clock
from services.audit_api.rectifications.states import DeadlinePassed, must_leave_time
from tests.audit_api.journals import empty_log
from tests.audit_api.office import confirmed, finding, issued, issuing
from tests.audit_api.ordering import ORDERS, STAGES, Desk, done
from tests.audit_api.test_finding import alerted, order, refused
from tests.audit_api.test_record import seal_audit
from tests.callers import Caller

YEAR_END = {"as_of": "2017-12-31"}


async def found(desk: Desk) -> str:
    """A confirmed finding of 2017-11-01 on an alert."""
    [alert_id] = await alerted(desk.feed, desk.database, desk.county, uuid4())
    return str((await confirmed(desk.inspector, finding(alert_id)))["id"])


async def drawn_up(desk: Desk, finding_id: str, **more: Any) -> dict[str, Any]:
    return done(await desk.inspector.post(ORDERS, order(finding_id, desk.county, **more)))


async def listed(who: Caller, path: str = ORDERS, **query: Any) -> list[str]:
    return [one["id"] for one in done(await who.get(path, params={**YEAR_END, **query}))["items"]]


@pytest.mark.parametrize(
    ("deadline", "stages", "passed"),
    [
        ("2017-11-05", {}, None),
        ("2017-11-04", {}, (None, "2017-11-04")),
        ("2017-11-09", {1: "2017-11-05"}, None),
        ("2017-11-09", {1: "2017-11-04", 2: "2017-11-05"}, (1, "2017-11-04")),
    ],
)
def test_what_is_issued_leaves_time_up_to_the_day_itself(
    deadline: str, stages: dict[int, str], passed: tuple[int | None, str] | None
) -> None:
    days = {number: date.fromisoformat(day) for number, day in stages.items()}
    if passed is None:
        must_leave_time(date.fromisoformat(deadline), days, date(2017, 11, 5))
        return
    with pytest.raises(DeadlinePassed, match="已经届满") as refusal:
        must_leave_time(date.fromisoformat(deadline), days, date(2017, 11, 5))
    assert (refusal.value.stage_no, refusal.value.deadline.isoformat()) == passed


async def test_a_draft_that_waits_is_no_order(desk: Desk) -> None:
    finding_id = await found(desk)
    body = order(finding_id, desk.county, kind="in_stages", stages=STAGES)
    drawn = done(await desk.inspector.post(ORDERS, body, key="drawn-once"))
    again = await desk.inspector.post(ORDERS, body, key="drawn-once")
    assert (again.json(), again.headers["Idempotency-Replayed"]) == (drawn, "true")
    assert (drawn["drawn_on"], drawn["made_by"], drawn["decision"], drawn["checked_by"]) == (
        "2017-11-02",
        f"inspector.{desk.county}",
        None,
        None,
    )
    assert [(one["task"], one["deadline"]) for one in drawn["stages"]] == [(o["task"], o["deadline"]) for o in STAGES]

    # No unit owes anything and none sees it; it counts nowhere, and the finding stands as it stood.
    url = f"{ORDERS}/{drawn['id']}"
    for who in (desk.clerk, desk.bureau, desk.inspector):
        assert await listed(who) == []
        refused(await who.get(url, params=YEAR_END), 404, "not-found")
    for path in (f"{ORDERS}/drafts", f"{url}/draft"):
        refused(await desk.clerk.get(path), 403, "forbidden")
        refused(await desk.bureau.get(path), 403, "forbidden")
    for step in ("steps", "closure-requests"):
        said = {"note": "已办", "on": "2017-11-10"} if step == "steps" else {"explanation": "已办", "on": "2017-11-10"}
        refused(await desk.clerk.post(f"{url}/{step}", said), 404, "not-found")
    file = done(await desk.inspector.get(f"/audit/v1/findings/{finding_id}", params=YEAR_END))
    assert (file["status"], file["orders"]) == ("open", [])
    assert await listed(desk.inspector, supervision_due="true") == []
    rates = done(await desk.inspector.get("/audit/v1/rectification-rates", params=YEAR_END))
    ledger = done(await desk.inspector.get("/audit/v1/reports/orders", params=YEAR_END))

    # Inspectors read it as what it is.
    assert await listed(desk.second, f"{ORDERS}/drafts", waiting="true", finding=finding_id) == [drawn["id"]]
    assert await listed(desk.second, f"{ORDERS}/drafts", waiting="false") == []
    assert await listed(desk.second, f"{ORDERS}/drafts", as_of="2017-11-01") == []
    assert done(await desk.second.get(f"{url}/draft", params=YEAR_END)) == drawn
    waiting = clock.now().isoformat()

    told = issuing(drawn, on="2017-11-03")
    sent = done(await desk.second.post(f"{url}/decision", told, key="issued-once"))
    assert (await desk.second.post(f"{url}/decision", told, key="issued-once")).json() == sent
    assert (sent["decision"], sent["checked_by"], sent["decided_on"]) == ("issue", "inspector.two", "2017-11-03")
    owed = done(await desk.clerk.get(url, params=YEAR_END))
    assert (owed["issued_by"], owed["drawn_by"], owed["issued_on"], owed["deadline"]) == (
        "inspector.two",
        f"inspector.{desk.county}",
        "2017-11-03",
        "2017-11-17",
    )
    assert [one["action"] for one in owed["steps"]] == ["issued"]
    assert [one["task"] for one in owed["stages"]] == [one["task"] for one in STAGES]
    assert await listed(desk.clerk) == [drawn["id"]]
    refused(await desk.clerk.get(url, params={"as_of": "2017-11-02"}), 404, "not-found")
    assert await listed(desk.second, f"{ORDERS}/drafts", waiting="true") == []
    then = {"known_at": waiting}
    assert await listed(desk.second, f"{ORDERS}/drafts", waiting="true", **then) == [drawn["id"]]
    assert done(await desk.second.get(f"{url}/draft", params={**YEAR_END, **then}))["decision"] is None
    refused(await desk.second.get(f"{url}/draft", params={"as_of": "2017-11-01"}), 404, "not-found")
    # The same readings tell of the order now.
    assert done(await desk.inspector.get("/audit/v1/rectification-rates", params=YEAR_END)) != rates
    assert done(await desk.inspector.get("/audit/v1/reports/orders", params=YEAR_END)) != ledger


async def test_nobody_issues_alone_nor_another_version(desk: Desk) -> None:
    drawn = await drawn_up(desk, await found(desk))
    url = f"{ORDERS}/{drawn['id']}/decision"
    refused(await desk.inspector.post(url, issuing(drawn)), 403, "own-decision")
    refused(await desk.inspector.post(url, issuing(drawn, decision="send_back")), 403, "own-decision")
    forbidden = await desk.clerk.post(url, issuing(drawn))
    refused(forbidden, 403, "forbidden")
    assert forbidden.json()["detail"] == "当前账号没有权限办理“另一人审核整改通知：签发下达或退回”（orders:issue）"
    assert forbidden.json()["figures"] == {"permission": "orders:issue"}
    stale = await desk.second.post(url, issuing(drawn, version_hash="0" * 64))
    refused(stale, 409, "version-changed")
    assert stale.json()["figures"] == {"named": "0" * 64, "stands": drawn["version_hash"]}
    refused(await desk.second.post(url, issuing(drawn, on="2017-11-01")), 409, "dates-out-of-order")
    refused(await desk.second.post(url, issuing(drawn, on="2199-01-01")), 409, "day-ahead")
    refused(await desk.second.post(url, issuing(drawn, decision="close")), 422, "invalid-request")
    refused(await desk.second.post(f"{ORDERS}/{uuid4()}/decision", issuing(drawn)), 404, "not-found")
    late = await desk.second.post(url, issuing(drawn, on="2017-11-18"))
    refused(late, 409, "order-deadline-passed")
    assert late.json()["figures"] == {"deadline": "2017-11-17", "on": "2017-11-18", "stage_no": None}
    assert await listed(desk.clerk) == []
    done(await desk.second.post(url, issuing(drawn, on="2017-11-17")))
    refused(await desk.third.post(url, issuing(drawn)), 409, "decided-already")


async def test_what_is_sent_back_changes_nothing_and_stays_on_record(desk: Desk, admin: asyncpg.Pool) -> None:
    finding_id = await found(desk)
    drawn = await drawn_up(desk, finding_id)
    url = f"{ORDERS}/{drawn['id']}"
    # It can be sent back also when its deadline has passed.
    back = done(await desk.second.post(f"{url}/decision", issuing(drawn, decision="send_back", on="2017-11-20")))
    assert (back["decision"], back["opinion"], back["checked_by"]) == ("send_back", "同意下达", "inspector.two")
    refused(await desk.third.post(f"{url}/decision", issuing(drawn)), 409, "decided-already")
    refused(await desk.clerk.get(url, params=YEAR_END), 404, "not-found")
    assert done(await desk.inspector.get(f"/audit/v1/findings/{finding_id}", params=YEAR_END))["status"] == "open"
    assert await listed(desk.inspector, f"{ORDERS}/drafts", waiting="false") == [drawn["id"]]
    rows = await admin.fetch("SELECT kind FROM audit.event WHERE stream = $1 ORDER BY position", desk.county)
    assert [row["kind"] for row in rows][-2:] == ["RectificationOrderDrawn", "RectificationOrderSentBack"]
    body = await admin.fetchval(
        "SELECT body::text FROM audit.event WHERE stream = $1 AND kind = 'RectificationOrderDrawn'", desk.county
    )
    assert drawn["version_hash"] in body
    assert "拨付到户" not in body


async def test_what_was_checked_when_it_was_drawn_up_is_checked_again(desk: Desk) -> None:
    finding_id, order_id = await desk.ordered()
    drawn = await drawn_up(desk, finding_id)
    await desk.closed(order_id)
    url = f"{ORDERS}/{drawn['id']}/decision"
    refused(await desk.second.post(url, issuing(drawn, on="2017-11-12")), 409, "finding-closed")
    done(await desk.second.post(url, issuing(drawn, decision="send_back", on="2017-11-12")))
    file = done(await desk.inspector.get(f"/audit/v1/findings/{finding_id}", params=YEAR_END))
    assert (file["status"], [one["id"] for one in file["orders"]]) == ("closed", [order_id])


async def test_an_order_of_before_there_were_two_stands_and_is_told_as_such(desk: Desk, admin: asyncpg.Pool) -> None:
    _, order_id = await desk.ordered()
    # As it was recorded then: without a draft, by one.
    await admin.execute("UPDATE audit.rectification_order SET drawn_by = NULL WHERE id = $1", UUID(order_id))
    await admin.execute("DELETE FROM audit.rectification_draft WHERE id = $1", UUID(order_id))
    owed = await desk.seen(order_id)
    assert (owed["status"], owed["drawn_by"], owed["issued_by"]) == ("issued", None, "checker")
    refused(await desk.inspector.get(f"{ORDERS}/{order_id}/draft"), 404, "not-found")
    assert (await desk.closed(order_id))["status"] == "closed"


async def test_the_bundle_carries_the_draft_that_waits_and_its_words(
    desk: Desk, admin: asyncpg.Pool, no_books: list[Any]
) -> None:
    finding_id = await found(desk)
    waits, back = await drawn_up(desk, finding_id), await drawn_up(desk, finding_id, demand="另一稿")
    done(await desk.second.post(f"{ORDERS}/{back['id']}/decision", issuing(back, decision="send_back")))
    await issued(desk.inspector, order(finding_id, desk.county))
    await empty_log(admin)
    await seal_audit(desk.http, desk.database, desk.county)
    bundle = done(await desk.inspector.get(f"/audit/v1/record/findings/{finding_id}"))
    kinds = [row["kind"] for row in bundle["rows"]]
    assert kinds.count("RectificationOrderDrawn") == 3
    assert (kinds.count("RectificationOrderSentBack"), kinds.count("RectificationOrdered")) == (1, 1)
    assert bundle["words_gone_n"] == 0
    said = [one["words"] for one in bundle["texts"]]
    assert ["第一镇财政所", waits["demand"]] in said
    assert ["第一镇财政所", waits["demand"], "同意下达"] in said


async def test_no_name_is_left_in_a_draft_whose_words_went(desk: Desk, admin: asyncpg.Pool) -> None:
    stages = [{**one, "task": f"{one['task']}（张某）"} for one in STAGES]
    drawn = await drawn_up(desk, await found(desk), kind="in_stages", stages=stages)
    ground = {"basis": "handled_unlawfully", "document": "个请〔2026〕3号", "on": "2026-03-03"}
    body = {"what": "rectification_order", "id": drawn["id"], "fields": ["demand"], **ground}
    asked = done(await desk.inspector.post("/audit/v1/erasures", body))
    agreed = {"version_hash": asked["version_hash"], "decision": "agreed", "opinion": "应予删除", "on": "2026-03-04"}
    done(await desk.second.post(f"/audit/v1/erasures/{asked['id']}/decision", agreed))
    kept = await admin.fetchrow("SELECT demand, salt FROM audit.rectification_draft WHERE id = $1", UUID(drawn["id"]))
    assert (kept["demand"], kept["salt"]) == ("已删除", None)
    tasks = await admin.fetch("SELECT task FROM audit.rectification_draft_stage WHERE draft_id = $1", UUID(drawn["id"]))
    assert {row["task"] for row in tasks} == {"已删除"}
    assert "张某" not in (await desk.inspector.get(f"{ORDERS}/{drawn['id']}/draft")).text
