"""Registers of households: good rows in, bad rows back with their line, nobody's number ever in the clear."""

from __future__ import annotations

import asyncpg
import httpx
import pytest

from tests.callers import funds_caller
from tests.funds_api.people import CSV, card, id_number, register_csv

IMPORTS = "/funds/v1/households/imports"


async def imported(http: httpx.AsyncClient, county: str, raw: bytes, **more: str) -> httpx.Response:
    return await funds_caller(http, "finance_clerk", county).request("POST", IMPORTS, content=raw, headers=CSV, **more)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
async def test_a_register_in_any_usual_encoding_is_registered(
    funds_http: httpx.AsyncClient, county: str, encoding: str
) -> None:
    answer = await imported(funds_http, county, register_csv(county + "101201", range(3)).encode(encoding))
    assert answer.status_code == 201, answer.text
    assert (answer.json()["registered_n"], answer.json()["rejected_n"]) == (3, 0)


async def test_each_bad_row_comes_back_with_its_line_and_every_reason(
    funds_http: httpx.AsyncClient, county: str
) -> None:
    village = county + "101201"
    row = f"{village},张三,{id_number(1)},{card(1)},10000000001,3,2016/3/1"
    lines = [
        "某县建档立卡户登记册",
        "村代码,户主姓名,身份证号,银行卡号,手机号,人口数,登记日期",
        row,
        row,
        f"{county}101999,李四,{id_number(2)},,,3,2016-03-01",
        f"{village},,{id_number(3)[:17]}{'1' if id_number(3)[17] != '1' else '2'},12,1000000,31,2016-02-30",
        f"{village},王五,{id_number(4)},{card(4)},１３８００００００04,１,2016年3月1日",
        "",
    ]
    answer = (await imported(funds_http, county, "\n".join(lines).encode())).json()
    assert answer["registered_n"] == 2
    found = {bad["line"]: [reason["code"] for reason in bad["reasons"]] for bad in answer["rejected"]}
    everything = "name_missing id_invalid card_malformed phone_malformed persons_unreadable date_unreadable"
    assert found == {4: ["duplicate_in_file"], 5: ["village_unknown"], 6: everything.split()}
    assert answer["by_reason"]["name_missing"] == 1


async def test_known_people_are_sent_back_and_not_changed(
    funds_http: httpx.AsyncClient, county: str, admin: asyncpg.Pool
) -> None:
    village = county + "101201"
    assert (await imported(funds_http, county, register_csv(village, range(3)).encode())).status_code == 201
    before = await admin.fetch("SELECT * FROM funds.household WHERE county_code = $1 ORDER BY id", county)
    again = (await imported(funds_http, county, register_csv(county + "102201", range(2, 5)).encode())).json()
    assert (again["registered_n"], again["by_reason"]) == (2, {"already_registered": 1})
    after = await admin.fetch("SELECT * FROM funds.household WHERE county_code = $1 ORDER BY id", county)
    assert before == [row for row in after if row["region_code"] == village]


async def test_the_same_file_under_the_same_key_acts_once(
    funds_http: httpx.AsyncClient, county: str, admin: asyncpg.Pool
) -> None:
    raw = register_csv(county + "101201", range(3)).encode()
    first = await imported(funds_http, county, raw, key="import-once-1")
    again = await imported(funds_http, county, raw, key="import-once-1")
    assert again.json() == first.json()
    assert again.headers["Idempotency-Replayed"] == "true"
    other = await imported(funds_http, county, raw + b"\n", key="import-once-1")
    assert other.json()["type"] == "/problems/idempotency-key-reused"
    assert await admin.fetchval("SELECT count(*) FROM funds.household WHERE county_code = $1", county) == 3
    kinds = await admin.fetch("SELECT kind, body::text FROM funds.event WHERE stream = $1", county)
    assert [row["kind"] for row in kinds] == ["HouseholdsRegistered"]


async def test_a_file_without_the_columns_is_refused_whole(funds_http: httpx.AsyncClient, county: str) -> None:
    for raw in (b"", b"a,b\n1,2", "姓名,身份证号\n张三,1".encode(), b"\xff\xfe\x00\x81", b"PK\x03\x04rest"):
        answer = await imported(funds_http, county, raw)
        assert (answer.status_code, answer.json()["type"]) == (422, "/problems/file-unreadable"), raw


async def test_people_are_listed_masked_and_only_to_their_own_place(funds_http: httpx.AsyncClient, county: str) -> None:
    await imported(funds_http, county, register_csv(county + "101201", range(5)).encode())
    await imported(funds_http, county, register_csv(county + "102201", range(5, 7)).encode())
    path = "/funds/v1/households"
    clerk = funds_caller(funds_http, "finance_clerk", county)
    one = (await clerk.get(path, params={"village": county + "101201", "limit": 1})).json()["items"][0]
    assert (one["name"][1:], one["id_number"][:4], one["card"][:4], one["phone"][3:7]) == ("*", "****", "****", "****")
    listed = []
    mark = None
    while True:
        page = (await clerk.get(path, params={"limit": 3, **({"after": mark} if mark else {})})).json()
        listed += [item["id"] for item in page["items"]]
        mark = page["next"]
        if mark is None:
            break
    assert len(listed) == len(set(listed)) == 7
    neighbour = funds_caller(funds_http, "township_clerk", county + "102")
    assert len((await neighbour.get(path)).json()["items"]) == 2
    empty = (await neighbour.get(path, params={"village": county + "101"})).json()
    assert (empty["items"], bool(empty["empty_because"])) == ([], True)
    assert (await clerk.get(path, params={"after": "bm9uc2Vuc2U"})).status_code == 422
    assert (await neighbour.request("POST", IMPORTS, content=b"x", headers=CSV)).status_code == 403


async def test_numbers_rest_as_ciphertext_only(funds_http: httpx.AsyncClient, county: str, admin: asyncpg.Pool) -> None:
    await imported(funds_http, county, register_csv(county + "101201", range(3)).encode())
    rows = await admin.fetch("SELECT h::text AS row FROM funds.household h WHERE county_code = $1", county)
    rows += await admin.fetch("SELECT e::text AS row FROM funds.event e WHERE stream = $1", county)
    for row in rows:
        for place in range(3):
            for secret in (id_number(place), card(place), f"1000000{place:04d}"):
                assert secret not in row["row"]
                assert secret.encode().hex() not in row["row"]


async def test_a_county_of_47500_households_is_imported_whole(
    funds_http: httpx.AsyncClient, county: str, admin: asyncpg.Pool
) -> None:
    answer = await imported(funds_http, county, register_csv(county + "101201", range(47_500)).encode())
    assert answer.json()["registered_n"] == 47_500
    assert await admin.fetchval("SELECT count(*) FROM funds.household WHERE county_code = $1", county) == 47_500
