"""Objected rows of a published roster: the others are paid, these wait with their money frozen to the fen, or end."""

from __future__ import annotations

import asyncio
import hashlib
import json
from datetime import timedelta
from typing import Any

import asyncpg
import httpx
import pytest

from services.funds_api.lots import ledger
from tests.callers import funds_caller
from tests.factories import open_account, receive
from tests.funds_api.desk import conserved, refused
from tests.funds_api.people import CSV, Township, card, id_number
from tests.funds_api.test_publications import SEVEN, answered, object_to, path, publish, rule

ROWS = [(id_number(n), f"{amount}.00") for n, amount in enumerate((60, 40, 25, 75), 1)]
TOTAL = 20_000
WHOLE = {1: 6_000, 2: 4_000, 3: 2_500, 4: 7_500}


@pytest.fixture
async def township(funds_http: httpx.AsyncClient, county: str) -> Township:
    return await Township(funds_http, county).open()


async def days(admin: asyncpg.Pool, region: str, value: int, counted: str = "calendar", fund: str = "") -> None:
    """From 2017 on a list of the region is on show so many days before it is paid."""
    told = value if counted == "calendar" else {"days": value, "counted": counted}
    await admin.execute(
        "INSERT INTO funds.policy_value (key, region_code, valid_from, value, source, basis)"
        " VALUES ($1, $2, '2017-01-01', $3::jsonb, '县扶贫资金公告公示办法第五条', 'practice')",
        f"batch_publicity_days.{fund}".rstrip("."),
        region,
        json.dumps(told),
    )


async def shown(township: Township, rows: list[tuple[str, str]] = ROWS, **more: Any) -> str:
    """A checked roster of four rows (lines 2 to 5), to be paid on 1 May 2017 and on show since 24 April."""
    batch = str((await township.checked(rows, **more))["batch"]["id"])
    answer = await publish(township, batch)
    assert answer.status_code == 201, answer.text
    return batch


async def objected(township: Township, batch: str, *lines: int) -> list[str]:
    found = []
    for line in lines:
        raised = await object_to(township, batch, line=line)
        assert raised.status_code == 201, raised.text
        found.append(str(raised.json()["id"]))
    return found


async def paid(township: Township, batch: str) -> dict[str, Any]:
    answer = await township.approve(batch)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def proof(township: Township, batch: str) -> dict[str, Any]:
    answer = await township.clerk.get(path(batch))
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def division(township: Township, batch: str) -> dict[str, Any]:
    told = dict((await proof(township, batch))["division"])
    assert told["unexplained_fen"] == 0
    parts = ("paid_fen", "reversed_fen", "waiting_fen", "ended_fen")
    assert sum(told[one] for one in parts) == told["total_fen"] == sum(one["amount_fen"] for one in told["parts"])
    return told


def part(told: dict[str, Any], line: int) -> dict[str, Any]:
    [found] = [one for one in told["parts"] if one["line"] == line]
    return dict(found)


async def free_fen(admin: asyncpg.Pool, county: str, account: str) -> tuple[int, int]:
    """What rests on an account, and what holds in force keep of it."""
    rests = "SELECT coalesce(sum(remaining_fen), 0)::bigint FROM funds.lot WHERE county_code = $1 AND account_id = $2"
    held = (
        "SELECT coalesce(sum(k.amount_fen), 0)::bigint FROM funds.hold_lot k JOIN funds.hold h"
        " ON h.county_code = k.county_code AND h.id = k.hold_id AND h.status = 'held'"
        " WHERE h.county_code = $1 AND h.account_id = $2"
    )
    return await admin.fetchval(rests, county, account), await admin.fetchval(held, county, account)


async def handing_down(township: Township, fen: int) -> dict[str, Any]:
    """An order of the township's office to a village, of the money that its rosters are paid from."""
    village = await open_account(township.http, township.county + "101201", "village_collective")
    return {
        "kind": "hand_down",
        "document": "文1",
        "effective_on": "2017-04-30",
        "fund_code": township.fund,
        "from_account_id": township.office,
        "lines": [{"to_account_id": village, "amount_fen": fen}],
    }


