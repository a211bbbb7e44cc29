"""Every reason to send a row back fires, with its figures, and its near miss does not."""

from __future__ import annotations

import csv
import io

import asyncpg
import fastexcel
import httpx
import pytest

from services.funds_api.payments.reasons import REASONS
from tests.callers import funds_caller
from tests.factories import open_account, receive
from tests.funds_api.people import Township, id_number, roster_csv
from treasury.identifiers import id_check_character


@pytest.fixture
async def township(funds_http: httpx.AsyncClient, county: str) -> Township:
    return await Township(funds_http, county).open()


def wrong_digit(number: str) -> str:
    return number[:17] + ("1" if number[17] != "1" else "2")


async def test_what_is_written_in_the_row_itself(township: Township) -> None:
    no_day = "99000019800230001"
    batch = await township.batch()
    told = await township.checked(
        [
            (id_number(1), "1000"),  # line 2: nothing wrong
            ("", "1000"),
            (wrong_digit(id_number(2)), "1000"),
            (id_number(3)[:15], "1000"),
            (no_day + id_check_character(no_day), "1000"),
            (id_number(4), "一千元"),
            (id_number(5), "0"),
            (id_number(6), "-1"),
            (id_number(7), "0.001"),
            (id_number(8), "0.01"),  # line 10: one fen is money
            (id_number(9), ""),
            (wrong_digit(id_number(10)), "0"),
            ("99000019800228001" + id_check_character("99000019800228001"), "1"),  # line 13: the day exists
        ],
        batch,
    )
    assert await township.rejected(batch) == {
        3: ["id_missing"],
        4: ["id_check_digit"],
        5: ["id_malformed"],
        6: ["id_not_a_date"],
        7: ["amount_unreadable"],
        8: ["amount_not_positive"],
        9: ["amount_not_positive"],
        10: ["amount_precision"],
        12: ["amount_unreadable"],
        13: ["id_check_digit", "amount_not_positive"],
        14: ["unknown_household"],
    }
    assert (told["rows_good"], told["total_fen"]) == (2, 100_001)
    assert told["by_reason"]["amount_not_positive"] == 3


async def test_a_card_of_which_digits_were_lost_is_sent_back(township: Township) -> None:
    batch = await township.batch()
    lines = roster_csv([(id_number(place), "1") for place in (1, 2, 3, 4)]).split("\n")
    for line, printed in ((1, "6.22848E+18"), (2, "6e18"), (3, "")):
        cells = lines[line].split(",")
        lines[line] = ",".join([*cells[:3], printed, *cells[4:]])
    told = (await township.put(batch, "\n".join(lines))).json()
    assert (told["rows_good"], told["by_reason"]) == (2, {"card_rounded": 2})
    assert await township.rejected(batch) == {2: ["card_rounded"], 3: ["card_rounded"]}


async def test_who_is_registered_where_and_until_when(township: Township, admin: asyncpg.Pool) -> None:
    await township.register([50], village="102201")
    for place, day in ((1, "2017-05-01"), (2, "2017-05-02")):
        await township.remove(await township.household(admin, place), day)
    rows = [(id_number(p), "100") for p in (1, 2, 3, 50, 51)]
    by_county = await township.batch()
    answer = await township.put(by_county, roster_csv(rows), by=township.finance)
    assert answer.json()["rows_good"] == 2
    assert await township.rejected(by_county) == {
        2: ["household_removed"],  # gone on the very day of the payment; line 3 leaves the day after
        5: ["outside_township"],
        6: ["unknown_household"],
    }
    # A township sees nothing of the neighbour, so to its own clerk the neighbour's household is simply not there.
    by_township = await township.batch()
    await township.checked(rows, by_township)
    assert (await township.rejected(by_township))[5] == ["unknown_household"]


async def test_the_same_person_twice_in_a_file_or_under_one_entitlement(
    township: Township, funds_http: httpx.AsyncClient
) -> None:
    first = await township.batch("2017年产业奖补第一批")
    await township.checked([(id_number(1), "10"), (id_number(2), "10"), (id_number(1).lower(), "20")], first)
    assert await township.rejected(first) == {4: ["duplicate_in_file"]}
    rows = [(id_number(p), "10") for p in (1, 2, 3)]
    second = await township.batch(" 2017年产业奖补 第一批")
    assert (await township.checked(rows, second))["rows_good"] == 1
    assert await township.rejected(second) == {2: ["already_paid"], 3: ["already_paid"]}
    other = await township.checked(rows, entitlement="2017年产业奖补第二批")
    assert other["rows_good"] == 3
    # The county's own batch claims the person too, though the township cannot see that batch.
    treasury = await open_account(funds_http, township.county, "treasury")
    await receive(funds_http, township.county, treasury, 5_000)
    county_batch = await township.batch("补助", by=township.finance, account_id=treasury)
    assert (await township.put(county_batch, roster_csv(rows[:1]), by=township.finance)).json()["rows_good"] == 1
    own = await township.batch("补助")
    assert (await township.checked(rows, own))["by_reason"] == {"already_paid": 1}
    # A withdrawn batch claims nobody.
    await township.finance.post(f"/funds/v1/payment-batches/{county_batch}/withdrawal", {"reason": "重复"})
    assert (await township.checked(rows[:1], entitlement="补助"))["rows_good"] == 1


