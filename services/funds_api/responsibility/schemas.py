"""Shapes of responsible days on the wire."""

from __future__ import annotations

from datetime import date
from enum import StrEnum

from pydantic import Field

from chassis.fields import Answer
from services.funds_api.moments import Known


class RankBy(StrEnum):
    UNIT = "unit"
    TOWNSHIP = "township"


class YuanDays(Answer):
    """One holder's responsibility by a day: fen-days of what still rests there plus of what has left."""

    rank: int
    region_code: str
    name: str
    resting_fen: int
    resting_fen_days: int
    charged_fen_days: int
    responsible_fen_days: int
    yuan_days: str = Field(description="元·天，两位小数")


class YuanDaysReport(Answer, Known):
    """Holders by responsible fen-days, the largest first; Σ resting_fen ties to the account balances."""

    as_of: date
    by: RankBy
    total_fen_days: int
    unexplained_fen_days: int = Field(description="total_fen_days 减去各行之和，恒为 0")
    items: list[YuanDays]
    empty_because: str | None = None
