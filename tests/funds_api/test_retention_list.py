"""The list of retentions (质保金): what is kept, due and not paid, paid or forfeited, with its proofs."""

from __future__ import annotations

from typing import Any

import asyncpg
import httpx
import pytest

from tests.callers import funds_caller
from tests.factories import open_account
from tests.funds_api.desk import Desk
from tests.funds_api.library import Library
from tests.funds_api.test_retentions import DAY, Deposit, QuotaDeposit

RETENTIONS = "/funds/v1/retentions"
PARTS = ("kept_fen", "in_transit_fen", "paid_fen", "forfeited_fen", "undone_fen")


@pytest.fixture
async def deposit(funds_http: httpx.AsyncClient, county: str) -> Deposit:
    return await Deposit(funds_http, county).open()


async def listed(library: Library | Desk, as_of: str, **params: Any) -> dict[str, Any]:
    """The whole list on a day; every item and the total add up, and the total is the sum of the items."""
    answer = await library.clerk.get(RETENTIONS, params={"as_of": as_of, "limit": 200, **params})
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    for one in (told["total"], *told["items"]):
        assert one["unexplained_fen"] == 0
        assert one["amount_fen"] == sum(one[name] for name in PARTS)
    for name in ("amount_fen", *PARTS):
        assert told["total"][name] == sum(one[name] for one in told["items"])
    assert told["total"]["retentions_n"] == len(told["items"])
    assert told["total"]["due_fen"] == sum(one["kept_fen"] for one in told["items"] if one["state"] == "due")
    assert (told["empty_because"] is None) == bool(told["items"])
    return told


async def states(library: Library | Desk, as_of: str, **params: Any) -> list[tuple[str, int, int]]:
    items = (await listed(library, as_of, **params))["items"]
    return [(one["state"], one["kept_fen"], one["overdue_days"]) for one in items]


async def test_what_is_due_and_not_paid_is_found_with_its_days(deposit: Deposit) -> None:
    assert (await listed(deposit, "2017-10-04"))["empty_because"] == "截至所查日期，您的管辖范围内没有符合条件的质保金"
    assert await states(deposit, "2017-10-05") == [("kept", 15_000, 0)]
    assert await states(deposit, "2018-09-30") == [("kept", 15_000, 0)] * 2
    assert await states(deposit, DAY) == [("due", 15_000, 0)] * 2
    assert (await deposit.release(5_000, deposit.contractor, "2018-10-05")).status_code == 201
    assert (await deposit.release(15_000, deposit.other, "2018-10-05")).status_code == 201
    assert await states(deposit, "2018-10-31") == [("due", 10_000, 30), ("paid", 0, 0)]
    [due] = (await listed(deposit, "2018-10-31", state="due"))["items"]
    assert (due["contract_id"], due["project_id"]) == (deposit.first, deposit.id)
    assert (due["contractor_id"], due["contractor_name"]) == (deposit.contractor_unit, "施工单位")
    assert (due["account_id"], due["kept_on"], due["release_on"]) == (deposit.deposit, "2017-10-05", DAY)
    assert (due["amount_fen"], due["paid_fen"]) == (15_000, 5_000)
    for on in ("2018-09-30", "2018-10-04"):
        assert await states(deposit, on, state="kept" if on < DAY else "due") == await states(deposit, on), on
    resting = (await deposit.clerk.get(f"/funds/v1/accounts/{deposit.deposit}", params={"as_of": "2018-10-31"})).json()
    assert resting["balance_fen"] == (await listed(deposit, "2018-10-31"))["total"]["kept_fen"] == 10_000


async def test_what_was_forfeited_undone_or_came_back_says_so(deposit: Deposit) -> None:
    back = {"kind": "return", "document": "质量缺陷认定书1号", "fund_code": "TEST-FUND", "account_id": deposit.deposit}
    answer = await deposit.clerk.post(
        "/funds/v1/movements", {**back, "amount_fen": 15_000, "effective_on": "2018-03-01"}
    )
    assert answer.status_code == 201, answer.text
    third = await deposit.keep(1_000, deposit.second, "2018-03-02")
    undo = {"kind": "reverse", "document": "冲1", "effective_on": "2018-03-03"}
    undone = await deposit.clerk.post(
        "/funds/v1/movements", {**undo, "movement_id": third.json()["movements"][0]["id"]}
    )
    assert undone.status_code == 201, undone.text
    assert await states(deposit, "2018-02-28") == [("kept", 15_000, 0)] * 2
    assert [one[0] for one in await states(deposit, "2018-03-02")] == ["forfeited", "kept", "kept"]
    assert [one[0] for one in await states(deposit, "2018-03-03")] == ["forfeited", "kept", "undone"]
    again = {**undo, "effective_on": "2018-03-04", "movement_id": answer.json()["movements"][0]["id"]}
    assert (await deposit.clerk.post("/funds/v1/movements", again)).status_code == 201
    assert await states(deposit, "2018-03-04") == [("kept", 15_000, 0), ("kept", 15_000, 0), ("undone", 0, 0)]
    carry = {"kind": "carry_over", "document": "结转", "account_id": deposit.deposit, "from_year": 2017}
    carried = await deposit.clerk.post("/funds/v1/movements", {**carry, "effective_on": "2018-12-31"})
    assert carried.status_code == 201, carried.text
    assert await states(deposit, "2019-01-01", state="due") == [("due", 15_000, 92)] * 2
    taken = {**back, "kind": "take_back", "document": "认定书2号", "to_account_id": deposit.treasury}
    answer = await deposit.clerk.post(
        "/funds/v1/movements", {**taken, "amount_fen": 20_000, "effective_on": "2019-01-02"}
    )
    assert answer.status_code == 201, answer.text
    assert sorted(await states(deposit, "2019-01-02")) == [("due", 10_000, 93), ("forfeited", 0, 0), ("undone", 0, 0)]


