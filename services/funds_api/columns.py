"""Columns of text that officials typed, as columns of values: whole files are judged at once, never row by row.

Holds the vectorised twins of `treasury.money.fen_from_text` and `treasury.identifiers.is_id_number`; property tests
hold each twin to its original. Pure: knows no file, no table and no person.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import polars as pl

from treasury.identifiers import ID_CHECKS, ID_WEIGHTS
from treasury.money import Unit

HEADER_WITHIN: Final = 15
# Ten quadrillion 元, and the last power of ten below 2^63: as much or more is no amount of money.
_TOO_MUCH_FEN: Final = 10**18
# With commas between thousands or none: of "12,50" nobody can say that no point was meant.
_NUMBER: Final = r"^(?<sign>-?)(?<whole>[0-9]{1,15}|[0-9]{1,3}(?:,[0-9]{3}){1,4})(?:\.(?<fraction>[0-9]{1,12}))?$"
_SHIFT: Final = {Unit.FEN: 0, Unit.YUAN: 2, Unit.WAN: 6, Unit.YI: 10}
# Cells that are tidy already, which most are: NFKC leaves these characters alone, and none of them is trimmed off.
_TIDY: Final = r"^[0-9A-Za-z.\-\x{4e00}-\x{9fff}]+$"
_NORMAL: Final = r"^[0-9X]+$"
# What chat programmes and web pages leave around a copied number: byte order marks, blanks of no width, directions.
_UNSEEN: Final = r"\p{Cf}+"
# The weighted sum of three digits of an ID number by their value, from the last three of the first 17 to the first two.
_GROUPS: Final = [ID_WEIGHTS[max(0, last - 3) : last] for last in range(17, 0, -3)]
_SUMS: Final = [
    pl.Series([sum(int(d) * w for d, w in zip(f"{n:0{len(ws)}d}", ws, strict=True)) for n in range(10 ** len(ws))])
    for ws in _GROUPS
]
_CHECKS: Final = pl.Series(list(ID_CHECKS))


@dataclass(eq=False)
class FileUnreadable(Exception):
    """A file in which no list of people can be found; nothing of it was kept."""

    reason: str
    advice: str

    def __str__(self) -> str:
        return f"文件无法读取：{self.reason}。{self.advice}"

    def figures(self) -> dict[str, str]:
        return {"reason": self.reason, "how_to": self.advice}


def label(cell: str) -> str:
    """A heading as it is compared: full-width folded; blanks, line breaks, asterisks and unseen marks gone."""
    seen = "".join(one for one in unicodedata.normalize("NFKC", cell) if unicodedata.category(one) != "Cf")
    return re.sub(r"[\s*]+", "", seen)


def place_of(labels: Sequence[str], names: Collection[str]) -> int | None:
    """The first column headed by one of these names; where the head of the household (户主) is named beside, the other.

    A row is about whom it names, whoever heads the household.
    """
    found = [(label.startswith("户主"), place) for place, label in enumerate(labels) if label in names]
    return min(found)[1] if found else None


def must_head_once(labels: Iterable[str]) -> None:
    """Refuse a header that names a column twice: whichever was taken, the other would be dropped without a word."""
    twice = [label for label, times in Counter(labels).items() if times > 1]
    if twice:
        reason = f"表头中“{'”“'.join(twice)}”出现不止一次"
        raise FileUnreadable(reason, "请每项只留一列；并排排成两栏的名册请改成一栏后再上传")


class Sought:
    """The search for a file's header in its first rows; remembers what the row that came nearest lacks."""

    def __init__(self, lacking: Callable[[Sequence[str]], list[str]], needed: str) -> None:
        """`lacking` names the columns that a row of cells does not head; `needed` tells people what a header has."""
        self._lacking = lacking
        self._needed = needed
        self._nearest: tuple[int, int, list[str]] | None = None

    def found_in(self, top: Sequence[Sequence[str]]) -> bool:
        """Whether one of these rows is the header."""
        nobody = len(self._lacking([]))
        for row, cells in enumerate(top, 1):
            lacks = self._lacking(cells)
            if not lacks:
                return True
            if len(lacks) < nobody and (self._nearest is None or len(lacks) < self._nearest[0]):
                self._nearest = (len(lacks), row, lacks)
        return False

    def in_vain(self) -> FileUnreadable:
        """What to tell whoever sent a file without a header."""
        if self._nearest is None:
            return FileUnreadable(f"前 {HEADER_WITHIN} 行内没有找到表头", self._needed)
        _, row, lacks = self._nearest
        return FileUnreadable(f"第 {row} 行像是表头，但缺少“{'”“'.join(lacks)}”列", self._needed)


