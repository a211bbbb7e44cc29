"""Evidence is signed for or says why not, and is withdrawn by two people: marked, kept, and told as it was known."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest

from chassis import clock
from chassis.database import Database
from services.audit_api.words import sealed
from tests.audit_api.feeds import FakeFeed
from tests.audit_api.test_evidence import PDF, send
from tests.audit_api.test_finding import alerted, finding, refused
from tests.callers import Caller, audit_caller
from treasury.calendar import business_date


class Filed:
    """One file of a finding, whoever filed it, and another inspector."""

    def __init__(self, http: httpx.AsyncClient, county: str, finding_id: str, evidence_id: str) -> None:
        self.county, self.finding_id, self.id = county, finding_id, evidence_id
        self.maker = audit_caller(http, "inspector", county)
        self.checker = audit_caller(http, "inspector", county, subject="another.inspector")
        self.path = f"/audit/v1/evidence/{evidence_id}"

    async def file(self, **more: Any) -> dict[str, Any]:
        answer = await self.maker.get(self.path, params=more)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def ask(self, reason: str = "回单属于另一项目", **more: Any) -> httpx.Response:
        return await self.maker.post(f"{self.path}/withdrawals", {"reason": reason, "on": "2026-03-03"}, **more)

    async def decide(self, by: Caller, asked: dict[str, Any], decision: str = "agreed", **more: Any) -> httpx.Response:
        body = {"version_hash": asked["version_hash"], "decision": decision, "opinion": "情况属实", "on": "2026-03-04"}
        path = f"{self.path}/withdrawals/{asked['withdrawal_no']}/decision"
        return await by.post(path, {**body, **more.pop("body", {})}, **more)


@pytest.fixture
async def filed(audit_http: httpx.AsyncClient, database: Database, feed: FakeFeed, county: str) -> Filed:
    inspector = audit_caller(audit_http, "inspector", county)
    [alert_id] = await alerted(feed, database, county, uuid4())
    opened = (await inspector.post("/audit/v1/findings", finding(alert_id))).json()["id"]
    return Filed(audit_http, county, opened, (await send(inspector, opened, PDF)).json()["id"])


async def test_evidence_is_signed_for_or_says_why_not_and_keeps_what_was_told_before(
    filed: Filed, admin: asyncpg.Pool
) -> None:
    refusal = {"signed": False, "supplier": "虚构村委会", "unsigned_because": "负责人外出", "on": "2026-03-01"}
    first = await filed.maker.post(f"{filed.path}/signatures", refusal, key="signed-or-not")
    assert first.status_code == 201, first.text
    again = await filed.maker.post(f"{filed.path}/signatures", refusal, key="signed-or-not")
    assert (again.json(), again.headers["Idempotency-Replayed"]) == (first.json(), "true")
    between = clock.now().isoformat()
    signed = {"signed": True, "supplier": "虚构村委会", "on": "2026-03-09"}
    assert (await filed.maker.post(f"{filed.path}/signatures", signed)).status_code == 201

    told = (await filed.file())["signatures"]
    assert [(one["signed"], one["unsigned_because"], one["told_on"]) for one in told] == [
        (False, "负责人外出", "2026-03-01"),
        (True, None, "2026-03-09"),
    ]
    then = await filed.file(known_at=between)
    assert [one["signed"] for one in then["signatures"]] == [False]
    rows = await admin.fetch(
        "SELECT body ->> 'text_sha256' AS text, outcome ->> 'salt' AS salt, body::text || outcome::text AS told"
        " FROM audit.event"
        " WHERE stream = $1 AND kind = 'EvidenceSigned' ORDER BY position",
        filed.county,
    )
    assert "虚构村委会" not in "".join(row["told"] for row in rows)
    salt = await admin.fetchval(
        "SELECT salt FROM audit.evidence_signature WHERE county_code = $1 AND signature_no = 1", filed.county
    )
    said = sealed(salt, "虚构村委会", "负责人外出")
    assert rows[0]["text"] == hashlib.sha256(bytes.fromhex(rows[0]["salt"]) + bytes.fromhex(said)).hexdigest()


@pytest.mark.parametrize(
    "told",
    [
        {"signed": True, "supplier": "村委会", "unsigned_because": "外出"},
        {"signed": False, "supplier": "村委会"},
        {"signed": False, "supplier": "", "unsigned_because": "外出"},
        {"signed": "yes", "supplier": "村委会"},
    ],
)
async def test_a_signature_that_says_too_much_or_too_little_is_refused(filed: Filed, told: dict[str, Any]) -> None:
    refused(await filed.maker.post(f"{filed.path}/signatures", told), 422, "invalid-request")
    assert (await filed.file())["signatures"] == []


async def test_wrongly_filed_evidence_is_withdrawn_by_two_people_and_stays(filed: Filed) -> None:
    asked = (await filed.ask(key="withdraw-it")).json()
    assert (await filed.ask(key="withdraw-it")).headers["Idempotency-Replayed"] == "true"
    refused(await filed.ask(), 409, "evidence-withdrawal-stands")
    refused(await filed.decide(filed.maker, asked), 403, "own-decision")
    refused(await filed.decide(filed.checker, {**asked, "version_hash": "0" * 64}), 409, "version-changed")
    refused(
        await filed.decide(filed.checker, asked, body={"on": "2026-03-02"}), 409, "evidence-withdrawal-out-of-order"
    )
    refused(await filed.decide(filed.checker, {**asked, "withdrawal_no": 2}), 404, "not-found")
    before = clock.now().isoformat()
    decided = await filed.decide(filed.checker, asked, body={"on": "2026-03-03"}, key="agreed-to-it")
    assert decided.status_code == 201, decided.text
    assert (await filed.decide(filed.checker, asked, body={"on": "2026-03-03"}, key="agreed-to-it")).headers[
        "Idempotency-Replayed"
    ] == "true"
    refused(await filed.decide(filed.checker, asked), 409, "evidence-withdrawal-decided")
    refused(await filed.ask(), 409, "evidence-withdrawal-stands")

    told = await filed.file()
    assert (told["withdrawn_on"], told["withdrawals"][0]["opinion"]) == ("2026-03-03", "情况属实")
    then = await filed.file(known_at=before)
    assert (then["withdrawn_on"], then["withdrawals"][0]["decision"]) == (None, None)
    listed = await filed.maker.get("/audit/v1/evidence", params={"finding": filed.finding_id})
    assert [one["withdrawn_on"] for one in listed.json()["items"]] == ["2026-03-03"]
    copy = await filed.checker.get(f"{filed.path}/content")
    assert (copy.content, copy.headers["x-evidence-withdrawn"]) == (PDF, "2026-03-03")


async def test_a_refused_withdrawal_leaves_the_evidence_and_can_be_asked_anew(filed: Filed) -> None:
    asked = (await filed.ask()).json()
    assert (await filed.decide(filed.checker, asked, "refused")).status_code == 201
    assert (await filed.file())["withdrawn_on"] is None
    anew = (await filed.ask("确属另一项目")).json()
    assert (anew["withdrawal_no"], anew["version_hash"] != asked["version_hash"]) == (2, True)
    assert "x-evidence-withdrawn" not in (await filed.maker.get(f"{filed.path}/content")).headers


async def test_nobody_else_signs_withdraws_or_sees(filed: Filed, audit_http: httpx.AsyncClient) -> None:
    asked = (await filed.ask()).json()
    elsewhere = audit_caller(audit_http, "inspector", "980001")
    clerk = audit_caller(audit_http, "finance_clerk", filed.county)
    signed = {"signed": True, "supplier": "村委会"}
    for caller, status, slug in ((elsewhere, 404, "not-found"), (clerk, 403, "forbidden")):
        refused(await caller.get(filed.path), status, slug)
        refused(await caller.post(f"{filed.path}/signatures", signed), status, slug)
        refused(await caller.post(f"{filed.path}/withdrawals", {"reason": "无"}), status, slug)
        refused(await filed.decide(caller, asked), status, slug)


async def test_the_database_refuses_a_withdrawal_by_one_person(filed: Filed, admin: asyncpg.Pool) -> None:
    await filed.ask()
    with pytest.raises(asyncpg.CheckViolationError, match="maker_is_not_checker"):
        await admin.execute(
            "UPDATE audit.evidence_withdrawal SET decision = 'agreed', checked_by = made_by, opinion = '同意',"
            " decided_on = asked_on WHERE county_code = $1",
            filed.county,
        )


async def test_nothing_is_told_of_tomorrow(filed: Filed) -> None:
    today = business_date(clock.now())
    tomorrow = (today + timedelta(days=1)).isoformat()
    signed = {"signed": True, "supplier": "虚构村委会"}
    refused(await filed.maker.post(f"{filed.path}/signatures", {**signed, "on": tomorrow}), 409, "day-ahead")
    told = await filed.maker.post(f"{filed.path}/signatures", {**signed, "on": today.isoformat()})
    assert told.status_code == 201, told.text
    asking = {"reason": "登记有误", "on": tomorrow}
    refused(await filed.maker.post(f"{filed.path}/withdrawals", asking), 409, "day-ahead")
    asked = (await filed.ask()).json()
    refused(await filed.decide(filed.checker, asked, body={"on": tomorrow}), 409, "day-ahead")
    assert (await filed.file())["withdrawn_on"] is None
