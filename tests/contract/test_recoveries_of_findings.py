"""追缴 for a finding: the money goes back to its lineage and account, and counts as put right and as recovered."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest

from tests.callers import funds_caller
from tests.contract.decided import Both
from tests.funds_api.desk import Desk, conserved, refused
from tests.funds_api.test_known_at import now


class Recovering:
    """A finding on 300,000 fen of the first township, known on both sides."""

    def __init__(self, both: Both, desk: Desk) -> None:
        self.both, self.desk = both, desk

    async def open(self) -> Recovering:
        alerts = {one["amount_fen"]: one for one in await self.both.alerts()}
        self.alert, self.other = alerts[300_000], alerts[100_000]
        self.finding = str((await self.both.finding([self.alert["id"]]))["id"])
        await self.both.tell()
        return self

    async def recover(self, fen: int, account: str, on: str = "2017-12-10", **more: Any) -> httpx.Response:
        order = {"fund_code": "TEST-FUND", "account_id": account, "amount_fen": fen, "finding_id": self.finding}
        return await self.desk.order("recover", on, **{**order, **more})

    async def told(self, **asked: Any) -> dict[str, Any]:
        answer = await self.desk.clerk.get("/funds/v1/recoveries", params={"finding": self.finding, **asked})
        assert answer.status_code == 200, answer.text
        assert answer.json()["unexplained_fen"] == 0
        return dict(answer.json())

    async def figures(self) -> tuple[int, int]:
        """What the finding counts as put right, and what its rule recovered."""
        await self.both.hear()
        await self.both.tell()
        path = f"/audit/v1/findings/{self.finding}"
        finding = (await self.both.inspector.get(path, params={"as_of": "2017-12-31"})).json()
        assert finding["unexplained_fen"] == 0
        return int(finding["rectified_fen"]), int((await self.both.record("R19"))["recovered_fen"])


@pytest.fixture
async def case(both: Both, desk: Desk) -> Recovering:
    return await Recovering(both, desk).open()


async def test_what_is_recovered_goes_back_to_its_lineage_and_counts_on_both_sides(
    case: Recovering, desk: Desk, admin: asyncpg.Pool
) -> None:
    known = now()
    answer = await case.recover(120_000, desk.first)
    assert answer.status_code == 201, answer.text
    [movement] = answer.json()["movements"]
    assert (answer.json()["finding_id"], movement["to_account_id"]) == (case.finding, desk.treasury)
    lots = await admin.fetch(
        "SELECT n.tranche_id = o.tranche_id AS same, n.restores_lot_id = f.id AS restored, n.amount_fen"
        "  FROM funds.draw d JOIN funds.lot o ON o.county_code = d.county_code AND o.id = d.from_lot_id"
        "  JOIN funds.lot n ON n.county_code = d.county_code AND n.id = d.to_lot_id"
        "  JOIN funds.draw u ON u.county_code = d.county_code AND u.to_lot_id = o.id"
        "  JOIN funds.lot f ON f.county_code = d.county_code AND f.id = u.from_lot_id"
        " WHERE d.county_code = $1 AND d.movement_id = $2::uuid",
        desk.county,
        movement["id"],
    )
    assert [tuple(one) for one in lots] == [(True, True, 120_000)]
    assert await case.figures() == (120_000, 120_000)
    told = await case.told()
    assert (told["bound_fen"], told["recovered_fen"], len(told["items"])) == (300_000, 120_000, 1)
    for asked in ({"as_of": "2017-12-09"}, {"known_at": known}):
        then = await case.told(**asked)
        assert (then["recovered_fen"], then["items"], bool(then["empty_because"])) == (0, [], True)
    # Undone, it is neither put right nor recovered, and its day says so.
    assert (await desk.undo(movement["id"], "2017-12-12")).status_code == 201
    assert await case.figures() == (0, 0)
    assert [(one["amount_fen"], one["undone_on"]) for one in (await case.told())["items"]] == [(120_000, "2017-12-12")]
    assert (await case.told(as_of="2017-12-11"))["recovered_fen"] == 120_000
    await conserved(admin, desk.county)


async def test_money_of_the_finding_is_recovered_wherever_it_went_and_no_other(case: Recovering, desk: Desk) -> None:
    paid = await desk.out(80_000, desk.contractor, "2017-12-05", kind="pay", from_account_id=desk.first)
    assert paid.status_code == 201, paid.text
    back = await case.recover(50_000, desk.contractor)
    assert back.status_code == 201, back.text
    assert back.json()["movements"][0]["to_account_id"] == desk.first
    refused(
        await case.recover(1, desk.second),
        409,
        "recovery-of-other-money",
        {"finding_id": case.finding, "lot_id": case.other["lot_id"]},
    )
    assert (await case.told())["recovered_fen"] == 50_000


async def test_who_names_no_finding_or_another_is_told_so(case: Recovering, desk: Desk) -> None:
    refused(await case.recover(1, desk.first, finding_id=str(uuid4())), 404, "finding-not-heard-of", {})
    plain = await desk.back(1, desk.first, "2017-12-10", kind="recover")
    assert (plain.status_code, plain.json()["finding_id"]) == (201, None)
    body = {"fund_code": "TEST-FUND", "account_id": desk.first, "amount_fen": 1, "finding_id": case.finding}
    assert (await desk.order("return", "2017-12-10", **body)).status_code == 422
    assert (await case.told())["recovered_fen"] == 0
    township = funds_caller(desk.http, "township_clerk", desk.county + "101")
    path = "/funds/v1/recoveries"
    assert (await township.get(path, params={"finding": case.finding})).status_code == 403
    neighbour = funds_caller(desk.http, "finance_clerk", "990000")
    assert (await neighbour.get(path, params={"finding": case.finding})).status_code == 404


async def test_no_more_is_recovered_for_a_finding_than_it_is_bound_to(
    both: Both, desk: Desk, admin: asyncpg.Pool
) -> None:
    """Bound to 100,000 of the 300,000 fen that rest there."""
    [alert] = [one for one in await both.alerts() if one["amount_fen"] == 300_000]
    case = Recovering(both, desk)
    case.finding = str((await both.finding([alert["id"]], lots=[(alert["lot_id"], 100_000)]))["id"])
    await both.tell()
    figures = {"finding_id": case.finding, "bound_fen": 100_000, "recovered_fen": 0, "asked_fen": 100_001}
    refused(await case.recover(100_001, desk.first), 409, "recovered-beyond-finding", figures)
    [first] = (await case.recover(60_000, desk.first)).json()["movements"]
    over = await case.recover(40_001, desk.first)
    refused(over, 409, "recovered-beyond-finding", {"recovered_fen": 60_000, "asked_fen": 40_001})
    assert "最多还能追缴 400.00 元" in over.json()["detail"]
    assert (await case.recover(40_000, desk.first)).status_code == 201
    # What was undone may be recovered again; undone twice is not.
    assert (await desk.undo(first["id"], "2017-12-11")).status_code == 201
    assert (await desk.undo(first["id"], "2017-12-11")).status_code == 409
    # From two accounts at once: the database lets one of them have what is left.
    paid = await desk.out(60_000, desk.contractor, "2017-12-12", kind="pay", from_account_id=desk.first)
    assert paid.status_code == 201, paid.text
    both_at_once = await asyncio.gather(
        *(case.recover(60_000, one, on="2017-12-13") for one in (desk.first, desk.contractor))
    )
    assert sorted(one.status_code for one in both_at_once) == [201, 409], [one.text for one in both_at_once]
    assert (await case.told())["recovered_fen"] == 100_000
    await conserved(admin, desk.county)


async def test_the_same_key_recovers_once(case: Recovering, desk: Desk) -> None:
    order = {
        "kind": "recover",
        "document": "追1",
        "effective_on": "2017-12-10",
        "fund_code": "TEST-FUND",
        "account_id": desk.first,
        "amount_fen": 1_000,
        "finding_id": case.finding,
    }
    first, again = [await desk.clerk.post("/funds/v1/movements", order, key="recover-this-once") for _ in range(2)]
    assert (first.status_code, first.json()) == (201, again.json())
    assert (await case.told())["recovered_fen"] == 1_000
