"""Each way to return or approve what must not be: a problem of its own, with figures, and not one row changed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import asyncpg
import httpx
import pytest

from tests.factories import receive
from tests.funds_api.desk import conserved, refused, written
from tests.funds_api.people import id_number
from tests.funds_api.test_reissues import again
from tests.funds_api.test_returns import Paid

Ask = Callable[[Paid], Awaitable[tuple[httpx.Response, dict[str, Any]]]]


async def _before_it_was_paid(paid: Paid) -> tuple[httpx.Response, dict[str, Any]]:
    answer = await paid.give_back(paid.line(0), effective_on="2017-04-30")
    return answer, {"effective_on": "2017-04-30", "paid_on": "2017-05-01"}


async def _into_a_closed_period(paid: Paid) -> tuple[httpx.Response, dict[str, Any]]:
    answer = await paid.give_back(paid.line(0), effective_on="2017-05-08")
    return answer, {"effective_on": "2017-05-08", "closed_through": "2017-05-31"}


async def _more_than_the_row_got(paid: Paid) -> tuple[httpx.Response, dict[str, Any]]:
    answer = await paid.give_back(paid.line(0), amount_fen=10_001)
    return answer, {"payment_id": paid.line(0), "asked_fen": 10_001, "paid_fen": 10_000, "returned_fen": 0}


async def _more_than_is_left(paid: Paid) -> tuple[httpx.Response, dict[str, Any]]:
    answer = await paid.give_back(paid.line(2), amount_fen=1)
    return answer, {"asked_fen": 1, "paid_fen": 30_000, "returned_fen": 30_000}


async def _with_a_serial_already_used(paid: Paid) -> tuple[httpx.Response, dict[str, Any]]:
    answer = await paid.give_back(paid.line(0), document="RCB-1")
    return answer, {"document": "RCB-1", "returned_fen": 30_000}


async def _of_a_row_whose_payment_was_undone(paid: Paid) -> tuple[httpx.Response, dict[str, Any]]:
    return await paid.give_back(paid.line(0)), {"payment_id": paid.line(0), "status": "reversed"}


async def _undone_after_the_household_was_paid_again(paid: Paid) -> tuple[httpx.Response, dict[str, Any]]:
    return await _reversed(paid, paid.back["id"]), {"payment_id": paid.line(2), "reissued_as": f"{paid.again}-2"}


async def _a_roster_undone_of_which_a_row_came_back(paid: Paid) -> tuple[httpx.Response, dict[str, Any]]:
    answer = await _reversed(paid, paid.approval["movement_id"])
    return answer, {"movement_id": paid.approval["movement_id"], "spent_fen": 30_000}


async def _approved_into_a_closed_period(paid: Paid) -> tuple[httpx.Response, dict[str, Any]]:
    answer = await paid.town.approve(paid.again)
    return answer, {"effective_on": "2017-05-20", "closed_through": "2017-05-31"}


async def _approved_after_its_money_was_held(paid: Paid) -> tuple[httpx.Response, dict[str, Any]]:
    answer = await paid.town.approve(paid.again)
    return answer, {"asked_fen": 40_000, "free_fen": 0, "held_fen": 40_000}


CASES: dict[str, tuple[str, Ask]] = {
    "before it was paid": ("return-too-early", _before_it_was_paid),
    "into a closed period": ("books-closed", _into_a_closed_period),
    "more than the row got": ("return-too-large", _more_than_the_row_got),
    "more than is left": ("return-too-large", _more_than_is_left),
    "with a serial already used": ("return-serial-reused", _with_a_serial_already_used),
    "of a row whose payment was undone": ("not-paid", _of_a_row_whose_payment_was_undone),
    "undone after the household was paid again": ("paid-again", _undone_after_the_household_was_paid_again),
    "a roster undone of which a row came back": ("spent-on", _a_roster_undone_of_which_a_row_came_back),
    "approved into a closed period": ("books-closed", _approved_into_a_closed_period),
    "approved after its money was held": ("money-held", _approved_after_its_money_was_held),
}


async def _reversed(paid: Paid, movement: str) -> httpx.Response:
    order = {"kind": "reverse", "document": "冲1", "effective_on": "2017-06-30", "movement_id": movement}
    return await paid.town.finance.post("/funds/v1/movements", order)


async def _set_up(paid: Paid, name: str) -> None:
    """What has to have happened before a case can go wrong in its own way."""
    match name:
        case "more than is left" | "with a serial already used" | "a roster undone of which a row came back":
            assert (await paid.give_back(paid.line(2), document="RCB-1")).status_code == 201
        case "of a row whose payment was undone":
            assert (await _reversed(paid, paid.approval["movement_id"])).status_code == 201
        case "undone after the household was paid again":
            paid.back = (await paid.give_back(paid.line(2))).json()
            paid.again = (await again(paid, [(id_number(2), "300")]))["batch"]["id"]
            assert (await paid.town.approve(paid.again)).status_code == 201
        case "approved into a closed period" | "approved after its money was held":
            await receive(paid.http, paid.county, paid.town.office, 40_000)
            paid.again = (await again(paid, [(id_number(9), "400")]))["batch"]["id"]
    if name.endswith("a closed period"):
        closing = {"through": "2017-05-31", "document": "结账"}
        assert (await paid.county_reviewer.post("/funds/v1/closings", closing)).status_code == 201
    if name == "approved after its money was held":
        hold = {"account_id": paid.town.office, "amount_fen": 40_000, "document": "申请", "purpose": "待支付"}
        assert (await paid.town.finance.post("/funds/v1/holds", hold)).status_code == 201


@pytest.mark.parametrize("name", CASES)
async def test_a_bad_return_has_its_own_problem_with_figures_and_leaves_no_row(
    funds_http: httpx.AsyncClient, county: str, admin: asyncpg.Pool, name: str
) -> None:
    paid = await Paid(funds_http, county).open()
    slug, ask = CASES[name]
    await _set_up(paid, name)
    before = await written(admin)
    answer, figures = await ask(paid)
    refused(answer, 409, slug, figures)
    assert await written(admin) == before
    await conserved(admin, county)
