"""One report, whatever it is printed as: sections of columns and rows, totals, and the query that it came from. Pure.

Amounts are integer fen until they are shown. Totals are added up here from the rows that count: a row whose amount is
within another one's (属…之内) is shown and not counted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from typing import Final, TypeAlias

from treasury.printing import yuan

Cell: TypeAlias = str | int | date | None
NOTHING: Final = "—"
ID_SHOWN: Final = 8


class Kind(StrEnum):
    """id: 编号; text: 文字; day: 日期; fen: 金额（分）; count: 件数、天数; share: 百分比."""

    ID = "id"
    TEXT = "text"
    DAY = "day"
    FEN = "fen"
    COUNT = "count"
    SHARE = "share"


@dataclass(eq=False)
class ReportDoesNotTie(Exception):
    """The rows of a report do not come to what the books say; it is not handed out."""

    what: str
    parent: int
    parts: int

    def __str__(self) -> str:
        return f"{self.what}：账上为 {self.parent}，各行合计为 {self.parts}，两者不符，报表未生成"


@dataclass(frozen=True, slots=True)
class Column:
    """A column: `width` in Chinese characters; `summed` columns have a total on each page and at the end.

    `of` are the keys of part and whole of a column of shares, of whose totals the share of all is made.
    """

    key: str
    heading: str
    kind: Kind
    width: int
    summed: bool = False
    of: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """A row: one cell per column. What is not `counted` lies within another row and is in no total.

    `elsewhere_fen`: by key of a column, how many of its fen another row counts.
    """

    cells: tuple[Cell, ...]
    counted: bool = True
    elsewhere_fen: Mapping[str, int] = field(default_factory=dict)

    def adds(self, at: int, column: Column) -> int:
        """What the row adds to the total of a column."""
        return _whole(self.cells[at]) - self.elsewhere_fen.get(column.key, 0) if self.counted else 0


@dataclass(frozen=True, slots=True)
class Section:
    """A table with its heading. `empty_because` says why there is no row."""

    heading: str
    columns: tuple[Column, ...]
    lines: tuple[Line, ...]
    empty_because: str

    @property
    def totals(self) -> dict[str, int]:
        """Σ of each summed column over the rows that count."""
        return {
            column.key: sum(line.adds(at, column) for line in self.lines)
            for at, column in enumerate(self.columns)
            if column.summed
        }

    @property
    def shares(self) -> dict[str, str | None]:
        """The share of all, of each column of shares: of the totals, never a mean of the rows."""
        totals = self.totals
        return {one.key: share(totals[one.of[0]], totals[one.of[1]]) for one in self.columns if one.of is not None}


@dataclass(frozen=True, slots=True)
class Basis:
    """The query a report came from: asked again with these, it gives the same rows.

    `position` is the last act of the county's journal that it could see.
    """

    path: str
    parameters: tuple[tuple[str, str], ...]
    as_of: date
    known_at: datetime | None
    position: int

    @property
    def query(self) -> str:
        return "&".join(f"{name}={value}" for name, value in self.parameters)


@dataclass(frozen=True, slots=True)
class Proof:
    """A figure of the books against Σ of the rows."""

    what: str
    unit: Kind
    parent: int
    parts: int

    @property
    def unexplained(self) -> int:
        return self.parent - self.parts


@dataclass(frozen=True, slots=True)
class Masthead:
    """Who issues a report, under which number, on which day, to whom; what is not given is made from the query."""

    issuer: str
    number: str
    issued_on: date
    addressee: str | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """What is printed: `paragraphs` before the tables, `notes` behind them, and `closing` lines that are filled in."""

    name: str
    title: str
    county: str
    masthead: Masthead
    basis: Basis
    paragraphs: tuple[str, ...]
    sections: tuple[Section, ...]
    notes: tuple[str, ...]
    proofs: tuple[Proof, ...]
    closing: tuple[str, ...] = ()

    @property
    def lines_n(self) -> int:
        return sum(len(section.lines) for section in self.sections)


def must_tie(report: Report) -> None:
    """Refuse a report whose rows do not come to what the books say, to the fen."""
    for proof in report.proofs:
        if proof.unexplained:
            raise ReportDoesNotTie(proof.what, proof.parent, proof.parts)


def share(part: int, whole: int) -> str | None:
    """`part` of `whole` in percent with two decimals, halves up, 100.00% only when nothing is left; None of nothing."""
    if whole == 0:
        return None
    exact = Decimal(part) * 100 / Decimal(whole)
    rounded = exact.quantize(Decimal("0.01"), ROUND_HALF_UP)
    if part < whole and rounded == Decimal(100):
        rounded = Decimal("99.99")
    return f"{rounded}%"


def shown(cell: Cell, kind: Kind) -> str:
    """A cell as people read it on paper: 元 with commas and two decimals, days as 2017-11-30, nothing as a dash.

    Of an id the end, in which it differs from others of the same day.
    """
    if cell is None or cell == "":
        return NOTHING
    if kind == Kind.ID:
        return str(cell)[-ID_SHOWN:]
    if kind == Kind.FEN:
        return yuan(_whole(cell))
    if isinstance(cell, date):
        return cell.isoformat()
    return str(cell)


def chinese_day(day: date) -> str:
    """A day as official documents write it: 2017年11月30日 (GB/T 9704—2012, 7.3.5.4: Arabic numerals, no zeros)."""
    return f"{day.year}年{day.month}月{day.day}日"


def counted_elsewhere(fen: int) -> str:
    """How a row says that another counts some of its fen; nothing of none."""
    return f"（其中{yuan(fen)}元此后又被认定，计入后者）" if fen else ""


def clipped(text: str, most: int) -> str:
    """`text`, or its beginning and an ellipsis that says that there is more."""
    return text if len(text) <= most else text[: most - 1] + "…"


def _whole(cell: Cell) -> int:
    if cell is None:
        return 0
    if not isinstance(cell, int):
        raise TypeError(cell)
    return cell
