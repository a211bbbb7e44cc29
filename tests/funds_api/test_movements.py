"""Moving money through the API: oldest first, back where it came from, undone once, and never more than there is."""

from __future__ import annotations

import asyncio
import itertools
from uuid import uuid4

import asyncpg
import pytest

from tests.callers import funds_caller
from tests.factories import fund, open_account
from tests.funds_api.desk import Desk, conserved


async def test_the_oldest_lots_are_drawn_first_across_notices(desk: Desk, admin: asyncpg.Pool) -> None:
    answer = await desk.out(500_000, desk.first, "2017-05-01")
    assert answer.status_code == 201, answer.text
    [movement] = answer.json()["movements"]
    assert [(draw["amount_fen"], draw["days_rested"]) for draw in movement["draws"]] == [(400_000, 61), (100_000, 30)]
    assert answer.json()["unexplained_fen"] == 0
    assert await desk.balance(desk.treasury) == 500_000
    assert await desk.balance(desk.first) == 500_000
    assert await desk.balance(desk.treasury, "2017-04-30") == 1_000_000
    assert await desk.balance(desk.treasury, "2017-03-15") == 400_000
    await conserved(admin, desk.county)


async def test_named_lots_are_drawn_as_named(desk: Desk) -> None:
    lots = (await desk.clerk.get("/funds/v1/lots", params={"account": desk.treasury, "as_of": "2017-05-01"})).json()[
        "items"
    ]
    young = lots[1]
    line = {"to_account_id": desk.first, "amount_fen": 7, "lots": [{"lot_id": young["id"], "amount_fen": 7}]}
    answer = await desk.out(7, desk.first, "2017-05-01", lines=[line])
    assert [draw["from_lot_id"] for draw in answer.json()["movements"][0]["draws"]] == [young["id"]]
    early = await desk.out(7, desk.first, "2017-03-15", lines=[line])
    assert (early.status_code, early.json()["type"]) == (409, "/problems/movement-predates-arrival")
    await fund(desk.http, "OTHER-FUND")
    other_fund = await desk.out(7, desk.first, "2017-05-01", lines=[line], fund_code="OTHER-FUND")
    assert (other_fund.status_code, other_fund.json()["type"]) == (409, "/problems/lot-not-open")
    wrong_sum = {**line, "amount_fen": 8}
    assert (await desk.out(8, desk.first, "2017-05-01", lines=[wrong_sum])).status_code == 422


async def test_money_that_is_not_there_yet_or_any_more_is_refused_with_figures(desk: Desk, admin: asyncpg.Pool) -> None:
    early = await desk.out(500_000, desk.first, "2017-03-15")
    assert (early.status_code, early.json()["type"]) == (409, "/problems/money-arrives-later")
    assert early.json()["figures"] == {
        "asked_fen": 500_000,
        "available_fen": 400_000,
        "on": "2017-03-15",
        "arrives_later_fen": 600_000,
        "arrives_on": "2017-04-01",
        "retained_fen": 0,
        "release_on": None,
        "drawn_later_fen": 0,
    }
    over = await desk.out(1_000_001, desk.first, "2017-05-01")
    assert over.json()["figures"]["available_fen"] == 1_000_000
    assert await desk.balance(desk.treasury) == 1_000_000
    await conserved(admin, desk.county)


async def test_one_order_with_many_lines_is_whole_or_nothing(desk: Desk) -> None:
    lines = [
        {"to_account_id": desk.first, "amount_fen": 300_000},
        {"to_account_id": desk.second, "amount_fen": 700_001},
    ]
    assert (await desk.out(0, "", "2017-05-01", lines=lines)).status_code == 409
    assert await desk.balance(desk.first) == 0
    lines[1]["amount_fen"] = 700_000
    answer = (await desk.out(0, "", "2017-05-01", lines=lines)).json()
    assert [movement["amount_fen"] for movement in answer["movements"]] == [300_000, 700_000]
    assert answer["total_fen"] == 1_000_000


