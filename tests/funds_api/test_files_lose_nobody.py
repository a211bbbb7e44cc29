"""Files in which a row could vanish without a word: stray quotes, more sheets than one, a column headed twice."""

from __future__ import annotations

import io
from typing import Any

import httpx
import pytest
import xlsxwriter

from services.funds_api.columns import FileUnreadable
from services.funds_api.households import register
from tests.funds_api.people import CSV, Township, card, id_number, read_roster, register_csv, roster_csv

HEADER = ["姓名", "身份证号", "卡号", "金额（元）"]
ROSTER = roster_csv([(id_number(place), "1.00") for place in range(40)])
REGISTER = register_csv("990001101201", range(40))


@pytest.fixture
async def township(funds_http: httpx.AsyncClient, county: str) -> Township:
    return await Township(funds_http, county).open()


def quoted(text: str, *at: int, before: str = '"张某', after: str = '"张某') -> str:
    """The text with a quote at the first of these lines, and one at the others."""
    lines = text.split("\n")
    for number, line in enumerate(at):
        lines[line] = lines[line].replace("张某", after if number else before)
    return "\n".join(lines)


def refused_roster(raw: bytes | str) -> FileUnreadable:
    with pytest.raises(FileUnreadable) as told:
        read_roster(raw.encode() if isinstance(raw, str) else raw)
    return told.value


@pytest.mark.parametrize(
    ("lines", "after"),
    [
        ((10,), ""),
        ((10, 20), '"张某'),
        ((10, 11), '"张某'),
        ((10, 20), '张某"'),  # where it closes, a cell ends: the quotes pair, the people are gone all the same
        ((10, 11), '张某"'),
        ((2, 3), '张某"'),
        ((1,), ""),
        ((39,), ""),
    ],
)
def test_a_stray_quote_swallows_no_row(lines: tuple[int, ...], after: str) -> None:
    assert "引号不配对" in refused_roster(quoted(ROSTER, *lines, after=after)).reason
    with pytest.raises(FileUnreadable, match="引号不配对"):
        register.read(quoted(REGISTER, *lines, after=after).encode())


def test_a_stray_quote_in_the_header_is_told_as_what_it_is() -> None:
    assert refused_roster('"' + ROSTER).reason == "引号不配对"
    lacking = '"姓名";"身份证号"\n"张三";"1"\n'
    assert refused_roster(lacking).reason == "第 1 行像是表头，但缺少“金额（元）”列"


def test_a_cell_of_several_lines_is_no_swallowed_row() -> None:
    text = f'姓名,身份证号,金额,备注\n"张\r\n三",{id_number(1)},1,"村东,\n第二家"\n李四,{id_number(2)},2,\n'
    assert read_roster(text.encode())[1]["amount_fen"].to_list() == [100, 200]


async def test_stray_quotes_are_refused_at_both_doors(township: Township) -> None:
    batch = await township.batch()
    answer = await township.put(batch, quoted(ROSTER, 10, 20))
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/file-unreadable"), answer.text
    raw = quoted(register_csv(township.county + "101201", range(100, 140)), 10).encode()
    answer = await township.finance.request("POST", "/funds/v1/households/imports", content=raw, headers=CSV)
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/file-unreadable"), answer.text
    assert answer.json()["figures"]["how_to"] == "请用 Excel 打开后另存为“CSV UTF-8”再上传"


def book_of_sheets(*sheets: tuple[str, list[list[Any]]]) -> bytes:
    book = io.BytesIO()
    with xlsxwriter.Workbook(book) as written:
        for name, rows in sheets:
            sheet = written.add_worksheet(name)
            for at, row in enumerate(rows):
                sheet.write_row(at, 0, row)
            if name == "旧":
                sheet.hide()
    return book.getvalue()


