"""Shapes of responsible days on the wire."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from uuid import UUID

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


class Stay(Answer):
    """Money on one desk: since when, by which document, until when, and how many days of its way it spent there."""

    lot_id: UUID
    unit_name: str
    region_code: str
    document: str = Field(description="凭以到账的文件")
    arrived_on: date
    left_on: date | None = Field(description="转出之日；仍停留或已支出为空")
    days: int
    spent: bool = Field(description="在施工单位、农户或本县以外；这些天不由单位承担")


class LotPart(Answer):
    """Some fen of the lot: still there, or left on a day for another desk."""

    fen: int
    left_on: date | None = Field(description="转出之日；仍停留为空")
    to_unit: str | None
    spent: bool = Field(description="是否支付给施工单位、农户，或退出本县")
    days_here: int
    days_since_receipt: int


class CameOver(Answer):
    """The same fen in the books of a former county, where the way goes on."""

    county_code: str
    lot_id: UUID


class LotResponsibility(Answer, Known):
    """Whose desks a lot's money lay on since it was received, day by day, each day on one.

    Σ days of the stays is the days since receipt: until it was spent, all of it had left, or the day asked for.
    """

    lot_id: UUID
    tranche_id: UUID
    fund_code: str
    amount_fen: int
    as_of: date
    received_on: date
    stays: list[Stay] = Field(description="自收到来文资金起，由远及近")
    parts: list[LotPart] = Field(description="这笔资金自到达本账户以后：仍停留的和各次转出的，合计等于 amount_fen")
    unexplained_fen: int = Field(description="amount_fen 减去 parts 之和，恒为 0")
    responsible_days: int = Field(description="由各单位承担的天数")
    spent_days: int = Field(description="其间已支出、后又退回的天数，不由单位承担")
    since_receipt_days: int
    unexplained_days: int = Field(description="since_receipt_days 减去各段天数之和，恒为 0")
    sentence: str = Field(description="如“县国库 31 天、镇财政所 255 天，共 286 天”")
    came_from: CameOver | None = Field(default=None, description="由原县移交而来的，在原县的资金批次")


class UnitDays(Answer):
    """What one unit answers for of a tranche's money."""

    unit_name: str
    region_code: str
    resting_fen: int
    resting_fen_days: int
    charged_fen_days: int
    responsible_fen_days: int
    share_percent: str = Field(description="占自收到以来分·天的百分比，两位小数")


class TrancheResponsibility(Answer, Known):
    """Whose days a tranche's money spent: every day of every fen since its receipt is one unit's, until it is spent."""

    tranche_id: UUID
    as_of: date
    since_receipt_fen_days: int = Field(description="Σ 收到金额 × 收到以来天数")
    spent_fen_days: int = Field(description="支付到施工单位、农户或退出本县以后的分·天，不由单位承担")
    elsewhere_fen_days: int = Field(description="由您管辖范围以外的单位承担的分·天")
    unexplained_fen_days: int = Field(description="since_receipt_fen_days 减去各单位、范围以外和支出以后之和，恒为 0")
    units: list[UnitDays]
    empty_because: str | None = None
