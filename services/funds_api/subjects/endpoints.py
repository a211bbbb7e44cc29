"""/funds/v1/subjects: for audit_api, before a finding names what it is about."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from chassis.database import Read
from chassis.identity import Principal, can
from services.funds_api.access import county_of
from services.funds_api.subjects import store
from services.funds_api.subjects.schemas import NAMED
from services.funds_api.units.endpoints import County
from wire.subjects import MOST, SubjectsTold

router = APIRouter(prefix="/funds/v1/subjects", tags=["subjects 所涉对象"])

Named = Annotated[
    list[Annotated[str, Query(pattern=NAMED)]],
    Query(min_length=1, max_length=MOST, description="业务、发放批次（或其中一行）、贷款、项目：batch:编号:行号"),
]


@router.get("", summary="所列业务、发放批次、贷款、项目中实有的各项及其金额；没有的和看不到的不列")
async def get_subjects(
    tx: Read, who: Annotated[Principal, can("subjects:read")], named: Named, county: County = None
) -> SubjectsTold:
    return SubjectsTold(items=await store.there(tx, who, county_of(who, county), store.asked(named)))
