"""Lists of lots and tranches, page by page: together they are the whole list, of any moment and for any caller."""

from __future__ import annotations

from typing import Any

import asyncpg
import pytest

from chassis import clock
from tests.callers import Caller, funds_caller
from tests.factories import receive
from tests.funds_api.desk import Desk

DAYS = ("2017-03-31", "2017-05-15", "2017-05-31", "2017-12-31")


async def _every(caller: Caller, path: str, limit: int, **asked: Any) -> list[dict[str, Any]]:
    """All items of a list, read in pages of `limit`; no page may hold more."""
    found: list[dict[str, Any]] = []
    after: dict[str, str] = {}
    while True:
        answer = await caller.get(path, params={**asked, **after, "limit": str(limit)})
        assert answer.status_code == 200, answer.text
        page = answer.json()
        assert len(page["items"]) <= limit
        found += page["items"]
        if page["next"] is None:
            return found
        after = {"after": page["next"]}


@pytest.fixture
async def busy(desk: Desk) -> tuple[Desk, str]:
    """Lots that rest, that were emptied since, some by entries that were recorded late; and an instant between."""
    await desk.out(400_000, desk.first, "2017-05-10")
    await desk.out(250_000, desk.village, "2017-05-12", by=desk.township_clerk, from_account_id=desk.first)
    await desk.out(100_000, desk.contractor, "2017-05-20", kind="pay", from_account_id=desk.village)
    between = clock.now().isoformat()
    for fen, on in ((60_000, "2017-04-20"), (30_000, "2017-05-12"), (30_000, "2017-06-12")):
        assert (await desk.out(fen, desk.second, on)).status_code == 201
    late = {"from_account_id": desk.first, "by": desk.township_clerk}
    assert (await desk.out(150_000, desk.village, "2017-05-12", **late)).status_code == 201
    assert (await desk.back(20_000, desk.second, "2017-06-25")).status_code == 201
    await receive(desk.http, desk.county, desk.treasury, 77, "2017-05-10")
    return desk, between


async def test_pages_of_a_county_s_lots_are_the_lots_of_its_accounts_at_any_moment(busy: tuple[Desk, str]) -> None:
    desk, between = busy
    accounts = [desk.treasury, desk.first, desk.second, desk.village, desk.contractor]
    for day in DAYS:
        for known in ({}, {"known_at": between}):
            each = [lot for account in accounts for lot in await desk.lots(account, day, limit="200", **known)]
            each.sort(key=lambda lot: (lot["arrived_on"], lot["id"]))
            assert each, "an empty list would prove nothing"
            for limit in (2, 200):
                assert await _every(desk.clerk, "/funds/v1/lots", limit, as_of=day, **known) == each
            asked = {"as_of": day, **known, "fund": "TEST-FUND"}
            assert await _every(desk.clerk, "/funds/v1/lots", 3, **asked) == each
            assert sum(lot["remaining_fen"] for lot in each) == (
                400_000 if day < "2017-04" else 1_000_000 + (0 if known or day < "2017-05-10" else 77)
            )


async def test_pages_of_a_township_s_lots_are_its_own_of_the_county_s(busy: tuple[Desk, str]) -> None:
    desk, between = busy
    for day in DAYS[1:]:
        for known in ({}, {"known_at": between}):
            county = await _every(desk.clerk, "/funds/v1/lots", 200, as_of=day, **known)
            own = [lot for lot in county if lot["region_code"].startswith(desk.county + "101")]
            assert await _every(desk.township_clerk, "/funds/v1/lots", 1, as_of=day, **known) == own
            assert own


async def test_pages_of_tranches_tell_where_their_money_is_and_explain_every_fen(busy: tuple[Desk, str]) -> None:
    desk, between = busy
    for day, known, received, spent in (
        ("2017-03-31", {}, [400_000], 0),
        ("2017-05-31", {"known_at": between}, [400_000, 600_000], 100_000),
        ("2017-12-31", {}, [400_000, 600_000, 77], 100_000),
    ):
        whole = await _every(desk.clerk, "/funds/v1/tranches", 200, as_of=day, **known)
        assert [one["received_fen"] for one in whole] == received
        assert sum(one["spent_fen"] for one in whole) == spent
        assert {(one["unexplained_fen"], one["outside_fen"]) for one in whole} == {(0, 0)}
        assert await _every(desk.clerk, "/funds/v1/tranches", 1, as_of=day, **known) == whole
        notice = whole[0]["notice_id"]
        assert await _every(desk.clerk, "/funds/v1/tranches", 1, as_of=day, notice=notice, **known) == whole[:1]


async def test_the_idle_report_adds_up_what_the_list_of_lots_says_at_any_moment(busy: tuple[Desk, str]) -> None:
    """Two readings of their own: one sums as the owner, the other lists by row-level security."""
    desk, between = busy
    spent = {desk.contractor}
    for region, lister in (("", desk.clerk), ("101", desk.township_clerk)):
        inspector = funds_caller(desk.http, "inspector", desk.county + region)
        for day in DAYS[1:]:
            for known in ({}, {"known_at": between}):
                lots = await _every(lister, "/funds/v1/lots", 200, as_of=day, **known)
                resting = [lot for lot in lots if lot["account_id"] not in spent]
                answer = await inspector.get("/funds/v1/idle", params={"as_of": day, **known})
                assert answer.status_code == 200, answer.text
                told = answer.json()
                assert told["lots_n"] == len(resting) > 0
                assert told["total_fen"] == sum(lot["remaining_fen"] for lot in resting)
                assert sum(band["lots_n"] for band in told["bands"]) == len(resting)


async def test_nobody_adds_up_what_rests_beyond_the_own_region(desk: Desk, urls: dict[str, str]) -> None:
    service = await asyncpg.connect(urls["funds"])
    try:
        for region, place, allowed in (
            (desk.county + "101", desk.county, False),
            (desk.county + "101", desk.county + "102", False),
            ("", desk.county, False),
            (desk.county, desk.county + "101", True),
        ):
            async with service.transaction():
                await service.execute("SELECT set_config('app.region', $1, true)", region)
                asked = service.fetch(
                    "SELECT * FROM funds.rested($1, $2, '2017-12-31', 9223372036854775807, '9999-12-31')",
                    desk.county,
                    place,
                )
                if allowed:
                    assert await asked == []
                else:
                    with pytest.raises(asyncpg.PostgresError) as refusal:
                        async with service.transaction():
                            await asked
                    assert refusal.value.sqlstate == "QL403"
    finally:
        await service.close()
