"""/audit/v1/findings."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import date
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Query, Request
from sqlalchemy.ext.asyncio import AsyncSession

from chassis import clock
from chassis.database import Database, Read, Tx
from chassis.fields import MAX_FEN, CountyCode, Line, RegionCode
from chassis.identity import Principal, can
from chassis.journal import Act, Acting
from chassis.missing import Missing
from chassis.pages import Paging, cut
from services.audit_api.access import county_of
from services.audit_api.alerts import store as alerts
from services.audit_api.evidence import store as evidence
from services.audit_api.evidence.schemas import evidence_of
from services.audit_api.findings import classes, confirming, listing, service, store, versions
from services.audit_api.findings.existing import must_be_there
from services.audit_api.findings.listing import Search, Sort
from services.audit_api.findings.nesting import Amount, parts_fen
from services.audit_api.findings.refusals import BooksMovedOn
from services.audit_api.findings.schemas import (
    Finding,
    FindingClasses,
    FindingFile,
    FindingPage,
    FindingReceipt,
    FindingRequest,
    FindingReviewRequest,
    FindingVersions,
    NestedFinding,
    Published,
    VersionRequest,
)
from services.audit_api.findings.service import Rests
from services.audit_api.findings.shown import fact_of, shown, subjects_of, versions_made, versions_whole
from services.audit_api.findings.states import FindingStatus
from services.audit_api.moments import AsOf, KnownAt, Moment, moment_of
from services.audit_api.quarantines.shown import of_finding as quarantines_of
from services.audit_api.rectifications import store as orders
from services.audit_api.rectifications.shown import orders_of
from services.audit_api.rectifications.states import must_not_be_ahead
from treasury.calendar import business_date

router = APIRouter(prefix="/audit/v1/findings", tags=["findings 问题"])

classes_router = APIRouter(prefix="/audit/v1/finding-classes", tags=["findings 问题"])

ASKED_AT_MOST: Final = 5

County = Annotated[CountyCode | None, Query(description="县级区划代码；县级用户可省略")]


def today() -> date:
    """Today's business date in China; read at the edge, an argument from here on."""
    return business_date(clock.now())


@classes_router.get(
    "",
    summary="问题分类：某日有效的各类，附六项问题与处罚处分条例条款",
    dependencies=[can("findings:read")],
)
async def get_finding_classes(tx: Read, as_of: AsOf = None) -> FindingClasses:
    day = as_of or today()
    return FindingClasses(as_of=day, items=await classes.listed(tx, day))


@router.post("", status_code=201, summary="拟稿：登记问题的第一稿；所涉对象先向资金账本核对")
async def post_finding(
    request: FindingRequest,
    http: Request,
    act: Acting,
    who: Annotated[Principal, can("findings:write")],
    county: County = None,
) -> FindingReceipt:
    must_not_be_ahead(request.found_on or today(), today())
    asked = county_of(who, county)
    return await _once_there(
        http,
        act,
        who,
        asked,
        request,
        lambda tx, rests: service.draw_up(tx, who, act, asked, request, rests, today()),
    )


@router.post("/{finding_id}/versions", status_code=201, summary="修改拟稿：整篇写成新的一稿，前稿保留")
async def post_version(
    finding_id: UUID,
    request: VersionRequest,
    http: Request,
    act: Acting,
    who: Annotated[Principal, can("findings:write")],
    county: County = None,
) -> FindingReceipt:
    must_not_be_ahead(request.found_on or today(), today())
    asked = county_of(who, county)
    return await _once_there(
        http,
        act,
        who,
        asked,
        request,
        lambda tx, rests: service.redraw(tx, who, act, asked, finding_id, request, rests, today()),
    )


async def _once_there(
    http: Request,
    act: Act,
    who: Principal,
    county: str,
    request: FindingRequest,
    write: Callable[[AsyncSession, Rests], Awaitable[FindingReceipt]],
) -> FindingReceipt:
    """Write a draft once funds_api has said that all it names is there, and where its money rests.

    No two transactions are held at once. Where the follower has applied something later by then, funds_api is asked
    anew, a few times.
    """
    database: Database = http.app.state.database
    flags: list[UUID] = []
    if request.subjects or request.alert_ids:
        async with database.writing(who.region, who.subject) as seen:
            await act.claim(seen, county)  # what has been answered is answered alike, and funds_api is not asked again
            flags = await alerts.about_more_than_lots(seen, who, county, request.alert_ids)
    asks = bool(request.subjects or flags)
    asked_n = 0
    while True:
        asked_n += 1
        rests = await must_be_there(http.app.state.ledger, who, county, request.subjects, flags) if asks else {}
        try:
            async with database.writing(who.region, who.subject) as tx:
                return await write(tx, rests)
        except BooksMovedOn:
            if asked_n == ASKED_AT_MOST:
                raise


@router.post("/{finding_id}/reviews", status_code=201, summary="审核：由另一人认定所写明的一稿，或退回修改")
async def post_review(
    finding_id: UUID,
    request: FindingReviewRequest,
    tx: Tx,
    act: Acting,
    who: Annotated[Principal, can("findings:confirm")],
    county: County = None,
) -> FindingReceipt:
    must_not_be_ahead(request.on, today())
    return await confirming.review(tx, who, act, county_of(who, county), finding_id, request)


