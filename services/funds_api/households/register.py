"""A register of households as a file: CSV text in, judged rows out. Pure: brings no table and seals nothing.

A file may list only heads, one row per household, or also their members: then 与户主关系 says what a person is to the
head, and 户主身份证号 which head is meant, in this file or in the register.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import polars as pl

from chassis.fields import EARLIEST
from services.funds_api import columns
from services.funds_api.columns import FileUnreadable
from services.funds_api.separated import Separated

_ALIASES: Final[dict[str, tuple[str, ...]]] = {
    "village": ("村代码", "行政村代码", "区划代码"),
    "name": ("户主姓名", "姓名", "户主"),
    "id_number": ("身份证号", "身份证号码", "公民身份号码", "证件号码"),
    "card": ("银行卡号", "银行账号", "一卡通账号", "卡号"),
    "phone": ("手机号", "手机号码", "联系电话"),
    "persons": ("人口数", "家庭人口数", "家庭人口"),
    "registered": ("登记日期", "识别日期"),
}
_MEMBER_ALIASES: Final[dict[str, tuple[str, ...]]] = {
    "relation": ("与户主关系", "家庭关系", "与户主的关系"),
    "head_id": ("户主身份证号", "户主身份证号码", "户主证件号码"),
}
_HEAD_RELATIONS: Final = ("户主", "本人", "户主本人")
_DATES: Final = ("%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y年%m月%d日", "%Y%m%d")
# A workbook begins as a zip archive, an old one as a compound file.
_WORKBOOKS: Final = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
MAX_ROWS: Final = 200_000
MAX_PERSONS: Final = 30

REASONS: Final[dict[str, str]] = {
    "village_unknown": "村代码不是登记日有效的本县 12 位村级区划代码",
    "name_missing": "没有填写姓名，或超过 60 个字",
    "id_invalid": "身份证号缺失、不是 18 位，或出生日期、校验位不对",
    "card_malformed": "银行卡号不是 8 至 30 位数字",
    "phone_malformed": "手机号不是 11 位数字",
    "persons_unreadable": f"人口数不是 1 至 {MAX_PERSONS} 的整数",
    "date_unreadable": "登记日期无法识别，请写成 2017-01-31",
    "date_out_of_range": "登记日期早于 1949-10-01，或晚于今天一个月以上，请核对年份",
    "duplicate_in_file": "与前面某行是同一身份证号",
    "already_registered": "该身份证号已登记在册，本次未作更改",
    "head_unknown": "户主身份证号缺失，或不在本文件可登记的户主和本县在册户主中",
    "household_gone": "户主所在农户已清退或已迁出本县，不能再登记成员",
    "before_household": "登记日期早于该户登记日",
    "before_birth": "登记日期早于身份证号中的出生日期",
}


@dataclass(frozen=True, slots=True)
class Register:
    """Rows to register, and rows to send back with every reason; all by line.

    `heads` and `members` hold village, name, id_number, card, phone, declared_n, joined_on and token. A member has the
    line of its head in this file (`head_line`) or the place of its household among the known ones (`known_household`).
    """

    heads: pl.DataFrame
    members: pl.DataFrame
    bad: list[tuple[int, list[str]]]
    by_reason: dict[str, int]


def _lacking(cells: Sequence[str]) -> list[str]:
    """The columns a register cannot do without that this row does not head, by their usual names."""
    labels = [columns.label(cell) for cell in cells]
    return [aliases[0] for aliases in _ALIASES.values() if not any(label in aliases for label in labels)]


def _places(top: list[list[str]]) -> tuple[int, dict[str, int]] | None:
    for at, cells in enumerate(top):
        labels = [columns.label(cell) for cell in cells]
        every = {**_ALIASES, **_MEMBER_ALIASES}
        places = {
            field: place for field, aliases in every.items() if (place := columns.place_of(labels, aliases)) is not None
        }
        if places.keys() >= _ALIASES.keys():
            named = [label for label in labels if any(label in aliases for aliases in every.values())]
            columns.must_head_once("身份证号" if label in _ALIASES["id_number"] else label for label in named)
            return at, places
    return None


def read(raw: bytes) -> pl.DataFrame:
    """The rows of a register file as tidy text with `line`, the file's own row number from 1."""
    if raw.startswith(_WORKBOOKS):
        raise FileUnreadable("这是 Excel 工作簿，登记册只收 CSV", "请用 Excel 打开后另存为“CSV UTF-8”再上传")
    sought = columns.Sought(_lacking, f"表头须有：{'、'.join(aliases[0] for aliases in _ALIASES.values())}")
    grid = pl.concat(Separated(io.BytesIO(raw), sought, MAX_ROWS, workbooks=False).pieces())
    found = _places([[cell or "" for cell in row] for row in grid.head(columns.HEADER_WITHIN).rows()])
    if found is None:
        raise sought.in_vain()
    header, places = found
    cells = {field: pl.col(f"c{place}") for field, place in places.items()}
    numbers = {"id_number", "card", "phone", "village", "head_id"}
    tidied = {
        field: columns.id_number(cell) if field in numbers else columns.tidy(cell) for field, cell in cells.items()
    }
    tidied |= {field: pl.lit(None, pl.String) for field in _MEMBER_ALIASES if field not in cells}
    rows = grid.with_row_index("line", offset=1).slice(header + 1).lazy().select("line", **tidied)
    return rows.filter(~pl.all_horizontal(pl.col(list(_ALIASES)).is_null())).collect()


