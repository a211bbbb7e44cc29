"""Engagements as a moment knew them: one with its findings and parts, and many at once. Decides nothing."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from chassis.identity import Principal
from chassis.missing import Missing
from services.audit_api.engagements import campaigns, shown, store
from services.audit_api.engagements.schemas import (
    Engagement,
    EngagementCampaign,
    EngagementFile,
    EngagementFinding,
    EngagementOwed,
    EngagementStageCount,
    EngagementTotals,
)
from services.audit_api.engagements.stages import OVER, PAPERS, STAGES, EngagementKind, EngagementStage, stage_of
from services.audit_api.engagements.store import Parts
from services.audit_api.findings import counting
from services.audit_api.findings.nesting import Share
from services.audit_api.findings.shown import shown as findings_shown
from services.audit_api.moments import Moment
from services.audit_api.policies import store as policies
from services.audit_api.tables import EngagementRow


async def file_of(tx: AsyncSession, who: Principal, county: str, engagement: UUID, moment: Moment) -> EngagementFile:
    """All there is of an engagement by a moment; of a campaign also how its parts stand."""
    head = await store.one(tx, who, county, engagement)
    if head is None or head.position > moment.position or head.planned_on > moment.as_of:
        raise Missing("监督项目", str(engagement))
    parts = (await store.parts_of(tx, county, [engagement]))[engagement]
    values = await policies.versions(tx, shown.refs_of([parts]))
    told = shown.engagement(head, parts, values, moment)
    rows = shown.seen(parts.documents, moment)
    totals, shares = await _totals(tx, county, shown.named(parts, moment), moment)
    of = await store.one(tx, who, county, head.part_of) if head.part_of else None
    return EngagementFile(
        **told.model_dump(),
        **moment.shown,
        campaign=shown.ref(of) if of else None,
        team=shown.team(parts, moment),
        period_changes=shown.period_changes(parts.periods, moment),
        documents=shown.documents(rows, moment),
        findings=await _findings(tx, county, parts, shares, moment),
        totals=totals,
        parts=await _campaign(tx, county, head, parts, told, moment),
        empty_because=None if rows else f"截至 {moment.as_of} 尚无文书",
    )


async def answers(tx: AsyncSession, county: str, rows: Sequence[EngagementRow], moment: Moment) -> list[Engagement]:
    """Each engagement of a page with its stage and its countdown, as sets: no question per engagement."""
    found = await store.parts_of(tx, county, [row.id for row in rows], whole=False)
    values = await policies.versions(tx, shown.refs_of(list(found.values())))
    return [shown.engagement(row, found[row.id], values, moment) for row in rows]


async def _findings(
    tx: AsyncSession, county: str, parts: Parts, shares: dict[UUID, Share], moment: Moment
) -> list[EngagementFinding]:
    """The findings of one engagement with what each adds to its total: a draft adds nothing yet."""
    ids = shown.named(parts, moment)
    found = {one.id: one for one in await findings_shown(tx, county, await store.finding_rows(tx, county, ids), moment)}
    return [
        EngagementFinding(
            finding_id=row.finding_id,
            named_on=row.named_on,
            named_by=row.named_by,
            title=one.title,
            class_code=one.class_code,
            class_name=one.class_name,
            status=one.status,
            amount_fen=one.amount_fen,
            within_finding_id=one.within_finding_id,
            counted_fen=shares[one.id].counted_fen if one.id in shares else None,
        )
        for row in parts.findings
        if row.finding_id in ids and (one := found.get(row.finding_id)) is not None
    ]


async def _totals(
    tx: AsyncSession, county: str, findings: Collection[UUID], moment: Moment
) -> tuple[EngagementTotals, dict[UUID, Share]]:
    """What these findings come to, each fen once, with the proof; and what each of them adds."""
    steps = await store.finding_steps(tx, county, findings)
    confirmed = [one for one in steps if shown.came(one.confirmed_on, one.confirmed_position, moment)]
    closed_n = sum(shown.came(one.closed_on, one.closed_position, moment) for one in confirmed)
    shares = await counting.shares(tx, county, [one.id for one in confirmed], moment) if confirmed else {}
    said_fen = sum(one.amount_fen or 0 for one in confirmed)
    amount_fen = sum(one.counted_fen for one in shares.values())
    nested_fen = sum(one.nested_fen for one in shares.values())
    rectified_fen = sum(one.rectified_fen for one in shares.values())
    told = EngagementTotals(
        findings_n=len(confirmed),
        drafts_n=len(steps) - len(confirmed),
        closed_n=closed_n,
        amount_fen=amount_fen,
        nested_fen=nested_fen,
        said_fen=said_fen,
        rectified_fen=rectified_fen,
        outstanding_fen=amount_fen - rectified_fen,
        unexplained_fen=said_fen - nested_fen - amount_fen,
    )
    return told, shares


async def _campaign(
    tx: AsyncSession, county: str, head: EngagementRow, own: Parts, told: Engagement, moment: Moment
) -> EngagementCampaign | None:
    """How the parts of a campaign stand: by stage, what they found, what they owe. None of what holds no parts."""
    is_part, of_a_unit = head.part_of is not None, head.auditee_unit_id is not None
    if not campaigns.holds_parts(EngagementKind(head.kind), of_a_unit=of_a_unit, is_part=is_part):
        return None
    heads = await store.under(tx, county, head.id, moment)
    found = await store.parts_of(tx, county, [one.id for one in heads], whole=False)
    count, owed, named = dict.fromkeys(EngagementStage, 0), list[EngagementOwed](), shown.named(own, moment)
    for one in heads:
        parts = found[one.id]
        docs = [shown.doc_of(row, moment) for row in shown.seen(parts.documents, moment)]
        count[stage_of(docs)] += 1
        ends_on = shown.period_at(parts.periods, moment).ends_on
        owed += [
            EngagementOwed(
                engagement_id=one.id,
                title=one.title,
                paper=late.paper,
                paper_name=PAPERS[late.paper],
                due_on=late.due_on,
                days_over=late.days_over,
            )
            for late in campaigns.owed(docs, ends_on, moment.as_of)
        ]
        named |= shown.named(parts, moment)
    totals, _ = await _totals(tx, county, named, moment)
    return EngagementCampaign(
        parts_n=len(heads),
        open_n=len(heads) - sum(count[at] for at in OVER),
        stages=[EngagementStageCount(stage=at, stage_name=STAGES[at], parts_n=n) for at, n in count.items() if n],
        totals=totals,
        owed_n=len(owed),
        owed=sorted(owed, key=lambda late: (-late.days_over, late.engagement_id)),
        ends_on=told.ends_on,
        days_left=told.periods[0].days_left,
        days_over=told.periods[0].days_over,
        empty_because=None if heads else f"截至 {moment.as_of} 尚未分解到被监督单位",
    )
