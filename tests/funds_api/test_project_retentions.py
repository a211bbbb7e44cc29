"""Retentions of a project (质保金): kept back, carried over, released once."""

from __future__ import annotations

from tests.factories import open_account
from tests.funds_api.library import Library
from tests.funds_api.test_project_money import building, library
from tests.funds_api.test_projects import refusal

__all__ = ["library"]  # a fixture


async def test_a_retention_is_kept_and_released_once(library: Library) -> None:
    await building(library)
    contract = (await library.sign(600_000, retention_ppm=50_000, release_on="2018-10-01")).json()["id"]
    await library.progress(contract, 1_000_000, "2017-10-01")
    deposit = await open_account(library.http, library.county + "101", "retention", "质保金专户")
    assert (await library.move("pay", library.cash, library.contractor, 570_000, "2017-10-05")).status_code == 201
    more = await library.move(
        "retain", library.cash, deposit, 30_001, "2017-10-05", release_on="2018-10-01", contract_id=contract
    )
    assert refusal(more) == (409, "over-progress"), "all that is due is paid or kept back, and no more"
    kept = await library.move(
        "retain", library.cash, deposit, 30_000, "2017-10-05", release_on="2018-10-01", contract_id=contract
    )
    assert kept.status_code == 201, kept.text
    refused = await library.move("pay", library.cash, library.contractor, 30_000, "2018-10-01")
    assert refusal(refused) == (409, "over-progress"), "it lies in the deposit, not in the project's account"
    assert refused.json()["figures"]["kept_fen"] == 30_000
    before = (await library.shown("2018-09-30"))["money"]
    assert (before["paid_fen"], before["retained_fen"], before["resting_fen"]) == (570_000, 30_000, 200_000)
    freed = await library.move("pay", deposit, library.contractor, 30_000, "2018-10-01")
    assert freed.status_code == 201, freed.text
    after = (await library.shown("2018-10-01"))["money"]
    assert (after["paid_fen"], after["retained_fen"], after["unexplained_fen"]) == (600_000, 0, 0)
    undo = {
        "kind": "reverse",
        "document": "冲1",
        "effective_on": "2018-10-02",
        "movement_id": freed.json()["movements"][0]["id"],
    }
    assert (await library.clerk.post("/funds/v1/movements", undo)).status_code == 201
    undone = (await library.shown("2018-10-02"))["money"]
    assert (undone["paid_fen"], undone["retained_fen"], undone["unexplained_fen"]) == (570_000, 30_000, 0)
    assert (await library.move("pay", deposit, library.contractor, 30_000, "2018-10-03")).status_code == 201
    again = (await library.shown("2018-10-03"))["contractors"][0]
    assert (again["paid_fen"], again["payable_fen"]) == (600_000, 0)


async def test_a_retention_that_was_carried_over_or_kept_again_is_released_once(library: Library) -> None:
    await building(library)
    contract = (await library.sign(600_000)).json()["id"]
    await library.progress(contract, 1_000_000, "2017-10-01")
    deposit = await open_account(library.http, library.county, "retention", "质保金专户")
    kept = await library.move(
        "retain", library.cash, deposit, 30_000, "2017-10-05", release_on="2018-10-01", contract_id=contract
    )
    assert kept.status_code == 201, kept.text
    back = {"kind": "return", "document": "退", "account_id": deposit, "fund_code": "TEST-FUND", "amount_fen": 30_000}
    returned = await library.clerk.post("/funds/v1/movements", {**back, "effective_on": "2017-10-06"})
    [lot] = [draw["to_lot_id"] for draw in returned.json()["movements"][0]["draws"]]
    line = {"to_account_id": deposit, "amount_fen": 30_000, "lots": [{"lot_id": lot, "amount_fen": 30_000}]}
    again = await library.move(
        "retain", library.cash, deposit, 0, "2017-10-07", release_on="2018-10-01", lines=[line], contract_id=contract
    )
    assert again.status_code == 201, again.text
    carry = {"kind": "carry_over", "document": "结转", "account_id": deposit, "from_year": 2017}
    assert (await library.clerk.post("/funds/v1/movements", {**carry, "effective_on": "2017-12-31"})).status_code == 201
    assert (await library.move("pay", deposit, library.contractor, 30_000, "2018-10-02")).status_code == 201
    shown = await library.shown("2018-12-31")
    money = shown["money"]
    assert (money["paid_fen"], money["retained_fen"], money["unexplained_fen"]) == (30_000, 0, 0)
    assert shown["contractors"][0]["paid_fen"] == 30_000
