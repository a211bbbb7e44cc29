"""Shapes of filed reports on the wire."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import Field, model_validator

from chassis.fields import Answer, Body, Code, Line, Prose, RegionCode
from chassis.pages import Page
from services.audit_api.filed_reports.figures import FigureKind
from services.audit_api.moments import Known

Quantity = Annotated[int, Field(strict=True, ge=-(10**14), le=10**14)]
RATIO_PARTS = 2


class FigureRequest(Body):
    """A figure that the report states, and the published parts it should come to."""

    what: Line
    kind: FigureKind = FigureKind.SUM
    unit: Line = Field(description="分、人、户、百万分之一等")
    stated: Quantity
    parts: Annotated[list[Quantity], Field(min_length=2, max_length=100)]

    @model_validator(mode="after")
    def _ratio_has_two_parts(self) -> Self:
        if self.kind is FigureKind.RATIO and (len(self.parts) != RATIO_PARTS or self.parts[1] <= 0):
            msg = "比率须有两部分，且除数大于零"
            raise ValueError(msg)
        return self


class ReportTold(Body):
    """What was published of a report; empty is not published."""

    period: Line | None = None
    published: Line | None = Field(default=None, description="发布日期")
    scope: Prose | None = None
    region: Line | None = None
    region_code: RegionCode | None = None
    overall_rectification: Prose | None = None
    source_type: Line | None = None
    excerpt: Line | None = Field(default=None, description="full 全文、partial 摘录")
    source_url: Prose | None = None
    note: Prose | None = None
    figures: Annotated[list[FigureRequest], Field(default_factory=list, max_length=100)]


class ReportRequest(Body):
    """A published audit report; one reference is filed once."""

    reference: Code
    title: Line
    auditor: Line
    told: ReportTold


class ReportReceipt(Answer):
    id: UUID
    county_code: str
    reference: str


class StatedFigure(Answer):
    """A stated figure beside what its parts come to: `difference` = stated − worked out, shown as it is."""

    what: str
    kind: FigureKind
    unit: str
    stated: int
    parts: list[int]
    worked_out: int
    difference: int


class TotalOfParts(Answer):
    """A finding published as a total, beside the findings within it."""

    finding_id: UUID
    title: str
    amount_fen: int
    parts_fen: int
    difference_fen: int


class FiledReport(ReportReceipt):
    title: str
    auditor: str
    filed_by: str
    filed_at: datetime


class FiledReportFile(FiledReport, Known):
    """A report with what its confirmed findings come to; what lies within another of them is counted once."""

    told: ReportTold
    findings_n: int
    with_amount_n: int
    approximate_n: int
    counted_once_fen: int
    added_up_fen: int = Field(description="各行直接相加；与 counted_once_fen 之差即重复部分")
    totals: list[TotalOfParts]
    figures: list[StatedFigure]


class FiledReportPage(Page):
    items: list[FiledReport]
