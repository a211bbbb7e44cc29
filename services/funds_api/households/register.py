"""A register of households as a file: CSV text in, judged rows out. Pure: brings no table and seals nothing."""

from __future__ import annotations

import io
import re
import unicodedata
from dataclasses import dataclass
from typing import Final

import polars as pl

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
_DATES: Final = ("%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y年%m月%d日", "%Y%m%d")
MAX_ROWS: Final = 200_000
MAX_PERSONS: Final = 30

REASONS: Final[dict[str, str]] = {
    "village_unknown": "村代码不是本县登记的 12 位村级区划代码",
    "name_missing": "没有填写户主姓名，或超过 60 个字",
    "id_invalid": "身份证号缺失、不是 18 位，或出生日期、校验位不对",
    "card_malformed": "银行卡号不是 8 至 30 位数字",
    "phone_malformed": "手机号不是 11 位数字",
    "persons_unreadable": f"人口数不是 1 至 {MAX_PERSONS} 的整数",
    "date_unreadable": "登记日期无法识别，请写成 2017-01-31",
    "duplicate_in_file": "与前面某行是同一身份证号",
    "already_registered": "该身份证号已登记在册，本次未作更改",
}


@dataclass(frozen=True, slots=True)
class Register:
    """`good` holds village, name, id_number, card, phone, persons, registered and token; `bad` line and its codes."""

    good: pl.DataFrame
    bad: list[tuple[int, list[str]]]
    by_reason: dict[str, int]


def _places(top: list[list[str]]) -> tuple[int, dict[str, int]] | None:
    for at, cells in enumerate(top):
        labels = [re.sub(r"[\s*]+", "", unicodedata.normalize("NFKC", cell)) for cell in cells]
        places = {
            field: next(place for place, label in enumerate(labels) if label in aliases)
            for field, aliases in _ALIASES.items()
            if any(label in aliases for label in labels)
        }
        if places.keys() == _ALIASES.keys():
            return at, places
    return None


def read(raw: bytes) -> pl.DataFrame:
    """The rows of a register file as tidy text with `line`, the file's own row number from 1."""
    grid = pl.concat(Separated(io.BytesIO(raw), lambda top: _places(top) is not None, MAX_ROWS).pieces())
    found = _places([[cell or "" for cell in row] for row in grid.head(columns.HEADER_WITHIN).rows()])
    if found is None:
        raise FileUnreadable("没有找到表头", "表头须有：村代码、户主姓名、身份证号、银行卡号、手机号、人口数、登记日期")
    header, places = found
    cells = {field: pl.col(f"c{place}") for field, place in places.items()}
    numbers = {"id_number", "card", "phone", "village"}
    tidied = {
        field: columns.id_number(cell) if field in numbers else columns.tidy(cell) for field, cell in cells.items()
    }
    rows = grid.with_row_index("line", offset=1).slice(header + 1).lazy().select("line", **tidied)
    return rows.filter(~pl.all_horizontal(pl.col(list(_ALIASES)).is_null())).collect()


def valid_numbers(rows: pl.DataFrame) -> pl.DataFrame:
    """The rows with `valid`: whether the ID number can exist."""
    return rows.with_columns(valid=columns.is_id_number(pl.col("id_number")))


def judge(rows: pl.DataFrame, villages: list[str], known: list[bytes]) -> Register:
    """Part the rows (with `valid` and `token`) into those to register and those to send back, with every reason."""
    conditions = {
        "village_unknown": ~pl.col("village").is_in(villages),
        "name_missing": pl.col("name").is_null() | (pl.col("name").str.len_chars() > 60),  # noqa: PLR2004 - as told
        "id_invalid": ~pl.col("valid"),
        "card_malformed": ~pl.col("card").str.contains(r"^[0-9]{8,30}$"),
        "phone_malformed": ~pl.col("phone").str.contains(r"^1[0-9]{10}$"),
        "persons_unreadable": ~pl.col("persons_n").is_between(1, MAX_PERSONS).fill_null(value=False),
        "date_unreadable": pl.col("registered_on").is_null(),
        "duplicate_in_file": pl.col("id_number").is_not_null() & ~pl.col("id_number").is_first_distinct(),
        "already_registered": pl.col("token").is_in(pl.Series(known, dtype=pl.Binary).implode()),
    }
    held = (
        rows.lazy()
        .with_columns(
            persons_n=pl.col("persons").str.extract(r"^([0-9]{1,2})$").cast(pl.Int16),
            registered_on=pl.coalesce(pl.col("registered").str.to_date(form, strict=False) for form in _DATES),
        )
        .with_columns(
            condition.fill_null(code == "village_unknown").alias(code) for code, condition in conditions.items()
        )
        .with_columns(fault=pl.any_horizontal(*conditions))
        .collect()
    )
    bad = held.filter("fault")
    codes = list(conditions)
    return Register(
        good=held.filter(~pl.col("fault")),
        bad=[
            (line, [code for code, wrong in zip(codes, flags, strict=True) if wrong])
            for line, *flags in bad.select("line", *codes).iter_rows()
        ],
        by_reason={code: int(bad[code].sum()) for code in codes if bad[code].any()},
    )
