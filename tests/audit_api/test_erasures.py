"""A person is forgotten by two people: the words are nowhere, and every hash of the journal holds as before."""

from __future__ import annotations

import hashlib
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest

from chassis.database import Database
from chassis.feed import whole_rows
from services.audit_api.record.verify import FIELDS, event_hash, first_hash, verify_bundle
from services.audit_api.words import sealed
from tests.audit_api.feeds import FakeFeed
from tests.audit_api.journals import empty_log
from tests.audit_api.office import confirmed, finding, issuing
from tests.audit_api.test_evidence import PDF, send
from tests.audit_api.test_finding import alerted, order, refused
from tests.audit_api.test_record import seal_audit
from tests.callers import LOG, Caller, audit_caller
from tests.exported import exported

NAME = "虚构人张某某"
GONE = "已删除"
BASIS = {"basis": "handled_unlawfully", "document": "个请〔2026〕3号", "on": "2026-03-03"}


class Words:
    """A finding whose title and facts name somebody, with a file named for that person and signed for by them."""

    def __init__(self, http: httpx.AsyncClient, database: Database, county: str) -> None:
        self.http, self.database, self.county = http, database, county
        self.maker = audit_caller(http, "inspector", county)
        self.checker = audit_caller(http, "inspector", county, subject="another.inspector")
        self.finding_id = self.evidence_id = self.order_id = ""
        self.order: dict[str, Any] = {}

    async def written(self, alert_id: str) -> Words:
        facts = [{"what": f"{NAME}未退回", "from_on": "2017-08-02", "to_on": "2017-10-31"}]
        request = finding(alert_id, title=f"{NAME}重复领取", facts=f"{NAME}于三月领取两次", recorded_facts=facts)
        self.finding_id = (await confirmed(self.maker, request))["id"]
        self.order = order(self.finding_id, self.county, demand=f"责令{NAME}退回")
        drawn = (await self.draw_up()).json()
        self.order_id = drawn["id"]
        agreed = issuing(drawn, opinion=f"同意责令{NAME}退回")
        answer = await self.checker.post(f"/audit/v1/rectification-orders/{self.order_id}/decision", agreed)
        assert answer.status_code == 201, answer.text
        self.evidence_id = (await send(self.maker, self.finding_id, PDF, f"{NAME}的回单.pdf")).json()["id"]
        signed = {"signed": False, "supplier": NAME, "unsigned_because": f"{NAME}外出"}
        assert (await self.sign(signed)).status_code == 201
        return self

    async def draw_up(self) -> httpx.Response:
        drawn = await self.maker.post("/audit/v1/rectification-orders", self.order, key="drawn-once")
        assert drawn.status_code == 201, drawn.text
        return drawn

    async def sign(self, told: dict[str, Any]) -> httpx.Response:
        return await self.maker.post(f"/audit/v1/evidence/{self.evidence_id}/signatures", told)

    async def ask(self, what: str, row_id: str, *fields: str, by: Caller | None = None, **more: Any) -> httpx.Response:
        body = {"what": what, "id": row_id, "fields": list(fields), **BASIS, **more.pop("body", {})}
        return await (by or self.maker).post("/audit/v1/erasures", body, **more)

    async def decide(self, by: Caller, asked: dict[str, Any], decision: str = "agreed", **more: Any) -> httpx.Response:
        body = {"version_hash": asked["version_hash"], "decision": decision, "opinion": "应予删除", "on": "2026-03-04"}
        return await by.post(f"/audit/v1/erasures/{asked['id']}/decision", {**body, **more.pop("body", {})}, **more)

    async def forget(self, what: str, row_id: str, *fields: str) -> dict[str, Any]:
        asked = await self.ask(what, row_id, *fields)
        assert asked.status_code == 201, asked.text
        decided = await self.decide(self.checker, asked.json())
        assert decided.status_code == 201, decided.text
        return dict(decided.json())

    async def chain(self) -> list[str]:
        """The hash of each event of the county as computed from what is there, one after the other."""
        async with self.database.reading(self.county) as tx:
            rows = await whole_rows(tx, "audit", self.county, range(1, 1000))
        found, before = [], first_hash(self.county.encode())
        for row in rows:
            fields = {**row.model_dump(), "stream": self.county}
            before = event_hash(before, [str(fields[name]).encode() for name in FIELDS])
            found.append(before.hex())
        return found


async def standing(admin: asyncpg.Pool, county: str) -> list[tuple[str, str]]:
    """Hash and body of each event, as they stand in the journal."""
    rows = await admin.fetch(
        "SELECT encode(hash, 'hex') AS hash, body::text AS body FROM audit.event WHERE stream = $1 ORDER BY position",
        county,
    )
    return [(row["hash"], row["body"]) for row in rows]


