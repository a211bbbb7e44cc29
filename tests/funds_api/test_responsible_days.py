"""Who answers for which days: by unit, township, village and fund, on any day and by any knowledge, figures by hand."""

from __future__ import annotations

from datetime import date
from typing import Any

import asyncpg
import httpx
import pytest

from migrations import responsibility_v1
from services.funds_api.responsibility.schemas import YuanDaysReport
from tests.callers import funds_caller
from tests.factories import fund, notice_request, open_account
from tests.funds_api.desk import Desk

OTHER = "TEST-FUND-2"


class Shared(Desk):
    """Two funds in one treasury; two villages of the first township that get the same money on the same day."""

    async def start(self) -> Shared:
        await self.open()
        await fund(self.http, OTHER)
        self.neighbour = await open_account(self.http, self.county + "101202", "village_collective", "邻村集体")
        more = {"fund_code": OTHER, "received_on": "2017-03-11"}
        notice = await notice_request(self.http, self.county, self.treasury, amounts=[50_000], **more)
        assert (await self.clerk.post("/funds/v1/notices", notice)).status_code == 201
        assert (await self.out(300_000, self.first, "2017-04-01")).status_code == 201
        assert (await self.out(20_000, self.first, "2017-04-01", fund_code=OTHER)).status_code == 201
        for village in (self.village, self.neighbour):
            answer = await self.out(30_000, village, "2017-04-21", from_account_id=self.first)
            assert answer.status_code == 201, answer.text
        paid = await self.out(10_000, self.contractor, "2017-05-01", kind="pay", from_account_id=self.village)
        assert paid.status_code == 201, paid.text
        return self

    async def ranked(self, by: str, region: str = "", **asked: Any) -> dict[str, Any]:
        who = funds_caller(self.http, "inspector", region or self.county)
        answer = await who.get("/funds/v1/idle/yuan-days", params={"as_of": "2017-05-11", "by": by, **asked})
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        assert YuanDaysReport.model_validate_json(answer.content).model_dump_json() == answer.text  # as modelled
        assert (found["unexplained_fen"], found["unexplained_fen_days"]) == (0, 0)
        assert found["total_fen"] == sum(one["resting_fen"] for one in found["items"])
        assert found["total_fen_days"] == sum(one["responsible_fen_days"] for one in found["items"])
        return found


@pytest.fixture
async def shared(funds_http: httpx.AsyncClient, county: str) -> Shared:
    return await Shared(funds_http, county).start()


# By 11 May: the treasury held 400,000 from 1 March (300,000 of it 31 days), 600,000 from 1 April, 50,000 from 11 March.
TREASURY = 300_000 * 31 + 100_000 * 71 + 600_000 * 40
TREASURY_2 = 20_000 * 21 + 30_000 * 61
# The first office 300,000 from 1 April, 60,000 of it for 20 days.
OFFICE = 60_000 * 20 + 240_000 * 40
OFFICE_2 = 20_000 * 40
# Each village 30,000 from 21 April; the first paid 10,000 after 10 days.
VILLAGE = 10_000 * 10 + 20_000 * 20
NEIGHBOUR = 30_000 * 20


async def test_villages_stand_beside_the_own_offices_of_townships_and_county(shared: Shared) -> None:
    found = await shared.ranked("village")
    lines = {one["region_code"]: one for one in found["items"]}
    county = shared.county
    assert {code: one["responsible_fen_days"] for code, one in lines.items()} == {
        county: TREASURY + TREASURY_2,
        county + "101": OFFICE + OFFICE_2,
        county + "101201": VILLAGE,
        county + "101202": NEIGHBOUR,
    }
    village = lines[county + "101201"]
    assert (village["resting_fen"], village["resting_fen_days"], village["charged_fen_days"]) == (
        20_000,
        400_000,
        100_000,
    )
    assert (village["rank"], village["sibling_rank"], village["siblings_n"]) == (4, 2, 2)
    assert village["yuan_days"] == "5000.00"
    assert lines[county]["name"].endswith("本级")
    assert lines[county + "101"]["name"].endswith("本级")
    assert not village["name"].endswith("本级")
    assert (lines[county + "101"]["sibling_rank"], lines[county + "101"]["siblings_n"]) == (1, 1)


async def test_equal_shares_have_one_rank_and_the_next_is_left_out(shared: Shared) -> None:
    """On 1 May the first village has not paid for a day yet: both answer for 10 days of 30,000."""
    found = await shared.ranked("village", as_of="2017-05-01")
    ranks = {one["region_code"][6:]: (one["rank"], one["sibling_rank"]) for one in found["items"]}
    assert ranks == {"": (1, 1), "101": (2, 1), "101201": (3, 1), "101202": (3, 1)}
    after = await shared.ranked("village", as_of="2017-05-02")
    assert [one["rank"] for one in after["items"]] == [1, 2, 3, 4]


