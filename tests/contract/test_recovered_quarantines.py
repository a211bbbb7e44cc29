"""A finding recovers what is quarantined for it in one act: no fen is free in between, and none moves otherwise."""

from __future__ import annotations

import asyncio
import json
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest

from services.funds_api.lots import ledger
from tests.contract.decided import Both
from tests.contract.test_quarantines import DOCUMENT, Inspectors
from tests.funds_api.desk import Desk, conserved, refused
from tests.funds_api.quarantined import quarantine
from tests.funds_api.test_known_at import now


class Recovering(Inspectors):
    """A finding on 300,000 fen of the first township, of which 200,000 are quarantined."""

    told: dict[str, Any]

    async def recover(self, fen: int, on: str = "2017-12-10", **more: Any) -> httpx.Response:
        order = {
            "fund_code": "TEST-FUND",
            "account_id": self.desk.first,
            "amount_fen": fen,
            "finding_id": self.finding["id"],
        }
        return await self.desk.order("recover", on, **{**order, **more})

    async def books(self, **asked: Any) -> dict[str, Any]:
        return dict((await self.in_books(self.told["id"], **asked)).json())

    async def pay(self, fen: int, on: str = "2017-12-11") -> httpx.Response:
        return await self.desk.out(fen, self.desk.contractor, on, kind="pay", from_account_id=self.desk.first)


@pytest.fixture
async def two(both: Both, desk: Desk) -> Recovering:
    case = Recovering(both, desk)
    await case.open()
    case.told = await case.order(200_000)
    return case


async def test_a_finding_recovers_its_own_quarantined_fen_in_one_act(
    two: Recovering, desk: Desk, admin: asyncpg.Pool
) -> None:
    before = now()
    answer = await two.recover(120_000)
    assert answer.status_code == 201, answer.text
    books = await two.books()
    assert [books[one] for one in ("kept_fen", "recovered_fen", "stands_fen", "unexplained_fen")] == [
        200_000,
        120_000,
        80_000,
        0,
    ]
    [movement] = answer.json()["movements"]
    assert books["changes"] == [
        {
            "movement_id": movement["id"],
            "lot_id": two.lot,
            "change_fen": -120_000,
            "effective_on": "2017-12-10",
        }
    ]
    # What was free before is free, and not one fen more: the quarantine shrank by exactly that.
    refused(await two.pay(100_001), 409, "money-quarantined", {"free_fen": 100_000, "quarantined_fen": 80_000})
    [hold] = [
        one
        for one in (await desk.clerk.get("/funds/v1/holds", params={"account": desk.first})).json()["items"]
        if one["purpose"] == "封存" and one["status"] == "held"
    ]
    assert hold["amount_fen"] == 80_000
    for refusal in (
        await desk.clerk.post(f"/funds/v1/holds/{hold['id']}/voiding", {"reason": "不需要了"}),
        await desk.out(1, desk.contractor, "2017-12-11", kind="pay", from_account_id=desk.first, hold_id=hold["id"]),
    ):
        refused(refusal, 409, "hold-of-quarantine", {"amount_fen": 80_000, "document": DOCUMENT})
    with pytest.raises(asyncpg.PostgresError) as held:
        await admin.execute(
            "UPDATE funds.hold SET status = 'voided', ended_position = 99 WHERE county_code = $1 AND id = $2",
            desk.county,
            UUID(hold["id"]),
        )
    assert held.value.sqlstate == "QL415"
    # The inspectors hear of it, by when.
    await two.heard()
    told = await two.read(two.told["id"])
    assert (told["recovered_fen"], told["stands_fen"]) == (120_000, 80_000)
    assert told["changes"] == books["changes"]
    for asked in ({"known_at": before}, {"as_of": "2017-12-09"}):
        then = await two.read(two.told["id"], **asked)
        assert (then["recovered_fen"], then["stands_fen"], then["changes"]) == (0, 200_000, [])
    assert (await two.books(known_at=before))["stands_fen"] == 200_000
    # All of it: then nothing stands, and what was free is drawn after what was quarantined.
    assert (await two.recover(90_000, on="2017-12-12")).status_code == 201
    assert ((await two.books())["stands_fen"], await desk.balance(desk.first)) == (0, 90_000)
    refused(await two.recover(90_001, on="2017-12-13"), 409, "money-not-there", {"available_fen": 90_000})
    over = await two.release(two.told["id"])
    assert (over["freed_fen"], over["stands_fen"]) == (0, 0)
    await conserved(admin, desk.county)


async def test_nobody_else_recovers_it(two: Recovering, desk: Desk, admin: asyncpg.Pool) -> None:
    figures = {"free_fen": 100_000, "quarantined_fen": 200_000}
    refused(await two.recover(100_001, finding_id=None), 409, "money-quarantined", figures)
    [other] = [one for one in await two.both.alerts() if one["amount_fen"] == 100_000]
    finding = await two.both.finding([other["id"]])
    await two.heard()
    refused(await two.recover(100_001, finding_id=finding["id"]), 409, "money-quarantined", figures)
    refused(
        await two.recover(1, finding_id=finding["id"]), 409, "recovery-of-other-money", {"finding_id": finding["id"]}
    )
    # Another quarantine on the same lot stays whatever the finding recovers.
    await quarantine(desk.http, desk.county, {two.lot: 60_000})
    refused(await two.recover(240_001), 409, "money-quarantined", {"asked_fen": 240_001, "free_fen": 240_000})
    assert (await two.recover(240_000)).status_code == 201
    assert await desk.balance(desk.first) == 60_000
    refused(await two.pay(1), 409, "money-quarantined", {"free_fen": 0, "quarantined_fen": 60_000})
    await conserved(admin, desk.county)


