"""Fen, 元 and 万元: reading printed amounts exactly; printing them is `printing.py`. Holds no float, ever.

Inside the system an amount is an `int` of fen (分). Text becomes fen in `fen_from_text`, and only there.
"""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal
from enum import StrEnum
from typing import Final

from treasury.errors import MoneyUnreadable
from treasury.printing import wan, yuan

__all__ = ["FEN_PER_YUAN", "Unit", "fen_from_text", "wan", "yuan"]

FEN_PER_YUAN: Final = 100


class Unit(StrEnum):
    """The units in which officials print money."""

    FEN = "分"
    YUAN = "元"
    WAN = "万元"
    YI = "亿元"

    @property
    def fen(self) -> int:
        return {"分": 1, "元": 100, "万元": 1_000_000, "亿元": 10_000_000_000}[self.value]


_NUMBER: Final = re.compile(r"-?(\d{1,15}|\d{1,3}(,\d{3}){1,4})(\.\d{1,12})?\Z", re.ASCII)


def fen_from_text(printed: str, unit: Unit) -> int:
    """The exact number of fen that `printed` names in `unit`, or `MoneyUnreadable`; nothing is ever rounded.

    Accepts full-width digits, thousands commas and surrounding blanks ("１，２３４．５"); at most 15 digits before the
    point, so that the largest amount in 元 fits a bigint of fen. A comma elsewhere may have been meant as a point
    ("12,50") and is no number.
    """
    text = unicodedata.normalize("NFKC", printed).strip().lstrip("¥￥")
    if not _NUMBER.match(text):
        raise MoneyUnreadable(printed, "不是数字")
    fen = Decimal(text.replace(",", "")) * unit.fen
    if fen != fen.to_integral_value():
        raise MoneyUnreadable(printed, "精度小于一分")
    return int(fen)
