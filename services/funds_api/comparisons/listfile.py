"""A comparison list as a file: a heading with its seal, then lines of tokens. Pure: knows no table and keeps nothing.

Looked at first, before anything else is asked of it: whether anything in it could be an ID number. A file that was
sent raw by mistake is refused whole, and what is said of it names places, never what stood there.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import polars as pl

from services.funds_api.columns import FileUnreadable
from services.funds_api.comparisons import matching
from services.funds_api.comparisons.kinds import KINDS, Column, ListKind, word_of
from services.funds_api.comparisons.refusals import (
    AnotherList,
    ExchangeKeyDiffers,
    ListAltered,
    ListFaulty,
    RawNumbersSent,
)
from services.funds_api.separated import refuse_no_table

FORMAT: Final = "qingliu-comparison-list"
FORMAT_VERSION: Final = "1"
TOKEN: Final = "token"  # noqa: S105 - a column
MOST_TOLD: Final = 20
MOST_ENTRIES: Final = 1_000_000
# A column with more words than this is no category: whoever mapped names or numbers to it has mistaken the column.
MOST_CATEGORIES: Final = 100
EARLIEST: Final = date(1900, 1, 1)
LATEST: Final = date(2200, 1, 1)
_WORDS_TOLD: Final = 6
_FIRST_ENTRY: Final = 3  # below the heading and the header
_HEADING_FIELDS: Final = 8
_HOW_TO: Final = (
    "请用随交换密钥发放的工具（GET /funds/v1/comparison-lists/tool）生成名单，原样上传，不要用 Excel 打开另存"
)
_WORKBOOKS: Final = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
# Fifteen digits or more, whatever stands between them inside one cell: full-width, of other scripts, in Chinese, with
# blanks, dashes or quotes. ID numbers have 15 or 18, cards of banks 16 to 19; nothing that a list may hold has as many.
_DIGIT: Final = r"[\p{Nd}〇零一二三四五六七八九]"
_RAW: Final = rf"(?:{_DIGIT}[\s\p{{P}}\p{{S}}--[,;\t]]*){{14}}{_DIGIT}"
_ISO_DAY: Final = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
_SHAPES: Final[dict[Column, tuple[str, str]]] = {
    Column.FROM_ON: (_ISO_DAY, "不是 2017-01-31 样式的日期"),
    Column.TO_ON: (_ISO_DAY, "不是 2017-01-31 样式的日期"),
    Column.CATEGORY: (r"^[\p{L}\p{Nd}()（）、·+/-]{1,20}$", "不是 1 至 20 个字的短词"),
    Column.AMOUNT_FEN: (r"^[0-9]{1,13}$", "不是以分为单位的整数"),
    Column.COUNT_N: (r"^[1-9][0-9]{0,5}$", "不是正整数"),
    Column.REF_TOKEN: (r"^[a-p]{32}$", "不是 32 个 a–p 字母的令牌"),
    Column.REGION_CODE: (r"^([0-9]{2}|[0-9]{4}|[0-9]{6}|[0-9]{9}|[0-9]{12})$", "不是区划代码"),
}


@dataclass(frozen=True, slots=True)
class Heading:
    """What a list says of itself in its first line."""

    kind: str
    county: str
    list_on: str
    rows_n: str
    key_mark: str
    seal: str

    @property
    def sealed(self) -> str:
        """The first line without its seal."""
        return f"{FORMAT},{FORMAT_VERSION},{self.kind},{self.county},{self.list_on},{self.rows_n},{self.key_mark}"


@dataclass(frozen=True, slots=True)
class ComparisonList:
    """A list that may stand: its entries by line, with every column an entry can have, null where the file has none."""

    kind: ListKind
    list_on: date
    sha256: bytes
    entries: pl.DataFrame


def read(raw: bytes, asked: ListKind, county: str, key: bytes) -> ComparisonList:
    """The list in these bytes, or why it is refused; made for this kind and county with this exchange key."""
    refuse_no_table(raw[:8], "名单文件（CSV）")
    if raw.startswith(_WORKBOOKS):
        raise FileUnreadable("这是 Excel 工作簿，不是名单文件", _HOW_TO)
    lines = _lines(raw)
    must_hold_no_number(lines)
    heading, body = _heading(lines[0]), lines[1:]
    if heading.kind != asked.value:
        raise AnotherList("种类", _kind(heading.kind), _kind(asked.value))
    if heading.county != county:
        raise AnotherList("县", _harmless(heading.county), county)
    if heading.key_mark != (mark := matching.key_mark(key)):
        raise ExchangeKeyDiffers(_harmless(heading.key_mark), mark)
    content = "\n".join([heading.sealed, *body])
    if heading.seal != matching.seal(key, content.encode()):
        told = int(heading.rows_n) if heading.rows_n.isascii() and heading.rows_n.isdigit() else 0
        raise ListAltered(told, max(len(body) - 1, 0))
    list_on = _list_on(heading)
    return ComparisonList(
        asked, list_on, hashlib.sha256("\n".join([*lines, ""]).encode()).digest(), _entries(asked, list_on, body)
    )


def _lines(raw: bytes) -> list[str]:
    """The lines of a text in UTF-8 (with or without BOM) or GB18030, without blank ones at its end."""
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = raw.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" not in text:
            lines = text.replace("\r\n", "\n").replace("\r", "\n").rstrip("\n").split("\n")
            if len(lines) > MOST_ENTRIES + 2:
                raise FileUnreadable("行数过多", f"每份名单不超过 {MOST_ENTRIES} 行")
            return lines
    raise FileUnreadable("既不是 UTF-8 也不是 GB18030 编码的文本", _HOW_TO)


def _raw(text: pl.Series) -> pl.Series:
    return text.str.normalize("NFKC").str.replace_all(r"\p{Cf}+", "").str.contains(_RAW)


def looks_raw(text: str) -> bool:
    """Whether a text holds a run of digits as long as an ID number."""
    return bool(_raw(pl.Series([text]))[0])


def must_hold_no_number(lines: Sequence[str]) -> None:
    """Refuse a file of which any cell of any line, the first ones included, holds what could be an ID number."""
    series = pl.Series(lines, dtype=pl.String)
    found = _raw(series).arg_true().to_list()
    if found:
        where = [f"第 {at + 1} 行{_cells(lines[at])}" for at in found[:MOST_TOLD]]
        raise RawNumbersSent(len(found), where)


def _cells(line: str) -> str:
    """Which cells of a line are meant, by number: what heads a column of a raw file may be a person's as well."""
    separator = next((one for one in ",\t;" if one in line), ",")
    try:
        cells = next(csv.reader([line], delimiter=separator), [])
    except csv.Error:
        cells = line.split(separator)
    places = _raw(pl.Series(cells, dtype=pl.String)).arg_true().to_list() if cells else []
    return "、".join(f"第 {place + 1} 列" for place in places)


