"""Projects as answers: lists and whole projects as they stood on a day, each with its money and the proof of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.identity import Principal
from chassis.missing import Missing
from chassis.pages import Window, cut
from services.funds_api import objections
from services.funds_api.known import known
from services.funds_api.lots.store import whole_county
from services.funds_api.moments import Moment
from services.funds_api.projects import change_rows, contract_rows, contracts, money, store, target_rows, targets
from services.funds_api.projects.change_schemas import Change, ChangePage
from services.funds_api.projects.money import Flow, TrancheFlow
from services.funds_api.projects.schemas import (
    ChangeState,
    Described,
    Project,
    ProjectKind,
    ProjectLine,
    ProjectMoney,
    Source,
    SourceMoney,
    StepAnswer,
    Target,
    TrancheMoney,
    Version,
)
from services.funds_api.projects.stages import Stage
from services.funds_api.tables import ProjectStepRow, ProjectVersionRow


def _figures(flow: Flow) -> dict[str, int]:
    return {
        "received_fen": flow.received_fen,
        "given_back_fen": flow.given_back_fen,
        "paid_fen": flow.paid_fen,
        "retained_fen": flow.retained_fen,
        "in_transit_fen": flow.in_transit_fen,
        "resting_fen": flow.resting_fen,
        "unexplained_fen": flow.unexplained_fen,
    }


def _money(planned_fen: int, flow: Flow) -> ProjectMoney:
    return ProjectMoney(planned_fen=planned_fen, coming_fen=flow.coming_fen, **_figures(flow))


def _line(row: Row[Any], flows: Sequence[TrancheFlow], as_of: date) -> dict[str, Any]:
    return {
        "id": row.id,
        "county_code": row.county_code,
        "region_code": row.region_code,
        "code": row.code,
        "name": row.name,
        "kind": ProjectKind(row.kind),
        "fiscal_year": row.fiscal_year,
        "version": row.version,
        "stage": Stage(row.stage),
        "stage_since": row.stage_since,
        "days_in_stage": (as_of - row.stage_since).days,
        "money": _money(row.planned_fen, money.total(one.flow for one in flows)),
    }


async def lines(
    tx: AsyncSession, who: Principal, county: str, rows: Sequence[Row[Any]], moment: Moment
) -> list[ProjectLine]:
    """The projects of a page, each with its money at that moment."""
    async with whole_county(tx, who, county):
        flows = await money.flows(tx, county, [row.id for row in rows], moment)
    return [ProjectLine(**_line(row, flows.get(row.id, []), moment.as_of)) for row in rows]


async def whole(tx: AsyncSession, who: Principal, county: str, project_id: UUID, moment: Moment) -> Project:
    """One project with everything recorded for it by that moment; `Missing` before it was declared."""
    window, as_of = Window(after=None, limit=1), moment.as_of
    rows = await store.page(tx, who, county, window, moment=moment, project_id=project_id)
    project = await store.project(tx, who, county, project_id)
    if not rows or project is None:
        raise Missing("项目", str(project_id))
    async with whole_county(tx, who, county):
        flows = (await money.flows(tx, county, [project_id], moment)).get(project_id, [])
        paid = await money.paid_to(tx, county, project_id, moment)
        retained = await money.retained(tx, county, project_id, moment)
    advance = await contracts.advance_ppm(tx, project.region_code, as_of, moment.known_at)
    signed = [
        one for one in known(await contract_rows.contracts(tx, county, [project_id]), moment) if one.signed_on <= as_of
    ]
    reports = known(await contract_rows.progress(tx, county, [one.id for one in signed]), moment)
    versions = await _versions(tx, county, project_id, moment)
    steps = known(await store.steps(tx, county, project_id), moment)
    # Its accounts were opened when the plan was given out (计划下达).
    opened = any(one.stage == Stage.PLANNED for one in steps)
    current = next(one for one in versions if one.version == rows[0].version)
    planned = {one.fund_code: one.planned_fen for one in current.plan.sources}
    by_fund = money.by_fund(flows)
    return Project(
        **_line(rows[0], flows, as_of),
        as_of=as_of,
        unit_id=project.unit_id if opened else None,
        cash_account_id=project.cash_account_id if opened else None,
        quota_account_id=project.quota_account_id if opened else None,
        **moment.shown,
        plan=current.plan,
        versions=versions,
        steps=_steps(steps, as_of),
        objections=[
            objections.shown(objections.Objection, one, as_of)
            for one in known(await store.objections(tx, county, project_id), moment)
            if one.raised_on <= as_of
        ],
        sources=[
            SourceMoney(fund_code=fund, **_money(planned.get(fund, 0), by_fund.get(fund, Flow())).model_dump())
            for fund in sorted(planned.keys() | by_fund.keys())
        ],
        tranches=[
            TrancheMoney(
                tranche_id=one.tranche_id,
                fund_code=one.fund_code,
                trace=f"/funds/v1/tranches/{one.tranche_id}/trace",
                **_figures(one.flow),
            )
            for one in flows
            if one.flow.received_fen
        ],
        contracts=[contracts.shown(one, reports, advance, as_of, retained.get(one.id, 0)) for one in signed],
        contractors=contracts.contractors(contracts.dues(signed, reports, advance, as_of), paid),
        target_outcomes=targets.shown(await target_rows.outcomes(tx, county, project_id, current.version, moment)),
    )


async def _versions(tx: AsyncSession, county: str, project_id: UUID, moment: Moment) -> list[Version]:
    sources: dict[int, list[Source]] = {}
    for source in await store.sources(tx, county, [project_id]):
        sources.setdefault(source.version, []).append(
            Source(fund_code=source.fund_code, planned_fen=source.planned_fen)
        )
    targets: dict[int, list[Target]] = {}
    for target in await store.targets(tx, county, project_id):
        shown = Target(
            code=target.code, text=target.text, unit=target.unit, target=format(target.target.normalize(), "f")
        )
        targets.setdefault(target.version, []).append(shown)
    return [
        _version(row, sources[row.version], targets.get(row.version, []), moment.as_of)
        for row in known(await store.versions(tx, county, project_id), moment)
        if row.reported_on <= moment.as_of
    ]


def _version(row: ProjectVersionRow, sources: list[Source], targets: list[Target], as_of: date) -> Version:
    """A version as it stood on a day: one that came in force later waited."""
    told = {name: getattr(row, name) for name in Version.model_fields if name not in {"plan", "state"}}
    effective_on, closed_as = row.effective_on, row.closed_as
    if effective_on is None or effective_on > as_of:
        told |= dict.fromkeys(("approved_by", "approval_document", "effective_on"))
        effective_on = None
    if row.closed_on is None or row.closed_on > as_of:
        told |= dict.fromkeys(("closed_by", "closed_on", "closing_document", "closing_reason"))
        closed_as = None
    own = {name: getattr(row, name) for name in Described.model_fields if name not in {"sources", "targets"}}
    plan = Described(**own, sources=sources, targets=targets)
    return Version(plan=plan, state=ChangeState.of(effective_on, closed_as), **told)


async def changes(
    tx: AsyncSession,
    who: Principal,
    county: str,
    window: Window,
    *,
    moment: Moment,
    region: str | None = None,
    project: UUID | None = None,
    state: ChangeState | None = None,
) -> ChangePage:
    """The visible changes of plans reported by a moment, as they stood then, by project and version."""
    asked = {"region": region, "project": project, "state": state}
    found = await change_rows.page(tx, who, county, window, moment=moment, **asked)
    rows, after = cut(found, window, lambda row: (row.project_id, row.version))
    items = [
        Change(
            **{name: getattr(row, name) for name in Change.model_fields if name != "waited_days"},
            waited_days=((row.effective_on or row.closed_on or moment.as_of) - row.reported_on).days,
        )
        for row in rows
    ]
    return ChangePage(
        as_of=moment.as_of,
        **moment.shown,
        items=items,
        next=after,
        empty_because=None if items else "您的管辖范围内当日没有符合条件的项目变更",
    )


def _steps(rows: Sequence[ProjectStepRow], as_of: date) -> list[StepAnswer]:
    taken = [row for row in rows if row.effective_on <= as_of]
    left = [*(row.effective_on for row in taken[1:]), as_of]
    return [
        StepAnswer(
            **{name: getattr(row, name) for name in StepAnswer.model_fields if name != "days"},
            days=(until - row.effective_on).days,
        )
        for row, until in zip(taken, left, strict=True)
    ]