async def test_funds_are_told_apart_and_add_up_to_what_was_counted_whatever_the_fund(shared: Shared) -> None:
    found = await shared.ranked("fund")
    lines = {one["fund_code"]: one for one in found["items"]}
    assert {code: one["responsible_fen_days"] for code, one in lines.items()} == {
        "TEST-FUND": TREASURY + OFFICE + VILLAGE + NEIGHBOUR,
        OTHER: TREASURY_2 + OFFICE_2,
    }
    whole = found["total_fen_days"]
    assert lines[OTHER]["share_percent"] == f"{100 * (TREASURY_2 + OFFICE_2) / whole:.2f}"
    assert (lines[OTHER]["rank"], lines[OTHER]["sibling_rank"], lines[OTHER]["siblings_n"]) == (2, 2, 2)
    assert lines[OTHER]["region_code"] == shared.county
    assert whole == (await shared.ranked("unit"))["total_fen_days"]


async def test_any_ranking_can_be_asked_of_one_fund(shared: Shared) -> None:
    county = shared.county
    by_place = await shared.ranked("township", fund=OTHER)
    assert {one["region_code"]: one["responsible_fen_days"] for one in by_place["items"]} == {
        county: TREASURY_2,
        county + "101": OFFICE_2,
    }
    assert (by_place["fund"], by_place["total_fen"]) == (OTHER, 50_000)
    by_unit = await shared.ranked("unit", fund="TEST-FUND")
    assert {one["name"]: one["responsible_fen_days"] for one in by_unit["items"]} == {
        "县国库": TREASURY,
        "一镇财政所": OFFICE,
        "村集体": VILLAGE,
        "邻村集体": NEIGHBOUR,
    }
    unit = next(one for one in by_unit["items"] if one["name"] == "村集体")
    assert (unit["sibling_rank"], unit["siblings_n"]) == (2, 2)  # among the villages of its township
    only = await shared.ranked("fund", fund=OTHER)
    assert [one["fund_code"] for one in only["items"]] == [OTHER]


async def test_a_fund_nobody_knows_and_a_fund_without_money(shared: Shared) -> None:
    inspector = funds_caller(shared.http, "inspector", shared.county)
    unknown = await inspector.get("/funds/v1/idle/yuan-days", params={"fund": "NO-SUCH"})
    assert (unknown.status_code, unknown.json()["type"]) == (404, "/problems/not-found")
    assert (await inspector.get("/funds/v1/idle/yuan-days", params={"by": "household"})).status_code == 422
    await fund(shared.http, "TEST-FUND-3")
    nothing = await shared.ranked("village", fund="TEST-FUND-3")
    assert (nothing["items"], nothing["total_fen"]) == ([], 0)
    assert nothing["empty_because"]
    assert (await shared.ranked("fund", as_of="2017-02-28"))["empty_because"]


async def test_a_township_ranks_its_own_villages_only(shared: Shared) -> None:
    own = await shared.ranked("village", shared.county + "101")
    assert {one["region_code"][6:] for one in own["items"]} == {"101", "101201", "101202"}
    assert own["total_fen_days"] == OFFICE + OFFICE_2 + VILLAGE + NEIGHBOUR
    funds = await shared.ranked("fund", shared.county + "101")
    assert {one["fund_code"]: one["responsible_fen_days"] for one in funds["items"]} == {
        "TEST-FUND": OFFICE + VILLAGE + NEIGHBOUR,
        OTHER: OFFICE_2,
    }
    assert (await shared.ranked("unit", shared.county + "102"))["items"] == []
    bank = funds_caller(shared.http, "bank", shared.county)
    assert (await bank.get("/funds/v1/idle/yuan-days")).status_code == 403
    stranger = funds_caller(shared.http, "inspector", "980001")
    outside = await stranger.get("/funds/v1/idle/yuan-days", params={"county": shared.county})
    assert outside.status_code == 403


async def recount(
    admin: asyncpg.Pool, county: str, day: date, position: int
) -> dict[tuple[str, str], tuple[int, int, int]]:
    """(unit, fund) → fen at rest, their fen-days and those of what has left, lot by lot and draw by draw."""
    rows = await admin.fetch(
        """
        SELECT u.name, l.fund_code, sum(l.amount_fen - d.fen)::bigint AS fen,
               sum((l.amount_fen - d.fen) * ($2::date - l.arrived_on))::bigint AS resting,
               sum(d.charged)::bigint AS charged
          FROM funds.lot l JOIN funds.account a ON a.county_code = $1 AND a.id = l.account_id
          JOIN funds.unit u ON u.county_code = $1 AND u.id = a.unit_id
         CROSS JOIN LATERAL (
           SELECT coalesce(sum(d.amount_fen), 0) AS fen,
                  coalesce(sum(d.amount_fen * (d.effective_on - l.arrived_on)), 0) AS charged
             FROM funds.draw d WHERE d.county_code = $1 AND d.from_lot_id = l.id AND d.effective_on <= $2
              AND d.position <= $3) d
         WHERE l.county_code = $1 AND l.arrived_on <= $2 AND l.position <= $3 AND NOT l.is_terminal
         GROUP BY 1, 2""",
        county,
        day,
        position,
    )
    return {(row["name"], row["fund_code"]): (row["fen"], row["resting"], row["charged"]) for row in rows}


