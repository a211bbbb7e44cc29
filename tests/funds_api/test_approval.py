"""Approval: a second person, once, the oldest money first, to the fen; whatever races, and whatever breaks half-way."""

from __future__ import annotations

import asyncio

import asyncpg
import httpx
import pytest

from services.funds_api.lots import ledger
from tests.callers import funds_caller
from tests.factories import open_account, receive
from tests.funds_api.people import Township, id_number, roster_csv


@pytest.fixture
async def township(funds_http: httpx.AsyncClient, county: str) -> Township:
    """Three lots of 100, 250 and 9,650 元, a month apart."""
    opened = await Township(funds_http, county, fen=10_000).open()
    await receive(funds_http, county, opened.office, 25_000, "2017-03-15")
    await receive(funds_http, county, opened.office, 965_000, "2017-04-01")
    return opened


async def balance(township: Township, account: str, on: str = "2017-12-31") -> int:
    answer = (await township.finance.get(f"/funds/v1/accounts/{account}", params={"as_of": on})).json()
    assert answer["unexplained_fen"] == 0
    return int(answer["balance_fen"])


async def test_each_lot_pays_one_span_and_each_row_is_paid_to_the_fen(township: Township, admin: asyncpg.Pool) -> None:
    told = await township.checked([(id_number(p), "123.45") for p in range(10)])
    batch = told["batch"]["id"]
    answer = await township.approve(batch)
    assert answer.status_code == 201, answer.text
    paid = answer.json()
    assert (paid["rows"], paid["total_fen"], paid["unexplained_fen"]) == (10, 123_450, 0)
    assert [(s["lo_fen"], s["hi_fen"], s["first_line"], s["last_line"], s["days_rested"]) for s in paid["spans"]] == [
        (0, 10_000, 2, 2, 61),
        (10_000, 35_000, 2, 4, 47),
        (35_000, 123_450, 4, 11, 30),
    ]
    assert paid["batch"]["status"] == "posted"
    assert (paid["batch"]["uploaded_by"], paid["batch"]["approved_by"]) == ("li", "wang")
    assert await balance(township, township.office) == 1_000_000 - 123_450
    assert await balance(township, township.cards) == 123_450
    assert await balance(township, township.cards, "2017-04-30") == 0
    # Every row is covered by the spans exactly once, every span is used up by rows.
    wrong = await admin.fetch(
        "SELECT p.line FROM funds.payment p WHERE p.batch_id = $1 AND p.amount_fen <>"
        " (SELECT sum(least(p.cum_fen, d.hi_fen) - greatest(p.cum_fen - p.amount_fen, d.lo_fen)) FROM funds.draw d"
        "   WHERE d.batch_id = $1 AND d.lo_fen < p.cum_fen AND d.hi_fen > p.cum_fen - p.amount_fen)",
        batch,
    )
    assert wrong == []
    spent = await admin.fetch(
        "SELECT amount_fen, remaining_fen FROM funds.lot WHERE movement_id = $1", paid["movement_id"]
    )
    assert sorted(tuple(lot) for lot in spent) == [(10_000, 10_000), (25_000, 25_000), (88_450, 88_450)]
    event = await admin.fetchval(
        "SELECT body->'movement'->>'amount_fen' FROM funds.event WHERE stream = $1 AND kind = 'PaymentsDisbursed'",
        township.county,
    )
    assert int(event) == 123_450


async def test_the_uploader_cannot_approve_nor_anybody_without_the_right(township: Township) -> None:
    batch = (await township.checked([(id_number(1), "10")]))["batch"]["id"]
    both = funds_caller(township.http, ["township_clerk", "township_reviewer"], township.region, subject="li")
    own = await township.approve(batch, both)
    assert (own.status_code, own.json()["type"]) == (403, "/problems/maker-is-checker")
    assert (await township.approve(batch, township.clerk)).status_code == 403
    stranger = funds_caller(township.http, "township_reviewer", township.county + "102", subject="zhao")
    assert (await township.approve(batch, stranger)).status_code == 404
    county_reviewer = funds_caller(township.http, "finance_reviewer", township.county, subject="sun")
    assert (await township.approve(batch, county_reviewer)).status_code == 201