def _harmless(said: str) -> str:
    """A field of a heading that nobody sealed, short and plain enough to be repeated."""
    return said if said.isascii() and len(said) <= 30 and said.replace("_", "").isalnum() else "无法识别"  # noqa: PLR2004


def _kind(said: str) -> str:
    """A kind by its title and code."""
    return f"{KINDS[ListKind(said)].title}（{said}）" if said in set(ListKind) else _harmless(said)


def _heading(line: str) -> Heading:
    fields = line.rstrip(",").split(",")
    if len(fields) != _HEADING_FIELDS or fields[:2] != [FORMAT, FORMAT_VERSION]:
        raise FileUnreadable("第一行不是比对名单的标记行", _HOW_TO)
    return Heading(*fields[2:])


def _list_on(heading: Heading) -> date:
    try:
        return date.fromisoformat(heading.list_on)
    except ValueError:
        raise ListFaulty(1, ["第 1 行：名单日期不是 2017-01-31 样式的日期"]) from None


def _entries(kind: ListKind, list_on: date, body: Sequence[str]) -> pl.DataFrame:
    names = body[0].split(",") if body else []
    _must_be_headed(kind, names)
    rows = body[1:]
    if not rows:
        raise ListFaulty(1, ["名单没有一行记录"])
    _must_be_regular(rows, len(names))
    cells = pl.Series(rows, dtype=pl.String).str.split(",").list.to_struct(fields=list(names)).struct.unnest()
    text = cells.select(pl.when(pl.col(name) != "").then(pl.col(name)).alias(name) for name in names).with_row_index(
        "line", offset=_FIRST_ENTRY
    )
    absent = [pl.lit(None, pl.String).alias(one.value) for one in Column if one.value not in names]
    text = text.with_columns(pl.col("line").cast(pl.Int32), *absent)
    said = text[Column.CATEGORY.value].drop_nulls().unique().to_list()
    kept = {one: word for one in said if (word := word_of(kind, one))}
    _must_be_sound(kind, list_on, text, kept)
    return text.select(
        "line",
        TOKEN,
        pl.col(Column.FROM_ON).str.to_date("%Y-%m-%d"),
        pl.col(Column.TO_ON).str.to_date("%Y-%m-%d"),
        pl.col(Column.CATEGORY).replace(kept),
        pl.col(Column.AMOUNT_FEN).cast(pl.Int64),
        pl.col(Column.COUNT_N).cast(pl.Int32),
        Column.REF_TOKEN,
        Column.REGION_CODE,
    )


