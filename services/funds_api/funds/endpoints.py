"""/funds/v1/funds with their terms, /funds/v1/function-codes and /funds/v1/uses."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query

from chassis.database import Read, Tx
from chassis.fields import Code
from chassis.identity import Principal, can
from chassis.journal import Acting
from chassis.missing import Missing
from chassis.pages import Paging, cut
from services.funds_api.access import county_of
from services.funds_api.funds import service, store
from services.funds_api.funds.schemas import (
    FunctionCodeAnswer,
    FunctionCodes,
    Fund,
    FundLevel,
    FundPage,
    Terms,
    TermsAnswer,
    TermsConfirmation,
    TermsRequest,
    TermsWithdrawal,
    UseAnswer,
    Uses,
)
from services.funds_api.moments import AsOf, day_or_today
from services.funds_api.units.endpoints import County
from treasury.policy import Basis
from wire.policies import FundListed

router = APIRouter(prefix="/funds/v1", tags=["funds 资金"])

FundCode = Annotated[Code, Path(description="资金代码")]
InYear = Annotated[int, Query(ge=1990, le=2200, description="预算年度")]


@router.post("/funds", status_code=201, summary="登记专项资金")
async def post_fund(request: Fund, tx: Tx, act: Acting, who: Annotated[Principal, can("funds:write")]) -> Fund:
    """A code means one fund for ever: registering it again must bring the same name, level and stream."""
    await act.claim(tx, who.region)
    known = await store.record(tx, request.model_dump(mode="json"))
    answer = Fund(code=known.code, name=known.name, level=FundLevel(known.level), stream=known.stream)
    if answer != request:
        raise store.FundKnown(known.code, known.name)
    await act.record(tx, who.region, FundListed(code=request.code, name=request.name), answer)
    return answer


@router.get("/funds", summary="专项资金列表")
async def get_funds(tx: Read, window: Paging, _: Annotated[Principal, can("notices:read")]) -> FundPage:
    rows, after = cut(await store.page(tx, window), window, lambda row: (row.code,))
    items = [Fund(code=row.code, name=row.name, level=FundLevel(row.level), stream=row.stream) for row in rows]
    return FundPage(items=items, next=after, empty_because=None if items else "尚未登记任何专项资金")


@router.post("/funds/{fund_code}/terms", status_code=201, summary="设定资金的年度使用规定")
async def post_terms(
    fund_code: FundCode, request: TermsRequest, tx: Tx, act: Acting, who: Annotated[Principal, can("funds:write")]
) -> Terms:
    return await service.set_terms(tx, who, act, fund_code, request)


@router.post("/funds/{fund_code}/terms/confirmation", status_code=201, summary="确认放宽或取消的规定（须由另一人办理）")
async def post_terms_confirmation(
    fund_code: FundCode,
    request: TermsConfirmation,
    tx: Tx,
    act: Acting,
    who: Annotated[Principal, can("terms:confirm")],
) -> Terms:
    return await service.confirm(tx, who, act, fund_code, request)


@router.post("/funds/{fund_code}/terms/withdrawal", status_code=201, summary="撤回尚在等待确认的规定（保留记录）")
async def post_terms_withdrawal(
    fund_code: FundCode, request: TermsWithdrawal, tx: Tx, act: Acting, who: Annotated[Principal, can("funds:write")]
) -> Terms:
    return await service.withdraw(tx, who, act, fund_code, request)


@router.get("/funds/{fund_code}/terms", summary="资金的年度使用规定：各级规定同时有效，从严执行")
async def get_terms(
    fund_code: FundCode,
    tx: Read,
    who: Annotated[Principal, can("notices:read")],
    fiscal_year: InYear,
    county: County = None,
    as_of: AsOf = None,
) -> TermsAnswer:
    asked, day = county_of(who, county), day_or_today(as_of)
    if not await store.exists(tx, fund_code):
        raise Missing("资金", fund_code)
    standing = await service.terms_in_force(tx, asked, fund_code, fiscal_year, day)
    return TermsAnswer(
        fund_code=fund_code,
        fiscal_year=fiscal_year,
        county_code=asked,
        as_of=day,
        items=standing.held,
        waiting=standing.waiting,
        withdrawn=standing.withdrawn,
        binding=await service.binding(tx, asked, fund_code, fiscal_year, day),
        empty_because=None if standing.held else "截至该日，各级均未设定该资金该年度的使用规定，只适用国家的一般规定",
    )


@router.get("/function-codes", summary="支出功能分类科目（按年度有效）")
async def get_function_codes(
    tx: Read, _: Annotated[Principal, can("notices:read")], fiscal_year: InYear
) -> FunctionCodes:
    items = [
        FunctionCodeAnswer(
            code=row.code,
            name=row.name,
            valid_from_year=row.valid_from_year,
            valid_to_year=row.valid_to_year,
            source=row.source,
            basis=Basis(row.basis),
        )
        for row in await store.function_codes(tx, fiscal_year=fiscal_year)
    ]
    return FunctionCodes(
        fiscal_year=fiscal_year, items=items, empty_because=None if items else "该年度没有登记的功能分类科目"
    )


@router.get("/uses", summary="资金用途代码")
async def get_uses(tx: Read, _: Annotated[Principal, can("notices:read")]) -> Uses:
    return Uses(
        items=[
            UseAnswer(
                code=row.code,
                name=row.name,
                barred_by_practice=row.barred_by_practice,
                source=row.source,
                basis=Basis(row.basis),
            )
            for row in await store.uses(tx)
        ]
    )