async def test_a_second_sheet_of_people_is_not_left_unread(township: Township) -> None:
    def rows(first: int) -> list[list[Any]]:
        return [HEADER, *(["张某", id_number(place), card(place), "1.00"] for place in range(first, first + 5))]

    two = book_of_sheets(("一村", rows(0)), ("二村", rows(5)))
    answer = await township.put(await township.batch(), two)
    assert answer.status_code == 422, answer.text
    assert answer.json()["figures"]["reason"] == "工作表“一村”“二村”都有名册表头"
    # Sheets without people, and what was hidden, are nobody's roster.
    one = book_of_sheets(("说明", [["填表说明"]]), ("一村", rows(0)), ("空", []), ("旧", rows(5)))
    assert (await township.put(await township.batch(), one)).json()["rows_good"] == 5


@pytest.mark.parametrize(
    ("header", "twice"),
    [
        ("姓名,身份证号,姓名,身份证号,金额（元）", "表头中“姓名”“身份证号”出现不止一次"),
        ("姓名,身份证号,金额（元）,金额（元）", "表头中“金额”出现不止一次"),
        ("户主,身份证号,领款人,证件号码,金额", "表头中“身份证号”出现不止一次"),
        ("姓名,身份证号,金额（元）,金额（万元）", "表头中“金额”出现不止一次"),
    ],
)
def test_a_column_headed_twice_is_refused(header: str, twice: str) -> None:
    assert refused_roster(f"{header}\n甲,{id_number(1)},乙,{id_number(2)},10.00\n").reason == twice
    lines = REGISTER.split("\n")
    for other in ("身份证号", "公民身份号码"):
        with pytest.raises(FileUnreadable, match="“身份证号”出现不止一次"):
            register.read("\n".join([f"{lines[0]},{other}", *lines[1:]]).encode())


@pytest.mark.parametrize("header", ["户主姓名,户主身份证号,姓名,身份证号", "姓名,身份证号,户主姓名,户主身份证号"])
def test_whoever_is_paid_is_not_taken_for_the_head_named_beside(header: str) -> None:
    people = {"户主姓名": "张父", "户主身份证号": id_number(1), "姓名": "张子", "身份证号": id_number(2)}
    cells = ",".join(people[label] for label in header.split(","))
    _, rows = read_roster(f"{header},卡号,金额\n{cells},{card(2)},1.00\n".encode())
    assert rows.select("name", "id_number").rows() == [("张子", id_number(2))]
    told = {**people, "村代码": "990001101201", "人口数": "", "登记日期": "", "银行卡号": card(2), "手机号": ""}
    labels = [*header.split(","), *(label for label in told if label not in people), "与户主关系"]
    listed = register.read(f"{','.join(labels)}\n{','.join(told.get(label, '子') for label in labels)}\n".encode())
    assert listed.select("name", "id_number", "head_id").rows() == [("张子", id_number(2), id_number(1))]


@pytest.mark.parametrize("unseen", ["\u200b", "\ufeff", "\u2060"])
def test_a_heading_of_a_register_is_read_whatever_lies_unseen_in_it(unseen: str) -> None:
    """Unread, the column of the relation made every member the head of a household."""
    header, row = "村代码,户主姓名,身份证号,银行卡号,手机号,人口数,登记日期", f"990001101201,张子,{id_number(2)},,,,"
    raw = f"{header},与户主关系{unseen},{unseen}户主身份证号\n{row},子,{id_number(1)}\n"
    listed = register.read(raw.encode())
    assert listed.select("relation", "head_id").rows() == [("子", id_number(1))]


def test_notes_headed_twice_and_several_kinds_of_sums_are_no_fault() -> None:
    text = f"姓名,身份证号,备注,补贴金额,实发金额,备注\n张三,{id_number(1)},,100,80,\n"
    assert read_roster(text.encode())[1]["amount_fen"].to_list() == [8_000]


async def test_a_register_sent_as_a_workbook_is_told_to_come_as_csv(township: Township) -> None:
    book = book_of_sheets(("登记册", [["村代码", "户主姓名"]]))
    for raw in (book, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"\x81\x00\xff", b"%PDF-1.7"):
        answer = await township.finance.request("POST", "/funds/v1/households/imports", content=raw, headers=CSV)
        assert answer.status_code == 422, answer.text
        told = answer.json()["figures"]
        assert ("CSV" in told["how_to"], "xlsx" in told["how_to"]) == (True, False), told
