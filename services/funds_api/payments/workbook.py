"""An XLSX workbook as a grid of text, opened only after its parts have been measured.

A spreadsheet reader allocates the whole rectangle up to the last cell, so one cell in the far corner of a file of a
few kilobytes would take the process's memory; such a file is refused before the reader sees it. Knows no column names.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from decimal import Decimal
from typing import IO, Final

import fastexcel
import polars as pl

from services.funds_api.columns import HEADER_WITHIN, FileUnreadable, Sought, id_number, is_id_number
from services.funds_api.separated import PIECE_ROWS

# A workbook is unpacked and read as a whole, so it stays small; a larger roster comes as CSV.
MAX_BYTES: Final = 20 * 1024 * 1024
MAX_ROWS: Final = 200_000
MAX_COLUMNS: Final = 52
_MAX_UNPACKED_BYTES: Final = 400 * 1024 * 1024
# A sheet of identical rows is packed to a hundredth. What shrinks more says nothing and costs time to look at.
_MOST_SHRUNK: Final = 200
_SHRUNK_FROM_BYTES: Final = 4 * 1024 * 1024
_LOOK_BYTES: Final = 1024 * 1024
# Longer than any reference; blanks, which may stand within one, are not let grow to as much.
_OVERLAP_BYTES: Final = 8 * 1024
_SAVE_AGAIN: Final = "请用 Excel 打开，只保留名册所在工作表，另存为 .xlsx 后再上传"
# A reference to a column after AZ or to row 200000 or below it.
_FAR_CELL: Final = re.compile(
    rb"""(?i)\sr\s*=\s*["'](?:(?:[b-z][a-z]|[a-z]{3,})\d+|[a-z]{0,2}(?:[2-9]\d{5}|\d{7,}))["']"""
    rb"""|\s{2000}|["'][a-z]*\d{2000}"""
)


# A cell that holds a number (not text, not an error) of more than fifteen digits: Excel has changed the last of them.
# Other programmes write all its digits, its exponent otherwise, or a prefix before each name.
_LONG_NUMBER: Final = re.compile(
    rb"""<(?:\w+:)?c\b(?![^<>]*\st\s*=\s*["'](?:s|str|inlineStr|b|e|d)["'])[^<>]*>"""
    rb"""(?:<(?:\w+:)?f\b[^<>]*(?:/>|>[^<]*</(?:\w+:)?f>))?"""
    rb"""<(?:\w+:)?v>(\d{16,20}(?:\.0*)?|\d(?:\.\d{1,20})?[eE]\+?0?1[5-9])</(?:\w+:)?v>"""
)


def is_workbook(raw: bytes) -> bool:
    return raw.startswith(b"PK\x03\x04")


def pieces_of(file: IO[bytes], sought: Sought) -> Iterator[pl.DataFrame]:
    """The one visible sheet with a header in pieces, every cell as text; row i of all is row i+1 of the sheet.

    A second sheet with a header is `FileUnreadable`: nobody on it would be paid, and nobody would be told.
    """
    file.seek(0)
    raw = file.read(MAX_BYTES + 1)
    if len(raw) > MAX_BYTES:
        raise FileUnreadable("Excel 文件过大", f"Excel 名册不超过 {MAX_BYTES >> 20} MiB；更大的名册请另存为 CSV 再上传")
    return _grid_of(raw, sought).iter_slices(PIECE_ROWS)


def _grid_of(raw: bytes, sought: Sought) -> pl.DataFrame:
    try:
        return _read(raw, sought, _measure(raw))
    except FileUnreadable:
        raise
    except BaseException as error:  # damaged archives fail in many ways, and a panic in the reader is no Exception
        if isinstance(error, Exception) or type(error).__name__ == "PanicException":
            raise FileUnreadable("工作簿已损坏或加了密码", _SAVE_AGAIN) from error
        raise