@router.get("", summary="问题列表：按当时所知筛选，在标题、概述和所记事实中查找")
async def get_findings(
    tx: Read,
    window: Paging,
    who: Annotated[Principal, can("findings:read")],
    county: County = None,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    status: FindingStatus | None = None,
    class_code: Annotated[str | None, Query(pattern=r"^F(0[1-9]|1[0-8])$", description="问题分类")] = None,
    about: Annotated[RegionCode | None, Query(description="所涉地区及其以下")] = None,
    report: Annotated[UUID | None, Query(description="出自哪份审计报告")] = None,
    engagement: Annotated[UUID | None, Query(description="在哪个监督项目或其组成部分中认定")] = None,
    text: Annotated[
        Line | None, Query(description="标题、概述或所记事实中的文字；以空格分开的各词都须出现，英文不分大小写")
    ] = None,
    at_least_fen: Annotated[int | None, Query(ge=0, le=MAX_FEN, description="金额不小于")] = None,
    at_most_fen: Annotated[int | None, Query(ge=0, le=MAX_FEN, description="金额不大于")] = None,
    sort: Annotated[
        Sort,
        Query(description="oldest 先登记的在前，newest 后登记的在前，amount 金额大的在前，found_on 发现日期近的在前"),
    ] = Sort.OLDEST,
) -> FindingPage:
    asked = county_of(who, county)
    moment = await moment_of(tx, asked, as_of, known_at)
    words = tuple((text or "").split())
    search = Search(status, class_code, about, report, at_least_fen, at_most_fen, words, engagement, moment.as_of)
    found = await listing.page(tx, who, asked, window, search, sort, position=moment.position)
    listed, after = cut(found, window, lambda one: one.mark(sort))
    items = await shown(tx, asked, await listing.rows_of(tx, asked, listed), moment)
    because = None if items else "您的管辖范围内没有符合条件的问题"
    return FindingPage(**moment.shown, items=items, next=after, empty_because=because)


@router.get("/{finding_id}", summary="一个问题的全部材料：事实、金额、各稿、整改、证据")
async def get_finding(
    finding_id: UUID,
    tx: Read,
    who: Annotated[Principal, can("findings:read")],
    county: County = None,
    as_of: AsOf = None,
    known_at: KnownAt = None,
) -> FindingFile:
    asked = county_of(who, county)
    moment = await moment_of(tx, asked, as_of, known_at)
    finding = await _seen(tx, who, asked, finding_id, moment)
    exact = (finding_id, finding.version_no)
    facts = await versions.facts(tx, asked, [exact])
    subjects = await versions.subjects(tx, asked, [exact])
    lots = await versions.subject_lots(tx, asked, [exact])
    [version] = (await versions.latest(tx, asked, [finding_id], moment.position)).values()
    nested = await store.nested_in(tx, asked, finding_id, moment.position)
    nested_fen = parts_fen(finding_id, [Amount(one.id, one.amount_fen, finding_id) for one in nested])
    told = Published.model_validate(version.published) if version.published else None
    is_total = told is not None and told.is_total and nested_fen is not None and finding.amount_fen is not None
    kept = await evidence.of_finding(tx, who, asked, finding_id)
    issued = await orders.of_finding(tx, asked, finding_id)
    return FindingFile(
        **finding.model_dump(),
        **moment.shown,
        published=told,
        nested=[NestedFinding(id=one.id, title=one.title, amount_fen=one.amount_fen) for one in nested],
        nested_fen=nested_fen,
        parts_difference_fen=(finding.amount_fen or 0) - (nested_fen or 0) if is_total else None,
        recorded_facts=[fact_of(one, evidence_ids) for one, evidence_ids in facts[exact]],
        subjects=subjects_of(subjects[exact], lots[exact]),
        versions=await versions_made(tx, asked, finding_id, moment.position),
        orders=await orders_of(tx, asked, issued, moment),
        evidence=[evidence_of(one) for one in kept if one.position <= moment.position],
        quarantines=await quarantines_of(tx, asked, finding_id, moment),
    )


@router.get("/{finding_id}/versions", summary="一个问题的各稿全文及审核")
async def get_versions(
    finding_id: UUID,
    tx: Read,
    who: Annotated[Principal, can("findings:read")],
    county: County = None,
    known_at: KnownAt = None,
) -> FindingVersions:
    asked = county_of(who, county)
    moment = await moment_of(tx, asked, None, known_at)
    await _seen(tx, who, asked, finding_id, moment)
    return FindingVersions(items=await versions_whole(tx, asked, finding_id, moment.position))


async def _seen(tx: AsyncSession, who: Principal, county: str, finding_id: UUID, moment: Moment) -> Finding:
    """The finding at the moment; refused where it is not there, not visible, or was not drawn up by then."""
    row = await store.one(tx, who, county, finding_id)
    found = await shown(tx, county, [row] if row else [], moment)
    if not found:
        raise Missing("问题", str(finding_id))
    return found[0]
