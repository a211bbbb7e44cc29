"""Undoing a payment out of a hold holds its fen again, to the fen; voiding and paying take their locks in one order."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest

from services.funds_api.lots import ledger
from tests.funds_api.desk import Desk, conserved
from tests.funds_api.people import Township, id_number
from tests.funds_api.test_held_orders import held, of_office, status
from tests.funds_api.test_orders import ORDERS, Chain, refused


@pytest.fixture
async def chain(funds_http: httpx.AsyncClient, county: str) -> Chain:
    return await Chain(funds_http, county).open()


@pytest.fixture
async def township(funds_http: httpx.AsyncClient, county: str) -> Township:
    return await Township(funds_http, county, fen=100_000).open()


async def undone(chain: Chain, movement: str, on: str = "2017-05-10", **more: Any) -> dict[str, Any]:
    order = {"kind": "reverse", "document": "冲1", "effective_on": on, "movement_id": movement, **more}
    answer = await chain.clerk.post("/funds/v1/movements", order)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def test_an_order_undone_is_held_again_and_issued_again_out_of_that_hold(
    chain: Chain, admin: asyncpg.Pool, county: str
) -> None:
    hold = await held(chain, 900_000)
    order = await chain.issue(850_000, hold_id=hold["id"])
    again = (await undone(chain, order["movement_id"]))["holds"]
    assert (len(again), await status(chain, hold["id"]), await status(chain, again[0])) == (1, "posted", "held")
    kept = (await chain.clerk.get(f"/funds/v1/holds/{again[0]}")).json()
    assert (kept["amount_fen"], kept["unexplained_fen"], kept["placed_on"]) == (850_000, 0, "2017-05-10")
    assert (kept["document"], kept["purpose"]) == (hold["document"], hold["purpose"])
    figures = refused(await chain.clerk.post(ORDERS, chain.order(150_001, effective_on="2017-05-11")), "money-held")
    assert (figures["free_fen"], figures["held_fen"]) == (150_000, 850_000), "what the order left of its hold is free"
    await chain.issue(150_000, effective_on="2017-05-11")
    second = await chain.issue(850_000, effective_on="2017-05-11", reissues_order_id=order["id"])
    assert (second["hold_id"], await status(chain, again[0])) == (again[0], "posted")
    assert (await chain.clerk.get(f"{ORDERS}/{second['id']}")).json()["hold_id"] == again[0]
    assert await chain.balance(chain.treasury["quota"]) == 0
    await conserved(admin, county)


async def test_an_order_whose_hold_was_voided_since_is_issued_again_out_of_what_is_free(chain: Chain) -> None:
    hold = await held(chain, 300_000)
    order = await chain.issue(300_000, hold_id=hold["id"])
    [again] = (await undone(chain, order["movement_id"]))["holds"]
    assert (await chain.clerk.post(f"/funds/v1/holds/{again}/voiding", {"reason": "撤回"})).status_code == 200
    second = await chain.issue(300_000, effective_on="2017-05-11", reissues_order_id=order["id"])
    assert second["hold_id"] is None


async def test_a_hold_that_ran_out_meanwhile_holds_nothing_again(chain: Chain, monkeypatch: pytest.MonkeyPatch) -> None:
    last = ledger.today()
    hold = await held(chain, 300_000, expires_on=last.isoformat())
    order = await chain.issue(300_000, hold_id=hold["id"])
    monkeypatch.setattr(ledger, "today", lambda: last + timedelta(days=1))
    [again] = (await undone(chain, order["movement_id"]))["holds"]
    late = {"as_of": (last + timedelta(days=1)).isoformat()}
    shown = (await chain.clerk.get(f"/funds/v1/holds/{again}", params=late)).json()
    assert (shown["status"], shown["expires_on"], shown["freed_fen"]) == ("expired", last.isoformat(), 300_000)
    await chain.issue(1_000_000, effective_on="2017-05-11")


async def test_undoing_all_that_followed_from_a_receipt_leaves_no_hold_behind(
    chain: Chain, admin: asyncpg.Pool, county: str
) -> None:
    given = (await chain.split(500_000, chain.treasury["quota"], chain.department["quota"])).json()["movements"][0][
        "id"
    ]
    hold = await held(chain, 400_000, account_id=chain.department["quota"])
    order = await chain.issue(400_000, chain.department["quota"], hold_id=hold["id"])
    told = await undone(chain, given, cascade=True)
    assert (told["holds"], [one["reverses_id"] for one in told["movements"]]) == ([], [order["movement_id"], given])
    assert await chain.balance(chain.treasury["quota"]) == 1_000_000
    await conserved(admin, county)


async def test_lines_undone_one_by_one_are_each_held_again(desk: Desk, admin: asyncpg.Pool) -> None:
    hold = (await desk.hold(500_000, desk.treasury)).json()
    lines = [{"to_account_id": one, "amount_fen": fen} for one, fen in ((desk.first, 300_000), (desk.second, 150_000))]
    paid = (await desk.out(0, desk.first, "2017-05-01", hold_id=hold["id"], lines=lines)).json()["movements"]
    for one, free_fen in zip(paid, (550_000, 550_000), strict=True):
        [again] = (await desk.undo(one["id"], "2017-05-02")).json()["holds"]
        assert (await desk.clerk.get(f"/funds/v1/holds/{again}")).json()["amount_fen"] == one["amount_fen"]
        over = await desk.out(free_fen + 1, desk.first, "2017-05-03")
        assert (over.json()["type"], over.json()["figures"]["free_fen"]) == ("/problems/money-held", free_fen)
    live = (await desk.clerk.get("/funds/v1/holds", params={"live": "true"})).json()["items"]
    assert sorted(one["amount_fen"] for one in live) == [150_000, 300_000]
    await conserved(admin, desk.county)


async def test_a_roster_undone_is_held_again_and_a_new_one_is_paid_from_that_hold(
    township: Township, admin: asyncpg.Pool
) -> None:
    hold = await of_office(township, 35_000)
    told = await township.checked([(id_number(p), "100") for p in range(3)], hold_id=hold["id"])
    paid = (await township.approve(told["batch"]["id"])).json()
    order = {"kind": "reverse", "document": "冲名册", "effective_on": "2017-05-20", "movement_id": paid["movement_id"]}
    back = await township.finance.post("/funds/v1/movements", order)
    assert back.status_code == 201, back.text
    [again] = back.json()["holds"]
    shown = (await township.finance.get(f"/funds/v1/holds/{again}")).json()
    assert (shown["amount_fen"], shown["status"], shown["unexplained_fen"]) == (30_000, "held", 0)
    rival = await township.checked([(id_number(p), "100") for p in range(10, 18)], effective_on="2017-05-21")
    assert (rival["rows_good"], rival["rows_bad"]) == (7, 1), "70,000 fen are free, 30,000 are held"
    second = await township.checked([(id_number(p), "100") for p in range(3)], hold_id=again, effective_on="2017-05-21")
    assert (second["available_fen"], second["rows_good"]) == (30_000, 3)
    assert (await township.approve(second["batch"]["id"])).status_code == 201
    assert await status(township, again) == "posted"
    await conserved(admin, township.county)


async def test_a_hold_voided_while_it_is_paid_waits_and_makes_no_ring(desk: Desk, admin: asyncpg.Pool) -> None:
    """The payment has locked account and journal, and goes on to the hold: who voids it must not stand there."""
    hold = (await desk.hold(10_000, desk.treasury)).json()
    move = {
        "id": str(uuid4()),
        "kind": "pay",
        "document": "付1",
        "document_key": "付1",
        "from": desk.treasury,
        "to": desk.contractor,
        "effective_on": "2017-05-02",
        "amount_fen": 10_000,
        "drawn": "named",
        "actor": "某一人",
        "hold": hold["id"],
    }
    [kept] = hold["lots"]
    part = {"move": move["id"], "from_lot": kept["lot_id"], "to_lot": str(uuid4()), "amount_fen": 10_000}
    async with admin.acquire() as payer, admin.acquire() as voider:
        for session in (payer, voider):
            await session.execute("SELECT set_config('app.region', $1, false)", desk.county)
        voider_pid = await voider.fetchval("SELECT pg_backend_pid()")
        act = payer.transaction()
        await act.start()
        await payer.fetch(
            "SELECT FROM funds.account WHERE county_code = $1 AND id = $2::uuid FOR NO KEY UPDATE",
            desk.county,
            desk.treasury,
        )
        await payer.fetchval("SELECT funds.next_position($1)", desk.county)
        voiding = asyncio.create_task(voider.fetchval("SELECT funds.void_hold($1, $2::uuid)", desk.county, hold["id"]))
        waits = "SELECT wait_event_type = 'Lock' FROM pg_stat_activity WHERE pid = $1"
        async with asyncio.timeout(10):
            while not await payer.fetchval(waits, voider_pid):  # noqa: ASYNC110 - a lock elsewhere sets no event here
                await asyncio.sleep(0.01)
        await payer.fetchval(
            "SELECT funds.post_movements($1, $2::jsonb, $3::jsonb, current_date)",
            desk.county,
            json.dumps([move]),
            json.dumps([part]),
        )
        await act.rollback()
        assert await voiding > 0, "nobody was killed, and what was rolled back left the hold to be voided"
    assert (await desk.clerk.get(f"/funds/v1/holds/{hold['id']}")).json()["status"] == "voided"
