"""Shapes of reports on the wire: the same model that is printed."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from pydantic import Field

from chassis.fields import Answer
from services.audit_api.reports.model import Kind, Report


class ReportName(StrEnum):
    """findings: 问题清单; orders: 整改台账; bulletin: 通报; statistics: 统计表."""

    FINDINGS = "findings"
    ORDERS = "orders"
    BULLETIN = "bulletin"
    STATISTICS = "statistics"


class ReportFormat(StrEnum):
    """json: 数据; xlsx: 电子表格; pdf: 公文版式."""

    JSON = "json"
    XLSX = "xlsx"
    PDF = "pdf"


class ReportColumn(Answer):
    key: str
    heading: str
    kind: Kind
    summed: bool


class ReportRow(Answer):
    """A cell per column: whole fen in columns of `fen`. A row that is not `counted` is in no total (属…之内)."""

    cells: list[str | int | date | None]
    counted: bool
    elsewhere_fen: dict[str, int] = Field(description="各列金额中已计入他项、不计入合计的部分，单位：分")


class ReportSection(Answer):
    heading: str
    columns: list[ReportColumn]
    rows: list[ReportRow]
    totals: dict[str, int] = Field(description="各合计列的合计；金额单位：分")
    shares: dict[str, str | None] = Field(description="各比率列的总比率，由合计算出")
    empty_because: str | None


class ReportBasis(Answer):
    """The query that gives this report again, and the last act of the journal that it could see."""

    path: str
    parameters: dict[str, str]
    as_of: date
    known_at: datetime | None
    position: int


class ReportProof(Answer):
    """What the tables say, Σ of the rows, and what is unexplained between them: 0."""

    what: str
    parent: int
    parts: int
    unexplained: int


class ReportAnswer(Answer):
    name: ReportName
    title: str
    number: str
    issuer: str
    issued_on: date
    county_code: str
    basis: ReportBasis
    paragraphs: list[str]
    sections: list[ReportSection]
    notes: list[str]
    proofs: list[ReportProof]


def answer_of(report: Report) -> ReportAnswer:
    """The report as JSON tells it."""
    basis = report.basis
    return ReportAnswer(
        name=ReportName(report.name),
        title=report.title,
        number=report.masthead.number,
        issuer=report.masthead.issuer,
        issued_on=report.masthead.issued_on,
        county_code=report.county,
        basis=ReportBasis(
            path=basis.path,
            parameters=dict(basis.parameters),
            as_of=basis.as_of,
            known_at=basis.known_at,
            position=basis.position,
        ),
        paragraphs=list(report.paragraphs),
        sections=[
            ReportSection(
                heading=section.heading,
                columns=[
                    ReportColumn(key=one.key, heading=one.heading, kind=one.kind, summed=one.summed)
                    for one in section.columns
                ],
                rows=[
                    ReportRow(cells=list(line.cells), counted=line.counted, elsewhere_fen=dict(line.elsewhere_fen))
                    for line in section.lines
                ],
                totals=section.totals,
                shares=section.shares,
                empty_because=None if section.lines else section.empty_because,
            )
            for section in report.sections
        ],
        notes=list(report.notes),
        proofs=[
            ReportProof(what=one.what, parent=one.parent, parts=one.parts, unexplained=one.unexplained)
            for one in report.proofs
        ],
    )