async def test_the_objected_row_waits_with_its_money_and_the_others_are_paid(
    township: Township, admin: asyncpg.Pool
) -> None:
    await days(admin, township.county, 7)
    batch = await shown(township)
    await objected(township, batch, 3)
    answer = await paid(township, batch)
    assert (answer["rows"], answer["total_fen"], answer["unexplained_fen"]) == (3, 16_000, 0)
    assert (answer["batch"]["part_of"], answer["batch"]["part_line"]) == (batch, 0)
    assert [(one["lo_fen"], one["hi_fen"], one["first_line"], one["last_line"]) for one in answer["spans"]] == [
        (0, 16_000, 2, 5)
    ]
    told = await division(township, batch)
    assert answer["division"] == told
    figures = ("paid_fen", "waiting_fen", "ended_fen", "frozen_fen", "rows", "total_fen")
    assert [told[one] for one in figures] == [16_000, 4_000, 0, 4_000, 4, TOTAL]
    waits = part(told, 3)
    assert (waits["status"], waits["amount_fen"], waits["frozen_fen"]) == ("checked", 4_000, 4_000)
    assert waits["frozen_since"] == str(ledger.today())
    assert await free_fen(admin, township.county, township.office) == (984_000, 4_000)
    whole = (await proof(township, batch))["batch"]
    assert (whole["status"], whole["total_fen"], whole["approved_by"]) == ("divided", TOTAL, "wang")
    await conserved(admin, township.county)

    public = (await township.clerk.get(path(batch, "publications"))).json()
    [row] = public["contested"]
    assert (row["line"], row["state"], row["amount_fen"], row["frozen_fen"]) == (3, "open", 4_000, 4_000)
    assert (row["batch_id"], row["hold_id"]) == (waits["batch_id"], waits["hold_id"])
    assert (row["raised_on"], row["frozen_since"]) == ("2017-04-26", str(ledger.today()))
    before = {"as_of": str(ledger.today() - timedelta(days=1))}
    [row] = (await township.clerk.get(path(batch, "publications"), params=before)).json()["contested"]
    assert (row["frozen_fen"], row["hold_id"]) == (0, None)
    assert (await township.clerk.get(path(waits["batch_id"], "publications"))).json()["contested"] == public[
        "contested"
    ]


async def test_a_row_whose_objection_is_unfounded_is_paid_out_of_its_own_money(
    township: Township, admin: asyncpg.Pool
) -> None:
    await days(admin, township.county, 7)
    batch = await shown(township)
    [objection] = await objected(township, batch, 3)
    await paid(township, batch)
    waits = part(await division(township, batch), 3)
    refused(await township.approve(waits["batch_id"]), 409, "rows-objected", {"rows_n": 1, "waiting_n": 1})
    closed = await answered(township, batch, objection)
    assert (closed.status_code, closed.json()["verdict"]) == (201, "unfounded"), closed.text
    assert await free_fen(admin, township.county, township.office) == (984_000, 4_000), "until it is paid"
    answer = await paid(township, waits["batch_id"])
    assert (answer["rows"], answer["total_fen"], answer["division"]) == (1, 4_000, None)
    assert await free_fen(admin, township.county, township.office) == (980_000, 0)
    told = await division(township, batch)
    assert (told["paid_fen"], told["waiting_fen"], told["frozen_fen"]) == (TOTAL, 0, 0)
    await conserved(admin, township.county)
    again = await township.approve(waits["batch_id"])
    assert again.json()["type"] == "/problems/batch-not-checked"


