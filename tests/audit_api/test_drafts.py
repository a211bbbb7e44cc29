"""A finding is drawn up in versions, nothing of which is lost, and another person confirms exactly one of them."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest

from chassis.database import Database
from tests.audit_api.feeds import FakeFeed, flag, flags, money, moved, reversal, told
from tests.audit_api.office import all_there, checker, confirmed, confirmed_draft, decision, finding, respelled
from tests.audit_api.test_evidence import PDF, send
from tests.audit_api.test_finding import alerted, order, refused
from tests.callers import Caller, audit_caller

FINDINGS = "/audit/v1/findings"


async def drafted(inspector: Caller, *alert_ids: str, **more: Any) -> dict[str, Any]:
    answer = await inspector.post(FINDINGS, finding(*alert_ids, **more))
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_a_draft_binds_nothing_and_another_person_confirms_it(
    audit_http: httpx.AsyncClient, database: Database, feed: FakeFeed, county: str
) -> None:
    inspector, other = audit_caller(audit_http, "inspector", county), checker(audit_http, county)
    lot = uuid4()
    [alert_id] = await alerted(feed, database, county, lot)
    draft = await drafted(inspector, alert_id)
    assert (draft["status"], draft["version_no"], draft["bound_fen"]) == ("draft", 1, 100_000)
    assert "title" not in draft, "the receipt is repeated from the journal, which holds no prose"
    assert (await inspector.get(f"/audit/v1/alerts/{alert_id}")).json()["status"] == "new"
    refused(
        await inspector.post("/audit/v1/rectification-orders", order(draft["id"], county)), 409, "finding-not-confirmed"
    )
    url = f"{FINDINGS}/{draft['id']}/reviews"
    refused(await inspector.post(url, decision(draft)), 403, "own-decision")
    refused(await other.post(url, decision(draft, version_hash="0" * 64)), 409, "version-changed")
    refused(await other.post(url, decision(draft, on="2017-10-31")), 409, "dates-out-of-order")
    refused(await other.post(url, decision(draft, choice="perhaps")), 422, "invalid-request")
    clerk = audit_caller(audit_http, "finance_clerk", county)
    refused(await clerk.post(url, decision(draft)), 403, "forbidden")
    elsewhere = audit_caller(audit_http, "inspector", "999999", subject="elsewhere")
    refused(await elsewhere.post(url, decision(draft)), 404, "not-found")

    done = await other.post(url, decision(draft), key="confirm-it-once")
    assert done.status_code == 201, done.text
    again = await other.post(url, decision(draft), key="confirm-it-once")
    assert (again.json(), again.headers["Idempotency-Replayed"]) == (done.json(), "true")
    assert (done.json()["status"], done.json()["confirmed_by"]) == ("open", other.claims["subject"])
    assert (await inspector.get(f"/audit/v1/alerts/{alert_id}")).json()["status"] == "taken_up"
    refused(await other.post(url, decision(draft)), 409, "finding-not-draft")
    late = {**finding(alert_id), "based_on": draft["version_hash"]}
    refused(await inspector.post(f"{FINDINGS}/{draft['id']}/versions", late), 409, "finding-not-draft")


async def test_every_version_stays_and_what_was_sent_back_is_written_anew(
    audit_http: httpx.AsyncClient, database: Database, feed: FakeFeed, county: str
) -> None:
    inspector, other = audit_caller(audit_http, "inspector", county), checker(audit_http, county)
    helper = audit_caller(audit_http, "inspector", county, subject="helper")
    [alert_id] = await alerted(feed, database, county, uuid4())
    first = await drafted(inspector, alert_id, recorded_facts=[])
    url = f"{FINDINGS}/{first['id']}"
    refused(await other.post(f"{url}/reviews", decision(first)), 409, "no-recorded-fact")
    back = await other.post(f"{url}/reviews", decision(first, "send_back", opinion="请补充事实"))
    assert (back.status_code, back.json()["status"]) == (201, "draft")
    refused(await other.post(f"{url}/reviews", decision(first)), 409, "version-decided")

    new = {**finding(alert_id, title="第一镇滞留产业资金"), "based_on": first["version_hash"]}
    second = (await helper.post(f"{url}/versions", new)).json()
    assert second["version_no"] == 2
    refused(await inspector.post(f"{url}/versions", new), 409, "version-changed")
    refused(await other.post(f"{url}/reviews", decision(first)), 409, "version-changed")
    for maker in (inspector, helper):
        refused(await maker.post(f"{url}/reviews", decision(second)), 403, "own-decision")
    assert (await other.post(f"{url}/reviews", decision(second))).json()["version_no"] == 2

    items = (await inspector.get(f"{url}/versions")).json()["items"]
    assert [(one["version_no"], one["title"], one["decision"], one["opinion"]) for one in items] == [
        (1, "第一镇滞留扶贫资金", "send_back", "请补充事实"),
        (2, "第一镇滞留产业资金", "confirm", "事实清楚"),
    ]
    assert [one["made_by"] for one in items] == ["inspector." + county, "helper"]
    assert [len(one["recorded_facts"]) for one in items] == [0, 1]
    for one in items:
        assert one["version_hash"] == respelled(one), "what is told of a version is what its hash names"


async def test_recorded_facts_rest_on_evidence_of_their_own_finding(
    audit_http: httpx.AsyncClient, database: Database, feed: FakeFeed, county: str
) -> None:
    inspector = audit_caller(audit_http, "inspector", county)
    one_id, other_id = await alerted(feed, database, county, uuid4(), uuid4())
    draft, other = await drafted(inspector, one_id), await drafted(inspector, other_id)
    kept = (await send(inspector, draft["id"], PDF)).json()["id"]
    strange = (await send(inspector, other["id"], PDF)).json()["id"]
    facts = [
        {"what": "五月到账", "from_on": "2017-05-02", "to_on": "2017-05-02", "evidence_ids": [kept]},
        {"what": "至十月仍未拨付", "amount_fen": 60_000},
    ]
    new = {**finding(one_id), "based_on": draft["version_hash"]}
    url = f"{FINDINGS}/{draft['id']}/versions"
    wrong = {**new, "recorded_facts": [{"what": "据此", "evidence_ids": [strange]}]}
    refused(await inspector.post(url, wrong), 409, "evidence-not-of-finding")
    for bad in ({"from_on": "2017-05-02"}, {"from_on": "2017-05-02", "to_on": "2017-05-01"}, {"amount_fen": 0}):
        refused(await inspector.post(url, {**new, "recorded_facts": [{"what": "x", **bad}]}), 422, "invalid-request")
    second = (await inspector.post(url, {**new, "recorded_facts": facts})).json()
    await confirmed_draft(audit_http, county, second)
    file = (await inspector.get(f"{FINDINGS}/{draft['id']}")).json()
    assert [(one["what"], one["amount_fen"], one["evidence_ids"]) for one in file["recorded_facts"]] == [
        ("五月到账", None, [kept]),
        ("至十月仍未拨付", 60_000, []),
    ]


async def test_a_finding_is_read_as_it_was_known_to_the_same_figures(
    audit_http: httpx.AsyncClient, database: Database, feed: FakeFeed, county: str, admin: asyncpg.Pool
) -> None:
    """Each reading is taken at once and again at the end by its instant: a later fact changes no earlier answer."""
    inspector = audit_caller(audit_http, "inspector", county)
    lot = uuid4()
    [alert_id] = await alerted(feed, database, county, lot)
    readings: list[tuple[str, Any]] = []
    draft = await drafted(inspector, alert_id)
    url = f"{FINDINGS}/{draft['id']}"

    async def read() -> Any:
        now = await admin.fetchval("SELECT clock_timestamp()")
        found = (await inspector.get(url, params={"as_of": "2017-12-31"})).json()
        readings.append((now.isoformat(), found))
        return found

    await read()
    again = {**finding(alert_id, title="第一镇滞留产业资金"), "based_on": draft["version_hash"]}
    second = (await inspector.post(f"{url}/versions", again)).json()
    await read()
    await confirmed_draft(audit_http, county, second)
    await read()
    paid = moved(county, (lot, 40_000))
    undone = reversal(county, paid)
    for movement in (paid, undone, moved(county, (undone.draws[0].to_lot_id, 15_000)), moved(county, (lot, 60_000))):
        feed.append(county, money(county, movement))
        await feed.follower(database, county).round()
        found = await read()
        assert found["bound_fen"] == found["amount_fen"] == 100_000
        assert found["rectified_fen"] == sum(one["rectified_fen"] for one in found["lots"])
        stored = await admin.fetch(
            "SELECT lot_id, bound_fen, rectified_fen FROM audit.finding_lot WHERE finding_id = $1", UUID(draft["id"])
        )
        told_now = {(UUID(one["lot_id"]), one["bound_fen"], one["rectified_fen"]) for one in found["lots"]}
        assert {tuple(row) for row in stored} == told_now
    assert [found["rectified_fen"] for _, found in readings] == [0, 0, 0, 40_000, 0, 15_000, 75_000]
    assert [found["status"] for _, found in readings] == ["draft", "draft", *["open"] * 5]

    changing = {"version", "known_at", "known_position"}
    for at, then in readings:
        later = (await inspector.get(url, params={"as_of": "2017-12-31", "known_at": at})).json()
        assert {k: v for k, v in later.items() if k not in changing} == {
            k: v for k, v in then.items() if k not in changing
        }
    before = {"known_at": "2017-01-01T00:00:00+08:00"}
    refused(await inspector.get(url, params=before), 404, "not-found")
    refused(await inspector.get(f"{url}/versions", params=before), 404, "not-found")


async def test_alerts_that_are_not_about_lots_are_taken_up_too(
    audit_http: httpx.AsyncClient, database: Database, feed: FakeFeed, county: str
) -> None:
    inspector = audit_caller(audit_http, "inspector", county)
    subject = uuid4()
    about = {"subject": "household", "subject_id": subject, "lot_id": None, "amount_fen": 720}
    household = told(county, **about)
    feed.found(county, household)
    lot = flag(county)
    feed.append(county, flags(county, lot))
    await feed.follower(database, county).round()
    both = finding(str(household.id), str(lot.flag_id), class_code="F11")
    refused(await inspector.post(FINDINGS, {**both, "amount_fen": 100_000}), 503, "ledger-down")
    with all_there(audit_http):
        refused(await inspector.post(FINDINGS, both), 422, "amount-not-told")
        small = {**both, "amount_fen": 99_999}
        refused(await inspector.post(FINDINGS, small), 409, "subjects-exceed-amount")
        found = await confirmed(inspector, {**both, "amount_fen": 100_000})
    assert (found["amount_fen"], found["bound_fen"], found["unexplained_fen"]) == (100_000, 100_000, 0)
    file = (await inspector.get(f"{FINDINGS}/{found['id']}")).json()
    assert {(one["kind"], one["amount_fen"]) for one in file["subjects"]} == {("household", 720), ("lot", 100_000)}


async def test_a_finding_names_what_it_is_about_and_may_be_bound_to_nothing_yet(
    audit_http: httpx.AsyncClient, county: str
) -> None:
    inspector = audit_caller(audit_http, "inspector", county)
    batch = str(uuid4())
    named = [
        {"kind": "batch", "id": batch, "line": 1, "amount_fen": 300},
        {"kind": "batch", "id": batch, "line": 2, "amount_fen": 200},
    ]
    with all_there(audit_http):
        found = await confirmed(inspector, finding(subjects=named))
    assert (found["amount_fen"], found["bound_fen"], found["unexplained_fen"]) == (500, 0, 0)
    bare = await confirmed(inspector, finding(amount_fen=1_510_000_000))
    assert (bare["unexplained_fen"], bare["outstanding_fen"]) == (1_510_000_000, 1_510_000_000)
    unknown = await confirmed(inspector, finding())
    assert (unknown["amount_fen"], unknown["outstanding_fen"]) == (None, 0)
    refused(await inspector.post(FINDINGS, finding(subjects=[named[0], named[0]])), 422, "invalid-request")
    loan = {"kind": "loan", "id": batch, "line": 1, "amount_fen": 1}
    refused(await inspector.post(FINDINGS, finding(subjects=[loan])), 422, "invalid-request")


async def test_the_database_keeps_what_was_confirmed_and_who_decided(
    audit_http: httpx.AsyncClient,
    database: Database,
    feed: FakeFeed,
    county: str,
    admin: asyncpg.Pool,
    urls: dict[str, str],
) -> None:
    inspector = audit_caller(audit_http, "inspector", county)
    [alert_id] = await alerted(feed, database, county, uuid4())
    found = await confirmed(inspector, finding(alert_id))
    this = UUID(found["id"])
    for change in ("title = 'x'", "amount_fen = 1", "confirmed_on = confirmed_on + 1", "version_no = 2"):
        with pytest.raises(asyncpg.CheckViolationError, match="was confirmed"):
            await admin.execute(f"UPDATE audit.finding SET {change} WHERE id = $1", this)
    with pytest.raises(asyncpg.CheckViolationError, match="maker_is_not_checker"):
        await admin.execute("UPDATE audit.finding_review SET checked_by = made_by WHERE finding_id = $1", this)
    with pytest.raises(asyncpg.ForeignKeyViolationError):
        await admin.execute("UPDATE audit.finding_review SET version_hash = $2 WHERE finding_id = $1", this, "0" * 64)
    draft = UUID((await drafted(inspector))["id"])
    for change, broken in (
        ("status = 'open'", "confirmed_has_its_day"),
        ("status = 'open', confirmed_on = found_on", "confirmed_by_somebody"),
        ("status = 'open', confirmed_on = found_on, confirmed_by = opened_by", "maker_is_not_checker"),
    ):
        with pytest.raises(asyncpg.CheckViolationError, match=broken):
            await admin.execute(f"UPDATE audit.finding SET {change} WHERE id = $1", draft)
    connection = await asyncpg.connect(urls["audit"])
    try:
        for table in ("finding_version", "finding_fact", "finding_fact_evidence", "finding_subject", "finding_review"):
            for statement in (f"UPDATE audit.{table} SET region_code = ''", f"DELETE FROM audit.{table}"):
                with pytest.raises(asyncpg.InsufficientPrivilegeError):
                    await connection.execute(statement)
            async with connection.transaction():
                await connection.execute("SELECT set_config('app.region', $1, true)", county + "101")
                assert await connection.fetchval(f"SELECT count(*) FROM audit.{table}") == 0
    finally:
        await connection.close()
