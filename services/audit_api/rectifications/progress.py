"""What is done on the way: steps with their proof, and stages that are done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from chassis.identity import Principal
from chassis.journal import Act
from chassis.missing import Missing
from services.audit_api.moments import Moment
from services.audit_api.rectifications import store
from services.audit_api.rectifications.schemas import OrderFile, StepRequest
from services.audit_api.rectifications.service import last_day, locked, must_be_evidence
from services.audit_api.rectifications.shown import file_of
from services.audit_api.rectifications.states import StepAction, must_be_worked_on, must_follow
from services.audit_api.tables import RectificationStageRow
from services.audit_api.words import sealed
from wire.rectifications import StepReported


@dataclass(eq=False)
class StageDoneAlready(Exception):
    """The stage was reported as done before."""

    stage_no: int
    done_on: date

    def __str__(self) -> str:
        return f"第 {self.stage_no} 阶段已于 {self.done_on} 完成，不能重复填报"

    def figures(self) -> dict[str, str | int]:
        return {"stage_no": self.stage_no, "done_on": self.done_on.isoformat()}


async def report(
    tx: AsyncSession,
    who: Principal,
    act: Act,
    county: str,
    order_id: UUID,
    request: StepRequest,
    stage_no: int | None = None,
) -> OrderFile:
    """Say what was done on an order that is being worked on; with the number of a stage, that it is done."""
    await act.claim(tx, county)
    row = await locked(tx, who, county, order_id)

    must_be_worked_on(row.status, "填报进展")
    must_follow("办理日期", request.on, await last_day(tx, row))
    await must_be_evidence(tx, who, row, request.evidence_ids)
    action = StepAction.PROGRESS
    if stage_no is not None:
        action = StepAction.STAGE_DONE
        stage = _open_stage(await store.stages(tx, county, [order_id]), stage_no)
        await store.finish_stage(tx, stage, request.on, who.subject)

    step_no = await store.add_step(tx, row, action, request.on, who.subject, request.note, request.evidence_ids)
    answer = await file_of(tx, who, row, Moment(request.on))
    event = StepReported(
        order_id=order_id,
        finding_id=row.finding_id,
        county_code=county,
        step_no=step_no,
        stage_no=stage_no,
        done_on=request.on,
        evidence_ids=sorted(request.evidence_ids),
        text_sha256=sealed(request.note),
    )
    await act.record(tx, county, event, answer)
    return answer


def _open_stage(stages: Sequence[RectificationStageRow], stage_no: int) -> RectificationStageRow:
    for stage in stages:
        if stage.stage_no == stage_no:
            if stage.done_on is not None:
                raise StageDoneAlready(stage_no, stage.done_on)
            return stage
    raise Missing("整改阶段", str(stage_no))
