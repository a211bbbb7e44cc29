"""Listing projects and taking them from stage to stage; how a plan changes is in `changes`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from chassis.identity import Forbidden, Principal
from chassis.ids import new_id
from chassis.journal import Act
from chassis.missing import Missing
from services.funds_api.access import COUNTY_DIGITS, holds, must_hold
from services.funds_api.funds import store as funds
from services.funds_api.households import masks
from services.funds_api.lots.store import whole_county
from services.funds_api.moments import Moment
from services.funds_api.policies import store as policies
from services.funds_api.projects import money, stages, store, target_rows
from services.funds_api.projects.refusals import (
    ChangeNotNow,
    ProjectKnown,
    ReasonNeeded,
    SourcesDiffer,
    StepDateRefused,
)
from services.funds_api.projects.schemas import (
    ChangeState,
    Declared,
    Described,
    ProjectRequest,
    StepRequest,
)
from services.funds_api.projects.stages import Stage, Standing, Step, Way
from services.funds_api.regions import service as regions
from services.funds_api.tables import ProjectRow, ProjectStepRow, ProjectVersionRow
from services.funds_api.units import service as units
from services.funds_api.units.schemas import AccountRequest, Book, Unit, UnitKind, UnitRequest
from services.funds_api.units.service import RegionTooHigh
from treasury.policy import in_force
from wire.projects import ProjectStaged

PUBLICITY: Final = "publicity_min_days"
# Who may take the step to a stage; whoever may take the next step may send the project back as well.
STEP_RIGHTS: Final[Mapping[Stage, str]] = {
    Stage.DECLARED: "projects:declare",
    Stage.REVIEWED: "projects:review",
    Stage.PUBLISHED: "projects:manage",
    Stage.ADMITTED: "projects:admit",
    Stage.PLANNED: "projects:manage",
    Stage.TENDERING: "projects:build",
    Stage.BUILDING: "projects:build",
    Stage.ACCEPTED: "projects:accept",
    Stage.ANNOUNCED: "projects:manage",
    Stage.OWNED: "projects:manage",
    Stage.MAINTAINED: "projects:manage",
    Stage.REMOVED: "projects:admit",
}


async def found(tx: AsyncSession, who: Principal, county: str, project_id: UUID, *, lock: bool = False) -> ProjectRow:
    """The project, or `Missing` when it is not there or not visible."""
    row = await store.project(tx, who, county, project_id, lock=lock)
    if row is None:
        raise Missing("项目", str(project_id))
    return row


def must_lie(on: date, earliest: date, today: date) -> None:
    """Refuse a business date before what it follows, or one that has not come."""
    if not earliest <= on <= today:
        raise StepDateRefused(on, earliest, today)


async def declare(tx: AsyncSession, who: Principal, act: Act, request: ProjectRequest, today: date) -> Declared:
    """List a project for the library (申报) in a place the caller holds; its code names it in the county for ever."""
    must_hold(who, request.region_code)
    if len(request.region_code) < COUNTY_DIGITS:
        raise RegionTooHigh(request.region_code)
    county = request.region_code[:COUNTY_DIGITS]
    await act.claim(tx, county)
    await regions.must_stand(tx, [request.region_code], request.effective_on)
    must_lie(request.effective_on, request.effective_on, today)

    place = {"county_code": county, "region_code": request.region_code}
    row: dict[str, Any] = {
        **place,
        "id": new_id(),
        "code": request.code,
        "version": 1,
        "stage": Stage.DECLARED,
        "steps_n": 1,
    }
    if not await store.insert_project(tx, row):
        # Also one of a place that the caller does not see: a code names one project of the county.
        async with whole_county(tx, who, county):
            known = await store.by_code(tx, county, request.code)
        raise ProjectKnown(request.code, str(known.id) if holds(who, known.region_code) else None)
    project = await found(tx, who, county, row["id"])
    approved = {
        "approved_by": who.subject,
        "approval_document": request.document,
        "effective_on": request.effective_on,
    }
    told = {"document": request.document, "reason": "申报", "is_change": False, "reported_on": request.effective_on}
    await write_version(tx, project, 1, request.plan, {**told, "reported_by": who.subject, **approved})
    return await _take(
        tx,
        act,
        project,
        1,
        Step(Stage.DECLARED, request.effective_on, who.subject),
        request.document,
        None,
        None,
        frozenset(),
    )


async def write_version(
    tx: AsyncSession, project: ProjectRow, number: int, plan: Described, more: Mapping[str, Any]
) -> None:
    """Keep the plan as version `number`; its sources have to make its amount, each from a registered fund."""
    by_fund = {one.fund_code: one.planned_fen for one in plan.sources}
    if len(by_fund) != len(plan.sources) or sum(by_fund.values()) != plan.planned_fen:
        raise SourcesDiffer(plan.planned_fen, sum(one.planned_fen for one in plan.sources))
    for fund in by_fund:
        if not await funds.exists(tx, fund):
            raise Missing("资金", fund)
    place = {
        "county_code": project.county_code,
        "project_id": project.id,
        "version": number,
        "region_code": project.region_code,
    }
    await store.insert_version(
        tx,
        {**place, **plan.model_dump(exclude={"sources", "targets"}), **more},
        [{**place, "fund_code": fund, "planned_fen": fen} for fund, fen in by_fund.items()],
        [{**place, **one.model_dump(exclude={"target"}), "target": Decimal(one.target)} for one in plan.targets],
    )


async def step(
    tx: AsyncSession, who: Principal, act: Act, county: str, project_id: UUID, request: StepRequest, today: date
) -> Declared:
    """Take the project one stage on, back to an earlier one, or out of the library; each by document and person."""
    await act.claim(tx, county)
    project = await found(tx, who, county, project_id, lock=True)
    rows = await store.steps(tx, county, project_id)
    so_far = [_step_of(row) for row in rows]
    now = so_far[-1].stage
    versions = await store.versions(tx, county, project_id)
    standing = await _standing(tx, who, project, versions, request.effective_on)

    way = _way(now, request.stage)
    _must_hold_right(who, way, now, request.stage)
    if way is not Way.FORWARD and request.reason is None:
        raise ReasonNeeded(request.stage)
    waiting = next((one for one in versions if state_of(one) is ChangeState.WAITING), None)
    if waiting is not None and (way is Way.FORWARD or stages.leaves_library(way, request.stage)):
        raise ChangeNotNow(now, waiting.version)
    on, actor = request.effective_on, who.subject
    match way:
        case Way.FORWARD:
            taken = stages.advance(so_far, request.stage, standing, on, today, actor)
        case Way.SENT_BACK:
            taken = stages.send_back(so_far, request.stage, standing, on, today, actor)
        case Way.REMOVED:
            taken = stages.remove(so_far, standing, on, today, actor)

    opened = None
    changes: dict[str, Any] = {"stage": taken.stage, "steps_n": project.steps_n + 1}
    if taken.stage is Stage.PLANNED and project.unit_id is None:
        opened = await _open_accounts(tx, project, versions[-1].name)
        held = {account.book: account.id for account in opened.accounts}
        changes |= {"unit_id": opened.id, "cash_account_id": held[Book.CASH], "quota_account_id": held[Book.QUOTA]}
    checked = stages.makers(so_far, taken.stage, standing.author) if way is Way.FORWARD else frozenset[str]()
    project = await store.change_project(tx, project, changes)
    reason = masks.free_text(request.reason) or None
    return await _take(tx, act, project, project.steps_n, taken, request.document, reason, opened, checked, now)


def _way(now: Stage, to: Stage) -> Way:
    if to is Stage.REMOVED:
        return Way.REMOVED
    return Way.SENT_BACK if stages.at(to) < stages.at(now) and now is not Stage.REMOVED else Way.FORWARD


def _must_hold_right(who: Principal, way: Way, now: Stage, to: Stage) -> None:
    ahead = (stages.following(now) or now) if way is Way.SENT_BACK else to
    if STEP_RIGHTS[ahead] not in who.permissions:
        raise Forbidden(STEP_RIGHTS[ahead])


def _step_of(row: ProjectStepRow) -> Step:
    return Step(Stage(row.stage), row.effective_on, row.actor, Way(row.way))


async def flows_of(
    tx: AsyncSession, who: Principal, project: ProjectRow, moment: Moment = money.EVER
) -> list[money.TrancheFlow]:
    """The project's tranches with everything that is on the books for them at a moment."""
    async with whole_county(tx, who, project.county_code):
        return (await money.flows(tx, project.county_code, [project.id], moment)).get(project.id, [])


