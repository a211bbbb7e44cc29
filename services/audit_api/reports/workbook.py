"""A report as an XLSX workbook: a sheet per section, and one that says which query it came from.

A sheet is printed so many rows to a page, each with the sum of its own rows (本页小计). Added up once more they come to
the total, or the workbook is not written. Amounts are numbers in 元. A cell of a workbook is a binary fraction,
whatever writes it: it is made from whole fen by one division that rounds once, and up to `EXACT_FEN` it gives the same
fen back. A larger amount is written as text. Texts are never formulas, numbers or links.
"""

from __future__ import annotations

import io
from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, time
from typing import Any, Final

import xlsxwriter

from services.audit_api.reports.model import Cell, Column, Kind, Report, ReportDoesNotTie, Section, clipped
from treasury.printing import yuan

# 10 万亿元: fifteen significant digits, which Excel shows and every binary fraction keeps.
EXACT_FEN: Final = 10**15 - 1
# What a spreadsheet takes for the start of a formula, full-width forms included.
_FORMULA_STARTS: Final = tuple("=+-@\t\r\n|＝＋－＠")
_HEAD_ROW: Final = 2
PAGE_ROWS: Final = 20
# What Excel takes into one cell; XlsxWriter leaves a longer text out without a word.
MOST_CELL: Final = 32_767
_FACTOR: Final = 2.1  # widths of columns are told in Chinese characters, and Excel counts digits
_FORMATS: Final[dict[str, dict[str, Any]]] = {
    "title": {"bold": True, "font_size": 16, "align": "center", "valign": "vcenter"},
    "line": {"font_size": 9, "font_color": "#555555"},
    "head": {
        "bold": True,
        "bg_color": "#DDEBF7",
        "border": 1,
        "text_wrap": True,
        "align": "center",
        "valign": "vcenter",
    },
    "text": {"border": 1, "text_wrap": True, "valign": "top", "num_format": "@"},
    "day": {"border": 1, "valign": "top", "num_format": "yyyy-mm-dd"},
    "fen": {"border": 1, "valign": "top", "num_format": "#,##0.00"},
    "count": {"border": 1, "valign": "top", "num_format": "0"},
    "total": {"border": 1, "bold": True, "num_format": "#,##0.00"},
    "total_count": {"border": 1, "bold": True, "num_format": "0"},
}


def harmless(text: str) -> str:
    """Text that no spreadsheet will run as a formula."""
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text


def written(report: Report) -> bytes:
    """The workbook; the same report gives the same bytes."""
    file = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(file, options) as book:
        created = datetime.combine(report.masthead.issued_on, time(), UTC).replace(tzinfo=None)
        book.set_properties({"title": report.title, "author": report.masthead.issuer, "created": created})
        formats = {name: book.add_format(told) for name, told in _FORMATS.items()}
        for at, section in enumerate(report.sections, start=1):
            name = report.title if len(report.sections) == 1 else section.heading
            sheet = book.add_worksheet(f"表{at}")
            _fill(sheet, formats, report, section, name)
        _explain(book.add_worksheet("说明"), formats, report)
    return file.getvalue()


def _fill(sheet: Any, formats: dict[str, Any], report: Report, section: Section, name: str) -> None:
    last = len(section.columns) - 1
    sheet.merge_range(0, 0, 0, last, harmless(name), formats["title"])
    sheet.set_row(0, 28)
    sheet.write_string(1, 0, harmless(_line(report)), formats["line"])
    for at, column in enumerate(section.columns):
        sheet.set_column(at, at, column.width * _FACTOR)
        sheet.write_string(_HEAD_ROW, at, column.heading, formats["head"])
    row, breaks = _HEAD_ROW, list[int]()
    sums: Counter[str] = Counter()
    for first in range(0, len(section.lines), PAGE_ROWS):
        page = replace(section, lines=section.lines[first : first + PAGE_ROWS])
        for line in page.lines:
            row += 1
            for at, (cell, column) in enumerate(zip(line.cells, section.columns, strict=True)):
                _put(sheet, formats, row, at, cell, column)
        if section.totals:
            row += 1
            _total(sheet, formats, row, page, "本页小计")
            sums.update(page.totals)
        breaks.append(row + 1)
    _must_tie(section, sums)
    if section.totals:
        _total(sheet, formats, row + 1, section, "合计")
    # The total stands on the last page.
    sheet.set_h_pagebreaks(breaks[:-1])
    sheet.freeze_panes(_HEAD_ROW + 1, 0)
    sheet.repeat_rows(0, _HEAD_ROW)
    sheet.set_landscape()
    sheet.set_paper(9)  # A4
    sheet.set_print_scale(_scale(section))
    sheet.set_footer("&C第 &P 页 / 共 &N 页")


