"""The money of objected rows: what keeps it, what may take it, and that nobody is paid twice."""

from __future__ import annotations

import asyncio
import hashlib
from datetime import timedelta

import asyncpg
import httpx
import pytest

from services.funds_api.lots import ledger
from tests.callers import funds_caller
from tests.factories import receive
from tests.funds_api.desk import conserved, refused
from tests.funds_api.objected import (
    ROWS,
    TOTAL,
    days,
    division,
    free_fen,
    handing_down,
    objected,
    paid,
    part,
    proof,
    shown,
    township,
)
from tests.funds_api.people import Township, id_number
from tests.funds_api.test_publications import answered, object_to, path

__all__ = ["township"]  # a fixture


async def test_the_frozen_money_pays_nothing_else(
    funds_http: httpx.AsyncClient, county: str, admin: asyncpg.Pool
) -> None:
    """Of 20,000 fen 16,000 are paid; what is left is there and not free, by age, by lot and by the hold itself."""
    township = await Township(funds_http, county, fen=TOTAL).open()
    await days(admin, county, 7)
    batch = await shown(township)
    await objected(township, batch, 3)
    hold = part((await paid(township, batch))["division"], 3)["hold_id"]
    order = await handing_down(township, 1)
    refused(
        await township.clerk.post("/funds/v1/movements", order),
        409,
        "money-held",
        {"asked_fen": 1, "free_fen": 0, "held_fen": 4_000},
    )
    figures = {"hold_id": hold, "list_batch_id": batch, "line": 3, "frozen_fen": 4_000, "row_fen": 4_000}
    named = {**order, "hold_id": hold}
    refused(await township.clerk.post("/funds/v1/movements", named), 409, "hold-for-objected-row", figures)
    voiding = f"/funds/v1/holds/{hold}/voiding"
    finance = funds_caller(funds_http, "finance_clerk", county)
    refused(await finance.post(voiding, {"reason": "放开"}), 409, "hold-for-objected-row", figures)
    other = {
        "account_id": township.office,
        "fund_code": township.fund,
        "entitlement": "另一项",
        "document": "文2",
        "effective_on": "2017-05-01",
        "use": "production",
        "hold_id": hold,
    }
    refused(await township.clerk.post("/funds/v1/payment-batches", other), 409, "hold-for-objected-row", figures)
    with pytest.raises(asyncpg.PostgresError) as error:
        await admin.execute(
            "UPDATE funds.hold SET status = 'voided', ended_position = 1 WHERE county_code = $1 AND id = $2",
            county,
            hold,
        )
    assert error.value.sqlstate == "QL414", "the database knows it as well"
    assert await free_fen(admin, county, township.office) == (4_000, 4_000)


async def test_whoever_gives_the_row_up_sets_its_money_free(township: Township, admin: asyncpg.Pool) -> None:
    await days(admin, township.county, 7)
    batch = await shown(township)
    await objected(township, batch, 3)
    waits = part((await paid(township, batch))["division"], 3)["batch_id"]
    over = await township.clerk.post(path(batch, "withdrawal"), {"reason": "不再发放"})
    assert over.json()["type"] == "/problems/batch-over", "the list itself is divided"
    given_up = await township.clerk.post(path(waits, "withdrawal"), {"reason": "本户自愿放弃"})
    assert (given_up.status_code, given_up.json()["status"]) == (200, "withdrawn")
    assert await free_fen(admin, township.county, township.office) == (984_000, 0)
    assert (await division(township, batch))["ended_fen"] == 4_000


