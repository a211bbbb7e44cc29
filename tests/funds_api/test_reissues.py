"""Paying again what came back (重发): the next payment of the entitlement draws the very lots, once."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import asyncpg
import httpx

from tests.factories import receive
from tests.funds_api.desk import conserved
from tests.funds_api.people import id_number
from tests.funds_api.test_returns import Paid, village
from tests.funds_api.test_terms import set_terms, terms


async def again(paid: Paid, rows: list[tuple[str, str]], on: str = "2017-05-20") -> dict[str, Any]:
    """A second batch of the same entitlement with these rows, judged."""
    return await paid.town.checked(rows, entitlement=paid.entitlement, effective_on=on)


async def payment(paid: Paid, of: str, **params: Any) -> dict[str, Any]:
    answer = await paid.town.finance.get(f"/funds/v1/payments/{of}", params=params)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def trace(paid: Paid, of: str) -> dict[str, Any]:
    answer = await paid.town.finance.get(f"/funds/v1/payments/{of}/trace")
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def test_the_next_payment_draws_the_restored_lots_and_no_other(
    funds_http: httpx.AsyncClient, county: str
) -> None:
    """A new row in front and one behind: the returned row between them is fed by its own lots, they by the rest."""
    paid = await Paid(funds_http, county).open()
    back = (await paid.give_back(paid.line(2))).json()
    await receive(funds_http, county, paid.town.office, 40_000, "2017-05-01")
    checked = await again(paid, [(id_number(7), "150"), (id_number(2), "300"), (id_number(8), "250")])
    assert (checked["rows_good"], checked["available_fen"], checked["kept_fen"]) == (3, 40_000, 30_000)
    answer = await paid.town.approve(checked["batch"]["id"])
    assert answer.status_code == 201, answer.text
    approval = answer.json()
    assert approval["unexplained_fen"] == 0
    kept = [lot["lot_id"] for lot in back["lots"]]
    spans = approval["spans"]
    assert [span["from_lot_id"] in kept for span in spans] == [False, True, True, False]
    assert [span["hi_fen"] for span in (spans[0], *spans[2:])] == [15_000, 45_000, 70_000]
    assert {span["from_lot_id"]: span["amount_fen"] for span in approval["spans"][1:3]} == {
        lot["lot_id"]: lot["amount_fen"] for lot in back["lots"]
    }
    hold = (await paid.town.finance.get(f"/funds/v1/holds/{back['hold_id']}")).json()
    assert hold["status"] == "posted"
    [state] = await paid.states(as_of="2017-06-30")
    new = f"{checked['batch']['id']}-3"
    assert (state["status"], state["reissued_as"], state["reissued_on"], state["waits_days"]) == (
        "reissued",
        new,
        "2017-05-20",
        12,
    )
    assert await paid.states(open="true") == []
    first = await payment(paid, paid.line(2))
    assert (first["status"], first["returned_fen"], first["reissued_as"]) == ("reissued", 30_000, new)
    assert (await payment(paid, paid.line(2), as_of="2017-05-19"))["status"] == "returned"
    assert (await payment(paid, paid.line(2), as_of="2017-05-07"))["status"] == "paid"
    assert (await payment(paid, new))["status"] == "paid"
    proof = (await paid.town.finance.get(f"/funds/v1/payment-batches/{paid.batch}")).json()
    assert (proof["paid_fen"], proof["returned_fen"], proof["unexplained_fen"]) == (150_000, 30_000, 0)


async def test_it_is_paid_again_once(funds_http: httpx.AsyncClient, county: str) -> None:
    paid = await Paid(funds_http, county).open()
    refused = await again(paid, [(id_number(1), "200")])
    assert refused["by_reason"] == {"already_paid": 1, "money_not_there": 0} or refused["by_reason"] == {
        "already_paid": 1
    }
    await paid.give_back(paid.line(1))
    too_early = await again(paid, [(id_number(1), "200")], on="2017-05-07")
    assert too_early["by_reason"] == {"already_paid": 1}, "on that day the household still had it"
    one = await again(paid, [(id_number(1), "200")])
    assert one["rows_good"] == 1
    assert (await paid.town.approve(one["batch"]["id"])).status_code == 201
    assert (await again(paid, [(id_number(1), "200")]))["by_reason"] == {"already_paid": 1}


async def test_two_reissues_race_and_one_wins(funds_http: httpx.AsyncClient, county: str) -> None:
    """A row that waits for approval claims the entitlement too, so the second roster is checked before the first."""
    paid = await Paid(funds_http, county).open()
    await paid.give_back(paid.line(1))
    one = (await again(paid, [(id_number(1), "200")]))["batch"]["id"]
    other = await again(paid, [(id_number(1), "200")])
    assert other["by_reason"] == {"already_paid": 1}
    answers = await asyncio.gather(*(paid.town.approve(one) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]


async def test_what_came_back_in_two_parts_is_kept_for_its_household(
    funds_http: httpx.AsyncClient, county: str, admin: asyncpg.Pool
) -> None:
    paid = await Paid(funds_http, county).open()
    part = (await paid.give_back(paid.line(2), amount_fen=10_000)).json()
    assert part["hold_id"] is None
    rest = (await paid.give_back(paid.line(2))).json()
    hold = (await paid.town.finance.get(f"/funds/v1/holds/{rest['hold_id']}")).json()
    assert (hold["status"], hold["amount_fen"]) == ("held", 30_000)
    assert (await again(paid, [(id_number(8), "0.01")]))["by_reason"] == {"money_not_there": 1}
    mine = await again(paid, [(id_number(2), "300")])
    assert mine["rows_good"] == 1
    approved = (await paid.town.approve(mine["batch"]["id"])).json()
    came_back = {lot["lot_id"] for lot in [*part["lots"], *rest["lots"]]}
    assert {span["from_lot_id"] for span in approved["spans"]} == came_back
    await conserved(admin, county)


async def test_a_part_that_came_back_first_waits_with_the_rest(funds_http: httpx.AsyncClient, county: str) -> None:
    paid = await Paid(funds_http, county).open()
    part = (await paid.give_back(paid.line(2), amount_fen=10_000)).json()
    rest = (await paid.give_back(paid.line(2), effective_on="2017-05-10")).json()
    lost = (await paid.give_back(paid.line(0), by=paid.town.finance, amount_fen=1, reason="recovered")).json()

    async def told(on: str, **params: Any) -> dict[str, tuple[str, str | None]]:
        return {one["id"]: (one["status"], one["hold_id"]) for one in await paid.states(as_of=on, **params)}

    assert await told("2017-05-09") == {part["id"]: ("free", None), lost["id"]: ("free", None)}
    waiting = dict.fromkeys((part["id"], rest["id"]), ("waiting", rest["hold_id"]))
    assert await told("2017-05-18") == {**waiting, lost["id"]: ("free", None)}
    assert await told("2017-05-18", open="true") == waiting
    mine = await again(paid, [(id_number(2), "300")])
    approved = (await paid.town.approve(mine["batch"]["id"])).json()
    assert {one[0] for one in (await told("2017-06-30")).values()} == {"reissued", "free"}
    assert await told("2017-05-18", open="true") == waiting, "as it stood before"
    undo = {"kind": "reverse", "document": "冲1", "effective_on": "2017-06-30", "movement_id": approved["movement_id"]}
    [kept_again] = (await paid.town.finance.post("/funds/v1/movements", undo)).json()["holds"]
    assert await told("2017-06-30", open="true") == dict.fromkeys(waiting, ("waiting", kept_again))
    voided = await paid.town.finance.post(f"/funds/v1/holds/{kept_again}/voiding", {"reason": "该户已死亡"})
    assert voided.status_code == 200, voided.text
    assert {one[0] for one in (await told("2030-01-01")).values()} == {"free"}


async def test_of_the_parts_only_what_nobody_drew_or_kept_is_kept_by_the_last(
    funds_http: httpx.AsyncClient, county: str
) -> None:
    paid = await Paid(funds_http, county).open()
    await paid.give_back(paid.line(2), amount_fen=10_000)
    other = await again(paid, [(id_number(8), "40")])
    assert (await paid.town.approve(other["batch"]["id"])).status_code == 201
    asked = (await paid.give_back(paid.line(2), amount_fen=5_000, keep=True)).json()
    recovered = await paid.give_back(paid.line(2), by=paid.town.finance, amount_fen=3_000, reason="recovered")
    assert recovered.status_code == 201, recovered.text
    rest = (await paid.give_back(paid.line(2))).json()
    holds = {
        one["hold_id"]: (await paid.town.finance.get(f"/funds/v1/holds/{one['hold_id']}")).json()["amount_fen"]
        for one in (asked, rest)
    }
    assert holds == {asked["hold_id"]: 5_000, rest["hold_id"]: 6_000 + 12_000}
    assert sum(lot["remaining_fen"] for lot in await paid.lots()) == 26_000, "3,000 were recovered: for nobody"


async def test_kept_fen_pay_no_other_row_and_free_fen_fill_a_larger_one(
    funds_http: httpx.AsyncClient, county: str
) -> None:
    """Nothing is free: another household's row is refused; the returned one may not outgrow what is kept and free."""
    paid = await Paid(funds_http, county).open()
    await paid.give_back(paid.line(1))
    rows = [(id_number(9), "0.01"), (id_number(1), "200")]
    checked = await again(paid, rows)
    assert (checked["rows_good"], checked["by_reason"]) == (1, {"money_not_there": 1})
    approved = (await paid.town.approve(checked["batch"]["id"])).json()
    assert [(span["lo_fen"], span["hi_fen"]) for span in approved["spans"]] == [(0, 20_000)]

    await paid.give_back(paid.line(3))
    assert (await again(paid, [(id_number(3), "400.01")]))["by_reason"] == {"money_not_there": 1}
    await receive(funds_http, county, paid.town.office, 5_000)
    more = await again(paid, [(id_number(3), "450")])
    approved = (await paid.town.approve(more["batch"]["id"])).json()
    assert sum(span["amount_fen"] for span in approved["spans"]) == 45_000
    assert approved["spans"][-1]["hi_fen"] - approved["spans"][-1]["lo_fen"] == 5_000