async def _standing(
    tx: AsyncSession, who: Principal, project: ProjectRow, versions: Sequence[ProjectVersionRow], on: date
) -> Standing:
    flow = money.total(one.flow for one in await flows_of(tx, who, project))
    values = await policies.values(tx, PUBLICITY, region=project.region_code)
    asked = in_force(values, PUBLICITY, project.region_code, on)
    current = next(one for one in versions if one.version == project.version)
    reached = await target_rows.outcomes(tx, project.county_code, project.id, project.version, money.EVER)
    return Standing(
        targets_n=len(reached),
        targets_open=tuple(row.code for row in reached if row.reached is None),
        objections_open_n=await store.open_objections_n(tx, project.county_code, project.id),
        resting_fen=flow.resting_fen,
        in_transit_fen=flow.in_transit_fen + flow.coming_fen,
        paid_fen=flow.paid_fen + flow.retained_fen,
        publicity_days=asked.number if asked else 0,
        publicity_source=asked.source if asked else "",
        author=current.reported_by,
        unconfirmed_n=await store.unconfirmed_assets_n(tx, project.county_code, project.id),
        plan_since=plan_since(versions),
    )


def state_of(row: ProjectVersionRow) -> ChangeState:
    """Where a version of a plan stands by what its row tells."""
    return ChangeState.of(row.effective_on, row.closed_as)


