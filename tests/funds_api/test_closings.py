"""Closed books take reversals only, whatever races, and are closed forward."""

from __future__ import annotations

import asyncio

import asyncpg

from tests.callers import funds_caller
from tests.factories import notice_request, open_account
from tests.funds_api.desk import Desk, conserved


async def closed(desk: Desk, through: str) -> None:
    answer = await desk.reviewer.post("/funds/v1/closings", {"through": through, "document": "结账"})
    assert answer.status_code == 201, answer.text


async def test_closed_books_take_reversals_only(desk: Desk, admin: asyncpg.Pool) -> None:
    movement = (await desk.out(100, desk.first, "2017-05-10")).json()["movements"][0]["id"]
    await closed(desk, "2017-05-31")
    for kind, order in (
        ("hand_down", desk.out(1, desk.first, "2017-05-31")),
        ("return", desk.back(1, desk.first, "2017-05-31")),
    ):
        refused = await order
        assert (refused.status_code, refused.json()["type"]) == (409, "/problems/books-closed"), kind
        assert refused.json()["figures"]["closed_through"] == "2017-05-31"
    assert (await desk.out(1, desk.first, "2017-06-01")).status_code == 201
    assert (await desk.undo(movement, "2017-05-20")).status_code == 201
    assert await desk.balance(desk.first, "2017-05-31") == 0
    await conserved(admin, desk.county)


async def test_a_roster_for_a_closed_day_is_refused_before_anybody_makes_it(desk: Desk) -> None:
    """Also to a township's clerk, who sees the county's closings; the day after the closing is open."""
    await closed(desk, "2017-05-31")
    township = desk.county + "101"
    office = await open_account(desk.http, township, "township_office")
    clerk = funds_caller(desk.http, "township_clerk", township)
    batch = {"account_id": office, "fund_code": "TEST-FUND", "entitlement": "补", "document": "补发"}
    refused = await clerk.post("/funds/v1/payment-batches", {**batch, "effective_on": "2017-05-31"})
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/books-closed"), refused.text
    assert refused.json()["figures"]["closed_through"] == "2017-05-31"
    assert (await clerk.post("/funds/v1/payment-batches", {**batch, "effective_on": "2017-06-01"})).status_code == 201


async def test_books_are_closed_forward_and_never_ahead(desk: Desk) -> None:
    await closed(desk, "2017-05-31")
    for through, slug in (("2017-05-31", "closing-not-later"), ("2017-05-01", "closing-not-later")):
        again = await desk.reviewer.post("/funds/v1/closings", {"through": through, "document": "结账"})
        assert (again.status_code, again.json()["type"]) == (409, f"/problems/{slug}")
    ahead = await desk.reviewer.post("/funds/v1/closings", {"through": "2199-12-31", "document": "结账"})
    assert (ahead.status_code, ahead.json()["type"]) == (422, "/problems/closing-ahead")
    listed = (await desk.clerk.get("/funds/v1/closings")).json()["items"]
    assert [one["through"] for one in listed] == ["2017-05-31"]
    assert (await desk.clerk.post("/funds/v1/closings", {"through": "2017-06-30", "document": "结"})).status_code == 403


async def test_no_posting_slips_into_a_period_while_it_is_closed(desk: Desk, admin: asyncpg.Pool) -> None:
    """Each answer of 201 for May stands before the closing in the journal; after it there is none."""
    orders = [desk.out(1, desk.first, "2017-05-05") for _ in range(20)]
    closing = desk.reviewer.post("/funds/v1/closings", {"through": "2017-05-31", "document": "结账"})
    answers = await asyncio.gather(*orders[:10], closing, *orders[10:])
    assert answers[10].status_code == 201
    after = await admin.fetch(
        "SELECT m.id FROM funds.movement m JOIN funds.closing c ON c.county_code = m.county_code"
        " WHERE m.county_code = $1 AND m.effective_on <= c.through AND m.position > c.position AND m.kind <> 'reverse'",
        desk.county,
    )
    assert after == []


async def test_a_document_moves_money_once(desk: Desk) -> None:
    first = await desk.out(100, desk.first, "2017-05-10", document="西财农[2017] 8号")
    again = await desk.out(100, desk.second, "2017-05-11", document="西财农〔2017〕8号")
    assert (again.status_code, again.json()["type"]) == (409, "/problems/document-used")
    movement = first.json()["movements"][0]["id"]
    assert again.json()["figures"] == {
        "document": "西财农[2017] 8号",
        "movement_id": movement,
        "effective_on": "2017-05-10",
        "amount_fen": 100,
    }
    assert (await desk.undo(movement, "2017-05-12")).status_code == 201
    assert (await desk.out(100, desk.second, "2017-05-12", document="西财农〔2017〕8号")).status_code == 201
    twins = [desk.out(1, desk.first, "2017-05-13", document="同时〔2017〕9号") for _ in range(6)]
    assert sorted(one.status_code for one in await asyncio.gather(*twins)) == [201, 409, 409, 409, 409, 409]


async def test_an_account_opened_while_the_books_are_closed_takes_nothing_of_before(
    desk: Desk, admin: asyncpg.Pool
) -> None:
    """The closing could not lock it; a receipt that asked before the closing was written still comes after it."""
    async with admin.acquire() as posting, admin.acquire() as recording:
        async with posting.transaction():
            await posting.execute(
                "SELECT FROM funds.account WHERE county_code = $1 AND id = $2 FOR UPDATE", desk.county, desk.first
            )
            closing = asyncio.create_task(
                desk.reviewer.post("/funds/v1/closings", {"through": "2017-05-31", "document": "结账"})
            )
            await asyncio.sleep(0.4)
            fresh = await open_account(desk.http, desk.county, "department", "新设单位")
            head = recording.transaction()
            await head.start()
            await recording.execute("SELECT FROM funds.stream_head WHERE stream = $1 FOR UPDATE", desk.county)
        await asyncio.sleep(0.4)
        notice = await notice_request(desk.http, desk.county, fresh, amounts=[5], received_on="2017-05-03")
        late = asyncio.create_task(desk.clerk.post("/funds/v1/notices", notice))
        await asyncio.sleep(0.4)
        await head.rollback()
    assert [one.status_code for one in await asyncio.gather(closing, late)] == [201, 409]
    assert await desk.balance(fresh) == 0
