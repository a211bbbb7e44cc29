"""Retentions, pools, carry-over, taking back, and chains of reversals: every fen keeps its lineage and its clock."""

from __future__ import annotations

from typing import Any

import asyncpg
import httpx
import pytest

from tests.factories import open_account, receive
from tests.funds_api.desk import Desk, conserved
from tests.funds_api.library import Library, plan


async def quota_account(desk: Desk, region: str, kind: str) -> str:
    unit = {"region_code": region, "name": f"{kind}指标", "kind": kind, "accounts": [{"name": "指标", "book": "quota"}]}
    return str((await desk.clerk.post("/funds/v1/units", unit)).json()["accounts"][0]["id"])


async def test_a_retention_is_unspent_until_its_release(desk: Desk, admin: asyncpg.Pool) -> None:
    deposit = await open_account(desk.http, desk.county, "retention", "质保金专户")
    kept = await desk.keep_back(30_000, deposit, "2017-05-01", "2018-05-01")
    assert kept.status_code == 201, kept.text
    [lot] = await desk.lots(deposit)
    assert (lot["remaining_fen"], lot["release_on"]) == (30_000, "2018-05-01")
    tranches = (await desk.clerk.get("/funds/v1/tranches", params={"as_of": "2017-12-31"})).json()["items"]
    assert sum(one["spent_fen"] for one in tranches) == 0
    named = {
        "lines": [{"to_account_id": desk.contractor, "amount_fen": 1, "lots": [{"lot_id": lot["id"], "amount_fen": 1}]}]
    }
    early = await desk.out(1, desk.contractor, "2018-04-30", kind="pay", from_account_id=deposit, **named)
    assert (early.status_code, early.json()["type"]) == (409, "/problems/lot-retained")
    assert early.json()["figures"]["release_on"] == "2018-05-01"
    plain = await desk.out(1, desk.contractor, "2018-04-30", kind="pay", from_account_id=deposit)
    assert plain.json()["type"] == "/problems/money-retained"
    paid = await desk.out(20_000, desk.contractor, "2018-05-01", kind="pay", from_account_id=deposit)
    assert paid.status_code == 201, paid.text
    back = await desk.back(10_000, deposit, "2018-05-02")
    assert back.json()["movements"][0]["to_account_id"] == desk.treasury
    assert (await desk.out(1, deposit, "2017-05-01", kind="retain")).status_code == 422
    assert (await desk.out(1, desk.first, "2017-05-01", kind="retain", release_on="2018-01-01")).json()["type"] == (
        "/problems/wrong-account"
    )
    await conserved(admin, desk.county)


async def test_a_retention_goes_back_before_its_release(desk: Desk) -> None:
    deposit = await open_account(desk.http, desk.county, "retention", "质保金专户")
    await desk.keep_back(30_000, deposit, "2017-05-01", "2018-05-01")
    assert (await desk.back(30_000, deposit, "2017-08-01")).status_code == 201
    assert await desk.balance(desk.treasury) == 1_000_000


@pytest.fixture
async def pool(desk: Desk) -> dict[str, Any]:
    """A project that pools 300, 200 and 100 fen of three notices."""
    library = Library(desk.http, desk.county)
    library.contractor_unit = (await desk.clerk.get("/funds/v1/units", params={"kind": "contractor"})).json()["items"][
        0
    ]["id"]
    planned = plan(planned_fen=600, sources=[{"fund_code": "TEST-FUND", "planned_fen": 600}])
    project = (await library.walk("building", plan=planned))["cash_account_id"]
    contract = (await library.sign(600)).json()["id"]
    await library.progress(contract, 1_000_000, "2017-05-20")
    sources = []
    for fen, on in ((300, "2017-05-01"), (200, "2017-05-02"), (100, "2017-05-03")):
        notice = await receive(desk.http, desk.county, desk.treasury, fen, on)
        tranche = notice["tranches"][0]["id"]
        [lot] = [one for one in await desk.lots(desk.treasury) if one["tranche_id"] == tranche]
        line = {"to_account_id": project, "amount_fen": fen, "lots": [{"lot_id": lot["id"], "amount_fen": fen}]}
        answer = await desk.out(fen, project, on, lines=[line])
        assert answer.status_code == 201, answer.text
        sources.append(tranche)
    return {"project": project, "sources": sources}


