"""Nothing about alerts, findings and quarantines is dated after today: what was would be in force and in no report."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from chassis import clock
from tests.audit_api.office import finding
from tests.audit_api.test_finding import refused
from tests.callers import audit_caller
from treasury.calendar import business_date

ANY = uuid4()
HASH = "0" * 64
DECISION = {"version_hash": HASH, "decision": "confirm", "opinion": "属实"}
ALERT = f"/audit/v1/alerts/{ANY}"
QUARANTINE = f"/audit/v1/quarantines/{ANY}"
LOTS = [{"lot_id": str(ANY), "amount_fen": 1}]
ACTS: list[tuple[str, str, dict[str, Any]]] = [
    (f"{ALERT}/triages", "on", {"triage": "rectify"}),
    (f"{ALERT}/assignments", "on", {"assignee": "li"}),
    (f"{ALERT}/merges", "on", {"alert_ids": [str(ANY)], "reason": "同一笔钱"}),
    (f"{ALERT}/partings", "on", {"alert_ids": [str(ANY)], "reason": "两笔钱"}),
    (f"{ALERT}/refutations", "on", {"reason": "退汇在途"}),
    (f"{ALERT}/refutations/{ANY}/decision", "on", DECISION),
    ("/audit/v1/findings", "found_on", finding()),
    (f"/audit/v1/findings/{ANY}/versions", "found_on", {**finding(), "based_on": HASH}),
    (f"/audit/v1/findings/{ANY}/reviews", "on", DECISION),
    (
        "/audit/v1/quarantines",
        "on",
        {"finding_id": str(ANY), "document": "封1", "lots": LOTS, "reason": "去向不明"},
    ),
    (f"{QUARANTINE}/decision", "on", DECISION),
    (f"{QUARANTINE}/release", "on", {"document": "解1", "reason": "已查清"}),
    (f"{QUARANTINE}/release/decision", "on", DECISION),
]


@pytest.mark.parametrize(("url", "day", "body"), ACTS)
async def test_no_act_is_dated_after_today(
    audit_http: httpx.AsyncClient, county: str, url: str, day: str, body: dict[str, Any]
) -> None:
    inspector = audit_caller(audit_http, "inspector", county)
    today = business_date(clock.now())
    ahead = await inspector.post(url, {**body, day: (today + timedelta(days=2)).isoformat()})
    refused(ahead, 409, "day-ahead")
    of_today = await inspector.post(url, {**body, day: today.isoformat()})
    assert of_today.status_code in {201, 404}, of_today.text
