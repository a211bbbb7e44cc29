"""A notice received on a day known from … to …: its money is dated at the latest, and no limit between is guessed."""

from __future__ import annotations

import json
from typing import Any

import asyncpg
import httpx
import pytest

from tests.factories import notice_request, open_account
from tests.funds_api.asked import flags_of, run_rules
from tests.funds_api.desk import Desk, conserved, written
from tests.funds_api.test_idle import report


@pytest.fixture
async def desk(funds_http: httpx.AsyncClient, county: str) -> Desk:
    """500,000 fen that came some day in March 2017, and the two receipts of every desk, which are exact."""
    opened = await Desk(funds_http, county).open()
    opened.vague = await receive(opened, "2017-03-01", "2017-03-31")  # type: ignore[attr-defined]
    return opened


async def receive(desk: Desk, first: str | None, last: str, fen: int = 500_000, **more: Any) -> dict[str, Any]:
    body = await notice_request(
        desk.http, desk.county, desk.treasury, amounts=[fen], received_on=last, received_from=first, **more
    )
    answer = await desk.clerk.post("/funds/v1/notices", body)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def of(found: dict[str, Any], fen: int) -> dict[str, Any]:
    [lot] = [one for one in found["items"] if one["amount_fen"] == fen]
    return dict(lot)


async def test_the_document_tells_its_days_and_the_books_hold_the_latest(
    desk: Desk, admin: asyncpg.Pool, county: str
) -> None:
    notice = desk.vague  # type: ignore[attr-defined]
    assert (notice["received_from"], notice["received_on"]) == ("2017-03-01", "2017-03-31")
    shown = (await desk.clerk.get(f"/funds/v1/notices/{notice['id']}")).json()
    assert (shown["received_from"], shown["received_on"]) == ("2017-03-01", "2017-03-31")
    lots = {lot["amount_fen"]: lot for lot in await desk.lots(desk.treasury)}
    assert (lots[500_000]["arrived_on"], lots[500_000]["clock_from"]) == ("2017-03-31", "2017-03-31")
    assert (await report(desk, "2017-03-30"))["total_fen"] == 400_000
    told = await admin.fetch(
        "SELECT body FROM funds.event WHERE stream = $1 AND kind = 'NoticeReceived' ORDER BY position", county
    )
    assert [json.loads(one["body"]).get("received_from") for one in told] == [None, None, "2017-03-01"]
    await conserved(admin, county)


@pytest.mark.parametrize(
    ("on", "days", "answer", "retained_fen"),
    [
        ("2017-03-31", (0, 30), "not_passed", 0),
        ("2017-04-01", (1, 31), "undecidable", 400_000),
        ("2017-04-30", (30, 60), "undecidable", 400_000),
        ("2017-05-01", (31, 61), "passed", 900_000),
    ],
)
async def test_a_limit_between_the_days_is_undecidable_and_charged_to_nobody(
    desk: Desk, on: str, days: tuple[int, int], answer: str, retained_fen: int
) -> None:
    """30 days: from 1 March they end on the 31st, from 31 March on 30 April."""
    found = await report(desk, on)
    lot = of(found, 500_000)
    assert (lot["days_min"], lot["days_max"], lot["days"]) == (*days, days[0])
    assert lot["retained_answer"]["answer"] == answer
    assert (lot["retained"] is not None) == (answer == "passed")
    assert lot["retained_answer"]["reason"].startswith("无法判定") == (answer == "undecidable")
    assert lot["retained_answer"]["policy_key"] == "handdown_limit_days.treasury"
    assert lot["idle_answer"]["answer"] == "not_passed"
    assert found["retained_fen"] == retained_fen
    assert found["unexplained_fen"] == 0


async def test_the_reason_names_the_days_between_which_it_lies(desk: Desk) -> None:
    lot = of(await report(desk, "2017-04-15"), 500_000)
    assert lot["retained_answer"]["reason"] == (
        "无法判定：起算日只知在 2017-03-01 至 2017-03-31 之间，至 2017-04-15 是否超过时限 30 天取决于其中哪一天"
    )


async def test_an_exact_receipt_answers_as_its_limit(desk: Desk) -> None:
    for on, passed in (("2017-03-31", False), ("2017-04-01", True)):
        lot = of(await report(desk, on), 400_000)
        assert lot["days_min"] == lot["days_max"] == lot["days"]
        assert lot["retained_answer"]["answer"] == ("passed" if passed else "not_passed")
        assert (lot["retained"] is not None) == passed


