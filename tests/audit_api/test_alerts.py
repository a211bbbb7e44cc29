"""What inspectors do with alerts: triage, assignment, merging and parting, refuting by one and another."""

from __future__ import annotations

import json
from datetime import date
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from tests.audit_api.feeds import flag, flags
from tests.audit_api.office import checker, confirmed, decision, finding
from tests.audit_api.ordering import Desk, done
from tests.audit_api.test_finding import refused
from tests.callers import audit_caller

ALERTS = "/audit/v1/alerts"


async def raised(desk: Desk, **more: Any) -> str:
    """An alert with these figures, as the follower brings it."""
    one = flag(desk.county, more.pop("lot", None), **more)
    desk.feed.append(desk.county, flags(desk.county, one))
    await desk.feed.follower(desk.database, desk.county).round()
    return str(one.flag_id)


async def listed(desk: Desk, **query: Any) -> list[str]:
    return [one["id"] for one in done(await desk.inspector.get(ALERTS, params=query))["items"]]


async def seen(desk: Desk, alert_id: str, **query: Any) -> dict[str, Any]:
    return done(await desk.inspector.get(f"{ALERTS}/{alert_id}", params=query))


async def recorded_at(desk: Desk, admin: asyncpg.Pool, kind: str) -> str:
    query = "SELECT recorded_at FROM audit.event WHERE stream = $1 AND kind = $2 ORDER BY position DESC LIMIT 1"
    return str((await admin.fetchval(query, desk.county, kind)).isoformat())


async def test_a_person_sets_the_way_that_the_values_propose_or_says_why_not(desk: Desk, admin: asyncpg.Pool) -> None:
    alert_id = await raised(desk, amount_fen=10_000_000, days=90)
    url = f"{ALERTS}/{alert_id}/triages"
    proposal = (await seen(desk, alert_id))["proposal"]
    assert proposal["proposed"] == "key_check"
    assert [(one["look"], one["figure"], one["asks_for"]) for one in proposal["looks"]] == [
        ("triage_amount_fen", 10_000_000, "key_check"),
        ("triage_days", 90, "rectify"),
        ("triage_repeats_n", 0, "rectify"),
    ]
    without = await desk.inspector.post(url, {"triage": "rectify", "on": "2017-11-01"})
    refused(without, 409, "triage-reason-missing")
    assert without.json()["figures"] == {"proposed": "key_check", "chosen": "rectify"}
    refused(await desk.inspector.post(url, {"triage": "soon", "on": "2017-11-01"}), 422, "invalid-request")
    refused(await desk.clerk.post(url, {"triage": "key_check", "on": "2017-11-01"}), 403, "forbidden")

    body = {"triage": "key_check", "on": "2017-11-01"}
    first = done(await desk.inspector.post(url, body, key="triage-once"))
    assert (await desk.inspector.post(url, body, key="triage-once")).json() == first
    [told] = first["triages"]
    assert (told["triage"], told["proposed"], told["repeats_n"]) == ("key_check", "key_check", 0)
    assert [one.partition("@")[0] for one in told["policies"]] == [
        "triage_amount_fen",
        "triage_days",
        "triage_repeats_n",
    ]
    first_at = await recorded_at(desk, admin, "AlertTriaged")
    other = {"triage": "urgent_check", "reason": "群众反映强烈", "on": "2017-11-05"}
    assert done(await desk.second.post(url, other))["triage"] == "urgent_check"

    assert (await listed(desk, triage="urgent_check"), await listed(desk, triage="key_check")) == ([alert_id], [])
    assert await listed(desk, triage="key_check", as_of="2017-11-04") == [alert_id]
    assert await listed(desk, triage="key_check", known_at=first_at) == [alert_id]
    assert (await seen(desk, alert_id, as_of="2017-10-31"))["triage"] is None
    event = await admin.fetchval(
        "SELECT body FROM audit.event WHERE stream = $1 AND kind = 'AlertTriaged' ORDER BY position DESC LIMIT 1",
        desk.county,
    )
    assert "群众" not in event


@pytest.mark.parametrize(("days_before", "repeats_n"), [(365, 1), (366, 0)])
async def test_what_was_asked_of_the_unit_within_the_days_counts(desk: Desk, days_before: int, repeats_n: int) -> None:
    unit = uuid4()
    today = date(2017, 10, 31)
    earlier = date.fromordinal(today.toordinal() - days_before)
    await raised(desk, unit_id=unit, as_of=earlier)
    await raised(desk, unit_id=unit, rule_code="R20", as_of=today)  # another rule's question
    await raised(desk, as_of=today)  # another unit
    alert_id = await raised(desk, unit_id=unit, as_of=today)
    looks = (await seen(desk, alert_id, as_of="2017-12-31"))["proposal"]["looks"]
    assert [one["figure"] for one in looks if one["look"] == "triage_repeats_n"] == [repeats_n]


