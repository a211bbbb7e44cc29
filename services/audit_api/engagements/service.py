"""Planning engagements, their periods and teams. None commits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from chassis.identity import Principal
from chassis.ids import new_id
from chassis.journal import Act
from services.audit_api.access import must_hold
from services.audit_api.engagements import shown, store
from services.audit_api.engagements.case import About, Case, load, must_act_free, must_be_free
from services.audit_api.engagements.periods import last_day
from services.audit_api.engagements.refusals import (
    AlreadyOnTeam,
    EngagementDayRefused,
    EngagementEndMissing,
    FindingNamedAlready,
    StepOutOfTurn,
)
from services.audit_api.engagements.schemas import (
    Engagement,
    EngagementFile,
    EngagementFindingRequest,
    EngagementMemberEndRequest,
    EngagementMemberRequest,
    EngagementPeriodRequest,
    EngagementRequest,
    EngagementStanding,
)
from services.audit_api.engagements.stages import KINDS, STAGES, EngagementPaper, EngagementStage, stage_of
from services.audit_api.findings import store as findings
from services.audit_api.missing import Missing
from services.audit_api.moments import Moment
from services.audit_api.policies import store as policies
from services.audit_api.tables import EngagementRow
from services.audit_api.words import sealed
from treasury.policy import in_force
from wire.engagements import (
    EngagementFindingNamed,
    EngagementMemberJoined,
    EngagementMemberLeft,
    EngagementPeriodChanged,
    EngagementPlanned,
)


async def plan(
    tx: AsyncSession, who: Principal, act: Act, county: str, request: EngagementRequest, today: date
) -> EngagementStanding:
    """Lay an engagement down: what, where, of which funds, by whom and until when; its team is free of interests."""
    await act.claim(tx, county)
    for region in request.regions:
        must_hold(who, county, region)
    planned_on = request.planned_on or min(today, request.starts_on)
    if planned_on > today:
        raise EngagementDayRefused("立项日期", planned_on, None, today)
    ends_on, ref = await _end(tx, county, request)
    about = About(request.auditee_unit_id, request.auditee_name, tuple(request.regions), request.title)
    await must_be_free(tx, county, about, {one.person: one.unit_id for one in request.team})

    engagement = new_id()
    place = {"county_code": county, "region_code": county}
    head = {
        **place,
        "id": engagement,
        **request.model_dump(include={"title", "question", "office", "auditee_unit_id", "auditee_name"}),
        "kind": request.kind.value,
        "planned_on": planned_on,
        "planned_by": who.subject,
    }
    of_it = {**place, "engagement_id": engagement}
    scope = [{**of_it, "what": "region", "code": code} for code in request.regions]
    scope += [{**of_it, "what": "fund", "code": code} for code in request.fund_codes]
    period = {
        **of_it,
        "period_no": 1,
        "starts_on": request.starts_on,
        "ends_on": ends_on,
        "policy_ref": ref,
        "changed_on": planned_on,
        "made_by": who.subject,
    }
    members = [_row(of_it, no, one, who) for no, one in enumerate(request.team, start=1)]
    await store.add(tx, head, scope, period, members)
    answer = await _standing(tx, who, county, engagement, today)
    event = EngagementPlanned(
        engagement_id=engagement,
        county_code=county,
        kind=request.kind.value,
        regions=sorted(request.regions),
        fund_codes=sorted(request.fund_codes),
        auditee_unit_id=request.auditee_unit_id,
        starts_on=request.starts_on,
        ends_on=ends_on,
        text_sha256=sealed(request.title, request.question, request.office, request.auditee_name or ""),
    )
    await act.record(tx, county, event, answer)
    return answer


async def _end(tx: AsyncSession, county: str, request: EngagementRequest) -> tuple[date, str | None]:
    """The last day: as given, or so many months on as such engagements last in the county."""
    if request.ends_on is not None:
        return request.ends_on, None
    key = f"engagement_months.{request.kind}"
    value = in_force(await policies.values(tx, key, region=county), key, county, request.starts_on)
    if value is None:
        raise EngagementEndMissing(KINDS[request.kind], request.starts_on)
    return last_day(request.starts_on, value.number), str(value.ref)


def _row(of_it: Mapping[str, Any], no: int, member: EngagementMemberRequest, who: Principal) -> dict[str, Any]:
    said = member.model_dump(include={"person", "unit_id", "from_on"})
    return {**of_it, **said, "member_no": no, "role": member.role.value, "made_by": who.subject}


async def join(
    tx: AsyncSession,
    who: Principal,
    act: Act,
    county: str,
    engagement: UUID,
    request: EngagementMemberRequest,
    today: date,
) -> EngagementStanding:
    """Put a person on the team from a day on; whoever has an interest in the audited unit is refused."""
    case = await _open(tx, who, act, county, engagement, "调入组员")
    for one in case.parts.members:
        if one.person == request.person and (one.until_on is None or one.until_on >= request.from_on):
            raise AlreadyOnTeam(one.person, one.from_on)
    await must_be_free(tx, county, case.about, {request.person: request.unit_id})

    no = 1 + max((one.member_no for one in case.parts.members), default=0)
    of_it = {"county_code": county, "engagement_id": engagement, "region_code": case.head.region_code}
    await store.add_member(tx, _row(of_it, no, request, who))
    answer = await _standing(tx, who, county, engagement, today)
    event = EngagementMemberJoined(
        engagement_id=engagement,
        county_code=county,
        member_no=no,
        person=request.person,
        role=request.role.value,
        from_on=request.from_on,
    )
    await act.record(tx, county, event, answer)
    return answer


async def leave(
    tx: AsyncSession,
    who: Principal,
    act: Act,
    county: str,
    engagement: UUID,
    no: int,
    request: EngagementMemberEndRequest,
    today: date,
) -> EngagementStanding:
    """Take a person off the team after a day; that the person was on it stays on record."""
    case = await _open(tx, who, act, county, engagement, "调出组员")
    row = next((one for one in case.parts.members if one.member_no == no), None)
    if row is None or row.until_on is not None:
        raise Missing("在组人员", str(no))
    if request.until_on < row.from_on:
        raise EngagementDayRefused("最后在组日", request.until_on, row.from_on, None)

    await store.end_member(tx, row, request.until_on, who.subject)
    answer = await _standing(tx, who, county, engagement, today)
    event = EngagementMemberLeft(
        engagement_id=engagement, county_code=county, member_no=no, person=row.person, until_on=request.until_on
    )
    await act.record(tx, county, event, answer)
    return answer


async def change_period(
    tx: AsyncSession,
    who: Principal,
    act: Act,
    county: str,
    engagement: UUID,
    request: EngagementPeriodRequest,
    today: date,
) -> EngagementStanding:
    """Give an engagement another last day, by a document; the former one stays on record."""
    case = await _open(tx, who, act, county, engagement, "变更期限")
    period = case.period
    if not period.changed_on <= request.on <= today:
        raise EngagementDayRefused("期限变更批准日期", request.on, period.changed_on, today)
    if request.ends_on < period.starts_on:
        raise EngagementDayRefused("截止日", request.ends_on, period.starts_on, None)

    row = {
        "county_code": county,
        "engagement_id": engagement,
        "region_code": case.head.region_code,
        "period_no": period.period_no + 1,
        "starts_on": period.starts_on,
        "ends_on": request.ends_on,
        "document": request.document,
        "changed_on": request.on,
        "made_by": who.subject,
    }
    await store.add_period(tx, row)
    answer = await _standing(tx, who, county, engagement, today)
    event = EngagementPeriodChanged(
        engagement_id=engagement,
        county_code=county,
        period_no=period.period_no + 1,
        starts_on=period.starts_on,
        ends_on=request.ends_on,
        text_sha256=sealed(request.document),
    )
    await act.record(tx, county, event, answer)
    return answer


async def name_finding(
    tx: AsyncSession,
    who: Principal,
    act: Act,
    county: str,
    engagement: UUID,
    request: EngagementFindingRequest,
    today: date,
) -> EngagementStanding:
    """Keep that a finding was made in the engagement, by a member of its team, once."""
    case = await _open(tx, who, act, county, engagement, "列入问题")
    starts = [one.on for one in case.docs if one.paper is EngagementPaper.START]
    if not starts:
        stage = STAGES[stage_of(case.docs)]
        raise StepOutOfTurn("列入问题", stage, "应先进点实施")
    if not starts[0] <= request.on <= today:
        raise EngagementDayRefused("列入问题的日期", request.on, starts[0], today)
    case.must_be_on_team(who.subject, request.on)
    await must_act_free(tx, who, case)
    if await findings.one(tx, who, county, request.finding_id) is None:
        raise Missing("问题", str(request.finding_id))
    if (other := await store.engagement_of(tx, county, request.finding_id)) is not None:
        raise FindingNamedAlready(str(request.finding_id), str(other))

    row = {
        "county_code": county,
        "finding_id": request.finding_id,
        "engagement_id": engagement,
        "region_code": case.head.region_code,
        "named_on": request.on,
        "named_by": who.subject,
    }
    await store.name_finding(tx, row)
    answer = await _standing(tx, who, county, engagement, today)
    event = EngagementFindingNamed(
        engagement_id=engagement, county_code=county, finding_id=request.finding_id, named_on=request.on
    )
    await act.record(tx, county, event, answer)
    return answer


async def _open(tx: AsyncSession, who: Principal, act: Act, county: str, engagement: UUID, step: str) -> Case:
    await act.claim(tx, county)
    case = await load(tx, who, county, engagement)
    stage = stage_of(case.docs)
    if stage is EngagementStage.CONCLUDED:
        raise StepOutOfTurn(step, STAGES[stage], "项目已结项")
    return case


async def _standing(tx: AsyncSession, who: Principal, county: str, engagement: UUID, today: date) -> EngagementStanding:
    """Where the engagement stands after this act, as of today."""
    told = await file_of(tx, who, county, engagement, Moment(today))
    return EngagementStanding.model_validate(told.model_dump(include=set(EngagementStanding.model_fields)))


async def file_of(tx: AsyncSession, who: Principal, county: str, engagement: UUID, moment: Moment) -> EngagementFile:
    """All there is of an engagement by a moment."""
    head = await store.one(tx, who, county, engagement)
    if head is None or head.position > moment.position or head.planned_on > moment.as_of:
        raise Missing("监督项目", str(engagement))
    parts = (await store.parts_of(tx, county, [engagement]))[engagement]
    values = await policies.versions(tx, shown.refs_of([parts]))
    return shown.file(head, parts, values, moment)


async def answers(tx: AsyncSession, county: str, rows: Sequence[EngagementRow], moment: Moment) -> list[Engagement]:
    """Each engagement of a page with its stage and its countdown, as sets: no question per engagement."""
    found = await store.parts_of(tx, county, [row.id for row in rows], whole=False)
    values = await policies.versions(tx, shown.refs_of(list(found.values())))
    return [shown.engagement(row, found[row.id], values, moment) for row in rows]
