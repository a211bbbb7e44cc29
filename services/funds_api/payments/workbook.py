"""An XLSX workbook as a grid of text, opened only after its parts have been measured.

A spreadsheet reader allocates the whole rectangle up to the last cell, so one cell in the far corner of a file of a
few kilobytes would take the process's memory; such a file is refused before the reader sees it. Knows no column names.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from typing import IO, Final

import fastexcel
import polars as pl

from services.funds_api.columns import HEADER_WITHIN, FileUnreadable
from services.funds_api.separated import PIECE_ROWS, HasHeader

# A workbook is unpacked and read as a whole, so it stays small; a larger roster comes as CSV.
MAX_BYTES: Final = 20 * 1024 * 1024
MAX_ROWS: Final = 200_000
MAX_COLUMNS: Final = 52
_MAX_UNPACKED_BYTES: Final = 400 * 1024 * 1024
_SAVE_AGAIN: Final = "请用 Excel 打开，只保留名册所在工作表，另存为 .xlsx 后再上传"
# A reference to a column after AZ or to row 200000 or below it.
_FAR_CELL: Final = re.compile(
    rb"""(?i)\sr\s*=\s*["'](?:(?:[b-z][a-z]|[a-z]{3,})\d+|[a-z]{0,2}(?:[2-9]\d{5}|\d{7,}))["']"""
)


def is_workbook(raw: bytes) -> bool:
    return raw.startswith(b"PK\x03\x04")


def pieces_of(file: IO[bytes], has_header: HasHeader) -> Iterator[pl.DataFrame]:
    """The first visible sheet with a header in pieces, every cell as text; row i of all is row i+1 of the sheet."""
    file.seek(0)
    raw = file.read(MAX_BYTES + 1)
    if len(raw) > MAX_BYTES:
        raise FileUnreadable("Excel 文件过大", f"Excel 名册不超过 {MAX_BYTES >> 20} MiB；更大的名册请另存为 CSV 再上传")
    return _grid_of(raw, has_header).iter_slices(PIECE_ROWS)


def _grid_of(raw: bytes, has_header: HasHeader) -> pl.DataFrame:
    try:
        _measure(raw)
        return _read(raw, has_header)
    except FileUnreadable:
        raise
    except BaseException as error:  # damaged archives fail in many ways, and a panic in the reader is no Exception
        if isinstance(error, Exception) or type(error).__name__ == "PanicException":
            raise FileUnreadable("工作簿已损坏或加了密码", _SAVE_AGAIN) from error
        raise


def _measure(raw: bytes) -> None:
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        entries = archive.infolist()
        if "xl/workbook.xml" not in archive.namelist():
            raise FileUnreadable("不是 Excel 工作簿（.xlsx）", _SAVE_AGAIN)
        if sum(entry.file_size for entry in entries) > _MAX_UNPACKED_BYTES:
            raise FileUnreadable("解压后过大", _SAVE_AGAIN)
        for entry in entries:  # all of them: a sheet may lie under any name
            with archive.open(entry) as part:
                content = part.read(_MAX_UNPACKED_BYTES)
            if _FAR_CELL.search(content):
                raise FileUnreadable("工作表过大", f"不超过 {MAX_ROWS} 行、{MAX_COLUMNS} 列；{_SAVE_AGAIN}")


def _read(raw: bytes, has_header: HasHeader) -> pl.DataFrame:
    book = fastexcel.read_excel(raw)
    for at in range(len(book.sheet_names)):
        # Without skip_rows=0 the reader drops leading blank rows, and line numbers would no longer be the clerk's.
        top = book.load_sheet(at, header_row=None, skip_rows=0, n_rows=HEADER_WITHIN, dtypes="string")
        if top.visible == "visible" and top.width and has_header([_cells(row) for row in top.to_polars().rows()]):
            sheet = book.load_sheet(at, header_row=None, skip_rows=0, dtypes="string").to_polars()
            return sheet.rename({name: f"c{place}" for place, name in enumerate(sheet.columns)})
    raise FileUnreadable("前 15 行内没有找到表头", "表头须同时写明身份证号一列和金额一列")


def _cells(row: tuple[str | None, ...]) -> list[str]:
    return [cell or "" for cell in row]