def _measure(raw: bytes) -> dict[str, str]:
    """Refuse what is too large; numbers that Excel has rounded, as the reader tells them and as Excel shows them."""
    rounded: set[bytes] = set()
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        entries = archive.infolist()
        if "xl/workbook.xml" not in archive.namelist():
            raise FileUnreadable("不是 Excel 工作簿（.xlsx）", _SAVE_AGAIN)
        if sum(entry.file_size for entry in entries) > _MAX_UNPACKED_BYTES:
            raise FileUnreadable("解压后过大", _SAVE_AGAIN)
        if any(_is_puffed_up(entry) for entry in entries):
            raise FileUnreadable("解压后过大", _SAVE_AGAIN)
        for entry in entries:  # all of them: a sheet may lie under any name
            with archive.open(entry) as part:
                if _has_far_cell(part, rounded):
                    raise FileUnreadable("工作表过大", f"不超过 {MAX_ROWS} 行、{MAX_COLUMNS} 列；{_SAVE_AGAIN}")
    printed = [number.decode() for number in sorted(rounded)]
    as_read = pl.Series(printed, dtype=pl.String).cast(pl.Float64).cast(pl.Int128).cast(pl.String)
    return {whole: f"{Decimal(number):.5E}" for whole, number in zip(as_read, printed, strict=True)}


def _is_puffed_up(entry: zipfile.ZipInfo) -> bool:
    return entry.file_size > _SHRUNK_FROM_BYTES and entry.file_size > _MOST_SHRUNK * entry.compress_size


def _has_far_cell(part: IO[bytes], rounded: set[bytes]) -> bool:
    """Whether a part holds such a reference; it is looked at piece by piece, whatever it unpacks to.

    Notes the long numbers that it comes by (`_LONG_NUMBER`).
    """
    before = b""
    while piece := part.read(_LOOK_BYTES):
        if _FAR_CELL.search(seen := before + piece):
            return True
        rounded.update(_LONG_NUMBER.findall(seen))
        before = seen[-_OVERLAP_BYTES:]
    return False


def _read(raw: bytes, sought: Sought, rounded: dict[str, str]) -> pl.DataFrame:
    book = fastexcel.read_excel(raw)
    found = [name for name in book.sheet_names if _has_header(book, name, sought)]
    if not found:
        raise sought.in_vain()
    for name in book.sheet_names[book.sheet_names.index(found[0]) + 1 :]:
        if _goes_on(book, name):
            reason = f"工作表“{name}”没有表头，却有身份证号，像是名册的续表"
            raise FileUnreadable(reason, f"请把续表合并到“{found[0]}”的末尾，或删去该工作表后再上传")
    if len(found) > 1:
        # A roster has one row of line numbers: of which sheet line 7 is could not be told to whoever has to mend it.
        reason = f"工作表“{'”“'.join(found)}”都有名册表头"
        how_to = "每次上传只收一张工作表：请合并到一张，或把各张分别另存为一个文件、各建一个批次上传"
        raise FileUnreadable(reason, how_to)
    sheet = book.load_sheet(found[0], header_row=None, skip_rows=0, dtypes="string").to_polars()
    grid = sheet.rename({name: f"c{place}" for place, name in enumerate(sheet.columns)})
    # As a whole number it may be the valid one of somebody else; as Excel shows it, it is nobody's.
    return grid.with_columns(pl.all().replace(rounded)) if rounded else grid


def _has_header(book: fastexcel.ExcelReader, name: str, sought: Sought) -> bool:
    # Without skip_rows=0 the reader drops leading blank rows, and line numbers would no longer be the clerk's.
    top = book.load_sheet(name, header_row=None, skip_rows=0, n_rows=HEADER_WITHIN, dtypes="string")
    return (
        top.visible == "visible" and top.width > 0 and sought.found_in([_cells(row) for row in top.to_polars().rows()])
    )


def _goes_on(book: fastexcel.ExcelReader, name: str) -> bool:
    """Whether a visible sheet behind the roster names people below no header of its own: nobody on it would be paid."""
    sheet = book.load_sheet(name, header_row=None, skip_rows=0, n_rows=HEADER_WITHIN, dtypes="string")
    if sheet.visible != "visible" or sheet.width == 0:
        return False
    cells = [cell for row in sheet.to_polars().rows() for cell in _cells(row)]
    numbers = pl.Series(cells, dtype=pl.String).to_frame("n").select(is_id_number(id_number(pl.col("n")))).to_series()
    return bool(numbers.any()) and not any("身份证" in cell or "证件号" in cell for cell in cells)


def _cells(row: tuple[str | None, ...]) -> list[str]:
    return [cell or "" for cell in row]