async def test_an_alert_is_given_to_a_person_and_on_to_another(desk: Desk) -> None:
    alert_id = await raised(desk)
    other_id = await raised(desk)
    url = f"{ALERTS}/{alert_id}/assignments"
    done(await desk.inspector.post(url, {"assignee": "wang", "on": "2017-11-01"}))
    answer = done(await desk.inspector.post(url, {"assignee": "li", "on": "2017-11-03"}))
    assert [one["assignee"] for one in answer["assignments"]] == ["wang", "li"]
    assert (await listed(desk, assignee="li"), await listed(desk, assignee="wang")) == ([alert_id], [])
    assert await listed(desk, assignee="wang", as_of="2017-11-02") == [alert_id]
    refused(await desk.inspector.post(url, {"assignee": "王 五", "on": "2017-11-03"}), 422, "invalid-request")
    refused(
        await desk.inspector.post(f"{ALERTS}/{uuid4()}/assignments", {"assignee": "li", "on": "2017-11-03"}),
        404,
        "not-found",
    )
    elsewhere = audit_caller(desk.http, "inspector", "999999")
    stranger = await elsewhere.post(f"{ALERTS}/{other_id}/assignments", {"assignee": "li", "on": "2017-11-03"})
    refused(stranger, 404, "not-found")


async def test_alerts_about_the_same_money_are_worked_on_as_one_and_parted(desk: Desk, admin: asyncpg.Pool) -> None:
    lot, account = uuid4(), uuid4()
    main = await raised(desk, lot=lot, account_id=account)
    same_lot = await raised(desk, lot=lot, rule_code="R20")
    same_account = await raised(desk, account_id=account)
    stranger = await raised(desk)
    merges, partings = f"{ALERTS}/{main}/merges", f"{ALERTS}/{main}/partings"

    def merging(*ids: str, on: str = "2017-11-01") -> dict[str, Any]:
        return {"alert_ids": list(ids), "reason": "同一笔滞留资金", "on": on}

    refused(await desk.inspector.post(merges, merging(stranger)), 409, "not-same-money")
    refused(await desk.inspector.post(merges, merging(main)), 409, "alert-merged")
    refused(await desk.inspector.post(merges, merging(same_lot, same_lot)), 422, "invalid-request")
    refused(await desk.inspector.post(merges, merging(str(uuid4()))), 404, "not-found")
    refused(await desk.clerk.post(merges, merging(same_lot)), 403, "forbidden")
    refused(await desk.inspector.post(partings, merging(same_lot)), 409, "alert-not-merged")

    answer = done(await desk.inspector.post(merges, merging(same_lot, same_account), key="merge-them-once"))
    assert {one["alert_id"] for one in answer["merges"]} == {same_lot, same_account}
    again = await desk.inspector.post(merges, merging(same_lot, same_account), key="merge-them-once")
    assert again.json() == answer
    assert await listed(desk, merged="true") == sorted([same_lot, same_account])
    assert await listed(desk, merged="false") == sorted([main, stranger])
    assert len(await listed(desk)) == 4  # none is lost
    assert (await seen(desk, same_lot))["merged_into"] == main
    part_of_another = await desk.inspector.post(
        f"{ALERTS}/{same_lot}/assignments", {"assignee": "li", "on": "2017-11-02"}
    )
    refused(part_of_another, 409, "alert-merged")
    led = await desk.inspector.post(f"{ALERTS}/{same_account}/merges", merging(main))
    refused(led, 409, "alert-merged")

    refused(await desk.inspector.post(partings, merging(same_account, on="2017-10-31")), 409, "dates-out-of-order")
    parted = done(await desk.inspector.post(partings, merging(same_account, on="2017-11-03")))
    assert {(one["alert_id"], one["undone_on"]) for one in parted["merges"]} == {
        (same_lot, None),
        (same_account, "2017-11-03"),
    }
    assert await listed(desk, merged="true") == [same_lot]
    assert await listed(desk, merged="true", as_of="2017-11-02") == sorted([same_lot, same_account])
    then_at = await recorded_at(desk, admin, "AlertsMerged")
    assert (await seen(desk, same_account, known_at=then_at))["merged_into"] == main
    back = done(await desk.inspector.post(merges, merging(same_account, on="2017-11-04")))
    assert len(back["merges"]) == 3
    with pytest.raises(asyncpg.UniqueViolationError):
        await admin.execute(
            "INSERT INTO audit.alert_merge (county_code, alert_id, merge_no, region_code, main_id, reason, merged_on,"
            " made_by) VALUES ($1, $2, 9, $1, $3, '重复', '2017-11-05', 'x')",
            desk.county,
            UUID(same_lot),
            UUID(main),
        )


