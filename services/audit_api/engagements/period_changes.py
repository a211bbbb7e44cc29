"""Another last day of an engagement: drawn up by one person, by a document, and decided by another. None commits.

Until somebody else has agreed, the period that held holds on.
"""

from __future__ import annotations

from datetime import date
from typing import Final

from chassis.missing import Missing
from services.audit_api.checking import DecisionWaits, must_be_checked, must_be_undecided, named
from services.audit_api.engagements import parts, shown, store
from services.audit_api.engagements.case import Case, Step
from services.audit_api.engagements.refusals import EngagementDayRefused
from services.audit_api.engagements.schemas import (
    EngagementCheckRequest,
    EngagementPeriodRequest,
    EngagementStanding,
)
from services.audit_api.engagements.service import opened, standing
from services.audit_api.engagements.stages import EngagementPaper, EngagementVerdict, of
from services.audit_api.words import sealed
from wire.engagements import EngagementPeriodChanged, EngagementPeriodProposed, EngagementPeriodSentBack

WHAT: Final = "期限变更"


async def draw_up(step: Step, request: EngagementPeriodRequest) -> EngagementStanding:
    """Draw up another last day, by a document; one at a time waits for its decision."""
    case = await opened(step, "变更期限")
    rows = case.parts.periods
    for earlier in rows:
        if shown.waits(earlier):
            raise DecisionWaits(WHAT, str(earlier.period_no))
    period = case.period
    earliest_on = period.decided_on or period.changed_on
    if not earliest_on <= request.on <= step.today:
        raise EngagementDayRefused("期限变更批准日期", request.on, earliest_on, step.today)
    await _must_hold(step, case, request.ends_on, request.on)

    no = 1 + max(one.period_no for one in rows)
    values = {
        "county_code": step.county,
        "engagement_id": step.engagement,
        "region_code": case.head.region_code,
        "period_no": no,
        "starts_on": period.starts_on,
        "ends_on": request.ends_on,
        "document": request.document,
        "changed_on": request.on,
        "made_by": step.who.subject,
    }
    name = named(values)
    await store.add_period(step.tx, {**values, **name})
    answer = await standing(step)
    event = EngagementPeriodProposed(
        engagement_id=step.engagement,
        county_code=step.county,
        period_no=no,
        starts_on=period.starts_on,
        ends_on=request.ends_on,
        changed_on=request.on,
        version_hash=name["version_hash"],
        text_sha256=sealed(request.document),
    )
    await step.act.record(step.tx, step.county, event, answer)
    return answer


async def decide(step: Step, no: int, request: EngagementCheckRequest) -> EngagementStanding:
    """Agree to exactly the last day that was drawn up, or send it back; judged by how the engagement stands now."""
    case = await opened(step, "审核期限变更")
    drawn = next((one for one in case.parts.periods if one.period_no == no and one.period_no > 1), None)
    if drawn is None:
        raise Missing(WHAT, str(no))
    must_be_undecided(WHAT, drawn.decided_on)
    stands = drawn.version_hash or ""
    must_be_checked(WHAT, step.who.subject, frozenset({drawn.made_by}), request.version_hash, stands)
    if not drawn.changed_on <= request.on <= step.today:
        raise EngagementDayRefused("期限变更审核日期", request.on, drawn.changed_on, step.today)
    agreed = request.decision is EngagementVerdict.AGREED
    if agreed:
        await _must_hold(step, case, drawn.ends_on, drawn.changed_on)

    told = {
        "decision": request.decision.value,
        "opinion": request.opinion,
        "decided_on": request.on,
        "checked_by": step.who.subject,
    }
    await store.decide_period(step.tx, drawn, told)
    answer = await standing(step)
    this = {
        "engagement_id": step.engagement,
        "county_code": step.county,
        "period_no": no,
        "decided_on": request.on,
        "version_hash": stands,
    }
    event: EngagementPeriodChanged | EngagementPeriodSentBack
    if agreed:
        text = sealed(drawn.document or "", request.opinion)
        event = EngagementPeriodChanged(**this, starts_on=drawn.starts_on, ends_on=drawn.ends_on, text_sha256=text)
    else:
        event = EngagementPeriodSentBack(**this, text_sha256=sealed(request.opinion))
    await step.act.record(step.tx, step.county, event, answer)
    return answer


async def _must_hold(step: Step, case: Case, ends_on: date, on: date) -> None:
    """Refuse a last day before the start or the change itself, and one outside the campaign or before a part's."""
    starts = [one.on for one in of(case.docs, EngagementPaper.START)]
    earliest_on = max(case.period.starts_on, on, *starts)
    if ends_on < earliest_on:
        raise EngagementDayRefused("截止日", ends_on, earliest_on, None)
    await parts.must_fit(step, case, ends_on)
