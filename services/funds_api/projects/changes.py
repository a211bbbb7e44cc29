"""Changing the plan of a project (变更): at once before review, by another person's approval once in the library.

A plan is changed neither while others look at it nor below what rests on it: money that came, contracts that stand.
What waits is answered once: approved or refused (驳回) by another person, or withdrawn (撤回) by its author.
"""

from __future__ import annotations

from datetime import date
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from chassis.identity import Principal
from chassis.journal import Act
from services.funds_api.households import masks
from services.funds_api.lots.store import whole_county
from services.funds_api.projects import change_rows, contract_rows, contracts, money, plan_days, service, store
from services.funds_api.projects.change_schemas import ChangeApproval, ChangeClosing, ChangeRequest
from services.funds_api.projects.refusals import (
    ChangeByAnother,
    ChangeNotNow,
    ChangeNotWaiting,
    NoPerformanceTarget,
    PlanUnderContracts,
    PlanUnderReceived,
    StepByMaker,
)
from services.funds_api.projects.schemas import ChangeState, Declared
from services.funds_api.projects.stages import Stage, Way
from services.funds_api.tables import ProjectRow, ProjectVersionRow
from wire.projects import ProjectChangeClosed, ProjectChanged

# A plan changes freely before it is reviewed, by approval once it is in the library, and not while others look at it.
_WITH_APPROVAL: Final = frozenset({Stage.ADMITTED, Stage.PLANNED, Stage.TENDERING, Stage.BUILDING})


async def report_change(
    tx: AsyncSession, who: Principal, act: Act, county: str, project_id: UUID, request: ChangeRequest, today: date
) -> Declared:
    """Report a change (变更): at once before review; in the library it waits until another person approves it."""
    await act.claim(tx, county)
    project = await service.found(tx, who, county, project_id, lock=True)
    versions = await store.versions(tx, county, project_id)
    if service.state_of(versions[-1]) is ChangeState.WAITING:
        raise ChangeNotNow(project.stage, versions[-1].version)
    at_once = project.stage == Stage.DECLARED
    if not at_once and project.stage not in _WITH_APPROVAL:
        raise ChangeNotNow(project.stage, 0)
    if not at_once and not request.plan.targets:
        raise NoPerformanceTarget(0)
    since = await _changeable_since(tx, project)
    service.must_lie(request.reported_on, max(service.plan_since(versions), since), today)

    number = versions[-1].version + 1
    told = {
        "document": request.document,
        "reason": masks.free_text(request.reason),
        "reported_on": request.reported_on,
        "is_change": not at_once,
    }
    approved = {
        "approved_by": who.subject,
        "approval_document": request.document,
        "effective_on": request.reported_on,
    }
    await service.write_version(
        tx, project, number, request.plan, {**told, "reported_by": who.subject, **(approved if at_once else {})}
    )
    if at_once:
        await _must_hold_contracts(tx, project, request.plan.planned_fen)
        project = await store.change_project(tx, project, {"version": number})
    return await _changed(tx, act, project, number, request.document, request.plan.planned_fen, in_force=at_once)


async def approve_change(
    tx: AsyncSession,
    who: Principal,
    act: Act,
    county: str,
    project_id: UUID,
    version: int,
    approval: ChangeApproval,
    today: date,
) -> Declared:
    """Put a reported change in force while the project is in the library; not by its author.

    On no day from its own on does the plan fall below what had come from any of its funds, nor below its contracts; it
    keeps a performance target: a project without any is not admitted.
    """
    await act.claim(tx, county)
    project = await service.found(tx, who, county, project_id, lock=True)
    waiting = await _waiting(tx, project, version)
    if project.stage not in _WITH_APPROVAL:
        raise ChangeNotNow(project.stage, 0)
    if waiting.reported_by == who.subject:
        raise StepByMaker(project.stage, "变更批准")
    service.must_lie(approval.effective_on, waiting.reported_on, today)
    if all(one.version != version for one in await store.targets(tx, county, project_id)):
        raise NoPerformanceTarget(0)
    planned = {
        one.fund_code: one.planned_fen
        for one in await store.sources(tx, county, [project_id])
        if one.version == version
    }
    async with whole_county(tx, who, county):
        used = await money.planned_use(tx, county, project_id)
    for fund, changed in sorted(used.items()):
        since = approval.effective_on
        if over := plan_days.worst([(since, planned.get(fund, 0))], changed, since):
            raise PlanUnderReceived(fund, over.on, over.planned_fen, over.taken_fen)
    await _must_hold_contracts(tx, project, waiting.planned_fen)

    changes = {
        "approved_by": who.subject,
        "approval_document": approval.document,
        "effective_on": approval.effective_on,
    }
    await change_rows.answer(tx, waiting, changes)
    project = await store.change_project(tx, project, {"version": version})
    return await _changed(tx, act, project, version, approval.document, waiting.planned_fen, in_force=True)