async def test_two_people_dismiss_an_alert_over_what_was_said(desk: Desk, admin: asyncpg.Pool) -> None:
    alert_id = await raised(desk)
    url = f"{ALERTS}/{alert_id}/refutations"
    body = {"reason": "质保金，合同约定两年", "on": "2017-11-01"}
    refused(await desk.clerk.post(url, body), 403, "forbidden")
    said = done(await desk.inspector.post(url, body, key="refute-it-once"))
    assert (await desk.inspector.post(url, body, key="refute-it-once")).json() == said
    assert (said["status"], said["refutation_waits"]) == ("new", True)
    [made] = said["refutations"]
    refused(await desk.second.post(url, body), 409, "refutation-waits")

    decision = f"{url}/{made['id']}/decision"
    confirm = {"version_hash": made["version_hash"], "decision": "confirm", "opinion": "属实", "on": "2017-11-03"}
    refused(await desk.inspector.post(decision, confirm), 403, "own-decision")
    refused(await desk.second.post(decision, {**confirm, "version_hash": "0" * 64}), 409, "version-changed")
    refused(await desk.second.post(decision, {**confirm, "on": "2017-10-31"}), 409, "dates-out-of-order")
    refused(await desk.second.post(f"{url}/{uuid4()}/decision", confirm), 404, "not-found")
    sent_back = done(await desk.second.post(decision, {**confirm, "decision": "send_back"}))
    assert (sent_back["status"], sent_back["refutation_waits"]) == ("new", False)
    refused(await desk.second.post(decision, confirm), 409, "refutation-decided")

    said = done(await desk.inspector.post(url, {**body, "on": "2017-11-04"}))
    made = said["refutations"][1]
    assert made["version_hash"] != confirm["version_hash"]
    said_at = await recorded_at(desk, admin, "AlertRefuted")
    confirm = {**confirm, "version_hash": made["version_hash"], "on": "2017-11-05"}
    gone = done(await desk.second.post(f"{url}/{made['id']}/decision", confirm))
    assert (gone["status"], gone["dismissed_by"], gone["dismissal_checked_by"], gone["dismissed_on"]) == (
        "dismissed",
        f"inspector.{desk.county}",
        "inspector.two",
        "2017-11-05",
    )
    refused(await desk.inspector.post(url, body), 409, "alert-not-new")
    assert await listed(desk, status="dismissed") == [alert_id]
    assert await listed(desk, status="dismissed", as_of="2017-11-04") == []
    assert await listed(desk, status="new", as_of="2017-11-04") == [alert_id]
    assert (await seen(desk, alert_id, known_at=said_at))["status"] == "new"
    refused(
        await desk.inspector.get(f"{ALERTS}/{alert_id}", params={"known_at": "2017-01-01T00:00:00+08:00"}),
        404,
        "not-found",
    )
    assert await listed(desk, known_at="2017-01-01T00:00:00+08:00") == []
    with pytest.raises(asyncpg.CheckViolationError, match="maker_is_not_checker"):
        await admin.execute("UPDATE audit.alert SET dismissal_checked_by = dismissed_by WHERE id = $1", UUID(alert_id))


async def test_what_is_merged_goes_with_the_alert_it_is_part_of(desk: Desk, admin: asyncpg.Pool) -> None:
    lot = uuid4()
    main, part = await raised(desk, lot=lot), await raised(desk, lot=lot, rule_code="R20")
    merging = {"alert_ids": [part], "reason": "同一笔", "on": "2017-11-01"}
    done(await desk.inspector.post(f"{ALERTS}/{main}/merges", merging))
    url = f"{ALERTS}/{main}/refutations"
    [made] = done(await desk.inspector.post(url, {"reason": "质保金", "on": "2017-11-01"}))["refutations"]
    confirm = {"version_hash": made["version_hash"], "decision": "confirm", "opinion": "属实", "on": "2017-11-02"}
    done(await desk.second.post(f"{url}/{made['id']}/decision", confirm))
    assert await listed(desk, status="dismissed") == sorted([main, part])
    told = await admin.fetch(
        "SELECT body->>'alert_id' AS alert, body->>'main_id' AS main FROM audit.event"
        " WHERE stream = $1 AND kind = 'AlertDismissed' ORDER BY position",
        desk.county,
    )
    assert [(row["alert"], row["main"]) for row in told] == [(part, main), (main, None)]


async def test_a_finding_takes_up_an_alert_with_what_is_merged_into_it(desk: Desk, admin: asyncpg.Pool) -> None:
    lot = uuid4()
    main, part = await raised(desk, lot=lot), await raised(desk, lot=lot, rule_code="R20")
    merging = {"alert_ids": [part], "reason": "同一笔", "on": "2017-11-01"}
    done(await desk.inspector.post(f"{ALERTS}/{main}/merges", merging))
    drafted = done(await desk.inspector.post("/audit/v1/findings", finding(part)))
    refused(
        await checker(desk.http, desk.county).post(f"/audit/v1/findings/{drafted['id']}/reviews", decision(drafted)),
        409,
        "alert-merged",
    )
    merged_at = await recorded_at(desk, admin, "AlertsMerged")
    opened = await confirmed(desk.inspector, finding(main))
    assert await listed(desk, status="taken_up") == sorted([main, part])
    assert await listed(desk, status="new", known_at=merged_at) == sorted([main, part])
    assert await listed(desk, status="taken_up", as_of="2017-10-31") == []
    told = await admin.fetchval(
        "SELECT body->>'alert_ids' FROM audit.event WHERE stream = $1 AND kind = 'FindingOpened'", desk.county
    )
    assert sorted(json.loads(told)) == sorted([main, part])
    assert (await seen(desk, part))["finding_id"] == opened["id"]
