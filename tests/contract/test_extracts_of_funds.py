"""Extracts are drawn from the real ledger: frozen byte for byte, the same when asked again, or told where not."""

from __future__ import annotations

import hashlib
import json
from datetime import timedelta
from uuid import uuid4

import asyncpg
import httpx

from chassis import clock
from tests.audit_api.test_finding import refused
from tests.callers import audit_caller, funds_caller
from tests.contract.extracting import Case, asking, resting
from tests.contract.test_follower_reads_funds import move
from tests.factories import open_account
from tests.funds_api.test_returns import Paid


async def test_an_answer_is_frozen_byte_for_byte_and_is_the_same_when_money_has_moved_since(
    case: Case, admin: asyncpg.Pool
) -> None:
    treasury, tranche, lot = await resting(case)
    drawn = {}
    for what, about in (("balance", treasury), ("tranche", tranche), ("lot", lot), ("tree", case.county)):
        answer = await case.draw(what, about, key=f"draw-{what}")
        assert answer.status_code == 201, answer.text
        drawn[what] = answer.json()
    balance = drawn["balance"]
    assert (balance["path"], balance["as_of"]) == (f"/funds/v1/accounts/{treasury}", "2017-12-31")
    head = await admin.fetchval("SELECT position FROM funds.stream_head WHERE stream = $1", case.county)
    assert {one["ledger_position"] for one in drawn.values()} == {head}

    content = await case.inspector.get(f"/audit/v1/evidence/{balance['id']}/content")
    assert content.headers["content-type"] == "application/json"
    assert content.headers["content-disposition"].startswith("attachment")
    assert hashlib.sha256(content.content).hexdigest() == balance["sha256"]
    assert content.json()["balance_fen"] == 400_000
    asked = {"as_of": "2017-12-31", "known_at": balance["known_at"]}
    direct = await funds_caller(case.funds, "inspector", case.county).get(balance["path"], params=asked)
    assert direct.content == content.content

    clerk = funds_caller(case.funds, "finance_clerk", case.county)
    township = await open_account(case.funds, case.county + "101", "township_office", "一镇财政所")
    lines = [{"to_account_id": township, "amount_fen": 150_000}]
    order = {"kind": "hand_down", "effective_on": "2017-03-10", "from_account_id": treasury, "lines": lines}
    await move(clerk, **order, fund_code="TEST-FUND")
    now = await clerk.get(balance["path"], params={"as_of": "2017-12-31"})
    assert now.json()["balance_fen"] == 250_000
    for one in drawn.values():
        again = await case.recheck(one["id"])
        assert (again["same"], again["differ_at"], again["sha256_now"]) == (True, [], one["sha256"])

    listed = (await case.inspector.get(case.path)).json()["items"]
    assert {one["id"] for one in listed} == {one["id"] for one in drawn.values()}
    before = (await case.inspector.get(case.path, params={"known_at": "2020-01-01T00:00:00+08:00"})).json()
    assert (before["items"], bool(before["empty_because"])) == ([], True)
    told = await admin.fetchval(
        "SELECT body FROM audit.event WHERE stream = $1 AND kind = 'LedgerExtracted' ORDER BY position LIMIT 1",
        case.county,
    )
    assert (json.loads(told)["sha256"], json.loads(told)["ledger_position"]) == (balance["sha256"], head)


async def test_a_payment_is_traced_with_its_payee_masked(case: Case) -> None:
    paid = await Paid(case.funds, case.county).open()
    drawn = await case.draw("trace", paid.line(2))
    assert drawn.status_code == 201, drawn.text
    assert (await case.recheck(drawn.json()["id"]))["same"] is True
    content = (await case.inspector.get(f"/audit/v1/evidence/{drawn.json()['id']}/content")).json()
    assert (content["amount_fen"], content["unexplained_fen"]) == (30_000, 0)
    assert "*" in content["payee"]


async def test_a_ledger_that_answers_otherwise_is_told_by_the_place(case: Case, admin: asyncpg.Pool) -> None:
    treasury, *_ = await resting(case)
    drawn = (await case.draw("balance", treasury)).json()
    await admin.execute("UPDATE funds.unit SET name = '别的名称' WHERE county_code = $1", case.county)
    again = await case.recheck(drawn["id"])
    assert (again["same"], again["differences_n"], again["sha256"]) == (False, 1, drawn["sha256"])
    assert again["differ_at"] == ["/account/unit_name"]
    assert again["sha256_now"] != drawn["sha256"]


async def test_the_same_key_twice_asks_the_ledger_once_and_the_same_answer_is_kept_once(
    case: Case, audit_http: httpx.AsyncClient
) -> None:
    treasury, *_ = await resting(case)
    first = await case.draw("balance", treasury, key="draw-it-once")
    again = await case.draw("balance", treasury, key="draw-it-once")
    assert (again.json(), again.headers["Idempotency-Replayed"]) == (first.json(), "true")
    at = {"known_at": first.json()["known_at"]}
    refused(await case.draw("balance", treasury, asked=at), 409, "evidence-kept-already")
    refused(await case.draw("tree", case.county, key="draw-it-once"), 422, "idempotency-key-reused")


async def test_what_may_not_be_asked_is_not_drawn(case: Case, audit_http: httpx.AsyncClient) -> None:
    treasury, *_ = await resting(case)
    soon = (clock.now() + timedelta(minutes=1)).isoformat()
    refused(await case.draw("balance", treasury, asked={"known_at": soon}), 409, "extract-not-settled")
    refused(await case.draw("balance", str(uuid4())), 409, "ledger-refused")
    refused(await case.draw("balance", "../lots"), 422, "invalid-request")
    refused(await case.draw("tree", "999999"), 403, "outside-region")
    clerk = audit_caller(audit_http, "finance_clerk", case.county)
    refused(await clerk.post(case.path, {"what": "balance", "about": treasury}), 403, "forbidden")
    elsewhere = audit_caller(audit_http, "inspector", "980001")
    refused(await elsewhere.post(case.path, {"what": "balance", "about": treasury}), 404, "not-found")
    drawn = (await case.draw("balance", treasury)).json()["id"]
    refused(await elsewhere.get(f"{case.path}/{drawn}/recheck"), 404, "not-found")
    refused(await case.inspector.get(f"{case.path}/{uuid4()}/recheck"), 404, "not-found")


async def test_a_ledger_that_is_down_leaves_nothing(case: Case, audit_http: httpx.AsyncClient) -> None:
    def down(_: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")

    treasury, *_ = await resting(case)
    for answers in (down, lambda _: httpx.Response(503), lambda _: httpx.Response(307, headers={"Location": "/x"})):
        async with httpx.AsyncClient(transport=httpx.MockTransport(answers), base_url="http://funds") as http:
            with asking(audit_http, http):
                refused(await case.draw("balance", treasury, key="while-it-is-down"), 503, "ledger-down")
    assert (await case.inspector.get(case.path)).json()["items"] == []
    assert (await case.draw("balance", treasury, key="while-it-is-down")).status_code == 201