async def test_a_row_objected_to_with_reason_ends_and_its_money_is_free(
    township: Township, admin: asyncpg.Pool
) -> None:
    await days(admin, township.county, 7)
    batch = await shown(township)
    first, second = await objected(township, batch, 3, 4)
    await paid(township, batch)
    assert await free_fen(admin, township.county, township.office) == (986_500, 6_500)
    closed = await answered(township, batch, first, verdict="upheld", outcome="核实有车")
    assert (closed.status_code, closed.json()["verdict"]) == (201, "upheld"), closed.text
    assert await free_fen(admin, township.county, township.office) == (986_500, 2_500), "the other row waits on"
    told = await division(township, batch)
    assert [(one["line"], one["status"]) for one in told["parts"]] == [(0, "posted"), (3, "withdrawn"), (4, "checked")]
    assert (told["paid_fen"], told["waiting_fen"], told["ended_fen"]) == (13_500, 2_500, 4_000)
    assert (await township.approve(part(told, 3)["batch_id"])).json()["type"] == "/problems/batch-not-checked"
    assert (await answered(township, batch, second, verdict="withdrawn")).json()["verdict"] == "withdrawn"
    await paid(township, part(told, 4)["batch_id"])
    told = await division(township, batch)
    assert (told["paid_fen"], told["waiting_fen"], told["ended_fen"], told["frozen_fen"]) == (16_000, 0, 4_000, 0)
    states = {
        one["line"]: (one["state"], one["status"], one["frozen_fen"])
        for one in (await township.clerk.get(path(batch, "publications"))).json()["contested"]
    }
    assert states == {3: ("upheld", "withdrawn", 0), 4: ("answered", "posted", 0)}


async def test_a_row_that_ended_before_the_approval_is_not_paid_and_needs_no_money(
    funds_http: httpx.AsyncClient, county: str, admin: asyncpg.Pool
) -> None:
    """16,000 fen are left for 20,000: enough, once 4,000 are owed no more. No policy value asks for publicity."""
    township = await Township(funds_http, county, fen=TOTAL).open()
    batch = await shown(township)
    handed = await township.clerk.post("/funds/v1/movements", await handing_down(township, 4_000))
    assert handed.status_code == 201, handed.text
    assert (await township.approve(batch)).json()["type"] == "/problems/money-not-there"
    [objection] = await objected(township, batch, 3)
    assert (await answered(township, batch, objection, verdict="upheld")).status_code == 201
    answer = await paid(township, batch)
    assert (answer["total_fen"], answer["division"]["ended_fen"], answer["division"]["frozen_fen"]) == (
        16_000,
        4_000,
        0,
    )
    assert part(answer["division"], 3)["status"] == "withdrawn"
    await division(township, batch)
    await conserved(admin, county)


async def test_two_rows_of_one_household_wait_and_are_answered_each_by_itself(
    township: Township, admin: asyncpg.Pool
) -> None:
    await days(admin, township.county, 7)
    wife, son = id_number(101), id_number(102)
    header = "村代码,户主姓名,身份证号,银行卡号,手机号,人口数,登记日期,与户主关系,户主身份证号"
    register = [f",成员{at},{member},{card(at)},,,,子女,{id_number(1)}" for at, member in ((101, wife), (102, son))]
    raw = "\n".join([header, *register]).encode()
    answer = await township.finance.request("POST", "/funds/v1/households/imports", content=raw, headers=CSV)
    assert answer.status_code == 201, answer.text
    batch = await shown(township, [(wife, "60.00"), (son, "40.00"), (id_number(2), "30.00")], per="person")
    await objected(township, batch, 2)
    [second] = await objected(township, batch, 3)
    told = (await paid(township, batch))["division"]
    assert [(one["line"], one["amount_fen"]) for one in told["parts"]] == [(0, 3_000), (2, 6_000), (3, 4_000)]
    assert (await answered(township, batch, second)).status_code == 201
    assert (await paid(township, part(told, 3)["batch_id"]))["total_fen"] == 4_000
    assert (await township.approve(part(told, 2)["batch_id"])).json()["type"] == "/problems/rows-objected"
    assert (await division(township, batch))["frozen_fen"] == 6_000


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


async def test_an_objection_to_the_whole_list_stops_all_of_it_and_freezes_nothing(
    township: Township, admin: asyncpg.Pool
) -> None:
    await days(admin, township.county, 7)
    batch = await shown(township)
    whole = (await object_to(township, batch)).json()["id"]
    await objected(township, batch, 3)
    refused(await township.approve(batch), 409, "list-objected", {"objections_open_n": 1, "upheld": False})
    assert await free_fen(admin, township.county, township.office) == (1_000_000, 0)
    assert (await answered(township, batch, whole, verdict="upheld")).status_code == 201
    refused(await township.approve(batch), 409, "list-objected", {"objections_open_n": 0, "upheld": True})
    assert (await proof(township, batch))["batch"]["status"] == "checked"
    assert (await township.clerk.post(path(batch, "withdrawal"), {"reason": "名单有误"})).status_code == 200


