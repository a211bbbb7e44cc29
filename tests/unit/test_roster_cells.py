"""Cells of a roster as clerks leave them: what could be read in two ways, or as somebody else, is not read at all."""

from __future__ import annotations

import io
import re
import zipfile

import pytest
import xlsxwriter

from services.funds_api.columns import FileUnreadable
from tests.funds_api.people import id_number, read_roster, workbook
from treasury.errors import MoneyUnreadable
from treasury.money import Unit, fen_from_text

ONE = id_number(1)
HEADER = ["姓名", "身份证号", "金额（元）"]


def sheet(amount: str, number: str = ONE, title: str = "", heading: str = "金额") -> bytes:
    return f"{title}\n姓名;身份证号;{heading}\n张某;{number};{amount}\n".encode()


@pytest.mark.parametrize("printed", ["12,50", "1,5", "1.234,56", "12,3456", ",5", "5,", "1,23,456", "1234,567"])
def test_a_comma_that_may_be_a_point_is_no_thousand(printed: str) -> None:
    """“12,50” was read as 1250 元."""
    _, rows = read_roster(sheet(printed))
    assert rows["amount_fen"].to_list() == [None]
    with pytest.raises(MoneyUnreadable):
        fen_from_text(printed, Unit.YUAN)


@pytest.mark.parametrize("printed", ["1,234,567.5", "１，２３４，５６７．５０", "¥1,234,567.50"])
def test_commas_between_thousands_are_read(printed: str) -> None:
    _, rows = read_roster(sheet(printed))
    assert rows["amount_fen"].to_list() == [123_456_750] == [fen_from_text(printed, Unit.YUAN)]


@pytest.mark.parametrize("row", [f"甲,{ONE},1,000", f"甲,{ONE},1,000.50", f"甲,{ONE},12,345,678"])
def test_a_comma_between_thousands_cuts_no_amount(row: str) -> None:
    """Unquoted in a file with commas between its cells: 1,000 元 was read as 1 元."""
    for header, end in (("姓名,身份证号,金额", ""), ("姓名,身份证号,金额,卡号", ",6299"), ("姓名,身份证号,金额,", "")):
        _, rows = read_roster(f"{header}\n{row}{end}\n乙,{id_number(2)},5{end}\n".encode())
        assert rows["amount_fen"].to_list() == [None, 500]


def test_cells_beyond_the_header_and_numbers_in_columns_of_their_own_are_no_thousands() -> None:
    one, two = f"甲,{ONE},1,备注,二", f"乙,{id_number(2)},7,100"
    assert read_roster(f"姓名,身份证号,金额\n{one}\n".encode())[1]["amount_fen"].to_list() == [100]
    assert read_roster(f"姓名,身份证号,金额,面积\n{two}\n".encode())[1]["amount_fen"].to_list() == [700]
    assert read_roster(f"姓名;身份证号;金额\n甲;{ONE};1,000\n".encode())[1]["amount_fen"].to_list() == [100_000]


@pytest.mark.parametrize("unit", ["千元", "百元", "十万元", "百万元", "千万元"])
def test_a_unit_that_is_not_read_is_not_taken_for_yuan(unit: str) -> None:
    with pytest.raises(FileUnreadable, match=f"金额单位“{unit}”无法识别"):
        read_roster(sheet("100", title=f"单位：{unit}"))


@pytest.mark.parametrize(("title", "fen"), [("单位：人民币万元", 100_000_000), ("金额单位：人民币元", 10_000)])
def test_the_currency_may_stand_before_the_unit(title: str, fen: int) -> None:
    _, rows = read_roster(sheet("100", title=title))
    assert rows["amount_fen"].to_list() == [fen]


@pytest.mark.parametrize("mark", ["\u200b", "\u202a", "\ufeff", "\u2060", "\u00ad"])
def test_marks_that_nobody_sees_make_no_other_number(mark: str) -> None:
    _, rows = read_roster(sheet(f"{mark}100", f"{mark}{ONE}{mark}", heading=f"金额{mark}"))
    assert rows.select("id_number", "amount_fen").rows() == [(ONE, 10_000)]


def test_a_number_that_excel_has_rounded_is_nobodys() -> None:
    """Of a number of eighteen digits it keeps fifteen, and the last ones may make the number of somebody else."""
    rows = [HEADER, ["甲", int(ONE), 5], ["乙", id_number(2), 5], ["丙", float(id_number(3)), 5]]
    _, read = read_roster(workbook(rows))
    assert read["id_number"].to_list() == ["9.90000E+17", id_number(2), "9.90000E+17"]


@pytest.mark.parametrize("written", ["6228480400123456789", "6.2284804001234568E18", "6.22848040012345E+018"])
@pytest.mark.parametrize("prefix", ["", "x:"])
def test_a_card_that_was_rounded_is_nobodys_however_it_is_written(written: str, prefix: str) -> None:
    """Excel writes it with an exponent; of other programmes' all digits the last were others, and were paid."""
    raw = workbook([[*HEADER, "卡号"], ["甲", ONE, 5, 1234.5]])
    book = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(raw)) as sheets, zipfile.ZipFile(book, "w") as packed:
        for name in sheets.namelist():
            part = sheets.read(name)
            if "/sheet1" in name:
                part = part.replace(b"<v>1234.5</v>", f"<v>{written}</v>".encode())
                part = re.sub(rb"<(/?)(?=\w)", rb"<\1" + prefix.encode(), part)
                part = part.replace(b"xmlns=", b"xmlns:x=") if prefix else part
            packed.writestr(name, part)
    assert read_roster(book.getvalue())[1]["card"].to_list() == ["6.22848E+18"]


def test_a_number_that_a_formula_tells_as_text_is_read() -> None:
    book = io.BytesIO()
    with xlsxwriter.Workbook(book) as written:
        page = written.add_worksheet("名册")
        page.write_row(0, 0, HEADER)
        page.write_formula(1, 1, "=VLOOKUP(A2,底册!A:B,2,0)", None, ONE)
        page.write_formula(1, 2, "=0.1+0.2", None, 0.1 + 0.2)
        page.write_formula(2, 1, "=B2*1", None, float(ONE))
        page.write(2, 2, 5)
    _, rows = read_roster(book.getvalue())
    assert rows.select("id_number", "amount_fen").rows() == [(ONE, 30), ("9.90000E+17", 500)]


def second_sheet(rows: list[list[str]], *, hidden: bool = False) -> bytes:
    book = io.BytesIO()
    with xlsxwriter.Workbook(book) as written:
        first, second = written.add_worksheet("名册"), written.add_worksheet("续")
        for at, row in enumerate([HEADER, ["甲", ONE, "5"]]):
            first.write_row(at, 0, row)
        for at, row in enumerate(rows):
            second.write_row(at, 0, row)
        if hidden:
            second.hide()
    return book.getvalue()


def test_a_sheet_that_goes_on_without_a_header_is_not_left_unread() -> None:
    with pytest.raises(FileUnreadable, match="工作表“续”没有表头，却有身份证号"):
        read_roster(second_sheet([["乙", id_number(2), "5"]]))


@pytest.mark.parametrize("rows", [[["姓名", "身份证号"], ["乙", id_number(2)]], [["说明", "共 1 户"]], []])
def test_a_list_to_look_things_up_in_and_notes_are_no_rest_of_the_roster(rows: list[list[str]]) -> None:
    assert read_roster(second_sheet(rows))[1].height == 1
    assert read_roster(second_sheet([["乙", id_number(2), "5"]], hidden=True))[1].height == 1