async def naming(admin: asyncpg.Pool, words: str, county: str) -> dict[str, int]:
    """How many rows of the county in each table of the schema hold these words anywhere."""
    tables = await admin.fetch(
        "SELECT relname FROM pg_class WHERE relnamespace = 'audit'::regnamespace AND relkind = 'r' ORDER BY relname"
    )
    found = {}
    for one in tables:
        rows_n = await admin.fetchval(
            f"SELECT count(*) FROM audit.{one['relname']} t WHERE strpos(t::text, $1) > 0 AND strpos(t::text, $2) > 0",
            words,
            county,
        )
        if rows_n:
            found[one["relname"]] = rows_n
    return found


@pytest.fixture
async def words(audit_http: httpx.AsyncClient, database: Database, feed: FakeFeed, county: str) -> Words:
    [alert_id] = await alerted(feed, database, county, uuid4())
    return await Words(audit_http, database, county).written(alert_id)


async def test_the_words_are_nowhere_and_every_hash_holds(words: Words, admin: asyncpg.Pool) -> None:
    before = await standing(admin, words.county)
    assert await words.chain() == [one for one, _ in before]
    held = {"finding", "finding_fact", "rectification_order", "evidence", "evidence_signature", "event"}
    held.add("rectification_draft")
    assert (await naming(admin, NAME, words.county)).keys() >= held

    told = await words.forget("finding", words.finding_id, "title", "facts")
    assert (told["texts_n"], told["checked_by"], told["events_n"] > 0) == (3, "another.inspector", True)
    await words.forget("rectification_order", words.order_id, "demand", "opinion", "note")
    await words.forget("evidence", words.evidence_id, "file_name", "supplier", "unsigned_because")

    assert await naming(admin, NAME, words.county) == {}
    after = await standing(admin, words.county)
    assert after[: len(before)] == before
    assert await words.chain() == await exported(admin, "audit", words.county) == [one for one, _ in after]

    file = (await words.maker.get(f"/audit/v1/findings/{words.finding_id}")).json()
    assert (file["title"], file["facts"], file["evidence"][0]["file_name"]) == (GONE, GONE, GONE)
    signed = (await words.maker.get(f"/audit/v1/evidence/{words.evidence_id}")).json()["signatures"][0]
    assert (signed["supplier"], signed["unsigned_because"], signed["signed"]) == (GONE, GONE, False)
    assert (await words.maker.get(f"/audit/v1/evidence/{words.evidence_id}/content")).content == PDF
    refused(await words.ask("finding", words.finding_id, "title"), 409, "nothing-to-erase")
    listed = (await words.maker.get("/audit/v1/erasures")).json()["items"]
    assert [(one["what"], one["decision"]) for one in listed] == [
        ("finding", "agreed"),
        ("rectification_order", "agreed"),
        ("evidence", "agreed"),
    ]


async def test_who_guesses_the_words_finds_nothing_to_hold_the_guess_against(words: Words, admin: asyncpg.Pool) -> None:
    guess = sealed(NAME, f"{NAME}外出")
    kept = (
        "SELECT e.body ->> 'text_sha256' AS text, e.outcome ->> 'salt' AS salt, s.salt AS row_salt FROM audit.event e"
        " JOIN audit.evidence_signature s ON s.county_code = e.stream WHERE e.stream = $1 AND e.kind = 'EvidenceSigned'"
    )
    row = await admin.fetchrow(kept, words.county)
    own = sealed(row["row_salt"], NAME, f"{NAME}外出")
    assert row["text"] == hashlib.sha256(bytes.fromhex(row["salt"]) + bytes.fromhex(own)).hexdigest()
    assert row["text"] not in {guess, own}
    await words.forget("evidence", words.evidence_id, "supplier", "unsigned_because")
    left = await admin.fetchrow(kept, words.county)
    assert (left["text"], left["salt"], left["row_salt"]) == (row["text"], None, None)


async def test_the_proof_rests_on_the_kept_digest(words: Words, admin: asyncpg.Pool) -> None:
    """Where the digest of an answer that lost its words is changed, the chain shows it at that place."""
    await words.forget("finding", words.finding_id, "title", "facts")
    held = [one for one, _ in await standing(admin, words.county)]
    first = await admin.fetchval(
        "UPDATE audit.erased_outcome SET outcome_sha256 = sha256('x') WHERE (county_code, position) ="
        " (SELECT county_code, min(position) FROM audit.erased_outcome WHERE county_code = $1 GROUP BY county_code)"
        " RETURNING position",
        words.county,
    )
    computed = await words.chain()
    differ = next(at for at, (one, other) in enumerate(zip(computed, held, strict=True), 1) if one != other)
    assert differ == first


