"""Shapes of rectification rates on the wire."""

from __future__ import annotations

from datetime import date
from enum import StrEnum

from pydantic import Field

from chassis.fields import Answer
from services.audit_api.moments import Known


class GroupedBy(StrEnum):
    """unit: 被整改单位; place: 区划; class: 问题分类; year: 下达年度."""

    UNIT = "unit"
    PLACE = "place"
    CLASS = "class"
    YEAR = "year"


class Rate(Answer):
    """What a group comes to by item and by yuan. Rates are parts per million, and null of nothing."""

    ordered_n: int = Field(description="截至 as_of 已下达的整改通知 = closed_n + overdue_n + running_n")
    closed_n: int = Field(description="已销号")
    on_time_n: int = Field(description="已销号中按期（销号之日不晚于当时期限）的")
    overdue_n: int = Field(description="逾期未销号")
    running_n: int = Field(description="未到期的在办")
    closed_ppm: int | None = Field(description="销号率（按件）= closed_n ÷ ordered_n，百万分之几，舍去尾数")
    on_time_ppm: int | None = Field(description="按期率（按件）= on_time_n ÷ closed_n，百万分之几，舍去尾数")
    findings_n: int
    found_fen: int = Field(description="认定金额，同一笔钱只计一次")
    rectified_fen: int = Field(description="截至 as_of 已整改金额")
    outstanding_fen: int = Field(description="found_fen − rectified_fen")
    nested_fen: int = Field(
        description="属他项之内的、此后又被认定的，计入他项；found_fen + nested_fen 为各问题认定金额之和"
    )
    rectified_ppm: int | None = Field(description="整改率（按金额）= rectified_fen ÷ found_fen，百万分之几，舍去尾数")


class RateLine(Rate):
    key: str = Field(description="单位编号、区划代码、问题分类或年度；同一问题涉及多组的，其金额列入 several")
    name: str


class RectificationRates(Known):
    """Rates with their proof: the lines make the total, and the total is what was counted by itself."""

    as_of: date
    by: GroupedBy
    items: list[RateLine]
    total: Rate
    unexplained_n: int = Field(description="另行清点的整改通知数 − Σ items.ordered_n，应为 0")
    unexplained_fen: int = Field(description="各问题认定金额之和 − Σ(found_fen + nested_fen)，应为 0")
    empty_because: str | None