async def test_the_database_too_refuses_one_person_as_maker_and_checker(
    township: Township, admin: asyncpg.Pool
) -> None:
    batch = (await township.checked([(id_number(1), "10")]))["batch"]["id"]
    with pytest.raises(asyncpg.CheckViolationError, match="maker_is_not_checker"):
        await admin.execute(
            "UPDATE funds.payment_batch SET status = 'posted', approved_by = uploaded_by WHERE id = $1", batch
        )


async def test_an_approval_is_replayed_and_never_pays_twice(township: Township) -> None:
    batch = (await township.checked([(id_number(1), "10")]))["batch"]["id"]
    first = await township.approve(batch, key="approve-once")
    again = await township.approve(batch, key="approve-once")
    assert (again.status_code, again.json()) == (201, first.json())
    assert again.headers["Idempotency-Replayed"] == "true"
    other = await township.approve(batch)
    assert (other.status_code, other.json()["type"]) == (409, "/problems/batch-not-checked")
    assert other.json()["figures"]["status"] == "posted"
    assert await balance(township, township.cards) == 1_000


async def test_of_many_approvals_at_once_exactly_one_pays(township: Township) -> None:
    batch = (await township.checked([(id_number(p), "10") for p in range(20)]))["batch"]["id"]
    reviewers = [funds_caller(township.http, "township_reviewer", township.region, subject=f"r{at}") for at in range(6)]
    answers = await asyncio.gather(*(township.approve(batch, one) for one in reviewers))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409, 409, 409]
    assert {a.json()["type"] for a in answers if a.status_code == 409} == {"/problems/batch-not-checked"}
    assert await balance(township, township.cards) == 20_000


async def test_two_batches_of_one_entitlement_pay_nobody_twice(township: Township, admin: asyncpg.Pool) -> None:
    rows = [(id_number(p), "10") for p in range(3)]
    first = (await township.checked(rows, entitlement="补助"))["batch"]["id"]
    # Two checks that ran at the same moment saw nothing of each other; the approval must.
    second = (await township.checked(rows[1:], entitlement="别的"))["batch"]["id"]
    await admin.execute("UPDATE funds.payment_batch SET entitlement = '补助' WHERE id = $1", second)
    answers = await asyncio.gather(township.approve(first), township.approve(second))
    assert sorted(answer.status_code for answer in answers) == [201, 409]
    [refused] = [answer.json() for answer in answers if answer.status_code == 409]
    assert refused["type"] == "/problems/paid-elsewhere"
    assert (refused["figures"]["rows_n"], refused["figures"]["entitlement"]) == (2, "补助")
    # Once the payment is reversed, the entitlement is open again.
    [paid] = [answer.json() for answer in answers if answer.status_code == 201]
    order = {"kind": "reverse", "document": "冲1", "effective_on": "2017-06-01", "movement_id": paid["movement_id"]}
    assert (await township.finance.post("/funds/v1/movements", order)).status_code == 201
    [waiting] = {first, second} - {paid["batch"]["id"]}
    assert (await township.approve(waiting)).status_code == 201


async def test_money_that_left_meanwhile_is_not_paid(township: Township, funds_http: httpx.AsyncClient) -> None:
    batch = (await township.checked([(id_number(1), "4000")]))["batch"]["id"]
    contractor = await open_account(funds_http, township.region, "contractor")
    order = {"kind": "pay", "document": "付1", "effective_on": "2017-04-20", "fund_code": township.fund,
             "from_account_id": township.office,
             "lines": [{"to_account_id": contractor, "amount_fen": 600_001}]}  # fmt: skip
    assert (await township.clerk.post("/funds/v1/movements", order)).status_code == 201
    refused = await township.approve(batch, key="money-gone-1")
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/money-not-there")
    assert refused.json()["figures"]["available_fen"] == 399_999
    await receive(funds_http, township.county, township.office, 1, "2017-04-30")
    assert (await township.approve(batch, key="money-gone-1")).status_code == 201


