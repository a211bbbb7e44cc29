"""/audit/v1/evidence. A file is in its place before a transaction begins, and leaves as an attachment only."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated, Final
from urllib.parse import quote, unquote_to_bytes
from uuid import UUID

from fastapi import APIRouter, Header, Path, Query, Request
from fastapi.responses import StreamingResponse
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import ClientDisconnect

from chassis import clock
from chassis.database import Database, Read, Tx
from chassis.fields import CountyCode
from chassis.identity import Principal, can
from chassis.journal import Act, Acting
from chassis.missing import Missing
from chassis.pages import Paging, cut
from services.audit_api.access import county_of
from services.audit_api.evidence import marks, service, store
from services.audit_api.evidence.filekinds import MEDIA_TYPES, FileKind
from services.audit_api.evidence.refusals import EvidenceTooLarge
from services.audit_api.evidence.schemas import (
    EvidenceFile,
    EvidencePage,
    EvidenceReceipt,
    Signature,
    SignatureRequest,
    Withdrawal,
    WithdrawalDecision,
    WithdrawalRequest,
    evidence_of,
    signature_of,
    withdrawal_of,
)
from services.audit_api.evidence.shelf import MAX_BYTES, Shelf, Spooled, closed_on_failure
from services.audit_api.moments import KnownAt, moment_of
from treasury.calendar import business_date

router = APIRouter(prefix="/audit/v1/evidence", tags=["evidence 证据"])

County = Annotated[CountyCode | None, Query(description="县级区划代码；县级用户可省略")]
MAX_NAME: Final = 200
FILE_BODY: Final = {
    "requestBody": {
        "required": True,
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}


@dataclass(eq=False)
class FileNameUnreadable(Exception):
    """X-File-Name is no percent-encoded UTF-8 name of a file."""

    def __str__(self) -> str:
        return (
            f"X-File-Name 应为百分号编码（UTF-8）的文件名，1–{MAX_NAME} 个字符，"
            "不含斜杠、英文双引号、控制字符和看不见的字符（如从右至左标记）"
        )


def file_name_of(encoded: str) -> str:
    """The name in the header; a name that is a path, is too long or holds what nobody sees is refused.

    A wide space (全角空格) is none of that: names that were typed in Chinese are full of them.
    """
    try:
        name = unquote_to_bytes(encoded).decode("utf-8").strip(" ")
    except UnicodeDecodeError as error:
        raise FileNameUnreadable from error
    seen = name.replace("\u3000", " ")
    if (
        not 0 < len(name) <= MAX_NAME
        or not seen.strip()
        or not seen.isprintable()
        or name in {".", ".."}
        or set(name) & set('/\\"')
    ):
        raise FileNameUnreadable
    return name


async def body_of(request: Request) -> AsyncIterator[bytes]:
    """The body as it comes; cut off, it is too large."""
    try:
        async for chunk in request.stream():
            yield chunk
    except ClientDisconnect as error:  # the sender left, or the intake cut off a body above its limit
        raise EvidenceTooLarge(MAX_BYTES) from error


async def take_in(
    request: Request,
    who: Principal,
    act: Act,
    county: str,
    name: str,
    look: Callable[[AsyncSession], Awaitable[object]],
    keep: Callable[[AsyncSession, Act, Spooled, str], Awaitable[EvidenceReceipt]],
) -> EvidenceReceipt:
    """Take the body in as a file: `look` refuses before a byte is read, `keep` registers what lies in its place.

    No transaction is open while the client sends or the store takes in: neither may hold a connection of the pool. A
    crash in between leaves a file that nobody names, never a name without its file.
    """
    database: Database = request.app.state.database
    shelf: Shelf = request.app.state.shelf
    async with database.reading(who.region) as seen:
        await look(seen)
    async with shelf.spooled(body_of(request), name) as spooled:
        # Of the whole county: what was forgotten there lies mostly where a township's clerk sees nothing.
        async with database.reading(county) as seen:
            await service.must_not_be_forgotten(seen, county, spooled.sha256)
        path_key = await shelf.keep(county, spooled)
        async with database.writing(who.region) as tx:
            return await keep(tx, act.with_content(spooled.sha256), spooled, path_key)


@router.post("", status_code=201, summary="登记证据文件（正文为文件本身）", openapi_extra=FILE_BODY)
async def post_evidence(
    request: Request,
    finding_id: UUID,
    act: Acting,
    who: Annotated[Principal, can("evidence:write")],
    x_file_name: Annotated[str, Header(max_length=1000, description="文件名，百分号编码（UTF-8）")],
    county: County = None,
) -> EvidenceReceipt:
    asked, name = county_of(who, county), file_name_of(x_file_name)
    return await take_in(
        request,
        who,
        act,
        asked,
        name,
        lambda seen: service.must_see_finding(seen, who, asked, finding_id),
        lambda tx, whole, spooled, path: service.keep(tx, who, whole, asked, finding_id, spooled, path, name),
    )


@router.get("", summary="一个问题的证据列表")
async def get_evidence(
    tx: Read,
    window: Paging,
    finding: UUID,
    who: Annotated[Principal, can("evidence:read")],
    county: County = None,
    known_at: KnownAt = None,
) -> EvidencePage:
    asked = county_of(who, county)
    await service.must_see_finding(tx, who, asked, finding)
    moment = await moment_of(tx, asked, None, known_at)
    found = await store.of_finding(tx, who, asked, finding, window, moment.position)
    rows, after = cut(found, window, lambda row: (row.id,))
    items = [evidence_of(row, moment.position) for row in rows]
    return EvidencePage(items=items, next=after, empty_because=None if items else "该问题尚未登记证据")


@router.get("/{evidence_id}", summary="一份证据：提供者签字或未签字原因、撤回申请与审核")
async def get_one(
    evidence_id: UUID,
    tx: Read,
    who: Annotated[Principal, can("evidence:read")],
    county: County = None,
    known_at: KnownAt = None,
) -> EvidenceFile:
    asked = county_of(who, county)
    row = await service.must_see(tx, who, asked, evidence_id)
    moment = await moment_of(tx, asked, None, known_at)
    if row.position > moment.position:
        raise Missing("证据", str(evidence_id))
    signed = await store.signatures(tx, asked, [evidence_id], moment.position)
    withdrawals = await store.withdrawals(tx, asked, [evidence_id], moment.position)
    return EvidenceFile(
        **evidence_of(row, moment.position).model_dump(),
        **moment.shown,
        signatures=[signature_of(one) for one in signed],
        withdrawals=[withdrawal_of(one, marks.version_of(row, one), moment.position) for one in withdrawals],
    )


@router.post("/{evidence_id}/signatures", status_code=201, summary="记载证据提供者签字盖章，或未签字的原因")
async def post_signature(
    evidence_id: UUID,
    request: SignatureRequest,
    tx: Tx,
    act: Acting,
    who: Annotated[Principal, can("evidence:write")],
    county: County = None,
) -> Signature:
    today = business_date(clock.now())
    return await marks.sign(tx, who, act, county_of(who, county), evidence_id, request, today)


@router.post("/{evidence_id}/withdrawals", status_code=201, summary="申请撤回登记有误的证据")
async def post_withdrawal(
    evidence_id: UUID,
    request: WithdrawalRequest,
    tx: Tx,
    act: Acting,
    who: Annotated[Principal, can("evidence:write")],
    county: County = None,
) -> Withdrawal:
    today = business_date(clock.now())
    return await marks.ask_withdrawal(tx, who, act, county_of(who, county), evidence_id, request, today)


@router.post(
    "/{evidence_id}/withdrawals/{withdrawal_no}/decision", status_code=201, summary="另一人审核撤回申请：同意或不同意"
)
async def post_withdrawal_decision(
    evidence_id: UUID,
    withdrawal_no: Annotated[int, Path(ge=1, le=32767)],
    request: WithdrawalDecision,
    tx: Tx,
    act: Acting,
    who: Annotated[Principal, can("evidence:confirm")],
    county: County = None,
) -> Withdrawal:
    asked, today = county_of(who, county), business_date(clock.now())
    return await marks.decide_withdrawal(tx, who, act, asked, evidence_id, withdrawal_no, request, today)


@router.get("/{evidence_id}/content", summary="取得证据文件副本（每次查看都有记录）", response_class=StreamingResponse)
async def get_content(
    evidence_id: UUID,
    request: Request,
    who: Annotated[Principal, can("evidence:read")],
    county: County = None,
) -> StreamingResponse:
    asked = county_of(who, county)
    database: Database = request.app.state.database
    shelf: Shelf = request.app.state.shelf
    async with database.reading(who.region) as seen:
        row = await service.must_see(seen, who, asked, evidence_id)
        service.must_be_handed_out(row)
    copy = await shelf.copy(row.path_key, row.sha256)
    with closed_on_failure(copy.file):
        async with database.writing(who.region) as tx:
            # Once more: while the copy was drawn somebody may have decided that nobody is to have it.
            service.must_be_handed_out(await service.must_see(tx, who, asked, evidence_id))
            await service.record_look(tx, who, row)
    return StreamingResponse(
        copy.pieces(),
        media_type=MEDIA_TYPES[FileKind(row.file_kind)],
        headers={
            # Never inline: what a browser would render with our origin's rights must not come from an upload.
            "Content-Disposition": f"attachment; filename*=UTF-8''{quote(row.file_name, safe='')}",
            "X-Content-Type-Options": "nosniff",
            "Content-Security-Policy": "default-src 'none'; sandbox",
            "Cache-Control": "no-store",
            "X-Content-SHA256": row.sha256.hex(),
            **({} if row.withdrawn_on is None else {"X-Evidence-Withdrawn": row.withdrawn_on.isoformat()}),
            "Content-Length": str(copy.size_bytes),
        },
    )