async def test_a_smaller_reissue_sets_the_rest_free(funds_http: httpx.AsyncClient, county: str) -> None:
    paid = await Paid(funds_http, county).open()
    await paid.give_back(paid.line(3))
    less = await again(paid, [(id_number(3), "390")])
    assert (await paid.town.approve(less["batch"]["id"])).status_code == 201
    assert sum(lot["remaining_fen"] for lot in await paid.lots()) == 1_000
    free = await again(paid, [(id_number(9), "10")])
    assert (free["rows_good"], free["available_fen"]) == (1, 1_000)


async def test_traces_lead_through_the_return(funds_http: httpx.AsyncClient, county: str) -> None:
    paid = await Paid(funds_http, county).open()
    back = (await paid.give_back(paid.line(2))).json()
    one = (await again(paid, [(id_number(2), "300")]))["batch"]["id"]
    await paid.town.approve(one)
    second = (await paid.give_back(f"{one}-2", effective_on="2017-05-25")).json()
    two = (await again(paid, [(id_number(2), "300")], on="2017-06-01"))["batch"]["id"]
    await paid.town.approve(two)

    found = await trace(paid, f"{two}-2")
    assert (found["amount_fen"], found["traced_fen"], found["unexplained_fen"]) == (30_000, 30_000, 0)
    assert (found["returned_fen"], found["reversed_by"]) == (0, None)
    for way in found["ways"]:
        assert [hop["kind"] for hop in way["hops"]] == [
            "receive",
            "disburse",
            "return",
            "disburse",
            "return",
            "disburse",
        ]
        assert [hop["days_rested"] for hop in way["hops"]][2:] == [7, 12, 5, 7]
        assert way["hops"][2]["movement_id"] == back["id"]
        assert way["hops"][4]["movement_id"] == second["id"]
    first = await trace(paid, paid.line(2))
    assert (first["returned_fen"], first["returned_by"], first["reissued_as"]) == (30_000, [back["id"]], f"{one}-2")
    assert first["unexplained_fen"] == 0
    tranches = {way["tranche_id"]: way["amount_fen"] for way in found["ways"]}
    assert tranches == {way["tranche_id"]: way["amount_fen"] for way in first["ways"]}, "the same fen of the same money"
    for tranche in tranches:
        down = (await paid.town.finance.get(f"/funds/v1/tranches/{tranche}/trace")).json()
        assert down["unexplained_fen"] == 0
        spent = sum(item["from_tranche_fen"] - item["returned_fen"] for item in down["items"])
        assert spent == down["tranche"]["spent_fen"]