async def test_the_cap_is_the_dated_value_of_the_fund_or_the_general_one(
    township: Township, admin: asyncpg.Pool
) -> None:
    for key, region, since, value in (
        (f"household_cap_fen.{township.fund}", township.county, "2017-01-01", 20_000),
        (f"household_cap_fen.{township.fund}", township.county, "2017-06-01", 30_000),
    ):
        await admin.execute(
            "INSERT INTO funds.policy_value VALUES ($1, $2, $3::text::date, $4::text::jsonb, '县办法第三条',"
            " 'practice')",
            key, region, since, str(value),
        )  # fmt: skip
    rows = [(id_number(1), "200"), (id_number(2), "200.01"), (id_number(3), "300.01")]
    batch = await township.batch()
    told = await township.checked(rows, batch)
    assert (told["cap_fen"], told["cap_source"]) == (20_000, "县办法第三条")
    assert await township.rejected(batch) == {3: ["over_household_cap"], 4: ["over_household_cap"]}
    later = await township.checked(rows, effective_on="2017-06-01")
    assert (later["cap_fen"], later["by_reason"]) == (30_000, {"over_household_cap": 1})
    page = (await township.clerk.get(f"/funds/v1/payment-batches/{batch}/rejected-rows")).json()
    [reason] = page["items"][0]["reasons"]
    assert reason["figures"] == {"amount_fen": 20_001, "cap_fen": 20_000, "source": "县办法第三条"}
    assert reason["text"] == "金额 200.01 元超过每户上限 200.00 元（依据：县办法第三条）"
    elsewhere = await Township(township.http, township.county, fen=0, households=range(100, 101)).open()
    general = await elsewhere.checked([(id_number(100), "1")], effective_on="2016-12-31")
    assert general["cap_fen"] == 500_000


async def test_money_is_there_up_to_the_cut_and_after_it_for_nobody(funds_http: httpx.AsyncClient, county: str) -> None:
    township = await Township(funds_http, county, fen=30_000).open()
    rows = [(id_number(1), "100"), ("x", "4999"), (id_number(2), "200"), (id_number(3), "0.01"), (id_number(4), "1")]
    batch = await township.batch()
    told = await township.checked(rows, batch)
    assert (told["total_fen"], told["available_fen"]) == (30_000, 30_000)
    assert await township.rejected(batch) == {3: ["id_malformed"], 5: ["money_not_there"], 6: ["money_not_there"]}
    early = await township.checked(rows[:1], effective_on="2017-02-28")
    assert (early["available_fen"], early["by_reason"]) == (0, {"money_not_there": 1})
    on_arrival = await township.checked(rows[:1], effective_on="2017-03-01")
    assert on_arrival["rows_good"] == 1
    await receive(funds_http, county, township.office, 1)
    assert (await township.checked(rows, effective_on="2017-03-01"))["by_reason"]["money_not_there"] == 1


async def test_amounts_beyond_all_money_do_not_wrap_around(township: Township) -> None:
    await township.register(range(100, 200), on="2009-01-01")
    huge = [(id_number(p), "999999999999999") for p in range(100, 200)]
    text = roster_csv(huge) + "\n小计,,,,999999999999999" * 100
    answer = await township.put(await township.batch(effective_on="2010-01-01"), text)  # before any cap is in force
    told = answer.json()
    assert (answer.status_code, told["printed_total_fen"]) == (200, None)
    assert (told["cap_fen"], told["rows_good"], told["by_reason"]) == (None, 0, {"money_not_there": 100})
    assert told["printed_sum_fen"] == 100 * 99_999_999_999_999_900


async def test_rejected_rows_come_as_files_a_clerk_can_open_and_no_spreadsheet_runs(township: Township) -> None:
    batch = await township.batch()
    text = f"姓名,身份证号,金额\n=cmd|' /C calc'!A0,{wrong_digit(id_number(1))},-5\n@李四,,\"=1+1\""
    assert (await township.put(batch, text)).status_code == 200
    base = f"/funds/v1/payment-batches/{batch}/rejected-rows"
    sheet = await township.clerk.get(f"{base}.csv")
    assert sheet.content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(sheet.content.decode("utf-8-sig"))))
    assert rows[0] == ["行号", "姓名", "身份证号", "金额", "原因", "如何处理"]
    assert [row[0] for row in rows[1:]] == ["2", "3"]
    assert (rows[1][1], rows[1][3], rows[2][1], rows[2][3]) == ("'=*", "'-5", "'@*", "'=1+1")
    assert "校验位" in rows[1][4]
    assert "；" in rows[1][4]
    assert all(not cell.startswith(("=", "+", "-", "@")) for row in rows for cell in row)
    book = await township.clerk.get(f"{base}.xlsx")
    opened = fastexcel.read_excel(book.content).load_sheet(0, header_row=None, skip_rows=0, dtypes="string").to_polars()
    assert [[cell or "" for cell in row] for row in opened.rows()] == rows
    assert (await township.neighbour.get(f"{base}.xlsx")).status_code == 404
    page = (await township.clerk.get(base, params={"limit": 1})).json()
    following = (await township.clerk.get(base, params={"limit": 1, "after": page["next"]})).json()
    assert [page["items"][0]["line"], following["items"][0]["line"], following["next"]] == [2, 3, None]
    assert all(reason["advice"] for reason in page["items"][0]["reasons"])


def test_every_reason_has_a_sentence_and_advice() -> None:
    assert all(sentence and advice for sentence, advice in REASONS.values())


async def test_a_bank_or_an_administrator_sees_no_roster(township: Township) -> None:
    for role in ("bank", "system_admin", "feed_reader"):
        caller = funds_caller(township.http, role, township.county)
        assert (await caller.get("/funds/v1/payment-batches")).status_code == 403
        assert (await caller.get("/funds/v1/households")).status_code == 403
