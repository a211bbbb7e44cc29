"""What a finding names is there in the real ledger, and comes to no less; or nothing is written and each is told."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest

from tests.audit_api.office import finding
from tests.audit_api.test_finding import refused
from tests.callers import Caller, audit_caller, funds_caller
from tests.contract.extracting import asking
from tests.funds_api.library import Library
from tests.funds_api.test_loans import PATH as LOANS
from tests.funds_api.test_loans import loan
from tests.funds_api.test_returns import Paid
from wire.subjects import MOST

FINDINGS = "/audit/v1/findings"
SUBJECTS = "/funds/v1/subjects"


def named(kind: str, subject: str, amount_fen: int, line: int | None = None) -> dict[str, Any]:
    return {"kind": kind, "id": subject, "amount_fen": amount_fen} | ({"line": line} if line else {})


class Books:
    """A county with one of each thing a finding may name, and what each comes to."""

    def __init__(self, http: httpx.AsyncClient, county: str) -> None:
        self.http, self.county = http, county
        self.paid = Paid(http, county)
        self.movement = self.loan = self.project = ""

    async def open(self) -> Books:
        await self.paid.open()
        clerk = funds_caller(self.http, "finance_clerk", self.county)
        moved = (await clerk.get("/funds/v1/movements", params={"kind": "disburse"})).json()["items"]
        self.movement = moved[0]["id"]
        lent = await self.paid.bank.post(LOANS, loan(self.county))
        assert lent.status_code == 201, lent.text
        self.loan = lent.json()["id"]
        library = Library(self.http, self.county)
        declared = await library.declare()
        assert declared.status_code == 201, declared.text
        self.project = library.id
        return self

    @property
    def all(self) -> list[dict[str, Any]]:
        """Each to its last fen; a project has no one figure."""
        return [
            named("movement", self.movement, 150_000),
            named("batch", self.paid.batch, 150_000),
            named("batch", self.paid.batch, 20_000, line=3),
            named("loan", self.loan, 5_000_000),
            named("project", self.project, 10**12),
        ]


@pytest.fixture
async def books(funds_http: httpx.AsyncClient, audit_http: httpx.AsyncClient, county: str) -> AsyncIterator[Books]:
    opened = await Books(funds_http, county).open()
    app: Any = funds_http.app  # type: ignore[attr-defined]
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://funds") as http:
        with asking(audit_http, http):
            yield opened


@pytest.fixture
def inspector(audit_http: httpx.AsyncClient, county: str) -> Caller:
    return audit_caller(audit_http, "inspector", county)


async def written(admin: asyncpg.Pool, county: str) -> int:
    found: int = await admin.fetchval("SELECT count(*) FROM audit.finding WHERE county_code = $1", county)
    return found


async def test_what_is_there_is_named_to_its_last_fen_and_no_further(
    books: Books, inspector: Caller, admin: asyncpg.Pool, county: str
) -> None:
    most = 10**13
    drawn = await inspector.post(FINDINGS, finding(subjects=books.all, amount_fen=most))
    assert drawn.status_code == 201, drawn.text
    told = (await inspector.get(f"{FINDINGS}/{drawn.json()['id']}")).json()["subjects"]
    assert [(one["kind"], one["id"], one["line"], one["amount_fen"]) for one in told] == [
        (one["kind"], one["id"], one.get("line"), one["amount_fen"]) for one in books.all
    ]
    over = [{**one, "amount_fen": one["amount_fen"] + 1} for one in books.all]
    answer = await inspector.post(FINDINGS, finding(subjects=over, amount_fen=most))
    refused(answer, 409, "subjects-too-large")
    figures = answer.json()["figures"]["subjects"]
    assert [(one["number"], one["at_most_fen"]) for one in figures] == [
        (1, 150_000),
        (2, 150_000),
        (3, 20_000),
        (4, 5_000_000),
    ]
    again = finding(subjects=over, amount_fen=most, based_on=drawn.json()["version_hash"])
    url = f"{FINDINGS}/{drawn.json()['id']}/versions"
    refused(await inspector.post(url, again), 409, "subjects-too-large")
    assert (await inspector.post(url, {**again, "subjects": books.all[:2]})).status_code == 201
    assert await written(admin, county) == 1


async def test_each_that_is_not_there_is_told_by_its_number(
    books: Books, inspector: Caller, admin: asyncpg.Pool, county: str
) -> None:
    batch, stranger = books.paid.batch, str(uuid4())
    request = finding(
        amount_fen=10**13,
        subjects=[
            named("batch", batch, 1, line=6),  # the roster's last row
            named("batch", batch, 1, line=7),
            named("loan", batch, 1),  # there, and no loan
            named("movement", books.movement, 1),
            named("project", stranger, 0),
        ],
    )
    answer = await inspector.post(FINDINGS, request)
    refused(answer, 422, "subjects-unknown")
    assert [(one["number"], one["kind"], one["line"]) for one in answer.json()["figures"]["subjects"]] == [
        (2, "batch", 7),
        (3, "loan", None),
        (5, "project", None),
    ]
    assert f"第 2 项（发放批次 {batch} 第 7 行）" in answer.json()["detail"]
    assert await written(admin, county) == 0


async def test_a_row_that_was_not_accepted_is_there_and_has_no_figure(
    books: Books, inspector: Caller, funds_http: httpx.AsyncClient
) -> None:
    checked = await books.paid.town.checked([("990000000000000000", "100")])
    assert (checked["batch"]["rows_good"], checked["batch"]["rows_bad"]) == (0, 1)
    subject = named("batch", checked["batch"]["id"], 10_000, line=2)
    assert (await inspector.post(FINDINGS, finding(subjects=[subject]))).status_code == 201


async def test_many_are_asked_about_in_a_few_questions(
    books: Books, inspector: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    questions = []
    state: Any = inspector.http.app.state  # type: ignore[attr-defined]
    http: httpx.AsyncClient = state.ledger.http
    http.event_hooks = {"request": [_noting(questions)]}
    strangers = [named("loan", str(uuid4()), 1) for _ in range(2 * MOST)]
    answer = await inspector.post(FINDINGS, finding(subjects=[*strangers, *books.all], amount_fen=10**13))
    refused(answer, 422, "subjects-unknown")
    assert [one["number"] for one in answer.json()["figures"]["subjects"]] == list(range(1, 2 * MOST + 1))
    assert len(questions) == 3


def _noting(questions: list[str]) -> Any:
    async def note(request: httpx.Request) -> None:
        questions.append(request.url.path)

    return note


async def test_a_county_names_nothing_of_its_neighbour(
    books: Books, audit_http: httpx.AsyncClient, later: str, admin: asyncpg.Pool
) -> None:
    neighbour = audit_caller(audit_http, "inspector", later)
    answer = await neighbour.post(FINDINGS, finding(subjects=books.all, amount_fen=10**13))
    refused(answer, 422, "subjects-unknown")
    assert len(answer.json()["figures"]["subjects"]) == len(books.all)
    province = audit_caller(audit_http, "inspector", books.county[:2])
    request = finding(subjects=books.all, amount_fen=10**13)
    assert (await province.post(FINDINGS, request, params={"county": books.county})).status_code == 201


async def test_the_same_key_acts_once_and_asks_the_ledger_once(
    books: Books, audit_http: httpx.AsyncClient, inspector: Caller, county: str, admin: asyncpg.Pool
) -> None:
    request = finding(subjects=books.all[:1])
    first = await inspector.post(FINDINGS, request, key="named-once")
    assert first.status_code == 201, first.text
    with asking(audit_http, _silent()):
        again = await inspector.post(FINDINGS, request, key="named-once")
        assert (again.status_code, again.json()) == (201, first.json())
        refused(await inspector.post(FINDINGS, request, key="named-twice"), 503, "ledger-down")
        assert (await inspector.post(FINDINGS, finding())).status_code == 201, "names nothing, so nobody is asked"
    assert await written(admin, county) == 2
    assert (await inspector.post(FINDINGS, request, key="named-twice")).status_code == 201


def _silent() -> httpx.AsyncClient:
    def down(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("down", request=request)

    return httpx.AsyncClient(transport=httpx.MockTransport(down), base_url="http://funds")


async def test_an_answer_of_another_shape_is_none(audit_http: httpx.AsyncClient, inspector: Caller) -> None:
    def odd(_: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json={"items": [{"kind": "loan"}]})

    with asking(audit_http, httpx.AsyncClient(transport=httpx.MockTransport(odd), base_url="http://funds")):
        answer = await inspector.post(FINDINGS, finding(subjects=[named("loan", str(uuid4()), 1)]))
    refused(answer, 503, "ledger-down")


async def test_who_may_ask_funds_api_and_how(books: Books, funds_http: httpx.AsyncClient, county: str) -> None:
    reader = funds_caller(funds_http, "ledger_reader", county)
    one = f"loan:{books.loan}"
    told = (await reader.get(SUBJECTS, params={"named": [one, one]})).json()["items"]
    assert told == [{"kind": "loan", "id": books.loan, "line": None, "amount_fen": 5_000_000, "lots": [], "lots_n": 0}]
    for role in ("inspector", "finance_clerk", "feed_reader"):
        assert (await funds_caller(funds_http, role, county).get(SUBJECTS, params={"named": one})).status_code == 403
    neighbour = funds_caller(funds_http, "ledger_reader", county + "102")
    assert (await neighbour.get(SUBJECTS, params={"named": one})).json()["items"] == []
    for bad in (
        {},
        {"named": "lot:" + books.loan},
        {"named": f"loan:{books.loan}:1"},
        {"named": f"batch:{books.loan}:0"},
        {"named": [f"loan:{uuid4()}" for _ in range(MOST + 1)]},
    ):
        assert (await reader.get(SUBJECTS, params=bad)).status_code == 422, bad