async def test_an_approval_that_breaks_half_way_leaves_everything_as_it_was(
    township: Township, monkeypatch: pytest.MonkeyPatch, admin: asyncpg.Pool
) -> None:
    batch = (await township.checked([(id_number(1), "10")]))["batch"]["id"]

    def broken(*_: object) -> None:
        msg = "lost"
        raise RuntimeError(msg)

    with monkeypatch.context() as patched:
        patched.setattr(ledger, "as_moved", broken)  # after the posting, before the journal
        assert (await township.approve(batch, key="half-way-2")).status_code == 500
    assert await balance(township, township.cards) == 0
    assert await admin.fetchval("SELECT status FROM funds.payment_batch WHERE id = $1", batch) == "checked"
    assert (await township.approve(batch, key="half-way-2")).status_code == 201
    assert await balance(township, township.cards) == 1_000


async def test_rows_changed_behind_the_service_are_not_paid(township: Township, admin: asyncpg.Pool) -> None:
    for change in (
        "UPDATE funds.payment SET amount_fen = amount_fen + 1 WHERE batch_id = $1 AND line = 3",
        "DELETE FROM funds.payment WHERE batch_id = $1 AND line = 4",
        "UPDATE funds.payment SET cum_fen = cum_fen + 1 WHERE batch_id = $1 AND line = 2",
        "UPDATE funds.payment SET line = 9 WHERE batch_id = $1 AND line = 2",
    ):
        batch = (await township.checked([(id_number(p), "10") for p in range(3)]))["batch"]["id"]
        await admin.execute(change, batch)
        refused = await township.approve(batch)
        assert (refused.status_code, refused.json()["type"]) == (409, "/problems/roster-broken"), change
    assert await balance(township, township.cards) == 0


async def test_what_waits_for_nobody_is_not_approved(township: Township, admin: asyncpg.Pool) -> None:
    draft = await township.batch()
    assert (await township.approve(draft)).json()["type"] == "/problems/batch-not-checked"
    empty = (await township.checked([("x", "1")]))["batch"]["id"]
    refused = await township.approve(empty)
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/nothing-to-pay")
    told = await township.checked([(id_number(1), "10")])
    other = await township.approve(told["batch"]["id"], json={"file_sha256": "0" * 64})
    assert (other.status_code, other.json()["type"]) == (409, "/problems/roster-changed")
    same = await township.approve(told["batch"]["id"], json={"file_sha256": told["batch"]["file_sha256"]})
    assert same.status_code == 201
    nowhere = "00000000-0000-7000-8000-000000000000"
    assert (await township.approve(nowhere)).status_code == 404


async def test_without_an_account_for_the_cards_nothing_is_paid(
    funds_http: httpx.AsyncClient, county: str, admin: asyncpg.Pool
) -> None:
    township = await Township(funds_http, county).open()
    await admin.execute("UPDATE funds.account SET kind = 'contractor' WHERE id = $1", township.cards)
    batch = (await township.checked([(id_number(1), "10")]))["batch"]["id"]
    refused = await township.approve(batch)
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/no-households-account")
    await open_account(funds_http, county, "households")
    by_county = funds_caller(funds_http, "finance_reviewer", county)
    assert (await township.approve(batch, by_county)).status_code == 201


