"""Filing a published audit report, and telling what its findings come to beside what it states."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from chassis.identity import Principal
from chassis.ids import new_id
from chassis.journal import Act
from chassis.missing import Missing
from services.audit_api.filed_reports import store
from services.audit_api.filed_reports.figures import worked_out
from services.audit_api.filed_reports.schemas import (
    FiledReport,
    FiledReportFile,
    ReportReceipt,
    ReportRequest,
    ReportTold,
    StatedFigure,
    TotalOfParts,
)
from services.audit_api.findings import counting
from services.audit_api.findings import store as findings
from services.audit_api.findings.nesting import Amount, parts_fen
from services.audit_api.moments import Moment
from services.audit_api.tables import FiledReportRow
from services.audit_api.words import sealed
from wire.audit import AuditReportFiled


@dataclass(eq=False)
class ReportFiledAlready(Exception):
    """A report is filed under this reference."""

    reference: str
    report_id: str

    def __str__(self) -> str:
        return f"编号 {self.reference} 的审计报告已经入库（{self.report_id}）"


async def file(tx: AsyncSession, who: Principal, act: Act, county: str, request: ReportRequest) -> ReportReceipt:
    """File a report under its reference, once."""
    await act.claim(tx, county)
    known = await store.filed_as(tx, county, request.reference)
    if known is not None:
        raise ReportFiledAlready(request.reference, str(known))

    receipt = ReportReceipt(id=new_id(), county_code=county, reference=request.reference)
    await store.add(
        tx,
        {
            "county_code": county,
            "region_code": county,
            "id": receipt.id,
            "reference": request.reference,
            "title": request.title,
            "auditor": request.auditor,
            "told": request.told.model_dump(mode="json", exclude_none=True),
            "filed_by": who.subject,
        },
    )
    event = AuditReportFiled(
        report_id=receipt.id,
        county_code=county,
        reference=request.reference,
        text_sha256=sealed(request.title, request.auditor, request.told.model_dump_json()),
    )
    await act.record(tx, county, event, receipt)
    return receipt


def report_of(row: FiledReportRow) -> FiledReport:
    return FiledReport.model_validate(row, from_attributes=True)


async def told(tx: AsyncSession, who: Principal, county: str, report_id: UUID, moment: Moment) -> FiledReportFile:
    """The report with what its findings, confirmed by the moment, come to."""
    row = await store.one(tx, who, county, report_id)
    if row is None or row.position > moment.position:
        raise Missing("审计报告", str(report_id))
    of = await findings.of_report(tx, county, report_id, moment.position)
    counted = await counting.shares(tx, county, [one.id for one in of], moment)
    amounts = [Amount(one.id, one.amount_fen, one.within_finding_id) for one in of]
    published = await store.published_of(tx, county, [(one.id, one.version_no) for one in of])
    totals = []
    for one in of:
        parts = parts_fen(one.id, amounts)
        if published[one.id].get("is_total") and one.amount_fen is not None and parts is not None:
            totals.append(
                TotalOfParts(
                    finding_id=one.id,
                    title=one.title,
                    amount_fen=one.amount_fen,
                    parts_fen=parts,
                    difference_fen=one.amount_fen - parts,
                )
            )
    said = ReportTold.model_validate(row.told)
    return FiledReportFile(
        **report_of(row).model_dump(),
        **moment.shown,
        told=said,
        findings_n=len(of),
        with_amount_n=sum(one.amount_fen is not None for one in of),
        approximate_n=sum(one.amount_known == "approximate" for one in of),
        counted_once_fen=sum(share.counted_fen for share in counted.values()),
        added_up_fen=sum(one.amount_fen or 0 for one in of),
        totals=totals,
        figures=[
            StatedFigure(
                **figure.model_dump(),
                worked_out=worked_out(figure.kind, figure.parts),
                difference=figure.stated - worked_out(figure.kind, figure.parts),
            )
            for figure in said.figures
        ],
    )