async def test_a_payment_with_a_returned_row_is_reversed_by_cascade_only(
    funds_http: httpx.AsyncClient, county: str
) -> None:
    paid = await Paid(funds_http, county).open()
    back = (await paid.give_back(paid.line(2))).json()
    order = {
        "kind": "reverse",
        "document": "冲1",
        "effective_on": "2017-06-30",
        "movement_id": paid.approval["movement_id"],
    }
    refused = await paid.town.finance.post("/funds/v1/movements", order)
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/spent-on")
    assert refused.json()["figures"]["spent_fen"] == 30_000
    one = (await again(paid, [(id_number(2), "300")]))["batch"]["id"]
    await paid.town.approve(one)
    single = await paid.town.finance.post("/funds/v1/movements", {**order, "movement_id": back["id"]})
    assert (single.status_code, single.json()["type"]) == (409, "/problems/paid-again")
    assert single.json()["figures"]["reissued_as"] == f"{one}-2"
    undone = await paid.town.finance.post("/funds/v1/movements", {**order, "cascade": True})
    assert undone.status_code == 201, undone.text
    assert [movement["reverses_id"] for movement in undone.json()["movements"]][1:] == [
        back["id"],
        paid.approval["movement_id"],
    ]
    assert sum(lot["remaining_fen"] for lot in await paid.lots()) == 150_000
    [state] = await paid.states(as_of="2017-07-01")
    assert (state["status"], state["undone_on"]) == ("undone", "2017-06-30")
    assert (await trace(paid, f"{one}-2"))["reversed_by"] is not None