def valid_numbers(rows: pl.DataFrame) -> pl.DataFrame:
    """The rows with `valid` and `head_valid`: whether the ID number, and the head's, can exist; and `is_member`."""
    return rows.with_columns(
        valid=columns.is_id_number(pl.col("id_number")),
        head_valid=columns.is_id_number(pl.col("head_id")),
        is_member=~pl.col("relation").is_in(_HEAD_RELATIONS).fill_null(value=True),
    )


def judge(
    rows: pl.DataFrame, villages: pl.DataFrame, known: list[bytes], heads: pl.DataFrame, latest: date
) -> Register:
    """Part the rows (with `valid`, `is_member`, `token`, `head_token`) into those to register and those to send back.

    `villages` are those of the county with their days, `known` the tokens of registered people, `heads` the registered
    heads that members name (`store.HEADS`). A registration cannot be corrected, so no day after `latest` is taken.
    """
    laid = (
        rows.lazy()
        .with_columns(
            declared_n=pl.col("persons").str.extract(r"^([0-9]{1,2})$").cast(pl.Int16),
            joined_on=pl.coalesce(pl.col("registered").str.to_date(form, strict=False) for form in _DATES),
            born_on=pl.when("valid").then(pl.col("id_number").str.slice(6, 8).str.to_date("%Y%m%d", strict=False)),
            duplicate_in_file=pl.col("id_number").is_not_null() & ~pl.col("id_number").is_first_distinct(),
            already_registered=pl.col("token").is_in(pl.Series(known, dtype=pl.Binary).implode()),
        )
        .join(villages.lazy().with_columns(listed=True), on="village", how="left")
        .sort("line")
        .collect()
    )
    own = _judged(laid.filter(~pl.col("is_member")), _of_heads(latest))
    at_hand = own.filter(~pl.col("fault")).select(
        pl.col("token").alias("head_token"), head_line="line", head_village="village", head_since="joined_on"
    )
    named = (
        laid.filter("is_member")
        .join(at_hand, on="head_token", how="left")
        .join(heads, on="head_token", how="left")
        .sort("line")
        .with_columns(
            village=pl.coalesce("head_village", "known_region"), since=pl.coalesce("head_since", "known_since")
        )
        .with_columns(
            # Of whom the file tells no day: since there is the head, or a child since its birth.
            joined_on=pl.when(pl.col("registered").is_null())
            .then(pl.max_horizontal("since", "born_on"))
            .otherwise("joined_on")
        )
    )
    others = _judged(named, _of_members(latest))
    faults = [*_faults(own, list(_of_heads(latest))), *_faults(others, list(_of_members(latest)))]
    codes = [code for _, found in faults for code in found]
    return Register(
        heads=own.filter(~pl.col("fault")),
        members=others.filter(~pl.col("fault")),
        bad=sorted(faults),
        by_reason={code: codes.count(code) for code in REASONS if code in codes},
    )


def _of_everybody() -> dict[str, pl.Expr]:
    return {
        "name_missing": pl.col("name").is_null() | (pl.col("name").str.len_chars() > 60),  # noqa: PLR2004 - as told
        "id_invalid": ~pl.col("valid"),
        "card_malformed": ~pl.col("card").str.contains(r"^[0-9]{8,30}$"),
        "phone_malformed": ~pl.col("phone").str.contains(r"^1[0-9]{10}$"),
    }


def _of_heads(latest: date) -> dict[str, pl.Expr]:
    on = pl.col("joined_on")
    holds = (
        pl.col("listed").fill_null(value=False)
        & (pl.col("valid_from") <= on).fill_null(value=True)
        & (pl.col("valid_to") > on).fill_null(value=True)
    )
    return {
        "village_unknown": ~holds,
        **_of_everybody(),
        "persons_unreadable": ~pl.col("declared_n").is_between(1, MAX_PERSONS).fill_null(value=False),
        "date_unreadable": on.is_null(),
        "date_out_of_range": ~on.is_between(EARLIEST.date(), latest),
        "duplicate_in_file": pl.col("duplicate_in_file"),
        "already_registered": pl.col("already_registered"),
        "before_birth": on < pl.col("born_on"),
    }


def _of_members(latest: date) -> dict[str, pl.Expr]:
    return {
        **_of_everybody(),
        "date_unreadable": pl.col("registered").is_not_null() & pl.col("joined_on").is_null(),
        "date_out_of_range": ~pl.col("joined_on").is_between(EARLIEST.date(), latest),
        "duplicate_in_file": pl.col("duplicate_in_file"),
        "already_registered": pl.col("already_registered"),
        "head_unknown": pl.col("head_line").is_null() & pl.col("known_household").is_null(),
        "household_gone": pl.col("head_line").is_null() & pl.col("known_gone"),
        "before_household": pl.col("joined_on") < pl.col("since"),
        "before_birth": pl.col("joined_on") < pl.col("born_on"),
    }


def _judged(rows: pl.DataFrame, conditions: dict[str, pl.Expr]) -> pl.DataFrame:
    """The rows with a column per reason, and `fault` for any."""
    return rows.with_columns(
        condition.fill_null(value=False).alias(f"is_{code}") for code, condition in conditions.items()
    ).with_columns(fault=pl.any_horizontal(*(f"is_{code}" for code in conditions)))


def _faults(judged: pl.DataFrame, codes: list[str]) -> list[tuple[int, list[str]]]:
    return [
        (line, [code for code, wrong in zip(codes, flags, strict=True) if wrong])
        for line, *flags in judged.filter("fault").select("line", *(f"is_{code}" for code in codes)).iter_rows()
    ]
