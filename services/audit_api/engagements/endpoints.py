"""/audit/v1/engagements: plan, period, team, and the documents from notice to decision."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query

from chassis import clock
from chassis.database import Read, Tx
from chassis.fields import Code, CountyCode, RegionCode
from chassis.identity import Principal, can
from chassis.journal import Acting
from chassis.pages import Paging, cut
from services.audit_api.access import county_of
from services.audit_api.engagements import checks, documents, period_changes, readings, service, store, team
from services.audit_api.engagements.case import Step
from services.audit_api.engagements.schemas import (
    EngagementCheckRequest,
    EngagementConclusionRequest,
    EngagementDecisionRequest,
    EngagementDeliveryRequest,
    EngagementFile,
    EngagementFindingRequest,
    EngagementMemberEndRequest,
    EngagementMemberRequest,
    EngagementNoticeRequest,
    EngagementPage,
    EngagementPeriodRequest,
    EngagementRecordRequest,
    EngagementReplyRequest,
    EngagementReportRequest,
    EngagementRequest,
    EngagementStanding,
    EngagementStartRequest,
    EngagementTerminationRequest,
    EngagementWorkingPaperRequest,
    EngagementWritten,
    Person,
)
from services.audit_api.engagements.stages import EngagementKind, EngagementPaper
from services.audit_api.moments import AsOf, KnownAt, moment_of
from treasury.calendar import business_date

router = APIRouter(prefix="/audit/v1/engagements", tags=["engagements 监督项目"])

County = Annotated[CountyCode | None, Query(description="县级区划代码；县级用户可省略")]
No = Annotated[int, Path(ge=1, le=1_000_000, description="文书编号")]


def _today() -> date:
    return business_date(clock.now())


def _step(permission: str) -> Any:
    """A step of an engagement by whoever holds `permission`; within its transaction, so with the scope of that."""
    permitted = can(permission)

    async def taken(
        engagement_id: UUID, tx: Tx, act: Acting, who: Principal = permitted, county: County = None
    ) -> Step:
        return Step(tx, who, act, county_of(who, county), engagement_id, _today())

    return Depends(taken, scope="function")


Written = Annotated[Step, _step("engagements:write")]
Reviewed = Annotated[Step, _step("engagements:review")]
Decided = Annotated[Step, _step("engagements:decide")]


@router.post("", status_code=201, summary="立项：监督事项、范围、期限和项目组")
async def post_engagement(
    request: EngagementRequest,
    tx: Tx,
    act: Acting,
    who: Annotated[Principal, can("engagements:write")],
    county: County = None,
) -> EngagementStanding:
    return await service.plan(tx, who, act, county_of(who, county), request, _today())


@router.get("", summary="监督项目列表：所处阶段、倒计时、超期情况")
async def get_engagements(
    tx: Read,
    window: Paging,
    who: Annotated[Principal, can("engagements:read")],
    county: County = None,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    kind: EngagementKind | None = None,
    region: Annotated[RegionCode | None, Query(description="范围内的区划")] = None,
    fund: Annotated[Code | None, Query(description="范围内的资金；未限定资金的项目也列出")] = None,
    person: Annotated[Person | None, Query(description="当日在组人员")] = None,
    overdue: Annotated[bool | None, Query(description="是否已过截止日而未结项")] = None,
    part_of: Annotated[UUID | None, Query(description="某专项整治或巡察的组成部分")] = None,
) -> EngagementPage:
    asked = county_of(who, county)
    moment = await moment_of(tx, asked, as_of, known_at)
    narrowed = store.Asked(kind.value if kind else None, region, fund, person, overdue, part_of)
    rows, after = cut(await store.page(tx, who, asked, window, moment, narrowed), window, lambda row: (row.id,))
    items = await readings.answers(tx, asked, rows, moment)
    because = None if items else f"截至 {moment.as_of}，您的管辖范围内没有符合条件的监督项目"
    return EngagementPage(as_of=moment.as_of, items=items, next=after, empty_because=because, **moment.shown)


@router.get("/{engagement_id}", summary="一个监督项目：项目组、文书、各期限、所列问题和合计、组成部分的进展")
async def get_engagement(
    engagement_id: UUID,
    tx: Read,
    who: Annotated[Principal, can("engagements:read")],
    county: County = None,
    as_of: AsOf = None,
    known_at: KnownAt = None,
) -> EngagementFile:
    asked = county_of(who, county)
    return await readings.file_of(tx, who, asked, engagement_id, await moment_of(tx, asked, as_of, known_at))


@router.post("/{engagement_id}/members", status_code=201, summary="调入组员（有利害关系的应当回避）")
async def post_member(request: EngagementMemberRequest, step: Written) -> EngagementStanding:
    return await team.join(step, request)


@router.post("/{engagement_id}/members/{no}/end", status_code=201, summary="调出组员")
async def post_member_end(no: No, request: EngagementMemberEndRequest, step: Written) -> EngagementStanding:
    return await team.leave(step, no, request)


@router.post("/{engagement_id}/period", status_code=201, summary="拟变更截止日，待另一人审核")
async def post_period(request: EngagementPeriodRequest, step: Written) -> EngagementStanding:
    return await period_changes.draw_up(step, request)


@router.post("/{engagement_id}/period/{no}/decision", status_code=201, summary="另一人审核截止日变更：同意或退回")
async def post_period_decision(no: No, request: EngagementCheckRequest, step: Decided) -> EngagementStanding:
    return await period_changes.decide(step, no, request)


@router.post("/{engagement_id}/notice", status_code=201, summary="送达通知书")
async def post_notice(request: EngagementNoticeRequest, step: Written) -> EngagementWritten:
    return await documents.notice(step, request)


@router.post(
    "/{engagement_id}/notice/{no}/approval", status_code=201, summary="批准直接持通知书实施（由通知书所列批准人办理）"
)
async def post_notice_approval(no: No, request: EngagementCheckRequest, step: Decided) -> EngagementWritten:
    return await checks.check(step, no, EngagementPaper.NOTICE, request)


@router.post("/{engagement_id}/start", status_code=201, summary="进点实施")
async def post_start(request: EngagementStartRequest, step: Written) -> EngagementWritten:
    return await documents.start(step, request)


@router.post("/{engagement_id}/records", status_code=201, summary="取证单：提供者签名，或者不能取得签名的原因")
async def post_record(request: EngagementRecordRequest, step: Written) -> EngagementWritten:
    return await documents.record(step, request)


@router.post("/{engagement_id}/papers", status_code=201, summary="编制底稿")
async def post_paper(request: EngagementWorkingPaperRequest, step: Written) -> EngagementWritten:
    return await documents.working_paper(step, request)


@router.post("/{engagement_id}/papers/{no}/review", status_code=201, summary="复核底稿（须由另一人办理）")
async def post_paper_review(no: No, request: EngagementCheckRequest, step: Reviewed) -> EngagementWritten:
    return await checks.check(step, no, EngagementPaper.WORKING_PAPER, request)


@router.post("/{engagement_id}/report", status_code=201, summary="报告送达被监督单位征求意见")
async def post_report(request: EngagementReportRequest, step: Written) -> EngagementWritten:
    return await documents.report(step, request)


@router.post("/{engagement_id}/reply", status_code=201, summary="登记被监督单位的书面意见")
async def post_reply(request: EngagementReplyRequest, step: Written) -> EngagementWritten:
    return await documents.reply(step, request)


@router.post(
    "/{engagement_id}/decisions", status_code=201, summary="拟定报告、决定或移送处理书；涉嫌职务违法犯罪的可先行移送"
)
async def post_decision(request: EngagementDecisionRequest, step: Written) -> EngagementWritten:
    return await documents.decision(step, request)


@router.post(
    "/{engagement_id}/decisions/{no}/confirmation", status_code=201, summary="审定报告或决定（须由另一人办理）"
)
async def post_decision_confirmation(no: No, request: EngagementCheckRequest, step: Decided) -> EngagementWritten:
    return await checks.check(step, no, EngagementPaper.DECISION, request)


@router.post("/{engagement_id}/decisions/{no}/delivery", status_code=201, summary="送达报告或决定（自送达之日起生效）")
async def post_decision_delivery(no: No, request: EngagementDeliveryRequest, step: Written) -> EngagementWritten:
    return await checks.deliver(step, no, request)


@router.post("/{engagement_id}/findings", status_code=201, summary="列入本项目认定的问题")
async def post_engagement_finding(request: EngagementFindingRequest, step: Written) -> EngagementStanding:
    return await service.name_finding(step, request)


@router.post("/{engagement_id}/conclusion", status_code=201, summary="拟结项，待另一人审定")
async def post_conclusion(request: EngagementConclusionRequest, step: Written) -> EngagementWritten:
    return await documents.conclude(step, request)


@router.post("/{engagement_id}/conclusion/{no}/decision", status_code=201, summary="另一人审定结项：同意或退回")
async def post_conclusion_decision(no: No, request: EngagementCheckRequest, step: Decided) -> EngagementWritten:
    return await checks.check(step, no, EngagementPaper.CONCLUSION, request)


@router.post(
    "/{engagement_id}/termination", status_code=201, summary="拟终止：未出报告即停止，须有文号和理由，待另一人审定"
)
async def post_termination(request: EngagementTerminationRequest, step: Written) -> EngagementWritten:
    return await documents.terminate(step, request)


@router.post("/{engagement_id}/termination/{no}/decision", status_code=201, summary="另一人审定终止：同意或退回")
async def post_termination_decision(no: No, request: EngagementCheckRequest, step: Decided) -> EngagementWritten:
    return await checks.check(step, no, EngagementPaper.TERMINATION, request)