def _must_be_headed(kind: ListKind, names: Sequence[str]) -> None:
    """Refuse a header with a column twice, one unknown to this kind (by number only), or without one that it needs."""
    may, faults = [TOKEN, *KINDS[kind].columns], []
    for at, name in enumerate(names, 1):
        if name not in may:
            faults.append(f"第 {at} 列不是该类名单的列，可用的列：{'、'.join(may)}")
        elif name in names[: at - 1]:
            faults.append(f"第 {at} 列“{name}”重复")
    faults += [f"缺少“{need}”列" for need in (TOKEN, *KINDS[kind].needed) if need not in names]
    if faults:
        raise ListFaulty(len(faults), faults[:MOST_TOLD])


def _must_be_regular(rows: Sequence[str], width: int) -> None:
    series = pl.Series(rows, dtype=pl.String)
    ragged = (series.str.count_matches(",") != width - 1).arg_true().to_list()
    if ragged:
        raise ListFaulty(len(ragged), [f"第 {at + _FIRST_ENTRY} 行：列数与表头不同" for at in ragged[:MOST_TOLD]])
    twice = (~series.is_first_distinct()).arg_true().to_list()
    if twice:
        raise ListFaulty(len(twice), [f"第 {at + _FIRST_ENTRY} 行：与前面某行完全相同" for at in twice[:MOST_TOLD]])


def _no_word(kind: ListKind) -> str:
    """What to do about a word that is none of the kind's; the word itself, which may be a name, is not said."""
    some = "、".join(list(KINDS[kind].words)[:_WORDS_TOLD])
    if kind is ListKind.ELIGIBLE:
        return f"不含待遇名称的用词（{some}等，见名单说明的 words）"
    return f"不是该类名单的用词（{some}等，见名单说明的 words；不能归入的写“其他”）"


def _must_be_sound(kind: ListKind, list_on: date, text: pl.DataFrame, kept: Collection[str]) -> None:
    """Refuse the list if any cell of any line is not what its column holds; `kept` are the words it may say."""
    from_on, to_on = (pl.col(name).str.to_date("%Y-%m-%d", strict=False) for name in (Column.FROM_ON, Column.TO_ON))
    wrong: dict[tuple[str, str], pl.Expr] = {
        (TOKEN, "不是 32 个 a–p 字母的令牌"): ~pl.col(TOKEN).str.contains(r"^[a-p]{32}$").fill_null(value=False)
    }
    wrong |= {(one.value, why): ~pl.col(one.value).str.contains(shape) for one, (shape, why) in _SHAPES.items()}
    wrong |= {(need.value, "没有填写"): pl.col(need.value).is_null() for need in KINDS[kind].needed}
    for name, day in ((Column.FROM_ON, from_on), (Column.TO_ON, to_on)):
        wrong[name.value, "没有这一天"] = pl.col(name.value).str.contains(_ISO_DAY) & day.is_null()
        wrong[name.value, f"早于 {EARLIEST} 或晚于 {LATEST}"] = ~day.is_between(EARLIEST, LATEST)
    wrong[Column.FROM_ON.value, f"晚于名单日期 {list_on}"] = from_on > list_on
    wrong[Column.TO_ON.value, "早于 from_on"] = to_on < from_on
    wrong[Column.REF_TOKEN.value, "与 token 是同一人"] = pl.col(Column.REF_TOKEN) == pl.col(TOKEN)
    wrong[Column.CATEGORY.value, "含有 8 位以上的数字"] = pl.col(Column.CATEGORY).str.contains(r"\p{Nd}{8}")
    wrong[Column.CATEGORY.value, _no_word(kind)] = ~pl.col(Column.CATEGORY).is_in([*kept, ""])
    judged = text.select(
        "line", *(found.fill_null(value=False).alias(f"{at}") for at, found in enumerate(wrong.values()))
    )
    bad = judged.filter(pl.any_horizontal(pl.exclude("line")))
    if bad.height:
        faults = [
            f"第 {line} 行 {name}：{why}"
            for line, *flags in bad.head(MOST_TOLD).iter_rows()
            for (name, why), flag in zip(wrong, flags, strict=True)
            if flag
        ]
        raise ListFaulty(bad.height, faults[:MOST_TOLD])
    words = text[Column.CATEGORY.value].n_unique()
    if words > MOST_CATEGORIES:
        raise ListFaulty(1, [f"category 列有 {words} 种不同的内容（至多 {MOST_CATEGORIES} 种），可能误用了姓名等列"])
