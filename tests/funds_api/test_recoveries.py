"""Money recovered from households (追缴): row by row, as the payment then says; or at large, which the batch says."""

from __future__ import annotations

from typing import Any

import asyncpg
import httpx
import pytest

from tests.factories import receive
from tests.funds_api.desk import conserved
from tests.funds_api.people import id_number
from tests.funds_api.test_fund_year import rule
from tests.funds_api.test_returns import Paid
from tests.funds_api.test_tree_households import in_tree, opened

SET = {"on_breach": "refuse", "source": "县财农〔2017〕3号", "basis": "practice"}


@pytest.fixture
async def paid(funds_http: httpx.AsyncClient, county: str) -> Paid:
    """The office has 500 yuan beside what comes back, older than that."""
    paid = await Paid(funds_http, county).open()
    await receive(funds_http, county, paid.town.office, 50_000, "2017-05-02")
    return paid


async def recover(paid: Paid, row: int, **more: Any) -> httpx.Response:
    body = {"reason": "recovered", "reason_text": "不符合条件", **more}
    return await paid.give_back(paid.line(row), paid.town.finance, **body)


async def payment(paid: Paid, row: int, **params: Any) -> tuple[str, int, int, str | None]:
    answer = await paid.town.finance.get(f"/funds/v1/payments/{paid.line(row)}", params=params)
    told = answer.json()
    return told["status"], told["returned_fen"], told["recovered_fen"], told["reissued_as"]


async def proof(paid: Paid) -> tuple[int, int, int]:
    told = (await paid.town.finance.get(f"/funds/v1/payment-batches/{paid.batch}")).json()
    assert told["unexplained_fen"] == 0
    return told["returned_fen"], told["recovered_fen"], told["recovered_at_large_fen"]


async def reverse(paid: Paid, movement: str, on: str = "2017-06-20") -> httpx.Response:
    undo = {"kind": "reverse", "document": "冲1", "effective_on": on, "movement_id": movement}
    return await paid.town.finance.post("/funds/v1/movements", undo)


async def test_a_row_says_what_was_recovered_of_it(paid: Paid, admin: asyncpg.Pool, county: str) -> None:
    """Of 300 yuan all, of 400 yuan a quarter; 500 yuan came back by themselves."""
    whole = await recover(paid, 2)
    assert whole.status_code == 201, whole.text
    assert (whole.json()["hold_id"], whole.json()["amount_fen"]) == (None, 30_000)
    part = await recover(paid, 3, amount_fen=10_000)
    assert part.status_code == 201, part.text
    assert (await paid.give_back(paid.line(4))).status_code == 201
    await conserved(admin, county)

    assert await payment(paid, 1) == ("paid", 0, 0, None)
    assert await payment(paid, 2) == ("recovered", 0, 30_000, None)
    assert await payment(paid, 2, as_of="2017-05-07") == ("paid", 0, 0, None)
    assert await payment(paid, 3) == ("paid", 0, 10_000, None)
    assert await payment(paid, 4) == ("returned", 50_000, 0, None)
    for row, back in ((2, (0, 30_000, 1)), (4, (50_000, 0, 1)), (1, (0, 0, 0))):
        trace = (await paid.town.finance.get(f"/funds/v1/payments/{paid.line(row)}/trace")).json()
        assert (trace["returned_fen"], trace["recovered_fen"], len(trace["returned_by"])) == back, row
    assert await proof(paid) == (50_000, 40_000, 0)
    moved = await paid.town.finance.get("/funds/v1/movements", params={"account": paid.town.cards})
    assert sorted(one["kind"] for one in moved.json()["items"]) == ["disburse", "recover", "recover", "return"]
    told = await opened(paid.town)
    assert (told["returned_fen"], told["recovered_fen"], told["spent_fen"]) == (90_000, 0, 60_000)
    assert await in_tree(paid.town) == 60_000

    rest = await recover(paid, 3)
    assert rest.json()["amount_fen"] == 30_000, "what is left of it"
    assert await payment(paid, 3) == ("recovered", 0, 40_000, None)
    assert (await recover(paid, 3)).json()["type"] == "/problems/return-too-large"
    assert (await reverse(paid, rest.json()["id"])).status_code == 201
    assert await payment(paid, 3) == ("paid", 0, 10_000, None)
    assert await proof(paid) == (50_000, 40_000, 0)
    await conserved(admin, county)


async def test_only_the_office_above_recovers_and_keeps_nothing_for_the_household(paid: Paid) -> None:
    refused = await paid.give_back(paid.line(0), reason="recovered")
    assert (refused.status_code, refused.json()["type"]) == (403, "/problems/forbidden"), refused.text
    assert (await recover(paid, 0, keep=True)).status_code == 422
    assert (await recover(paid, 0)).status_code == 201
    [state] = await paid.states()
    assert (state["reason"], state["status"], state["hold_id"]) == ("recovered", "free", None)


