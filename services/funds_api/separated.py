"""Separated text files (CSV), read in pieces, so that a file of a million lines takes the memory of a few thousand.

A file is surveyed first: its encoding, its quotes and line ends decide how it is read. Without quotes a record is a
line, and polars reads block after block; with quotes, or with the line ends of old Macs, Python's own reader goes
record by record. Knows no column names.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import IO, Any, Final

import polars as pl

from services.funds_api.columns import HEADER_WITHIN, FileUnreadable, Sought

SEPARATORS: Final = ",;\t"
PIECE_BYTES: Final = 512 * 1024  # twice as much is written no faster, and begins later
PIECE_ROWS: Final = 10_000
_MAX_LINE_BYTES: Final = 64 * 1024
_TOP_BYTES: Final = 256 * 1024
_BEGINNING_BYTES: Final = 8
_BOTH: Final = " .xlsx 或“CSV UTF-8”"
_CSV_ONLY: Final = "“CSV UTF-8”"

# What people send in place of a table, by its first bytes.
_NO_TABLES: Final = {
    b"%PDF": " PDF 文件",
    b"\x89PNG": "图片",
    b"\xff\xd8\xff": "图片",
    b"Rar!": "压缩包",
    b"7z\xbc\xaf": "压缩包",
    b"{\\rtf": " Word 文档",
}


@dataclass(frozen=True, slots=True)
class Survey:
    """What one look over a file's bytes tells: its encoding, how many lines end in it, whether a record is a line."""

    encoding: str
    lines: int
    by_line: bool


def refuse_no_table(start: bytes, wanted: str) -> None:
    """Refuse a file without content, and one that its first bytes tell to be something else than a table."""
    if not start:
        raise FileUnreadable("文件是空的（0 字节）", "请重新导出，打开确认有内容后再上传")
    for beginning, kind in _NO_TABLES.items():
        if start.startswith(beginning):
            reason = f"这是{kind}，不是表格"
            raise FileUnreadable(reason, f"请上传{wanted}，不要上传扫描件、图片或压缩包")


def survey(file: IO[bytes], how_to: str) -> Survey:
    """UTF-8 (with or without BOM) if it is, else GB18030; a file that is neither is `FileUnreadable`."""
    for encoding in ("utf-8-sig", "gb18030"):
        file.seek(0)
        decoder = codecs.getincrementaldecoder(encoding)()
        feeds = returns = quotes = zeros = 0
        try:
            while block := file.read(PIECE_BYTES):
                decoder.decode(block)
                # None of these bytes is ever a part of another character, in either encoding.
                feeds += block.count(b"\n")
                returns += block.count(b"\r")
                quotes += block.count(b'"')
                zeros += block.count(b"\x00")
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            continue
        if zeros:
            break
        return Survey(encoding, feeds or returns, by_line=feeds > 0 and quotes == 0)
    raise FileUnreadable("既不是 UTF-8 也不是 GB18030 编码的文本", how_to)