async def test_the_paid_part_can_be_undone_and_the_row_waits_on(township: Township, admin: asyncpg.Pool) -> None:
    await days(admin, township.county, 7)
    batch = await shown(township)
    [objection] = await objected(township, batch, 3)
    answer = await paid(township, batch)
    undo = {"kind": "reverse", "document": "冲1", "effective_on": "2017-05-03", "movement_id": answer["movement_id"]}
    reviewer = funds_caller(township.http, "finance_clerk", township.county)
    undone = await reviewer.post("/funds/v1/movements", undo)
    assert undone.status_code == 201, undone.text
    told = await division(township, batch)
    assert (told["paid_fen"], told["reversed_fen"]) == (0, 16_000)
    assert (told["waiting_fen"], told["frozen_fen"]) == (4_000, 4_000)
    assert await free_fen(admin, township.county, township.office) == (1_000_000, 4_000)
    assert (await answered(township, batch, objection)).status_code == 201
    part_paid = await paid(township, part(told, 3)["batch_id"])
    undo |= {"document": "冲2", "movement_id": part_paid["movement_id"]}
    undone = await reviewer.post("/funds/v1/movements", undo)
    assert undone.status_code == 201, undone.text
    told = await division(township, batch)
    assert (told["reversed_fen"], told["waiting_fen"], told["frozen_fen"]) == (TOTAL, 0, 0)
    await conserved(admin, township.county)


async def test_the_parts_are_the_published_list_and_nobody_is_paid_twice(
    township: Township, admin: asyncpg.Pool
) -> None:
    await days(admin, township.county, 7)
    batch = await shown(township, entitlement="产业奖补2017")
    await objected(township, batch, 3)
    told = (await paid(township, batch))["division"]
    whole = (await proof(township, batch))["batch"]
    [one] = (await township.clerk.get(path(batch, "publications"))).json()["publications"]
    assert one["list_sha256"] == whole["list_sha256"] == told["list_sha256"]
    rows = await admin.fetch(
        "SELECT p.payee_token, p.household_id FROM funds.payment p JOIN funds.payment_batch b ON b.id = p.batch_id"
        " WHERE b.county_code = $1 AND b.part_of = $2 ORDER BY p.line",
        township.county,
        batch,
    )
    hashed = hashlib.sha256(b"".join(row["payee_token"] + row["household_id"].bytes for row in rows)).hexdigest()
    assert hashed == whole["list_sha256"], "the parts together are the list that was shown"
    for some in (batch, *(one["batch_id"] for one in told["parts"])):
        listed = (await township.clerk.get(path(some, "list"))).json()
        assert (listed["unexplained_n"], listed["again_sha256"]) == (0, listed["sha256"])

    page = (await township.clerk.get("/funds/v1/payments", params={"batch": batch})).json()["items"]
    assert {(row["status"], row["continues_as"]) for row in page} == {
        ("divided", f"{part(told, 3 if line == 3 else 0)['batch_id']}-{line}") for line in (2, 3, 4, 5)
    }
    statuses = {}
    for row in page:
        seen = (await township.clerk.get(f"/funds/v1/payments/{row['continues_as']}")).json()
        same = ("name", "id_number", "card", "amount_fen", "household_id")
        assert [seen[one] for one in same] == [row[one] for one in same]
        statuses[seen["line"]] = seen["status"]
    assert statuses == {2: "paid", 3: "waiting", 4: "paid", 5: "paid"}
    traced = await township.clerk.get(f"/funds/v1/payments/{part(told, 0)['batch_id']}-5/trace")
    assert (traced.status_code, traced.json()["traced_fen"], traced.json()["payee"]) == (200, 7_500, page[0]["name"])

    other = await township.checked(ROWS, entitlement="产业奖补2017")
    assert (other["rows_good"], other["rows_bad"]) == (0, 4), "paid, or waiting in a part"


async def test_an_objection_and_an_approval_race_and_the_row_is_never_paid_unheard(
    township: Township, admin: asyncpg.Pool
) -> None:
    await days(admin, township.county, 7)
    batch = await shown(township)
    raised, approved = await asyncio.gather(object_to(township, batch, line=3), township.approve(batch))
    assert (raised.status_code, approved.status_code) == (201, 201), (raised.text, approved.text)
    if approved.json()["division"] is None:  # it came first
        assert approved.json()["total_fen"] == TOTAL
        return
    told = await division(township, batch)
    assert (told["paid_fen"], told["waiting_fen"]) == (16_000, 4_000)


