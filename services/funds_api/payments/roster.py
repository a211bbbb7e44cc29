"""A payment roster as townships send it (XLSX or CSV), read in pieces of some thousand rows with exact fen.

Finds the header below title rows, the unit beside or above it, takes totals lines out and keeps their printed sum.
Judges no row: what is wrong with a row is decided in `check.py`. Knows no table and no person.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import IO, Final

import polars as pl

from services.funds_api import columns
from services.funds_api.columns import FileUnreadable
from services.funds_api.payments import workbook
from services.funds_api.separated import Separated
from treasury.money import Unit

_MOST_PRINTED: Final = 2**63 - 1  # what the ledger can keep of a printed total, which is a sum
_ALIASES: Final[dict[str, tuple[str, ...]]] = {
    "id_number": ("身份证号", "身份证号码", "公民身份号码", "公民身份证号码", "证件号码", "身份证"),
    "name": ("姓名", "户主姓名", "户主", "领款人", "领款人姓名"),
    "card": ("卡号", "银行卡号", "银行账号", "一卡通账号", "一卡通卡号", "账号", "一卡通"),
    "village": ("村", "行政村", "村名", "所在村", "村委会"),
}
# Where a roster prints several sums, the one that is really paid out comes first.
_AMOUNTS: Final = ("实发金额", "发放金额", "补贴金额", "补助金额", "金额")
_AMOUNT: Final = re.compile(rf"({'|'.join(_AMOUNTS)})[(\[〔【]?(亿元|万元|元|分)?[)\]〕】]?\Z")
_UNIT_CELL: Final = re.compile(r"单位:?(?:人民币)?([十百千万亿]*元|分)(?![\u4e00-\u9fff])")
_UPTO_THOUSAND: Final = r"^\s*[¥￥]?-?[0-9]{1,3}\s*$"
_THOUSANDS: Final = r"^\s*[0-9]{3}(\.[0-9]+)?\s*元?\s*$"
_PART: Final = r"^[^0-9]{0,4}小\s*计"
_GRAND: Final = r"^[^0-9]{0,4}(合\s*计|总\s*计)"
_ID_LABELS: Final = [label for one in _ALIASES["id_number"] for label in (one, f"户主{one}")]
# As many lines as a sheet of Excel has: a county's whole register fits many times over.
MAX_LINES: Final = 1_048_576
_OLD_EXCEL: Final = b"\xd0\xcf\x11\xe0"


@dataclass(frozen=True, slots=True)
class Header:
    """Where the columns are: `row` counts from 0, `places` maps a field to its column, `unit` is what amounts mean."""

    row: int
    places: dict[str, int]
    unit: Unit


def _unit(stated: str) -> Unit:
    """The unit that a roster states; one that is not read would be taken for 元 without a word."""
    if stated not in set(Unit):
        reason = f"金额单位“{stated}”无法识别"
        raise FileUnreadable(reason, "请改用元、万元、亿元或分，并按该单位填写金额")
    return Unit(stated)


def find_header(top: Sequence[Sequence[str]]) -> Header | None:
    """The first of the top rows that names an ID column and an amount column, or None.

    One that names such a column twice, or who is paid under two names, is `FileUnreadable`.
    """
    unit = Unit.YUAN
    for at, cells in enumerate(top):
        labels = [columns.label(cell) for cell in cells]
        for label in labels:
            if stated := _UNIT_CELL.search(label):
                unit = _unit(stated[1])
        places = {
            field: place
            for field, aliases in _ALIASES.items()
            if (place := columns.place_of(labels, {*aliases, *(f"户主{one}" for one in aliases)})) is not None
        }
        amounts = [
            (_AMOUNTS.index(found[1]), place, found[2])
            for place, label in enumerate(labels)
            if (found := _AMOUNT.match(label))
        ]
        if "id_number" in places and amounts:
            named = [label for label in labels if any(label in aliases for aliases in _ALIASES.values())]
            people = ["身份证号" if label in _ALIASES["id_number"] else label for label in named]
            columns.must_head_once([*people, *(_AMOUNTS[rank] for rank, _, _ in amounts)])
            _, place, stated_unit = min(amounts, key=lambda one: one[:2])
            return Header(at, {**places, "amount": place}, Unit(stated_unit) if stated_unit else unit)
    return None


def _lacking(cells: Sequence[str]) -> list[str]:
    """Which of the two columns that a roster cannot do without this row does not head."""
    labels = [columns.label(cell) for cell in cells]
    names_people = any(label in _ID_LABELS for label in labels)
    names_amounts = any(_AMOUNT.match(label) for label in labels)
    return [name for name, there in (("身份证号", names_people), ("金额（元）", names_amounts)) if not there]


def _sought() -> columns.Sought:
    return columns.Sought(
        _lacking, "表头须在同一行写明“身份证号”和“金额（元）”两列；CSV 的列之间用逗号、分号或制表符分隔"
    )


def open_roster(file: IO[bytes]) -> Roster:
    """The roster in a file, its header found, or `FileUnreadable`; no row has been read yet."""
    file.seek(0)
    start = file.read(len(_OLD_EXCEL))
    if start.startswith(_OLD_EXCEL):
        raise FileUnreadable("旧版 Excel 文件（.xls）", "请用 Excel 打开后另存为 .xlsx 再上传")
    if workbook.is_workbook(start):
        return Roster(workbook.pieces_of(file, _sought()), "xlsx")
    text = Separated(file, _sought(), MAX_LINES)
    if text.width > workbook.MAX_COLUMNS:
        raise FileUnreadable("列数过多", f"不超过 {workbook.MAX_COLUMNS} 列，请只保留名册所需的列")
    return Roster(text.pieces(), f"csv/{text.encoding}", commas=text.separator == ",")


class Roster:
    """A roster as it is read: `pieces()` gives the rows of people in the order of the file, once, and adds them up.

    A row has `line` (the file's own, from 1), text fields, `amount_fen` (null if unreadable) and `too_fine`; `village`
    stands as printed. After the last piece `printed_sum_fen` is what the readable amounts add up to, and
    `printed_total_fen` what the file says they do: its last 合计 or 总计, else Σ of its 小计, or None.
    """

    def __init__(self, grids: Iterator[pl.DataFrame], file_format: str, *, commas: bool = False) -> None:
        """Take a file as grids of text (columns c0, c1, …) that follow each other; the first has the header.

        With `commas` between its cells, one between thousands makes two cells of an amount.
        """
        first = next(grids, pl.DataFrame())
        top = [[cell or "" for cell in row] for row in first.head(columns.HEADER_WITHIN).rows()]
        header = find_header(top)
        if header is None:
            raise _sought().in_vain()
        self.file_format = file_format
        self.unit = header.unit
        self.printed_sum_fen = 0
        self._header = header
        self._labelled_n = max(at for at, cell in enumerate(top[header.row], 1) if columns.label(cell))
        self._commas = commas
        self._grids = itertools.chain([first], grids)
        self._grand_fen: int | None = None
        self._parts_fen: int | None = None

    @property
    def printed_total_fen(self) -> int | None:
        told = self._parts_fen if self._grand_fen is None else self._grand_fen
        return None if told is None or told > _MOST_PRINTED else told

    @property
    def difference_fen(self) -> int | None:
        """Σ of the amounts minus the printed total: 0 when the file is true to itself, None when it prints none."""
        return None if self.printed_total_fen is None else self.printed_sum_fen - self.printed_total_fen

    def pieces(self) -> Iterator[pl.DataFrame]:
        """The rows of people, piece by piece; totals, blank and foot lines are taken out; a bad row is still a row.

        A file that has a header and nobody below it is `FileUnreadable` at its end.
        """
        line, people_n = 1, 0
        for grid in self._grids:
            below = grid.with_row_index("line", offset=line).filter(pl.col("line") > self._header.row + 1)
            line += grid.height
            rows = self._read(below)
            self._note_totals(rows.filter(pl.col("total").is_not_null() & pl.col("amount_fen").is_not_null()))
            people = rows.filter(pl.col("total").is_null()).drop("total")
            self.printed_sum_fen += int(people["amount_fen"].cast(pl.Int128).sum())  # huge amounts must not wrap
            people_n += people.height
            yield people
        if not people_n:
            raise FileUnreadable("表头下面没有一行名册", "请打开文件确认名册与表头在同一张工作表内，再上传")

    def _read(self, below: pl.DataFrame) -> pl.DataFrame:
        """The lines that say something, with fields and amounts; `total` is “grand” or “part” on totals lines."""
        # Not lazily: a filter pushed down below the columns would have them made twice.
        spoken = (
            below.select(
                pl.col("line").cast(pl.Int32),
                id_number=columns.id_number(self._cell("id_number")),
                name=columns.tidy(self._cell("name")),
                card=columns.tidy(self._cell("card")),
                village=self._cell("village"),
                amount=columns.tidy(self._amount(below)),
            )
            .filter(~pl.all_horizontal(pl.col("id_number", "name", "card", "amount").is_null()))
            # The header, printed once more at the top of each page.
            .filter(~pl.col("id_number").is_in(_ID_LABELS).fill_null(value=False))
            .join(_totals(below), on="line", how="left", maintain_order="left")
            .with_columns(
                # A person's row may speak of a total in a note; a totals line names nobody.
                total=pl.when(~pl.col("id_number").str.contains(r"[0-9]{6}").fill_null(value=False)).then("total")
            )
        )
        return spoken.with_columns(_amounts(spoken["amount"], self.unit))

    def _amount(self, below: pl.DataFrame) -> pl.Expr:
        """The cell of the amount; with the next one where a comma between thousands cut it, which is no number then."""
        place, cell = self._header.places["amount"], self._cell("amount")
        beyond = [pl.col(name) for name in below.columns[1:][self._labelled_n :]]
        if not self._commas or not beyond or f"c{place + 1}" not in below.columns:
            return cell
        rest = pl.col(f"c{place + 1}")
        is_longer = pl.any_horizontal(one.str.strip_chars() != "" for one in beyond)
        if not below.select(is_longer.any()).item():  # as nearly always
            return cell
        is_cut = is_longer & cell.str.contains(_UPTO_THOUSAND) & rest.str.contains(_THOUSANDS)
        return pl.when(is_cut.fill_null(value=False)).then(cell + pl.lit("，") + rest + pl.lit("?")).otherwise(cell)

    def _cell(self, field: str) -> pl.Expr:
        place = self._header.places.get(field)
        return pl.lit(None, pl.String) if place is None else pl.col(f"c{place}")

    def _note_totals(self, totals: pl.DataFrame) -> None:
        for kind, fen in totals.select("total", "amount_fen").iter_rows():
            if kind == "grand":
                self._grand_fen = fen
            else:
                self._parts_fen = (self._parts_fen or 0) + fen


def _totals(below: pl.DataFrame) -> pl.DataFrame:
    """Lines with a cell that begins as totals lines do: `line` and `total` (“grand” for 合计, “part” for 小计)."""
    cells = [name for name in below.columns if name != "line"]
    some = below.filter(pl.any_horizontal(pl.col(cells).str.contains("计", literal=True)))
    return some.select(
        pl.col("line").cast(pl.Int32),
        total=pl.when(pl.any_horizontal(pl.col(cells).str.contains(_GRAND)))
        .then(pl.lit("grand"))
        .when(pl.any_horizontal(pl.col(cells).str.contains(_PART)))
        .then(pl.lit("part")),
    )


def _amounts(printed: pl.Series, unit: Unit) -> list[pl.Series]:
    """`amount_fen` and `too_fine`; a cell with its own 元 or 万元 means what it prints."""
    if not printed.str.contains("元", literal=True).any():
        read = columns.amounts(printed, unit)
        return [read["fen"].alias("amount_fen"), read["too_fine"]]
    staged = printed.to_frame("amount").select(
        own=pl.col("amount").str.extract(r"(万元|元)整?$"),
        bare=pl.col("amount").str.replace(r"\s*(万元|元)整?$", ""),
    )
    read = columns.amounts(staged["bare"], unit)
    for named in (Unit.WAN, Unit.YUAN):
        theirs = (staged["own"] == named.value).fill_null(value=False)
        if theirs.any():
            meant = columns.amounts(staged["bare"], named)
            read = read.select(pl.when(theirs).then(meant[column]).otherwise(pl.col(column)) for column in read.columns)
    return [read["fen"].alias("amount_fen"), read["too_fine"]]
