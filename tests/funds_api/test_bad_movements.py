"""Each way to ask for a movement that must not happen: a problem of its own, with figures, and not one row changed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest

from tests.factories import open_account
from tests.funds_api.desk import Desk, conserved, refused, written

Ask = Callable[[Desk], Awaitable[tuple[httpx.Response, dict[str, Any]]]]


async def _before_its_lots_arrived(desk: Desk) -> tuple[httpx.Response, dict[str, Any]]:
    answer = await desk.out(500_000, desk.first, "2017-03-15")
    later = {"arrives_later_fen": 600_000, "arrives_on": "2017-04-01", "retained_fen": 0, "drawn_later_fen": 0}
    return answer, {"asked_fen": 500_000, "available_fen": 400_000, "on": "2017-03-15", **later}


async def _of_a_retention_before_its_day(desk: Desk) -> tuple[httpx.Response, dict[str, Any]]:
    answer = await desk.out(1_500, desk.contractor, "2018-01-01", kind="pay", from_account_id=desk.made)
    assert "另有质保金 15.00 元到 2018-06-01 才可支付" in answer.json()["detail"]
    return answer, {"available_fen": 0, "retained_fen": 1_500, "release_on": "2018-06-01", "arrives_later_fen": 0}


async def _of_what_a_later_day_has_drawn(desk: Desk) -> tuple[httpx.Response, dict[str, Any]]:
    answer = await desk.out(300_001, desk.second, "2017-05-01")
    return answer, {"asked_fen": 300_001, "available_fen": 0, "drawn_later_fen": 700_000, "arrives_later_fen": 300_000}


async def _a_named_lot_before_it_arrived(desk: Desk) -> tuple[httpx.Response, dict[str, Any]]:
    young = max(await desk.lots(desk.treasury), key=lambda lot: lot["arrived_on"])
    line = {"to_account_id": desk.first, "amount_fen": 7, "lots": [{"lot_id": young["id"], "amount_fen": 7}]}
    answer = await desk.out(7, desk.first, "2017-03-15", lines=[line])
    return answer, {"lot": young["id"], "effective_on": "2017-03-15", "arrived_on": "2017-04-01"}


async def _more_than_there_is(desk: Desk) -> tuple[httpx.Response, dict[str, Any]]:
    answer = await desk.out(1_000_001, desk.first, "2017-05-01")
    return answer, {"asked_fen": 1_000_001, "available_fen": 1_000_000, "on": "2017-05-01"}


async def _into_a_closed_period(desk: Desk) -> tuple[httpx.Response, dict[str, Any]]:
    answer = await desk.out(1, desk.first, "2017-04-30")
    return answer, {"effective_on": "2017-04-30", "closed_through": "2017-04-30"}


async def _over_a_hold(desk: Desk) -> tuple[httpx.Response, dict[str, Any]]:
    answer = await desk.out(100_001, desk.first, "2017-05-01")
    return answer, {"asked_fen": 100_001, "free_fen": 100_000, "held_fen": 900_000, "on": "2017-05-01"}


async def _out_of_a_hold_that_is_over(desk: Desk) -> tuple[httpx.Response, dict[str, Any]]:
    answer = await desk.out(5, desk.contractor, "2017-05-01", kind="pay", hold_id=desk.made)
    return answer, {"hold_id": desk.made, "status": "voided"}


async def _out_of_a_hold_more_than_it_keeps(desk: Desk) -> tuple[httpx.Response, dict[str, Any]]:
    answer = await desk.out(900_001, desk.contractor, "2017-05-01", kind="pay", hold_id=desk.made)
    return answer, {"hold_id": desk.made, "asked_fen": 900_001, "held_fen": 900_000}


async def _a_hold_of_more_than_is_free(desk: Desk) -> tuple[httpx.Response, dict[str, Any]]:
    answer = await desk.hold(100_001, desk.treasury, fund_code="TEST-FUND")
    return answer, {"asked_fen": 100_001, "free_fen": 100_000, "held_fen": 900_000}


async def _back_over_a_hold(desk: Desk) -> tuple[httpx.Response, dict[str, Any]]:
    answer = await desk.undo(desk.made, "2017-05-04")
    return answer, {"asked_fen": 500_000, "free_fen": 499_995, "held_fen": 5}


async def _to_an_account_of_the_wrong_kind(desk: Desk) -> tuple[httpx.Response, dict[str, Any]]:
    answer = await desk.out(1, desk.contractor, "2017-05-01")
    return answer, {"account_id": desk.contractor, "kind": "contractor", "movement": "hand_down"}


async def _in_the_second_line_of_an_order(desk: Desk) -> tuple[httpx.Response, dict[str, Any]]:
    lines = [{"to_account_id": one, "amount_fen": 1} for one in (desk.first, desk.contractor)]
    answer = await desk.out(0, "", "2017-05-01", lines=lines)
    return answer, {"account_id": desk.contractor, "kind": "contractor", "movement": "hand_down"}


async def _with_a_document_already_used(desk: Desk) -> tuple[httpx.Response, dict[str, Any]]:
    """The document had two lines, to other accounts: what it moved is told, not what its first line did."""
    answer = await desk.out(5, desk.second, "2017-05-03", document="西财农〔2017〕8号")
    return answer, {"document": "西财农〔2017〕8号", "effective_on": "2017-05-02", "amount_fen": 12}


async def _two_lines_of_more_than_there_is(desk: Desk) -> tuple[httpx.Response, dict[str, Any]]:
    lines = [{"to_account_id": one, "amount_fen": 500_001} for one in (desk.first, desk.second)]
    answer = await desk.out(0, "", "2017-05-01", lines=lines)
    return answer, {"asked_fen": 1_000_002, "available_fen": 1_000_000, "on": "2017-05-01"}


async def _to_itself(desk: Desk) -> tuple[httpx.Response, dict[str, Any]]:
    answer = await desk.out(1, desk.treasury, "2017-05-01")
    assert answer.json()["detail"] == "转出与转入是同一个账户，不能办理“下达拨付”"
    return answer, {"account_id": desk.treasury, "kind": "treasury", "movement": "hand_down"}


async def _of_a_contract_that_nothing_is_kept_of(desk: Desk) -> tuple[httpx.Response, dict[str, Any]]:
    answer = await desk.out(1, desk.contractor, "2017-05-01", kind="pay", contract_id=str(uuid4()))
    assert "contract_id" in answer.json()["detail"]
    return answer, {"account_id": desk.treasury, "kind": "treasury", "movement": "release"}


async def _undone_twice(desk: Desk) -> tuple[httpx.Response, dict[str, Any]]:
    answer = await desk.undo(desk.made, "2017-05-04")
    return answer, {"movement_id": desk.made}


async def _of_what_was_spent_on(desk: Desk) -> tuple[httpx.Response, dict[str, Any]]:
    answer = await desk.undo(desk.made, "2017-05-04")
    return answer, {"movement_id": desk.made, "spent_fen": 3}


async def _to_nobody(desk: Desk) -> tuple[httpx.Response, dict[str, Any]]:
    nobody = str(uuid4())
    return await desk.out(1, nobody, "2017-05-01"), {"id": nobody}


async def _of_a_fund_nobody_listed(desk: Desk) -> tuple[httpx.Response, dict[str, Any]]:
    answer = await desk.out(1, desk.first, "2017-05-01", fund_code="NO-SUCH-FUND")
    return answer, {"id": "NO-SUCH-FUND"}


async def _of_named_lots_of_a_fund_nobody_listed(desk: Desk) -> tuple[httpx.Response, dict[str, Any]]:
    """Whatever order names them, and a hold: the lots are there, but of another fund."""
    [lot, _] = await desk.lots(desk.treasury)
    named = {"fund_code": "NO-SUCH-FUND", "lots": [{"lot_id": lot["id"], "amount_fen": 1}]}
    taken = {"account_id": desk.treasury, "amount_fen": 1, **named}
    for answer in (
        await desk.order("return", "2017-05-01", **taken),
        await desk.order("recover", "2017-05-01", **taken),
        await desk.hold(1, desk.treasury, **named),
    ):
        assert (answer.status_code, answer.json()["figures"]["id"]) == (404, "NO-SUCH-FUND"), answer.text
    line = {"to_account_id": desk.first, "amount_fen": 1, "lots": named["lots"]}
    answer = await desk.out(1, desk.first, "2017-05-01", fund_code="NO-SUCH-FUND", lines=[line])
    return answer, {"id": "NO-SUCH-FUND"}


async def _past_a_funds_cap(desk: Desk) -> tuple[httpx.Response, dict[str, Any]]:
    """1 % of the 1,000,000 fen received may be spent on management."""
    answer = await desk.out(10_001, desk.contractor, "2017-05-01", kind="pay", use="management_fee")
    [breach] = answer.json()["figures"]["breaches"]
    assert (breach["rule"], breach["amount_fen"], breach["cap_fen"]) == ("fee_cap", 10_001, 10_000), breach
    return answer, {}


CASES: dict[str, tuple[int, str, Ask]] = {
    "before its lots arrived": (409, "money-arrives-later", _before_its_lots_arrived),
    "of a retention before its day": (409, "money-retained", _of_a_retention_before_its_day),
    "of what a later day has drawn": (409, "money-drawn-later", _of_what_a_later_day_has_drawn),
    "a named lot before it arrived": (409, "movement-predates-arrival", _a_named_lot_before_it_arrived),
    "more than there is": (409, "money-not-there", _more_than_there_is),
    "two lines of more than there is": (409, "money-not-there", _two_lines_of_more_than_there_is),
    "into a closed period": (409, "books-closed", _into_a_closed_period),
    "over a hold": (409, "money-held", _over_a_hold),
    "out of a hold that is over": (409, "hold-over", _out_of_a_hold_that_is_over),
    "out of a hold more than it keeps": (409, "hold-too-small", _out_of_a_hold_more_than_it_keeps),
    "a hold of more than is free": (409, "money-held", _a_hold_of_more_than_is_free),
    "undone over a hold": (409, "money-held", _back_over_a_hold),
    "past a fund's cap": (409, "fund-rule-broken", _past_a_funds_cap),
    "to an account of the wrong kind": (409, "wrong-account", _to_an_account_of_the_wrong_kind),
    "to itself": (409, "wrong-account", _to_itself),
    "of a contract that nothing is kept of": (409, "wrong-account", _of_a_contract_that_nothing_is_kept_of),
    "in the second line of an order": (409, "wrong-account", _in_the_second_line_of_an_order),
    "with a document already used": (409, "document-used", _with_a_document_already_used),
    "undone twice": (409, "already-reversed", _undone_twice),
    "of what was spent on": (409, "spent-on", _of_what_was_spent_on),
    "to nobody": (404, "not-found", _to_nobody),
    "of a fund nobody listed": (404, "not-found", _of_a_fund_nobody_listed),
    "of named lots of a fund nobody listed": (404, "not-found", _of_named_lots_of_a_fund_nobody_listed),
}


async def _tie_up(desk: Desk, *, retain: bool) -> None:
    """Keep some money until a later day, or draw all of it on one; what is undone then is there since then only."""
    if retain:
        desk.made = await open_account(desk.http, desk.county, "retention", "质保金专户")
        kept = await desk.keep_back(1_500, desk.made, "2017-05-01", "2018-06-01")
        assert kept.status_code == 201, kept.text
        return
    assert (await desk.out(700_000, desk.first, "2017-06-01")).status_code == 201
    undone = (await desk.out(300_000, desk.first, "2017-06-01")).json()["movements"][0]["id"]
    assert (await desk.undo(undone, "2017-06-01")).status_code == 201


async def _set_up(desk: Desk, name: str) -> None:
    """What has to have happened before a case can go wrong in its own way."""
    match name:
        case "into a closed period":
            closing = {"through": "2017-04-30", "document": "结账"}
            assert (await desk.reviewer.post("/funds/v1/closings", closing)).status_code == 201
        case "of a retention before its day" | "of what a later day has drawn":
            await _tie_up(desk, retain=name == "of a retention before its day")
        case "over a hold" | "a hold of more than is free":
            assert (await desk.hold(900_000, desk.treasury, fund_code="TEST-FUND")).status_code == 201
        case "out of a hold that is over" | "out of a hold more than it keeps":
            desk.made = (await desk.hold(900_000, desk.treasury, fund_code="TEST-FUND")).json()["id"]
            if name == "out of a hold that is over":
                over = await desk.clerk.post(f"/funds/v1/holds/{desk.made}/voiding", {"reason": "不再支付"})
                assert over.status_code == 200
        case "undone over a hold":
            desk.made = (await desk.out(500_000, desk.first, "2017-05-02")).json()["movements"][0]["id"]
            assert (await desk.hold(5, desk.first)).status_code == 201
        case "with a document already used":
            lines = [{"to_account_id": to, "amount_fen": fen} for to, fen in ((desk.first, 5), (desk.village, 7))]
            used = await desk.out(0, "", "2017-05-02", document="西财农〔2017〕8号", lines=lines)
            assert used.status_code == 201
        case "undone twice" | "of what was spent on":
            await _move(desk, undone=name == "undone twice")


async def _move(desk: Desk, *, undone: bool) -> None:
    """Make a movement that was undone already, or whose money has gone on."""
    desk.made = (await desk.out(5, desk.first, "2017-05-02")).json()["movements"][0]["id"]
    if undone:
        assert (await desk.undo(desk.made, "2017-05-03")).status_code == 201
        return
    village = await open_account(desk.http, f"{desk.county}101201", "village_collective")
    assert (await desk.out(3, village, "2017-05-03", from_account_id=desk.first)).status_code == 201


@pytest.mark.parametrize("name", CASES)
async def test_a_bad_movement_has_its_own_problem_with_figures_and_leaves_no_row(
    desk: Desk, admin: asyncpg.Pool, name: str
) -> None:
    status, slug, ask = CASES[name]
    await _set_up(desk, name)
    before = await written(admin)
    answer, figures = await ask(desk)
    refused(answer, status, slug, figures)
    assert await written(admin) == before
    await conserved(admin, desk.county)


async def test_a_refused_key_is_free_again(desk: Desk) -> None:
    """A refusal wrote nothing, the key included: the corrected order may be sent under it."""
    order = {
        "kind": "hand_down",
        "document": "文1",
        "effective_on": "2017-05-01",
        "fund_code": "TEST-FUND",
        "from_account_id": desk.treasury,
        "lines": [{"to_account_id": desk.first, "amount_fen": 1_000_001}],
    }
    key = uuid4().hex
    assert (await desk.clerk.post("/funds/v1/movements", order, key=key)).status_code == 409
    order["lines"] = [{"to_account_id": desk.first, "amount_fen": 1_000_000}]
    assert (await desk.clerk.post("/funds/v1/movements", order, key=key)).status_code == 201
