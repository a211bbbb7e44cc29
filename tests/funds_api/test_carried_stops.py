"""Stopped clocks over a border: money of a county whose code ended keeps the days it stood still, and may go on to."""

from __future__ import annotations

from typing import Any

import asyncpg
import httpx
import pytest

from tests.callers import funds_caller
from tests.funds_api.desk import conserved, refused
from tests.funds_api.lineage import Books, Lineage
from tests.funds_api.test_clock_stops import PATH, asked

ON = "2018-03-18"


class Border:
    """Money since 1 March 2017 in the treasury and 5 March in the office of a county that ends on 18 March 2018."""

    def __init__(self, lineage: Lineage, old: Books, new: Books) -> None:
        self.lineage, self.old, self.new = lineage, old, new

    async def stop(self, books: Books, **more: Any) -> dict[str, Any]:
        freeze = {"kind": "court_freeze", "document": "冻结裁定1号", "from_on": "2017-05-01", "limit_on": "2017-06-01"}
        account = {} if "lots" in more else {"account_id": books.treasury}
        answer = await books.finance.post(PATH, asked(**{**freeze, **account, **more}))
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    async def days(self, books: Books, on: str, **more: Any) -> dict[str, tuple[int, int]]:
        """(days, stopped days) of what rests in a county on a day, by its unit."""
        who = funds_caller(self.lineage.http, "inspector", books.county)
        found = (await who.get("/funds/v1/idle", params={"as_of": on, **more})).json()
        assert found["unexplained_fen"] == 0
        return {lot["unit_name"]: (lot["days"], lot["stopped_days"]) for lot in found["items"]}

    async def stops(self, books: Books, on: str) -> list[dict[str, Any]]:
        answer = await books.finance.get(PATH, params={"as_of": on})
        assert answer.status_code == 200, answer.text
        return list(answer.json()["items"])


@pytest.fixture(params=["old before new", "new before old"])
async def border(funds_http: httpx.AsyncClient, admin: asyncpg.Pool, request: pytest.FixtureRequest) -> Border:
    lineage = Lineage(funds_http, admin)
    first, second = ("1", "2") if request.param == "old before new" else ("2", "1")
    old, new = await lineage.county(first), await lineage.county(second)
    await old.received(500_000)
    await old.received(70_000, "2017-03-05", old.office)
    await lineage.change("recoded", [old], [new], ON)
    return Border(lineage, old, new)


async def test_a_lot_that_goes_over_keeps_the_days_it_stood_still(border: Border) -> None:
    """31 days in May 2017, and a freeze that runs on over the border until 1 May 2018."""
    first = await border.stop(border.old)
    second = await border.stop(border.old, document="冻结裁定2号", from_on="2018-03-01", limit_on="2018-05-01")
    before = await border.days(border.old, "2018-03-17")
    assert sorted(before.values()) == [(377, 0), (381, 31 + 16)]
    gone = await border.lineage.gone(border.old, border.new, ON)
    for on, stopped in (("2018-03-18", 48), ("2018-04-30", 91), ("2018-05-01", 92), ("2018-06-01", 92)):
        found = await border.days(border.new, on)
        assert sorted(one for _, one in found.values()) == [0, stopped], on
    assert await border.days(border.old, ON) == {}
    came = await border.stops(border.new, ON)
    assert [(one["came_from_stop_id"], one["came_from_county"]) for one in came] == [
        (first["id"], border.old.county),
        (second["id"], border.old.county),
    ]
    told = {
        name: came[1][name] for name in ("document", "from_on", "limit_on", "limit_days", "placed_by", "recorded_on")
    }
    assert told == {name: second[name] for name in told}
    assert came[1]["state"] == "running"
    events = await border.lineage.admin.fetch(
        "SELECT stream, body -> 'stops' AS stops FROM funds.event WHERE kind = 'MoneySucceeded' AND stream = ANY($1)",
        [border.old.county, border.new.county],
    )
    assert len(events) == 2
    assert all(one["id"] in event["stops"] for one in came for event in events)
    assert gone["amount_fen"] == 570_000
    for one in (border.old, border.new):
        await conserved(border.lineage.admin, one.county)


async def test_who_has_the_money_now_ends_the_stop_there(border: Border) -> None:
    await border.stop(border.old, from_on="2018-03-01", limit_on="2018-05-01")
    await border.lineage.gone(border.old, border.new, ON)
    [came] = await border.stops(border.new, ON)
    ending = {"ended_on": "2018-03-28", "document": "解除冻结1号"}
    assert (await border.old.finance.post(f"{PATH}/{came['id']}/end", ending)).status_code == 404
    answer = await border.new.finance.post(f"{PATH}/{came['id']}/end", ending)
    assert answer.status_code == 201, answer.text
    assert {one for _, one in (await border.days(border.new, "2018-06-01")).values()} == {0, 27}


