"""/funds/v1/rules and /funds/v1/rule-runs: which rules are in force; ask them, and see how far a run is."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter

from chassis import clock
from chassis.database import Read, Tx
from chassis.identity import Principal, can
from chassis.journal import Acting
from chassis.missing import Missing
from chassis.pages import Paging, cut
from services.funds_api.access import county_of
from services.funds_api.runs import service, store
from services.funds_api.runs.schemas import Rules, Run, RunPage, RunRequest
from services.funds_api.units.endpoints import County
from treasury.calendar import business_date

router = APIRouter(prefix="/funds/v1", tags=["rules 规则"])


@router.get("/rules", summary="现行规则：问什么、看什么、依据什么")
async def get_rules(who: Annotated[Principal, can("flags:read")]) -> Rules:
    del who
    return Rules(items=service.rules())


@router.post("/rule-runs", status_code=202, summary="按业务日期运行规则；逐条规则办理，随时可查进度")
async def post_run(
    request: RunRequest, tx: Tx, act: Acting, who: Annotated[Principal, can("flags:run")], county: County = None
) -> Run:
    today = business_date(clock.now())
    return await service.request(tx, who, act, county_of(who, county), request, today)


@router.get("/rule-runs", summary="规则运行记录，新的在前")
async def get_runs(
    tx: Read, window: Paging, who: Annotated[Principal, can("flags:run")], county: County = None
) -> RunPage:
    asked = county_of(who, county)
    rows, after = cut(await store.runs(tx, who, asked, window), window, lambda row: (row.id,))
    items = await service.shown(tx, asked, rows)
    return RunPage(items=items, next=after, empty_because=None if items else "您的管辖范围内还没有运行过规则")


@router.get("/rule-runs/{run_id}", summary="一次运行：做完了哪些规则，各发现了什么")
async def get_run(run_id: UUID, tx: Read, who: Annotated[Principal, can("flags:run")], county: County = None) -> Run:
    asked = county_of(who, county)
    row = await store.run(tx, who, asked, run_id)
    if row is None:
        raise Missing("规则运行", str(run_id))
    return (await service.shown(tx, asked, [row]))[0]