async def test_returns_go_back_to_the_desk_they_came_from_also_when_handed_on(desk: Desk, admin: asyncpg.Pool) -> None:
    await desk.out(500_000, desk.first, "2017-05-01")
    handed = await desk.out(200_000, desk.village, "2017-05-10", by=desk.township_clerk, from_account_id=desk.first)
    assert handed.status_code == 201, handed.text
    village = await desk.back(50_000, desk.village, "2017-06-01", by=desk.township_clerk)
    assert [one["to_account_id"] for one in village.json()["movements"]] == [desk.first]
    township = await desk.back(350_000, desk.first, "2017-06-02", by=desk.township_clerk)
    assert township.status_code == 201, township.text
    assert {one["to_account_id"] for one in township.json()["movements"]} == {desk.treasury}
    assert await desk.balance(desk.treasury) == 850_000
    nowhere = await desk.back(1, desk.treasury, "2017-06-03")
    assert nowhere.status_code == 409
    assert nowhere.json()["type"] == "/problems/nowhere-to-return"
    await conserved(admin, desk.county)


async def test_the_county_recovers_and_the_township_may_not(desk: Desk) -> None:
    await desk.out(500_000, desk.first, "2017-05-01")
    assert (await desk.back(1, desk.first, "2017-06-01", "recover", by=desk.township_clerk)).status_code == 403
    assert (await desk.back(200_000, desk.first, "2017-06-01", "recover")).status_code == 201
    assert await desk.balance(desk.treasury) == 700_000


async def test_a_reversal_undoes_once_and_its_clock_goes_on(desk: Desk, admin: asyncpg.Pool) -> None:
    movement = (await desk.out(500_000, desk.first, "2017-05-01")).json()["movements"][0]["id"]
    assert (await desk.undo(movement, "2017-04-30")).json()["type"] == "/problems/reversal-too-early"
    done = await desk.undo(movement, "2017-07-01")
    assert done.status_code == 201, done.text
    again = await desk.undo(movement, "2017-07-02")
    assert (again.status_code, again.json()["type"]) == (409, "/problems/already-reversed")
    not_twice = await desk.undo(done.json()["movements"][0]["id"], "2017-07-02")
    assert not_twice.json()["type"] == "/problems/not-reversible"
    assert await desk.balance(desk.treasury) == 1_000_000
    lots = (await desk.clerk.get("/funds/v1/lots", params={"account": desk.treasury, "as_of": "2017-07-01"})).json()[
        "items"
    ]
    assert sorted((lot["clock_from"], lot["remaining_fen"]) for lot in lots) == [
        ("2017-03-01", 400_000),
        ("2017-04-01", 100_000),
        ("2017-04-01", 500_000),
    ]
    await conserved(admin, desk.county)


async def test_a_township_undoes_what_it_was_handed_and_the_clock_goes_on(desk: Desk) -> None:
    """The lot that is restored lies with the county, where the township may not look."""
    before = [lot["clock_from"] for lot in await desk.lots(desk.treasury)]
    handed = (await desk.out(100_000, desk.first, "2017-04-10")).json()["movements"][0]["id"]
    undone = await desk.undo(handed, "2017-06-01", by=funds_caller(desk.http, "finance_clerk", desk.county + "101"))
    assert undone.status_code == 201, undone.text
    assert {lot["clock_from"] for lot in await desk.lots(desk.treasury)} == set(before)


async def test_a_township_does_not_undo_what_was_taken_back_from_it(desk: Desk) -> None:
    town = funds_caller(desk.http, "finance_clerk", desk.county + "101")
    assert (await desk.out(100_000, desk.first, "2017-04-10")).status_code == 201
    taken = await desk.order(
        "take_back",
        "2017-05-01",
        account_id=desk.first,
        to_account_id=desk.treasury,
        amount_fen=50_000,
        fund_code="TEST-FUND",
    )
    undo = {
        "kind": "reverse",
        "document": "冲1",
        "effective_on": "2017-06-01",
        "movement_id": taken.json()["movements"][0]["id"],
        "cascade": True,
    }
    # Also when the money came down again, so that what followed could be undone and the rest could not.
    for handed_again, cascade in itertools.product((False, True), repeat=2):
        if handed_again and cascade:
            assert (await desk.out(950_000, desk.first, "2017-05-10")).status_code == 201
        answer = await town.post("/funds/v1/movements", {**undo, "cascade": cascade})
        assert (answer.status_code, answer.json()["type"]) == (403, "/problems/outside-region"), answer.text
        assert answer.json()["figures"] == {"asked": desk.county, "own": desk.county + "101"}
    assert await desk.balance(desk.first) == 1_000_000


