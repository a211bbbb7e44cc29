"""Rosters as townships send them: read whatever their dress, judged row by row, kept whole or not at all."""

from __future__ import annotations

import io
import json
import zipfile

import asyncpg
import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.database import driver
from services.funds_api import columns, separated
from services.funds_api.payments import roster, store
from tests.callers import funds_caller
from tests.factories import fund
from tests.funds_api.people import CSV, Township, card, id_number, read_roster, roster_csv
from tests.funds_api.people import workbook as book_of
from wire.files import ROSTER_BYTES


@pytest.fixture
async def township(funds_http: httpx.AsyncClient, county: str) -> Township:
    return await Township(funds_http, county).open()


async def test_a_clean_roster_waits_with_exact_totals_and_a_running_sum(
    township: Township, admin: asyncpg.Pool
) -> None:
    batch = await township.batch()
    told = await township.checked([(id_number(p), f"{p}.0{p}") for p in range(1, 9)], batch)
    fen = [p * 101 for p in range(1, 9)]
    assert (told["rows_good"], told["rows_bad"], told["total_fen"], told["by_reason"]) == (8, 0, sum(fen), {})
    assert (told["unit"], told["available_fen"], told["printed_total_fen"]) == ("元", 1_000_000, None)
    assert (told["batch"]["status"], told["batch"]["uploaded_by"]) == ("checked", "li")
    rows = await admin.fetch("SELECT * FROM funds.payment WHERE batch_id = $1 ORDER BY line", batch)
    assert [(row["line"], row["amount_fen"]) for row in rows] == list(enumerate(fen, 2))
    assert [row["cum_fen"] for row in rows] == [sum(fen[: at + 1]) for at in range(8)]
    assert {row["region_code"] for row in rows} == {township.region + "201"}
    event = await admin.fetchrow(
        "SELECT body FROM funds.event WHERE stream = $1 AND kind = 'RosterChecked'", township.county
    )
    assert json.loads(event["body"])["total_fen"] == sum(fen)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
async def test_usual_encodings_and_separators_are_read(township: Township, encoding: str, separator: str) -> None:
    text = roster_csv(
        [(id_number(1), "1000"), (id_number(2), "２，０００．５０" if separator != "," else "２０００．５０")]
    )
    told = (await township.put(await township.batch(), text.replace(",", separator).encode(encoding))).json()
    assert (told["rows_good"], told["total_fen"]) == (2, 300_050)
    assert told["batch"]["file_format"] == f"csv/{'gb18030' if encoding == 'gb18030' else 'utf-8'}"


async def test_a_messy_workbook_is_read_as_a_clerk_reads_it(township: Township) -> None:
    rows = [
        [],
        ["西镇2017年产业奖补第一批发放名册"],
        ["编制单位：西镇人民政府", "", "", "", "", "单位：万元"],
        ["序号", "行政村", "户主姓名", "公民身份号码", "一卡通账号", "补贴金额"],
        [1, "一村", "张三", id_number(1), card(1), "０．１"],
        [2, "一村", "李 四", f"'{id_number(2)}", card(2), 0.2],
        ["小计", "", "", "", "", 0.3],
        [],
        ["序号", "行政村", "户主姓名", "公民身份号码", "一卡通账号", "补贴金额"],
        [3, "二村", "王五", id_number(3).lower(), card(3), "300元"],
        ["合　计", "", "", "", "", "0.3300"],
        ["制表人：赵六", "", "", "", "", ""],
    ]
    batch = await township.batch()
    answer = await township.put(batch, book_of(rows, hidden_first=True))
    told = answer.json()
    assert answer.status_code == 200, answer.text
    assert (told["rows_good"], told["rows_bad"], told["total_fen"]) == (3, 0, 330_000)
    assert (told["unit"], told["printed_total_fen"], told["printed_difference_fen"]) == ("万元", 330_000, 0)
    assert told["batch"]["file_format"] == "xlsx"
    listed = (await township.clerk.get("/funds/v1/payments", params={"batch": batch})).json()["items"]
    assert [item["line"] for item in listed] == [5, 6, 10]