class Separated:
    """One file of records, the separator found; `pieces()` gives all of them, as often as it is asked.

    The separator is the first of , ; tab under which the header that is `sought` is in the first records. A quote that
    is never closed, or closed in another record, would swallow people without a word: such a file is refused.
    """

    def __init__(self, file: IO[bytes], sought: Sought, max_lines: int, *, workbooks: bool = True) -> None:
        """Without `workbooks`, nobody is told to send one instead."""
        save_as = _BOTH if workbooks else _CSV_ONLY
        self._save_again = f"请用 Excel 打开后另存为{save_as}再上传"
        file.seek(0)
        refuse_no_table(file.read(_BEGINNING_BYTES), save_as)
        self._file = file
        self._seen = survey(file, self._save_again)
        if self._seen.lines > max_lines:
            raise FileUnreadable("行数过多", f"每个文件不超过 {max_lines} 行，请拆分后分批上传")
        self.separator, top = self._top(sought)
        self.width = max(len(record) for record in top)

    @property
    def encoding(self) -> str:
        return self._seen.encoding.removesuffix("-sig")

    def pieces(self) -> Iterator[pl.DataFrame]:
        """Every record as strings c0, c1, …, blank ones included, so that row i is row i+1 in a spreadsheet."""
        if self._seen.by_line:
            return (self._parsed(block) for block in self._blocks())
        return self._records()

    def _top(self, sought: Sought) -> tuple[str, list[list[str]]]:
        self._file.seek(0)
        text = codecs.getincrementaldecoder(self._seen.encoding)().decode(self._file.read(_TOP_BYTES))
        usual, unpaired = max(SEPARATORS, key=text.count), None
        for separator in SEPARATORS:
            top: list[list[str]] = []
            try:
                top.extend(islice(_strictly(io.StringIO(text, newline=""), separator), HEADER_WITHIN))
            except csv.Error as error:  # what was read up to here stays in `top`
                unpaired = error if separator == usual else unpaired
            if sought.found_in(top):
                return separator, top
        raise sought.in_vain() if unpaired is None else self._unpaired() from unpaired

    def _blocks(self) -> Iterator[bytes]:
        """About a piece of whole lines at a time, in UTF-8; a small one first, so that work begins sooner."""
        self._file.seek(len(codecs.BOM_UTF8) if self._has_mark() else 0)
        size = min(_TOP_BYTES, PIECE_BYTES)  # the header was found within as much
        while block := self._file.read(size):
            size = PIECE_BYTES
            rest = b"" if block.endswith(b"\n") else self._file.readline(_MAX_LINE_BYTES)
            if len(rest) == _MAX_LINE_BYTES:
                raise FileUnreadable("有一行过长", self._save_again)
            whole = block + rest
            yield whole if self.encoding == "utf-8" else whole.decode(self._seen.encoding).encode()

    def _has_mark(self) -> bool:
        self._file.seek(0)
        return self.encoding == "utf-8" and self._file.read(len(codecs.BOM_UTF8)) == codecs.BOM_UTF8

    def _parsed(self, block: bytes) -> pl.DataFrame:
        lines = block.count(b"\n") + (not block.endswith(b"\n"))
        try:
            read = pl.read_csv(
                block,
                has_header=False,
                separator=self.separator,
                quote_char=None,
                schema=dict.fromkeys(self._names, pl.String),
                truncate_ragged_lines=True,
                missing_columns="insert",
            )
        except pl.exceptions.PolarsError:  # a block of blank lines only is “empty”
            read = self._frame([])
        if read.height == lines:
            return read
        return self._frame(list(_strictly(io.StringIO(block.decode(), newline=""), self.separator)))

    def _records(self) -> Iterator[pl.DataFrame]:
        self._file.seek(0)
        text = io.TextIOWrapper(self._file, self._seen.encoding, newline="")
        try:
            records = self._whole_records(text)
            while some := list(islice(records, PIECE_ROWS)):
                yield self._frame(some)
        except csv.Error as error:
            raise self._unpaired() from error
        finally:
            text.detach()  # the file is somebody else's to close

    def _whole_records(self, text: io.TextIOBase) -> Iterator[list[str]]:
        """The records; one over several lines may break within a cell, but may not hold what two records would."""
        reader, before = _strictly(text, self.separator), 0
        for record in reader:
            if reader.line_num > before + 1 and self._has_swallowed(record):
                raise self._unpaired(before + 1)
            before = reader.line_num
            yield record

    def _has_swallowed(self, record: Sequence[str]) -> bool:
        return len(record) > self.width or any(
            "\n" in cell.replace("\r", "\n") and cell.count(self.separator) >= self.width - 1 for cell in record
        )

    def _unpaired(self, line: int | None = None) -> FileUnreadable:
        where = "" if line is None else f"第 {line} 行起"
        return FileUnreadable(f"{where}引号不配对", self._save_again)

    def _frame(self, records: Sequence[Sequence[str]]) -> pl.DataFrame:
        columns = {
            name: [record[at] if at < len(record) else None for record in records]
            for at, name in enumerate(self._names)
        }
        return pl.DataFrame(columns, schema=dict.fromkeys(self._names, pl.String))

    @property
    def _names(self) -> list[str]:
        """One column more than the header has, so that a record that is longer can be told from it."""
        return [f"c{at}" for at in range(self.width + 1)]


def _strictly(text: io.TextIOBase, separator: str) -> Any:
    """Python's own reader of such records; a quote that does not close where a cell ends is a `csv.Error`."""
    return csv.reader(text, delimiter=separator, strict=True)