async def test_of_a_roster_whose_every_row_is_objected_to_nothing_is_paid(
    township: Township, admin: asyncpg.Pool
) -> None:
    await days(admin, township.county, 7)
    batch = await shown(township, ROWS[:2])
    first, _ = await objected(township, batch, 2, 3)
    refused(await township.approve(batch), 409, "rows-objected", {"rows_n": 2, "waiting_n": 2, "upheld_n": 0})
    assert (await answered(township, batch, first, verdict="upheld")).status_code == 201
    refused(await township.approve(batch), 409, "rows-objected", {"waiting_n": 1, "upheld_n": 1, "first_line": 2})


async def test_an_objection_after_the_approval_stops_what_waits_and_nothing_that_was_paid(
    township: Township, admin: asyncpg.Pool
) -> None:
    await days(admin, township.county, 7)
    batch = await shown(township)
    [objection] = await objected(township, batch, 3)
    told = (await paid(township, batch))["division"]
    waits = part(told, 3)["batch_id"]
    assert (await publish(township, batch)).json()["figures"]["status"] == "divided"
    assert (await publish(township, waits)).json()["type"] == "/problems/not-publishable"
    await objected(township, batch, 2)
    assert (await answered(township, batch, objection)).status_code == 201
    again = await object_to(township, waits, line=3, text="又有人反映")
    assert (again.status_code, again.json()["batch_id"]) == (201, batch)
    refused(await township.approve(waits), 409, "rows-objected", {"waiting_n": 1, "first_line": 3})
    assert (await answered(township, waits, again.json()["id"], verdict="withdrawn")).status_code == 201
    whole = (await object_to(township, batch)).json()["id"]
    refused(await township.approve(waits), 409, "list-objected", {"objections_open_n": 1})
    assert (await answered(township, batch, whole)).status_code == 201
    assert (await paid(township, waits))["total_fen"] == 4_000
    assert (await division(township, batch))["paid_fen"] == TOTAL


async def test_a_list_objected_to_with_reason_ends_every_row_that_waits(
    township: Township, admin: asyncpg.Pool
) -> None:
    await days(admin, township.county, 7)
    batch = await shown(township)
    await objected(township, batch, 3, 4)
    await paid(township, batch)
    whole = (await object_to(township, batch)).json()["id"]
    assert (await answered(township, batch, whole, verdict="upheld")).status_code == 201
    told = await division(township, batch)
    assert (told["paid_fen"], told["ended_fen"], told["frozen_fen"]) == (13_500, 6_500, 0)
    assert await free_fen(admin, township.county, township.office) == (986_500, 0)


async def test_the_frozen_money_pays_nothing_else(
    funds_http: httpx.AsyncClient, county: str, admin: asyncpg.Pool
) -> None:
    """Of 20,000 fen 16,000 are paid; what is left is there and not free, by age, by lot and by the hold itself."""
    township = await Township(funds_http, county, fen=TOTAL).open()
    await days(admin, county, 7)
    batch = await shown(township)
    await objected(township, batch, 3)
    hold = part((await paid(township, batch))["division"], 3)["hold_id"]
    order = await handing_down(township, 1)
    refused(
        await township.clerk.post("/funds/v1/movements", order),
        409,
        "money-held",
        {"asked_fen": 1, "free_fen": 0, "held_fen": 4_000},
    )
    figures = {"hold_id": hold, "list_batch_id": batch, "line": 3, "frozen_fen": 4_000, "row_fen": 4_000}
    named = {**order, "hold_id": hold}
    refused(await township.clerk.post("/funds/v1/movements", named), 409, "hold-for-objected-row", figures)
    voiding = f"/funds/v1/holds/{hold}/voiding"
    finance = funds_caller(funds_http, "finance_clerk", county)
    refused(await finance.post(voiding, {"reason": "放开"}), 409, "hold-for-objected-row", figures)
    other = {
        "account_id": township.office,
        "fund_code": township.fund,
        "entitlement": "另一项",
        "document": "文2",
        "effective_on": "2017-05-01",
        "use": "production",
        "hold_id": hold,
    }
    refused(await township.clerk.post("/funds/v1/payment-batches", other), 409, "hold-for-objected-row", figures)
    with pytest.raises(asyncpg.PostgresError) as error:
        await admin.execute(
            "UPDATE funds.hold SET status = 'voided', ended_position = 1 WHERE county_code = $1 AND id = $2",
            county,
            hold,
        )
    assert error.value.sqlstate == "QL414", "the database knows it as well"
    assert await free_fen(admin, county, township.office) == (4_000, 4_000)


