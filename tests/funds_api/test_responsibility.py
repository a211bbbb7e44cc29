"""Whose desk a lot's money lay on, day by day since its receipt; every day of a tranche is charged to one unit."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.callers import funds_caller
from tests.funds_api.desk import Desk


@pytest.fixture
async def desk(funds_http: httpx.AsyncClient, county: str) -> Desk:
    """400,000 on 1 March, 300,000 to an office on 1 April, 100,000 to the village on the 20th, 40,000 paid 1 May."""
    opened = await Desk(funds_http, county).open()
    assert (await opened.out(300_000, opened.first, "2017-04-01")).status_code == 201
    assert (await opened.out(100_000, opened.village, "2017-04-20", from_account_id=opened.first)).status_code == 201
    paid = await opened.out(40_000, opened.contractor, "2017-05-01", kind="pay", from_account_id=opened.village)
    assert paid.status_code == 201
    return opened


async def chain(desk: Desk, lot: str, on: str = "2017-12-31", region: str = "", **asked: Any) -> dict[str, Any]:
    who = funds_caller(desk.http, "inspector", region or desk.county)
    answer = await who.get(f"/funds/v1/lots/{lot}/responsibility", params={"as_of": on, **asked})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    assert (found["unexplained_fen"], found["unexplained_days"]) == (0, 0)
    assert sum(one["days"] for one in found["stays"]) == found["since_receipt_days"]
    assert found["responsible_days"] + found["spent_days"] == found["since_receipt_days"]
    return found


def stays(found: dict[str, Any]) -> list[tuple[str, str, str | None, int]]:
    return [(one["unit_name"], one["arrived_on"], one["left_on"], one["days"]) for one in found["stays"]]


async def only(desk: Desk, account: str, on: str = "2017-12-31") -> str:
    lots = await desk.lots(account, on)
    assert len(lots) == 1
    return str(lots[0]["id"])


async def test_a_resting_lot_tells_each_desk_and_its_days(desk: Desk) -> None:
    found = await chain(desk, await only(desk, desk.village))
    assert stays(found) == [
        ("县国库", "2017-03-01", "2017-04-01", 31),
        ("一镇财政所", "2017-04-01", "2017-04-20", 19),
        ("村集体", "2017-04-20", None, 255),
    ]
    assert found["since_receipt_days"] == (date(2017, 12, 31) - date(2017, 3, 1)).days == 305
    assert found["sentence"] == "县国库 31 天、一镇财政所 19 天、村集体 255 天，共 305 天"
    assert [(one["fen"], one["to_unit"], one["spent"], one["days_since_receipt"]) for one in found["parts"]] == [
        (40_000, "施工单位", True, 61),
        (60_000, None, False, 305),
    ]
    early = await chain(desk, found["lot_id"], "2017-04-25")
    assert early["sentence"] == "县国库 31 天、一镇财政所 19 天、村集体 5 天，共 55 天"
    assert [(one["fen"], one["days_here"]) for one in early["parts"]] == [(100_000, 5)]


async def test_days_end_where_money_was_spent(desk: Desk) -> None:
    found = await chain(desk, await only(desk, desk.contractor))
    assert stays(found)[-2:] == [("村集体", "2017-04-20", "2017-05-01", 11), ("施工单位", "2017-05-01", None, 0)]
    assert (found["since_receipt_days"], found["responsible_days"], found["spent_days"]) == (61, 61, 0)
    assert found["sentence"] == "县国库 31 天、一镇财政所 19 天、村集体 11 天，共 61 天"
    assert found["stays"][-1]["spent"]


async def test_an_emptied_lot_ends_when_the_last_of_it_left(desk: Desk) -> None:
    lot = await only(desk, desk.village)
    paid = await desk.out(60_000, desk.contractor, "2017-06-01", kind="pay", from_account_id=desk.village)
    assert paid.status_code == 201
    found = await chain(desk, lot)
    assert stays(found)[-1] == ("村集体", "2017-04-20", "2017-06-01", 42)
    assert [(one["fen"], one["left_on"], one["days_here"]) for one in found["parts"]] == [
        (40_000, "2017-05-01", 11),
        (60_000, "2017-06-01", 42),
    ]
    assert found["since_receipt_days"] == 92


async def test_what_came_back_was_nobodys_while_it_was_spent(desk: Desk) -> None:
    """Paid on 1 May, undone on 11 May: ten days lie with the builder and are charged to nobody."""
    movements = (await desk.clerk.get("/funds/v1/movements", params={"kind": "pay"})).json()["items"]
    assert (await desk.undo(movements[0]["id"], "2017-05-11")).status_code == 201
    back = next(one for one in await desk.lots(desk.village) if one["arrived_on"] == "2017-05-11")
    found = await chain(desk, back["id"], "2017-05-21")
    assert stays(found) == [
        ("县国库", "2017-03-01", "2017-04-01", 31),
        ("一镇财政所", "2017-04-01", "2017-04-20", 19),
        ("村集体", "2017-04-20", "2017-05-01", 11),
        ("施工单位", "2017-05-01", "2017-05-11", 10),
        ("村集体", "2017-05-11", None, 10),
    ]
    assert (found["responsible_days"], found["spent_days"], found["since_receipt_days"]) == (71, 10, 81)
    assert "施工单位" not in found["sentence"]


async def test_who_may_see_a_lot_sees_its_way_up(desk: Desk) -> None:
    lot, treasury = await only(desk, desk.village), (await desk.lots(desk.treasury))[0]["id"]
    own = await chain(desk, lot, region=desk.county + "101")
    assert own["sentence"].startswith("县国库 31 天")
    path = "/funds/v1/lots/{}/responsibility"
    neighbour = funds_caller(desk.http, "inspector", desk.county + "102")
    township = funds_caller(desk.http, "inspector", desk.county + "101")
    for who, asked in ((neighbour, lot), (township, treasury), (township, str(uuid4()))):
        answer = await who.get(path.format(asked))
        assert (answer.status_code, answer.json()["type"]) == (404, "/problems/not-found")
    clerk = desk.clerk
    assert (await clerk.get(path.format(lot), params={"as_of": "2017-04-19"})).status_code == 404  # not there yet
    assert (await clerk.get(path.format(lot), params={"as_of": "2017-04-20"})).status_code == 200
    assert (await clerk.get(path.format(lot), params={"known_at": "2001-01-01T00:00:00Z"})).status_code == 404
    assert (await clerk.get(path.format("x"))).status_code == 422
    bank = funds_caller(desk.http, "bank", desk.county)
    assert (await bank.get(path.format(lot))).status_code == 403


async def of_tranche(desk: Desk, tranche: str, on: str, region: str = "", **asked: Any) -> dict[str, Any]:
    who = funds_caller(desk.http, "inspector", region or desk.county)
    answer = await who.get(f"/funds/v1/tranches/{tranche}/responsibility", params={"as_of": on, **asked})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    assert found["unexplained_fen_days"] == 0
    return found


async def test_every_day_of_a_tranche_is_one_units_until_it_is_spent(desk: Desk) -> None:
    tranche = desk.notices[0]["tranches"][0]["id"]
    found = await of_tranche(desk, tranche, "2017-05-11")
    units = {one["unit_name"]: one["responsible_fen_days"] for one in found["units"]}
    assert units == {
        "县国库": 300_000 * 31 + 100_000 * 71,
        "一镇财政所": 100_000 * 19 + 200_000 * 40,
        "村集体": 40_000 * 11 + 60_000 * 21,
    }
    assert found["since_receipt_fen_days"] == 400_000 * 71
    assert found["spent_fen_days"] == 40_000 * 10
    assert sum(units.values()) + found["spent_fen_days"] == 400_000 * 71
    own = await of_tranche(desk, tranche, "2017-05-11", desk.county + "101")
    assert own["elsewhere_fen_days"] == units["县国库"]
    assert {one["unit_name"] for one in own["units"]} == {"一镇财政所", "村集体"}
    assert own["since_receipt_fen_days"] == found["since_receipt_fen_days"]
    neighbour = funds_caller(desk.http, "inspector", desk.county + "102")  # none of it ever lay there
    assert (await neighbour.get(f"/funds/v1/tranches/{tranche}/responsibility")).status_code == 404


async def test_the_units_of_all_tranches_are_the_units_of_the_ranking(desk: Desk) -> None:
    for on in ("2017-04-01", "2017-04-30", "2017-12-31"):
        told: dict[str, int] = {}
        for notice in desk.notices:
            for one in (await of_tranche(desk, notice["tranches"][0]["id"], on))["units"]:
                told[one["unit_name"]] = told.get(one["unit_name"], 0) + one["responsible_fen_days"]
        ranked = await desk.clerk.get("/funds/v1/idle/yuan-days", params={"as_of": on, "by": "unit"})
        assert {one["name"]: one["responsible_fen_days"] for one in ranked.json()["items"]} == told


async def test_a_tranche_nobody_has(desk: Desk) -> None:
    answer = await desk.clerk.get(f"/funds/v1/tranches/{uuid4()}/responsibility")
    assert (answer.status_code, answer.json()["type"]) == (404, "/problems/not-found")
