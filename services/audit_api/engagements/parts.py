"""What planning a part, changing a period and ending a campaign ask on the other side. None commits."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from chassis.identity import Principal
from chassis.missing import Missing
from services.audit_api.engagements import campaigns, shown, store
from services.audit_api.engagements.campaigns import Bounds, Part
from services.audit_api.engagements.case import Case, Step
from services.audit_api.engagements.refusals import StepOutOfTurn
from services.audit_api.engagements.stages import OVER, STAGES, EngagementKind, stage_of
from services.audit_api.engagements.store import Parts


@dataclass(frozen=True, slots=True)
class Campaign:
    """A campaign as its part asks about it."""

    planned_on: date
    bounds: Bounds


def bounds_of(parts: Parts) -> Bounds:
    """Within what an engagement lies now."""
    named = {what: frozenset(one.code for one in parts.scope if one.what == what) for what in ("region", "fund")}
    spell = shown.period_at(parts.periods, shown.ALL)
    return Bounds(spell.starts_on, spell.ends_on, named["region"], named["fund"])


async def campaign(tx: AsyncSession, who: Principal, county: str, engagement: UUID) -> Campaign:
    """The campaign that a part names, locked: nobody shortens or ends it before the commit."""
    head = await store.one(tx, who, county, engagement, lock=True)
    if head is None:
        raise Missing("专项整治或巡察", str(engagement))
    of_a_unit, is_part = head.auditee_unit_id is not None, head.part_of is not None
    campaigns.must_hold_parts(str(engagement), EngagementKind(head.kind), of_a_unit=of_a_unit, is_part=is_part)
    parts = (await store.parts_of(tx, county, [engagement], whole=False))[engagement]
    stage = stage_of([shown.doc_of(row, shown.ALL) for row in parts.documents])
    if stage in OVER:
        raise StepOutOfTurn("纳入组成部分", STAGES[stage], "项目已结束")
    return Campaign(head.planned_on, bounds_of(parts))


async def must_fit(step: Step, case: Case, ends_on: date) -> None:
    """Refuse a last day past the campaign's, and one of a campaign before that of a part that goes on."""
    if case.head.part_of is not None:
        whole = await campaign(step.tx, step.who, step.county, case.head.part_of)
        campaigns.must_lie_in(replace(bounds_of(case.parts), ends_on=ends_on), whole.bounds)
    campaigns.must_reach(ends_on, await _parts(step))


async def must_be_over(step: Step, on: date) -> None:
    """Refuse to end a campaign before its parts."""
    campaigns.must_be_over(on, await _parts(step), step.today)


async def _parts(step: Step) -> list[Part]:
    heads = await store.under(step.tx, step.county, step.engagement, shown.ALL)
    found = await store.parts_of(step.tx, step.county, [one.id for one in heads], whole=False)
    return [Part(shown.period_at(one.periods, shown.ALL).ends_on, _ended_on(one)) for one in found.values()]


def _ended_on(parts: Parts) -> date | None:
    ending = shown.ending_of(parts.documents, shown.ALL)
    return ending.checked_on if ending else None
