"""For whoever is no member a lead is an id that never was: every caller on every route, lists, streams, keys."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute, iter_route_contexts
from sqlalchemy import event

from chassis.database import Database
from services.audit_api.app import BLUEPRINT
from tests.audit_api.casework import decision, declared, inspector, lead, left, referred, subject
from tests.audit_api.feeds import FakeFeed
from tests.audit_api.office import confirmed, finding
from tests.audit_api.test_finding import alerted, refused
from tests.callers import Caller, audit_caller

# What each route is asked with; a new route of a lead has to be entered here.
ASKED: dict[tuple[str, str], Any] = {
    ("GET", ""): None,
    ("POST", "/members"): {"person": "somebody"},
    ("POST", "/departures"): {"person": "somebody"},
    ("POST", "/departures/1/decision"): {"version_hash": "0" * 64, "decision": "agree", "opinion": "同意"},
    ("POST", "/opinions"): {"opinion": "意见", "on": "2019-02-01", "disposition": "closed"},
    ("POST", "/opinions/1/decision"): decision({"version_hash": "0" * 64}, "2019-02-01"),
    ("POST", "/letters"): {"received_on": "2019-02-01"},
    ("POST", "/letter-replies"): {"reply": "书面说明", "on": "2019-02-01"},
    ("POST", "/talks"): {"ended_on": "2019-02-01"},
    ("POST", "/talk-reports"): {"report": "报告", "on": "2019-02-01"},
    ("GET", "/erasures"): None,
    ("POST", "/erasures"): {"fields": ["matter"], "basis": "other_law", "document": "个请〔2026〕3号"},
    ("POST", f"/erasures/{uuid4()}/decision"): {**decision({"version_hash": "0" * 64}, "2026-03-01", "agreed")},
}
OTHERS = (
    "former",
    "other",
    "superior",
    "neighbour",
    "neighbour_asking_here",
    "finance_clerk",
    "township_clerk",
    "feed_reader",
    "case_office",
    "audit_admin",
    "system_admin",
)


class Case:
    """A lead with an opinion waiting, two members, one former member, and everybody who must not know."""

    def __init__(self, http: httpx.AsyncClient, county: str) -> None:
        self.http, self.county = http, county
        self.an, self.bo = inspector(http, county, "an"), inspector(http, county, "bo")
        self.former = inspector(http, county, "former")
        self.lead_id = ""

    async def begin(self) -> Case:
        await declared(self.former)
        self.lead_id = await referred(self.county, self.an, self.bo)
        self.url = f"/audit/v1/leads/{self.lead_id}"
        await self.an.post(f"{self.url}/members", {"person": subject(self.former)})
        self.old = await self.former.post(f"{self.url}/opinions", ASKED["POST", "/opinions"], key="drawn-as-a-member")
        assert self.old.status_code == 201, self.old.text
        await left(self.an, self.bo, self.lead_id, self.former)
        return self

    def caller(self, name: str) -> tuple[Caller, dict[str, str]]:
        """Who asks, and with which query."""
        here = {"county": self.county}
        neighbour = audit_caller(self.http, "inspector", "98" + self.county[2:])
        callers = {
            "former": (self.former, {}),
            "other": (inspector(self.http, self.county, "other"), {}),
            "superior": (audit_caller(self.http, "inspector", self.county[:4]), here),
            "neighbour": (neighbour, {}),
            "neighbour_asking_here": (neighbour, here),
            "township_clerk": (audit_caller(self.http, name, self.county + "101"), {}),
            "feed_reader": (audit_caller(self.http, name, "99", subject="qingliu-follower"), here),
        }
        return callers.get(name, (audit_caller(self.http, name, self.county), {}))


@pytest.fixture
async def case(audit_http: httpx.AsyncClient, county: str) -> Case:
    return await Case(audit_http, county).begin()


async def asked(caller: Caller, method: str, url: str, body: Any, query: dict[str, str], key: str) -> httpx.Response:
    more = {} if body is None else {"json": body}
    return await caller.request(method, url, params=query, key=key, **more)


def seen(answer: httpx.Response, named: str) -> tuple[int, str, dict[str, str]]:
    """All that a caller can see of an answer, but for the id that was asked for and the number of the request."""
    text = re.sub(r"urn:request:[^\"]*", "", answer.text).replace(named, "ID")
    headers = {name: value for name, value in answer.headers.items() if name != "x-request-id"}
    return answer.status_code, text, headers


def test_every_route_of_a_lead_is_in_the_table() -> None:
    app = FastAPI()
    for router in BLUEPRINT.routers:
        app.include_router(router)
    found = {
        (
            method,
            context.route.path.removeprefix("/audit/v1/leads/{lead_id}")
            .replace("{opinion_no}", "1")
            .replace("{departure_no}", "1"),
        )
        for context in iter_route_contexts(app.routes)
        if isinstance(context.route, APIRoute) and "{lead_id}" in context.route.path
        for method in context.route.methods or ()
    }
    an_id = re.compile(r"[0-9a-f-]{36}")
    assert found == {(method, an_id.sub("{erasure_id}", path)) for method, path in ASKED}


@pytest.mark.parametrize("name", OTHERS)
async def test_nobody_else_hears_more_than_of_an_id_that_never_was(case: Case, name: str, admin: asyncpg.Pool) -> None:
    caller, query = case.caller(name)
    heads = "SELECT stream, position FROM audit.stream_head WHERE stream LIKE $1 || '%' ORDER BY stream"
    before = await admin.fetch(heads, case.county)
    statuses = set()
    for (method, path), body in ASKED.items():
        never = str(uuid4())
        there = await asked(caller, method, case.url + path, body, query, "asked-about-a-lead")
        absent = await asked(caller, method, f"/audit/v1/leads/{never}{path}", body, query, "asked-about-nothing")
        assert seen(there, case.lead_id) == seen(absent, never), f"{method} {path}"
        statuses.add(there.status_code)
    assert statuses <= ({404} if name in {"former", "other", "superior", "neighbour"} else {403})
    assert await admin.fetch(heads, case.county) == before, "a look by somebody else leaves nothing"


async def test_somebody_of_a_place_above_may_be_a_member(case: Case, audit_http: httpx.AsyncClient) -> None:
    above = audit_caller(audit_http, "inspector", case.county[:4], subject=f"above.{case.county}")
    query = {"params": {"county": case.county}}
    assert (await above.post("/audit/v1/interest-declarations", {"kind": "none"}, **query)).status_code == 201
    refused(await above.get(case.url, **query), 404, "not-found")
    assert (await case.an.post(f"{case.url}/members", {"person": subject(above)})).status_code == 201
    assert (await above.get(case.url, **query)).status_code == 200


async def test_a_member_is_answered(case: Case) -> None:
    for caller in (case.an, case.bo):
        assert (await caller.get(case.url)).status_code == 200
    refused(await case.an.post(f"{case.url}/members", {"person": "somebody"}), 409, "interests-not-declared")


@pytest.mark.parametrize("name", ["former", "other", "superior", "neighbour"])
async def test_lists_are_those_of_a_county_without_leads(case: Case, name: str, audit_http: httpx.AsyncClient) -> None:
    caller, query = case.caller(name)
    empty = await inspector(audit_http, "98" + case.county[2:], "an").get("/audit/v1/leads")
    for more in ({}, {"known_at": "2026-01-01T00:00:00Z"}, {"as_of": "2019-12-31", "limit": "1"}):
        listed = await caller.get("/audit/v1/leads", params={**query, **more})
        assert seen(listed, "-") == seen(empty, "-")


async def test_a_former_members_key_says_nothing(case: Case) -> None:
    url = f"{case.url}/opinions"
    again = await case.former.post(url, ASKED["POST", "/opinions"], key="drawn-as-a-member")
    refused(again, 404, "not-found")
    assert "Idempotency-Replayed" not in again.headers
    other, _ = case.caller("other")
    refused(await other.post(url, ASKED["POST", "/opinions"], key="drawn-as-a-member"), 404, "not-found")
    await proposed_by_nobody_else(case)


async def proposed_by_nobody_else(case: Case) -> None:
    file = (await case.an.get(case.url)).json()
    assert [one["drawn_by"] for one in file["opinions"]] == [subject(case.former)]


@asynccontextmanager
async def statements(database: Database) -> AsyncIterator[list[str]]:
    """The statements that the service sends meanwhile."""
    sent: list[str] = []

    def heard(*about: Any) -> None:
        sent.append(about[2])

    event.listen(database.engine.sync_engine, "before_cursor_execute", heard)
    yield sent
    event.remove(database.engine.sync_engine, "before_cursor_execute", heard)


async def test_the_same_is_asked_of_the_database_whether_it_is_there(case: Case, database: Database) -> None:
    other, _ = case.caller("other")
    for (method, path), body in ASKED.items():
        async with statements(database) as there:
            await asked(other, method, case.url + path, body, {}, "asked-about-a-lead")
        async with statements(database) as absent:
            await asked(other, method, f"/audit/v1/leads/{uuid4()}{path}", body, {}, "asked-about-nothing")
        assert there == absent
        assert len(there) > 0


async def test_the_county_s_journal_and_feed_have_no_gap(
    case: Case, database: Database, feed: FakeFeed, admin: asyncpg.Pool
) -> None:
    alerts = await alerted(feed, database, case.county, uuid4(), uuid4())
    other, _ = case.caller("other")
    await other.post("/audit/v1/findings", finding(alerts[0]))
    await proposed_by_nobody_else(case)
    await case.an.post(f"{case.url}/opinions/1/decision", decision(case.old.json(), "2019-02-01"))
    await other.post("/audit/v1/findings", finding(alerts[1]))
    rows = await admin.fetch("SELECT position, kind FROM audit.event WHERE stream = $1 ORDER BY position", case.county)
    assert [row["position"] for row in rows] == list(range(1, len(rows) + 1))
    assert not [row["kind"] for row in rows if row["kind"].startswith(("Lead", "Interest"))]
    reader = audit_caller(case.http, "feed_reader", "99")
    streams = (await reader.get("/audit/v1/events")).json()["streams"]
    assert case.county in streams
    assert not [one for one in streams if "." in one]
    asked_for = await reader.get("/audit/v1/events", params={"stream": case.county + ".leads"})
    refused(asked_for, 422, "invalid-request")


async def test_a_finding_reads_the_same_with_a_lead_and_is_referred_by_others_too(
    audit_http: httpx.AsyncClient, database: Database, feed: FakeFeed, county: str
) -> None:
    an, other = inspector(audit_http, county, "an"), inspector(audit_http, county, "other")
    [alert_id] = await alerted(feed, database, county, uuid4())
    found = (await confirmed(an, finding(alert_id)))["id"]
    url = f"/audit/v1/findings/{found}"
    day = {"as_of": "2019-12-31"}
    before = (await other.get(url, params=day)).json()
    about = {"source": "finding", "finding_id": found, "subject_unit_id": str(uuid4())}
    first = await referred(county, an, **about)
    assert (await other.get(url, params=day)).json() == before
    second = await referred(county, other, **about)
    assert first != second
    assert [one["id"] for one in (await other.get("/audit/v1/leads")).json()["items"]] == [second]


async def test_whoever_refers_a_lead_to_others_hears_of_it_no_more(audit_http: httpx.AsyncClient, county: str) -> None:
    an, bo = inspector(audit_http, county, "an"), inspector(audit_http, county, "bo")
    await declared(bo)
    made = await an.post("/audit/v1/leads", lead(county, bo), key="refer-it-away")
    url = f"/audit/v1/leads/{made.json()['id']}"
    refused(await an.get(url), 404, "not-found")
    assert (await an.get("/audit/v1/leads")).json()["items"] == []
    assert (await bo.get(url)).json()["referred_by"] == subject(an)


async def test_each_look_of_a_member_is_in_the_journal(case: Case, admin: asyncpg.Pool) -> None:
    looks = "SELECT count(*) FROM audit.event WHERE stream = $1 AND kind = 'LeadRead' AND body->>'reader' = $2"
    stream = case.county + ".leads"
    before = await admin.fetchval(looks, stream, subject(case.bo))
    await case.bo.get(case.url)
    assert await admin.fetchval(looks, stream, subject(case.bo)) == before + 1


async def test_counts_are_told_above_the_county_of_months_that_are_over(
    audit_http: httpx.AsyncClient, county: str, admin: asyncpg.Pool
) -> None:
    """Five of two counties are told; four are not, five of one county are not, and nought is not."""
    an = inspector(audit_http, county, "an")
    bo = inspector(audit_http, "9950" + county[4:], "bo")
    above = audit_caller(audit_http, "case_office", county[:4])
    wide = audit_caller(audit_http, "case_office", "99")
    for source, here, there in (("letter_visit", 4, 1), ("patrol", 3, 1), ("inspection", 5, 0)):
        for caller, n in ((an, here), (bo, there)):
            for _ in range(n):
                made = await referred(caller.region, caller, source=source)
                await admin.execute("UPDATE audit.lead SET recorded_at = '2016-05-31 15:59:59Z' WHERE id = $1", made)
    month = {"month": "2016-05"}
    told = (await wide.get("/audit/v1/lead-counts", params=month)).json()
    assert told["source"]["cells"] == {
        "finding": None,
        "audit_transfer": None,
        "big_data_alert": None,
        "letter_visit": 5,
        "inspection": None,
        "patrol": None,
    }
    assert told["source"]["total_n"] is None, "a sum would tell what was kept back"
    assert (told["region_code"], told["cell_min_n"]) == ("99", 5)
    assert set(told["form"]["cells"].values()) == {None}
    following = (await wide.get("/audit/v1/lead-counts", params={"month": "2016-06"})).json()
    assert set(following["source"]["cells"].values()) == {None}
    assert (await above.get("/audit/v1/lead-counts", params=month)).status_code == 200
    for region in (county, county + "101"):
        within = audit_caller(audit_http, "case_office", region)
        refused(await within.get("/audit/v1/lead-counts", params=month), 403, "counts-above-county")
    for role in ("inspector", "finance_clerk", "audit_admin", "feed_reader"):
        answer = await audit_caller(audit_http, role, "99").get("/audit/v1/lead-counts", params=month)
        refused(answer, 403, "forbidden")
    refused(await wide.get(f"/audit/v1/leads/{uuid4()}"), 403, "forbidden")
    refused(await wide.get("/audit/v1/lead-counts", params={"month": "2100-01"}), 409, "month-not-over")
    refused(await wide.get("/audit/v1/lead-counts", params={"month": "2016-13"}), 422, "invalid-request")


async def test_a_draft_is_referred_by_nobody(
    audit_http: httpx.AsyncClient, database: Database, feed: FakeFeed, county: str
) -> None:
    an = inspector(audit_http, county, "an")
    await declared(an)
    [alert_id] = await alerted(feed, database, county, uuid4())
    draft = (await an.post("/audit/v1/findings", finding(alert_id))).json()["id"]
    asked = lead(county, an, source="finding", finding_id=draft)
    refused(await an.post("/audit/v1/leads", asked), 409, "finding-not-confirmed")
    refused(await an.post("/audit/v1/leads", {**asked, "finding_id": str(uuid4())}), 404, "not-found")
    assert (await an.get("/audit/v1/leads")).json()["items"] == []