async def test_a_return_entered_by_mistake_is_undone_with_its_hold(funds_http: httpx.AsyncClient, county: str) -> None:
    """The household has its money again, on a lot that stands for the first: it can come back once more."""
    paid = await Paid(funds_http, county).open()
    back = (await paid.give_back(paid.line(2))).json()
    order = {"kind": "reverse", "document": "冲1", "effective_on": "2017-05-10", "movement_id": back["id"]}
    assert (await paid.town.finance.post("/funds/v1/movements", order)).status_code == 201
    hold = (await paid.town.finance.get(f"/funds/v1/holds/{back['hold_id']}")).json()
    assert hold["status"] == "voided"
    assert (await payment(paid, paid.line(2), as_of="2017-05-11"))["status"] == "paid"
    assert (await again(paid, [(id_number(2), "300")]))["by_reason"]["already_paid"] == 1
    truly = await paid.give_back(paid.line(2), effective_on="2017-05-12")
    assert truly.status_code == 201, truly.text
    assert {lot["restored_lot_id"]: lot["amount_fen"] for lot in truly.json()["lots"]} == {
        lot["restored_lot_id"]: lot["amount_fen"] for lot in back["lots"]
    }
    assert (await again(paid, [(id_number(2), "300")]))["rows_good"] == 1


async def test_an_undone_reissue_is_kept_again_for_the_same_household_alone(
    funds_http: httpx.AsyncClient, county: str, admin: asyncpg.Pool
) -> None:
    """The fen stand in new lots now, held as before: the next payment draws them, once, and nobody else."""
    paid = await Paid(funds_http, county).open()
    finance = paid.town.finance
    back = (await paid.give_back(paid.line(2))).json()
    one = (await again(paid, [(id_number(2), "300")]))["batch"]["id"]
    approval = (await paid.town.approve(one)).json()
    order = {
        "kind": "reverse",
        "document": "冲1",
        "effective_on": "2017-05-25",
        "movement_id": approval["movement_id"],
    }
    undone = await finance.post("/funds/v1/movements", order)
    assert undone.status_code == 201, undone.text
    await conserved(admin, county)

    [state] = await paid.states(open="true", as_of="2017-05-30")
    assert (state["status"], state["reissued_as"]) == ("waiting", None)
    assert state["hold_id"] != back["hold_id"]
    first = (await finance.get(f"/funds/v1/holds/{back['hold_id']}")).json()
    now = (await finance.get(f"/funds/v1/holds/{state['hold_id']}")).json()
    assert first["status"] == "posted"
    assert (now["status"], now["amount_fen"], now["purpose"], now["document"]) == (
        "held",
        30_000,
        first["purpose"],
        first["document"],
    )
    came_back = {(draw["to_lot_id"], draw["amount_fen"]) for one in undone.json()["movements"] for draw in one["draws"]}
    assert {(lot["lot_id"], lot["amount_fen"]) for lot in now["lots"]} == came_back
    event = await admin.fetchval(
        "SELECT body FROM funds.event WHERE stream = $1 AND kind = 'MoneyMoved' ORDER BY position DESC LIMIT 1", county
    )
    assert json.loads(event)["holds"] == [now["id"]]

    other = await again(paid, [(id_number(9), "0.01")], on="2017-06-01")
    assert other["by_reason"] == {"money_not_there": 1}, "nobody else's"
    early = await again(paid, [(id_number(2), "300")], on="2017-05-24")
    assert early["by_reason"] == {"money_not_there": 1}, "on that day the fen were not back yet"
    two = (await again(paid, [(id_number(2), "300")], on="2017-06-01"))["batch"]["id"]
    answer = await paid.town.approve(two)
    assert answer.status_code == 201, answer.text
    assert {(span["from_lot_id"], span["amount_fen"]) for span in answer.json()["spans"]} == came_back
    assert (await again(paid, [(id_number(2), "300")], on="2017-06-02"))["by_reason"] == {"already_paid": 1}
    found = await trace(paid, f"{two}-2")
    assert (found["traced_fen"], found["unexplained_fen"]) == (30_000, 0)
    await conserved(admin, county)