def _put(sheet: Any, formats: dict[str, Any], row: int, at: int, cell: Cell, column: Column) -> None:
    if cell is None:
        sheet.write_blank(row, at, None, formats["text"])
    elif column.kind == Kind.FEN and isinstance(cell, int):
        _put_fen(sheet, row, at, cell, formats["fen"])
    elif isinstance(cell, int):
        sheet.write_number(row, at, cell, formats["count"])
    elif isinstance(cell, date):
        sheet.write_datetime(row, at, datetime.combine(cell, time()), formats["day"])
    else:
        sheet.write_string(row, at, clipped(harmless(cell), MOST_CELL), formats["text"])


def _put_fen(sheet: Any, row: int, at: int, fen: int, form: Any) -> None:
    if abs(fen) > EXACT_FEN:
        sheet.write_string(row, at, yuan(fen), form)
    else:
        sheet.write_number(row, at, fen / 100, form)


def _must_tie(section: Section, sums: Counter[str]) -> None:
    """Σ of the pages is the total, of each column."""
    for key, total in section.totals.items():
        if sums[key] != total:
            what = f"{section.heading}{key}"
            raise ReportDoesNotTie(what, total, sums[key])


def _scale(section: Section) -> int:
    """In percent: A4 across is about 130 digits of 11 points wide; a page break needs a scale and no fitting."""
    digits = sum(column.width for column in section.columns) * _FACTOR
    return max(20, min(100, int(130 * 100 / digits)))


def _total(sheet: Any, formats: dict[str, Any], row: int, section: Section, name: str) -> None:
    totals = section.totals
    for at, column in enumerate(section.columns):
        if column.key not in totals:
            told = name if at == 0 else section.shares.get(column.key) or ""
            sheet.write_string(row, at, told, formats["total"])
        elif column.kind == Kind.FEN:
            _put_fen(sheet, row, at, totals[column.key], formats["total"])
        else:
            sheet.write_number(row, at, totals[column.key], formats["total_count"])


def _line(report: Report) -> str:
    head = report.masthead
    return f"{head.issuer}　{head.number}　数据截至 {report.basis.as_of.isoformat()}　单位：元"


def _explain(sheet: Any, formats: dict[str, Any], report: Report) -> None:
    basis = report.basis
    told = [
        ("报表", report.title),
        ("编号", report.masthead.number),
        ("发文机关", report.masthead.issuer),
        ("成文日期", report.masthead.issued_on.isoformat()),
        ("数据来源", f"GET {basis.path}?{basis.query}"),
        ("业务日期 as_of", basis.as_of.isoformat()),
        ("登记时点 known_at", "目前已知的全部" if basis.known_at is None else basis.known_at.isoformat()),
        ("日志序号 position", str(basis.position)),
        *((f"核对：{one.what}", _proof(one.unit, one.parent, one.parts, one.unexplained)) for one in report.proofs),
        *(("正文", one) for one in report.paragraphs),
        *(("说明", one) for one in report.notes),
        *(("签章", one) for one in report.closing),
    ]
    sheet.set_column(0, 0, 28)
    sheet.set_column(1, 1, 100)
    for row, (name, text) in enumerate(told):
        sheet.write_string(row, 0, harmless(name), formats["head"])
        sheet.write_string(row, 1, harmless(text), formats["text"])


def _proof(unit: Kind, parent: int, parts: int, unexplained: int) -> str:
    show = yuan if unit == Kind.FEN else str
    return f"账上 {show(parent)}，各行合计 {show(parts)}，差额 {show(unexplained)}"