async def test_a_totals_line_that_does_not_add_up_stays_visible_and_blocks_nothing(township: Township) -> None:
    text = roster_csv([(id_number(1), "1000"), (id_number(2), "1000"), ("x", "50")]) + "\n总计,,,,2100"
    batch = await township.batch()
    told = (await township.put(batch, text)).json()
    assert (told["rows_good"], told["rows_bad"], told["total_fen"]) == (2, 1, 200_000)
    assert (told["printed_sum_fen"], told["printed_total_fen"]) == (205_000, 210_000)
    assert told["printed_difference_fen"] == -5_000
    shown = (await township.clerk.get(f"/funds/v1/payment-batches/{batch}")).json()
    assert (shown["batch"]["printed_total_fen"], shown["batch"]["total_fen"]) == (210_000, 200_000)


async def test_what_is_no_roster_is_refused_with_advice_and_leaves_the_batch_open(
    township: Township, admin: asyncpg.Pool
) -> None:
    batch = await township.batch()
    bomb = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(book_of([["身份证号", "金额"]]))) as clean, zipfile.ZipFile(bomb, "w") as far:
        for entry in clean.namelist():
            far.writestr(entry, clean.read(entry).replace(b'r="B1"', b'r="XFD1048576"'))
    for raw in (
        b"",
        b"a,b\n1,2",
        "姓名,身份证号\n张三,1".encode(),
        b"\x81\x00\xff",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        b"PK\x03\x04 not a zip",
        book_of([["姓名"], ["张三"]]),
        bomb.getvalue(),
        ("身份证号,金额\n" + "\n" * roster.MAX_LINES).encode(),
    ):
        answer = await township.put(batch, raw)
        assert (answer.status_code, answer.json()["type"]) == (422, "/problems/file-unreadable"), raw[:20]
        assert answer.json()["figures"]["how_to"]
    too_big = await township.put(batch, b"x" * (ROSTER_BYTES + 1))
    assert too_big.status_code == 413
    assert await admin.fetchval("SELECT status FROM funds.payment_batch WHERE id = $1", batch) == "draft"
    assert (await township.checked([(id_number(1), "1")], batch))["rows_good"] == 1


def test_a_quote_in_a_cell_and_ragged_lines_do_not_shift_the_line_numbers() -> None:
    number = id_number(1)
    text = f'姓名,身份证号,金额,备注\n"张\n三",{number},1\n\n李"四"光,{number},2,a,b,c\n"王""五",{number},"3"\n'
    _, rows = read_roster(text.encode())
    assert list(zip(rows["line"], rows["amount_fen"], strict=True)) == [(2, 100), (4, 200), (5, 300)]


def test_the_sum_really_paid_out_is_taken_where_several_are_printed() -> None:
    text = f"姓名,身份证号,补贴金额,扣款,实发金额(元)\n张三,{id_number(1)},100,20,80"
    assert read_roster(text.encode())[1]["amount_fen"].to_list() == [8_000]


def test_a_word_beside_the_unit_is_not_a_unit() -> None:
    text = f"编制单位：元丰镇,,\n姓名,身份证号,金额\n张三,{id_number(1)},100"
    assert read_roster(text.encode())[0].unit.value == "元"
    with pytest.raises(columns.FileUnreadable):
        read_roster("身份证号,备注\n1,2".encode())


async def test_an_upload_is_replayed_and_a_second_roster_is_refused_with_advice(township: Township) -> None:
    batch, text = await township.batch(), roster_csv([(id_number(1), "1000")])
    first = await township.put(batch, text, key="roster-once-1")
    again = await township.put(batch, text, key="roster-once-1")
    assert (again.status_code, again.json()) == (200, first.json())
    assert again.headers["Idempotency-Replayed"] == "true"
    changed = await township.put(batch, text.replace("1000", "2000"), key="roster-once-1")
    assert changed.json()["type"] == "/problems/idempotency-key-reused"
    second = await township.put(batch, text)
    assert (second.status_code, second.json()["type"]) == (409, "/problems/batch-not-draft")
    assert "撤回" in second.json()["advice"]