async def test_the_bundle_of_a_finding_that_lost_its_words_verifies_over_what_was_sealed_before(
    words: Words, admin: asyncpg.Pool, audit_http: httpx.AsyncClient, no_books: list[httpx.URL]
) -> None:
    await empty_log(admin)
    await seal_audit(audit_http, words.database, words.county)
    path = f"/audit/v1/record/findings/{words.finding_id}"
    before = (await words.maker.get(path)).json()
    await words.forget("finding", words.finding_id, "title", "facts")
    await words.forget("rectification_order", words.order_id, "demand", "opinion", "note")
    await words.forget("evidence", words.evidence_id, "file_name", "supplier", "unsigned_because")
    after = await words.maker.get(path)
    assert NAME not in after.text
    bundle = after.json()
    assert bundle["rows"] == before["rows"]
    assert [len(one["versions"]) for one in (before, bundle)] == [1, 0]
    assert [(len(one["texts"]), one["words_gone_n"]) for one in (before, bundle)] == [(5, 0), (0, 5)]
    for one in (before, bundle):
        assert verify_bundle(one, LOG.key).startswith(f"{len(bundle['rows'])} 条日志")


async def test_a_retry_is_answered_without_the_words(words: Words) -> None:
    await words.forget("finding", words.finding_id, "title")
    await words.forget("rectification_order", words.order_id, "demand", "opinion", "note")
    again = await words.draw_up()
    assert again.headers["Idempotency-Replayed"] == "true"
    told = again.json()
    assert (told["id"], told["demand"]) == (words.order_id, GONE)
    assert NAME not in again.text


async def test_nothing_goes_but_by_two_people_over_the_same_words(words: Words, admin: asyncpg.Pool) -> None:
    asked = (await words.ask("evidence", words.evidence_id, "supplier", key="ask-for-it")).json()
    again = await words.ask("evidence", words.evidence_id, "supplier", key="ask-for-it")
    assert (again.json(), again.headers["Idempotency-Replayed"]) == (asked, "true")
    refused(await words.decide(words.maker, asked), 403, "own-decision")
    refused(await words.decide(words.checker, asked, body={"on": "2026-03-02"}), 409, "erasure-out-of-order")
    await words.sign({"signed": True, "supplier": "另一供者"})
    refused(await words.decide(words.checker, asked), 409, "version-changed")
    asked = (await words.ask("evidence", words.evidence_id, "supplier")).json()
    assert asked["texts_n"] == 2
    assert (await words.decide(words.checker, asked, "refused")).json()["events_n"] is None
    refused(await words.decide(words.checker, asked), 409, "erasure-decided")
    assert "evidence_signature" in await naming(admin, NAME, words.county)


async def test_what_is_no_persons_name_cannot_be_erased(words: Words, audit_http: httpx.AsyncClient) -> None:
    refused(await words.ask("finding", words.finding_id, "class_code"), 422, "invalid-request")
    refused(await words.ask("finding", words.finding_id, "title", "title"), 422, "invalid-request")
    refused(await words.ask("finding", words.finding_id), 422, "invalid-request")
    refused(await words.ask("finding", words.finding_id, "title", body={"basis": "无"}), 422, "invalid-request")
    refused(await words.ask("finding", str(uuid4()), "title"), 409, "nothing-to-erase")
    elsewhere = audit_caller(audit_http, "inspector", "980001")
    refused(await words.ask("finding", words.finding_id, "title", by=elsewhere), 409, "nothing-to-erase")
    clerk = audit_caller(audit_http, "finance_clerk", words.county)
    refused(await words.ask("finding", words.finding_id, "title", by=clerk), 403, "forbidden")
    asked = (await words.ask("finding", words.finding_id, "title")).json()
    refused(await words.decide(elsewhere, asked), 404, "not-found")


async def test_the_database_erases_nothing_that_nobody_agreed_to(
    words: Words, urls: dict[str, str], county: str
) -> None:
    asked = (await words.ask("finding", words.finding_id, "title")).json()
    role = await asyncpg.connect(urls["audit"])
    try:
        for region in (county, "98", ""):
            async with role.transaction():
                await role.execute("SELECT set_config('app.region', $1, true)", region)
                with pytest.raises(asyncpg.PostgresError, match=r"nobody agreed|outside the region"):
                    async with role.transaction():
                        await role.fetchval("SELECT audit.erase_texts($1, $2, '{}')", county, asked["id"])
                with pytest.raises(asyncpg.InsufficientPrivilegeError):
                    async with role.transaction():
                        await role.execute("UPDATE audit.event SET outcome = '{}' WHERE stream = $1", county)
    finally:
        await role.close()
