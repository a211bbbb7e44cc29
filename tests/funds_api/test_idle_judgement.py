"""A judgement for people: days from … to …, and 无法判定 where the dates do not decide."""

from __future__ import annotations

from typing import Any

import asyncpg
import httpx
import pytest

from demo.files import rows
from tests.callers import funds_caller
from tests.funds_api.desk import refused, written

PATH = "/funds/v1/idle/judgement"
DATES = {"received_from": "received_from", "received_to": "received_to", "ended_from": "end_date_from"}


async def ask(http: httpx.AsyncClient, **params: Any) -> httpx.Response:
    return await funds_caller(http, "inspector", "990001").get(PATH, params=params)


@pytest.mark.parametrize("row", rows("published", "idle_checks.csv"), ids=lambda row: row["idle_id"])
async def test_each_published_row_is_answered_over_http(funds_http: httpx.AsyncClient, row: dict[str, str]) -> None:
    asked = {name: row[column] for name, column in {**DATES, "ended_to": "end_date_to"}.items() if row[column]}
    answer = await ask(funds_http, **asked, about=row["kind"], stated=row["published_text"], limit_days=365)
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert [told["days_min"], told["days_max"]] == [int(row[day]) if row[day] else None for day in _WORKED_OUT]
    if not row["days_min"]:
        assert told["answer"] == "undecidable"
        assert told["days_reason"].startswith("无法判定")


_WORKED_OUT = ("days_min", "days_max")


@pytest.mark.parametrize(
    ("limit", "answer", "reason"),
    [
        (243, "passed", "至少 244 天，已超过时限 243 天"),
        (244, "undecidable", "无法判定是否超过时限 244 天：停留 244 至 609 天，时限落在其间"),
        (608, "undecidable", "无法判定是否超过时限 608 天：停留 244 至 609 天，时限落在其间"),
        (609, "not_passed", "至多 609 天，未超过时限 609 天"),
    ],
)
async def test_received_in_2012_is_decided_only_outside_its_days(
    funds_http: httpx.AsyncClient, limit: int, answer: str, reason: str
) -> None:
    known = {"received_from": "2012-01-01", "received_to": "2012-12-31", "ended_from": "2013-09-01"}
    told = (await ask(funds_http, **known, ended_to="2013-09-01", limit_days=limit)).json()
    assert (told["days_min"], told["days_max"]) == (244, 609)
    assert (told["answer"], told["reason"]) == (answer, reason)


async def test_without_a_limit_days_are_told_and_nothing_judged(
    funds_http: httpx.AsyncClient, admin: asyncpg.Pool
) -> None:
    before = await written(admin)
    told = (await ask(funds_http, received_to="2015-03-31", ended_from="2016-03-31")).json()
    assert told == {
        "days_min": 366,
        "days_max": None,
        "days_reason": "依据起止日期",
        "limit_days": None,
        "answer": None,
        "reason": None,
    }
    assert (await ask(funds_http)).json()["days_reason"] == "无法判定：到账日期和截止日期不明，原文也没有写明时长"
    assert await written(admin) == before


async def test_days_that_cannot_be_are_refused_with_their_figures(funds_http: httpx.AsyncClient) -> None:
    reversed_days = await ask(funds_http, received_from="2013-01-01", received_to="2012-12-31")
    refused(reversed_days, 422, "days-reversed", {"earliest": "2013-01-01", "latest": "2012-12-31"})
    early = await ask(funds_http, received_from="2013-01-02", ended_to="2013-01-01")
    refused(early, 422, "ends-before-receipt", {"received_from": "2013-01-02", "ended_to": "2013-01-01"})
    year = {"received_from": "2015-01-01", "received_to": "2015-01-01", "ended_from": "2015-12-31"}
    contradiction = await ask(funds_http, **year, ended_to="2015-12-31", stated="闲置1年以上")
    refused(contradiction, 422, "days-contradict", {"min_days": 366, "max_days": 364})


@pytest.mark.parametrize(
    "params", [{"limit_days": 0}, {"limit_days": 36_501}, {"received_from": "2012"}, {"about": "别的"}, {"x": 1}]
)
async def test_what_is_no_day_or_no_limit_is_refused(funds_http: httpx.AsyncClient, params: dict[str, Any]) -> None:
    assert (await ask(funds_http, **params)).status_code == 422


async def test_whoever_may_not_see_money_at_rest_may_not_ask(funds_http: httpx.AsyncClient) -> None:
    for role in ("bank", "system_admin", "feed_reader"):
        assert (await funds_caller(funds_http, role, "990001").get(PATH)).status_code == 403
    assert (await funds_http.get(PATH)).status_code == 401
