"""What a stop names by its cause (a batch on show, a project out to tender, an order on its way back); the guards."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import httpx
import pytest

from tests.callers import Caller, funds_caller
from tests.factories import receive
from tests.funds_api.desk import Desk, refused
from tests.funds_api.library import Library
from tests.funds_api.people import Township, id_number
from tests.funds_api.test_clock_stops import PATH, asked, end, stop
from tests.funds_api.test_orders import Chain
from tests.funds_api.test_publications import publish
from tests.funds_api.test_row_security import seen


@pytest.fixture
async def role(urls: dict[str, str]) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(urls["funds"])
    yield connection
    await connection.close()


async def days_by_arrival(by: Caller, on: str) -> dict[str, int]:
    """Of everything at rest on a day: the stopped days by the lot's arrival."""
    found = (await by.get("/funds/v1/idle", params={"as_of": on})).json()
    assert found["unexplained_fen"] == 0
    return {lot["arrived_on"]: lot["stopped_days"] for lot in found["items"]}


async def on_show(township: Township, yuan: str, *days: str, **more: Any) -> str:
    """A checked batch of one row, its list put up on these days (20 April)."""
    batch = str((await township.checked([(id_number(1), yuan)], **more))["batch"]["id"])
    for day in days or ("2017-04-20",):
        assert (await publish(township, batch, from_on=day)).status_code == 201
    return batch


def showing(batch: str, **more: Any) -> dict[str, Any]:
    dates = {"from_on": "2017-04-20", "limit_on": "2017-05-01"}
    return asked(**{"kind": "publicity", "document": "公示〔2017〕3号", "batch_id": batch, **dates, **more})


FIRST, SECOND = "2017-03-01", "2017-04-01"


@pytest.mark.parametrize(("yuan", "arrivals"), [("59.99", {FIRST}), ("60.00", {FIRST}), ("60.01", {FIRST, SECOND})])
async def test_a_batch_on_show_stops_the_oldest_lots_that_make_its_total(
    funds_http: httpx.AsyncClient, county: str, yuan: str, arrivals: set[str]
) -> None:
    township = await Township(funds_http, county, fen=6_000).open()
    for day in ("2017-04-01", "2017-04-10"):
        await receive(funds_http, county, township.office, 100_000, day)
    batch = await on_show(township, yuan)
    body = showing(batch)
    made = await township.clerk.post(PATH, body)
    assert made.status_code == 201, made.text
    assert (made.json()["batch_id"], len(made.json()["lots"])) == (body["batch_id"], len(arrivals))
    days = await days_by_arrival(township.clerk, "2017-04-25")
    assert {arrival for arrival, stopped in days.items() if stopped} == arrivals
    assert set(days.values()) <= {0, 5}
    assert (await township.neighbour.post(PATH, body)).status_code == 404


async def test_a_batch_paid_from_a_hold_stops_what_the_hold_keeps(funds_http: httpx.AsyncClient, county: str) -> None:
    township = await Township(funds_http, county, fen=6_000).open()
    await receive(funds_http, county, township.office, 100_000, "2017-04-01")
    lots = (await township.clerk.get("/funds/v1/lots", params={"account": township.office})).json()["items"]
    [later] = [lot["id"] for lot in lots if lot["arrived_on"] == "2017-04-01"]
    kept = {"account_id": township.office, "amount_fen": 5_000, "document": "申请1", "purpose": "发放"}
    hold = await township.clerk.post("/funds/v1/holds", {**kept, "lots": [{"lot_id": later, "amount_fen": 5_000}]})
    assert hold.status_code == 201, hold.text
    batch = await on_show(township, "40.00", hold_id=hold.json()["id"])
    made = await township.clerk.post(PATH, showing(batch))
    assert (made.status_code, made.json()["lots"]) == (201, [later]), made.text