async def test_what_is_recovered_and_undone_is_quarantined_again(
    two: Recovering, desk: Desk, admin: asyncpg.Pool
) -> None:
    answer = await two.recover(250_000)
    [movement] = answer.json()["movements"]
    assert ((await two.books())["stands_fen"], await desk.balance(desk.first)) == (0, 50_000)
    assert (await desk.undo(movement["id"], "2017-12-11")).status_code == 201
    books = await two.books()
    assert (books["recovered_fen"], books["stands_fen"]) == (0, 200_000)
    refused(await two.pay(100_001), 409, "money-quarantined", {"free_fen": 100_000, "quarantined_fen": 200_000})
    await two.heard()
    told = await two.read(two.told["id"])
    assert (told["recovered_fen"], told["stands_fen"]) == (0, 200_000)
    assert [one["change_fen"] for one in told["changes"]] == [-200_000, 200_000]
    # What rests in a new lot by now is recovered once more, and released in the end.
    assert (await two.recover(150_000, on="2017-12-12")).status_code == 201
    await two.heard()
    assert (await two.read(two.told["id"]))["stands_fen"] == 50_000
    assert (await two.release(two.told["id"]))["freed_fen"] == 50_000
    assert (await two.pay(150_000, "2017-12-31")).status_code == 201
    await conserved(admin, desk.county)


async def test_undone_after_its_release_it_is_free(two: Recovering, desk: Desk) -> None:
    [movement] = (await two.recover(200_000)).json()["movements"]
    await two.release(two.told["id"])
    assert (await desk.undo(movement["id"], "2017-12-31")).status_code == 201
    assert (await two.books())["stands_fen"] == 0
    assert (await two.pay(300_000, "2017-12-31")).status_code == 201


async def test_payments_and_recoveries_that_race_never_share_a_fen(
    two: Recovering, desk: Desk, admin: asyncpg.Pool
) -> None:
    asked = [step for _ in range(5) for step in (two.pay(30_000, "2017-12-10"), two.recover(50_000))]
    answers = await asyncio.gather(*asked)
    paid = sum(1 for one in answers[::2] if one.status_code == 201)
    back = sum(1 for one in answers[1::2] if one.status_code == 201)
    assert {one.status_code for one in answers} <= {201, 409}
    assert await desk.balance(desk.first) == 300_000 - 30_000 * paid - 50_000 * back
    assert paid <= 3, "nothing that is quarantined pays anybody"
    assert back >= 4, "what is quarantined for the finding is there for it"
    books = await two.books()
    assert books["recovered_fen"] + books["stands_fen"] == 200_000
    await conserved(admin, desk.county)


async def test_the_database_lets_nothing_but_a_recovery_draw_it(
    two: Recovering, desk: Desk, admin: asyncpg.Pool
) -> None:
    moves = {
        "kind": "pay",
        "document": "文",
        "document_key": "文",
        "from": desk.first,
        "to": desk.contractor,
        "effective_on": "2017-12-11",
        "amount_fen": 100_001,
        "drawn": "named",
        "actor": "a",
    }
    move, lot = str(uuid4()), str(uuid4())
    part = {"move": move, "from_lot": two.lot, "to_lot": lot, "amount_fen": 100_001}
    asked = (desk.county, UUID(two.finding["id"]), json.dumps([{**moves, "id": move}]), json.dumps([part]))
    for kind, state in (("pay", "QL415"), ("hand_down", "QL415")):
        with pytest.raises(asyncpg.PostgresError) as refusal:
            await _as_funds(
                admin,
                desk.county,
                "SELECT funds.recover_of_finding($1, $2, $3::jsonb, $4::jsonb, $5)",
                *asked[:2],
                json.dumps([{**moves, "id": move, "kind": kind}]),
                asked[3],
                ledger.today(),
            )
        assert refusal.value.sqlstate == state
    # A recovery for another finding finds nothing that is quarantined for it.
    back = json.dumps([{**moves, "id": move, "kind": "recover", "to": desk.treasury}])
    with pytest.raises(asyncpg.PostgresError) as refusal:
        await _as_funds(
            admin,
            desk.county,
            "SELECT funds.recover_of_finding($1, $2, $3::jsonb, $4::jsonb, $5)",
            desk.county,
            uuid4(),
            back,
            asked[3],
            ledger.today(),
        )
    assert refusal.value.sqlstate == "QL424"
    for forbidden in (
        "UPDATE funds.quarantine_hold SET replaced_position = 99 WHERE county_code = $1",
        "UPDATE funds.quarantine SET finding_id = NULL WHERE county_code = $1",
        "DELETE FROM funds.quarantine_change WHERE county_code = $1",
        "INSERT INTO funds.quarantine_change SELECT c.* FROM funds.quarantine_change c WHERE c.county_code = $1",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await _as_funds(admin, desk.county, forbidden, desk.county)
    await conserved(admin, desk.county)


async def _as_funds(admin: asyncpg.Pool, county: str, statement: str, *values: Any) -> None:
    async with admin.acquire() as connection, connection.transaction():
        await connection.execute("SET LOCAL ROLE funds_app")
        await connection.execute("SELECT set_config('app.region', $1, true)", county)
        await connection.execute(statement, *values)
