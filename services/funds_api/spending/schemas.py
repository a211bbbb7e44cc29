"""Shapes of spending progress on the wire."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Literal

from pydantic import Field

from chassis.fields import Answer
from services.funds_api.moments import Known
from treasury.policy import Basis


class By(StrEnum):
    """What a row is: a place next below with everything in it, a fund, or the funds of one level of government."""

    REGION = "region"
    FUND = "fund"
    LEVEL = "level"


class Industry(Answer):
    """What of the money received is for industry (产业), what for something else, and of what it cannot be told."""

    industry_fen: int = Field(description="已到产业类项目（含光伏）账上的，含为其预留的质保金")
    other_projects_fen: int = Field(description="已到其他类项目账上的")
    unclassified_fen: int = Field(description="尚未到任何项目、或不经项目直接支付的：无法判断是否用于产业")
    share_ppm: int | None = Field(description="industry_fen ÷ received_fen，百万分之一；没有收到资金时为 null")
    share: str | None = Field(description="同上，百分数，两位小数：产业占比至少为此")
    share_at_most: str | None = Field(description="把 unclassified_fen 全部算作产业时的占比：产业占比至多为此")


class ProgressRow(Answer):
    """What arrived, what of it was spent, and how that compares with the year, the curve and the others."""

    kind: Literal["all", "own", "region", "fund", "level"] = Field(
        description="all 合计；own 本级；region 下一级区划（含其下级）；fund 资金；level 资金级次"
    )
    code: str
    name: str
    received_fen: int = Field(
        description="收到：到达该处的该年度预算资金，已扣除退回、被收回和转往他处的；由其经手拨往他处的只计在他处。"
        "含自上年结转的"
    )
    carried_in_fen: int = Field(description="其中自上年结转而来的")
    spent_fen: int = Field(description="支出：已付到施工单位或农户的，已扣除退回、退汇、追缴和冲正的")
    unspent_fen: int = Field(description="未支出：received_fen 减去 spent_fen")
    resting_fen: int = Field(description="其中仍在各单位账上的（含质保金、银行在途），逐笔取自账上余额")
    carried_out_fen: int = Field(description="其中已结转到下年的：结转不算支出，也不减少本年收到的")
    unexplained_fen: int = Field(description="received − spent − resting − carried_out，恒为 0")
    rate_ppm: int | None = Field(description="支出率 spent ÷ received，百万分之一；没有收到资金时为 null")
    rate: str | None = Field(description="支出率，百分数，两位小数（由精确比值一次四舍五入）")
    ahead_of_months: str | None = Field(description="超（负为低于）按月序时的百分点")
    ahead_of_days: str | None = Field(description="超（负为低于）按日序时的百分点")
    ahead_of_curve: str | None = Field(description="超（负为低于）已到期进度要求的百分点；没有到期要求时为 null")
    rank: int | None = Field(description="在同列各行中的名次，支出率相同的名次相同")
    unranked_because: str | None = None
    industry: Industry


class Elapsed(Answer):
    """序时: the share of the fiscal year that is over at the end of the day, counted in two ways."""

    months_ppm: int = Field(description="按月：已过完的月数 ÷ 12（各地通报的口径，如 4 月底为 4/12）")
    months: str
    days_ppm: int = Field(description="按日：已过天数（含当日）÷ 全年天数")
    days: str


class MilestoneAnswer(Answer):
    due_on: date
    required_ppm: int
    required: str = Field(description="百分数，两位小数")


class Curve(Answer):
    """What the policy curve asks for on the day: the last milestone that is due; between two nothing more."""

    reached: MilestoneAnswer | None = Field(description="已到期的最近一项要求；null 表示年内尚无到期的")
    next: MilestoneAnswer | None = Field(description="下一项要求及其日期；null 表示年内已无")
    policy_ref: str = Field(description="政策数值的版本：键@区划@起始日#版次")
    source: str
    basis: Basis


class Verdict(StrEnum):
    """Whether the least share is kept: also when all that cannot be told were industry, or none of it."""

    KEPT = "kept"
    MISSED = "missed"
    OPEN = "open"


class LeastIndustry(Answer):
    """The least share of industry money that a policy asks for, and whether the total keeps it."""

    required_ppm: int
    required: str
    verdict: Verdict = Field(description="kept 已达到；missed 即使未能判断的全部算作产业也达不到；open 无法判定")
    policy_ref: str = Field(description="政策数值的版本：键@区划@起始日#版次")
    source: str
    basis: Basis


class SpendingProgress(Answer, Known):
    """Spending progress of one budget year by a moment: the rows, the total they add up to, and what is asked."""

    county_code: str
    region_code: str
    fund_code: str | None
    fiscal_year: int
    as_of: date
    by: By
    elapsed: Elapsed
    curve: Curve | None = Field(description="没有政策数值时为 null")
    least_industry: LeastIndustry | None = Field(description="没有政策数值，或没有收到资金时为 null")
    total: ProgressRow
    ranked_n: int = Field(description="参加排名的行数：只含您可以看到的")
    unexplained_fen: int = Field(description="total 的 received_fen 减去各行之和，恒为 0")
    unexplained_spent_fen: int = Field(description="total 的 spent_fen 减去各行之和，恒为 0")
    items: list[ProgressRow]
    empty_because: str | None = None
