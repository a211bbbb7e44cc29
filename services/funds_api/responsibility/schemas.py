"""Shapes of responsible days on the wire."""

from __future__ import annotations

from datetime import date
from enum import StrEnum

from pydantic import Field

from chassis.fields import Answer
from services.funds_api.moments import Known


class RankBy(StrEnum):
    """Who is ranked. What a place's own offices hold stands beside the places below it, as 本级."""

    UNIT = "unit"
    TOWNSHIP = "township"
    VILLAGE = "village"
    FUND = "fund"


class YuanDays(Answer):
    """One holder's responsibility by a day: fen-days of what still rests there plus of what has left."""

    rank: int = Field(description="名次；元·天相同的名次相同")
    region_code: str = Field(description="区划代码；按资金排名时为所看的区划")
    fund_code: str | None = Field(default=None, description="资金代码；按资金排名时填写")
    name: str
    share_percent: str = Field(description="占合计的百分比，两位小数")
    sibling_rank: int = Field(
        description="在同级中的名次：村在本乡镇各村中，乡镇在本县各乡镇中，单位在同一上级区划的同类单位中，资金在各项资金中"
    )
    siblings_n: int = Field(description="同级的个数（有过资金的）")
    resting_fen: int
    resting_fen_days: int
    charged_fen_days: int
    responsible_fen_days: int
    yuan_days: str = Field(description="元·天，两位小数")


class YuanDaysReport(Answer, Known):
    """Holders by responsible fen-days, the largest first; Σ resting_fen ties to the account balances."""

    as_of: date
    by: RankBy
    fund: str | None = Field(default=None, description="只看该项资金时，资金代码")
    total_fen: int = Field(description="当日停留的资金合计，等于各账户余额之和（不含已支出）")
    total_fen_days: int
    unexplained_fen: int = Field(
        description="total_fen 减去各行之和，恒为 0；按资金排名时 total_fen 另由不分资金的计数得出"
    )
    unexplained_fen_days: int = Field(description="total_fen_days 减去各行之和，恒为 0；来历同上")
    items: list[YuanDays]
    empty_because: str | None = None