async def test_whoever_gives_the_row_up_sets_its_money_free(township: Township, admin: asyncpg.Pool) -> None:
    await days(admin, township.county, 7)
    batch = await shown(township)
    await objected(township, batch, 3)
    waits = part((await paid(township, batch))["division"], 3)["batch_id"]
    over = await township.clerk.post(path(batch, "withdrawal"), {"reason": "不再发放"})
    assert over.json()["type"] == "/problems/batch-over", "the list itself is divided"
    given_up = await township.clerk.post(path(waits, "withdrawal"), {"reason": "本户自愿放弃"})
    assert (given_up.status_code, given_up.json()["status"]) == (200, "withdrawn")
    assert await free_fen(admin, township.county, township.office) == (984_000, 0)
    assert (await division(township, batch))["ended_fen"] == 4_000


async def test_maker_is_not_checker_of_a_part_and_the_neighbour_sees_nothing(
    township: Township, admin: asyncpg.Pool
) -> None:
    await days(admin, township.county, 7)
    batch = await shown(township)
    [objection] = await objected(township, batch, 3)
    both = funds_caller(township.http, ["township_clerk", "township_reviewer"], township.region, subject="li")
    assert (await township.approve(batch, by=both)).json()["type"] == "/problems/maker-is-checker"
    told = (await paid(township, batch))["division"]
    waits = part(told, 3)["batch_id"]
    upheld = {"closed_on": "2017-04-28", "outcome": "有车", "verdict": "upheld"}
    own = await both.post(path(waits, "objections", objection, "answer"), upheld)
    assert own.json()["type"] == "/problems/objection-to-own-work"
    assert (await answered(township, waits, objection)).status_code == 201
    assert (await township.approve(waits, by=both)).json()["type"] == "/problems/maker-is-checker"
    for neighbour in (township.neighbour, funds_caller(township.http, "township_reviewer", township.county + "102")):
        for one in (batch, waits):
            assert (await neighbour.get(path(one))).status_code == 404
            assert (await neighbour.get(path(one, "publications"))).status_code == 404
    stranger = funds_caller(township.http, "township_reviewer", township.county + "102")
    assert (await township.approve(waits, by=stranger)).status_code == 404
    assert (await township.approve(waits)).status_code == 201


async def test_a_key_divides_and_pays_once(township: Township, admin: asyncpg.Pool) -> None:
    await days(admin, township.county, 7)
    batch = await shown(township)
    [objection] = await objected(township, batch, 3)
    first = await township.approve(batch, key="approval-of-the-list")
    again = await township.approve(batch, key="approval-of-the-list")
    assert (again.json(), again.headers["Idempotency-Replayed"]) == (first.json(), "true")
    assert await free_fen(admin, township.county, township.office) == (984_000, 4_000)
    body = {"closed_on": "2017-04-28", "outcome": "有车", "verdict": "upheld"}
    where = path(batch, "objections", objection, "answer")
    closed = await township.reviewer.post(where, body, key="answer-to-the-objection")
    assert (await township.reviewer.post(where, body, key="answer-to-the-objection")).json() == closed.json()
    kinds = await admin.fetch(
        "SELECT kind, body FROM funds.event WHERE stream = $1 ORDER BY position DESC LIMIT 3", township.county
    )
    assert [row["kind"] for row in kinds] == ["BatchObjected", "BatchDivided", "PaymentsDisbursed"]


