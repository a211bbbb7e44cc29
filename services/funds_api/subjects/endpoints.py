"""/funds/v1/subjects: for audit_api, before a finding names what it is about."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from chassis.database import Read
from chassis.identity import Principal, can
from services.funds_api.access import county_of
from services.funds_api.subjects import resting, store
from services.funds_api.subjects.schemas import NAMED
from services.funds_api.units.endpoints import County
from wire.subjects import MOST, SubjectsTold

router = APIRouter(prefix="/funds/v1/subjects", tags=["subjects 所涉对象"])

Named = Annotated[
    list[Annotated[str, Query(pattern=NAMED)]],
    Query(min_length=1, max_length=MOST, description="业务、支付令、批次或其中一行、贷款、项目、预警：batch:编号:行号"),
]


@router.get("", summary="所列各项中实有的、其金额和现在所在的资金批次；没有的和看不到的不列")
async def get_subjects(
    tx: Read, who: Annotated[Principal, can("subjects:read")], named: Named, county: County = None
) -> SubjectsTold:
    place = county_of(who, county)
    there = await store.there(tx, who, place, store.asked(named))
    return SubjectsTold(items=await resting.with_lots(tx, place, there), position=await resting.position(tx, place))