async def test_what_was_spent_on_is_not_undone(desk: Desk) -> None:
    movement = (await desk.out(500_000, desk.first, "2017-05-01")).json()["movements"][0]["id"]
    await desk.out(1, desk.village, "2017-05-02", by=desk.township_clerk, from_account_id=desk.first)
    refused = await desk.undo(movement, "2017-06-01")
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/spent-on")
    assert refused.json()["figures"]["spent_fen"] == 1


async def test_who_may_not_undo_is_told_what_stands_on_it(desk: Desk) -> None:
    """The village got 300 of 500, gave 100 back and 50 of them were paid out; the second township got 40."""
    movement = (await desk.out(500, desk.first, "2017-05-01")).json()["movements"][0]["id"]
    given = await desk.out(300, desk.village, "2017-05-02", by=desk.township_clerk, from_account_id=desk.first)
    assert (await desk.back(100, desk.village, "2017-05-03")).status_code == 201
    # The oldest are drawn first: 200 of the lot that was handed down, then what came back.
    paid = await desk.out(250, desk.contractor, "2017-05-04", kind="pay", from_account_id=desk.first)
    across = await desk.out(40, desk.second, "2017-05-05", from_account_id=desk.first)
    undone = await desk.out(10, desk.second, "2017-05-06", from_account_id=desk.first)
    assert (await desk.undo(undone.json()["movements"][0]["id"], "2017-05-07")).status_code == 201
    town = funds_caller(desk.http, "finance_clerk", desk.county + "101")
    expected = [
        (one.json()["movements"][0]["id"], one.json()["movements"][0]["document"], fen)
        for one, fen in ((across, 40), (paid, 250), (given, 300))
    ]
    refused = await desk.undo(movement, "2017-06-01", by=town)
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/spent-on")
    figures = refused.json()["figures"]
    assert [(one["movement_id"], one["document"], one["drawn_fen"]) for one in figures["followed_by"]] == expected
    assert (figures["spent_fen"], figures["came_back_fen"]) == (490, 100)
    assert expected[1][1] in refused.json()["detail"]

    village = funds_caller(desk.http, "finance_clerk", desk.county + "101201")
    refused = await desk.undo(expected[2][0], "2017-06-01", by=village)
    [own] = refused.json()["figures"]["followed_by"]
    assert (own["kind"], own["drawn_fen"], refused.json()["figures"]["came_back_fen"]) == ("return", 100, 0)


async def test_a_receipt_is_undone_into_the_outside(desk: Desk, admin: asyncpg.Pool) -> None:
    receipts = (await desk.clerk.get("/funds/v1/movements", params={"kind": "receive"})).json()["items"]
    refused = await desk.undo(receipts[0]["id"], "2017-06-01")
    assert refused.json()["type"] == "/problems/no-outside-account"
    await open_account(desk.http, desk.county, "outside", "县外")
    assert (await desk.undo(receipts[0]["id"], "2017-06-01")).status_code == 201
    tranches = (await desk.clerk.get("/funds/v1/tranches", params={"as_of": "2017-12-31"})).json()["items"]
    assert sorted((one["received_fen"], one["outside_fen"], one["unexplained_fen"]) for one in tranches) == [
        (400_000, 400_000, 0),
        (600_000, 0, 0),
    ]
    before = (await desk.clerk.get("/funds/v1/tranches", params={"as_of": "2017-05-31"})).json()["items"]
    assert [one["outside_fen"] for one in before] == [0, 0]
    await conserved(admin, desk.county)


async def test_payments_end_at_contractors_and_nothing_leaves_them(desk: Desk) -> None:
    assert (await desk.out(5, desk.contractor, "2017-05-01")).json()["type"] == "/problems/wrong-account"
    paid = await desk.out(5, desk.contractor, "2017-05-01", kind="pay")
    assert paid.status_code == 201, paid.text
    assert (await desk.out(5, desk.first, "2017-05-01", kind="pay")).json()["type"] == "/problems/wrong-account"
    out_again = await desk.out(5, desk.first, "2017-05-01", from_account_id=desk.contractor)
    assert out_again.json()["type"] == "/problems/wrong-account"


