"""Shapes of notices on the wire."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Self
from uuid import UUID

from pydantic import Field, model_validator

from chassis.fields import Answer, Body, Code, CountyCode, Day, Fen, Line, PositiveFen, Prose, RegionCode
from chassis.pages import Page


class LineKind(StrEnum):
    """item adds up; subtotal and total are printed sums; memo does not add."""

    ITEM = "item"
    SUBTOTAL = "subtotal"
    TOTAL = "total"
    MEMO = "memo"


class BroughtBy(StrEnum):
    """Which printed parts the money is received by: the lines of the table, or the sources in the heading."""

    LINES = "lines"
    SOURCES = "sources"


class DateBasis(StrEnum):
    PRINTED = "printed"
    ASSUMED = "assumed"


LineNo = Annotated[int, Field(strict=True, ge=1, le=100_000)]


class NoticeLine(Body):
    """One line of the table as printed; `county_code` is where its money lives."""

    line_no: LineNo
    kind: LineKind
    group_no: Line | None = None
    county_code: CountyCode
    region_code: RegionCode | None = None
    place: Line | None = None
    purpose: Line | None = None
    responsible_unit: Line | None = None
    fund_level: Line | None = None
    document_number: Line | None = None
    amount_printed: Line
    amount_fen: Fen
    note: Prose | None = None


class NoticeSource(Body):
    """One source of the money as printed in the heading."""

    line_no: LineNo
    county_code: CountyCode
    purpose: Line | None = None
    fund_level: Line | None = None
    document_number: Line | None = None
    amount_printed: Line
    amount_fen: Fen
    note: Prose | None = None


class NoticeRequest(Body):
    """A document as printed, and the account of each county that its money comes into."""

    region_code: RegionCode = Field(description="发文区划")
    issuer: Line
    title: Line
    document_number: Line | None = Field(default=None, description="本文件文号；未印文号时为空，以标题识别")
    cites: list[Line] = Field(default=[], max_length=50)
    fund_code: Code
    fiscal_year: Annotated[int, Field(strict=True, ge=1980, le=2100)]
    issued_on_printed: Line | None = None
    received_on: Day = Field(description="收到日期；只知区间时填最晚的一天，资金自该日起入账计时")
    received_from: Day | None = Field(default=None, description="收到日期只知区间时，最早可能的一天")
    received_on_basis: DateBasis = DateBasis.PRINTED
    stated_total_fen: PositiveFen | None = None
    brought_by: BroughtBy = BroughtBy.LINES
    completeness: Line = "full"
    source: Line = Field(description="资料来源")
    lines: list[NoticeLine] = Field(default=[], max_length=500)
    sources: list[NoticeSource] = Field(default=[], max_length=100)
    accounts: dict[CountyCode, UUID] = Field(description="各县收款账户：县级代码 → 账户编号")

    @model_validator(mode="after")
    def _received_between(self) -> Self:
        if self.received_from is not None and self.received_from > self.received_on:
            msg = f"最早可能的收到日期 {self.received_from} 不得晚于最晚的 {self.received_on}"
            raise ValueError(msg)
        return self


class TrancheAnswer(Answer):
    id: UUID
    county_code: str
    part: str
    line_no: int
    purpose: str
    amount_fen: int


class DiscrepancyAnswer(Answer):
    """A printed sum its parts do not make; difference_fen = summed_fen - printed_fen."""

    check: str
    group_no: str
    printed_fen: int
    summed_fen: int
    difference_fen: int


class Notice(Answer):
    """A received document: what it states, what was received by it, and every sum that does not tie."""

    id: UUID
    region_code: str
    issuer: str
    title: str
    document_number: str | None
    cites: list[str]
    fund_code: str
    fiscal_year: int
    issued_on_printed: str | None
    received_on: date
    received_from: date | None = Field(default=None, description="最早可能的收到日期；为 null 表示日期确切")
    received_on_basis: DateBasis
    stated_total_fen: int | None
    received_fen: int
    undone_fen: int = Field(default=0, description="received_fen 中入账后已冲正的部分；全部冲正后可按同一文件重新入账")
    elsewhere_fen: int = Field(default=0, description="落在您管辖范围以外各县的资金")
    unexplained_fen: int = Field(description="received_fen 减去各笔资金之和与 elsewhere_fen，恒为 0")
    brought_by: BroughtBy
    completeness: str
    source: str
    recorded_at: datetime | None = None
    tranches: list[TrancheAnswer]
    discrepancies: list[DiscrepancyAnswer]


class PrintedLine(Answer):
    part: str
    line_no: int
    kind: str
    group_no: str | None
    county_code: str
    region_code: str | None
    place: str | None
    purpose: str | None
    responsible_unit: str | None
    fund_level: str | None
    document_number: str | None
    amount_printed: str
    amount_fen: int
    note: str | None


class NoticeWithLines(Notice):
    lines: list[PrintedLine]


class NoticePage(Page):
    items: list[Notice]
