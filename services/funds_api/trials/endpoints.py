"""POST /funds/v1/rule-trials: what a draft would have asked, beside what the live rule asked."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter

from chassis import clock
from chassis.database import Tx
from chassis.identity import Principal, can
from chassis.journal import Acting
from services.funds_api.trials import service
from services.funds_api.trials.schemas import Trial, TrialRequest
from treasury.calendar import business_date

router = APIRouter(prefix="/funds/v1", tags=["rules 规则"])


@router.post("/rule-trials", status_code=201, summary="试算：按当时已知的历史，草案规则或数值会提出哪些预警")
async def post_trial(request: TrialRequest, tx: Tx, act: Acting, who: Annotated[Principal, can("rules:try")]) -> Trial:
    return await service.attempt(tx, who, act, request, business_date(clock.now()))