async def test_counters_are_the_lots_to_the_fen_day_on_any_day_and_by_any_knowledge(
    shared: Shared, admin: asyncpg.Pool
) -> None:
    """Late acts, acts dated ahead, returns and undone acts, by every knowledge, around the ends of months."""
    await shared.back(5_000, shared.neighbour, "2017-04-30")
    undone = await shared.out(40_000, shared.second, "2017-03-31")
    await shared.undo(undone.json()["movements"][0]["id"], "2017-06-01")
    await shared.out(7_000, shared.second, "2017-03-20", fund_code=OTHER)
    knowledge = await admin.fetch(
        "SELECT position, recorded_at FROM funds.event WHERE stream = $1 ORDER BY position", shared.county
    )
    assert len(knowledge) > 15
    for row in knowledge[-8:]:
        for on in ("2017-03-11", "2017-03-31", "2017-04-01", "2017-04-30", "2017-05-31", "2017-06-30"):
            wanted = await recount(admin, shared.county, date.fromisoformat(on), row["position"])
            for name in ("TEST-FUND", OTHER):
                told = await shared.ranked("unit", as_of=on, fund=name, known_at=row["recorded_at"].isoformat())
                assert told["known_position"] == row["position"]
                assert {
                    (one["name"], name): (one["resting_fen"], one["resting_fen_days"], one["charged_fen_days"])
                    for one in told["items"]
                } == {key: figures for key, figures in wanted.items() if key[1] == name and any(figures)}, (on, row)
            await shared.ranked("fund", as_of=on, known_at=row["recorded_at"].isoformat())
            await shared.ranked("unit", as_of=on, known_at=row["recorded_at"].isoformat())


async def test_what_rests_ties_to_the_balances_of_the_accounts(shared: Shared) -> None:
    for on in ("2017-03-31", "2017-04-21", "2017-05-31"):
        found = await shared.ranked("unit", as_of=on)
        accounts = (shared.treasury, shared.first, shared.second, shared.village, shared.neighbour)
        assert found["total_fen"] == sum([await shared.balance(one, on) for one in accounts])


async def test_a_posting_of_two_funds_counts_each(shared: Shared, admin: asyncpg.Pool) -> None:
    """Carried over together: both funds leave the lots of the old year for new ones of the next, on one desk."""
    order = {"account_id": shared.first, "from_year": 2017}
    carried = await shared.order("carry_over", "2017-12-31", **order)
    assert carried.status_code == 201, carried.text
    day = date(2018, 1, 10)
    wanted = await recount(admin, shared.county, day, 2**62)
    for name, fen in (("TEST-FUND", 240_000), (OTHER, 20_000)):
        one = next(
            one
            for one in (await shared.ranked("unit", as_of=day.isoformat(), fund=name))["items"]
            if one["name"] == "一镇财政所"
        )
        assert (one["resting_fen"], one["resting_fen_days"], one["charged_fen_days"]) == wanted["一镇财政所", name]
        assert (one["resting_fen"], one["resting_fen_days"]) == (fen, fen * 10)


async def test_what_the_migration_fills_in_is_what_postings_keep(shared: Shared, admin: asyncpg.Pool) -> None:
    await shared.back(5_000, shared.neighbour, "2017-04-30")
    # Of this county alone: other tests change the months of theirs to show that it is noticed.
    kept = f"SELECT p::text FROM funds.account_period p WHERE p.county_code = '{shared.county}' ORDER BY 1"
    others = f"DELETE FROM funds.{{}} WHERE county_code <> '{shared.county}'"
    async with admin.acquire() as connection:
        before = connection.transaction()
        await before.start()
        try:
            by_postings = await connection.fetch(kept)
            await connection.execute("DELETE FROM funds.account_period")
            await connection.execute(responsibility_v1.FILL)
            for table in ("account_period", "account_month"):
                await connection.execute(others.format(table))
            await connection.execute(responsibility_v1.PROVED)
            assert await connection.fetch(kept) == by_postings
            assert len(by_postings) > 30
            await connection.execute("UPDATE funds.account_period SET net_fen = net_fen + 1 WHERE grain = 'month'")
            with pytest.raises(asyncpg.RaiseError):
                await connection.execute(responsibility_v1.PROVED)
        finally:
            await before.rollback()
