"""Findings that were made in an engagement."""

from __future__ import annotations

from uuid import uuid4

import httpx

from chassis import clock
from chassis.database import Database
from tests.audit_api.engaged import Office, done, problem
from tests.audit_api.feeds import FakeFeed
from tests.audit_api.office import finding
from tests.audit_api.test_finding import alerted


async def test_a_finding_is_made_in_one_engagement(
    office: Office, audit_http: httpx.AsyncClient, database: Database, feed: FakeFeed, county: str
) -> None:
    [alert] = await alerted(feed, database, county, uuid4())
    made = (await office.chen.post("/audit/v1/findings", finding(alert))).json()["id"]
    await office.plan()
    said = {"finding_id": made, "on": "2023-03-15"}
    assert problem(await office.post("findings", said)) == (409, "engagement-step-out-of-turn")
    done(await office.notice("2023-03-06", "2023-03-09"))
    done(await office.start("2023-03-09"))
    assert problem(await office.post("findings", {**said, "on": "2023-03-08"})) == (409, "engagement-day-refused")
    assert problem(await office.post("findings", said, office.chen)) == (403, "not-on-team")
    assert problem(await office.post("findings", {**said, "finding_id": str(uuid4())})) == (404, "not-found")
    before = clock.now().isoformat()
    assert done(await office.post("findings", said))["findings_n"] == 1
    again = await office.post("findings", said)
    assert problem(again) == (409, "finding-named-already")
    assert again.json()["figures"] == {"finding_id": made, "engagement_id": office.id}
    assert [one["finding_id"] for one in (await office.read(as_of="2023-03-15"))["findings"]] == [made]
    assert (await office.read(as_of="2023-03-14"))["findings"] == []
    assert (await office.read(known_at=before))["findings"] == []
