"""Held fen: drawn by one payment and nobody else, until posted, voided or run out."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import asyncpg
import pytest

from services.funds_api.lots import ledger
from tests.callers import funds_caller
from tests.funds_api.desk import Desk, conserved


async def test_what_is_held_is_paid_by_its_hold_alone(desk: Desk, admin: asyncpg.Pool) -> None:
    hold = (await desk.hold(900_000, desk.treasury, fund_code="TEST-FUND")).json()
    assert (hold["status"], hold["unexplained_fen"], len(hold["lots"])) == ("held", 0, 2)
    refused = await desk.out(100_001, desk.first, "2017-05-01")
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/money-held")
    assert refused.json()["figures"] == {
        "asked_fen": 100_001,
        "free_fen": 100_000,
        "held_fen": 900_000,
        "on": "2017-05-01",
    }
    assert (await desk.out(100_000, desk.first, "2017-05-01")).status_code == 201

    paid = await desk.out(850_000, desk.contractor, "2017-05-02", kind="pay", hold_id=hold["id"])
    assert paid.status_code == 201, paid.text
    drawn = {draw["from_lot_id"] for draw in paid.json()["movements"][0]["draws"]}
    assert drawn == {lot["lot_id"] for lot in hold["lots"]}
    assert (await desk.clerk.get(f"/funds/v1/holds/{hold['id']}")).json()["status"] == "posted"
    # What the payment left of the hold is free again.
    assert (await desk.out(50_000, desk.first, "2017-05-03")).status_code == 201
    again = await desk.out(1, desk.contractor, "2017-05-02", kind="pay", hold_id=hold["id"])
    assert (again.json()["type"], again.json()["figures"]["status"]) == ("/problems/hold-over", "posted")
    await conserved(admin, desk.county)


async def test_more_than_is_held_is_not_paid_from_a_hold(desk: Desk) -> None:
    hold = (await desk.hold(10, desk.treasury)).json()
    refused = await desk.out(11, desk.contractor, "2017-05-02", kind="pay", hold_id=hold["id"])
    assert refused.json()["type"] == "/problems/hold-too-small"
    assert (refused.json()["figures"]["asked_fen"], refused.json()["figures"]["held_fen"]) == (11, 10)
    elsewhere = await desk.out(1, desk.village, "2017-05-02", from_account_id=desk.first, hold_id=hold["id"])
    assert elsewhere.json()["type"] == "/problems/hold-over"


async def test_a_voided_hold_frees_its_fen_once(desk: Desk) -> None:
    hold = (await desk.hold(1_000_000, desk.treasury)).json()
    assert (await desk.out(1, desk.first, "2017-05-01")).json()["type"] == "/problems/money-held"
    path = f"/funds/v1/holds/{hold['id']}/voiding"
    voided = await desk.clerk.post(path, {"reason": "合同取消"}, key="void-this-hold-once")
    assert (voided.status_code, voided.json()["status"]) == (200, "voided")
    assert (await desk.clerk.post(path, {"reason": "合同取消"}, key="void-this-hold-once")).json() == voided.json()
    assert (await desk.clerk.post(path, {"reason": "再来"})).json()["type"] == "/problems/hold-over"
    assert (await desk.out(1_000_000, desk.first, "2017-05-01")).status_code == 201


async def test_a_hold_runs_out_by_itself(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its last day was yesterday: nobody has to do anything, and the books say so."""
    last = ledger.today()
    late_day = last + timedelta(days=1)
    passed = await desk.hold(1, desk.treasury, expires_on=(last - timedelta(days=1)).isoformat())
    assert (passed.status_code, passed.json()["type"]) == (422, "/problems/expiry-passed")
    hold = (await desk.hold(1_000_000, desk.treasury, expires_on=last.isoformat())).json()
    assert (hold["status"], hold["placed_on"]) == ("held", last.isoformat())
    path = f"/funds/v1/holds/{hold['id']}"
    assert (await desk.clerk.get(path)).json()["status"] == "held"
    after = (await desk.clerk.get(path, params={"as_of": late_day.isoformat()})).json()
    assert (after["status"], after["ended_on"], after["freed_fen"]) == ("expired", None, 1_000_000)
    monkeypatch.setattr(ledger, "today", lambda: late_day)
    assert (await desk.out(1_000_000, desk.first, "2017-05-01")).status_code == 201
    late = await desk.out(1, desk.contractor, "2017-05-02", kind="pay", hold_id=hold["id"])
    assert late.json()["figures"]["status"] == "expired"
    live = (await desk.clerk.get("/funds/v1/holds", params={"live": "true", "as_of": late_day.isoformat()})).json()
    assert (live["items"], live["empty_because"]) == ([], "您的管辖范围内没有符合条件的冻结")