async def test_the_paid_part_can_be_undone_and_the_row_waits_on(township: Township, admin: asyncpg.Pool) -> None:
    await days(admin, township.county, 7)
    batch = await shown(township)
    [objection] = await objected(township, batch, 3)
    answer = await paid(township, batch)
    undo = {"kind": "reverse", "document": "冲1", "effective_on": "2017-05-03", "movement_id": answer["movement_id"]}
    reviewer = funds_caller(township.http, "finance_clerk", township.county)
    undone = await reviewer.post("/funds/v1/movements", undo)
    assert undone.status_code == 201, undone.text
    told = await division(township, batch)
    assert (told["paid_fen"], told["reversed_fen"]) == (0, 16_000)
    assert (told["waiting_fen"], told["frozen_fen"]) == (4_000, 4_000)
    assert await free_fen(admin, township.county, township.office) == (1_000_000, 4_000)
    assert (await answered(township, batch, objection)).status_code == 201
    part_paid = await paid(township, part(told, 3)["batch_id"])
    undo |= {"document": "冲2", "movement_id": part_paid["movement_id"]}
    undone = await reviewer.post("/funds/v1/movements", undo)
    assert undone.status_code == 201, undone.text
    told = await division(township, batch)
    assert (told["reversed_fen"], told["waiting_fen"], told["frozen_fen"]) == (TOTAL, 0, 0)
    await conserved(admin, township.county)


async def test_the_parts_are_the_published_list_and_nobody_is_paid_twice(
    township: Township, admin: asyncpg.Pool
) -> None:
    await days(admin, township.county, 7)
    batch = await shown(township, entitlement="产业奖补2017")
    await objected(township, batch, 3)
    told = (await paid(township, batch))["division"]
    whole = (await proof(township, batch))["batch"]
    [one] = (await township.clerk.get(path(batch, "publications"))).json()["publications"]
    assert one["list_sha256"] == whole["list_sha256"] == told["list_sha256"]
    rows = await admin.fetch(
        "SELECT p.payee_token, p.household_id FROM funds.payment p JOIN funds.payment_batch b ON b.id = p.batch_id"
        " WHERE b.county_code = $1 AND b.part_of = $2 ORDER BY p.line",
        township.county,
        batch,
    )
    hashed = hashlib.sha256(b"".join(row["payee_token"] + row["household_id"].bytes for row in rows)).hexdigest()
    assert hashed == whole["list_sha256"], "the parts together are the list that was shown"
    for some in (batch, *(one["batch_id"] for one in told["parts"])):
        listed = (await township.clerk.get(path(some, "list"))).json()
        assert (listed["unexplained_n"], listed["again_sha256"]) == (0, listed["sha256"])

    page = (await township.clerk.get("/funds/v1/payments", params={"batch": batch})).json()["items"]
    assert {(row["status"], row["continues_as"]) for row in page} == {
        ("divided", f"{part(told, 3 if line == 3 else 0)['batch_id']}-{line}") for line in (2, 3, 4, 5)
    }
    statuses = {}
    for row in page:
        seen = (await township.clerk.get(f"/funds/v1/payments/{row['continues_as']}")).json()
        same = ("name", "id_number", "card", "amount_fen", "household_id")
        assert [seen[one] for one in same] == [row[one] for one in same]
        statuses[seen["line"]] = seen["status"]
    assert statuses == {2: "paid", 3: "waiting", 4: "paid", 5: "paid"}
    traced = await township.clerk.get(f"/funds/v1/payments/{part(told, 0)['batch_id']}-5/trace")
    assert (traced.status_code, traced.json()["traced_fen"], traced.json()["payee"]) == (200, 7_500, page[0]["name"])

    other = await township.checked(ROWS, entitlement="产业奖补2017")
    assert (other["rows_good"], other["rows_bad"]) == (0, 4), "paid, or waiting in a part"


async def test_an_objection_and_an_approval_race_and_the_row_is_never_paid_unheard(
    township: Township, admin: asyncpg.Pool
) -> None:
    await days(admin, township.county, 7)
    batch = await shown(township)
    raised, approved = await asyncio.gather(object_to(township, batch, line=3), township.approve(batch))
    assert (raised.status_code, approved.status_code) == (201, 201), (raised.text, approved.text)
    if approved.json()["division"] is None:  # it came first
        assert approved.json()["total_fen"] == TOTAL
        return
    told = await division(township, batch)
    assert (told["paid_fen"], told["waiting_fen"]) == (16_000, 4_000)