async def test_an_answer_and_the_approval_of_the_part_race_and_one_of_them_ends_it(
    township: Township, admin: asyncpg.Pool
) -> None:
    await days(admin, township.county, 7)
    batch = await shown(township)
    first, second = *(await objected(township, batch, 3)), *(await objected(township, batch, 3))
    waits = part((await paid(township, batch))["division"], 3)["batch_id"]
    assert (await answered(township, batch, first)).status_code == 201
    closed, approved, gone = await asyncio.gather(
        answered(township, batch, second, verdict="upheld"),
        township.approve(waits),
        township.clerk.post(path(waits, "withdrawal"), {"reason": "放弃"}),
    )
    assert closed.status_code == 201, closed.text
    assert approved.status_code == 409, "never paid against an objection that is open or has reason"
    assert gone.status_code in {200, 409}, gone.text
    told = await division(township, batch)
    assert (told["ended_fen"], told["frozen_fen"]) == (4_000, 0)
    assert await free_fen(admin, township.county, township.office) == (984_000, 0)


async def test_a_row_that_waited_beyond_a_closing_is_paid_on_a_later_day(
    township: Township, admin: asyncpg.Pool
) -> None:
    await days(admin, township.county, 7)
    batch = await shown(township)
    [objection] = await objected(township, batch, 3)
    day = {"effective_on": "2017-05-02"}
    own = await township.reviewer.post(path(batch, "approval"), day)
    refused(own, 409, "approval-day-refused", {"waited": False, "earliest_on": "2017-05-01"})
    waits = part((await paid(township, batch))["division"], 3)["batch_id"]
    assert (await answered(township, batch, objection)).status_code == 201
    closing = {"through": "2017-05-31", "document": "县财政局关账通知"}
    reviewer = funds_caller(township.http, "finance_reviewer", township.county)
    closed = await reviewer.post("/funds/v1/closings", closing)
    assert closed.status_code == 201, closed.text
    assert (await township.approve(waits)).json()["type"] == "/problems/books-closed"
    early = await township.reviewer.post(path(waits, "approval"), {"effective_on": "2017-04-30"})
    refused(early, 409, "approval-day-refused", {"waited": True, "asked_on": "2017-04-30"})
    ahead = {"effective_on": str(ledger.today() + timedelta(days=40))}
    assert (await township.reviewer.post(path(waits, "approval"), ahead)).json()["type"] == "/problems/dated-ahead"
    late = await township.reviewer.post(path(waits, "approval"), {"effective_on": "2017-06-01"})
    assert late.status_code == 201, late.text
    assert late.json()["batch"]["effective_on"] == "2017-06-01"
    told = await division(township, batch)
    assert (told["paid_fen"], part(told, 3)["movement_id"]) == (TOTAL, late.json()["movement_id"])
    assert await free_fen(admin, township.county, township.office) == (980_000, 0)


async def test_the_very_lots_that_would_have_fed_a_row_are_frozen(
    funds_http: httpx.AsyncClient, county: str, admin: asyncpg.Pool
) -> None:
    """Lots of 70, 50 and 100 元 in turn; rows of 60, 40, 25 and 75: the second is fed by the first two."""
    township = await Township(funds_http, county, fen=7_000).open()
    for fen, on in ((5_000, "2017-03-02"), (10_000, "2017-03-03")):
        await receive(funds_http, county, township.office, fen, on)
    await days(admin, county, 7)
    batch = await shown(township)
    [second, third] = await objected(township, batch, 3, 4)
    answer = await paid(township, batch)
    assert [(one["lo_fen"], one["hi_fen"]) for one in answer["spans"]] == [(0, 6_000), (6_000, 13_500)]
    kept = await admin.fetch(
        "SELECT b.part_line, l.amount_fen AS lot_fen, k.amount_fen FROM funds.hold_lot k"
        " JOIN funds.payment_batch b ON b.county_code = k.county_code AND b.hold_id = k.hold_id"
        " JOIN funds.lot l ON l.county_code = k.county_code AND l.id = k.lot_id"
        " WHERE k.county_code = $1 ORDER BY b.part_line, l.arrived_on",
        county,
    )
    assert [tuple(row) for row in kept] == [(3, 7_000, 1_000), (3, 5_000, 3_000), (4, 5_000, 2_000), (4, 10_000, 500)]
    assert (await answered(township, batch, second)).status_code == 201
    assert (await answered(township, batch, third, verdict="upheld")).status_code == 201
    told = await division(township, batch)
    spans = (await paid(township, part(told, 3)["batch_id"]))["spans"]
    assert [one["amount_fen"] for one in spans] == [1_000, 3_000], "out of the lots that had waited for it"
    assert await free_fen(admin, county, township.office) == (4_500, 0)
    await conserved(admin, county)


