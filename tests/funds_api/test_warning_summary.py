"""The summary of warnings: how many are open, overdue and with whom, by rule and for the caller, on any day."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import asyncpg
import httpx
import pytest

from tests.callers import Caller, funds_caller
from tests.funds_api.asked import run_rules
from tests.funds_api.desk import Desk
from tests.funds_api.test_warnings import PATH, lead, step, unit_of, warned

# Friday 1 December 2017: acknowledge by the 6th, the leader until the 13th; explain by the 20th, then until the 27th.
ISSUED = datetime(2017, 12, 1, 4, tzinfo=UTC)
DAYS = ("2017-12-01", "2017-12-06", "2017-12-07", "2017-12-13", "2017-12-14", "2017-12-28", "2018-01-10", "2026-12-31")


@pytest.fixture
async def desk(funds_http: httpx.AsyncClient, county: str) -> Desk:
    """Four units warned by R19, the treasury's leader known; the same money asked about by I01 five weeks later."""
    opened = await Desk(funds_http, county).open()
    assert (await opened.out(200_000, opened.first, "2017-05-01")).status_code == 201
    assert (await opened.out(100_000, opened.second, "2017-05-01")).status_code == 201
    assert (await opened.out(50_000, opened.village, "2017-06-01", from_account_id=opened.first)).status_code == 201
    await lead(opened, opened.treasury, "leader.li")
    await run_rules(funds_http, county, "2017-11-30", "R19", at=ISSUED)
    await run_rules(funds_http, county, "2018-01-04", "I01", at=datetime(2018, 1, 5, 4, tzinfo=UTC))
    return opened


async def summary(desk: Desk, by: Caller | None = None, **asked: Any) -> dict[str, Any]:
    who = by or funds_caller(desk.http, "inspector", desk.county)
    answer = await who.get(f"{PATH}/summary", params=asked)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def counted(rows: list[dict[str, Any]]) -> dict[str, int]:
    """What the summary counts, out of the list of warnings."""
    states = [row["state"] for row in rows]
    late = [row["escalated_to"] for row in rows if row["escalated_to"]]
    return {
        "warnings_n": len(rows),
        "open_n": len(rows) - states.count("answered"),
        **{f"{state}_n": states.count(state) for state in ("issued", "acknowledged", "explained", "answered")},
        "in_time_n": len([row for row in rows if row["state"] != "answered" and not row["escalated_to"]]),
        "overdue_n": len(late),
        **{f"escalated_to_{one}_n": late.count(one) for one in ("leader", "county_office", "inspectors")},
    }


def mine(told: dict[str, Any]) -> dict[str, tuple[int, int, int]]:
    return {one["party"]: (one["open_n"], one["overdue_n"], one["waiting_n"]) for one in told["to_me"]}


async def test_it_counts_what_the_list_shows_on_every_day(desk: Desk) -> None:
    inspector = funds_caller(desk.http, "inspector", desk.county)
    leader = funds_caller(desk.http, "finance_reviewer", desk.county, subject="leader.li")
    [first] = await warned(desk, unit=await unit_of(desk, desk.first), rule="R19")
    assert (await step(desk, first, "acknowledgement", desk.township_clerk)).status_code == 201
    [second] = await warned(desk, unit=await unit_of(desk, desk.second), rule="R19")
    assert (await step(desk, second, "closing", inspector)).status_code == 201
    for who in (inspector, leader, desk.clerk, desk.township_clerk):
        for asked in (
            {},
            {"rule": "R19"},
            {"to": "leader"},
            {"to": "unit"},
            {"to": "inspectors"},
            {"to": "county_office"},
        ):
            for as_of in DAYS:
                told = await summary(desk, who, as_of=as_of, **asked)
                rows = await warned(desk, who, as_of=as_of, **asked)
                assert told["total"] == counted(rows), (who.role, asked, as_of)
                by_rule = {one["rule_code"]: one for one in told["rules"]}
                assert sorted(by_rule) == sorted({row["rule_code"] for row in rows})
                for code, one in by_rule.items():
                    of_rule = counted([row for row in rows if row["rule_code"] == code])
                    assert {name: one[name] for name in of_rule} == of_rule
                for party, (open_n, overdue_n, _) in mine(told).items():
                    if not asked:
                        own = counted(await warned(desk, who, as_of=as_of, to=party))
                        assert (open_n, overdue_n) == (own["open_n"], own["overdue_n"]), (who.role, party, as_of)
                assert (told["empty_because"] is None) == bool(rows)


