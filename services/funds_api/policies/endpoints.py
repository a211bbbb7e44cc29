"""GET /funds/v1/policy-values: which number is in force where, since when, and who says so."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field

from chassis.database import Read
from chassis.fields import Answer, RegionCode
from chassis.identity import Principal, can
from services.funds_api.moments import AsOf, KnownAt, day_or_today
from services.funds_api.policies import store
from treasury.policy import Basis, in_force

router = APIRouter(prefix="/funds/v1/policy-values", tags=["policy-values 政策数值"])


class PolicyValueAnswer(Answer):
    key: str
    region: str
    valid_from: date
    value: int | list[int]
    source: str
    basis: Basis


class PolicyValues(Answer):
    as_of: date
    known_at: datetime | None = Field(description="只含此时点以前登记的数值；为 null 表示全部")
    items: list[PolicyValueAnswer]


@router.get("", summary="现行政策数值及其依据")
async def get_policy_values(
    tx: Read,
    who: Annotated[Principal, can("policies:read")],
    key: Annotated[str, Query(max_length=100, description="键的开头，如 handdown_limit_days")] = "",
    region: Annotated[RegionCode | None, Query(description="区划；省略为本人区划")] = None,
    as_of: AsOf = None,
    known_at: KnownAt = None,
) -> PolicyValues:
    day = day_or_today(as_of)
    known = await store.values(tx, *([key] if key else []), known_at=known_at)
    chosen = [in_force(known, name, region or who.region, day) for name in sorted({one.key for one in known})]
    items = [
        PolicyValueAnswer(
            key=one.key,
            region=one.region,
            valid_from=one.valid_from,
            value=one.value,
            source=one.source,
            basis=one.basis,
        )
        for one in chosen
        if one is not None
    ]
    return PolicyValues(as_of=day, known_at=known_at, items=items)