async def test_what_a_smaller_reissue_left_free_is_not_kept_when_it_is_undone(
    funds_http: httpx.AsyncClient, county: str
) -> None:
    paid = await Paid(funds_http, county).open()
    await paid.give_back(paid.line(2))
    await paid.give_back(paid.line(1))
    less = await again(paid, [(id_number(2), "290"), (id_number(1), "200")])
    approval = (await paid.town.approve(less["batch"]["id"])).json()
    order = {"kind": "reverse", "document": "冲1", "effective_on": "2017-05-25", "movement_id": approval["movement_id"]}
    assert (await paid.town.finance.post("/funds/v1/movements", order)).status_code == 201
    both = await paid.states(open="true", as_of="2017-05-30")
    holds = [(await paid.town.finance.get(f"/funds/v1/holds/{one['hold_id']}")).json() for one in both]
    assert sorted(hold["amount_fen"] for hold in holds) == [20_000, 29_000]
    free = await again(paid, [(id_number(9), "10")], on="2017-06-01")
    assert (free["rows_good"], free["available_fen"]) == (1, 1_000)
    assert (await paid.town.approve(free["batch"]["id"])).status_code == 201
    whole = await again(paid, [(id_number(2), "300")], on="2017-06-02")
    assert whole["by_reason"] == {"money_not_there": 1}, "the ten yuan are somebody else's by now"


async def test_a_chain_of_reissues_is_undone_link_by_link_and_at_once(
    funds_http: httpx.AsyncClient, county: str
) -> None:
    """Undoing the second return too pays the first reissue's household again; undoing that keeps the first return."""
    paid = await Paid(funds_http, county).open()
    finance = paid.town.finance
    await paid.give_back(paid.line(2))
    one = (await again(paid, [(id_number(2), "300")]))["batch"]["id"]
    first = (await paid.town.approve(one)).json()
    second = (await paid.give_back(f"{one}-2", effective_on="2017-05-25")).json()
    two = (await again(paid, [(id_number(2), "300")], on="2017-06-01"))["batch"]["id"]
    last = (await paid.town.approve(two)).json()

    async def undo(movement: str, **more: Any) -> httpx.Response:
        order = {"kind": "reverse", "document": "冲", "effective_on": "2017-06-05", "movement_id": movement, **more}
        return await finance.post("/funds/v1/movements", order)

    assert (await undo(last["movement_id"])).status_code == 201
    waiting = await paid.states(open="true", as_of="2017-06-06")
    assert [one["id"] for one in waiting] == [second["id"]]
    assert (await undo(second["id"])).status_code == 201
    assert await paid.states(open="true", as_of="2017-06-06") == []
    assert (await payment(paid, f"{one}-2", as_of="2017-06-06"))["status"] == "paid"
    whole = await undo(paid.approval["movement_id"], cascade=True)
    assert whole.status_code == 201, whole.text
    assert whole.json()["movements"][0]["reverses_id"] == first["movement_id"]
    assert sum(lot["remaining_fen"] for lot in await paid.lots()) == 150_000
    order = {
        "kind": "hand_down",
        "document": "文1",
        "effective_on": "2017-06-07",
        "fund_code": paid.town.fund,
        "from_account_id": paid.town.office,
        "lines": [{"to_account_id": await village(paid), "amount_fen": 150_000}],
    }
    assert (await finance.post("/funds/v1/movements", order)).status_code == 201, "nothing is held any more"


async def test_what_came_back_counts_against_no_cap_of_the_year(funds_http: httpx.AsyncClient, county: str) -> None:
    paid = await Paid(funds_http, county).open()
    town = paid.town
    cap = {
        "rule": "person_cap",
        "cap_fen": 30_000,
        "on_breach": "refuse",
        "source": "县财农〔2017〕3号",
        "basis": "practice",
    }
    assert (await set_terms(town.finance, town.fund, terms(county, cap))).status_code == 201
    await paid.give_back(paid.line(2))
    once_more = await again(paid, [(id_number(2), "300")])
    assert once_more["rows_good"] == 1, once_more["by_reason"]
    assert (await town.approve(once_more["batch"]["id"])).status_code == 201
    await receive(funds_http, county, town.office, 100)
    other = await town.checked([(id_number(2), "0.01")], effective_on="2017-06-01")
    assert other["by_reason"] == {"over_fund_year_cap": 1}