async def by_source(desk: Desk, answer: httpx.Response, pool: dict[str, Any]) -> list[int]:
    """What each source of the pool gave to a payment."""
    assert answer.status_code == 201, answer.text
    lots = {lot["id"]: lot["tranche_id"] for lot in await desk.lots(pool["project"], "2017-05-31")}
    given = dict.fromkeys(pool["sources"], 0)
    for draw in answer.json()["movements"][0]["draws"]:
        given[lots[draw["from_lot_id"]]] += draw["amount_fen"]
    return list(given.values())


async def test_a_pooled_project_pays_in_proportion_to_its_sources(
    desk: Desk, pool: dict[str, Any], admin: asyncpg.Pool
) -> None:
    """100 of 300 : 200 : 100 is 50 : 33.3 : 16.7; the fen that is left over goes to the largest fraction."""
    order = {"kind": "pay", "from_account_id": pool["project"], "fund_code": None}
    paid = await desk.out(100, desk.contractor, "2017-06-01", drawn="proportional", **order)
    assert await by_source(desk, paid, pool) == [50, 33, 17]
    movement = paid.json()["movements"][0]["id"]
    listed = (await desk.clerk.get("/funds/v1/movements", params={"kind": "pay"})).json()["items"]
    assert [(one["id"], one["drawn"]) for one in listed] == [(movement, "proportional")]
    oldest = await desk.out(260, desk.contractor, "2017-06-02", **order)
    assert await by_source(desk, oldest, pool) == [250, 10, 0]
    await conserved(admin, desk.county)


async def test_only_a_pool_pays_without_naming_the_fund(desk: Desk) -> None:
    refused = await desk.out(1, desk.contractor, "2017-05-01", kind="pay", fund_code=None)
    assert (refused.status_code, refused.json()["type"]) == (422, "/problems/fund-needed")


async def test_carrying_over_changes_the_year_and_no_clock(desk: Desk, admin: asyncpg.Pool) -> None:
    await desk.out(500_000, desk.first, "2017-05-01")
    carried = await desk.order("carry_over", "2017-12-31", account_id=desk.first, from_year=2017)
    assert carried.status_code == 201, carried.text
    assert carried.json()["total_fen"] == 500_000
    lots = await desk.lots(desk.first)
    assert {(lot["fiscal_year"], lot["clock_from"], lot["arrived_on"]) for lot in lots} == {
        (2018, "2017-05-01", "2017-12-31")
    }
    account = (await desk.clerk.get(f"/funds/v1/accounts/{desk.first}", params={"as_of": "2018-01-10"})).json()
    assert account["unexplained_fen"] == 0
    # Every day of every fen is charged once: 244 days before the carry-over, 10 after.
    assert (account["charged_fen_days"], account["resting_fen_days"]) == (500_000 * 244, 500_000 * 10)
    again = await desk.order("carry_over", "2018-01-01", account_id=desk.first, from_year=2017)
    assert again.json()["type"] == "/problems/nothing-to-carry"
    back = await desk.back(500_000, desk.first, "2018-02-01")
    assert {one["to_account_id"] for one in back.json()["movements"]} == {desk.treasury}
    await conserved(admin, desk.county)


