"""A payment roster as townships send it (XLSX or CSV), read into one frame of rows with exact fen.

Finds the header below title rows, the unit beside or above it, takes totals lines out and keeps their printed sum.
Judges no row: what is wrong with a row is decided in `check.py`. Pure: bytes in, values out.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import polars as pl

from chassis.fields import MAX_BIGINT
from services.funds_api import columns
from services.funds_api.columns import FileUnreadable
from services.funds_api.payments import workbook
from treasury.money import Unit

_ALIASES: Final[dict[str, tuple[str, ...]]] = {
    "id_number": ("身份证号", "身份证号码", "公民身份号码", "公民身份证号码", "证件号码", "身份证"),
    "name": ("姓名", "户主姓名", "户主", "领款人", "领款人姓名"),
    "card": ("卡号", "银行卡号", "银行账号", "一卡通账号", "一卡通卡号", "账号", "一卡通"),
    "village": ("村", "行政村", "村名", "所在村", "村委会"),
}
# Where a roster prints several sums, the one that is really paid out comes first.
_AMOUNTS: Final = ("实发金额", "发放金额", "补贴金额", "补助金额", "金额")
_AMOUNT: Final = re.compile(rf"({'|'.join(_AMOUNTS)})[(\[〔【]?(亿元|万元|元|分)?[)\]〕】]?\Z")
_UNIT_CELL: Final = re.compile(r"单位:?(亿元|万元|元|分)(?![\u4e00-\u9fff])")
_TOTAL: Final = r"^[^0-9]{0,4}(合\s*计|总\s*计|小\s*计)"
_GRAND: Final = r"^[^0-9]{0,4}(合\s*计|总\s*计)"
_OLD_EXCEL: Final = b"\xd0\xcf\x11\xe0"


@dataclass(frozen=True, slots=True)
class Header:
    """Where the columns are: `row` counts from 0, `places` maps a field to its column, `unit` is what amounts mean."""

    row: int
    places: dict[str, int]
    unit: Unit


@dataclass(frozen=True, slots=True)
class Roster:
    """Rows of people with `line` (1-based, the file's own), text fields, `amount_fen` and `too_fine`; totals apart.

    `printed_total_fen` is what the file says it adds up to (its last 合计 or 总计, else Σ of its 小计), or None;
    `printed_sum_fen` is what its readable amounts add up to.
    """

    file_format: str
    rows: pl.DataFrame
    unit: Unit
    printed_total_fen: int | None
    printed_sum_fen: int

    @property
    def difference_fen(self) -> int | None:
        """Σ of the amounts minus the printed total: 0 when the file is true to itself, None when it prints none."""
        return None if self.printed_total_fen is None else self.printed_sum_fen - self.printed_total_fen


def _label(cell: str) -> str:
    return re.sub(r"[\s*]+", "", unicodedata.normalize("NFKC", cell))


def find_header(top: Sequence[Sequence[str]]) -> Header | None:
    """The first of the top rows that names an ID column and an amount column, or None."""
    unit = Unit.YUAN
    for at, cells in enumerate(top):
        labels = [_label(cell) for cell in cells]
        for label in labels:
            if stated := _UNIT_CELL.search(label):
                unit = Unit(stated[1])
        places = {
            field: place
            for field, aliases in _ALIASES.items()
            for place, label in reversed(list(enumerate(labels)))
            if label in aliases or label.removeprefix("户主") in aliases
        }
        amounts = [
            (_AMOUNTS.index(found[1]), place, found[2])
            for place, label in enumerate(labels)
            if (found := _AMOUNT.match(label))
        ]
        if "id_number" in places and amounts:
            _, place, stated_unit = min(amounts, key=lambda one: one[:2])
            return Header(at, {**places, "amount": place}, Unit(stated_unit) if stated_unit else unit)
    return None


def _has_header(top: list[list[str]]) -> bool:
    return find_header(top) is not None


def read(raw: bytes) -> Roster:
    """The roster in a file's bytes, or `FileUnreadable`; a bad row is still a row."""
    if workbook.is_workbook(raw):
        return rows_of(workbook.grid_of(raw, _has_header), "xlsx")
    if raw.startswith(_OLD_EXCEL):
        raise FileUnreadable("旧版 Excel 文件（.xls）", "请用 Excel 打开后另存为 .xlsx 再上传")
    text, encoding = columns.decode(raw)
    if text.count("\n") > workbook.MAX_ROWS:
        raise FileUnreadable("行数过多", f"每份名册不超过 {workbook.MAX_ROWS} 行，请拆分后分批上传")
    grid = columns.grid_of(text, _has_header)
    if grid.width > workbook.MAX_COLUMNS:
        raise FileUnreadable("列数过多", f"不超过 {workbook.MAX_COLUMNS} 列，请只保留名册所需的列")
    return rows_of(grid, f"csv/{encoding}")


def rows_of(grid: pl.DataFrame, file_format: str) -> Roster:
    """The rows of people below the header of a grid of text, with totals, blank and foot lines taken out."""
    top = [[cell or "" for cell in row] for row in grid.head(columns.HEADER_WITHIN).rows()]
    header = find_header(top)
    if header is None:
        raise FileUnreadable("前 15 行内没有找到表头", "表头须同时写明身份证号一列和金额一列")

    def cell(field: str) -> pl.Expr:
        place = header.places.get(field)
        return pl.lit(None, pl.String) if place is None else pl.col(f"c{place}")

    below = grid.with_row_index("line", offset=1).slice(header.row + 1)
    totals = below.filter(pl.any_horizontal(pl.col(name).str.contains(_TOTAL) for name in grid.columns))
    grand = totals.filter(pl.any_horizontal(pl.col(name).str.contains(_GRAND) for name in grid.columns))
    # A person's row may speak of a total in a note; a totals line names nobody.
    nobody_named = ~pl.col("id_number").str.contains(r"[0-9]{6}").fill_null(value=False)
    read_out = (
        below.lazy()
        .select(
            pl.col("line").cast(pl.Int32),
            id_number=columns.id_number(cell("id_number")),
            name=columns.tidy(cell("name")),
            card=columns.tidy(cell("card")),
            village=columns.tidy(cell("village")),
            amount=columns.tidy(cell("amount")),
        )
        .with_columns(
            is_total=pl.col("line").is_in(totals["line"].to_list()) & nobody_named,
            is_grand=pl.col("line").is_in(grand["line"].to_list()) & nobody_named,
        )
        .collect()
    )
    read_out = _with_fen(read_out, header.unit)
    labels = [alias for one in _ALIASES["id_number"] for alias in (one, f"户主{one}")]
    nobody = pl.all_horizontal(pl.col("id_number", "name", "card", "amount").is_null())
    header_again = pl.col("id_number").is_in(labels)  # printed once more at the top of each page
    rows = read_out.filter(~pl.col("is_total") & ~nobody & ~header_again.fill_null(value=False))
    return Roster(
        file_format=file_format,
        rows=rows.drop("is_total", "is_grand"),
        unit=header.unit,
        printed_total_fen=_printed_total(read_out),
        printed_sum_fen=int(rows["amount_fen"].cast(pl.Int128).sum()),  # 128 bits: huge amounts must not wrap
    )


def _with_fen(frame: pl.DataFrame, unit: Unit) -> pl.DataFrame:
    """Add `amount_fen` (null if unreadable) and `too_fine`; a cell with its own 元 or 万元 means what it prints."""
    staged = frame.with_columns(
        own=pl.col("amount").str.extract(r"(万元|元)整?$"),
        bare=pl.col("amount").str.replace(r"\s*(万元|元)整?$", ""),
    )
    bare = pl.col("bare")
    if staged["own"].is_null().all():
        value, finer = columns.fen(bare, unit), columns.is_finer_than_fen(bare, unit)
    else:
        wan, yuan = pl.col("own") == Unit.WAN.value, pl.col("own") == Unit.YUAN.value
        value, finer = (
            pl.when(wan).then(of(bare, Unit.WAN)).when(yuan).then(of(bare, Unit.YUAN)).otherwise(of(bare, unit))
            for of in (columns.fen, columns.is_finer_than_fen)
        )
    judged = staged.lazy().with_columns(amount_fen=value, too_fine=finer.fill_null(value=False))
    return judged.drop("own", "bare").collect()


def _printed_total(read_out: pl.DataFrame) -> int | None:
    totals = read_out.filter(pl.col("is_total") & pl.col("amount_fen").is_not_null())
    grand = totals.filter(pl.col("is_grand"))
    if grand.height:
        return int(grand["amount_fen"][-1])
    parts = int(totals["amount_fen"].cast(pl.Int128).sum())
    return parts if totals.height and parts <= MAX_BIGINT else None
