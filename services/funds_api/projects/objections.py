"""Objections to a project (异议): raised while it is public, answered before it is admitted; nobody is named."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from chassis.identity import Principal
from chassis.ids import new_id
from chassis.journal import Act
from services.funds_api.households import masks
from services.funds_api.objections import Objection, ObjectionAnswer, must_have_come, shown, to_answer
from services.funds_api.projects import service, store
from services.funds_api.projects.schemas import ObjectionRequest
from services.funds_api.tables import ProjectRow
from wire.projects import ProjectObjected


async def object_to(
    tx: AsyncSession,
    who: Principal,
    act: Act,
    county: str,
    project_id: UUID,
    request: ObjectionRequest,
    today: date,
) -> Objection:
    """Record that somebody objects; until it is answered the project is not admitted. The objector is not named."""
    await act.claim(tx, county)
    project = await service.found(tx, who, county, project_id, lock=True)
    must_have_come(request.raised_on, today)
    row: dict[str, Any] = {
        "county_code": county,
        "id": new_id(),
        "project_id": project.id,
        "region_code": project.region_code,
        "raised_on": request.raised_on,
        "text": masks.free_text(request.text),
        "recorded_by": who.subject,
    }
    await store.insert_objection(tx, row)
    return await _objected(tx, act, project, row["id"])


async def answer_objection(
    tx: AsyncSession,
    who: Principal,
    act: Act,
    county: str,
    project_id: UUID,
    objection_id: UUID,
    request: ObjectionAnswer,
    today: date,
) -> Objection:
    """Close an objection with what was found, once, by somebody who reported no version of the project."""
    await act.claim(tx, county)
    project = await service.found(tx, who, county, project_id, lock=True)
    recorded = await store.objections(tx, county, project_id)
    authors = {one.reported_by for one in await store.versions(tx, county, project_id)}
    raised = to_answer(recorded, objection_id, request.closed_on, today, who.subject, authors)
    outcome = masks.free_text(request.outcome)
    await store.close_objection(
        tx, raised, {"closed_on": request.closed_on, "outcome": outcome, "closed_by": who.subject}
    )
    return await _objected(tx, act, project, objection_id)


async def _objected(tx: AsyncSession, act: Act, project: ProjectRow, objection_id: UUID) -> Objection:
    rows = await store.objections(tx, project.county_code, project.id)
    answer = shown(Objection, next(one for one in rows if one.id == objection_id))
    told = ProjectObjected(
        project_id=project.id,
        county_code=project.county_code,
        region_code=project.region_code,
        objection_id=objection_id,
        is_open=answer.closed_on is None,
    )
    await act.record(tx, project.county_code, told, answer)
    return answer
