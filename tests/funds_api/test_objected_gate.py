"""When a list has to be on show and an objection keeps a row back: values of regions and funds, and terms."""

from __future__ import annotations

from typing import Any

import asyncpg
import pytest

from tests.funds_api.desk import refused
from tests.funds_api.objected import (
    ROWS,
    TOTAL,
    days,
    free_fen,
    objected,
    paid,
    shown,
    township,
)
from tests.funds_api.people import Township
from tests.funds_api.test_publications import SEVEN, path, publish, rule

__all__ = ["township"]  # a fixture


@pytest.mark.parametrize(
    ("value", "counted", "from_on", "told"),
    [
        # 1 May 2017 is a holiday; 24 and 25 April a Monday and a Tuesday, 29 and 30 April free: five working days.
        (7, "calendar", "2017-04-24", None),
        (7, "calendar", "2017-04-25", (6, "2017-05-02")),
        (7, "calendar", None, (None, None)),
        (4, "working", "2017-04-24", None),
        (5, "working", "2017-04-24", (4, "2017-05-02")),
    ],
)
async def test_a_region_lays_down_how_many_days_a_list_is_on_show(
    township: Township, admin: asyncpg.Pool, value: int, counted: str, from_on: str | None, told: tuple[Any, Any] | None
) -> None:
    await days(admin, township.county, value, counted)
    batch = str((await township.checked(ROWS))["batch"]["id"])
    if from_on:
        assert (await publish(township, batch, from_on=from_on)).status_code == 201
    answer = await township.approve(batch)
    if told is None:
        assert answer.status_code == 201, answer.text
        [held] = answer.json()["publicity"]
        assert (held["by"], held["days"], held["counted"], held["decides"]) == ("policy", value, counted, True)
        assert held["region"] == township.county
        assert held["payable_on"] == ("2017-05-01" if value == 7 else "2017-04-28")
        return
    figures = {"publicity_days": value, "by": "policy", "counted": counted}
    refused(answer, 409, "roster-publicity-too-short", {**figures, "published_days": told[0], "payable_on": told[1]})
    assert (await publish(township, batch, from_on="2017-04-20")).status_code == 201
    assert (await township.approve(batch)).status_code == 201, "published again: the latest record counts"


async def test_the_stricter_of_policy_and_term_holds_and_the_answer_says_which(
    township: Township, admin: asyncpg.Pool
) -> None:
    await days(admin, township.county, 3)
    await rule(township, SEVEN)
    batch = str((await township.checked(ROWS))["batch"]["id"])
    refused(await township.approve(batch), 409, "roster-publicity-too-short", {"by": "term", "publicity_days": 7})
    await publish(township, batch, from_on="2017-04-29")
    refused(await township.approve(batch), 409, "roster-publicity-too-short", {"by": "term", "published_days": 2})
    await publish(township, batch, from_on="2017-04-26")
    broken = await township.approve(batch)
    assert broken.json()["type"] == "/problems/fund-rule-broken", "the days of the policy are over, not the term's"
    asked = (await township.clerk.get(path(batch, "publications"), params={"as_of": "2017-05-01"})).json()["required"]
    assert [(one["by"], one["days"], one["payable_on"], one["decides"]) for one in asked] == [
        ("policy", 3, "2017-04-29", False),
        ("term", 7, "2017-05-03", True),
    ]
    await publish(township, batch)
    assert [one["by"] for one in (await paid(township, batch))["publicity"] if one["decides"]] == ["term"]


async def test_without_a_value_or_a_term_an_objection_is_on_record_and_stops_nothing(township: Township) -> None:
    batch = await shown(township)
    await objected(township, batch, 3)
    answer = await paid(township, batch)
    assert (answer["total_fen"], answer["division"], answer["publicity"]) == (TOTAL, None, [])


async def test_where_terms_only_flag_the_row_is_paid_and_flagged_as_before(township: Township) -> None:
    await rule(township, {**SEVEN, "on_breach": "flag"})
    batch = await shown(township)
    await objected(township, batch, 3)
    answer = await paid(township, batch)
    assert (answer["total_fen"], answer["division"]) == (TOTAL, None)
    assert [(one["code"], one["objections_open_n"]) for one in answer["flagged"]] == [("B08", 1)]
    assert [(one["by"], one["refuses"], one["decides"]) for one in answer["publicity"]] == [("term", False, False)]


async def test_a_value_of_the_fund_stands_in_for_that_of_every_fund(township: Township, admin: asyncpg.Pool) -> None:
    await days(admin, township.county, 30)
    await days(admin, township.county, 7, fund=township.fund)
    assert (await township.approve(await shown(township))).status_code == 201


async def test_a_term_that_refuses_keeps_back_the_row_alone(township: Township, admin: asyncpg.Pool) -> None:
    await rule(township, SEVEN)
    batch = await shown(township)
    await objected(township, batch, 5)
    answer = await paid(township, batch)
    assert (answer["total_fen"], answer["division"]["frozen_fen"]) == (12_500, 7_500)
    assert await free_fen(admin, township.county, township.office) == (987_500, 7_500)
