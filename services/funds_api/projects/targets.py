"""What performance targets reached (绩效目标完成情况): recorded at the acceptance, before the project goes on."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.identity import Principal
from chassis.ids import new_id
from chassis.journal import Act
from chassis.missing import Missing
from services.funds_api.moments import Moment
from services.funds_api.projects import service, store, target_rows
from services.funds_api.projects.refusals import StepByMaker, TargetsNotNow
from services.funds_api.projects.schemas import TargetOutcome, TargetOutcomes, TargetResultsRequest
from services.funds_api.projects.stages import Stage, Way
from wire.projects import TargetsReported

PPM = 1_000_000


async def report(
    tx: AsyncSession,
    who: Principal,
    act: Act,
    county: str,
    project_id: UUID,
    request: TargetResultsRequest,
    today: date,
) -> TargetOutcomes:
    """Record what targets reached, at 验收, by somebody who did not build; of each the latest word counts."""
    await act.claim(tx, county)
    project = await service.found(tx, who, county, project_id, lock=True)
    if project.stage != Stage.ACCEPTED:
        raise TargetsNotNow(project.stage)
    steps = await store.steps(tx, county, project_id)
    # A project that was sent back to its acceptance (退回) is still the one accepted then, and its builder the builder.
    accepted = next(one for one in reversed(steps) if one.stage == Stage.ACCEPTED and one.way == Way.FORWARD)
    if who.subject in accepted.makers:
        raise StepByMaker(Stage.ACCEPTED, "绩效目标完成情况")
    begun = next(one for one in reversed(steps) if one.stage == Stage.BUILDING)
    service.must_lie(request.reached_on, begun.effective_on, today)
    known = {row.code for row in await target_rows.outcomes(tx, county, project_id, project.version, Moment(today))}
    for one in request.results:
        if one.code not in known:
            raise Missing("绩效目标", one.code)

    place: dict[str, Any] = {"county_code": county, "project_id": project_id, "region_code": project.region_code}
    said = {"document": request.document, "reached_on": request.reached_on, "recorded_by": who.subject}
    await target_rows.insert_results(
        tx,
        [
            {
                **place,
                **said,
                "id": new_id(),
                "code": one.code,
                "step_seq": accepted.seq,
                "reached": Decimal(one.reached),
            }
            for one in request.results
        ],
    )
    items = shown(await target_rows.outcomes(tx, county, project_id, project.version, Moment(today)))
    answer = TargetOutcomes(project_id=project_id, items=items)
    told = TargetsReported(
        project_id=project_id,
        county_code=county,
        region_code=project.region_code,
        document=request.document,
        targets_n=len(items),
        reached_n=sum(one.reached is not None for one in items),
    )
    await act.record(tx, county, told, answer)
    return answer


def shown(rows: Sequence[Row[Any]]) -> list[TargetOutcome]:
    """Targets with what they reached; the share is never rounded up, and null where a target is not positive."""
    return [
        TargetOutcome(
            code=row.code,
            text=row.text,
            unit=row.unit,
            target=_plain(row.target),
            reached=None if row.reached is None else _plain(row.reached),
            reached_ppm=None if row.reached is None or row.target <= 0 else int(row.reached * PPM // row.target),
            reached_on=row.reached_on,
            document=row.document,
        )
        for row in rows
    ]


def _plain(number: Decimal) -> str:
    return format(number.normalize(), "f")
