"""Carrying over beside holds: what is free goes into the next year, what is held stays in its own and can follow."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import asyncpg
import httpx
import pytest

from services.funds_api.lots import ledger
from tests.funds_api.desk import Desk, conserved
from tests.funds_api.people import id_number
from tests.funds_api.test_returns import Paid


async def by_year(desk: Desk, on: str = "2018-12-31") -> dict[int, int]:
    """What the first office holds of each budget year."""
    found: dict[int, int] = {}
    for lot in await desk.lots(desk.first, on):
        found[lot["fiscal_year"]] = found.get(lot["fiscal_year"], 0) + lot["remaining_fen"]
    return found


async def carry(desk: Desk, on: str, year: int = 2017) -> httpx.Response:
    return await desk.order("carry_over", on, account_id=desk.first, from_year=year)


async def test_what_is_held_stays_in_its_year_and_follows_once_it_is_free(desk: Desk, admin: asyncpg.Pool) -> None:
    """A hold without a day and one with a day are treated alike: each was placed on that year's budget."""
    await desk.out(300_000, desk.first, "2017-05-01")
    await desk.out(200_000, desk.first, "2017-05-02")
    lasting = (await desk.hold(150_000, desk.first, purpose="法院冻结")).json()
    until = (ledger.today() + timedelta(days=10)).isoformat()
    passing = (await desk.hold(100_000, desk.first, expires_on=until)).json()
    carried = await carry(desk, "2017-12-31")
    assert carried.status_code == 201, carried.text
    told = carried.json()
    assert (told["total_fen"], told["left_held_fen"], told["unexplained_fen"]) == (250_000, 250_000, 0)
    assert [(one["hold_id"], one["purpose"], one["expires_on"], one["amount_fen"]) for one in told["left_held"]] == [
        (lasting["id"], "法院冻结", None, 150_000),
        (passing["id"], "待支付", until, 100_000),
    ]
    assert await by_year(desk) == {2017: 250_000, 2018: 250_000}
    nothing = await carry(desk, "2018-01-01")
    assert nothing.json()["type"] == "/problems/nothing-to-carry"
    assert nothing.json()["figures"]["held_fen"] == 250_000
    assert "2,500.00" in nothing.json()["detail"]

    paid = await desk.out(
        100_000, desk.contractor, "2018-01-05", kind="pay", from_account_id=desk.first, hold_id=passing["id"]
    )
    assert paid.status_code == 201, paid.text
    assert (await desk.clerk.post(f"/funds/v1/holds/{lasting['id']}/voiding", {"reason": "解封"})).status_code == 200
    later = await carry(desk, "2018-02-01")
    assert (later.status_code, later.json()["total_fen"], later.json()["left_held"]) == (201, 150_000, [])
    assert await by_year(desk) == {2018: 400_000}
    assert {lot["clock_from"] for lot in await desk.lots(desk.first, "2018-12-31")} == {"2017-05-01", "2017-05-02"}
    await conserved(admin, desk.county)


async def test_a_hold_that_ran_out_keeps_nothing_from_being_carried(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    await desk.out(300_000, desk.first, "2017-05-01")
    last = ledger.today()
    await desk.hold(120_000, desk.first, expires_on=last.isoformat())
    assert (await carry(desk, "2017-12-31")).json()["total_fen"] == 180_000
    monkeypatch.setattr(ledger, "today", lambda: last + timedelta(days=1))
    later = (await carry(desk, "2017-12-31")).json()
    assert (later["total_fen"], later["left_held_fen"]) == (120_000, 0)
    assert await by_year(desk) == {2018: 300_000}


async def test_a_carry_over_beside_a_hold_is_undone_whole(desk: Desk, admin: asyncpg.Pool) -> None:
    await desk.out(300_000, desk.first, "2017-05-01")
    hold = (await desk.hold(120_000, desk.first)).json()
    movement = (await carry(desk, "2017-12-31")).json()["movements"][0]["id"]
    assert (await desk.undo(movement, "2018-01-03")).status_code == 201
    assert await by_year(desk) == {2017: 300_000}
    paid = await desk.out(
        120_000, desk.contractor, "2018-01-05", kind="pay", from_account_id=desk.first, hold_id=hold["id"]
    )
    assert paid.status_code == 201, paid.text
    assert (await carry(desk, "2018-01-06")).json()["total_fen"] == 180_000
    await conserved(admin, desk.county)


async def test_what_came_back_of_a_card_waits_in_its_year_and_stops_nobody(
    funds_http: httpx.AsyncClient, county: str
) -> None:
    """It is held without a day until it is paid again; given up, it follows by a document of its own."""
    paid = await Paid(funds_http, county).open()
    first, second = [(await paid.give_back(paid.line(row))).json() for row in (1, 2)]
    village = {
        "kind": "carry_over",
        "effective_on": "2017-12-31",
        "account_id": paid.town.office,
        "from_year": 2017,
    }

    async def carried(document: str, **more: Any) -> dict[str, Any]:
        answer = await paid.town.finance.post("/funds/v1/movements", {**village, "document": document, **more})
        return dict(answer.json())

    refused = await carried("结转1")
    assert (refused["type"], refused["figures"]["held_fen"]) == ("/problems/nothing-to-carry", 50_000)
    voided = f"/funds/v1/holds/{first['hold_id']}/voiding"
    assert (await paid.town.finance.post(voided, {"reason": "该户已死亡"})).status_code == 200
    told = await carried("结转2")
    assert (told["total_fen"], told["left_held_fen"]) == (20_000, 30_000)
    assert [(one["hold_id"], one["purpose"]) for one in told["left_held"]] == [(second["hold_id"], "退汇待重发")]

    again = await paid.town.checked([(id_number(2), "300")], entitlement=paid.entitlement, effective_on="2018-01-20")
    approved = await paid.town.approve(again["batch"]["id"])
    assert approved.status_code == 201, approved.text
    kept = {lot["lot_id"] for lot in second["lots"]}
    assert {span["from_lot_id"] for span in approved.json()["spans"]} == kept, "the very fen that it gave back"