async def test_a_list_that_nobody_put_up_stops_no_clock(funds_http: httpx.AsyncClient, county: str) -> None:
    township = await Township(funds_http, county, fen=6_000).open()
    batch = str((await township.checked([(id_number(1), "10.00")]))["batch"]["id"])
    figures = {"named": "发放批次", "id": batch, "from_on": "2017-04-20"}
    refused(await township.clerk.post(PATH, showing(batch)), 409, "stop-not-published", figures)
    assert (await publish(township, batch, from_on="2017-04-21")).status_code == 201
    refused(await township.clerk.post(PATH, showing(batch)), 409, "stop-not-published", figures)
    made = await township.clerk.post(PATH, showing(batch, from_on="2017-04-21"))
    assert (made.status_code, made.json()["counted_from_on"]) == (201, "2017-04-21"), made.text
    account = {name: value for name, value in showing(batch).items() if name != "batch_id"}
    answer = await township.clerk.post(PATH, {**account, "account_id": township.office})
    assert (answer.status_code, "公示停表须指明" in answer.text) == (422, True)


async def test_the_days_of_a_publicity_count_from_the_day_on_which_the_list_was_put_up(
    funds_http: httpx.AsyncClient, county: str
) -> None:
    """However many stops name it: 15 days from 20 April are over on 5 May. Put up anew, they begin anew."""
    township = await Township(funds_http, county, fen=6_000).open()
    batch = await on_show(township, "10.00")
    figures = {"latest_on": "2017-05-05", "counted_from_on": "2017-04-20"}
    late = showing(batch, from_on="2017-04-30", limit_on="2017-05-06")
    refused(await township.clerk.post(PATH, late), 409, "stop-too-long", figures)
    over = {**late, "from_on": "2017-05-05"}
    for limit_on in ("2017-05-04", "2017-05-06"):  # whatever its limit: there is no day left between
        answer = await township.clerk.post(PATH, {**over, "limit_on": limit_on})
        refused(answer, 409, "stop-too-long", figures)
        assert "自公示之日 2017-04-20 起算，到 2017-05-05 已满，2017-05-05 不能再停表" in answer.json()["detail"]
        assert "公示的须重新张贴" in answer.json()["advice"]
    made = await township.clerk.post(PATH, {**late, "limit_on": "2017-05-05"})
    assert (made.status_code, made.json()["limit_days"]) == (201, 15), made.text
    assert (await publish(township, batch, from_on="2017-05-03")).status_code == 201
    again = await township.clerk.post(PATH, showing(batch, from_on="2017-05-03", limit_on="2017-05-18"))
    assert (again.status_code, again.json()["counted_from_on"]) == (201, "2017-05-03"), again.text
    before = await township.clerk.post(PATH, {**late, "from_on": "2017-05-02"})
    refused(before, 409, "stop-too-long", figures)


async def test_a_project_stops_for_the_days_since_it_was_put_up(funds_http: httpx.AsyncClient, county: str) -> None:
    """Put up on 20 February; its money came on 5 March and stands still for two days, until the 15 days are over."""
    library = Library(funds_http, county)
    await library.fund_it()
    await library.walk("reviewed")
    for stage, on in (("published", "2017-02-20"), ("admitted", "2017-03-02"), ("planned", "2017-03-05")):
        answer = await library.step(stage, effective_on=on)
        assert answer.status_code == 201, answer.text
    moved = await library.move("hand_down", library.treasury, answer.json()["cash_account_id"], 500_000, "2017-03-05")
    assert moved.status_code == 201, moved.text
    body = asked(kind="publicity", project_id=library.id, from_on="2017-03-05", limit_on="2017-03-08")
    figures = {"latest_on": "2017-03-07", "counted_from_on": "2017-02-20"}
    refused(await library.clerk.post(PATH, body), 409, "stop-too-long", figures)
    assert (await library.clerk.post(PATH, {**body, "limit_on": "2017-03-07"})).status_code == 201
    refused(await library.clerk.post(PATH, {**body, "from_on": "2017-03-07"}), 409, "stop-too-long", figures)


async def test_an_empty_batch_stops_nothing(funds_http: httpx.AsyncClient, county: str) -> None:
    township = await Township(funds_http, county, fen=6_000).open()
    body = showing(await township.batch())
    refused(await township.clerk.post(PATH, body), 409, "nothing-to-stop", {"named_n": 0})


