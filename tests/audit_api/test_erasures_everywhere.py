"""Words go from every place where they rest, files are forgotten with their digest kept, and no guess can be tried."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest

from chassis import clock
from chassis.database import Database
from services.audit_api.checking import version_hash
from services.audit_api.erasures.places import PLACES, Erased, Place, fields_of
from tests.audit_api.casework import decided, decision, disposed, inspector, leaving, proposed, referred, subject
from tests.audit_api.engaged import Office, done
from tests.audit_api.feeds import FakeFeed
from tests.audit_api.office import confirmed, finding
from tests.audit_api.test_erasures import BASIS, GONE, NAME, Words, naming, standing
from tests.audit_api.test_evidence import PDF, send
from tests.audit_api.test_finding import alerted, refused
from tests.callers import Caller
from treasury.calendar import business_date, months_later

ON = "2026-03-03"


@pytest.fixture
def words(audit_http: httpx.AsyncClient, database: Database, county: str) -> Words:
    """Two people who forget, with nothing written yet."""
    return Words(audit_http, database, county)


async def test_the_database_and_the_service_know_the_same_places(admin: asyncpg.Pool) -> None:
    rows = await admin.fetch("SELECT what, field, place, named_by, words, inside FROM audit.erasable_text")
    assert {Place(*row) for row in rows} == set(PLACES)
    kinds = await admin.fetchval(
        "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'ck_erasure_what'"
    )
    assert all(f"'{one}'" in kinds for one in {place.what for place in PLACES})
    assert all(fields_of(kind) for kind in Erased)
    for place in PLACES:  # the columns are there, whatever is asked for
        await admin.fetchval("SELECT audit.texts_of('999999', $1, $2, $3)", place.what, uuid4(), [place.field])


async def test_an_engagement_loses_its_words_and_keeps_its_papers(
    words: Words, audit_http: httpx.AsyncClient, admin: asyncpg.Pool
) -> None:
    office = Office(audit_http, words.county)
    await office.plan(title=f"{NAME}专项", question=f"{NAME}领取的资金")
    early = {"at_once": {"because": f"{NAME}可能转移账册", "approved_by": "zhao"}}
    brought = done(await office.notice("2023-03-06", "2023-03-06", content=f"{NAME}到场", **early))
    done(await office.approve(brought, "2023-03-06", opinion=f"{NAME}一案批准"))
    done(await office.start("2023-03-06"))
    unsigned = {"signed_on": None, "supplier": NAME, "unsigned_because": f"{NAME}拒签"}
    done(await office.record("2023-03-08", content=f"{NAME}口述", **unsigned))
    drawn = done(await office.paper("2023-03-20", office.wang, title=f"{NAME}滞留", content=f"{NAME}底稿"))
    done(await office.review(drawn, "2023-03-21", opinion=f"{NAME}一节属实"))
    before, read = await standing(admin, words.county), await office.read()
    assert (await naming(admin, NAME, words.county)).keys() == {"engagement", "engagement_document"}

    await words.forget("engagement", office.id, "title", "question", "content", "supplier", "opinion")
    assert await naming(admin, NAME, words.county) == {}
    after = await standing(admin, words.county)
    assert after[: len(before)] == before
    assert await words.chain() == [one for one, _ in after]
    now = await office.read()
    assert (now["title"], now["question"], now["stage"]) == (GONE, GONE, read["stage"])
    assert len(now["documents"]) == len(read["documents"])
    refused(await words.ask("engagement", office.id, "title"), 409, "nothing-to-erase")


async def test_an_alert_loses_every_reason_that_was_given(
    words: Words, feed: FakeFeed, database: Database, admin: asyncpg.Pool
) -> None:
    [alert_id] = await alerted(feed, database, words.county, uuid4())
    url = f"/audit/v1/alerts/{alert_id}"
    triage = {"triage": "urgent_check", "reason": f"{NAME}已被约谈", "on": "2017-11-01"}
    assert (await words.maker.post(f"{url}/triages", triage)).status_code == 201
    body = {"reason": f"{NAME}已于当日拨付", "on": "2017-11-02"}
    made = await words.maker.post(f"{url}/refutations", body, key="refuted-once")
    assert made.status_code == 201, made.text
    told = made.json()["refutations"][-1]
    await words.checker.post(
        f"{url}/refutations/{told['id']}/decision",
        {"version_hash": told["version_hash"], "decision": "confirm", "opinion": f"{NAME}属实", "on": "2017-11-03"},
    )
    assert (await naming(admin, NAME, words.county)).keys() == {"alert", "alert_refutation", "alert_triage", "event"}
    await words.forget("alert", alert_id, "dismissal_reason", "opinion", "triage")
    assert await naming(admin, NAME, words.county) == {}
    again = await words.maker.post(f"{url}/refutations", body, key="refuted-once")
    assert again.headers["Idempotency-Replayed"] == "true"
    assert again.json()["refutations"][-1]["reason"] == GONE
    kept = await admin.fetchrow(
        "SELECT salt, version_hash FROM audit.alert_refutation WHERE alert_id = $1", UUID(alert_id)
    )
    assert (kept["salt"], kept["version_hash"]) == (None, told["version_hash"])


async def test_a_report_that_was_filed_and_an_opinion_on_an_erasure_lose_their_words(
    words: Words, admin: asyncpg.Pool
) -> None:
    told = {"scope": f"{NAME}所在村", "note": f"{NAME}一节", "region": "第一镇"}
    body = {"reference": f"R-{words.county}", "title": f"{NAME}审计报告", "auditor": "县审计局", "told": told}
    filed = await words.maker.post("/audit/v1/filed-reports", body)
    assert filed.status_code == 201, filed.text
    await words.forget("filed_report", filed.json()["id"], "title", "note")
    kept = json.loads(await admin.fetchval("SELECT told FROM audit.filed_report WHERE county_code = $1", words.county))
    assert (kept["scope"], kept["note"], kept["region"]) == (GONE, GONE, "第一镇")

    asked = (await words.ask("filed_report", filed.json()["id"], "title", "note")).json()
    assert asked["type"].endswith("nothing-to-erase")
    listed = (await words.maker.get("/audit/v1/erasures")).json()["items"]
    await admin.execute("UPDATE audit.erasure SET opinion = $1 WHERE id = $2", f"{NAME}本人来访", UUID(listed[0]["id"]))
    await words.forget("erasure", listed[0]["id"], "opinion")
    assert await naming(admin, NAME, words.county) == {}


class Case:
    """A lead that names somebody, with its two members and an inspector who is none."""

    def __init__(self, http: httpx.AsyncClient, county: str) -> None:
        self.county = county
        self.an, self.bo, self.other = (inspector(http, county, one) for one in ("an", "bo", "other"))
        self.url = ""

    async def begin(self) -> Case:
        self.lead_id = await referred(self.county, self.an, self.bo, matter=f"{NAME}截留资金")
        self.url = f"/audit/v1/leads/{self.lead_id}"
        drawn = await proposed(self.an, self.lead_id, "2019-02-01", disposition="talk_or_letter")
        said = {**decision(drawn, "2019-02-02"), "opinion": f"请{NAME}说明"}
        assert (await self.bo.post(f"{self.url}/opinions/1/decision", said)).status_code == 201
        assert (await self.an.post(f"{self.url}/talks", {"ended_on": "2019-02-10"})).status_code == 201
        report = {"report": f"{NAME}承认", "on": "2019-02-12"}
        assert (await self.an.post(f"{self.url}/talk-reports", report)).status_code == 201
        stays = await leaving(self.an, self.lead_id, self.an)
        assert (await decided(self.bo, stays, "send_back", opinion=f"{NAME}一案须由其办结")).status_code == 201
        return self

    async def ask(self, by: Caller, *fields: str, **more: Any) -> httpx.Response:
        return await by.post(f"{self.url}/erasures", {"fields": list(fields), **BASIS}, **more)

    async def decide(self, by: Caller, asked: dict[str, Any], said: str = "agreed", **more: Any) -> httpx.Response:
        body = {"version_hash": asked["version_hash"], "decision": said, "opinion": "应予删除", "on": "2026-03-04"}
        return await by.post(f"{self.url}/erasures/{asked['id']}/decision", body, **more)


@pytest.fixture
async def case(audit_http: httpx.AsyncClient, county: str) -> Case:
    return await Case(audit_http, county).begin()


async def leads_chain(admin: asyncpg.Pool, county: str) -> list[tuple[str, str]]:
    return await standing(admin, f"{county}.leads")


async def test_a_lead_loses_its_words_by_its_members_and_nobody_else_hears_of_it(
    case: Case, admin: asyncpg.Pool, words: Words
) -> None:
    before = await leads_chain(admin, case.county)
    heads = await admin.fetchval("SELECT count(*) FROM audit.event WHERE stream = $1", case.county)
    asked = await case.ask(case.an, "matter", "opinion", "report", key="forget-in-a-lead")
    assert asked.status_code == 201, asked.text
    assert (asked.json()["what"], asked.json()["texts_n"]) == ("lead", 5)
    again = await case.ask(case.an, "matter", "opinion", "report", key="forget-in-a-lead")
    assert (again.json(), again.headers["Idempotency-Replayed"]) == (asked.json(), "true")
    erasure = asked.json()
    refused(await case.decide(case.an, erasure), 403, "own-decision")
    refused(await case.decide(case.other, erasure), 404, "not-found")
    refused(await case.ask(case.other, "matter"), 404, "not-found")
    for by in (case.other, case.bo):  # by the common door it is not there, for a member neither
        body = {"version_hash": erasure["version_hash"], "decision": "agreed", "opinion": "同意", "on": "2026-03-04"}
        refused(await by.post(f"/audit/v1/erasures/{erasure['id']}/decision", body), 404, "not-found")
        assert (await by.get("/audit/v1/erasures")).json()["items"] == []
        refused(
            await by.post("/audit/v1/erasures", {"what": "lead", "id": case.lead_id, "fields": ["matter"], **BASIS}),
            422,
            "invalid-request",
        )

    gone = await case.decide(case.bo, erasure)
    assert gone.status_code == 201, gone.text
    assert gone.json()["events_n"] > 0
    assert await naming(admin, NAME, words.county) == {}
    file = (await case.bo.get(case.url)).json()
    assert (file["matter"], file["opinions"][0]["decision_opinion"], file["talks"][0]["report"]) == (GONE, GONE, GONE)
    assert (file["departures"][0]["opinion"], file["departures"][0]["decision"]) == (GONE, "send_back")
    assert (file["stage"], file["opinions"][0]["decision"]) == ("talking", "approve")
    listed = (await case.an.get(f"{case.url}/erasures")).json()["items"]
    assert [(one["decision"], one["checked_by"]) for one in listed] == [("agreed", subject(case.bo))]
    assert await admin.fetchval("SELECT count(*) FROM audit.event WHERE stream = $1", case.county) == heads
    after = await leads_chain(admin, case.county)
    assert after[: len(before)] == before


async def test_the_role_sees_no_erasure_of_a_lead_but_for_a_member(
    case: Case, urls: dict[str, str], admin: asyncpg.Pool
) -> None:
    asked = (await case.ask(case.an, "matter")).json()
    assert (await case.decide(case.bo, asked)).status_code == 201
    role = await asyncpg.connect(urls["audit"])
    seen = {}
    try:
        for who in (subject(case.an), subject(case.other), ""):
            async with role.transaction():
                await role.execute("SELECT set_config('app.region', $1, true)", case.county)
                await role.execute("SELECT set_config('app.subject', $1, true)", who)
                seen[who] = await role.fetchval("SELECT count(*) FROM audit.erasure")
                assert await role.fetchval("SELECT count(*) FROM audit.erased_outcome") == 0
    finally:
        await role.close()
    assert seen == {subject(case.an): 1, subject(case.other): 0, "": 0}
    assert (
        await admin.fetchval("SELECT count(*) FROM audit.erased_outcome WHERE stream = $1", f"{case.county}.leads") > 0
    )


async def test_what_names_an_opinion_cannot_be_held_against_a_guess(case: Case, admin: asyncpg.Pool) -> None:
    row = await admin.fetchrow("SELECT * FROM audit.lead_opinion WHERE lead_id = $1", UUID(case.lead_id))
    assert len(row["salt"]) == 32
    asked = (await case.ask(case.an, "matter")).json()
    await case.decide(case.bo, asked)
    left = await admin.fetchrow("SELECT * FROM audit.lead_opinion WHERE lead_id = $1", UUID(case.lead_id))
    assert (left["salt"], left["version_hash"], left["opinion"]) == (None, row["version_hash"], row["opinion"])
    await disposed(case.bo, case.an, case.lead_id, "2019-03-01", disposition="closed")


class Filed:
    """One content kept with two findings, and a second content beside it."""

    def __init__(self, words: Words, admin: asyncpg.Pool) -> None:
        self.words, self.admin = words, admin

    async def begin(self, feed: FakeFeed, database: Database) -> Filed:
        ids = await alerted(feed, database, self.words.county, uuid4(), uuid4())
        self.findings = [(await confirmed(self.words.maker, finding(one)))["id"] for one in ids]
        self.first, self.second = [(await send(self.words.maker, one, PDF)).json()["id"] for one in self.findings]
        self.other = (await send(self.words.maker, self.findings[0], PDF + b"2")).json()["id"]
        return self

    async def content(self, evidence_id: str) -> httpx.Response:
        return await self.words.maker.get(f"/audit/v1/evidence/{evidence_id}/content")

    async def ask(self) -> dict[str, Any]:
        asked = await self.words.ask("evidence", self.first, "content")
        assert asked.status_code == 201, asked.text
        return dict(asked.json())

    async def withdrawn(self, evidence_id: str) -> None:
        url = f"/audit/v1/evidence/{evidence_id}/withdrawals"
        asked = (await self.words.maker.post(url, {"reason": "登记有误", "on": ON})).json()
        said = {"version_hash": asked["version_hash"], "decision": "agreed", "opinion": "同意", "on": ON}
        assert (await self.words.checker.post(f"{url}/1/decision", said)).status_code == 201

    async def kept(self, on: date) -> None:
        """As if the two had been filed on this day."""
        kept_at = datetime.combine(on, time(4), UTC)
        rows = [UUID(self.first), UUID(self.second)]
        await self.admin.execute("ALTER TABLE audit.evidence DISABLE TRIGGER USER")
        await self.admin.execute("UPDATE audit.evidence SET kept_at = $2 WHERE id = ANY($1)", rows, kept_at)
        await self.admin.execute("ALTER TABLE audit.evidence ENABLE TRIGGER USER")


@pytest.fixture
async def filed(words: Words, feed: FakeFeed, database: Database, admin: asyncpg.Pool) -> Filed:
    return await Filed(words, admin).begin(feed, database)


async def test_a_file_of_an_archive_is_stopped_and_not_deleted_before_its_time(filed: Filed) -> None:
    words, asked = filed.words, await filed.ask()
    assert asked["texts_n"] == 2, "wherever the county names this content"
    refused(await words.decide(words.checker, asked), 409, "content-must-be-kept")
    told = (await words.decide(words.checker, asked)).json()["figures"]
    assert told["policy"].startswith("evidence_retention_years@00@")
    stopped = await words.decide(words.checker, asked, "restricted")
    assert (stopped.status_code, stopped.json()["decision"], stopped.json()["events_n"]) == (201, "restricted", 0)
    for one in (filed.first, filed.second):
        refused(await filed.content(one), 410, "evidence-forgotten")
        shown = (await words.maker.get(f"/audit/v1/evidence/{one}")).json()
        assert (shown["content_stopped_on"], shown["content_erased_on"]) == ("2026-03-04", None)
        assert shown["sha256"] == hashlib.sha256(PDF).hexdigest()
    assert (await filed.content(filed.other)).content == PDF + b"2"
    refused(await send(words.maker, filed.findings[1], PDF), 410, "evidence-forgotten")

    # Its years are over when they are, and not when somebody says so.
    later = await filed.ask()
    refused(await words.decide(words.checker, later, body={"on": "2199-12-31"}), 409, "day-ahead")
    today = business_date(clock.now())
    kept = (today - timedelta(days=3660 - ahead) for ahead in range(30))
    last = next(one for one in kept if months_later(one, 120) >= today)
    await filed.kept(last)
    refused(await words.decide(words.checker, later, body={"on": today.isoformat()}), 409, "content-must-be-kept")
    await filed.kept(last - timedelta(days=1))
    decided = await words.decide(words.checker, later, body={"on": today.isoformat()})
    assert decided.status_code == 201, decided.text
    shown = (await words.maker.get(f"/audit/v1/evidence/{filed.second}")).json()
    assert shown["content_erased_on"] == today.isoformat()


async def test_nothing_is_asked_for_tomorrow(filed: Filed, case: Case) -> None:
    tomorrow = (business_date(clock.now()) + timedelta(days=1)).isoformat()
    ahead = {"on": tomorrow}
    refused(await filed.words.ask("evidence", filed.first, "content", body=ahead), 409, "day-ahead")
    asked = {"fields": ["matter"], **BASIS, **ahead}
    refused(await case.an.post(f"{case.url}/erasures", asked), 409, "day-ahead")


async def test_what_was_filed_wrongly_may_go_at_once(filed: Filed) -> None:
    words, asked = filed.words, await filed.ask()
    refused(await words.decide(words.maker, asked, "restricted"), 403, "own-decision")
    await filed.withdrawn(filed.first)
    refused(await words.decide(words.checker, asked), 409, "content-must-be-kept")
    await filed.withdrawn(filed.second)
    assert (await words.decide(words.checker, asked)).status_code == 201
    refused(await filed.content(filed.first), 410, "evidence-forgotten")
    refused(await words.ask("evidence", filed.first, "content"), 409, "nothing-to-erase")
    refused(await words.ask("evidence", filed.other, "content", "supplier"), 422, "invalid-request")
    named = (await words.ask("evidence", filed.other, "file_name")).json()
    refused(await words.decide(words.checker, named, "restricted"), 409, "nothing-to-restrict")


async def test_a_content_named_anew_since_it_was_asked_for_voids_the_decision(filed: Filed, feed: FakeFeed) -> None:
    words, asked = filed.words, await filed.ask()
    [alert_id] = await alerted(feed, words.database, words.county, uuid4())
    third = (await confirmed(words.maker, finding(alert_id)))["id"]
    assert (await send(words.maker, third, PDF)).status_code == 201
    refused(await words.decide(words.checker, asked, "restricted"), 409, "version-changed")


async def test_the_database_takes_a_forgotten_content_in_for_nobody(filed: Filed, admin: asyncpg.Pool) -> None:
    words = filed.words
    assert (await words.decide(words.checker, await filed.ask(), "restricted")).status_code == 201
    with pytest.raises(asyncpg.PostgresError, match="forgotten"):
        await admin.execute(
            "INSERT INTO audit.evidence (county_code, id, finding_id, region_code, file_name, file_kind, size_bytes,"
            " sha256, path_key, kept_by) SELECT county_code, gen_random_uuid(), $2, region_code, file_name, file_kind,"
            " size_bytes, sha256, path_key, kept_by FROM audit.evidence WHERE id = $1",
            UUID(filed.first),
            uuid4(),
        )


async def test_a_request_is_kept_as_a_hash_that_no_guess_can_be_held_against(
    words: Words, feed: FakeFeed, database: Database, admin: asyncpg.Pool
) -> None:
    [alert_id] = await alerted(feed, database, words.county, uuid4())
    url, body = f"/audit/v1/alerts/{alert_id}/refutations", {"reason": f"{NAME}已于当日拨付", "on": "2017-11-02"}
    first = await words.maker.post(url, body, key="guess-me-if-you-can")
    assert first.status_code == 201
    assert (await words.maker.post(url, body, key="guess-me-if-you-can")).headers["Idempotency-Replayed"] == "true"
    refused(
        await words.maker.post(url, {**body, "reason": "另一理由"}, key="guess-me-if-you-can"),
        422,
        "idempotency-key-reused",
    )

    kept = (
        "SELECT request_hash, outcome ->> 'salt' AS salt FROM audit.event WHERE idempotency_key = 'guess-me-if-you-can'"
    )
    row = await admin.fetchrow(kept)
    sent = first.request.content
    plain = hashlib.sha256(f"POST\n{url}\n\n".encode() + sent).digest()
    guess = hashlib.sha256(words.county.encode() + b"\n" + plain).digest()
    assert row["request_hash"] == hashlib.sha256(bytes.fromhex(row["salt"]) + guess).digest()
    assert row["request_hash"] != guess
    await words.forget("alert", alert_id, "dismissal_reason")
    left = await admin.fetchrow(kept)
    assert (left["request_hash"], left["salt"]) == (row["request_hash"], None)
    assert (await words.maker.post(url, body, key="guess-me-if-you-can")).headers["Idempotency-Replayed"] == "true"


async def test_a_version_is_named_with_a_salt_that_goes_with_its_words(
    words: Words, feed: FakeFeed, database: Database, admin: asyncpg.Pool
) -> None:
    [alert_id] = await alerted(feed, database, words.county, uuid4())
    made = await confirmed(words.maker, finding(alert_id, title=f"{NAME}滞留"))
    url = f"/audit/v1/findings/{made['id']}/versions"
    [told] = (await words.maker.get(url)).json()["items"]
    assert len(told["salt"]) == 32
    said = await admin.fetchrow("SELECT * FROM audit.finding_version WHERE finding_id = $1", UUID(made["id"]))
    assert said["version_hash"] == told["version_hash"] != version_hash({**told, "salt": None})
    await words.forget("finding", made["id"], "title")
    [left] = (await words.maker.get(url)).json()["items"]
    assert (left["salt"], left["version_hash"], left["title"]) == (None, told["version_hash"], GONE)
    assert left["facts"] == told["facts"]
