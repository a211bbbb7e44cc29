"""Rejected rows as files a clerk can open: page by page, so that a file of a million rows takes the memory of one page.

A CSV is sent as it grows. A workbook is an archive and can only be sent once it is whole: it grows in a nameless file,
and has a bound, since nobody waits longer than the gateway does.
"""

from __future__ import annotations

import csv
import io
import tempfile
from collections.abc import Iterable, Iterator
from typing import IO, Final

import xlsxwriter

from services.funds_api.payments.schemas import RejectedRow

HEADINGS: Final = ("行号", "姓名", "身份证号", "金额", "原因", "如何处理")
PAGE_ROWS: Final = 2_000
# Written in some seconds; for the first byte of an answer the gateway waits twelve.
MAX_SHEET_ROWS: Final = 30_000
_WIDTHS: Final = (8, 10, 16, 14, 60, 60)
_PIECE_BYTES: Final = 256 * 1024
# What a spreadsheet takes for the start of a formula, full-width forms included.
_FORMULA_STARTS: Final = tuple("=+-@\t\r\n|＝＋－＠")


def harmless(text: str) -> str:
    """Text that no spreadsheet will run as a formula."""
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text


def csv_head() -> bytes:
    """The line of headings, after the mark by which Excel reads UTF-8."""
    return b"\xef\xbb\xbf" + _csv([HEADINGS])


def csv_lines(rows: Iterable[RejectedRow]) -> bytes:
    """Rows as lines of the CSV; formulas neutralised."""
    return _csv([line, *texts] for line, texts in _cells(rows))


class Sheet:
    """A workbook with one sheet under way: `add` rows in the order of their lines, then `close` it and read the file.

    Every text is written as text, never as a formula, a number or a link.
    """

    def __init__(self) -> None:
        self.file: IO[bytes] = tempfile.TemporaryFile(prefix="qingliu-")  # noqa: SIM115 - closed by `parts`
        options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
        self._book = xlsxwriter.Workbook(self.file, {**options, "strings_to_numbers": False})
        self._sheet = self._book.add_worksheet("退回行")
        bold = self._book.add_format({"bold": True, "bg_color": "#DDEBF7"})
        self._wrapped = self._book.add_format({"text_wrap": True, "valign": "top"})
        self._at = 0
        for at, (heading, width) in enumerate(zip(HEADINGS, _WIDTHS, strict=True)):
            self._sheet.set_column(at, at, width)
            self._sheet.write_string(0, at, heading, bold)
        self._sheet.freeze_panes(1, 0)

    def add(self, rows: Iterable[RejectedRow]) -> None:
        for line, texts in _cells(rows):
            self._at += 1
            self._sheet.write_number(self._at, 0, line, self._wrapped)
            for at, text in enumerate(texts, start=1):
                self._sheet.write_string(self._at, at, text, self._wrapped)

    def close(self) -> int:
        """Finish the workbook; the size of the file, which then stands at its start."""
        self._book.close()
        size = self.file.tell()
        self.file.seek(0)
        return size


def parts(file: IO[bytes]) -> Iterator[bytes]:
    """The bytes of a file from where it stands, piece by piece; the file is closed at the end, however it comes."""
    with file:
        while part := file.read(_PIECE_BYTES):
            yield part


def _csv(records: Iterable[Iterable[object]]) -> bytes:
    sheet = io.StringIO()
    csv.writer(sheet).writerows(records)
    return sheet.getvalue().encode()


def _cells(rows: Iterable[RejectedRow]) -> Iterator[tuple[int, list[str]]]:
    for row in rows:
        why = "；".join(one.text for one in row.reasons)
        how = "；".join(dict.fromkeys(one.advice for one in row.reasons))
        yield row.line, [harmless(text) for text in (row.name, row.id_number, row.amount, why, how)]
