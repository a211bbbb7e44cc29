"""Letters of leads (函询): the reply is due within its working days, ends the letter, and is for members alone."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest

from chassis import clock
from policies.workdays import CHINA
from services.audit_api.leads.states import Letter, Talk, answered_on, is_overdue, reply_due
from tests.audit_api.casework import disposed, inspector, referred, subject
from tests.audit_api.test_erasures import GONE
from tests.audit_api.test_finding import refused
from tests.callers import Caller, audit_caller
from treasury.calendar import business_date

REPLY = "该笔资金已于当月拨付，附凭证"


class Written:
    """A lead that two members dispose of by a letter, received on 1 March 2019, a Friday."""

    def __init__(self, http: httpx.AsyncClient, county: str) -> None:
        self.http, self.county = http, county
        self.an, self.bo = inspector(http, county, "an"), inspector(http, county, "bo")
        self.lead_id = self.url = ""

    async def begin(self) -> Written:
        self.lead_id = await referred(self.county, self.an, self.bo)
        self.url = f"/audit/v1/leads/{self.lead_id}"
        await disposed(self.an, self.bo, self.lead_id, "2019-02-20", disposition="talk_or_letter")
        return self

    async def serve(self, on: str = "2019-03-01", **more: Any) -> httpx.Response:
        return await self.an.post(f"{self.url}/letters", {"received_on": on}, **more)

    async def reply(self, on: str, by: Caller | None = None, **more: Any) -> httpx.Response:
        return await (by or self.bo).post(f"{self.url}/letter-replies", {"reply": REPLY, "on": on}, **more)

    async def told(self, day: str, **more: str) -> dict[str, Any]:
        answer = await self.an.get(self.url, params={"as_of": day, **more})
        assert answer.status_code == 200, answer.text
        file: dict[str, Any] = answer.json()
        return file

    async def overdue(self, day: str, by: Caller | None = None) -> list[str]:
        listed = await (by or self.an).get("/audit/v1/leads", params={"overdue": "true", "as_of": day})
        return [one["id"] for one in listed.json()["items"]]


@pytest.fixture
async def written(audit_http: httpx.AsyncClient, county: str) -> Written:
    return await Written(audit_http, county).begin()


async def test_a_reply_is_due_after_fifteen_working_days_and_late_on_the_next_day(written: Written) -> None:
    served = await written.serve()
    assert (served.status_code, served.json()["due_on"]) == (201, "2019-03-22")
    in_time, late = await written.told("2019-03-22"), await written.told("2019-03-23")
    assert (in_time["overdue"], in_time["letters"][0]["days_overdue"]) == (False, 0)
    assert (late["overdue"], late["letters"][0]["days_overdue"]) == (True, 1)
    assert late["letters"][0]["reply_limit"] == "lead_letter_reply_days@00@2015-01-01#1"
    assert (await written.overdue("2019-03-22"), await written.overdue("2019-03-23")) == ([], [written.lead_id])
    other = inspector(written.http, written.county, "other")
    assert await written.overdue("2019-03-23", other) == []


@pytest.mark.parametrize(("on", "late_days"), [("2019-03-22", 0), ("2019-03-25", 3)])
async def test_a_reply_ends_the_letter_in_time_or_late_and_the_report_is_due_from_it(
    written: Written, on: str, late_days: int
) -> None:
    await written.serve()
    answered = await written.reply(on, key="the-reply-came-once")
    assert (answered.status_code, answered.json()["due_on"]) == (201, f"2019-04-{on[-2:]}")
    again = await written.reply(on, key="the-reply-came-once")
    assert (again.json(), again.headers["Idempotency-Replayed"]) == (answered.json(), "true")
    file = await written.told("2019-04-01")
    [letter], [talk] = file["letters"], file["talks"]
    assert (letter["replied_on"], letter["reply"], letter["reply_recorded_by"]) == (on, REPLY, subject(written.bo))
    assert (letter["days_overdue"], file["overdue"], talk["ended_on"]) == (late_days, False, on)
    assert await written.overdue("2019-04-01") == []
    refused(await written.reply(on), 409, "lead-step-not-possible")
    refused(await written.serve(), 409, "lead-step-not-possible")
    assert (await written.an.post(f"{written.url}/talk-reports", {"report": "已说明", "on": on})).status_code == 201


async def test_a_talk_in_place_of_a_reply_ends_the_letter(written: Written) -> None:
    await written.serve()
    refused(await written.an.post(f"{written.url}/talks", {"ended_on": "2019-02-28"}), 409, "dates-out-of-order")
    assert (await written.an.post(f"{written.url}/talks", {"ended_on": "2019-03-27"})).status_code == 201
    file = await written.told("2019-03-28")
    assert (file["letters"][0]["days_overdue"], file["letters"][0]["replied_on"], file["overdue"]) == (5, None, False)
    assert (await written.told("2019-03-26"))["overdue"], "on that day nobody had come yet"
    refused(await written.reply("2019-03-28"), 409, "lead-step-not-possible")


async def test_a_letter_is_served_once_after_it_was_decided_and_answered_after_it_was_served(written: Written) -> None:
    tomorrow = (business_date(clock.now()) + timedelta(days=1)).isoformat()
    refused(await written.reply("2019-03-01"), 409, "lead-step-not-possible")
    refused(await written.serve("2019-02-19"), 409, "dates-out-of-order")
    refused(await written.serve(tomorrow), 409, "day-ahead")
    refused(await written.serve("2019-02-30"), 422, "invalid-request")
    assert (await written.serve("2019-02-20")).status_code == 201
    refused(await written.serve("2019-02-21"), 409, "lead-step-not-possible")
    refused(await written.reply("2019-02-19"), 409, "dates-out-of-order")
    refused(await written.reply(tomorrow), 409, "day-ahead")
    refused(await written.bo.post(f"{written.url}/letter-replies", {"on": "2019-03-01"}), 422, "invalid-request")
    file = await written.told("2019-03-01")
    assert (file["letters"][0]["replied_on"], file["talks"]) == (None, []), "nothing is half written"


async def test_a_letter_needs_its_disposition(audit_http: httpx.AsyncClient, county: str) -> None:
    an, bo = inspector(audit_http, county, "an"), inspector(audit_http, county, "bo")
    lead_id = await referred(county, an, bo)
    url = f"/audit/v1/leads/{lead_id}/letters"
    refused(await an.post(url, {"received_on": "2019-02-20"}), 409, "lead-step-not-possible")
    await disposed(an, bo, lead_id, "2019-02-20", disposition="preliminary_check")
    refused(await an.post(url, {"received_on": "2019-02-20"}), 409, "lead-step-not-possible")


async def test_the_journal_of_leads_alone_hears_of_it_and_no_word_is_in_it(
    written: Written, admin: asyncpg.Pool
) -> None:
    heads = "SELECT position FROM audit.stream_head WHERE stream = $1"
    county = await admin.fetchval(heads, written.county)
    await written.serve()
    await written.reply("2019-03-20")
    assert await admin.fetchval(heads, written.county) == county
    rows = await admin.fetch(
        "SELECT kind, body::text AS body, outcome::text AS outcome FROM audit.event WHERE stream = $1"
        " ORDER BY position",
        written.county + ".leads",
    )
    assert [row["kind"] for row in rows][-2:] == ["LeadLetterServed", "LeadLetterAnswered"]
    assert not [row for row in rows if REPLY in row["body"] + row["outcome"]]


async def test_an_outsider_is_answered_as_of_a_lead_that_never_was(written: Written) -> None:
    await written.serve()
    other = inspector(written.http, written.county, "other")
    for path, body in (
        ("letters", {"received_on": "2019-03-01"}),
        ("letter-replies", {"reply": REPLY, "on": "2019-03-02"}),
    ):
        told = []
        for one in (written.lead_id, str(uuid4())):
            answer = await other.post(f"/audit/v1/leads/{one}/{path}", body)
            refused(answer, 404, "not-found")
            said = {name: value for name, value in answer.json().items() if name != "instance"}
            told.append(str(said).replace(one, "ID"))
        assert told[0] == told[1]
    clerk = audit_caller(written.http, "finance_clerk", written.county)
    refused(await written.reply("2019-03-02", clerk), 403, "forbidden")
    assert (await written.told("2019-03-02"))["letters"][0]["replied_on"] is None


async def test_letters_change_no_count_of_leads(written: Written, admin: asyncpg.Pool) -> None:
    above = audit_caller(written.http, "case_office", "99")
    await admin.execute("UPDATE audit.lead SET recorded_at = '2014-05-31Z' WHERE id = $1", written.lead_id)

    async def counts() -> list[str]:
        answers = [await above.get("/audit/v1/lead-counts", params={"month": one}) for one in ("2014-05", "2019-03")]
        return [answer.text for answer in answers]

    before = await counts()
    await written.serve()
    await written.reply("2019-03-20")
    assert await counts() == before


async def test_a_reply_is_told_as_it_was_known_and_forgotten_by_its_members(
    written: Written, admin: asyncpg.Pool
) -> None:
    await written.serve()
    before = clock.now().isoformat()
    await written.reply("2019-03-20")
    as_known = await written.told("2019-04-01", known_at=before)
    assert (as_known["letters"][0]["replied_on"], as_known["talks"], as_known["overdue"]) == (None, [], True)
    body = {"fields": ["reply"], "basis": "handled_unlawfully", "document": "个请〔2026〕3号", "on": "2026-03-03"}
    asked = (await written.an.post(f"{written.url}/erasures", body)).json()
    decided = {"version_hash": asked["version_hash"], "decision": "agreed", "opinion": "应予删除", "on": "2026-03-04"}
    done = await written.bo.post(f"{written.url}/erasures/{asked['id']}/decision", decided)
    assert done.status_code == 201, done.text
    assert (await written.told("2019-04-01"))["letters"][0]["reply"] == GONE
    salts = await admin.fetch(
        "SELECT outcome ->> 'salt' AS salt FROM audit.event WHERE stream = $1 AND kind = 'LeadLetterAnswered'",
        written.county + ".leads",
    )
    assert [row["salt"] for row in salts] == [None]


def test_what_is_late_and_not_done_is_overdue() -> None:
    due, letter = date(2019, 3, 22), Letter(1, date(2019, 3, 1), date(2019, 3, 22))
    assert not is_overdue(due, None, due)
    assert is_overdue(due, None, due + timedelta(days=1))
    assert not is_overdue(due, date(2019, 3, 25), date(2019, 3, 25))
    assert is_overdue(due, date(2019, 3, 25), date(2019, 3, 24))
    assert not is_overdue(None, None, date.max)
    assert answered_on(letter, [Talk(2, date(2019, 3, 5), None)]) is None
    assert answered_on(letter, [Talk(1, date(2019, 3, 5), None)]) == date(2019, 3, 5)
    assert reply_due([], "420322", letter.received_on, CHINA).on is None
