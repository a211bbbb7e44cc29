"""/audit/v1/findings/{id}/extracts. The ledger is asked before a transaction begins, and anew for each recheck."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from chassis import clock
from chassis.database import Database, Read
from chassis.fields import CountyCode
from chassis.identity import Principal, can
from chassis.journal import Acting
from chassis.pages import Paging, cut
from services.audit_api.access import county_of, must_hold
from services.audit_api.evidence import service as evidence
from services.audit_api.evidence.filekinds import FileKind
from services.audit_api.evidence.shelf import Shelf
from services.audit_api.extracts import service, store
from services.audit_api.extracts.printed import NAME
from services.audit_api.extracts.questions import Question, Subject, settled
from services.audit_api.extracts.schemas import Extract, ExtractPage, ExtractRequest, Recheck, extract_of
from services.audit_api.ledger import Ledger
from services.audit_api.moments import KnownAt, moment_of
from services.audit_api.reports.endpoints import MEDIA_TYPES, file_headers, made
from services.audit_api.reports.places import Places
from services.audit_api.reports.printing import PrintRoom
from services.audit_api.reports.schemas import ReportFormat
from treasury.calendar import business_date

router = APIRouter(prefix="/audit/v1/findings/{finding_id}/extracts", tags=["extracts 账本摘录"])

PrintedForm = Literal["pdf", "xlsx"]
County = Annotated[CountyCode | None, Query(description="县级区划代码；县级用户可省略")]


async def _told(ledger: Ledger, question: Question, who: Principal) -> bytes:
    """The answer of the ledger, whole."""
    told = bytearray()
    async with ledger.answer(question.path, question.query, who) as pieces:
        async for piece in pieces:
            told += piece
            service.within_limit(told)
    return bytes(told)


async def _once(told: bytes) -> AsyncIterator[bytes]:
    yield told


@router.post("", status_code=201, summary="摘录账本：把某一时点账本的答复原文固定为证据")
async def post_extract(
    finding_id: UUID,
    asked: ExtractRequest,
    request: Request,
    act: Acting,
    who: Annotated[Principal, can("extracts:write")],
    county: County = None,
) -> Extract:
    place = county_of(who, county)
    if asked.what is Subject.TREE:
        must_hold(who, place, asked.about)
    now = clock.now()
    question = Question(asked.what, asked.about, place, asked.as_of or business_date(now), settled(asked.known_at, now))
    database: Database = request.app.state.database
    shelf: Shelf = request.app.state.shelf
    async with database.writing(who.region) as seen:
        await act.claim(seen, place)  # what has been answered is answered alike, and the ledger is not asked again
        await evidence.must_see_finding(seen, who, place, finding_id)
    told = await _told(request.app.state.ledger, question, who)
    figures = await asyncio.to_thread(service.figures_in, question, told)
    async with shelf.spooled(_once(told), "", FileKind.LEDGER_EXTRACT) as spooled:
        async with database.reading(who.region) as seen:
            await evidence.must_not_be_forgotten(seen, place, spooled.sha256)
        path_key = await shelf.keep(place, spooled)
        async with database.writing(who.region) as tx:
            return await service.freeze(tx, who, act, question, finding_id, spooled, path_key, figures)


@router.get("", summary="一个问题的账本摘录")
async def get_extracts(
    finding_id: UUID,
    tx: Read,
    window: Paging,
    who: Annotated[Principal, can("evidence:read")],
    county: County = None,
    known_at: KnownAt = None,
) -> ExtractPage:
    place = county_of(who, county)
    await evidence.must_see_finding(tx, who, place, finding_id)
    moment = await moment_of(tx, place, None, known_at)
    found = await store.page(tx, who, place, finding_id, window, moment.position)
    rows, after = cut(found, window, lambda row: (row[0].evidence_id,))
    items = [extract_of(*row) for row in rows]
    return ExtractPage(items=items, next=after, empty_because=None if items else "该问题尚无账本摘录")


@router.get("/{extract_id}/recheck", summary="重新提问：账本对同一问题的答复与摘录是否一字不差，不同之处在哪里")
async def get_recheck(
    finding_id: UUID,
    extract_id: UUID,
    request: Request,
    who: Annotated[Principal, can("evidence:read")],
    county: County = None,
) -> Recheck:
    place = county_of(who, county)
    database: Database = request.app.state.database
    shelf: Shelf = request.app.state.shelf
    async with database.reading(who.region) as tx:
        found = await service.must_see(tx, who, place, finding_id, extract_id)
        evidence.must_be_handed_out(found[1])
    told = await _told(request.app.state.ledger, service.question_of(found), who)
    copy = await shelf.copy(found[1].path_key, found[1].sha256)
    return await asyncio.to_thread(service.compared, found, copy, told)


@router.get(
    "/{extract_id}/printed", summary="打印账本摘录（取证附件，PDF 或 XLSX；每次取件都有记录）", response_class=Response
)
async def get_printed(
    finding_id: UUID,
    extract_id: UUID,
    request: Request,
    who: Annotated[Principal, can("evidence:read")],
    county: County = None,
    form: Annotated[PrintedForm, Query(alias="format", description="省略为 PDF")] = "pdf",
) -> Response:
    place, chosen = county_of(who, county), ReportFormat(form)
    database: Database = request.app.state.database
    shelf: Shelf = request.app.state.shelf
    room: PrintRoom = request.app.state.print_room
    places: Places = request.app.state.places
    async with room.turn(who.subject, NAME):
        async with database.reading(who.region) as tx:
            found = await service.must_see(tx, who, place, finding_id, extract_id)
            evidence.must_be_handed_out(found[1])
        copy = await shelf.copy(found[1].path_key, found[1].sha256)
        report = await asyncio.to_thread(service.draw_up, found, copy, places)
        service.must_fit(report, chosen)
        content = await made(report, chosen, room)
        async with database.writing(who.region) as tx:
            # Once more: while the document was made somebody may have decided that nobody is to have it.
            found = await service.must_see(tx, who, place, finding_id, extract_id)
            evidence.must_be_handed_out(found[1])
            digest = await service.record_print(tx, who, found, report, chosen, content)
    return Response(content, media_type=MEDIA_TYPES[chosen], headers=file_headers(report, chosen, digest))