async def test_a_project_out_to_tender_stops_what_lies_on_its_accounts(
    funds_http: httpx.AsyncClient, county: str
) -> None:
    library = Library(funds_http, county)
    await library.fund_it()
    await library.walk("admitted")
    body = asked(kind="tender", document="招标公告", from_on="2017-03-20", limit_on="2017-04-30")
    without = await library.clerk.post(PATH, {**body, "project_id": library.id})
    refused(without, 409, "nothing-to-stop", {"from_on": "2017-03-20"})
    cash = (await library.step("planned")).json()["cash_account_id"]
    moved = await library.move("hand_down", library.treasury, cash, 500_000, "2017-03-10")
    assert moved.status_code == 201, moved.text
    made = await library.lister.post(PATH, {**body, "project_id": library.id})
    assert made.status_code == 201, made.text
    assert (made.json()["project_id"], made.json()["region_code"]) == (library.id, library.village)
    assert await days_by_arrival(library.lister, "2017-04-10") == {"2017-03-10": 21}
    assert (await library.neighbour.post(PATH, {**body, "project_id": library.id})).status_code == 404


async def test_an_order_on_its_way_back_stops_what_lies_with_the_bank(
    funds_http: httpx.AsyncClient, county: str
) -> None:
    """What came back is money of its own again: it rests without a stop."""
    chain = await Chain(funds_http, county).open()
    order = await chain.issue(300_000)
    body = asked(kind="bank_return", order_id=order["id"], from_on="2017-05-03", limit_on="2017-05-13")
    early = await chain.clerk.post(PATH, {**body, "from_on": "2017-05-01", "limit_on": "2017-05-02"})
    refused(early, 409, "nothing-to-stop", {"from_on": "2017-05-01"})
    made = await chain.clerk.post(PATH, body)
    assert made.status_code == 201, made.text
    assert made.json()["order_id"] == order["id"]
    assert await days_by_arrival(chain.clerk, "2017-05-07") == {"2017-03-01": 0, "2017-04-01": 0, "2017-05-02": 4}
    assert (await chain.result(order, "returned", effective_on="2017-05-08")).status_code == 201
    assert set((await days_by_arrival(chain.clerk, "2017-05-20")).values()) == {0}


async def test_two_who_end_a_stop_at_once_end_it_once(funds_http: httpx.AsyncClient, county: str) -> None:
    desk = await Desk(funds_http, county).open()
    made = await stop(desk, account_id=desk.treasury)
    answers = await asyncio.gather(*(end(desk, made["id"], f"2017-05-1{n}") for n in range(1, 6)))
    assert sorted(one.status_code for one in answers) == [201, 409, 409, 409, 409]
    [ended] = [one.json()["ended_on"] for one in answers if one.status_code == 201]
    assert (await desk.clerk.get(f"{PATH}/{made['id']}")).json()["ended_on"] == ended


async def test_rows_are_shown_by_region(funds_http: httpx.AsyncClient, county: str, role: asyncpg.Connection) -> None:
    desk = await Desk(funds_http, county).open()
    await desk.out(300_000, desk.first, "2017-05-01")
    await stop(desk)
    await stop(desk, account_id=desk.treasury)
    for table, whole, first in (("clock_stop", 2, 1), ("clock_stop_lot", 3, 1)):
        assert await seen(role, table, county, county) == whole, table
        assert await seen(role, table, county, county + "101") == first, table
        for nothing in (county + "102", None, "", "980001"):
            assert await seen(role, table, county, nothing) == 0, (table, nothing)
    # The functions of the daily run tell no more than the rows.
    for region, lots in ((county, 3), (county + "101", 1), (county + "102", 0), ("", 0), ("980001", 0)):
        async with role.transaction():
            await role.execute("SELECT set_config('app.region', $1, true)", region)
            ask = "SELECT count(*) FROM funds.stopped_lots($1, '2017-05-11', 9223372036854775807)"
            assert await role.fetchval(ask, county) == lots, region