async def test_an_answer_and_the_approval_of_the_part_race_and_one_of_them_ends_it(
    township: Township, admin: asyncpg.Pool
) -> None:
    await days(admin, township.county, 7)
    batch = await shown(township)
    first, second = *(await objected(township, batch, 3)), *(await objected(township, batch, 3))
    waits = part((await paid(township, batch))["division"], 3)["batch_id"]
    assert (await answered(township, batch, first)).status_code == 201
    closed, approved, gone = await asyncio.gather(
        answered(township, batch, second, verdict="upheld"),
        township.approve(waits),
        township.clerk.post(path(waits, "withdrawal"), {"reason": "放弃"}),
    )
    assert closed.status_code == 201, closed.text
    assert approved.status_code == 409, "never paid against an objection that is open or has reason"
    assert gone.status_code in {200, 409}, gone.text
    told = await division(township, batch)
    assert (told["ended_fen"], told["frozen_fen"]) == (4_000, 0)
    assert await free_fen(admin, township.county, township.office) == (984_000, 0)


async def test_a_row_that_waited_beyond_a_closing_is_paid_on_a_later_day(
    township: Township, admin: asyncpg.Pool
) -> None:
    await days(admin, township.county, 7)
    batch = await shown(township)
    [objection] = await objected(township, batch, 3)
    day = {"effective_on": "2017-05-02"}
    own = await township.reviewer.post(path(batch, "approval"), day)
    refused(own, 409, "approval-day-refused", {"waited": False, "earliest_on": "2017-05-01"})
    waits = part((await paid(township, batch))["division"], 3)["batch_id"]
    assert (await answered(township, batch, objection)).status_code == 201
    closing = {"through": "2017-05-31", "document": "县财政局关账通知"}
    reviewer = funds_caller(township.http, "finance_reviewer", township.county)
    closed = await reviewer.post("/funds/v1/closings", closing)
    assert closed.status_code == 201, closed.text
    assert (await township.approve(waits)).json()["type"] == "/problems/books-closed"
    early = await township.reviewer.post(path(waits, "approval"), {"effective_on": "2017-04-30"})
    refused(early, 409, "approval-day-refused", {"waited": True, "asked_on": "2017-04-30"})
    ahead = {"effective_on": str(ledger.today() + timedelta(days=40))}
    assert (await township.reviewer.post(path(waits, "approval"), ahead)).json()["type"] == "/problems/dated-ahead"
    late = await township.reviewer.post(path(waits, "approval"), {"effective_on": "2017-06-01"})
    assert late.status_code == 201, late.text
    assert late.json()["batch"]["effective_on"] == "2017-06-01"
    told = await division(township, batch)
    assert (told["paid_fen"], part(told, 3)["movement_id"]) == (TOTAL, late.json()["movement_id"])
    assert await free_fen(admin, township.county, township.office) == (980_000, 0)


async def test_the_very_lots_that_would_have_fed_a_row_are_frozen(
    funds_http: httpx.AsyncClient, county: str, admin: asyncpg.Pool
) -> None:
    """Lots of 70, 50 and 100 元 in turn; rows of 60, 40, 25 and 75: the second is fed by the first two."""
    township = await Township(funds_http, county, fen=7_000).open()
    for fen, on in ((5_000, "2017-03-02"), (10_000, "2017-03-03")):
        await receive(funds_http, county, township.office, fen, on)
    await days(admin, county, 7)
    batch = await shown(township)
    [second, third] = await objected(township, batch, 3, 4)
    answer = await paid(township, batch)
    assert [(one["lo_fen"], one["hi_fen"]) for one in answer["spans"]] == [(0, 6_000), (6_000, 13_500)]
    kept = await admin.fetch(
        "SELECT b.part_line, l.amount_fen AS lot_fen, k.amount_fen FROM funds.hold_lot k"
        " JOIN funds.payment_batch b ON b.county_code = k.county_code AND b.hold_id = k.hold_id"
        " JOIN funds.lot l ON l.county_code = k.county_code AND l.id = k.lot_id"
        " WHERE k.county_code = $1 ORDER BY b.part_line, l.arrived_on",
        county,
    )
    assert [tuple(row) for row in kept] == [(3, 7_000, 1_000), (3, 5_000, 3_000), (4, 5_000, 2_000), (4, 10_000, 500)]
    assert (await answered(township, batch, second)).status_code == 201
    assert (await answered(township, batch, third, verdict="upheld")).status_code == 201
    told = await division(township, batch)
    spans = (await paid(township, part(told, 3)["batch_id"]))["spans"]
    assert [one["amount_fen"] for one in spans] == [1_000, 3_000], "out of the lots that had waited for it"
    assert await free_fen(admin, county, township.office) == (4_500, 0)
    await conserved(admin, county)


