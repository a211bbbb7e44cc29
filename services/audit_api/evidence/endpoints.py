"""/audit/v1/evidence. A file is in its place before a transaction begins, and leaves as an attachment only."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Annotated, Final
from urllib.parse import quote, unquote_to_bytes
from uuid import UUID

from fastapi import APIRouter, Header, Query, Request
from fastapi.responses import StreamingResponse
from starlette.requests import ClientDisconnect

from chassis.database import Database, Read
from chassis.fields import CountyCode
from chassis.identity import Principal, can
from chassis.journal import Acting
from chassis.pages import Paging, cut
from services.audit_api.access import county_of
from services.audit_api.evidence import service, store
from services.audit_api.evidence.filekinds import MEDIA_TYPES, FileKind
from services.audit_api.evidence.refusals import EvidenceTooLarge
from services.audit_api.evidence.schemas import EvidencePage, EvidenceReceipt, evidence_of
from services.audit_api.evidence.shelf import MAX_BYTES, Shelf, closed_on_failure

router = APIRouter(prefix="/audit/v1/evidence", tags=["evidence 证据"])

County = Annotated[CountyCode | None, Query(description="县级区划代码；县级用户可省略")]
MAX_NAME: Final = 200
_FILE_BODY: Final = {
    "requestBody": {
        "required": True,
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}


@dataclass(eq=False)
class FileNameUnreadable(Exception):
    """X-File-Name is no percent-encoded UTF-8 name of a file."""

    def __str__(self) -> str:
        return f"X-File-Name 应为百分号编码（UTF-8）的文件名，1–{MAX_NAME} 个字符，不含路径和控制字符"


def file_name_of(encoded: str) -> str:
    """The name in the header; a name that is a path, is too long or holds control characters is refused."""
    try:
        name = unquote_to_bytes(encoded).decode("utf-8").strip(" ")
    except UnicodeDecodeError as error:
        raise FileNameUnreadable from error
    if not 0 < len(name) <= MAX_NAME or not name.isprintable() or name in {".", ".."} or set(name) & set('/\\"'):
        raise FileNameUnreadable
    return name


async def _whole(request: Request) -> AsyncIterator[bytes]:
    try:
        async for chunk in request.stream():
            yield chunk
    except ClientDisconnect as error:  # the sender left, or the intake cut off a body above its limit
        raise EvidenceTooLarge(MAX_BYTES) from error


@router.post("", status_code=201, summary="登记证据文件（正文为文件本身）", openapi_extra=_FILE_BODY)
async def post_evidence(
    request: Request,
    finding_id: UUID,
    act: Acting,
    who: Annotated[Principal, can("evidence:write")],
    x_file_name: Annotated[str, Header(max_length=1000, description="文件名，百分号编码（UTF-8）")],
    county: County = None,
) -> EvidenceReceipt:
    asked, name = county_of(who, county), file_name_of(x_file_name)
    database: Database = request.app.state.database
    shelf: Shelf = request.app.state.shelf
    async with database.reading(who.region) as seen:
        await service.must_see_finding(seen, who, asked, finding_id)
    # No transaction is open while the client sends or the store takes in: neither may hold a connection of the pool.
    # A crash in between leaves a file that nobody names, never a name without its file.
    async with shelf.spooled(_whole(request), name) as spooled:
        path_key = await shelf.keep(asked, spooled)
        async with database.writing(who.region) as tx:
            whole = act.with_content(spooled.sha256)
            return await service.keep(tx, who, whole, asked, finding_id, spooled, path_key, name)


@router.get("", summary="一个问题的证据列表")
async def get_evidence(
    tx: Read,
    window: Paging,
    finding: UUID,
    who: Annotated[Principal, can("evidence:read")],
    county: County = None,
) -> EvidencePage:
    asked = county_of(who, county)
    await service.must_see_finding(tx, who, asked, finding)
    rows, after = cut(await store.of_finding(tx, who, asked, finding, window), window, lambda row: (row.id,))
    items = [evidence_of(row) for row in rows]
    return EvidencePage(items=items, next=after, empty_because=None if items else "该问题尚未登记证据")


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
    copy = await shelf.copy(row.path_key, row.sha256)
    with closed_on_failure(copy.file):
        async with database.writing(who.region) as tx:
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
            "Content-Length": str(copy.size_bytes),
        },
    )
