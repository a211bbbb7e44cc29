"""A run that raised flags and warned nobody says why, what is missing, and what to do."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import httpx
import pytest

from services.funds_api.flags.rules.rule import Policy
from tests.callers import funds_caller
from tests.funds_api.asked import run_rules
from tests.funds_api.desk import Desk
from tests.funds_api.test_warnings import warned

# The values stand since 1 January 2015 (Asia/Shanghai): one second earlier nobody can be held to a day.
LAST_DAY_WITHOUT = datetime(2014, 12, 31, 15, 59, 59, tzinfo=UTC)
FIRST_DAY_WITH = datetime(2014, 12, 31, 16, tzinfo=UTC)
KEYS = ("warning_ack_workdays", "warning_explain_workdays", "warning_leader_workdays")


async def asked(http: httpx.AsyncClient, county: str, rule: str, as_of: str, at: datetime | None) -> dict[str, Any]:
    [told] = (await run_rules(http, county, as_of, rule, at=at))["rules"]
    return dict(told)


@pytest.fixture
async def desk(funds_http: httpx.AsyncClient, county: str) -> Desk:
    return await Desk(funds_http, county).open()


async def test_without_the_days_nobody_is_warned_and_the_run_says_so(desk: Desk) -> None:
    told = await asked(desk.http, desk.county, "R19", "2017-11-30", LAST_DAY_WITHOUT)
    assert (told["new_n"], told["warning"], told["silent_because"]) == (2, None, None)
    because = told["unwarned_because"]
    assert "新增 2 条疑点，没有向任何单位发出预警通知：2014-12-31 没有现行的期限数值" in because
    assert all(key in because for key in KEYS)
    assert "预警签收时限" in because
    assert "/funds/v1/policy-values" in because
    assert await warned(desk) == []
    [listed] = [word for word in because.split() if word.startswith("/funds/v1/flags?")]
    assert len((await desk.clerk.get(listed)).json()["items"]) == 2
    again = await asked(desk.http, desk.county, "R19", "2017-11-30", FIRST_DAY_WITH)
    assert (again["new_n"], again["unwarned_because"], await warned(desk)) == (0, None, []), "it is not made up for"


async def test_from_their_first_day_on_units_are_warned(desk: Desk) -> None:
    told = await asked(desk.http, desk.county, "R19", "2017-11-30", FIRST_DAY_WITH)
    assert (told["new_n"], told["unwarned_because"]) == (2, None)
    assert [one["issued_on"] for one in await warned(desk)] == ["2015-01-01"]


@pytest.mark.parametrize("missing", KEYS)
async def test_one_value_that_is_missing_is_enough_and_is_the_one_named(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    whole = Policy.on

    def without(policy: Policy, key: str, day: date) -> Any:
        return None if key == missing else whole(policy, key, day)

    monkeypatch.setattr(Policy, "on", without)
    told = await asked(desk.http, desk.county, "R19", "2017-11-30", None)
    assert [key for key in KEYS if key in told["unwarned_because"]] == [missing]
    assert await warned(desk) == []


async def test_nothing_new_leaves_nothing_unsaid(desk: Desk) -> None:
    told = await asked(desk.http, desk.county, "R19", "2017-03-02", LAST_DAY_WITHOUT)
    assert (told["new_n"], told["unwarned_because"]) == (0, None)


async def test_the_run_is_told_by_region(desk: Desk) -> None:
    run = await run_rules(desk.http, desk.county, "2017-11-30", "R19", at=LAST_DAY_WITHOUT)
    path = f"/funds/v1/rule-runs/{run['id']}"
    other = funds_caller(desk.http, "inspector", "990000")
    assert (await other.get(path, params={"county": desk.county})).status_code == 403
    assert (await desk.reviewer.get(path)).status_code == 403
    assert (await desk.clerk.get(path)).json()["rules"][0]["unwarned_because"]


async def test_what_lies_in_no_units_hands_is_said_too(desk: Desk) -> None:
    """R20 asks about places."""
    told = await asked(desk.http, desk.county, "R20", "2017-11-30", None)
    assert told["new_n"] > 0
    assert "所涉资金不在任何单位名下" in told["unwarned_because"]
    assert "policy-values" not in told["unwarned_because"]
    assert await warned(desk) == []
