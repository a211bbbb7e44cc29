"""Columns of text that officials typed, as columns of values: whole files are judged at once, never row by row.

Holds the decoding of files and the vectorised twins of `treasury.money.fen_from_text` and
`treasury.identifiers.is_id_number`; property tests hold each twin to its original. Pure: knows no file, no table and
no person.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Final

import polars as pl

from treasury.identifiers import ID_CHECKS, ID_WEIGHTS
from treasury.money import Unit

SEPARATORS: Final = ",;\t"
HEADER_WITHIN: Final = 15
# 10^18 - 1 fen is ten quadrillion 元, and the last power of ten below 2^63: anything longer is no amount of money.
_MAX_FEN_DIGITS: Final = 18
_SHIFT: Final = {Unit.FEN: 0, Unit.YUAN: 2, Unit.WAN: 6, Unit.YI: 10}


@dataclass(eq=False)
class FileUnreadable(Exception):
    """A file in which no list of people can be found; nothing of it was kept."""

    reason: str
    advice: str

    def __str__(self) -> str:
        return f"文件无法读取：{self.reason}。{self.advice}"

    def figures(self) -> dict[str, str]:
        return {"reason": self.reason, "how_to": self.advice}


def decode(raw: bytes) -> tuple[str, str]:
    """The text of a file and the name of its encoding: UTF-8 (with or without BOM) if it is, else GB18030."""
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = raw.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" in text:
            break
        return (text if "\n" in text else text.replace("\r", "\n")), encoding.removesuffix("-sig")
    raise FileUnreadable("既不是 UTF-8 也不是 GB18030 编码的文本", "请用 Excel 打开后另存为 .xlsx 或“CSV UTF-8”再上传")


def grid_of(text: str, has_header: Callable[[list[list[str]]], bool]) -> pl.DataFrame:
    """Every record of a separated text as strings, blank ones included, so that row i is row i+1 in a spreadsheet.

    The separator is the first of , ; tab under which `has_header` finds a header in the first records.
    """
    for separator in SEPARATORS:
        try:
            top = list(islice(csv.reader(io.StringIO(text), delimiter=separator), HEADER_WITHIN))
        except csv.Error:
            continue
        if has_header(top):
            width = max(len(record) for record in top)
            return _parse(text, separator, width)
    raise FileUnreadable("前 15 行内没有找到表头", "表头须写明身份证号等规定列，列之间用逗号、分号或制表符分隔")


def _parse(text: str, separator: str, width: int) -> pl.DataFrame:
    names = [f"c{at}" for at in range(width)]
    try:
        return pl.read_csv(
            io.BytesIO(text.encode()),
            has_header=False,
            separator=separator,
            quote_char='"' if '"' in text else None,
            schema=dict.fromkeys(names, pl.String),
            truncate_ragged_lines=True,
            missing_columns="insert",
        )
    except pl.exceptions.PolarsError:  # a quote in the middle of a cell: the lenient reader takes it as it stands
        return pl.DataFrame(
            dict(zip(names, _columns(text, separator, width), strict=True)),
            schema=dict.fromkeys(names, pl.String),
        )


def _columns(text: str, separator: str, width: int) -> Iterator[list[str | None]]:
    try:
        records = list(csv.reader(io.StringIO(text), delimiter=separator))
    except csv.Error as error:
        raise FileUnreadable("引号不配对", "请用 Excel 打开后另存为 .xlsx 再上传") from error
    for at in range(width):
        yield [record[at] if at < len(record) else None for record in records]


def tidy(column: pl.Expr) -> pl.Expr:
    """Full-width folded, line breaks and blanks at both ends gone; an empty cell is null."""
    text = column.str.normalize("NFKC").str.replace_all(r"[\x00-\x1f\x7f]+", " ").str.strip_chars()
    return pl.when(text != "").then(text)


def id_number(column: pl.Expr) -> pl.Expr:
    """An ID number as written, normalised; the marks that keep Excel from rounding it (' = " `) are taken off."""
    text = column.str.normalize("NFKC").str.replace_all(r"[\s\x00-\x1f'\"=`‘’“”]+", "").str.to_uppercase()
    return pl.when(text != "").then(text)


def has_id_shape(number: pl.Expr) -> pl.Expr:
    return number.str.contains(r"^[0-9]{17}[0-9X]$")


def has_birth_date(number: pl.Expr) -> pl.Expr:
    """Whether places 7–14 are a day that exists (year 1 or later)."""
    born = number.str.slice(6, 8)
    return born.str.to_date("%Y%m%d", strict=False).is_not_null() & ~born.str.starts_with("0000")


def has_check_digit(number: pl.Expr) -> pl.Expr:
    """Whether the 18th character is the one GB 11643 asks for; meant for numbers of the right shape."""
    total = pl.sum_horizontal(
        number.str.slice(place, 1).cast(pl.Int32, strict=False) * weight for place, weight in enumerate(ID_WEIGHTS)
    )
    wanted = (total % 11).replace_strict(list(range(11)), list(ID_CHECKS), default=None, return_dtype=pl.String)
    return wanted == number.str.slice(17, 1)


def is_id_number(number: pl.Expr) -> pl.Expr:
    """The twin of `treasury.identifiers.is_id_number` over a column of normalised numbers; null counts as false."""
    return (has_id_shape(number) & has_birth_date(number) & has_check_digit(number)).fill_null(value=False)


def _number(tidied: pl.Expr) -> pl.Expr:
    text = tidied.str.replace_all(",", "", literal=True).str.strip_chars().str.strip_chars_start("¥￥")
    return pl.when(text.str.contains(r"^-?[0-9]{1,15}(\.[0-9]{1,12})?$")).then(text)


def _fraction(number: pl.Expr) -> pl.Expr:
    return number.str.extract(r"\.([0-9]+)$").fill_null("")


def fen(tidied: pl.Expr, unit: Unit) -> pl.Expr:
    """The twin of `treasury.money.fen_from_text` over a column of tidied text: exact fen, or null where it refuses."""
    number, shift = _number(tidied), _SHIFT[unit]
    places = (_fraction(number) + pl.lit("0" * shift)).str.slice(0, shift)
    digits = (number.str.extract(r"^-?([0-9]+)") + places).str.strip_chars_start("0")
    fits = (digits.str.len_bytes() <= _MAX_FEN_DIGITS) & ~is_finer_than_fen(tidied, unit)
    whole = pl.when(digits == "").then(pl.lit("0")).otherwise(digits)
    value = pl.when(fits).then(whole).cast(pl.Int64)
    return pl.when(number.str.starts_with("-")).then(-value).otherwise(value)


def is_finer_than_fen(tidied: pl.Expr, unit: Unit) -> pl.Expr:
    """Whether a number is readable but names parts of a fen."""
    return _fraction(_number(tidied)).str.slice(_SHIFT[unit]).str.contains("[1-9]")