async def test_what_was_ended_is_ended_over_there_and_what_never_counted_stays(border: Border) -> None:
    first = await border.stop(border.old)
    second = await border.stop(border.old, document="冻结裁定2号", from_on="2017-07-01", limit_on="2017-08-01")
    for one, on in ((first, "2017-05-11"), (second, "2017-07-01")):
        ending = {"ended_on": on, "document": "解除冻结"}
        assert (await border.old.finance.post(f"{PATH}/{one['id']}/end", ending)).status_code == 201
    await border.lineage.gone(border.old, border.new, ON)
    [came] = await border.stops(border.new, ON)
    assert (came["came_from_stop_id"], came["state"], came["until_on"]) == (first["id"], "ended", "2017-05-11")
    assert {one for _, one in (await border.days(border.new, ON)).values()} == {0, 10}


async def test_before_it_went_over_the_new_county_knew_of_no_stop(border: Border) -> None:
    await border.stop(border.old)
    at = (await border.lineage.admin.fetchval("SELECT clock_timestamp()")).isoformat()
    await border.lineage.gone(border.old, border.new, ON)
    assert await border.days(border.new, ON, known_at=at) == {}
    assert {one for _, one in (await border.days(border.old, ON, known_at=at)).values()} == {0, 31}


async def test_what_goes_back_keeps_the_stops_of_either_county(border: Border) -> None:
    await border.stop(border.old)
    gone = await border.lineage.gone(border.old, border.new, ON)
    here = await border.stop(border.new, document="冻结裁定3号", from_on="2018-04-01", limit_on="2018-04-11")
    assert {one for _, one in (await border.days(border.new, "2018-05-01")).values()} == {0, 41}
    undone = await border.lineage.undo(gone["id"], border.new.county, "2018-04-20")
    assert undone.status_code == 201, undone.text
    assert {one for _, one in (await border.days(border.old, "2018-05-01")).values()} == {0, 41}
    back = [one for one in await border.stops(border.old, "2018-05-01") if one["came_from_stop_id"]]
    assert [one["came_from_stop_id"] for one in back] == [here["id"]]
    # And over again: each stop once.
    await border.lineage.gone(border.old, border.new, "2018-04-21")
    assert {one for _, one in (await border.days(border.new, "2018-05-01")).values()} == {0, 41}
    for one in (border.old, border.new):
        await conserved(border.lineage.admin, one.county)


async def test_a_stop_of_the_new_county_is_not_about_a_day_before_the_money_came(border: Border) -> None:
    await border.lineage.gone(border.old, border.new, ON)
    body = asked(kind="tender", account_id=border.new.treasury, from_on="2018-03-17", limit_on="2018-03-20")
    refused(await border.new.finance.post(PATH, body), 409, "nothing-to-stop", {"named_n": 0})


async def test_the_database_takes_no_stop_that_did_not_come_with_its_money(
    border: Border, urls: dict[str, str]
) -> None:
    """Own money of the new county is not stopped by what stopped the old one's; nor by other days than those."""
    stop = await border.stop(border.old)
    await border.lineage.gone(border.old, border.new, ON)
    await border.new.received(30_000, "2018-04-01")
    own = await border.lineage.admin.fetchval(
        "SELECT id FROM funds.lot WHERE county_code = $1 AND amount_fen = 30000", border.new.county
    )
    [came] = await border.stops(border.new, ON)
    role = await asyncpg.connect(urls["funds"])
    row = (
        "INSERT INTO funds.clock_stop (county_code, id, region_code, kind, document, reason, from_on, limit_on,"
        " placed_by, came_from_county, came_from_stop_id)"
        " VALUES ($1, gen_random_uuid(), $1, 'court_freeze', '冻结裁定1号', '因', '2017-05-01', $2::text::date,"
        " '谁', $3, $4)"
    )
    lot = "INSERT INTO funds.clock_stop_lot VALUES ($1, $2, $3, $1)"
    county, old = border.new.county, border.old.county
    try:
        for statement, arguments, says in (
            (row, [county, "2017-06-02", old, stop["id"]], "not the one it came from"),
            (row, [county, "2017-06-01", county, came["id"]], "came_from_one"),
            (lot, [county, came["id"], own], "does not rest"),
        ):
            async with role.transaction():
                await role.execute("SELECT set_config('app.region', $1, true)", county)
                with pytest.raises(asyncpg.PostgresError, match=says):
                    async with role.transaction():
                        await role.execute(statement, *arguments)
    finally:
        await role.close()
