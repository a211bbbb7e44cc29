"""The life of a lead between its members: the month, two people on each opinion, outcomes, who comes and goes."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import asyncpg
import httpx

from chassis import clock
from chassis.database import Database
from tests.audit_api.casework import (
    MATTER,
    UNIT,
    decided,
    decision,
    declared,
    disposed,
    inspector,
    lead,
    leaving,
    left,
    proposed,
    referred,
    subject,
)
from tests.audit_api.feeds import FakeFeed
from tests.audit_api.office import confirmed, finding
from tests.audit_api.test_finding import alerted, refused
from tests.callers import Caller
from treasury.calendar import business_date


async def test_from_the_referral_to_the_outcome(
    audit_http: httpx.AsyncClient, database: Database, feed: FakeFeed, county: str, admin: asyncpg.Pool
) -> None:
    an, bo = inspector(audit_http, county, "an"), inspector(audit_http, county, "bo")
    [alert_id] = await alerted(feed, database, county, uuid4())
    found = (await confirmed(an, finding(alert_id)))["id"]
    lead_id = await referred(county, an, bo, source="finding", finding_id=found)
    url = f"/audit/v1/leads/{lead_id}"

    file = (await bo.get(url)).json()
    assert (file["stage"], file["finding_id"], file["matter"]) == ("received", found, MATTER)
    assert (file["opinion_due_on"], file["opinion_limit"]) == ("2019-02-28", "lead_opinion_months@00@2015-01-01#1")
    await disposed(an, bo, lead_id, "2019-02-20", disposition="talk_or_letter")
    talk = await bo.post(f"{url}/talks", {"ended_on": "2019-03-31"})
    assert (talk.status_code, talk.json()["due_on"]) == (201, "2019-04-30")
    assert (await an.post(f"{url}/talk-reports", {"report": "已说明", "on": "2019-04-30"})).status_code == 201
    await disposed(bo, an, lead_id, "2019-05-05", disposition="preliminary_check")
    await disposed(an, bo, lead_id, "2019-06-30", outcome="partly_substantiated", form="first")

    stages = [
        (await an.get(url, params={"as_of": day})).json()["stage"]
        for day in ("2019-02-19", "2019-02-20", "2019-05-05", "2019-06-30")
    ]
    assert stages == ["received", "talking", "checking", "closed"]
    file = (await an.get(url)).json()
    assert [one["form"] for one in file["opinions"]] == [None, None, "first"]
    assert [(one["days_overdue"], one["reported_on"]) for one in file["talks"]] == [(0, "2019-04-30")]
    events = await admin.fetch(
        "SELECT kind, body::text, outcome::text FROM audit.event WHERE stream = $1", county + ".leads"
    )
    assert {
        "LeadReferred",
        "LeadRead",
        "LeadOpinionDrawn",
        "LeadOpinionDecided",
        "LeadTalkEnded",
        "LeadTalkReported",
    } <= {one["kind"] for one in events}
    told = "".join(one["body"] + one["outcome"] for one in events)
    assert MATTER not in told
    assert UNIT not in told
    assert "拟按此处置" not in told


async def test_the_month_ends_on_its_last_day_and_lateness_is_told_from_days(
    audit_http: httpx.AsyncClient, county: str
) -> None:
    an, bo = inspector(audit_http, county, "an"), inspector(audit_http, county, "bo")
    lead_id = await referred(county, an, bo, received_on="2020-01-31")
    url = f"/audit/v1/leads/{lead_id}"

    async def late(day: str) -> tuple[bool, int]:
        told = (await an.get(url, params={"as_of": day})).json()
        return told["overdue"], told["opinion_days_overdue"]

    assert await late("2020-02-29") == (False, 0)
    assert await late("2020-03-01") == (True, 1)
    first = await proposed(an, lead_id, "2020-02-29", disposition="kept_for_later")
    assert await late("2020-03-01") == (False, 0)
    sent_back = decision(first, "2020-03-02", "send_back")
    assert (await bo.post(f"{url}/opinions/1/decision", sent_back)).status_code == 201
    assert await late("2020-03-01") == (False, 0)
    assert await late("2020-03-02") == (True, 2), "what was sent back is no opinion any more"
    await disposed(an, bo, lead_id, "2020-03-05", disposition="kept_for_later")
    assert await late("2020-03-05") == (False, 5)
    listed = (await an.get("/audit/v1/leads", params={"as_of": "2020-03-02"})).json()["items"]
    assert [(one["id"], one["overdue"]) for one in listed] == [(lead_id, True)]


async def test_a_report_is_due_a_month_after_the_talk(audit_http: httpx.AsyncClient, county: str) -> None:
    an, bo = inspector(audit_http, county, "an"), inspector(audit_http, county, "bo")
    lead_id = await referred(county, an, bo)
    url = f"/audit/v1/leads/{lead_id}"
    refused(await an.post(f"{url}/talks", {"ended_on": "2019-02-11"}), 409, "lead-step-not-possible")
    await disposed(an, bo, lead_id, "2019-02-10", disposition="talk_or_letter")
    refused(await an.post(f"{url}/talk-reports", {"report": "早", "on": "2019-02-11"}), 409, "lead-step-not-possible")
    refused(await an.post(f"{url}/talks", {"ended_on": "2019-02-09"}), 409, "dates-out-of-order")
    assert (await an.post(f"{url}/talks", {"ended_on": "2019-02-28"})).json()["due_on"] == "2019-03-28"
    refused(await an.post(f"{url}/talks", {"ended_on": "2019-02-28"}), 409, "lead-step-not-possible")
    early = {"opinion": "未写报告", "on": "2019-03-01", "disposition": "closed"}
    refused(await an.post(f"{url}/opinions", early), 409, "talk-report-missing")
    assert not (await an.get(url, params={"as_of": "2019-03-28"})).json()["overdue"]
    late = (await an.get(url, params={"as_of": "2019-03-29"})).json()
    assert (late["overdue"], late["talks"][0]["days_overdue"]) == (True, 1)
    refused(await an.post(f"{url}/talk-reports", {"report": "早", "on": "2019-02-27"}), 409, "dates-out-of-order")
    assert (await an.post(f"{url}/talk-reports", {"report": "补报", "on": "2019-03-29"})).status_code == 201
    await disposed(an, bo, lead_id, "2019-04-01", disposition="closed")
    refused(await an.post(f"{url}/opinions", {**early, "on": "2019-04-02"}), 409, "lead-step-not-possible")


async def test_what_one_drew_up_another_decides_on_by_the_very_version(
    audit_http: httpx.AsyncClient, county: str
) -> None:
    an, bo = inspector(audit_http, county, "an"), inspector(audit_http, county, "bo")
    lead_id = await referred(county, an, bo)
    url = f"/audit/v1/leads/{lead_id}/opinions"
    receipt = await proposed(an, lead_id, "2019-02-01", disposition="preliminary_check")
    refused(await an.post(f"{url}/1/decision", decision(receipt, "2019-02-01")), 403, "own-decision")
    other = decision({"version_hash": "0" * 64}, "2019-02-01")
    refused(await bo.post(f"{url}/1/decision", other), 409, "version-changed")
    refused(await bo.post(f"{url}/1/decision", decision(receipt, "2019-01-31")), 409, "dates-out-of-order")
    refused(await bo.post(f"{url}/2/decision", decision(receipt, "2019-02-01")), 404, "not-found")
    second = {"opinion": "另拟", "on": "2019-02-01", "disposition": "closed"}
    refused(await bo.post(url, second), 409, "opinion-undecided")
    done = await bo.post(f"{url}/1/decision", decision(receipt, "2019-02-01"), key="decide-it-once")
    again = await bo.post(f"{url}/1/decision", decision(receipt, "2019-02-01"), key="decide-it-once")
    assert (again.json(), again.headers["Idempotency-Replayed"]) == (done.json(), "true")
    refused(await bo.post(f"{url}/1/decision", decision(receipt, "2019-02-01")), 409, "opinion-decided")


async def test_an_outcome_needs_a_check_behind_it_and_fits_its_form(audit_http: httpx.AsyncClient, county: str) -> None:
    an, bo = inspector(audit_http, county, "an"), inspector(audit_http, county, "bo")
    lead_id = await referred(county, an, bo)
    url = f"/audit/v1/leads/{lead_id}/opinions"
    outcome = {"opinion": "结果", "on": "2019-02-01", "outcome": "substantiated", "form": "fourth"}
    refused(await an.post(url, outcome), 409, "lead-step-not-possible")
    for wrong in (
        {**outcome, "outcome": "not_substantiated"},
        {**outcome, "disposition": "closed"},
        {"opinion": "无类别", "on": "2019-02-01"},
        {"opinion": "无形态", "on": "2019-02-01", "outcome": "substantiated"},
        {**outcome, "person": "某人"},
    ):
        refused(await an.post(url, wrong), 422, "invalid-request")
    await disposed(an, bo, lead_id, "2019-02-01", disposition="kept_for_later")
    refused(await an.post(url, outcome), 409, "lead-step-not-possible")
    await disposed(an, bo, lead_id, "2019-02-01", disposition="preliminary_check")
    await disposed(an, bo, lead_id, "2019-02-01", outcome="not_substantiated", form="none")


async def test_nothing_happens_tomorrow_or_before_it_was_received(audit_http: httpx.AsyncClient, county: str) -> None:
    an, bo = inspector(audit_http, county, "an"), inspector(audit_http, county, "bo")
    await declared(an, bo)
    today = business_date(clock.now())
    tomorrow = lead(county, an, received_on=(today + timedelta(days=1)).isoformat())
    refused(await an.post("/audit/v1/leads", tomorrow), 409, "day-ahead")
    lead_id = await referred(county, an, bo, received_on=today.isoformat())
    url = f"/audit/v1/leads/{lead_id}/opinions"
    before = {"opinion": "意见", "on": (today - timedelta(days=1)).isoformat(), "disposition": "closed"}
    refused(await an.post(url, before), 409, "dates-out-of-order")
    refused(await an.post(url, {**before, "on": (today + timedelta(days=1)).isoformat()}), 409, "day-ahead")
    assert (await an.post(url, {**before, "on": today.isoformat()})).status_code == 201


async def test_a_referral_names_its_source_and_its_place(audit_http: httpx.AsyncClient, county: str) -> None:
    an = inspector(audit_http, county, "an")
    await declared(an)
    for wrong in (
        {"source": "finding"},
        {"finding_id": str(uuid4())},
        {"members": []},
        {"members": [subject(an), subject(an)]},
        {"matter": ""},
        {"source": "rumour"},
    ):
        refused(await an.post("/audit/v1/leads", lead(county, an, **wrong)), 422, "invalid-request")
    strange = lead(county, an, source="finding", finding_id=str(uuid4()))
    refused(await an.post("/audit/v1/leads", strange), 404, "not-found")
    elsewhere = lead(county, an, subject_region_code=str(int(county) - 1))
    refused(await an.post("/audit/v1/leads", elsewhere), 403, "outside-region")
    first = await an.post("/audit/v1/leads", lead(county, an, subject_unit_id=str(uuid4())), key="refer-it-once")
    body = lead(county, an, subject_unit_id=str(uuid4()))
    refused(await an.post("/audit/v1/leads", body, key="refer-it-once"), 422, "idempotency-key-reused")
    listed = (await an.get("/audit/v1/leads")).json()["items"]
    assert [one["id"] for one in listed] == [first.json()["id"]]


async def test_members_come_and_go_and_one_always_stays(audit_http: httpx.AsyncClient, county: str) -> None:
    an, bo, cai = (inspector(audit_http, county, name) for name in ("an", "bo", "cai"))
    lead_id = await referred(county, an)
    url = f"/audit/v1/leads/{lead_id}"
    refused(await an.post(f"{url}/members", {"person": subject(bo)}), 409, "interests-not-declared")
    await declared(bo, cai)
    assert (await an.post(f"{url}/members", {"person": subject(bo)})).status_code == 201
    refused(await an.post(f"{url}/members", {"person": subject(bo)}), 409, "already-member")
    await left(an, bo, lead_id, an)
    refused(await an.get(url), 404, "not-found")
    refused(await bo.post(f"{url}/departures", {"person": subject(an)}), 404, "not-found")
    refused(await bo.post(f"{url}/departures", {"person": subject(bo)}), 409, "last-member")
    await left(bo, cai, lead_id, bo, successor=subject(cai))
    refused(await bo.get(url), 404, "not-found")
    members = (await cai.get(url)).json()["members"]
    assert [(one["person"], one["until_on"] is None, one["ended_because"]) for one in members] == [
        (subject(an), False, "left"),
        (subject(bo), False, "left"),
        (subject(cai), True, None),
    ]
    assert (await cai.post(f"{url}/members", {"person": subject(an)})).status_code == 201, "who left may come back"
    assert (await an.get(url)).status_code == 200


async def test_nobody_leaves_by_one_persons_word(audit_http: httpx.AsyncClient, county: str) -> None:
    an, bo, cai = (inspector(audit_http, county, name) for name in ("an", "bo", "cai"))
    lead_id = await referred(county, an, bo)
    await declared(cai)
    url = f"/audit/v1/leads/{lead_id}"
    body = {"person": subject(bo)}
    drawn = (await an.post(f"{url}/departures", body, key="drawn-once")).json()
    again = await an.post(f"{url}/departures", body, key="drawn-once")
    assert (again.json(), again.headers["Idempotency-Replayed"]) == (drawn, "true")
    waiting = clock.now()
    refused(await bo.post(f"{url}/departures", body), 409, "decision-waits")
    refused(await an.post(f"{url}/departures", {"person": subject(cai)}), 404, "not-found")

    # Bo stays, and decides neither: who has to go because of a tie could send it back for ever.
    refused(await decided(an, drawn), 403, "own-decision")
    for said in ("agree", "send_back"):
        refused(await decided(bo, drawn, said), 403, "own-leaving")
    refused(await decided(cai, drawn), 404, "not-found")
    file = (await bo.get(url)).json()
    assert [one["until_on"] for one in file["members"]] == [None, None]
    [shown] = file["departures"]
    assert (shown["person"], shown["made_by"], shown["decision"]) == (subject(bo), subject(an), None)

    # A third comes in, by one, and decides over exactly what was drawn up.
    assert (await an.post(f"{url}/members", {"person": subject(cai)})).status_code == 201
    refused(await decided(cai, drawn, version_hash="0" * 64), 409, "version-changed")
    refused(await decided(cai, {**drawn, "departure_no": 7}), 404, "not-found")
    refused(await decided(cai, drawn, "approve"), 422, "invalid-request")
    sent = await decided(cai, drawn, "send_back")
    assert sent.status_code == 201
    refused(await decided(cai, drawn), 409, "decided-already")
    assert (await bo.get(url)).status_code == 200, "what was sent back changes nothing"
    await left(an, cai, lead_id, bo)
    refused(await bo.get(url), 404, "not-found")
    after = (await cai.get(url)).json()
    assert [(one["decision"], one["checked_by"]) for one in after["departures"]] == [
        ("send_back", subject(cai)),
        ("agree", subject(cai)),
    ]
    then = (await cai.get(url, params={"known_at": waiting.isoformat()})).json()
    assert [(one["departure_no"], one["decision"], one["opinion"]) for one in then["departures"]] == [(1, None, None)]
    assert [one["until_on"] for one in then["members"]] == [None, None]


async def test_who_went_by_a_tie_meanwhile_is_not_ended_again(audit_http: httpx.AsyncClient, county: str) -> None:
    an, bo = (inspector(audit_http, county, name) for name in ("an", "bo"))
    unit = str(uuid4())
    lead_id = await referred(county, an, bo, subject_unit_id=unit)
    drawn = await leaving(an, lead_id, an)
    await declared(an, kind="unit", related_unit_id=unit, related_unit_name="他名", relation="kin")
    refused(await decided(bo, drawn), 404, "not-found")
    assert (await decided(bo, drawn, "send_back")).status_code == 201
    [gone, _] = (await bo.get(f"/audit/v1/leads/{lead_id}")).json()["members"]
    assert (gone["person"], gone["ended_because"]) == (subject(an), "recused")


async def test_a_successor_is_a_member_at_once_and_may_be_who_agrees(
    audit_http: httpx.AsyncClient, county: str, admin: asyncpg.Pool
) -> None:
    an, bo = (inspector(audit_http, county, name) for name in ("an", "bo"))
    lead_id = await referred(county, an)
    undeclared = {"person": subject(an), "successor": subject(bo)}
    refused(await an.post(f"/audit/v1/leads/{lead_id}/departures", undeclared), 409, "interests-not-declared")
    await declared(bo)
    drawn = await leaving(an, lead_id, an, successor=subject(bo))
    for one in (an, bo):
        assert (await one.get(f"/audit/v1/leads/{lead_id}")).status_code == 200
    assert (await decided(bo, drawn)).status_code == 201
    refused(await an.get(f"/audit/v1/leads/{lead_id}"), 404, "not-found")
    kinds = await admin.fetch(
        "SELECT kind, body::text AS body FROM audit.event WHERE stream = $1 AND kind LIKE 'Lead%'"
        " AND kind <> 'LeadRead' ORDER BY position",
        county + ".leads",
    )
    assert [row["kind"] for row in kinds] == ["LeadReferred", "LeadDepartureDrawn", "LeadMemberLeft"]
    assert all(drawn["version_hash"] in row["body"] for row in kinds[1:])
    assert "同意退出" not in kinds[2]["body"]


async def test_a_tie_keeps_people_out(audit_http: httpx.AsyncClient, county: str) -> None:
    an = inspector(audit_http, county, "an")
    unit = str(uuid4())
    lead_id = await referred(county, an, subject_unit_id=unit)
    url = f"/audit/v1/leads/{lead_id}"
    ties = {
        "kin": {"kind": "unit", "related_unit_id": unit, "related_unit_name": UNIT, "relation": "kin"},
        "home": {"kind": "region", "related_region_code": county + "101", "relation": "other"},
        "whole": {"kind": "region", "related_region_code": county, "relation": "former_post"},
    }
    for name, tie in ties.items():
        tied = inspector(audit_http, county, name)
        await declared(tied, **tie)
        answer = await an.post(f"{url}/members", {"person": subject(tied)})
        refused(answer, 403, "related-to-subject")
        assert UNIT not in answer.text
        other = lead(county, tied, subject_unit_id=unit)
        refused(await an.post("/audit/v1/leads", other), 403, "related-to-subject")
    desk = inspector(audit_http, county, "desk", unit=UNIT)
    await declared(desk)
    refused(await an.post(f"{url}/members", {"person": subject(desk)}), 403, "related-to-subject")
    near = inspector(audit_http, county, "near", unit="第二镇财政所")
    await declared(near, kind="region", related_region_code=county + "102", relation="kin")
    await declared(near, kind="region", related_region_code=county + "101201", relation="kin")
    assert (await an.post(f"{url}/members", {"person": subject(near)})).status_code == 201
    moved = inspector(audit_http, county, "near", unit=UNIT)
    refused(await moved.get(url), 403, "related-to-subject")


async def test_a_tie_declared_later_ends_the_membership_and_says_so(audit_http: httpx.AsyncClient, county: str) -> None:
    an, bo, cai = (inspector(audit_http, county, name) for name in ("an", "bo", "cai"))
    unit = str(uuid4())
    lead_id = await referred(county, an, bo, subject_unit_id=unit)
    other = await referred(county, an, bo)
    tie = {"kind": "unit", "related_unit_id": unit, "related_unit_name": "他名", "relation": "economic"}
    before = clock.now()
    told = await an.post("/audit/v1/interest-declarations", tie, key="declare-it-once")
    assert (told.status_code, told.json()["ended_leads"]) == (201, [lead_id])
    again = await an.post("/audit/v1/interest-declarations", tie, key="declare-it-once")
    assert again.json() == told.json()
    refused(await an.get(f"/audit/v1/leads/{lead_id}"), 404, "not-found")
    assert (await an.get(f"/audit/v1/leads/{other}")).status_code == 200
    members = (await bo.get(f"/audit/v1/leads/{lead_id}")).json()["members"]
    today = business_date(clock.now()).isoformat()
    assert [(one["person"], one["until_on"], one["ended_because"]) for one in members] == [
        (subject(an), today, "recused"),
        (subject(bo), None, None),
    ]
    then = {"known_at": before.isoformat()}
    known = (await bo.get(f"/audit/v1/leads/{lead_id}", params=then)).json()["members"]
    assert [one["until_on"] for one in known] == [None, None]

    refused(await bo.post("/audit/v1/interest-declarations", tie), 409, "last-member")
    assert (await bo.get(f"/audit/v1/leads/{lead_id}")).status_code == 200, "nothing was recorded"
    unfree = {**tie, "successor": subject(an)}
    refused(await bo.post("/audit/v1/interest-declarations", unfree), 403, "related-to-subject")
    await declared(cai)
    handed = await bo.post("/audit/v1/interest-declarations", {**tie, "successor": subject(cai)})
    assert handed.json()["ended_leads"] == [lead_id]
    assert (await cai.get(f"/audit/v1/leads/{lead_id}")).status_code == 200
    own = (await bo.get("/audit/v1/interest-declarations")).json()["items"]
    assert [one["kind"] for one in own] == ["none", "none", "unit"]


async def test_a_lead_is_read_as_it_was_known(audit_http: httpx.AsyncClient, county: str) -> None:
    an, bo = inspector(audit_http, county, "an"), inspector(audit_http, county, "bo")
    start = clock.now()
    lead_id = await referred(county, an, bo)
    url = f"/audit/v1/leads/{lead_id}"
    receipt = await proposed(an, lead_id, "2019-02-01", disposition="preliminary_check")
    drawn = clock.now()
    await bo.post(f"{url}/opinions/1/decision", decision(receipt, "2019-02-01"))
    now, then = (await an.get(url)).json(), (await an.get(url, params={"known_at": drawn.isoformat()})).json()
    assert (now["stage"], then["stage"]) == ("checking", "received")
    assert then["opinions"][0]["decided_by"] is None
    assert "known_position" not in then, "a position would count what was done on other leads"
    refused(await an.get(url, params={"known_at": start.isoformat()}), 404, "not-found")
    assert (await an.get("/audit/v1/leads", params={"known_at": start.isoformat()})).json()["items"] == []


async def test_declarations_are_told_whole(audit_http: httpx.AsyncClient, county: str) -> None:
    an = inspector(audit_http, county, "an")
    for wrong in (
        {"kind": "none", "relation": "kin"},
        {"kind": "unit", "relation": "kin"},
        {"kind": "unit", "related_unit_id": str(uuid4()), "relation": "kin"},
        {"kind": "unit", "related_unit_id": str(uuid4()), "related_unit_name": "某所"},
        {"kind": "region", "relation": "kin"},
        {"kind": "region", "related_region_code": county, "related_unit_name": "某所", "relation": "kin"},
        {"kind": "friend"},
    ):
        refused(await an.post("/audit/v1/interest-declarations", wrong), 422, "invalid-request")
    told = (await an.get("/audit/v1/interest-declarations")).json()
    assert (told["items"], told["empty_because"]) == ([], "您尚未作回避申报")


async def test_members_list_what_is_overdue_and_nobody_else_hears_of_it(
    audit_http: httpx.AsyncClient, county: str
) -> None:
    an, bo, other = (inspector(audit_http, county, one) for one in ("an", "bo", "other"))
    late = await referred(county, an, bo, received_on="2019-01-31")
    later = await referred(county, an, bo, received_on="2019-02-15")
    await disposed(an, bo, later, "2019-03-01", disposition="talk_or_letter")

    async def overdue(caller: Caller, on: str) -> list[str]:
        told = (await caller.get("/audit/v1/leads", params={"overdue": "true", "as_of": on})).json()
        assert bool(told["items"]) is (told["empty_because"] is None)
        return [one["id"] for one in told["items"]]

    assert await overdue(an, "2019-02-28") == []
    assert await overdue(an, "2019-03-01") == [late]
    assert await overdue(an, "2019-03-16") == [late], "what was proposed in time is not late"
    assert (await bo.post(f"/audit/v1/leads/{later}/talks", {"ended_on": "2019-03-10"})).status_code == 201
    assert [await overdue(bo, on) for on in ("2019-04-10", "2019-04-11")] == [[late], [late, later]]
    assert await overdue(other, "2019-12-31") == []
