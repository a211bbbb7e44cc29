"""The cap of a household for one entitlement holds over all rosters of persons that pay it, and at the same moment."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import uuid4

import asyncpg
import httpx

from tests.funds_api.desk import refused
from tests.funds_api.people import Township
from tests.funds_api.test_fund_year import reasons
from tests.funds_api.test_household_year import ALONE, HEAD, SON, WIFE
from tests.funds_api.test_household_year import township as township  # noqa: PLC0414 - a fixture
from tests.funds_api.test_kin_counties import LATER, ON, Border, entitlement
from tests.funds_api.test_kin_counties import border as border  # noqa: PLC0414 - a fixture

CAP_FEN, SOURCE = 5_000, "县办法第三条"


async def cap(admin: asyncpg.Pool, place: Township) -> None:
    """From now on a household of the county gets at most 50 元 of an entitlement of its fund."""
    row = "INSERT INTO funds.policy_value VALUES ($1, $2, '2017-01-01', $3, $4, 'practice')"
    await admin.execute(row, f"household_cap_fen.{place.fund}", place.county, str(CAP_FEN), SOURCE)


async def members(township: Township, title: str, *rows: tuple[str, str], **more: Any) -> dict[str, Any]:
    return await township.checked(list(rows), entitlement=title, per="person", **more)


async def approve(township: Township, checked: dict[str, Any]) -> httpx.Response:
    return await township.approve(checked["batch"]["id"])


async def test_two_rosters_of_persons_share_the_cap_of_a_household(township: Township, admin: asyncpg.Pool) -> None:
    await cap(admin, township)
    title = entitlement()
    first = await members(township, title, (HEAD, "30"), (ALONE, "50"))
    second = await members(township, title, (WIFE, "20.01"), (SON, "20"))
    assert await township.rejected(second["batch"]["id"]) == {2: ["over_household_cap_with_others"]}, "it waits only"
    [told] = await reasons(township, second)
    assert told["figures"] == {"entitled_fen": 3_000, "amount_fen": 2_001, "cap_fen": CAP_FEN, "source": SOURCE}
    assert "已列该户本项目 30.00 元，加本行 20.01 元，超每户上限 50.00 元" in told["text"]
    assert [(await approve(township, one)).status_code for one in (first, second)] == [201, 201], "to the fen"
    third = await members(township, title, (WIFE, "0.01"))
    assert third["by_reason"] == {"over_household_cap_with_others": 1}
    other = await members(township, entitlement(), (WIFE, "50"))
    assert other["rows_good"] == 1, "of each entitlement once"


async def test_rows_of_the_same_roster_count_with_those_of_others(township: Township, admin: asyncpg.Pool) -> None:
    await cap(admin, township)
    title = entitlement()
    await members(township, title, (HEAD, "10"))
    checked = await members(township, title, (WIFE, "30"), (SON, "10.01"))
    assert await township.rejected(checked["batch"]["id"]) == {3: ["over_household_cap_with_others"]}
    [told] = await reasons(township, checked)
    assert told["figures"]["entitled_fen"] == 4_000


async def test_what_was_posted_or_laid_down_since_the_check_is_heard_at_the_approval(
    township: Township, admin: asyncpg.Pool
) -> None:
    title = entitlement()
    first = await members(township, title, (WIFE, "30"), (ALONE, "50"))
    second = await members(township, title, (HEAD, "20.01"))
    whole = await township.checked([(HEAD, "20"), (ALONE, "50.01")])
    await cap(admin, township)
    assert (await approve(township, first)).status_code == 201
    figures = {"entitlement": title, "homes_n": 1, "first_line": 2, "cap_fen": CAP_FEN, "over_fen": 1, "source": SOURCE}
    refused(await approve(township, second), 409, "over-household-cap", figures)
    refused(await approve(township, whole), 409, "over-household-cap", {"homes_n": 1, "first_line": 3, "over_fen": 1})


async def test_of_two_approvals_at_once_one_pays(township: Township, admin: asyncpg.Pool) -> None:
    titles = [entitlement() for _ in range(5)]
    pairs = [
        [await members(township, title, (WIFE, "30")), await members(township, title, (SON, "30"))] for title in titles
    ]
    await cap(admin, township)
    for pair in pairs:
        answers = await asyncio.gather(*(approve(township, one) for one in pair))
        assert sorted(one.status_code for one in answers) == [201, 409], [one.text for one in answers]
        assert {one.json().get("type") for one in answers} == {None, "/problems/over-household-cap"}


async def test_what_came_back_gives_room_and_is_not_had_twice(township: Township, admin: asyncpg.Pool) -> None:
    await cap(admin, township)
    title = entitlement()
    first = await members(township, title, (HEAD, "40"))
    assert (await approve(township, first)).status_code == 201
    back = {"document": "退汇1", "effective_on": "2017-05-01", "amount_fen": 1_500, "reason": "account_closed"}
    row = f"/funds/v1/payments/{first['batch']['id']}-2/returns"
    returned = await township.finance.post(row, back)
    assert returned.status_code == 201, returned.text
    second = await members(township, title, (WIFE, "25.01"), (SON, "25"))
    assert second["by_reason"] == {"over_household_cap_with_others": 1}
    assert (await approve(township, second)).status_code == 201
    undo = {"kind": "reverse", "document": "冲1", "effective_on": "2017-05-02", "movement_id": returned.json()["id"]}
    figures = {"homes_n": 1, "first_line": 2, "cap_fen": CAP_FEN, "over_fen": 1_500}
    refused(await township.finance.post("/funds/v1/movements", undo), 409, "over-household-cap", figures)


async def test_a_batch_that_was_given_up_or_undone_used_up_nothing(township: Township, admin: asyncpg.Pool) -> None:
    await cap(admin, township)
    title = entitlement()
    given_up = await members(township, title, (HEAD, "50"))
    path = f"/funds/v1/payment-batches/{given_up['batch']['id']}/withdrawal"
    assert (await township.clerk.post(path, {"reason": "误传"})).status_code == 200
    undone = await members(township, title, (WIFE, "50"))
    movement = (await approve(township, undone)).json()["movement_id"]
    reversal = {"kind": "reverse", "document": f"冲{uuid4().hex[:6]}", "effective_on": "2017-05-02"}
    answer = await township.finance.post("/funds/v1/movements", {**reversal, "movement_id": movement})
    assert answer.status_code == 201, answer.text
    assert (await members(township, title, (SON, "50")))["rows_good"] == 1


async def test_the_cap_goes_on_over_a_change_of_code(border: Border) -> None:
    for one in (border.old, border.new):
        await cap(border.admin, one)
    title, waiting = entitlement(), entitlement()
    await border.old.paid({1: "30"}, "2018-02-01", entitlement=title, per="person")
    there = await border.old.judged({1: "30"}, "2018-02-01", entitlement=waiting, per="person")
    await border.settle()
    here = await border.new.judged({101: "30", 2: "50"}, LATER, entitlement=waiting, per="person")
    assert here["rows_bad"] == 0
    await border.change("recoded", [border.old], [border.new], ON)
    checked = await border.new.judged({101: "20.01", 102: "20"}, LATER, entitlement=title, per="person")
    assert await border.new.rejected(checked["batch"]["id"]) == {2: ["over_household_cap_with_others"]}
    answers = await asyncio.gather(border.old.approve(there["batch"]["id"]), border.new.approve(here["batch"]["id"]))
    assert sorted(one.status_code for one in answers) == [201, 409], [one.text for one in answers]
    refusal = next(one for one in answers if one.status_code == 409)
    refused(refusal, 409, "over-household-cap", {"homes_n": 1, "first_line": 2, "over_fen": 1_000})
