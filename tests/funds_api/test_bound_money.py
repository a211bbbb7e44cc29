"""A finding's money is found wherever it went: on a desk, spent, or in the books of the county that followed."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx

from tests.callers import Caller, funds_caller
from tests.funds_api.desk import Desk
from tests.funds_api.lineage import Books, Lineage
from tests.funds_api.quarantined import finding
from tests.funds_api.test_known_at import now

PATH = "/funds/v1/recoveries/bound-money"


async def found(by: Caller, of: UUID, county: str, **asked: Any) -> dict[str, Any]:
    answer = await by.get(PATH, params={"finding": str(of), "county": county, "as_of": "2020-12-31", **asked})
    assert answer.status_code == 200, answer.text
    told = dict(answer.json())
    assert told["unexplained_fen"] == 0
    assert {one["unexplained_fen"] for one in told["lots"]} == {0}
    return told


def places(told: dict[str, Any]) -> list[tuple[str, bool, int]]:
    """(county, spent, fen) of everything that came of the one bound lot."""
    [lot] = told["lots"]
    return sorted((one["county_code"], one["spent"], one["fen"]) for one in lot["rests"])


async def first_lot(books: Books) -> dict[str, Any]:
    answer = await books.finance.get("/funds/v1/lots", params={"account": books.treasury, "as_of": "2020-12-31"})
    return dict(answer.json()["items"][0])


async def test_bound_money_is_followed_through_every_county_that_took_it_over(
    funds_http: httpx.AsyncClient, admin: asyncpg.Pool
) -> None:
    """10,000 fen bound, 1,000 paid in the first county, 2,000 in the second; 7,000 rest in the third."""
    line = Lineage(funds_http, admin)
    first, second, third = [await line.county(order) for order in "123"]
    await first.received(10_000)
    lot = await first_lot(first)
    of = await finding(funds_http, first.county, {lot["id"]: 9_000})
    assert (await first.moved("pay", 1_000, "2017-06-01", first.contractor, use="infrastructure")).status_code == 201
    told = await found(line.inspector, of, first.county)
    assert (told["bound_fen"], places(told)) == (9_000, [(first.county, False, 9_000), (first.county, True, 1_000)])
    before = now()

    await line.change("recoded", [first], [second], "2018-01-01")
    gone = await line.gone(first, second, "2018-01-01")
    paid = await second.moved("pay", 2_000, "2018-02-01", second.contractor, use="infrastructure")
    assert paid.status_code == 201, paid.text
    await line.change("recoded", [second], [third], "2019-01-01")
    again = await line.gone(second, third, "2019-01-01")
    everywhere = [(first.county, True, 1_000), (second.county, True, 2_000), (third.county, False, 7_000)]
    told = await found(line.inspector, of, first.county)
    assert places(told) == everywhere
    [rests] = [one for one in told["lots"][0]["rests"] if one["county_code"] == third.county]
    assert (rests["unit_name"], rests["account_id"]) == ("县国库", third.treasury)
    assert places(await found(line.inspector, of, first.county, known_at=before)) == [
        (first.county, False, 9_000),
        (first.county, True, 1_000),
    ]
    assert places(await found(line.inspector, of, first.county, as_of="2018-12-31")) == [
        (first.county, True, 1_000),
        (second.county, False, 7_000),
        (second.county, True, 2_000),
    ]

    # Who sees the old county only is told at which lot of which county the money goes on, and no more.
    own = funds_caller(funds_http, "inspector", first.county)
    told = await found(own, of, first.county)
    assert places(told) == [(first.county, True, 1_000)]
    [border] = told["lots"][0]["went_over"]
    assert (border["county_code"], border["fen"], border["succession_id"]) == (second.county, 9_000, gone["id"])

    # Undone, it is back, and was where it was at the time.
    assert (await line.undo(again["id"], third.county, "2019-02-01")).status_code == 201
    told = await found(line.inspector, of, first.county)
    assert places(told) == [
        (first.county, True, 1_000),
        (second.county, False, 7_000),
        (second.county, True, 2_000),
    ]
    assert places(await found(line.inspector, of, first.county, as_of="2019-01-31")) == everywhere


async def test_a_finding_in_nobodys_sight_is_not_told(desk: Desk) -> None:
    [lot, *_] = await desk.lots(desk.treasury)
    of = await finding(desk.http, desk.county, {lot["id"]: 400_000})
    told = await found(desk.clerk, of, desk.county)
    assert places(told) == [(desk.county, False, 400_000)]
    asked = {"finding": str(of)}
    assert (await desk.clerk.get(PATH, params={"finding": str(uuid4())})).status_code == 404
    assert (await desk.clerk.get(PATH, params={**asked, "known_at": "2001-01-01T00:00:00Z"})).status_code == 404
    assert (await desk.township_clerk.get(PATH, params=asked)).status_code == 403
    township = funds_caller(desk.http, "inspector", desk.county + "101")
    assert (await township.get(PATH, params=asked)).status_code == 403
    neighbour = funds_caller(desk.http, "inspector", "980001")
    assert (await neighbour.get(PATH, params=asked)).status_code == 404
    assert (await neighbour.get(PATH, params={**asked, "county": desk.county})).status_code == 403
