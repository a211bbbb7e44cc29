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
from services.funds_api.missing import Missing
from services.funds_api.projects import service, store
from services.funds_api.projects.refusals import ObjectionClosed
from services.funds_api.projects.schemas import Objection, ObjectionAnswer, ObjectionRequest
from wire.projects import ProjectObjected


async def object_to(
    tx: AsyncSession, who: Principal, act: Act, county: str, project_id: UUID, request: ObjectionRequest
) -> Objection:
    """Record that somebody objects; until it is answered the project is not admitted. The objector is not named."""
    await act.claim(tx, county)
    project = await service.found(tx, who, county, project_id, lock=True)
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
    answer = Objection(id=row["id"], raised_on=row["raised_on"], text=row["text"], closed_on=None, outcome=None)
    told = ProjectObjected(
        project_id=project.id, county_code=county, region_code=project.region_code, objection_id=answer.id, is_open=True
    )
    await act.record(tx, county, told, answer)
    return answer


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
    """Close an objection with what was found, once."""
    await act.claim(tx, county)
    project = await service.found(tx, who, county, project_id, lock=True)
    raised = next((one for one in await store.objections(tx, county, project_id) if one.id == objection_id), None)
    if raised is None:
        raise Missing("异议", str(objection_id))
    if raised.closed_on is not None:
        raise ObjectionClosed(str(objection_id))
    service.must_lie(request.closed_on, raised.raised_on, today)
    outcome = masks.free_text(request.outcome)
    await store.close_objection(
        tx, raised, {"closed_on": request.closed_on, "outcome": outcome, "closed_by": who.subject}
    )
    answer = Objection(
        id=raised.id, raised_on=raised.raised_on, text=raised.text, closed_on=request.closed_on, outcome=outcome
    )
    told = ProjectObjected(
        project_id=project.id,
        county_code=county,
        region_code=project.region_code,
        objection_id=objection_id,
        is_open=False,
    )
    await act.record(tx, county, told, answer)
    return answer
