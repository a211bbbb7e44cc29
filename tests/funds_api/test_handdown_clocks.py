"""Which limit a lot is held to, by its holder, its budget and the days that count; the report and R19 agree."""

from __future__ import annotations

from typing import Any

import asyncpg
import httpx
import pytest

from tests.callers import funds_caller
from tests.factories import notice_request, open_account
from tests.funds_api.asked import flags_of, run_rules
from tests.funds_api.desk import Desk
from tests.funds_api.test_idle import report

SEEN = ("policy_key", "limit_days", "over_days", "counted", "due_on", "due_on_assumed")


class Clocks(Desk):
    """A county with money of its own budget, of the centre's, and of several levels, beside the province's."""

    async def open(self) -> Clocks:
        await super().open()
        self.department = await open_account(self.http, self.county, "department", "县农业农村局")
        for level in ("county", "central", "mixed"):
            fund = {"code": f"CLOCK-{level}", "name": f"{level}资金", "level": level, "stream": "扶贫发展"}
            assert (await self.clerk.post("/funds/v1/funds", fund)).status_code in {200, 201}
        return self

    async def come(self, level: str, fen: int, on: str, account: str | None = None) -> None:
        body = await notice_request(self.http, self.county, account or self.treasury, amounts=[fen], received_on=on)
        answer = await self.clerk.post("/funds/v1/notices", {**body, "fund_code": f"CLOCK-{level}"})
        assert answer.status_code == 201, answer.text

    async def retained(self, fen: int, on: str) -> tuple[Any, ...] | None:
        """The limit that the lot of so many fen has passed on a day; the report and the flags say the same of all."""
        found = await report(self, on)
        assert found["unexplained_fen"] == 0
        assert found["retained_fen"] == sum(lot["amount_fen"] for lot in found["items"] if lot["retained"])
        for lot in found["items"]:
            assert (lot["retained_answer"] or {}).get("answer") != "undecidable"
            assert (lot["retained"] is not None) == ((lot["retained_answer"] or {}).get("answer") == "passed")
        await run_rules(self.http, self.county, on, "R19")
        flagged = {flag["subject_id"] for flag in await flags_of(self.http, self.county, "R19")}
        assert flagged >= {lot["lot_id"] for lot in found["items"] if lot["retained"]}
        assert not flagged & {lot["lot_id"] for lot in found["items"] if not lot["retained"]}
        [lot] = [one for one in found["items"] if one["amount_fen"] == fen]
        return tuple(lot["retained"][name] for name in SEEN) if lot["retained"] else None


@pytest.fixture
async def clocks(funds_http: httpx.AsyncClient, county: str) -> Clocks:
    return await Clocks(funds_http, county).open()


async def lay_down(admin: asyncpg.Pool, county: str, key: str, value: str) -> None:
    await admin.execute(
        "INSERT INTO funds.policy_value (key, region_code, valid_from, value, source, basis)"
        " VALUES ($1, $2, '2016-01-01', $3, '县政府办通知', 'practice')",
        key,
        county,
        value,
    )


@pytest.mark.parametrize(
    ("level", "last", "after", "key", "days"),
    [
        ("county", "2017-05-30", "2017-05-31", "handdown_clock.own_budget.special", 60),
        ("central", "2017-04-30", "2017-05-01", "handdown_limit_days.treasury", 30),
        ("mixed", "2017-04-30", "2017-05-01", "handdown_limit_days.treasury", 30),
    ],
)
async def test_a_treasury_hands_on_its_own_budget_in_sixty_days_and_what_came_from_above_in_thirty(
    clocks: Clocks, level: str, last: str, after: str, key: str, days: int
) -> None:
    """预算法 art 52: 专项 60 日. All came on 31 March 2017."""
    await clocks.come(level, 77_000, "2017-03-31")
    assert await clocks.retained(77_000, last) is None
    assert await clocks.retained(77_000, after) == (key, days, 1, "calendar", last, False)


