"""Rates of rectification over HTTP: by item and by yuan, on any day, as known at any time, with their proof."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import uuid4

import asyncpg

from tests.audit_api.feeds import money, moved
from tests.audit_api.office import confirmed, finding, issued
from tests.audit_api.ordering import Desk, done
from tests.audit_api.test_finding import alerted, order, refused

RATES = "/audit/v1/rectification-rates"


async def rates(desk: Desk, **query: Any) -> dict[str, Any]:
    return done(await desk.inspector.get(RATES, params={"as_of": "2017-12-31", **query}))


def counted(told: dict[str, Any]) -> tuple[Any, ...]:
    names = ("ordered_n", "closed_n", "on_time_n", "overdue_n", "running_n", "found_fen", "rectified_fen")
    return tuple(told[name] for name in names)


async def test_rates_tell_items_and_yuan_on_any_day(desk: Desk, admin: asyncpg.Pool) -> None:
    lot, other = uuid4(), uuid4()
    first_alert, second_alert = await alerted(desk.feed, desk.database, desk.county, lot, other)
    first = (await confirmed(desk.inspector, finding(first_alert)))["id"]
    second = (await confirmed(desk.inspector, finding(second_alert, class_code="F05")))["id"]
    unit, unit_two = str(uuid4()), str(uuid4())
    one = (await issued(desk.inspector, order(first, desk.county, unit_id=unit)))["id"]
    two = order(second, desk.county, unit_id=unit_two, unit_name="第二镇财政所", region_code=desk.county + "102")
    await issued(desk.inspector, two)
    ordered_at = str(
        (
            await admin.fetchval(
                "SELECT max(recorded_at) FROM audit.event WHERE stream = $1 AND kind = 'RectificationOrdered'",
                desk.county,
            )
        ).isoformat()
    )
    desk.feed.append(desk.county, money(desk.county, moved(desk.county, (lot, 40_000), on=date(2017, 11, 10))))
    await desk.feed.follower(desk.database, desk.county).round()
    await desk.closed(one, "2017-11-17")

    assert counted((await rates(desk, as_of="2017-11-09"))["total"]) == (2, 0, 0, 0, 2, 200_000, 0)
    assert counted((await rates(desk, as_of="2017-11-10"))["total"]) == (2, 0, 0, 0, 2, 200_000, 40_000)
    assert counted((await rates(desk, as_of="2017-11-17"))["total"]) == (2, 1, 1, 0, 1, 200_000, 40_000)
    assert counted((await rates(desk, as_of="2017-11-18"))["total"]) == (2, 1, 1, 1, 0, 200_000, 40_000)
    known = await rates(desk, known_at=ordered_at)
    assert counted(known["total"]) == (2, 0, 0, 2, 0, 200_000, 0)
    assert known["known_position"] is not None

    whole = await rates(desk)
    assert (whole["unexplained_n"], whole["unexplained_fen"], whole["empty_because"]) == (0, 0, None)
    assert (whole["total"]["closed_ppm"], whole["total"]["rectified_ppm"]) == (500_000, 200_000)
    assert {line["key"]: (line["name"], *counted(line)) for line in whole["items"]} == {
        unit: ("第一镇财政所", 1, 1, 1, 0, 0, 100_000, 40_000),
        unit_two: ("第二镇财政所", 1, 0, 0, 1, 0, 100_000, 0),
    }
    for by, keys in (
        ("class", ["F01", "F05"]),
        ("place", [desk.county + "101", desk.county + "102"]),
        ("year", ["2017"]),
    ):
        told = await rates(desk, by=by)
        assert [line["key"] for line in told["items"]] == keys
        assert counted(told["total"]) == counted(whole["total"])
        assert (told["unexplained_n"], told["unexplained_fen"]) == (0, 0)
    assert counted((await rates(desk, issued_to="2017-11-01"))["total"])[0] == 0
    assert counted((await rates(desk, issued_from="2017-11-02", issued_to="2017-11-02"))["total"])[0] == 2


async def test_money_that_two_findings_held_is_found_once(desk: Desk) -> None:
    lot = uuid4()
    [alert_id] = await alerted(desk.feed, desk.database, desk.county, lot)
    first = (await confirmed(desk.inspector, finding(alert_id)))["id"]
    one = (await issued(desk.inspector, order(first, desk.county)))["id"]
    await desk.closed(one)
    [again] = await alerted(desk.feed, desk.database, desk.county, lot)
    second = (await confirmed(desk.inspector, finding(again, found_on="2017-11-20")))["id"]
    late = order(second, desk.county, on="2017-11-20", deadline="2017-12-01")
    await issued(desk.inspector, late)
    told = await rates(desk, by="class")
    [line] = told["items"]
    assert (line["findings_n"], line["found_fen"], line["nested_fen"]) == (2, 100_000, 100_000)
    assert told["unexplained_fen"] == 0


async def test_rates_are_the_inspectors_and_an_empty_county_says_so(desk: Desk) -> None:
    refused(await desk.clerk.get(RATES), 403, "forbidden")
    refused(await desk.inspector.get(RATES, params={"county": "999999"}), 403, "outside-region")
    refused(await desk.inspector.get(RATES, params={"by": "person"}), 422, "invalid-request")
    empty = await rates(desk)
    assert (empty["items"], counted(empty["total"])) == ([], (0, 0, 0, 0, 0, 0, 0))
    assert (empty["total"]["closed_ppm"], empty["total"]["rectified_ppm"]) == (None, None)
    assert empty["empty_because"]


async def test_an_amount_within_another_and_money_found_again_come_to_the_same_in_rates_and_reports(desk: Desk) -> None:
    lot = uuid4()
    [alert_id] = await alerted(desk.feed, desk.database, desk.county, lot)
    whole = (await confirmed(desk.inspector, finding(amount_fen=250_000, class_code="F05")))["id"]
    part = (await confirmed(desk.inspector, finding(alert_id, within_finding_id=whole)))["id"]
    await issued(desk.inspector, order(whole, desk.county))
    one = (await issued(desk.inspector, order(part, desk.county)))["id"]
    desk.feed.append(desk.county, money(desk.county, moved(desk.county, (lot, 40_000), on=date(2017, 11, 10))))
    await desk.feed.follower(desk.database, desk.county).round()
    first = await rates(desk, by="class")
    assert counted(first["total"])[-2:] == (250_000, 40_000)
    assert {line["key"]: (line["found_fen"], line["nested_fen"], line["rectified_fen"]) for line in first["items"]} == {
        "F05": (250_000, 0, 40_000),
        "F01": (0, 100_000, 0),
    }

    await desk.closed(one)
    [again] = await alerted(desk.feed, desk.database, desk.county, lot)
    later = (await confirmed(desk.inspector, finding(again, found_on="2017-11-20")))["id"]
    await issued(desk.inspector, order(later, desk.county, on="2017-11-20", deadline="2017-12-01"))
    told = await rates(desk)
    assert (told["unexplained_n"], told["unexplained_fen"]) == (0, 0)
    # Of 250000 the 60000 that were left were held again, with 40000 more.
    assert counted(told["total"])[-2:] == (290_000, 40_000)
    assert told["total"]["nested_fen"] == 100_000 + 60_000
    assert counted((await rates(desk, as_of="2017-11-19"))["total"])[-2:] == (250_000, 40_000)
    for name in ("findings", "orders", "statistics", "bulletin"):
        report = done(await desk.inspector.get(f"/audit/v1/reports/{name}", params={"as_of": "2017-12-31"}))
        for section in report["sections"]:
            assert section["totals"]["amount_fen"] == 290_000, name
            assert section["totals"]["rectified_fen"] == 40_000, name
        assert [proof["unexplained"] for proof in report["proofs"]] == [0] * len(report["proofs"])
        assert any("先后被两个以上的问题认定" in note for note in report["notes"])