async def test_what_was_recovered_was_not_kept_so_it_counts_neither_as_paid_nor_for_the_cap(paid: Paid) -> None:
    """A cap of 300 yuan a year: what remains of row 2 (300) after 120 were recovered leaves room for 120."""
    await rule(paid.town, {"rule": "person_cap", "cap_fen": 30_000, **SET})
    assert (await recover(paid, 2, amount_fen=12_000)).status_code == 201
    for amount, good in (("120.01", 0), ("120.00", 1)):
        checked = await paid.town.checked([(id_number(2), amount)], effective_on="2017-05-20")
        assert checked["rows_good"] == good, checked["by_reason"]
    same = await paid.town.checked([(id_number(2), "1.00")], entitlement=paid.entitlement, effective_on="2017-05-20")
    assert "already_paid" in same["by_reason"]
    assert (await recover(paid, 1)).status_code == 201
    again = await paid.town.checked([(id_number(1), "200.00")], entitlement=paid.entitlement, effective_on="2017-05-20")
    assert again["rows_good"] == 1, again["by_reason"]
    assert (await paid.town.approve(again["batch"]["id"])).status_code == 201
    assert await payment(paid, 1) == ("recovered", 0, 20_000, f"{again['batch']['id']}-2")


async def test_what_was_recovered_at_large_stays_visible_at_its_batch(paid: Paid) -> None:
    order = {
        "kind": "recover",
        "document": "追缴1号",
        "effective_on": "2017-06-01",
        "fund_code": paid.town.fund,
        "account_id": paid.town.cards,
        "amount_fen": 2_500,
    }
    answer = await paid.town.finance.post("/funds/v1/movements", order)
    assert answer.status_code == 201, answer.text
    assert await proof(paid) == (0, 0, 2_500)

    async def listed(on: str) -> int:
        params = {"batch": paid.batch, "as_of": on}
        page = (await paid.town.clerk.get("/funds/v1/payments", params=params)).json()
        assert {one["status"] for one in page["items"]} == {"paid"}
        return int(page["recovered_at_large_fen"])

    assert [await listed(day) for day in ("2017-05-31", "2017-06-01")] == [0, 2_500]
    assert (await reverse(paid, answer.json()["movements"][0]["id"])).status_code == 201
    assert await proof(paid) == (0, 0, 0)
    assert [await listed(day) for day in ("2017-06-19", "2017-06-20")] == [2_500, 0]


@pytest.mark.parametrize("cap", ["person_cap", "household_cap"])
@pytest.mark.parametrize("reason", ["account_closed", "recovered"])
@pytest.mark.parametrize(("amount", "over_fen"), [("100.00", 0), ("100.01", 1)])
async def test_undoing_what_came_back_is_held_to_the_cap_of_the_year(
    paid: Paid, cap: str, reason: str, amount: str, over_fen: int
) -> None:
    """300 yuan came back, so another payment fitted into the 400 of the year; both together need not."""
    await rule(paid.town, {"rule": cap, "cap_fen": 40_000, **SET})
    back = await paid.give_back(paid.line(2), paid.town.finance, reason=reason)
    other = await paid.town.checked([(id_number(2), amount)], effective_on="2017-05-20")
    assert (await paid.town.approve(other["batch"]["id"])).status_code == 201
    undone = await reverse(paid, back.json()["id"])
    if not over_fen:
        assert undone.status_code == 201, undone.text
        assert (await payment(paid, 2))[:2] == ("paid", 0)
        return
    assert (undone.status_code, undone.json()["type"]) == (409, "/problems/fund-rule-broken"), undone.text
    [breach] = undone.json()["figures"]["breaches"]
    told = {name: breach[name] for name in ("rule", "first_line", "cap_fen", "over_fen")}
    assert told == {"rule": cap, "first_line": 4, "cap_fen": 40_000, "over_fen": 1}
    assert (await payment(paid, 2))[0] == {"account_closed": "returned", "recovered": "recovered"}[reason]


async def test_a_cap_that_only_flags_lets_it_be_undone_and_says_so(paid: Paid) -> None:
    await rule(paid.town, {"rule": "person_cap", "cap_fen": 40_000, **SET, "on_breach": "flag"})
    back = await paid.give_back(paid.line(2))
    other = await paid.town.checked([(id_number(2), "100.01")], effective_on="2017-05-20")
    assert (await paid.town.approve(other["batch"]["id"])).status_code == 201
    undone = await reverse(paid, back.json()["id"])
    assert [(one["code"], one["over_fen"]) for one in undone.json()["flagged"]] == [("B06", 1)]
    flags = (await paid.town.finance.get("/funds/v1/flags", params={"as_of": "2017-12-31"})).json()["items"]
    assert [(one["rule_code"], one["as_of"]) for one in flags] == [("B06", "2017-06-20")] * 2
    assert sum(one["amount_fen"] for one in flags) == 30_000


async def test_a_roster_and_its_returns_are_undone_together_whatever_the_cap(paid: Paid) -> None:
    """Nobody has the money again when the payment itself is undone."""
    await rule(paid.town, {"rule": "person_cap", "cap_fen": 30_000, **SET})
    assert (await paid.give_back(paid.line(2))).status_code == 201
    other = await paid.town.checked([(id_number(2), "300.00")], effective_on="2017-05-20")
    assert (await paid.town.approve(other["batch"]["id"])).status_code == 201
    undo = {"cascade": True, "kind": "reverse", "document": "冲1", "effective_on": "2017-06-20"}
    undone = await paid.town.finance.post("/funds/v1/movements", {**undo, "movement_id": paid.approval["movement_id"]})
    assert undone.status_code == 201, undone.text