def plan_since(versions: Sequence[ProjectVersionRow]) -> date:
    """The last day on which a version came in force, or a change was refused or withdrawn."""
    return max(on for one in versions if (on := one.effective_on or one.closed_on) is not None)


async def _open_accounts(tx: AsyncSession, project: ProjectRow, name: str) -> Unit:
    """The unit of a project whose plan was given out, with an account for the right to spend and one for the money."""
    return await units.establish(
        tx,
        project.county_code,
        UnitRequest(
            region_code=project.region_code,
            name=f"{name}（{project.code}）",
            kind=UnitKind.PROJECT_UNIT,
            accounts=[
                AccountRequest(name="项目资金", book=Book.CASH),
                AccountRequest(name="项目指标", book=Book.QUOTA),
            ],
        ),
    )


async def _take(
    tx: AsyncSession,
    act: Act,
    project: ProjectRow,
    seq: int,
    taken: Step,
    document: str,
    reason: str | None,
    opened: Unit | None,
    checked: frozenset[str],
    now: Stage | None = None,
) -> Declared:
    """Write the step and tell it."""
    await store.insert_step(
        tx,
        {
            "county_code": project.county_code,
            "project_id": project.id,
            "seq": seq,
            "region_code": project.region_code,
            "way": taken.way,
            "from_stage": now,
            "stage": taken.stage,
            "document": document,
            "effective_on": taken.effective_on,
            "reason": reason,
            "actor": taken.actor,
            "makers": sorted(checked),
        },
    )
    answer = await declared(tx, project, None)
    told = ProjectStaged(
        project_id=project.id,
        county_code=project.county_code,
        region_code=project.region_code,
        code=project.code,
        seq=seq,
        way=taken.way,
        from_stage=now,
        stage=taken.stage,
        document=document,
        effective_on=taken.effective_on,
        opened=units.as_opened(opened, taken.effective_on) if opened else None,
    )
    await act.record(tx, project.county_code, told, answer)
    return answer


async def declared(tx: AsyncSession, project: ProjectRow, waiting: int | None) -> Declared:
    """The project as an act leaves it, with the version that waits for approval."""
    latest = (await store.steps(tx, project.county_code, project.id))[-1]
    return Declared(
        id=project.id,
        county_code=project.county_code,
        region_code=project.region_code,
        code=project.code,
        version=project.version,
        stage=Stage(latest.stage),
        stage_since=latest.effective_on,
        waiting_version=waiting,
        unit_id=project.unit_id,
        cash_account_id=project.cash_account_id,
        quota_account_id=project.quota_account_id,
    )