async def test_a_hold_stands_on_its_days_and_tells_what_it_left(desk: Desk) -> None:
    """Placed today, it was not there in 2017; the balance of today shows it, and what the payment left is told."""
    hold = (await desk.hold(1_000, desk.treasury)).json()
    path, today = f"/funds/v1/holds/{hold['id']}", ledger.today().isoformat()
    assert (await desk.clerk.get(path, params={"as_of": "2017-12-31"})).status_code == 404
    for params in ({"as_of": "2017-12-31"}, {"as_of": "2017-12-31", "live": "true"}):
        assert (await desk.clerk.get("/funds/v1/holds", params=params)).json()["items"] == []

    async def split(on: str) -> list[int]:
        told = (await desk.clerk.get(f"/funds/v1/accounts/{desk.treasury}", params={"as_of": on})).json()
        return [told[name] for name in ("balance_fen", "held_fen", "available_fen")]

    assert await split(today) == [1_000_000, 1_000, 999_000]
    assert await split("2017-12-31") == [1_000_000, 0, 1_000_000]
    paid = await desk.out(400, desk.contractor, today, kind="pay", hold_id=hold["id"])
    assert paid.status_code == 201, paid.text
    told = (await desk.clerk.get(path)).json()
    assert [told[name] for name in ("status", "ended_on", "posted_fen", "freed_fen")] == ["posted", today, 400, 600]
    assert await split(today) == [999_600, 0, 999_600]


async def test_a_document_holds_money_of_an_account_once(desk: Desk) -> None:
    first = await desk.hold(10, desk.treasury, document="支付申请〔2017〕9号")
    again = await desk.hold(10, desk.treasury, document="支付申请[2017]9号")
    assert (again.status_code, again.json()["type"]) == (409, "/problems/document-holds")
    told = again.json()["figures"]
    assert (told["hold_id"], told["amount_fen"]) == (first.json()["id"], 10)
    voided = await desk.clerk.post(f"/funds/v1/holds/{first.json()['id']}/voiding", {"reason": "改额"})
    assert (voided.json()["status"], voided.json()["freed_fen"], voided.json()["posted_fen"]) == ("voided", 10, 0)
    assert voided.json()["ended_on"] == ledger.today().isoformat()
    assert (await desk.hold(20, desk.treasury, document="支付申请〔2017〕9号")).status_code == 201


async def test_returns_and_reversals_leave_held_fen_where_they_are(desk: Desk) -> None:
    movement = (await desk.out(300_000, desk.first, "2017-05-01")).json()["movements"][0]["id"]
    await desk.hold(200_000, desk.first)
    assert (await desk.back(100_001, desk.first, "2017-05-02")).json()["type"] == "/problems/money-held"
    assert (await desk.undo(movement, "2017-05-02")).json()["type"] == "/problems/money-held"
    assert (await desk.back(100_000, desk.first, "2017-05-02")).status_code == 201


async def test_holds_and_payments_that_race_never_share_a_fen(desk: Desk, admin: asyncpg.Pool) -> None:
    held = [desk.hold(70_000, desk.treasury) for _ in range(12)]
    paid = [desk.out(70_000, desk.first, "2017-05-01") for _ in range(12)]
    answers = await asyncio.gather(*(one for pair in zip(held, paid, strict=True) for one in pair))
    done = sum(1 for answer in answers if answer.status_code == 201)
    assert {answer.status_code for answer in answers} == {201, 409}
    assert done == 1_000_000 // 70_000
    over = await admin.fetch(
        "SELECT l.id FROM funds.lot l WHERE l.county_code = $1 AND l.remaining_fen < (SELECT"
        " coalesce(sum(k.amount_fen), 0) FROM funds.hold_lot k"
        " JOIN funds.hold h ON h.county_code = $1 AND h.id = k.hold_id"
        " WHERE k.county_code = $1 AND k.lot_id = l.id AND h.status = 'held')",
        desk.county,
    )
    assert over == []
    await conserved(admin, desk.county)


async def test_the_neighbour_neither_sees_nor_voids_a_hold(desk: Desk) -> None:
    await desk.out(10, desk.first, "2017-05-01")
    hold = (await desk.hold(10, desk.first)).json()
    neighbour = funds_caller(desk.http, "township_clerk", desk.county + "102")
    assert (await neighbour.get("/funds/v1/holds")).json()["items"] == []
    assert (await neighbour.get(f"/funds/v1/holds/{hold['id']}")).status_code == 404
    assert (await neighbour.post(f"/funds/v1/holds/{hold['id']}/voiding", {"reason": "试"})).status_code == 404
    mine = {"account_id": desk.first, "amount_fen": 1, "document": "文", "purpose": "试"}
    assert (await neighbour.post("/funds/v1/holds", mine)).status_code == 404
