"""/funds/v1/flags/{id}/outcome and the records of rules."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query

from chassis import clock
from chassis.database import Read, Tx
from chassis.fields import RegionCode
from chassis.identity import Principal, can
from chassis.journal import Acting
from chassis.missing import Missing
from services.funds_api.access import county_of, must_hold
from services.funds_api.flags.store import Place
from services.funds_api.moments import AsOf, KnownAt, moment_of
from services.funds_api.outcomes import record, service, store
from services.funds_api.outcomes.schemas import FlagOutcome, FlagOutcomes, OutcomeRequest, Record, Records
from services.funds_api.runs.refusals import RunTooWide
from services.funds_api.units.endpoints import County
from treasury.calendar import business_date

router = APIRouter(prefix="/funds/v1", tags=["flags 预警"])
Once = Annotated[
    bool, Query(description="一并给出 distinct_fen、nested_fen：逐条读取全部预警，百万条时以秒计；省略则不读取预警")
]
Within = Annotated[RegionCode | None, Query(description="只看该区划及其下级；省略表示您在该县的管辖范围")]


@router.post("/flags/{flag_id}/outcome", status_code=201, summary="登记预警的核查结论：属实、不属实、重新核查")
async def post_flag_outcome(
    flag_id: UUID,
    request: OutcomeRequest,
    tx: Tx,
    act: Acting,
    who: Annotated[Principal, can("flags:decide")],
    county: County = None,
) -> FlagOutcome:
    today = business_date(clock.now())
    return await service.decide(tx, who, act, county_of(who, county), flag_id, request, today)


@router.get("/flags/{flag_id}/outcomes", summary="一条预警的历次核查结论")
async def get_flag_outcomes(
    flag_id: UUID,
    tx: Read,
    who: Annotated[Principal, can("flags:read")],
    county: County = None,
    as_of: AsOf = None,
    known_at: KnownAt = None,
) -> FlagOutcomes:
    asked = county_of(who, county)
    moment = await moment_of(tx, asked, as_of, known_at)
    flag = await store.flag(tx, who, asked, flag_id)
    if flag is None or flag.as_of > moment.as_of:
        raise Missing("预警", str(flag_id))
    items = service.shown(flag, await store.outcomes(tx, asked, flag_id, moment))
    because = None if items else "该预警截至该时点尚无结论"
    return FlagOutcomes(as_of=moment.as_of, **moment.shown, items=items, empty_because=because)


def _place(who: Principal, county: str, region: str | None) -> Place:
    """The part of the county's books asked about: within the caller's region and within the county."""
    asked = region or (who.region if who.region.startswith(county) else county)
    must_hold(who, asked)
    if not asked.startswith(county):
        raise RunTooWide(asked, county)
    return Place(county, asked)


@router.get("/rules/{code}/record", summary="一条规则的成绩：命中、属实、不属实、未结、追回")
async def get_rule_record(
    code: Annotated[str, Path(pattern=r"^[A-Z][0-9]{2}$")],
    tx: Read,
    who: Annotated[Principal, can("flags:read")],
    county: County = None,
    region: Within = None,
    once: Once = False,
    as_of: AsOf = None,
    known_at: KnownAt = None,
) -> Record:
    asked = county_of(who, county)
    moment = await moment_of(tx, asked, as_of, known_at)
    place = _place(who, asked, region)
    [told], _ = await record.records(tx, place, moment, code, once=once)
    return Record(as_of=moment.as_of, region_code=place.region, **moment.shown, **told.model_dump())


@router.get("/rule-records", summary="各条规则的成绩，以及不重复计算的合计")
async def get_rule_records(
    tx: Read,
    who: Annotated[Principal, can("flags:read")],
    county: County = None,
    region: Within = None,
    once: Once = False,
    as_of: AsOf = None,
    known_at: KnownAt = None,
) -> Records:
    asked = county_of(who, county)
    moment = await moment_of(tx, asked, as_of, known_at)
    place = _place(who, asked, region)
    items, total = await record.records(tx, place, moment, once=once)
    return Records(as_of=moment.as_of, region_code=place.region, **moment.shown, items=items, total=total)
