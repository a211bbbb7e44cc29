"""GET /funds/v1/tree, /funds/v1/tree/households and /funds/v1/flow-graph."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.database import Read
from chassis.fields import Code
from chassis.identity import Principal, can
from chassis.missing import Missing
from chassis.pages import Paging
from services.funds_api.access import COUNTY_DIGITS, county_of, holds, must_hold
from services.funds_api.flows import households, service
from services.funds_api.flows.schemas import FlowGraph, FlowTree, GraphBy, PaidHouseholds
from services.funds_api.flows.store import Asked
from services.funds_api.funds import store as funds
from services.funds_api.moments import AsOf, KnownAt, moment_of
from services.funds_api.units import store as units

router = APIRouter(prefix="/funds/v1", tags=["flows 资金流向"])

Region = Annotated[
    str | None,
    Query(
        pattern=r"^([0-9]{6}|[0-9]{9}|[0-9]{12})$",
        description="从哪个区划看（县、乡镇、村）；省略表示您管辖的整个县或乡镇",
    ),
]
LivingIn = Annotated[
    str | None,
    Query(
        pattern=r"^([0-9]{9}|[0-9]{12})$",
        description="住在哪个乡镇或村（按发放时的住址）：不论由哪一级支付；与 region 二选一",
    ),
]
Fund = Annotated[Code | None, Query(description="只看这项资金")]
Year = Annotated[int | None, Query(ge=1949, le=2200, description="只看该年度预算的资金（结转后属下一年度）")]
Depth = Annotated[int, Query(ge=0, le=4, description="向下展开几层：县、乡镇、村、本级、农户与施工单位")]


async def asked_of(
    tx: AsyncSession, who: Principal, region: str | None, fund: str | None, year: int | None = None
) -> Asked:
    """The place asked for, or the caller's own; refused outside the caller's region, and when there is no such code."""
    county = county_of(who, region[:COUNTY_DIGITS] if region else None, "region")
    root = region or (county if holds(who, county) else who.region)
    must_hold(who, root)
    if region is not None and not await units.region_exists(tx, region):
        raise Missing("区划", region)
    if fund is not None and not await funds.exists(tx, fund):
        raise Missing("资金", fund)
    return Asked(county, root, fund, year)


@router.get("/tree", summary="资金树：县、乡镇、村、户逐级收到、拨下、支出、结存、退回", response_model=FlowTree)
async def get_tree(
    tx: Read,
    who: Annotated[Principal, can("lots:read")],
    region: Region = None,
    fund: Fund = None,
    year: Year = None,
    depth: Depth = 4,
    as_of: AsOf = None,
    known_at: KnownAt = None,
) -> Response:
    asked = await asked_of(tx, who, region, fund, year)
    told = await service.tree(tx, who, asked, await moment_of(tx, asked.county, as_of, known_at), depth)
    return Response(told, media_type="application/json")


@router.get("/tree/households", summary="资金树的最下一层：某区划本级支付的、或住在某区划的每一户收到、退回多少")
async def get_households_of_tree(
    request: Request,
    tx: Read,
    window: Paging,
    who: Annotated[Principal, can("payments:read")],
    region: Region = None,
    living_in: LivingIn = None,
    fund: Fund = None,
    as_of: AsOf = None,
    known_at: KnownAt = None,
) -> PaidHouseholds:
    if living_in is not None and region is not None:
        raise households.OneSideOnly(region, living_in)
    asked = await asked_of(tx, who, living_in or region, fund)
    moment = await moment_of(tx, asked.county, as_of, known_at)
    told = households.paid_by if living_in is None else households.living_in
    return await told(tx, who, request.app.state.vault, asked, moment, window)


@router.get("/flow-graph", summary="资金流向图：节点与流量，可直接绘制桑基图")
async def get_flow_graph(
    tx: Read,
    who: Annotated[Principal, can("lots:read")],
    region: Region = None,
    fund: Fund = None,
    year: Year = None,
    by: GraphBy = GraphBy.LEVEL,
    as_of: AsOf = None,
    known_at: KnownAt = None,
) -> FlowGraph:
    asked = await asked_of(tx, who, region, fund, year)
    return await service.graph(tx, who, asked, await moment_of(tx, asked.county, as_of, known_at), by)