async def test_the_database_refuses_what_the_service_would(
    funds_http: httpx.AsyncClient, county: str, role: asyncpg.Connection
) -> None:
    desk = await Desk(funds_http, county).open()
    made = await stop(desk, account_id=desk.treasury, from_on="2017-03-20", limit_on="2017-03-30")
    assert (await end(desk, made["id"], "2017-03-25")).status_code == 201
    late = next(lot["id"] for lot in await desk.lots(desk.treasury) if lot["arrived_on"] == "2017-04-01")
    row = (
        "INSERT INTO funds.clock_stop"
        " (county_code, id, region_code, kind, document, reason, from_on, limit_on, placed_by)"
        " VALUES ($1, gen_random_uuid(), $1, $3, '文', '因', '2017-03-20', $2::text::date, '谁')"
    )
    longer = row.replace("placed_by)", "placed_by, limit_days, counted_from_on)").replace(
        "'谁'", "'谁', 9999, '2017-03-20'"
    )
    came = row.replace("placed_by)", "placed_by, came_from_county, came_from_stop_id)").replace(
        "'谁'", f"'谁', '998000', '{made['id']}'"
    )
    ending = "UPDATE funds.clock_stop SET ended_on = '2017-03-22' WHERE county_code = $1 AND id = $2"
    lot = "INSERT INTO funds.clock_stop_lot VALUES ($1, $2, $3, $4)"
    cases: list[tuple[str, list[Any], str]] = [
        (ending, [county, made["id"]], "ended already"),
        (row, [county, "2017-03-20", "tender"], "limit_after_start"),
        (row, [county, "2017-05-20", "tender"], "within_its_limit"),  # 61 days; 60 are kept
        (longer, [county, "2017-05-20", "tender"], "within_its_limit"),
        (row, [county, "2017-03-21", "holiday"], "no value says"),
        (row, [county, "2017-03-21", "publicity"], "nobody put on show"),
        (came, [county, "2017-03-30", "tender"], "not the one it came from"),
        (lot, [county, made["id"], late, county], "does not rest"),
        (lot, [county, made["id"], made["lots"][0], county + "101"], "does not rest"),
        ("UPDATE funds.clock_stop SET limit_on = '2018-01-01' WHERE county_code = $1", [county], "permission denied"),
        ("DELETE FROM funds.clock_stop_lot WHERE county_code = $1", [county], "permission denied"),
        ("DELETE FROM funds.clock_stop WHERE county_code = $1", [county], "permission denied"),
    ]

    async def as_the_county(statement: str, *arguments: Any) -> None:
        async with role.transaction():
            await role.execute("SELECT set_config('app.region', $1, true)", county)
            await role.execute(statement, *arguments)

    for statement, arguments, says in cases:
        with pytest.raises(asyncpg.PostgresError, match=says):
            await as_the_county(statement, *arguments)
    await as_the_county(row, county, "2017-05-19", "tender")


async def test_the_value_of_a_county_comes_before_the_nations(
    funds_http: httpx.AsyncClient, county: str, admin: asyncpg.Pool
) -> None:
    desk = await Desk(funds_http, county).open()
    await admin.execute(
        "INSERT INTO funds.policy_value (key, region_code, valid_from, value, source, basis)"
        " VALUES ('clock_stop_days.tender', $1, '2017-01-01', '7', '县财农〔2017〕1号', 'practice')",
        county,
    )
    body = asked(account_id=desk.treasury)
    figures = {"latest_on": "2017-05-17", "source": "县财农〔2017〕1号"}
    refused(await desk.clerk.post(PATH, body), 409, "stop-too-long", figures)
    made = await desk.clerk.post(PATH, {**body, "limit_on": "2017-05-17"})
    assert (made.status_code, made.json()["limit_days"]) == (201, 7)
    above = funds_caller(funds_http, "inspector", county[:2])
    assert (await above.get(PATH)).json()["type"] == "/problems/county-needed"
    told = await above.get(PATH, params={"county": county, "as_of": "2017-05-11"})
    assert len(told.json()["items"]) == 1