def _mended(column: pl.Expr, sound: str, mend: Callable[[pl.Expr], pl.Expr]) -> pl.Expr:
    """The cells that are `sound` as they are, the others mended: normalising costs five times as much as looking."""
    as_it_is = column.str.contains(sound)
    text = mend(pl.when(~as_it_is).then(column))
    return pl.when(as_it_is).then(column).when(text != "").then(text)


def _seen(text: pl.Expr) -> pl.Expr:
    return text.str.normalize("NFKC").str.replace_all(_UNSEEN, "")


def tidy(column: pl.Expr) -> pl.Expr:
    """Full-width folded, line breaks, blanks at both ends and marks that nobody sees gone; an empty cell is null."""
    return _mended(
        column,
        _TIDY,
        lambda text: _seen(text).str.replace_all(r"[\x00-\x1f\x7f]+", " ").str.strip_chars(),
    )


def id_number(column: pl.Expr) -> pl.Expr:
    """An ID number as written, normalised; the marks that keep Excel from rounding it (' = " `) are taken off."""
    return _mended(
        column,
        _NORMAL,
        lambda text: _seen(text).str.replace_all(r"[\s\x00-\x1f'\"=`‘’“”]+", "").str.to_uppercase(),
    )


def has_id_shape(number: pl.Expr) -> pl.Expr:
    return number.str.contains(r"^[0-9]{17}[0-9X]$")


def has_birth_date(number: pl.Expr) -> pl.Expr:
    """Whether places 7–14 are a day that exists (year 1 or later)."""
    born = number.str.slice(6, 8)
    return born.str.to_date("%Y%m%d", strict=False).is_not_null() & ~born.str.starts_with("0000")


def has_check_digit(number: pl.Expr) -> pl.Expr:
    """Whether the 18th character is the one GB 11643 asks for; meant for numbers of the right shape."""
    first = number.str.slice(0, 17).cast(pl.Int64, strict=False)
    total = pl.sum_horizontal(pl.lit(sums).gather(first // 1000**place % len(sums)) for place, sums in enumerate(_SUMS))
    return pl.lit(_CHECKS).gather(total % 11) == number.str.slice(17, 1)


def is_id_number(number: pl.Expr) -> pl.Expr:
    """The twin of `treasury.identifiers.is_id_number` over a column of normalised numbers; null counts as false."""
    return (has_id_shape(number) & has_birth_date(number) & has_check_digit(number)).fill_null(value=False)


def amounts(tidied: pl.Series, unit: Unit) -> pl.DataFrame:
    """Tidied text as money, row by row: `fen` and `too_fine`, never null.

    `fen` is the twin of `treasury.money.fen_from_text`: exact, or null where that refuses. `too_fine` says that a
    number is readable but names parts of a fen.
    """
    shift = _SHIFT[unit]
    text = pl.col("text").str.strip_chars().str.strip_chars_start("¥￥")
    fraction = pl.col("fraction").fill_null("")
    below_yuan = fraction.str.pad_end(shift, "0").str.slice(0, shift).cast(pl.Int64, strict=False).fill_null(0)
    digits = pl.col("whole").str.replace_all(",", "", literal=True).cast(pl.Int64)
    whole = digits.cast(pl.Int128) * 10**shift + below_yuan  # 128 bits: 15 digits of 亿元
    return (
        tidied.to_frame("text")
        .lazy()
        .select(text.str.extract_groups(_NUMBER))
        .unnest("text")
        .with_columns(value=whole, too_fine=fraction.str.slice(shift).str.contains("[1-9]"))
        .with_columns(
            value=pl.when(~pl.col("too_fine") & (pl.col("value") < _TOO_MUCH_FEN)).then("value").cast(pl.Int64)
        )
        .select(
            fen=pl.when(pl.col("sign") == "-").then(-pl.col("value")).otherwise("value"),
            too_fine="too_fine",
        )
        .collect()
    )
