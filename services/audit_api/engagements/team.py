"""Who joins the team of an engagement, and who leaves it. None commits."""

from __future__ import annotations

from chassis.missing import Missing
from services.audit_api.engagements import store
from services.audit_api.engagements.case import Step, must_be_free
from services.audit_api.engagements.refusals import AlreadyOnTeam, EngagementDayRefused
from services.audit_api.engagements.schemas import (
    EngagementMemberEndRequest,
    EngagementMemberRequest,
    EngagementStanding,
)
from services.audit_api.engagements.service import member_row, opened, standing
from wire.engagements import EngagementMemberJoined, EngagementMemberLeft


async def join(step: Step, request: EngagementMemberRequest) -> EngagementStanding:
    """Put a person on the team from a day on; whoever has an interest in the audited unit is refused."""
    case = await opened(step, "调入组员")
    for one in case.parts.members:
        if one.person == request.person and (one.until_on is None or one.until_on >= request.from_on):
            raise AlreadyOnTeam(one.person, one.from_on)
    await must_be_free(step.tx, step.county, case.about, {request.person: request.unit_id})

    no = 1 + max((one.member_no for one in case.parts.members), default=0)
    of_it = {"county_code": step.county, "engagement_id": step.engagement, "region_code": case.head.region_code}
    await store.add_member(step.tx, member_row(of_it, no, request, step.who))
    answer = await standing(step)
    event = EngagementMemberJoined(
        engagement_id=step.engagement,
        county_code=step.county,
        member_no=no,
        person=request.person,
        role=request.role.value,
        from_on=request.from_on,
    )
    await step.act.record(step.tx, step.county, event, answer)
    return answer


async def leave(step: Step, no: int, request: EngagementMemberEndRequest) -> EngagementStanding:
    """Take a person off the team after a day, not before the person last acted on it; the spell stays on record."""
    case = await opened(step, "调出组员")
    row = next((one for one in case.parts.members if one.member_no == no), None)
    if row is None or row.until_on is not None:
        raise Missing("在组人员", str(no))
    earliest_on = max(row.from_on, case.last_act_on(row.person) or row.from_on)
    if request.until_on < earliest_on:
        raise EngagementDayRefused("最后在组日", request.until_on, earliest_on, None)

    await store.end_member(step.tx, row, request.until_on, step.who.subject)
    answer = await standing(step)
    event = EngagementMemberLeft(
        engagement_id=step.engagement,
        county_code=step.county,
        member_no=no,
        person=row.person,
        until_on=request.until_on,
    )
    await step.act.record(step.tx, step.county, event, answer)
    return answer