async def test_the_neighbour_neither_sees_nor_moves_money(desk: Desk) -> None:
    await desk.out(500_000, desk.first, "2017-05-01")
    neighbour = funds_caller(desk.http, "township_clerk", desk.county + "102")
    assert (await neighbour.get("/funds/v1/lots", params={"as_of": "2017-06-01"})).json()["items"] == []
    assert (await neighbour.get("/funds/v1/movements")).json()["items"] == []
    assert (await neighbour.get("/funds/v1/tranches")).json()["items"] == []
    assert (await desk.back(1, desk.first, "2017-06-01", by=neighbour)).status_code == 404
    taken = await desk.out(1, desk.village, "2017-06-01", by=neighbour, from_account_id=desk.first)
    assert taken.status_code == 404
    other_county = await neighbour.get("/funds/v1/lots", params={"county": "980001"})
    assert other_county.status_code == 403


async def test_the_same_order_acts_once_and_two_at_once_do_not_act_twice(desk: Desk) -> None:
    order = {
        "kind": "hand_down",
        "document": "文1",
        "effective_on": "2017-05-01",
        "fund_code": "TEST-FUND",
        "from_account_id": desk.treasury,
        "lines": [{"to_account_id": desk.first, "amount_fen": 100}],
    }
    answers = await asyncio.gather(
        *(desk.clerk.post("/funds/v1/movements", order, key="hand-down-once") for _ in range(8))
    )
    assert {answer.status_code for answer in answers} <= {201, 409}
    assert all(
        answer.json()["type"] == "/problems/request-in-flight" for answer in answers if answer.status_code == 409
    )
    again = await desk.clerk.post("/funds/v1/movements", order, key="hand-down-once")
    assert again.status_code == 201
    assert await desk.balance(desk.first) == 100


async def test_sixty_four_clients_on_one_account_overdraw_nothing(desk: Desk, admin: asyncpg.Pool) -> None:
    answers = await asyncio.gather(*(desk.out(30_000, desk.first, "2017-05-01") for _ in range(64)))
    done = [answer for answer in answers if answer.status_code == 201]
    refused = [answer for answer in answers if answer.status_code == 409]
    busy = [answer for answer in answers if answer.status_code == 503]
    assert len(done) == 33
    assert len(done) + len(refused) + len(busy) == 64
    assert {answer.json()["type"] for answer in refused} == {"/problems/money-not-there"}
    assert await desk.balance(desk.first) == 33 * 30_000
    await conserved(admin, desk.county)


async def test_the_database_refuses_what_the_code_would_never_ask(desk: Desk, urls: dict[str, str]) -> None:
    """Laws 1, 2 and 4 once more, behind the service: the posting function is called as the service's role calls it."""
    connection = await asyncpg.connect(urls["funds"])
    lot = (await desk.clerk.get("/funds/v1/lots", params={"account": desk.treasury, "as_of": "2017-05-01"})).json()[
        "items"
    ][0]
    cases = [
        (400_001, 400_001, "2017-05-01", "ck_lot_law2_not_overdrawn"),
        (100, 99, "2017-05-01", "does not add up"),
        (100, 100, "2017-02-01", "before it arrived"),
    ]
    try:
        for amount, part, on, wrong in cases:
            move = (
                f'[{{"id":"{uuid4()}","kind":"hand_down","document":"d","from":"{desk.treasury}","to":"{desk.first}",'
                f'"effective_on":"{on}","amount_fen":{amount},"drawn":"named","actor":"t","document_key":"d"}}]'
            )
            movement = move[8:44]
            parts = f'[{{"move":"{movement}","from_lot":"{lot["id"]}","to_lot":"{uuid4()}","amount_fen":{part}}}]'
            with pytest.raises(asyncpg.PostgresError, match=wrong):
                await posted(connection, desk.county, desk.county, move, parts)
        with pytest.raises(asyncpg.PostgresError, match="outside the region"):
            await posted(connection, "980001", desk.county, move, "[]")
    finally:
        await connection.close()


async def posted(connection: asyncpg.Connection, region: str, county: str, moves: str, parts: str) -> None:
    async with connection.transaction():
        await connection.execute("SELECT set_config('app.region', $1, true)", region)
        await connection.execute(
            "SELECT funds.post_movements($1, $2::jsonb, $3::jsonb, current_date)", county, moves, parts
        )
