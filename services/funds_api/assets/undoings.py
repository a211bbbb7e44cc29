"""Undoing what was recorded of an income by mistake: the decision how it is shared, or its receipt. Both are kept.

What rests on either is looked at under the lock of the income: a decision is undone while nothing stands paid of it,
a receipt while no decision stands. With its receipt an income's passing-on is undone, which was of the same money.
"""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from chassis.identity import Principal
from chassis.journal import Act
from services.funds_api.assets import incomes, share_payments, shares, store
from services.funds_api.assets.refusals import IncomeStillShared, ShareStillPaid
from services.funds_api.assets.schemas import Income, IncomeReversal
from services.funds_api.households import masks
from services.funds_api.moments import Moment
from services.funds_api.projects import money
from services.funds_api.projects.service import must_lie
from wire.projects import IncomeReversed, IncomeShareReversed


async def undo_share(
    tx: AsyncSession, who: Principal, act: Act, county: str, income_id: UUID, request: IncomeReversal, today: date
) -> Income:
    """Undo the decision how an income is shared, while nothing stands paid of it; the income is then decided again."""
    await act.claim(tx, county)
    income = await incomes.found(tx, who, county, income_id)
    plan = await share_payments.standing_share(tx, county, income_id)
    lines = (await store.lines(tx, county, [income_id]))[income_id, plan.decision_no]
    paid = [one.paid_fen for one in lines if one.paid_fen]
    if paid:
        raise ShareStillPaid(str(income_id), sum(paid), len(paid))
    by_line = await store.share_payments(tx, county, [income_id], money.EVER)
    entries = [entry for ((_, number), _), found in by_line.items() if number == plan.decision_no for entry in found]
    must_lie(request.undone_on, shares.earliest_on(entries, plan.decided_on), today)

    await store.change_share(tx, plan, _undoing(who, request))
    answer = await incomes.told(tx, who, county, income_id, Moment(today))
    event = IncomeShareReversed(
        income_id=income_id,
        county_code=county,
        region_code=income.region_code,
        decision_no=plan.decision_no,
        amount_fen=income.amount_fen,
        undone_on=request.undone_on,
    )
    await act.record(tx, county, event, answer)
    return answer


async def undo_receipt(
    tx: AsyncSession, who: Principal, act: Act, county: str, income_id: UUID, request: IncomeReversal, today: date
) -> Income:
    """Undo the receipt of an income, and its passing-on with it, while no decision stands how it is shared."""
    await act.claim(tx, county)
    income = await incomes.found(tx, who, county, income_id)
    decisions = await store.shares(tx, county, [income_id])
    for one in decisions:
        if one.undone_on is None:
            lines = (await store.lines(tx, county, [income_id]))[income_id, one.decision_no]
            paid = sum(line.paid_fen for line in lines)
            raise IncomeStillShared(str(income_id), one.document, one.decided_on, income.amount_fen, paid)
    days = (income.arrived_on, income.passed_on, *(one.undone_on for one in decisions))
    must_lie(request.undone_on, max(day for day in days if day is not None), today)

    await store.change_income(tx, income, _undoing(who, request))
    answer = await incomes.told(tx, who, county, income_id, Moment(today))
    event = IncomeReversed(
        income_id=income_id,
        asset_id=income.asset_id,
        county_code=county,
        region_code=income.region_code,
        amount_fen=income.amount_fen,
        passed_on=income.passed_on,
        undone_on=request.undone_on,
    )
    await act.record(tx, county, event, answer)
    return answer


def _undoing(who: Principal, request: IncomeReversal) -> dict[str, Any]:
    return {
        "undone_on": request.undone_on,
        "undoing_document": request.document,
        "undoing_reason": masks.free_text(request.reason),
        "undone_by": who.subject,
    }
