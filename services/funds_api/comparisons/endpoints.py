"""/funds/v1/comparison-lists: kinds, versions and counts come out, lists of tokens go in; no entry is ever told."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

from anyio import to_thread
from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from chassis.database import Database, Read
from chassis.fields import Line
from chassis.identity import Principal, can
from chassis.journal import Acting
from chassis.pages import Paging, cut, whole
from services.funds_api.access import county_of, must_hold
from services.funds_api.comparisons import filling, listfile, matching, service, store
from services.funds_api.comparisons.kinds import ListKind
from services.funds_api.comparisons.refusals import RawNumbersSent
from services.funds_api.comparisons.schemas import (
    ComparisonDetail,
    ComparisonLists,
    ComparisonRecorded,
    ComparisonVersions,
)
from services.funds_api.keys import Cells
from services.funds_api.moments import KnownAt, moment_of
from services.funds_api.units.endpoints import County
from services.funds_api.uploads import received
from wire.files import LIST_BYTES

router = APIRouter(prefix="/funds/v1/comparison-lists", tags=["comparison-lists 比对名单"])

Reader = Annotated[Principal, can("comparisons:read")]
Writer = Annotated[Principal, can("comparisons:write")]
_TOOL: Final = Path(__file__).with_name("tool.py").read_bytes()
LIST_BODY: Final = {
    "requestBody": {
        "required": True,
        "content": {"text/csv": {"schema": {"type": "string", "format": "binary", "maxLength": LIST_BYTES}}},
    }
}


@router.get("", summary="各类比对名单及其现行版本")
async def get_lists(
    tx: Read, vault: Cells, who: Reader, county: County = None, known_at: KnownAt = None
) -> ComparisonLists:
    asked = _whole_county(who, county)
    return await service.lists(tx, who, vault, asked, await moment_of(tx, asked, None, known_at))


@router.get("/tool", summary="各部门离线生成名单的工具（单个 Python 文件）", response_class=Response)
async def get_tool(_: Reader) -> Response:
    """One file that needs nothing but Python 3.8: numbers stay where they are, tokens come out."""
    return Response(
        _TOOL,
        media_type="text/x-python; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="qingliu_comparison_list.py"'},
    )


@router.get("/{kind}", summary="一类名单的现行版本及现在命中的人数")
async def get_list(
    kind: ListKind, tx: Read, who: Reader, county: County = None, known_at: KnownAt = None
) -> ComparisonDetail:
    asked = _whole_county(who, county)
    return await service.detail(tx, who, asked, kind, await moment_of(tx, asked, None, known_at))


@router.get("/{kind}/versions", summary="一类名单的全部版本（新的在前）")
async def get_versions(
    kind: ListKind, tx: Read, window: Paging, who: Reader, county: County = None
) -> ComparisonVersions:
    after = window.key(whole)
    before = None if after is None else int(after[0])
    found = await store.versions(tx, who, _whole_county(who, county), kind, before, window.limit + 1)
    rows, following = cut(found, window, lambda row: (row.version_no,))
    return ComparisonVersions(
        items=[service.version_of(row) for row in rows],
        next=following,
        empty_because=None if rows else "这一类名单还没有登记过，或已到末页",
    )


@router.post("/{kind}/versions", status_code=201, summary="上传一类名单的新版本", openapi_extra=LIST_BODY)
async def post_version(
    kind: ListKind,
    request: Request,
    act: Acting,
    vault: Cells,
    who: Writer,
    source: Annotated[Line, Query(description="提供名单的单位")],
    document: Annotated[Line, Query(description="提供名单的文号")],
    county: County = None,
) -> ComparisonRecorded:
    """A list as the tool wrote it. It is judged before anything is kept; one with raw ID numbers is refused whole."""
    asked = _whole_county(who, county)
    if spoken := [name for name, said in (("source", source), ("document", document)) if listfile.looks_raw(said)]:
        raise RawNumbersSent(len(spoken), spoken, in_file=False)
    key = matching.exchange_key(vault, asked)
    async with received(request, LIST_BYTES) as upload:
        file = await to_thread.run_sync(lambda: listfile.read(upload.read(), kind, asked, key))
    database: Database = request.app.state.database
    await filling.fill(database, who.region, vault, asked)
    async with database.writing(who.region) as tx:
        given = service.Given(source, document, upload.sha256)
        return await service.record(tx, who, act, vault, asked, file, given)


def _whole_county(who: Principal, county: str | None) -> str:
    """The county asked for, for callers over all of it: a list knows no townships."""
    asked = county_of(who, county)
    must_hold(who, asked)
    return asked