async def test_unused_money_is_taken_back_to_the_treasury(desk: Desk, admin: asyncpg.Pool) -> None:
    await desk.out(500_000, desk.first, "2017-05-01")
    await desk.out(200_000, desk.village, "2017-05-02", by=desk.township_clerk, from_account_id=desk.first)
    order = {"account_id": desk.village, "to_account_id": desk.treasury, "amount_fen": 200_000}
    taken = await desk.order("take_back", "2019-12-31", **order)
    assert taken.status_code == 201, taken.text
    assert await desk.balance(desk.treasury, "2019-12-31") == 700_000
    forbidden = {"kind": "take_back", "document": "收", "effective_on": "2019-12-31", **order}
    assert (await desk.township_clerk.post("/funds/v1/movements", forbidden)).status_code == 403
    wrong = await desk.order("take_back", "2019-12-31", account_id=desk.first, to_account_id=desk.second, amount_fen=1)
    assert wrong.json()["type"] == "/problems/wrong-account"
    await conserved(admin, desk.county)


async def test_what_the_level_above_takes_back_leaves_the_county_from_its_treasury(
    desk: Desk, admin: asyncpg.Pool
) -> None:
    above = await open_account(desk.http, desk.county, "outside", "上级财政")
    await desk.out(500_000, desk.first, "2017-05-01")
    order = {"to_account_id": above, "amount_fen": 300_000, "fund_code": "TEST-FUND"}
    past = await desk.order("take_back", "2018-03-01", account_id=desk.first, **order)
    assert past.json()["type"] == "/problems/wrong-account"
    taken = await desk.order("take_back", "2018-03-01", account_id=desk.treasury, **order)
    assert taken.status_code == 201, taken.text
    assert await desk.balance(desk.treasury, "2018-03-01") == 200_000
    tranches = (await desk.clerk.get("/funds/v1/tranches", params={"as_of": "2018-03-01"})).json()["items"]
    assert sum(one["outside_fen"] for one in tranches) == 300_000
    assert all(one["unexplained_fen"] == 0 for one in tranches)
    tree = (await desk.clerk.get("/funds/v1/tree", params={"as_of": "2018-03-01"})).json()["root"]
    assert (tree["received_fen"], tree["returned_fen"], tree["resting_fen"]) == (1_000_000, 300_000, 700_000)
    assert tree["unexplained_fen"] == 0
    graph = (await desk.clerk.get("/funds/v1/flow-graph", params={"as_of": "2018-03-01"})).json()
    assert [link["fen"] for link in graph["back_links"] if link["target"] == "outside"] == [300_000]
    # It is spent by nobody here: only undoing the document brings it back.
    again = await desk.out(1, desk.second, "2018-03-02", from_account_id=above)
    assert again.json()["type"] == "/problems/wrong-account"
    assert (await desk.undo(taken.json()["movements"][0]["id"], "2018-04-01")).status_code == 201
    assert await desk.balance(desk.treasury, "2018-04-01") == 500_000
    await conserved(admin, desk.county)


async def test_a_chain_is_undone_link_by_link_or_at_once(desk: Desk, admin: asyncpg.Pool) -> None:
    first = (await desk.out(500_000, desk.first, "2017-05-01")).json()["movements"][0]["id"]
    second = (
        await desk.out(300_000, desk.village, "2017-05-02", by=desk.township_clerk, from_account_id=desk.first)
    ).json()["movements"][0]["id"]
    third = (await desk.out(100_000, desk.contractor, "2017-05-03", kind="pay", from_account_id=desk.village)).json()[
        "movements"
    ][0]["id"]
    assert (await desk.undo(third, "2017-06-01")).status_code == 201
    # What was undone stands for what had left: the link above can be undone now.
    assert (await desk.undo(second, "2017-06-02")).status_code == 201
    assert await desk.balance(desk.first) == 500_000

    await desk.out(300_000, desk.village, "2017-06-03", by=desk.township_clerk, from_account_id=desk.first)
    await desk.out(100_000, desk.contractor, "2017-06-04", kind="pay", from_account_id=desk.village)
    assert (await desk.undo(first, "2017-07-01")).json()["type"] == "/problems/spent-on"
    early = await desk.order("reverse", "2017-06-03", movement_id=first, cascade=True)
    assert (early.json()["type"], early.json()["figures"]["undone_on"]) == (
        "/problems/reversal-too-early",
        "2017-06-04",
    )
    undone = await desk.order("reverse", "2017-07-01", movement_id=first, cascade=True)
    assert undone.status_code == 201, undone.text
    assert [one["amount_fen"] for one in undone.json()["movements"]] == [100_000, 300_000, 500_000]
    assert await desk.balance(desk.treasury) == 1_000_000
    assert {lot["clock_from"] for lot in await desk.lots(desk.treasury)} == {"2017-03-01", "2017-04-01"}
    again = await desk.order("reverse", "2017-07-02", movement_id=first, cascade=True)
    assert again.json()["type"] == "/problems/already-reversed"
    await conserved(admin, desk.county)