@pytest.mark.parametrize("more_fen", [0, 5_000])
async def test_a_hold_that_the_batch_names_passes_on_its_share(
    township: Township, admin: asyncpg.Pool, more_fen: int
) -> None:
    await days(admin, township.county, 7)
    body = {"account_id": township.office, "amount_fen": TOTAL + more_fen, "document": "付申1", "purpose": "待支付"}
    held = await funds_caller(township.http, "finance_clerk", township.county).post("/funds/v1/holds", body)
    assert held.status_code == 201, held.text
    batch = await shown(township, hold_id=held.json()["id"])
    [objection] = await objected(township, batch, 3)
    told = (await paid(township, batch))["division"]
    assert (told["paid_fen"], told["frozen_fen"]) == (16_000, 4_000)
    assert part(told, 3)["hold_id"] != held.json()["id"]
    assert await free_fen(admin, township.county, township.office) == (984_000, 4_000), "nothing else is frozen"
    assert (await answered(township, batch, objection)).status_code == 201
    await paid(township, part(told, 3)["batch_id"])
    assert await free_fen(admin, township.county, township.office) == (980_000, 0)
    await conserved(admin, township.county)


async def test_what_came_back_for_an_objected_row_stays_under_its_own_hold(
    township: Township, admin: asyncpg.Pool
) -> None:
    """30 元 of the row came back from an earlier payment and are kept: 10 元 more are frozen, and both pay it."""
    await days(admin, township.county, 7)
    title = "产业奖补退汇"
    first = await shown(township, [(id_number(2), "30.00"), (id_number(9), "1.00")], entitlement=title)
    await paid(township, first)
    back = {"document": "退汇1", "effective_on": "2017-05-01", "reason": "account_closed"}
    bank = funds_caller(township.http, "bank", township.county)
    returned = await bank.post(f"/funds/v1/payments/{first}-2/returns", back)
    assert returned.status_code == 201, returned.text
    batch = await shown(township, entitlement=title)
    [objection] = await objected(township, batch, 3)
    told = (await paid(township, batch))["division"]
    assert (part(told, 3)["amount_fen"], part(told, 3)["frozen_fen"]) == (4_000, 1_000)
    assert await free_fen(admin, township.county, township.office) == (983_900, 4_000), "30 元 kept, 10 元 frozen"
    assert (await answered(township, batch, objection)).status_code == 201
    spans = (await paid(township, part(told, 3)["batch_id"]))["spans"]
    assert sorted(one["amount_fen"] for one in spans) == [1_000, 3_000]
    assert await free_fen(admin, township.county, township.office) == (979_900, 0)
    await conserved(admin, township.county)


async def test_what_was_known_before_the_division_is_told_as_it_was(township: Township, admin: asyncpg.Pool) -> None:
    await days(admin, township.county, 7)
    batch = await shown(township)
    await objected(township, batch, 3)
    before = (await admin.fetchval("SELECT clock_timestamp()")).isoformat()
    await paid(township, batch)
    params = {"batch": batch, "known_at": before}
    then = (await township.clerk.get("/funds/v1/payments", params=params)).json()["items"]
    assert {(row["status"], row["continues_as"]) for row in then} == {("waiting", None)}