async def test_a_check_that_fails_half_way_leaves_nothing(
    township: Township, admin: asyncpg.Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch, text = await township.batch(), roster_csv([(id_number(1), "1000"), ("1", "1")])

    async def broken(*_: object) -> None:
        msg = "lost"
        raise RuntimeError(msg)

    with monkeypatch.context() as patched:
        patched.setattr(store, "insert_rejected", broken)
        assert (await township.put(batch, text, key="half-way-1")).status_code == 500
    for table in ("payment", "rejected_row"):
        assert await admin.fetchval(f"SELECT count(*) FROM funds.{table} WHERE batch_id = $1", batch) == 0
    assert await admin.fetchval("SELECT status FROM funds.payment_batch WHERE id = $1", batch) == "draft"
    assert (await township.put(batch, text, key="half-way-1")).json()["rows_good"] == 1


async def test_a_database_that_gives_up_in_the_middle_is_asked_again_later(
    township: Township, admin: asyncpg.Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch, text = await township.batch(), roster_csv([(id_number(1), "1000")])

    async def too_slow(tx: AsyncSession, *_: object) -> None:
        await (await driver(tx)).execute("SET LOCAL statement_timeout = '5ms'")
        await (await driver(tx)).execute("SELECT pg_sleep(5)")

    with monkeypatch.context() as patched:
        patched.setattr(store, "insert_rejected", too_slow)
        answer = await township.put(batch, text, key="too-slow-1")
    assert (answer.status_code, answer.json()["type"]) == (503, "/problems/try-again")
    assert await admin.fetchval("SELECT count(*) FROM funds.payment WHERE batch_id = $1", batch) == 0
    assert (await township.put(batch, text, key="too-slow-1")).status_code == 200


async def test_a_batch_is_opened_for_an_account_that_the_caller_sees_and_that_can_pay(township: Township) -> None:
    order = {"account_id": township.office, "fund_code": township.fund, "entitlement": "甲", "document": "文1",
             "effective_on": "2017-05-01"}  # fmt: skip
    path = "/funds/v1/payment-batches"
    assert (await township.neighbour.post(path, order)).status_code == 404
    assert (await township.clerk.post(path, {**order, "fund_code": "NO-SUCH"})).status_code == 404
    wrong = await township.clerk.post(path, {**order, "account_id": township.cards})
    assert wrong.json()["type"] == "/problems/wrong-account"
    assert (await township.reviewer.post(path, order)).status_code == 403
    batch = (await township.clerk.post(path, {**order, "entitlement": " 2017年 产业奖补。"})).json()
    assert (batch["entitlement"], batch["region_code"], batch["status"]) == ("2017年产业奖补", township.region, "draft")
    assert [one["id"] for one in (await township.clerk.get(path)).json()["items"]] == [batch["id"]]
    assert (await township.neighbour.get(path)).json()["empty_because"]
    assert (await township.neighbour.get(f"{path}/{batch['id']}")).status_code == 404
    assert (await township.put(batch["id"], "x", by=township.neighbour)).status_code == 422
    text = roster_csv([(id_number(1), "1")])
    assert (await township.put(batch["id"], text, by=township.neighbour)).status_code == 404


async def test_numbers_of_people_never_come_back(township: Township, admin: asyncpg.Pool) -> None:
    canaries = [id_number(1), card(77), id_number(300_001), id_number(2)[:17], card(88)]
    rows = [
        "姓名,身份证号,银行卡号,金额（元）",
        f"{canaries[4]},{canaries[0]},{canaries[1]},1000",
        f"=张三,{canaries[2]},{canaries[1]},{canaries[1]}",
        f"{canaries[2]},{canaries[3]},{canaries[1]},@{canaries[0]}",
    ]
    batch = await township.batch()
    name = {"X-File-Name": f"%E5%90%8D%E5%86%8C{canaries[0]}.csv"}
    seen = [await township.put(batch, "\n".join(rows), headers=name, key="canary-key-1")]
    seen.append(await township.put(batch, "\n".join(rows), headers={**name, **CSV}))
    seen.append(await township.put(batch, "\n".join(rows[1:])))
    for path in (f"payment-batches/{batch}", f"payment-batches/{batch}/rejected-rows", f"payments?batch={batch}",
                 f"payment-batches/{batch}/rejected-rows.csv", "payment-batches"):  # fmt: skip
        seen.append(await township.clerk.get(f"/funds/v1/{path}"))
        assert seen[-1].status_code == 200, seen[-1].text
    stored = [row["t"] for table in ("payment_batch", "payment", "rejected_row", "event")
              for row in await admin.fetch(f"SELECT t::text AS t FROM funds.{table} t")]  # fmt: skip
    for text in [answer.text for answer in seen] + stored:
        for canary in canaries:
            assert canary not in text


@pytest.fixture
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rosters are read three or four lines at a time."""
    monkeypatch.setattr(separated, "PIECE_BYTES", 180)
    monkeypatch.setattr(separated, "PIECE_ROWS", 3)


@pytest.mark.usefixtures("small_pieces")
@pytest.mark.parametrize("quote", ["", '"'])
async def test_pieces_of_a_roster_are_judged_and_summed_as_one_file(
    township: Township, admin: asyncpg.Pool, quote: str
) -> None:
    rows = [(id_number(p % 20), f"{quote}{p + 1}.50{quote}") for p in range(30)]
    rows += [("1", "5"), *((id_number(p), "4000") for p in (37, 38, 39))]
    batch = await township.batch()
    told = (await township.put(batch, roster_csv(rows) + "\n合计,,,,10000")).json()
    fen = [*(100 * p + 150 for p in range(20)), 400_000, 400_000]
    assert (told["rows_good"], told["rows_bad"], told["total_fen"]) == (22, 12, sum(fen))
    assert told["by_reason"] == {"id_malformed": 1, "duplicate_in_file": 10, "money_not_there": 1}
    assert (told["printed_sum_fen"], told["printed_total_fen"]) == (
        sum(range(1, 31)) * 100 + 30 * 50 + 1_200_500,
        10**6,
    )
    paid = await admin.fetch(
        "SELECT line, amount_fen, cum_fen FROM funds.payment WHERE batch_id = $1 ORDER BY 1", batch
    )
    lines = [*range(2, 22), 33, 34]
    assert [tuple(row) for row in paid] == [(line, fen[at], sum(fen[: at + 1])) for at, line in enumerate(lines)]
    page = (await township.clerk.get(f"/funds/v1/payment-batches/{batch}/rejected-rows")).json()["items"]
    twice = {row["line"]: row["reasons"][0]["figures"]["first_line"] for row in page[:10]}
    assert twice == {22 + at: 2 + at for at in range(10)}
    assert (await township.approve(batch)).json()["unexplained_fen"] == 0


@pytest.mark.usefixtures("small_pieces")
async def test_a_fault_in_the_third_piece_leaves_nothing_of_the_first(
    township: Township, admin: asyncpg.Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch, text = await township.batch(), roster_csv([(id_number(p), "1") for p in range(20)] + [("x", "1")])
    written: list[int] = []

    async def breaks(tx: AsyncSession, rows: bytes) -> None:
        written.append(len(rows))
        await copy(tx, rows if len(written) < 3 else rows[:-9])

    copy = store.copy_payments
    with monkeypatch.context() as patched:
        patched.setattr(store, "copy_payments", breaks)
        assert (await township.put(batch, text, key="third-piece-1")).status_code == 500
    assert len(written) == 3
    for table in ("payment", "rejected_row"):
        assert await admin.fetchval(f"SELECT count(*) FROM funds.{table} WHERE batch_id = $1", batch) == 0
    assert (await township.put(batch, text, key="third-piece-1")).json()["rows_good"] == 20


@pytest.mark.parametrize("n", [100_000])
async def test_a_roster_of_100000_rows_is_checked_and_paid(
    funds_http: httpx.AsyncClient, county: str, admin: asyncpg.Pool, n: int
) -> None:
    township = await Township(funds_http, county, fen=n * 10_000, households=range(n)).open()
    told = await township.checked([(id_number(p), "100") for p in range(n)])
    assert (told["rows_good"], told["rows_bad"], told["total_fen"]) == (n, 0, n * 10_000)
    paid = await township.approve(told["batch"]["id"])
    assert paid.status_code == 201, paid.text
    assert (paid.json()["rows"], paid.json()["total_fen"], paid.json()["unexplained_fen"]) == (n, n * 10_000, 0)
    last = await admin.fetchval("SELECT max(cum_fen) FROM funds.payment WHERE batch_id = $1", told["batch"]["id"])
    assert last == n * 10_000


@pytest.mark.parametrize(
    ("kind", "book", "slug"),
    [("bank", "cash", "account"), ("retention", "cash", "account"), ("department", "quota", "book")],
)
async def test_households_are_paid_out_of_cash_that_rests_with_a_desk(
    funds_http: httpx.AsyncClient, county: str, kind: str, book: str, slug: str
) -> None:
    """Not out of money in transit, a quality deposit or a quota: refused when the batch is opened."""
    clerk = funds_caller(funds_http, "finance_clerk", county)
    accounts = [{"name": "账户", "book": book}]
    unit = {"region_code": county, "name": f"{kind}单位", "kind": kind, "accounts": accounts}
    account = (await clerk.post("/funds/v1/units", unit)).json()["accounts"][0]["id"]
    batch = {"account_id": account, "fund_code": await fund(funds_http), "entitlement": "补助", "document": "文"}
    answer = await clerk.post("/funds/v1/payment-batches", {**batch, "effective_on": "2017-05-04"})
    assert (answer.status_code, answer.json()["type"]) == (409, f"/problems/wrong-{slug}")


@pytest.mark.parametrize(
    ("raw", "reason", "how_to"),
    [
        (b"", "文件是空的（0 字节）", "重新导出"),
        (b"%PDF-1.4\n1 0 obj", "这是 PDF 文件，不是表格", "不要上传扫描件"),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF", "这是图片，不是表格", ".xlsx"),
        ("名册\n姓名,身份证号,村\n张三,1,甲".encode(), "第 2 行像是表头，但缺少“金额（元）”列", "金额（元）"),
        ("姓名,补贴金额（元）\n张三,1".encode(), "第 1 行像是表头，但缺少“身份证号”列", "身份证号"),
        ("张三,1000".encode(), "前 15 行内没有找到表头", "身份证号"),
        ("姓名,身份证号,金额\n\n合计,,0\n".encode(), "表头下面没有一行名册", "同一张工作表"),
    ],
)
async def test_a_file_that_is_no_roster_is_told_what_it_is_and_what_it_lacks(
    township: Township, raw: bytes, reason: str, how_to: str
) -> None:
    answer = await township.put(await township.batch(), raw)
    assert answer.status_code == 422, answer.text
    told = answer.json()
    assert (told["figures"]["reason"], told["advice"]) == (reason, "请按说明另存或修改后重新上传")
    assert how_to in told["figures"]["how_to"]
    assert reason in told["detail"]


async def test_a_register_without_a_column_is_told_which_one(township: Township) -> None:
    lacking = "村代码,户主姓名,身份证号,银行卡号,手机号,登记日期\n1,2,3,4,5,6\n".encode()
    clerk = funds_caller(township.http, "finance_clerk", township.county)
    answer = await clerk.request("POST", "/funds/v1/households/imports", content=lacking, headers=CSV)
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/file-unreadable"), answer.text
    assert answer.json()["figures"]["reason"] == "第 1 行像是表头，但缺少“人口数”列"
