"""Planning engagements, and naming their findings. None commits."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from chassis.identity import Principal
from chassis.ids import new_id
from chassis.journal import Act
from chassis.missing import Missing
from services.audit_api.access import must_hold
from services.audit_api.engagements import parts, readings, store
from services.audit_api.engagements.campaigns import Bounds, must_lie_in
from services.audit_api.engagements.case import About, Case, Step, load, must_act_free, must_be_free
from services.audit_api.engagements.periods import last_day
from services.audit_api.engagements.refusals import (
    EngagementDayRefused,
    EngagementEndMissing,
    FindingNamedAlready,
    StepOutOfTurn,
)
from services.audit_api.engagements.schemas import (
    EngagementFindingRequest,
    EngagementMemberRequest,
    EngagementRequest,
    EngagementStanding,
)
from services.audit_api.engagements.scope import must_be_in_scope
from services.audit_api.engagements.stages import KINDS, OVER, STAGES, EngagementPaper, of, stage_of
from services.audit_api.findings import store as findings
from services.audit_api.moments import Moment
from services.audit_api.policies import store as policies
from services.audit_api.words import sealed
from treasury.policy import in_force
from wire.engagements import (
    EngagementFindingNamed,
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
    whole = await parts.campaign(tx, who, county, request.part_of) if request.part_of else None
    if whole is not None and planned_on < whole.planned_on:
        raise EngagementDayRefused("立项日期", planned_on, whole.planned_on, today)
    ends_on, ref = await _end(tx, county, request, whole)
    if whole is not None:
        regions, funds = frozenset(request.regions), frozenset(request.fund_codes)
        must_lie_in(Bounds(request.starts_on, ends_on, regions, funds), whole.bounds)
    about = About(request.auditee_unit_id, request.auditee_name, tuple(request.regions), request.title)
    await must_act_free(tx, who, county, about)
    await must_be_free(tx, county, about, {one.person: one.unit_id for one in request.team})

    engagement = new_id()
    place = {"county_code": county, "region_code": county}
    head = {
        **place,
        "id": engagement,
        **request.model_dump(include={"title", "question", "office", "auditee_unit_id", "auditee_name", "part_of"}),
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
    members = [member_row(of_it, no, one, who) for no, one in enumerate(request.team, start=1)]
    await store.add(tx, head, scope, period, members)
    answer = await standing(Step(tx, who, act, county, engagement, today))
    event = EngagementPlanned(
        engagement_id=engagement,
        county_code=county,
        kind=request.kind.value,
        regions=sorted(request.regions),
        fund_codes=sorted(request.fund_codes),
        auditee_unit_id=request.auditee_unit_id,
        part_of=request.part_of,
        starts_on=request.starts_on,
        ends_on=ends_on,
        text_sha256=sealed(request.title, request.question, request.office, request.auditee_name or ""),
    )
    await act.record(tx, county, event, answer)
    return answer


async def _end(
    tx: AsyncSession, county: str, request: EngagementRequest, whole: parts.Campaign | None
) -> tuple[date, str | None]:
    """The last day: as given, of a part that of its campaign, or so many months on as such engagements last here."""
    if request.ends_on is not None:
        return request.ends_on, None
    if whole is not None:
        return whole.bounds.ends_on, None
    key = f"engagement_months.{request.kind}"
    value = in_force(await policies.values(tx, key, region=county), key, county, request.starts_on)
    if value is None:
        raise EngagementEndMissing(KINDS[request.kind], request.starts_on)
    return last_day(request.starts_on, value.number), str(value.ref)


def member_row(of_it: Mapping[str, Any], no: int, member: EngagementMemberRequest, who: Principal) -> dict[str, Any]:
    """A member as the team's row says it."""
    said = member.model_dump(include={"person", "unit_id", "from_on"})
    return {**of_it, **said, "member_no": no, "role": member.role.value, "made_by": who.subject}


async def name_finding(step: Step, request: EngagementFindingRequest) -> EngagementStanding:
    """Keep that a finding was made in the engagement, by a member of its team, once."""
    case = await opened(step, "列入问题")
    starts = of(case.docs, EngagementPaper.START)
    if not starts:
        raise StepOutOfTurn("列入问题", STAGES[stage_of(case.docs)], "应先进点实施")
    if not starts[0].on <= request.on <= step.today:
        raise EngagementDayRefused("列入问题的日期", request.on, starts[0].on, step.today)
    case.must_be_on_team(step.who.subject, request.on)
    # Locked, so that of two engagements that name it at once the second sees the first.
    finding = await findings.lock(step.tx, step.who, step.county, request.finding_id)
    if finding is None:
        raise Missing("问题", str(request.finding_id))
    if (other := await store.engagement_of(step.tx, step.county, request.finding_id)) is not None:
        raise FindingNamedAlready(str(request.finding_id), str(other))
    alerts = await store.alerts_of(step.tx, finding)
    await must_be_in_scope(step.tx, step.county, step.engagement, finding.id, alerts, finding.about_region)

    row = {
        "county_code": step.county,
        "finding_id": request.finding_id,
        "engagement_id": step.engagement,
        "region_code": case.head.region_code,
        "named_on": request.on,
        "named_by": step.who.subject,
    }
    await store.name_finding(step.tx, row)
    answer = await standing(step)
    event = EngagementFindingNamed(
        engagement_id=step.engagement,
        county_code=step.county,
        finding_id=request.finding_id,
        named_on=request.on,
    )
    await step.act.record(step.tx, step.county, event, answer)
    return answer


async def opened(step: Step, what: str) -> Case:
    """The engagement, locked, for a step on it that is no document: not after its end, by nobody who is tied to it."""
    await step.act.claim(step.tx, step.county)
    case = await load(step)
    stage = stage_of(case.docs)
    if stage in OVER:
        raise StepOutOfTurn(what, STAGES[stage], "项目已结束")
    await must_act_free(step.tx, step.who, step.county, case.about)
    return case


async def standing(step: Step) -> EngagementStanding:
    """Where the engagement stands after this act, as of today."""
    head = await store.one(step.tx, step.who, step.county, step.engagement)
    [told] = await readings.answers(step.tx, step.county, [head] if head else [], Moment(step.today))
    return EngagementStanding.model_validate(told.model_dump(include=set(EngagementStanding.model_fields)))