@pytest.mark.parametrize("more_fen", [0, 5_000])
async def test_a_hold_that_the_batch_names_passes_on_its_share(
    township: Township, admin: asyncpg.Pool, more_fen: int
) -> None:
    await days(admin, township.county, 7)
    body = {"account_id": township.office, "amount_fen": TOTAL + more_fen, "document": "付申1", "purpose": "待支付"}
    held = await funds_caller(township.http, "finance_clerk", township.county).post("/funds/v1/holds", body)
    assert held.status_code == 201, held.text
    batch = await shown(township, hold_id=held.json()["id"])
    [objection] = await objected(township, batch, 3)
    told = (await paid(township, batch))["division"]
    assert (told["paid_fen"], told["frozen_fen"]) == (16_000, 4_000)
    assert part(told, 3)["hold_id"] != held.json()["id"]
    assert await free_fen(admin, township.county, township.office) == (984_000, 4_000), "nothing else is frozen"
    assert (await answered(township, batch, objection)).status_code == 201
    await paid(township, part(told, 3)["batch_id"])
    assert await free_fen(admin, township.county, township.office) == (980_000, 0)
    await conserved(admin, township.county)


async def test_what_came_back_for_an_objected_row_stays_under_its_own_hold(
    township: Township, admin: asyncpg.Pool
) -> None:
    """30 元 of the row came back from an earlier payment and are kept: 10 元 more are frozen, and both pay it."""
    await days(admin, township.county, 7)
    title = "产业奖补退汇"
    first = await shown(township, [(id_number(2), "30.00"), (id_number(9), "1.00")], entitlement=title)
    await paid(township, first)
    back = {"document": "退汇1", "effective_on": "2017-05-01", "reason": "account_closed"}
    bank = funds_caller(township.http, "bank", township.county)
    returned = await bank.post(f"/funds/v1/payments/{first}-2/returns", back)
    assert returned.status_code == 201, returned.text
    batch = await shown(township, entitlement=title)
    [objection] = await objected(township, batch, 3)
    told = (await paid(township, batch))["division"]
    assert (part(told, 3)["amount_fen"], part(told, 3)["frozen_fen"]) == (4_000, 1_000)
    assert await free_fen(admin, township.county, township.office) == (983_900, 4_000), "30 元 kept, 10 元 frozen"
    assert (await answered(township, batch, objection)).status_code == 201
    spans = (await paid(township, part(told, 3)["batch_id"]))["spans"]
    assert sorted(one["amount_fen"] for one in spans) == [1_000, 3_000]
    assert await free_fen(admin, township.county, township.office) == (979_900, 0)
    await conserved(admin, township.county)


async def test_what_was_known_before_the_division_is_told_as_it_was(township: Township, admin: asyncpg.Pool) -> None:
    await days(admin, township.county, 7)
    batch = await shown(township)
    await objected(township, batch, 3)
    before = (await admin.fetchval("SELECT clock_timestamp()")).isoformat()
    await paid(township, batch)
    params = {"batch": batch, "known_at": before}
    then = (await township.clerk.get("/funds/v1/payments", params=params)).json()["items"]
    assert {(row["status"], row["continues_as"]) for row in then} == {("waiting", None)}