async def test_what_was_handed_on_has_the_day_of_its_document(desk: Desk) -> None:
    """Also when that is the very day of the receipt; what an undoing brings back is again of the receipt."""
    vague = of(await report(desk, "2017-03-31"), 500_000)
    line = {"to_account_id": desk.first, "amount_fen": 100_000}
    line["lots"] = [{"lot_id": vague["lot_id"], "amount_fen": 100_000}]
    handed = await desk.order(
        "hand_down", "2017-03-31", fund_code="TEST-FUND", from_account_id=desk.treasury, lines=[line]
    )
    assert handed.status_code == 201, handed.text
    found = await report(desk, "2017-04-15")
    assert [of(found, 100_000)[day] for day in ("clock_from", "days_min", "days_max")] == ["2017-03-31", 15, 15]
    left = [lot for lot in found["items"] if lot["lot_id"] == vague["lot_id"]]
    assert [(lot["amount_fen"], lot["days_min"], lot["days_max"]) for lot in left] == [(400_000, 15, 45)]
    [movement] = handed.json()["movements"]
    assert (await desk.undo(movement["id"], "2017-04-10")).status_code == 201
    back = [lot for lot in (await report(desk, "2017-04-15"))["items"] if lot["amount_fen"] == 100_000]
    assert [(lot["days_min"], lot["days_max"]) for lot in back] == [(15, 45)]


async def test_carrying_over_keeps_the_days_from_to(desk: Desk) -> None:
    carried = await desk.order("carry_over", "2018-01-01", account_id=desk.treasury, from_year=2017)
    assert carried.status_code == 201, carried.text
    lot = of(await report(desk, "2018-01-10"), 500_000)
    assert (lot["days_min"], lot["days_max"]) == (285, 315)


async def test_no_flag_is_raised_of_what_the_days_do_not_decide(desk: Desk) -> None:
    await run_rules(desk.http, desk.county, "2017-04-30", "R19")
    flags = await flags_of(desk.http, desk.county, "R19")
    assert [flag["amount_fen"] for flag in flags] == [400_000]


async def test_the_first_day_after_the_last_is_refused_and_nothing_is_written(desk: Desk, admin: asyncpg.Pool) -> None:
    body = await notice_request(
        desk.http, desk.county, desk.treasury, received_on="2017-03-31", received_from="2017-04-01"
    )
    before = await written(admin)
    answer = await desk.clerk.post("/funds/v1/notices", body)
    assert answer.status_code == 422
    assert "2017-04-01 不得晚于最晚的 2017-03-31" in answer.text
    assert await written(admin) == before
    one_day = await receive(desk, "2017-03-31", "2017-03-31", 70_000)
    assert one_day["received_from"] == "2017-03-31"
    lot = of(await report(desk, "2017-04-15"), 70_000)
    assert (lot["days_min"], lot["days_max"]) == (15, 15)


async def test_the_same_key_receives_once(desk: Desk) -> None:
    body = await notice_request(
        desk.http, desk.county, desk.treasury, amounts=[30_000], received_on="2017-06-30", received_from="2017-06-01"
    )
    first = await desk.clerk.post("/funds/v1/notices", body, key="receipt-vague-0001")
    again = await desk.clerk.post("/funds/v1/notices", body, key="receipt-vague-0001")
    assert (first.status_code, again.status_code, first.json()) == (201, 201, again.json())
    other = await desk.clerk.post(
        "/funds/v1/notices", {**body, "received_from": "2017-06-02"}, key="receipt-vague-0001"
    )
    assert other.status_code == 422


async def test_a_county_that_receives_by_a_department_is_as_vague(funds_http: httpx.AsyncClient, county: str) -> None:
    """Whoever the receiver is, a township's own receipt included: it sees its days as the county does."""
    desk = Desk(funds_http, county)
    desk.treasury = await open_account(funds_http, county + "101", "township_office", "一镇财政所")
    await receive(desk, "2017-01-01", "2017-12-31")
    for region in (county, county + "101"):
        lot = of(await report(desk, "2018-01-15", region), 500_000)
        assert (lot["days_min"], lot["days_max"], lot["retained_answer"]["answer"]) == (15, 379, "undecidable")