async def test_it_is_known_as_it_was_known_and_found_by_whose_it_is(deposit: Deposit, admin: asyncpg.Pool) -> None:
    known = await admin.fetchval("SELECT clock_timestamp()")
    at = {"known_at": known.isoformat()}
    before = await listed(deposit, "2018-12-31")
    assert (await deposit.release(15_000, deposit.contractor)).status_code == 201
    then = await listed(deposit, "2018-12-31", **at)
    assert then["known_position"] is not None
    assert (then["items"], then["total"]) == (before["items"], before["total"])
    assert (await listed(deposit, "2018-12-31", state="due", **at))["items"] == before["items"]
    assert await states(deposit, "2018-12-31", state="due") == [("due", 15_000, 91)]
    for params, found in (
        ({"contract": deposit.first}, [deposit.first]),
        ({"contractor": deposit.other_unit}, [deposit.second]),
        ({"project": deposit.id}, [deposit.first, deposit.second]),
        ({"project": deposit.first}, []),
        ({"region": deposit.county + "101"}, [deposit.first, deposit.second]),
        ({"region": deposit.county + "102"}, []),
    ):
        assert [one["contract_id"] for one in (await listed(deposit, DAY, **params))["items"]] == found, params


async def test_pages_follow_the_days_of_release_and_a_neighbour_sees_none(deposit: Deposit) -> None:
    third = (await deposit.sign(100_000, retention_ppm=50_000, release_on="2018-05-01")).json()["id"]
    await deposit.progress(third, 1_000_000, "2017-10-01")
    order = {"release_on": "2018-05-01", "contract_id": third}
    kept = await deposit.move("retain", deposit.cash, deposit.deposit, 5_000, "2017-10-07", **order)
    assert kept.status_code == 201, kept.text
    whole = await listed(deposit, "2018-05-31")
    assert [(one["contract_id"], one["state"]) for one in whole["items"]] == [
        (third, "due"),
        (deposit.first, "kept"),
        (deposit.second, "kept"),
    ]
    seen, after = [], None
    while True:
        params = {"as_of": "2018-05-31", "limit": 1, **({"after": after} if after else {})}
        page = (await deposit.clerk.get(RETENTIONS, params=params)).json()
        assert page["total"] == whole["total"]
        seen, after = seen + page["items"], page["next"]
        if after is None:
            break
    assert seen == whole["items"]
    for who in (deposit.lister, funds_caller(deposit.http, "inspector", deposit.county)):
        assert (await who.get(RETENTIONS, params={"as_of": "2018-05-31"})).json()["items"] == whole["items"]
    assert (await deposit.neighbour.get(RETENTIONS)).json()["items"] == []
    bank = funds_caller(deposit.http, "bank", deposit.county, client_id="rcb")
    assert (await bank.get(RETENTIONS)).status_code == 403


async def test_quota_that_was_ordered_is_on_its_way_until_the_bank_said_so(
    funds_http: httpx.AsyncClient, county: str
) -> None:
    quota = await QuotaDeposit(Library(funds_http, county)).finish()
    first = await quota.issue(30_000, quota.kept, effective_on=DAY)
    await quota.settle(first, "returned", on="2018-10-02")
    second = await quota.issue(30_000, quota.kept, effective_on="2018-10-03", reissues_order_id=first["id"])
    paid = await quota.settle(second, on="2018-10-05")
    found = []
    for on in (DAY, "2018-10-02", "2018-10-03", "2018-10-05"):
        [one] = (await listed(quota.library, on))["items"]
        found.append((one["state"], one["kept_fen"], one["in_transit_fen"], one["paid_fen"]))
    rests, sent, got = ("due", 30_000, 0, 0), ("released", 0, 30_000, 0), ("paid", 0, 0, 30_000)
    assert found == [sent, rests, sent, got]
    await quota.undo(paid["result"]["movement_id"], "2018-10-06")
    assert (await listed(quota.library, "2018-10-06"))["items"][0]["state"] == "released"


async def test_a_retention_of_no_project_names_its_contractor_alone(desk: Desk) -> None:
    kept = await open_account(desk.http, desk.county, "retention", "质保金专户")
    assert (await desk.keep_back(10, kept, "2017-05-01", DAY)).status_code == 201
    [one] = (await listed(desk, "2017-05-01"))["items"]
    assert (one["contract_id"], one["contract_number"], one["project_id"]) == (None, None, None)
    assert (one["contractor_name"], one["region_code"], one["state"]) == ("施工单位", desk.county, "kept")