async def test_a_withdrawn_batch_is_over_and_a_posted_one_cannot_be_withdrawn(township: Township) -> None:
    async def withdraw(batch: str, **more: str) -> httpx.Response:
        path = f"/funds/v1/payment-batches/{batch}/withdrawal"
        return await township.clerk.post(path, {"reason": "名册有误"}, **more)

    batch = (await township.checked([(id_number(1), "10")]))["batch"]["id"]
    assert (await withdraw(batch, key="withdraw-1")).json()["status"] == "withdrawn"
    assert (await withdraw(batch, key="withdraw-1")).headers["Idempotency-Replayed"] == "true"
    assert (await withdraw(batch)).json()["type"] == "/problems/batch-over"
    assert (await township.approve(batch)).json()["type"] == "/problems/batch-not-checked"
    assert (await township.put(batch, roster_csv([(id_number(1), "1")]))).status_code == 409
    posted = (await township.checked([(id_number(1), "10")]))["batch"]["id"]
    assert (await township.approve(posted)).status_code == 201
    assert (await withdraw(posted)).status_code == 409
    assert (await withdraw(await township.batch())).json()["status"] == "withdrawn"


async def test_a_village_batch_is_paid_to_the_cards_of_its_township(
    township: Township, funds_http: httpx.AsyncClient
) -> None:
    village = await open_account(funds_http, township.region + "201", "village_collective")
    await receive(funds_http, township.county, village, 5_000)
    told = await township.checked([(id_number(1), "50")], account_id=village)
    assert told["batch"]["region_code"] == township.region + "201"
    assert (await township.approve(told["batch"]["id"])).status_code == 201
    assert await balance(township, township.cards) == 5_000


async def test_payments_are_seen_masked_as_of_a_day_and_by_their_own_place(township: Township) -> None:
    batch = (await township.checked([(id_number(p), "10") for p in range(3)]))["batch"]["id"]
    path = f"/funds/v1/payments/{batch}-3"
    assert (await township.clerk.get(path)).json()["status"] == "waiting"
    paid = (await township.approve(batch)).json()
    before, on = {"as_of": "2017-04-30"}, {"as_of": "2017-05-01"}
    assert (await township.clerk.get(path, params=before)).json()["status"] == "scheduled"
    one = (await township.clerk.get(path, params=on)).json()
    assert (one["status"], one["amount_fen"], one["movement_id"]) == ("paid", 1_000, paid["movement_id"])
    assert (one["name"], one["id_number"]) == ("张*", f"****{id_number(1)[-4:]}")
    page = (await township.clerk.get("/funds/v1/payments", params={"batch": batch, "limit": 2})).json()
    rest = (await township.clerk.get("/funds/v1/payments", params={"batch": batch, "after": page["next"]})).json()
    assert [item["line"] for item in page["items"] + rest["items"]] == [2, 3, 4]
    proof = (await township.clerk.get(f"/funds/v1/payment-batches/{batch}")).json()
    assert (proof["paid_fen"], proof["unexplained_fen"], proof["movement_id"]) == (3_000, 0, paid["movement_id"])
    assert (await township.neighbour.get(path)).status_code == 404
    assert (await township.neighbour.get("/funds/v1/payments", params={"batch": batch})).status_code == 404
    for wrong, refused in (("1", 404), ("9999999", 404), ("0", 422), ("01", 422), ("10000000", 422)):
        for what in ("", "/trace"):
            asked = await township.clerk.get(f"/funds/v1/payments/{batch}-{wrong}{what}")
            assert asked.status_code == refused, "no file has a line of none, and none so long"
    assert (await township.clerk.get("/funds/v1/payments/nonsense")).status_code == 422
    order = {"kind": "reverse", "document": "冲1", "effective_on": "2017-06-01", "movement_id": paid["movement_id"]}
    assert (await township.finance.post("/funds/v1/movements", order)).status_code == 201
    assert (await township.clerk.get(path, params={"as_of": "2017-05-31"})).json()["status"] == "paid"
    assert (await township.clerk.get(path, params={"as_of": "2017-06-01"})).json()["status"] == "reversed"