async def refuse_change(
    tx: AsyncSession,
    who: Principal,
    act: Act,
    county: str,
    project_id: UUID,
    version: int,
    closing: ChangeClosing,
    today: date,
) -> Declared:
    """Refuse (驳回) a waiting change by document, with the reason; not by its author. The plan in force stays."""
    await act.claim(tx, county)
    project = await service.found(tx, who, county, project_id, lock=True)
    waiting = await _waiting(tx, project, version)
    if waiting.reported_by == who.subject:
        raise StepByMaker(project.stage, "变更驳回")
    return await _close(tx, who, act, project, waiting, ChangeState.REFUSED, closing, today)


async def withdraw_change(
    tx: AsyncSession,
    who: Principal,
    act: Act,
    county: str,
    project_id: UUID,
    version: int,
    closing: ChangeClosing,
    today: date,
) -> Declared:
    """Withdraw (撤回) a waiting change; by its author only. The plan in force stays."""
    await act.claim(tx, county)
    project = await service.found(tx, who, county, project_id, lock=True)
    waiting = await _waiting(tx, project, version)
    if waiting.reported_by != who.subject:
        raise ChangeByAnother(version, waiting.reported_on)
    return await _close(tx, who, act, project, waiting, ChangeState.WITHDRAWN, closing, today)


async def _close(
    tx: AsyncSession,
    who: Principal,
    act: Act,
    project: ProjectRow,
    waiting: ProjectVersionRow,
    state: ChangeState,
    closing: ChangeClosing,
    today: date,
) -> Declared:
    service.must_lie(closing.closed_on, waiting.reported_on, today)
    told = {
        "closed_as": state,
        "closed_by": who.subject,
        "closed_on": closing.closed_on,
        "closing_document": closing.document,
        "closing_reason": masks.free_text(closing.reason),
    }
    await change_rows.answer(tx, waiting, told)
    answer = await service.declared(tx, project, None)
    fact = ProjectChangeClosed(
        project_id=project.id,
        county_code=project.county_code,
        region_code=project.region_code,
        version=waiting.version,
        document=closing.document,
        closed_as=state,
        closed_on=closing.closed_on,
    )
    await act.record(tx, project.county_code, fact, answer)
    return answer


async def _waiting(tx: AsyncSession, project: ProjectRow, version: int) -> ProjectVersionRow:
    """The version, if it waits; the project is locked, so it waits until the commit."""
    versions = await store.versions(tx, project.county_code, project.id)
    named = next((one for one in versions if one.version == version), None)
    if named is None or service.state_of(named) is not ChangeState.WAITING:
        raise ChangeNotWaiting(version, "" if named is None else service.state_of(named))
    return named


async def _changeable_since(tx: AsyncSession, project: ProjectRow) -> date:
    """From which day on a plan may change as it may now: since its last admission, or since it stands at 申报 again."""
    steps = await store.steps(tx, project.county_code, project.id)
    if project.stage == Stage.DECLARED:
        return steps[-1].effective_on
    return next(one for one in reversed(steps) if one.stage == Stage.ADMITTED and one.way == Way.FORWARD).effective_on


async def _must_hold_contracts(tx: AsyncSession, project: ProjectRow, planned_fen: int) -> None:
    signed_fen = contracts.cost_fen(await contract_rows.contracts(tx, project.county_code, [project.id]))
    if signed_fen > planned_fen:
        raise PlanUnderContracts(str(project.id), planned_fen, signed_fen)


async def _changed(
    tx: AsyncSession, act: Act, project: ProjectRow, version: int, document: str, planned_fen: int, *, in_force: bool
) -> Declared:
    answer = await service.declared(tx, project, None if in_force else version)
    told = ProjectChanged(
        project_id=project.id,
        county_code=project.county_code,
        region_code=project.region_code,
        version=version,
        document=document,
        planned_fen=planned_fen,
        in_force=in_force,
    )
    await act.record(tx, project.county_code, told, answer)
    return answer
