"""GET /funds/v1/documents."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from chassis.database import Read
from chassis.fields import Line
from chassis.identity import Principal, can
from services.funds_api.access import county_of
from services.funds_api.documents import service
from services.funds_api.documents.schemas import DocumentAnswer
from services.funds_api.moments import AsOf, KnownAt, moment_of
from services.funds_api.units.endpoints import County

router = APIRouter(prefix="/funds/v1/documents", tags=["documents 文号"])


@router.get("", summary="按文号查：该文件带来的资金现在何处，以该文件为依据办理了哪些业务")
async def get_document(
    tx: Read,
    who: Annotated[Principal, can("movements:read")],
    document: Annotated[Line, Query(description="文号或凭证号；[ ]、( )、〔 〕视为同一写法；未印文号的填标题")],
    county: County = None,
    as_of: AsOf = None,
    known_at: KnownAt = None,
) -> DocumentAnswer:
    asked = county_of(who, county)
    return await service.told(tx, who, asked, document, await moment_of(tx, asked, as_of, known_at))