async def test_each_day_moves_what_is_owed_to_whom_it_is_with(desk: Desk) -> None:
    leader = funds_caller(desk.http, "finance_reviewer", desk.county, subject="leader.li")
    inspector = funds_caller(desk.http, "inspector", desk.county)
    for as_of, office, led, inspectors in (
        ("2017-12-06", (3, 0, 0), (1, 0, 0), (0, 0, 0)),
        ("2017-12-07", (3, 3, 3), (1, 1, 1), (0, 0, 0)),
        ("2017-12-13", (3, 3, 3), (1, 1, 1), (0, 0, 0)),
        ("2017-12-14", (3, 3, 0), (1, 1, 0), (4, 4, 4)),
    ):
        assert mine(await summary(desk, leader, as_of=as_of)) == {"leader": led, "county_office": office}, as_of
        assert mine(await summary(desk, inspector, as_of=as_of)) == {"leader": (0, 0, 0), "inspectors": inspectors}, (
            as_of
        )
        assert mine(await summary(desk, desk.township_clerk, as_of=as_of))["unit"] == (2, 2 * (as_of > "2017-12-06"), 2)
    told = await summary(desk, as_of="2017-12-14")
    assert (told["total"]["open_n"], told["total"]["overdue_n"], told["total"]["escalated_to_inspectors_n"]) == (
        4,
        4,
        4,
    )
    assert [(one["rule_code"], one["title"] != "") for one in told["rules"]] == [("R19", True)]


async def test_what_was_done_since_was_not_known_then(desk: Desk, admin: asyncpg.Pool) -> None:
    before = (await admin.fetchval("SELECT clock_timestamp()")).isoformat()
    [one] = await warned(desk, unit=await unit_of(desk, desk.first), rule="R19")
    for what in ("acknowledgement", "explanation"):
        assert (await step(desk, one, what, desk.township_clerk)).status_code == 201
    now, then = await summary(desk), await summary(desk, known_at=before)
    assert (now["total"]["explained_n"], then["total"]["explained_n"]) == (1, 0)
    assert now["total"]["issued_n"] == then["total"]["issued_n"] - 1
    assert (now["known_at"], then["known_position"] is None) == (None, False)
    own = mine(await summary(desk, desk.township_clerk, rule="R19"))["unit"]
    assert own == (2, 1, 1), "what was explained waits for nobody of the township"
    earlier = await summary(desk, known_at="2017-12-02T00:00:00+08:00")
    assert (earlier["total"]["warnings_n"], earlier["rules"]) == (0, [])
    assert earlier["empty_because"]


async def test_who_sees_which_and_bad_input(desk: Desk) -> None:
    other = funds_caller(desk.http, "township_clerk", desk.county + "102")
    assert (await summary(desk, other, rule="R19"))["total"]["warnings_n"] == 1
    assert (await summary(desk, desk.township_clerk, rule="R19"))["total"]["warnings_n"] == 2
    assert (await summary(desk, rule="R19", unit=await unit_of(desk, desk.first)))["total"]["warnings_n"] == 1
    assert (await summary(desk, as_of="2017-11-30"))["empty_because"]
    for role in ("helper", "bank", "system_admin"):
        answer = await funds_caller(desk.http, role, desk.county).get(f"{PATH}/summary")
        assert answer.status_code == 403, role
    stranger = funds_caller(desk.http, "inspector", "990000")
    assert (await stranger.get(f"{PATH}/summary", params={"county": desk.county})).status_code == 403
    for asked in ({"to": "nobody"}, {"rule": "all"}, {"as_of": "2017-02-30"}, {"unit": "first"}):
        answer = await desk.clerk.get(f"{PATH}/summary", params=asked)
        assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json"), asked