async def test_a_flag_keeps_whose_budget_it_was_and_is_judged_again_by_it(clocks: Clocks) -> None:
    await clocks.come("county", 77_000, "2017-03-31")
    assert await clocks.retained(77_000, "2017-06-10") is not None
    [flag] = [one for one in await flags_of(clocks.http, clocks.county, "R19") if one["amount_fen"] == 77_000]
    assert (flag["facts"]["fund_level"], flag["facts"]["book"], flag["limit_days"]) == ("county", "cash", 60)
    assert "超过应下达（拨付）时限 60 天（法定：" in flag["explanation"]
    assert flag["explanation"].endswith("），超期 11 天，请核实")
    inspector = funds_caller(clocks.http, "inspector", clocks.county)
    again = (await inspector.get(f"/funds/v1/flags/{flag['id']}/recomputation")).json()
    assert (again["same"], again["differs"]) == (True, [])


async def test_a_department_has_fifteen_days_for_quota_of_the_county_and_its_own_step_for_cash(clocks: Clocks) -> None:
    unit = {
        "region_code": clocks.county,
        "name": "县住建局",
        "kind": "department",
        "accounts": [{"name": "零余额账户", "book": "quota"}],
    }
    quota = (await clocks.clerk.post("/funds/v1/units", unit)).json()["accounts"][0]["id"]
    await clocks.come("county", 11_000, "2017-03-31", quota)
    await clocks.come("county", 12_000, "2017-03-31", clocks.department)
    await clocks.come("central", 13_000, "2017-03-31", quota)
    assert await clocks.retained(11_000, "2017-04-15") is None
    law = ("handdown_clock.reply_to_unit", 15, 1, "calendar", "2017-04-15", False)
    assert await clocks.retained(11_000, "2017-04-16") == law
    step = ("handdown_limit_days.department", 30, 1, "calendar", "2017-04-30", False)
    assert [await clocks.retained(fen, "2017-04-30") for fen in (12_000, 13_000)] == [None, None]
    assert [await clocks.retained(fen, "2017-05-01") for fen in (12_000, 13_000)] == [step, step]


async def test_a_county_sets_its_own_step_for_money_of_one_level(clocks: Clocks, admin: asyncpg.Pool) -> None:
    await lay_down(admin, clocks.county, "handdown_limit_days.treasury.central", "10")
    await clocks.come("central", 21_000, "2017-03-31")
    await clocks.come("mixed", 22_000, "2017-03-31")
    assert await clocks.retained(21_000, "2017-04-10") is None
    own = ("handdown_limit_days.treasury.central", 10, 1, "calendar", "2017-04-10", False)
    assert await clocks.retained(21_000, "2017-04-11") == own
    assert await clocks.retained(22_000, "2017-04-11") is None


async def test_working_days_count_as_the_state_council_announced_them(clocks: Clocks, admin: asyncpg.Pool) -> None:
    """清明 2017: 2 to 4 April were free, 1 April was worked. Ten working days from Friday 31 March: 17 April."""
    await lay_down(admin, clocks.county, "handdown_limit_days.treasury", '{"days": 10, "counted": "working"}')
    await clocks.come("central", 31_000, "2017-03-31")
    assert await clocks.retained(31_000, "2017-04-17") is None
    late = await clocks.retained(31_000, "2017-04-24")
    assert late == ("handdown_limit_days.treasury", 10, 5, "working", "2017-04-17", False)
    [flag] = [one for one in await flags_of(clocks.http, clocks.county, "R19") if one["amount_fen"] == 31_000]
    assert "超过应下达（拨付）时限 10 个工作日（惯例：县政府办通知），超期 5 个工作日，请核实" in flag["explanation"]


async def test_what_came_from_above_is_held_to_a_limit_that_says_it_is_assumed(clocks: Clocks) -> None:
    await clocks.come("central", 41_000, "2017-03-31")
    assert await clocks.retained(41_000, "2017-05-05") is not None
    [flag] = [one for one in await flags_of(clocks.http, clocks.county, "R19") if one["amount_fen"] == 41_000]
    assert "超过应下达（拨付）时限 30 天（暂定：县级及以下无全国统一法定时限" in flag["explanation"]
    assert flag["explanation"].endswith("），超期 5 天，请核实")
