"""Objected rows of a published roster: the others are paid, these wait with their money frozen to the fen, or end."""

from __future__ import annotations

from datetime import timedelta

import asyncpg
import httpx

from services.funds_api.lots import ledger
from tests.callers import funds_caller
from tests.funds_api.desk import conserved, refused
from tests.funds_api.objected import (
    ROWS,
    TOTAL,
    days,
    division,
    free_fen,
    handing_down,
    objected,
    paid,
    part,
    proof,
    shown,
    township,
)
from tests.funds_api.people import CSV, Township, card, id_number
from tests.funds_api.test_publications import answered, object_to, path, publish

__all__ = ["township"]  # a fixture


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
