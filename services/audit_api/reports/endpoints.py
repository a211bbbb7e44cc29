"""/audit/v1/reports. A report is read in one picture, made into a file with no transaction open, recorded, and only
then handed out.
"""

from __future__ import annotations

import asyncio
from datetime import date, datetime
from typing import Annotated, Final
from urllib.parse import quote

from fastapi import APIRouter, Header, Query, Request
from fastapi.responses import Response

from chassis import clock
from chassis.database import Database
from chassis.fields import CountyCode, Day, Line
from chassis.identity import Principal, can
from services.audit_api.access import county_of
from services.audit_api.moments import AsOf, KnownAt, moment_of
from services.audit_api.reports import service, workbook
from services.audit_api.reports.model import Report
from services.audit_api.reports.printing import PrintRoom
from services.audit_api.reports.refusals import ReportFormatNotOffered
from services.audit_api.reports.schemas import ReportAnswer, ReportFormat, ReportName, answer_of
from services.audit_api.reports.service import Asked
from treasury.calendar import business_date

router = APIRouter(prefix="/audit/v1/reports", tags=["reports 报表"])

MEDIA_TYPES: Final = {
    ReportFormat.JSON: "application/json",
    ReportFormat.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ReportFormat.PDF: "application/pdf",
}
_FILE: Final = {"schema": {"type": "string", "format": "binary"}}
_FILES: Final = {MEDIA_TYPES[form]: _FILE for form in (ReportFormat.XLSX, ReportFormat.PDF)}


def chosen(form: ReportFormat | None, accept: str | None) -> ReportFormat:
    """The format asked for by name, else the first that `Accept` names; JSON when it names none or takes anything."""
    if form is not None:
        return form
    if accept is None or not accept.strip():
        return ReportFormat.JSON
    offered = {media: one for one, media in MEDIA_TYPES.items()}
    for part in accept.split(","):
        media, *parameters = (piece.strip().lower() for piece in part.split(";"))
        if "q=0" in parameters:
            continue
        if media in {"*/*", "application/*"}:
            return ReportFormat.JSON
        if media in offered:
            return offered[media]
    raise ReportFormatNotOffered


@router.get(
    "/{name}",
    summary="报表：问题清单、整改台账、通报、统计表（JSON、XLSX、PDF）",
    response_model=ReportAnswer,
    responses={200: {"content": _FILES}},
)
async def get_report(
    name: ReportName,
    request: Request,
    who: Annotated[Principal, can("reports:read")],
    county: Annotated[CountyCode | None, Query(description="县级区划代码；县级用户可省略")] = None,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    since: Annotated[Day | None, Query(description="只含此日（含）以后认定的问题；通报固定为当年1月1日起")] = None,
    until: Annotated[Day | None, Query(description="只含此日（含）以前认定的问题，以便分期取得；通报不用")] = None,
    form: Annotated[ReportFormat | None, Query(alias="format", description="省略时按 Accept 请求头，默认 JSON")] = None,
    issuer: Annotated[Line | None, Query(description="发文机关署名")] = None,
    number: Annotated[Line | None, Query(description="发文字号；省略时由报表条件生成编号")] = None,
    addressee: Annotated[Line | None, Query(description="通报的主送机关，如：各乡镇人民政府")] = None,
    accept: Annotated[str | None, Header(max_length=1000)] = None,
) -> Response:
    database: Database = request.app.state.database
    room: PrintRoom = request.app.state.print_room
    asked_county, chosen_form = county_of(who, county), chosen(form, accept)
    async with room.turn(who.subject, name):
        async with database.reading(who.region) as seen:
            moment = await moment_of(seen, asked_county, as_of, known_at)
            first, last = service.period(name, moment.as_of, since, until)
            asked = Asked(
                name=name,
                form=chosen_form,
                county=asked_county,
                moment=moment,
                since=first,
                until=last,
                issuer=issuer,
                number=number,
                addressee=addressee,
                places=request.app.state.places,
                # Asked as it was known then, a report is the one of then, down to its bytes.
                today=business_date(known_at or clock.now()),
                path=request.url.path,
                parameters=_parameters(asked_county, moment.as_of, known_at, first, last),
            )
            read = await service.read(seen, who, asked)
        # No transaction is open while the file is made: a printer must not hold a connection of the pool. Beside the
        # loop, for ten thousand rows are a quarter of a second.
        report = await asyncio.to_thread(service.draw_up, asked, read)
        content = await made(report, chosen_form, room)
        async with database.writing(who.region) as tx:
            digest = await service.take(tx, who, report, chosen_form, content)
    return Response(content, media_type=MEDIA_TYPES[chosen_form], headers=file_headers(report, chosen_form, digest))


def _parameters(
    county: str, as_of: date, known_at: datetime | None, since: date | None, until: date | None
) -> tuple[tuple[str, str], ...]:
    days = {"as_of": as_of, "known_at": known_at, "since": since, "until": until}
    return (("county", county), *((key, day.isoformat()) for key, day in days.items() if day is not None))


async def made(report: Report, form: ReportFormat, room: PrintRoom) -> bytes:
    """The file; made beside the loop, with no transaction open."""
    match form:
        case ReportFormat.JSON:
            return await asyncio.to_thread(lambda: answer_of(report).model_dump_json().encode())
        case ReportFormat.XLSX:
            return await asyncio.to_thread(workbook.written, report)
        case ReportFormat.PDF:
            return (await room.printed(report)).pdf


def file_headers(report: Report, form: ReportFormat, digest: str) -> dict[str, str]:
    """With which a report leaves: an attachment, never rendered inline, with its SHA-256."""
    headers = {"X-Content-SHA256": digest, "X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"}
    if form != ReportFormat.JSON:
        plain = f"{report.county}-{report.name}-{report.basis.as_of:%Y%m%d}.{form}"
        named = quote(f"{report.county}-{report.title}-{report.basis.as_of:%Y%m%d}.{form}", safe="")
        headers["Content-Disposition"] = f"attachment; filename=\"{plain}\"; filename*=UTF-8''{named}"
        headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return headers
