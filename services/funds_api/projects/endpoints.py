"""/funds/v1/projects: the project library."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query

from chassis import clock
from chassis.database import Read, Tx
from chassis.fields import RegionCode
from chassis.identity import Principal, can
from chassis.journal import Acting
from chassis.pages import Paging, cut
from services.funds_api.access import county_of
from services.funds_api.moments import AsOf, KnownAt, moment_of
from services.funds_api.objections import Objection, ObjectionAnswer
from services.funds_api.projects import changes, contracts, objections, service, shown, store, targets
from services.funds_api.projects.change_schemas import ChangeApproval, ChangeClosing, ChangePage, ChangeRequest
from services.funds_api.projects.schemas import (
    CancellationRequest,
    ChangeState,
    Contract,
    ContractRequest,
    Declared,
    ObjectionRequest,
    Progress,
    ProgressAcceptance,
    ProgressRequest,
    Project,
    ProjectKind,
    ProjectPage,
    ProjectRequest,
    StepRequest,
    TargetOutcomes,
    TargetResultsRequest,
)
from services.funds_api.projects.stages import Stage
from services.funds_api.units.endpoints import County
from treasury.calendar import business_date

router = APIRouter(prefix="/funds/v1/projects", tags=["projects 项目库"])


@router.post("", status_code=201, summary="申报项目")
async def post_project(
    request: ProjectRequest, tx: Tx, act: Acting, who: Annotated[Principal, can("projects:declare")]
) -> Declared:
    return await service.declare(tx, who, act, request, business_date(clock.now()))


@router.get("", summary="项目库：各项目所处阶段、停留天数与资金")
async def get_projects(
    tx: Read,
    window: Paging,
    who: Annotated[Principal, can("projects:read")],
    county: County = None,
    region: Annotated[RegionCode | None, Query(description="项目所在区划及其下级")] = None,
    year: Annotated[int | None, Query(ge=2000, le=2100, description="年度")] = None,
    stage: Stage | None = None,
    kind: ProjectKind | None = None,
    as_of: AsOf = None,
    known_at: KnownAt = None,
) -> ProjectPage:
    asked = county_of(who, county)
    moment = await moment_of(tx, asked, as_of, known_at)
    found = await store.page(tx, who, asked, window, moment=moment, region=region, year=year, stage=stage, kind=kind)
    rows, after = cut(found, window, lambda row: (row.id,))
    items = await shown.lines(tx, who, asked, rows, moment)
    return ProjectPage(
        as_of=moment.as_of,
        **moment.shown,
        items=items,
        next=after,
        empty_because=None if items else "您的管辖范围内当日没有符合条件的项目",
    )


@router.get("/changes", summary="项目变更：等待批准、已批准、已驳回、已撤回")
async def get_changes(
    tx: Read,
    window: Paging,
    who: Annotated[Principal, can("projects:read")],
    county: County = None,
    region: Annotated[RegionCode | None, Query(description="项目所在区划及其下级")] = None,
    project: UUID | None = None,
    state: ChangeState | None = None,
    as_of: AsOf = None,
    known_at: KnownAt = None,
) -> ChangePage:
    asked = county_of(who, county)
    moment = await moment_of(tx, asked, as_of, known_at)
    return await shown.changes(tx, who, asked, window, moment=moment, region=region, project=project, state=state)


@router.get("/{project_id}", summary="项目：各版本、各阶段、各资金来源的到位与支付")
async def get_project(
    project_id: UUID,
    tx: Read,
    who: Annotated[Principal, can("projects:read")],
    county: County = None,
    as_of: AsOf = None,
    known_at: KnownAt = None,
) -> Project:
    asked = county_of(who, county)
    return await shown.whole(tx, who, asked, project_id, await moment_of(tx, asked, as_of, known_at))


@router.post("/{project_id}/versions", status_code=201, summary="报告项目变更")
async def post_version(
    project_id: UUID,
    request: ChangeRequest,
    tx: Tx,
    act: Acting,
    who: Annotated[Principal, can("projects:declare")],
    county: County = None,
) -> Declared:
    today = business_date(clock.now())
    return await changes.report_change(tx, who, act, county_of(who, county), project_id, request, today)


@router.post("/{project_id}/versions/{version}/approval", status_code=201, summary="批准项目变更（他人）")
async def post_approval(
    project_id: UUID,
    version: Annotated[int, Path(ge=1, le=10_000)],
    request: ChangeApproval,
    tx: Tx,
    act: Acting,
    who: Annotated[Principal, can("projects:admit")],
    county: County = None,
) -> Declared:
    today = business_date(clock.now())
    return await changes.approve_change(tx, who, act, county_of(who, county), project_id, version, request, today)


@router.post("/{project_id}/versions/{version}/refusal", status_code=201, summary="驳回等待批准的项目变更（他人）")
async def post_refusal(
    project_id: UUID,
    version: Annotated[int, Path(ge=1, le=10_000)],
    request: ChangeClosing,
    tx: Tx,
    act: Acting,
    who: Annotated[Principal, can("projects:admit")],
    county: County = None,
) -> Declared:
    today = business_date(clock.now())
    return await changes.refuse_change(tx, who, act, county_of(who, county), project_id, version, request, today)


@router.post("/{project_id}/versions/{version}/withdrawal", status_code=201, summary="撤回等待批准的项目变更（本人）")
async def post_withdrawal(
    project_id: UUID,
    version: Annotated[int, Path(ge=1, le=10_000)],
    request: ChangeClosing,
    tx: Tx,
    act: Acting,
    who: Annotated[Principal, can("projects:declare")],
    county: County = None,
) -> Declared:
    today = business_date(clock.now())
    return await changes.withdraw_change(tx, who, act, county_of(who, county), project_id, version, request, today)


@router.post("/{project_id}/steps", status_code=201, summary="项目进入下一阶段、退回或出库")
async def post_step(
    project_id: UUID,
    request: StepRequest,
    tx: Tx,
    act: Acting,
    who: Annotated[Principal, can("projects:step")],
    county: County = None,
) -> Declared:
    """Each stage asks for a right of its own beside `projects:step`: see `service.STEP_RIGHTS`."""
    return await service.step(tx, who, act, county_of(who, county), project_id, request, business_date(clock.now()))


@router.post("/{project_id}/objections", status_code=201, summary="登记异议")
async def post_objection(
    project_id: UUID,
    request: ObjectionRequest,
    tx: Tx,
    act: Acting,
    who: Annotated[Principal, can("projects:declare")],
    county: County = None,
) -> Objection:
    today = business_date(clock.now())
    return await objections.object_to(tx, who, act, county_of(who, county), project_id, request, today)


@router.post("/{project_id}/objections/{objection_id}/answer", status_code=201, summary="处理异议")
async def post_objection_answer(
    project_id: UUID,
    objection_id: UUID,
    request: ObjectionAnswer,
    tx: Tx,
    act: Acting,
    who: Annotated[Principal, can("projects:review")],
    county: County = None,
) -> Objection:
    today = business_date(clock.now())
    return await objections.answer_objection(
        tx, who, act, county_of(who, county), project_id, objection_id, request, today
    )


@router.post("/{project_id}/target-results", status_code=201, summary="登记绩效目标完成情况（验收阶段）")
async def post_target_results(
    project_id: UUID,
    request: TargetResultsRequest,
    tx: Tx,
    act: Acting,
    who: Annotated[Principal, can("projects:accept")],
    county: County = None,
) -> TargetOutcomes:
    today = business_date(clock.now())
    return await targets.report(tx, who, act, county_of(who, county), project_id, request, today)


@router.post("/{project_id}/contracts", status_code=201, summary="登记合同")
async def post_contract(
    project_id: UUID,
    request: ContractRequest,
    tx: Tx,
    act: Acting,
    who: Annotated[Principal, can("projects:build")],
    county: County = None,
) -> Contract:
    today = business_date(clock.now())
    return await contracts.sign(tx, who, act, county_of(who, county), project_id, request, today)


@router.post("/{project_id}/contracts/{contract_id}/cancellation", status_code=201, summary="解除合同")
async def post_cancellation(
    project_id: UUID,
    contract_id: UUID,
    request: CancellationRequest,
    tx: Tx,
    act: Acting,
    who: Annotated[Principal, can("projects:manage")],
    county: County = None,
) -> Contract:
    today = business_date(clock.now())
    return await contracts.cancel(tx, who, act, county_of(who, county), project_id, contract_id, request, today)


@router.post("/{project_id}/contracts/{contract_id}/progress", status_code=201, summary="报告工程进度")
async def post_progress(
    project_id: UUID,
    contract_id: UUID,
    request: ProgressRequest,
    tx: Tx,
    act: Acting,
    who: Annotated[Principal, can("projects:build")],
    county: County = None,
) -> Progress:
    today = business_date(clock.now())
    return await contracts.report(tx, who, act, county_of(who, county), project_id, contract_id, request, today)


@router.post(
    "/{project_id}/contracts/{contract_id}/progress/{progress_id}/acceptance",
    status_code=201,
    summary="验收工程进度（他人）",
)
async def post_acceptance(
    project_id: UUID,
    contract_id: UUID,
    progress_id: UUID,
    request: ProgressAcceptance,
    tx: Tx,
    act: Acting,
    who: Annotated[Principal, can("projects:accept")],
    county: County = None,
) -> Progress:
    today = business_date(clock.now())
    return await contracts.accept(
        tx, who, act, county_of(who, county), project_id, contract_id, progress_id, request, today
    )