async def test_books_are_kept_apart(desk: Desk) -> None:
    quota = await quota_account(desk, desk.county, "department")
    refused = await desk.out(1, quota, "2017-05-01")
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/wrong-book")
    await receive(desk.http, desk.county, quota, 100)
    out = await desk.out(1, desk.contractor, "2017-05-01", kind="pay", from_account_id=quota)
    assert (out.json()["type"], out.json()["figures"]["book"]) == ("/problems/wrong-book", "quota")
    township = await quota_account(desk, desk.county + "101", "township_office")
    assert (await desk.out(60, township, "2017-05-01", from_account_id=quota)).status_code == 201
    over = await desk.out(41, township, "2017-05-02", from_account_id=quota)
    assert over.json()["figures"]["available_fen"] == 40


async def test_a_retention_stays_one_whatever_is_undone(desk: Desk, admin: asyncpg.Pool) -> None:
    """Undoing its return, or its carry-over, restores a deposit that pays nobody before its day, as it was."""
    deposit = await open_account(desk.http, desk.county, "retention", "质保金专户")
    await desk.keep_back(30_000, deposit, "2017-05-01", "2018-05-01")
    back = (await desk.back(30_000, deposit, "2017-08-01")).json()["movements"][0]["id"]
    assert (await desk.undo(back, "2017-08-02")).status_code == 201
    assert [lot["release_on"] for lot in await desk.lots(deposit)] == ["2018-05-01"]
    carried = await desk.order("carry_over", "2017-12-31", account_id=deposit, from_year=2017)
    assert (await desk.undo(carried.json()["movements"][0]["id"], "2018-01-02")).status_code == 201
    assert [(lot["release_on"], lot["fiscal_year"]) for lot in await desk.lots(deposit, "2018-01-31")] == [
        ("2018-05-01", 2017)
    ]
    early = await desk.out(1, desk.contractor, "2018-04-30", kind="pay", from_account_id=deposit)
    assert early.json()["type"] == "/problems/money-retained"
    assert (
        await desk.out(30_000, desk.contractor, "2018-05-01", kind="pay", from_account_id=deposit)
    ).status_code == 201
    await conserved(admin, desk.county)


async def test_a_receipt_that_was_carried_over_is_undone_in_its_own_year_and_stays_undone(
    desk: Desk, admin: asyncpg.Pool
) -> None:
    outside = await open_account(desk.http, desk.county, "outside", "县外")
    await desk.order("carry_over", "2017-12-31", account_id=desk.treasury, from_year=2017)
    received = await admin.fetchval(
        "SELECT id FROM funds.movement WHERE county_code = $1 AND kind = 'receive' AND amount_fen = 400000", desk.county
    )
    assert (await desk.undo(str(received), "2018-05-01")).status_code == 201
    rows = await admin.fetch(
        "SELECT flow, fiscal_year, sum(amount_fen)::bigint AS fen FROM funds.flow_month WHERE county_code = $1"
        " GROUP BY 1, 2",
        desk.county,
    )
    assert {(row["flow"], row["fiscal_year"]): row["fen"] for row in rows} == {
        ("receive", 2017): 600_000,
        ("carry_over", 2018): 600_000,
    }
    for kind in ("recover", "return"):
        again = await desk.back(400_000, outside, "2018-05-02", kind)
        assert (again.status_code, again.json()["type"]) == (409, "/problems/wrong-account")
    await conserved(admin, desk.county)
