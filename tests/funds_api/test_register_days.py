"""Days of the register: what lies further ahead than the first of the next month is a slip, wherever it comes in."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import asyncpg
import httpx
import pytest

from chassis import clock
from tests.callers import Caller, funds_caller
from tests.funds_api.people import Township, id_number
from tests.funds_api.test_corrections import correct
from tests.funds_api.test_household_changes import township as township  # noqa: PLC0414 - a fixture
from treasury.calendar import AHEAD_DAYS, business_date

PATH = "/funds/v1/regions"


def latest() -> date:
    return business_date(clock.now()) + timedelta(days=AHEAD_DAYS)


def told(answer: httpx.Response) -> tuple[int, str, str, str]:
    assert answer.status_code == 422, answer.text
    found = answer.json()
    figures = found["figures"]
    return answer.status_code, found["type"].removeprefix("/problems/"), figures["what"], figures["effective_on"]


async def written(admin: asyncpg.Pool, county: str) -> int:
    return int(await admin.fetchval("SELECT count(*) FROM funds.event WHERE stream IN ($1, '00')", county))


async def test_no_act_of_the_register_is_dated_far_ahead(township: Township, admin: asyncpg.Pool) -> None:
    home, son = await township.household(admin, 1), await township.person(admin, 101)
    removed = await township.household(admin, 3)
    await township.remove(removed, "2017-02-01")
    there = {"household_ids": [home], "region_code": township.county + "102201"}
    born = {"name": "小张", "id_number": id_number(900), "reason": "birth"}
    before = await written(admin, township.county)
    for path, day_field, what, body in (
        (f"{home}/members", "joined_on", "入户日期", born),
        (f"{home}/departures", "left_on", "离户日期", {"person_ids": [son], "reason": "death"}),
        (f"{home}/splits", "effective_on", "分户日期", {"person_ids": [son], "head_id": son}),
        ("moves", "effective_on", "迁移日期", there),
        ("removals", "effective_on", "清退日期", {"households": [{"household_id": home, "reason": "有车"}]}),
        (
            "reinstatements",
            "effective_on",
            "恢复登记日期",
            {"households": [{"household_id": removed, "reason": "申诉成立"}]},
        ),
        (
            "standings",
            "effective_on",
            "状态变动日期",
            {"standing": "lifted", "households": [{"household_id": home, "reason": "达标"}]},
        ),
    ):
        for day in (str(latest() + timedelta(days=1)), "2107-01-01"):
            answer = await township.finance.post(
                f"/funds/v1/households/{path}", {"document": "文", **body, day_field: day}
            )
            assert told(answer) == (422, "dated-ahead", what, day), path
            assert str(latest()) in answer.json()["detail"]
            assert what in answer.json()["detail"]
    assert await written(admin, township.county) == before
    # What is decided for the first of the next month is registered now.
    ahead = {"effective_on": str(latest()), "households": [{"household_id": home, "reason": "有车"}]}
    await township.change("removals", ahead)
    assert (await township.seen(home, str(latest() - timedelta(days=1))))["household"]["standing"] == "registered"
    assert (await township.seen(home, str(latest())))["household"]["standing"] == "removed"


async def test_a_correction_says_nothing_of_days_far_ahead_and_undoes_what_was_taken_before(
    township: Township, admin: asyncpg.Pool
) -> None:
    home, there = await township.household(admin, 1), township.county + "102201"
    await township.change("moves", {"household_ids": [home], "region_code": there, "effective_on": "2019-01-01"})
    # As an earlier release took it.
    await admin.execute("UPDATE funds.residence SET from_on = '2107-01-01' WHERE household_id::text = $1", home)
    await admin.execute("UPDATE funds.household SET settled_on = '2107-01-01' WHERE id::text = $1", home)
    body = {"document": "更正", "reason": "年份有误", "residences": [{"on": "2106-01-01", "region_code": there}]}
    answer = await township.finance.post(f"/funds/v1/households/{home}/corrections", body)
    assert told(answer) == (422, "dated-ahead", "更正后的日期", "2106-01-01")
    right = [{"on": "2107-01-01", "never": True}, {"on": "2017-01-01", "region_code": there}]
    await correct(township, home, residences=right)
    assert (await township.seen(home, "2017-01-01"))["lives_in"] == there


async def test_time_to_appeal_is_months_and_not_years(township: Township, admin: asyncpg.Pool) -> None:
    home = await township.household(admin, 1)
    removal = {"effective_on": "2017-03-01", "households": [{"household_id": home, "reason": "有车"}]}

    async def refused(path: str, body: dict[str, Any]) -> None:
        answer = await township.finance.post(f"/funds/v1/households/{path}", {"document": "文", **body})
        assert (answer.status_code, answer.json()["type"]) == (422, "/problems/appeal-too-long"), answer.text
        assert answer.json()["figures"]["latest_on"] == "2017-09-01"

    await refused("removals", {**removal, "appeal_until": "2107-03-31"})
    await township.change("removals", {**removal, "appeal_until": "2017-09-01"})
    again = {"on": "2017-03-01", "standing": "removed", "appeal_until": "2017-09-02"}
    await refused(f"{home}/corrections", {"reason": "期限有误", "standings": [again]})


async def test_a_departure_of_a_year_long_to_come_is_taken_back_by_itself(
    township: Township, admin: asyncpg.Pool
) -> None:
    """As an earlier release took it: the correction is not dated ahead, whatever it takes back was."""
    home, son = await township.household(admin, 1), await township.person(admin, 101)
    gone = {"person_ids": [son], "left_on": "2017-03-01", "reason": "moved"}
    await township.change(f"{home}/departures", gone)
    await admin.execute("UPDATE funds.membership SET from_on = '2107-03-01' WHERE from_on = '2017-03-01'")
    await admin.execute("UPDATE funds.person SET since_on = '2107-03-01' WHERE id::text = $1", son)
    never = {"document": "文", "reason": "年份有误", "members": [{"person_id": son, "on": "2107-03-01", "never": True}]}
    corrected = await township.change(f"{home}/corrections", never)
    assert corrected["effective_on"] == str(latest())
    assert son in {one["person_id"] for one in (await township.seen(home, "2107-03-01"))["members"]}


@pytest.fixture
def administrator(funds_http: httpx.AsyncClient) -> Caller:
    return funds_caller(funds_http, "system_admin", "99")


async def test_no_list_and_no_change_of_codes_is_of_a_year_to_come(
    administrator: Caller, county: str, admin: asyncpg.Pool
) -> None:
    """A list of 2100 barred every list until then, and a code that was told to end in 2107 every list it stood in."""
    before = await written(admin, county)
    new = {"code": county + "105", "name": "某乡", "level": "township", "parent_code": county}
    whole = {"scope": county, "listed_year": 2024, "listed_on": "2024-06-30", "document": "国统", "regions": [new]}
    split = {
        "kind": "split",
        "document": "文",
        "effective_on": "2024-01-01",
        "links": [{"from_code": county + "101", "to_code": county + "105"}],
        "regions": [new],
    }
    for path, body, what, day in (
        (PATH, {"listed_year": 2100, "regions": [new]}, "名单基准日", "2100-01-01"),
        (PATH, {"listed_year": 2100, "listed_on": "2024-01-01", "regions": [new]}, "名单年份的首日", "2100-01-01"),
        (f"{PATH}/lists", {**whole, "listed_on": "2042-06-30"}, "名单基准日", "2042-06-30"),
        (f"{PATH}/lists", {**whole, "listed_year": 2042}, "名单年份的首日", "2042-01-01"),
        (f"{PATH}/changes", {**split, "effective_on": "2042-01-01"}, "区划变更日期", "2042-01-01"),
        (
            f"{PATH}/changes",
            {**split, "regions": [{**new, "valid_from": "2042-01-01"}]},
            "代码启用日",
            "2042-01-01",
        ),
        (PATH, {"listed_year": 2024, "regions": [{**new, "valid_to": "2107-01-01"}]}, "代码停用日", "2107-01-01"),
    ):
        assert told(await administrator.post(path, body)) == (422, "dated-ahead", what, day)
    assert await written(admin, county) == before
    assert (await administrator.post(f"{PATH}/changes", {**split, "effective_on": str(latest())})).status_code == 201


async def test_the_database_takes_no_act_dated_far_ahead(township: Township, admin: asyncpg.Pool) -> None:
    act = (
        "INSERT INTO funds.registry_act (county_code, id, position, kind, document, effective_on, actor)"
        " VALUES ($1, gen_random_uuid(), 1000000, 'moved', '文', (now() AT TIME ZONE 'Asia/Shanghai')::date + $2::int,"
        " '谁')"
    )
    with pytest.raises(asyncpg.CheckViolationError):
        await admin.execute(act, township.county, AHEAD_DAYS + 1)
    change = (
        "INSERT INTO funds.region_change (id, kind, document, effective_on) VALUES (gen_random_uuid(), 'split', '文',"
        " (now() AT TIME ZONE 'Asia/Shanghai')::date + $1::int)"
    )
    with pytest.raises(asyncpg.CheckViolationError):
        await admin.execute(change, AHEAD_DAYS + 1)
