"""Paying out the lines of a share, what comes back of them, and undoing either: entries that are never changed.

A line is paid out whole, or what came back of it since; what comes back of a household is no more than its part. An
entry is undone once, by document, and not behind a later one of the other kind. None takes effect before what was
recorded of its line earlier, or a day in between would tell less than nothing. All under the lock of the income.
"""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from chassis.identity import Principal
from chassis.ids import new_id
from chassis.journal import Act
from chassis.missing import Missing
from services.funds_api.assets import incomes, shares, store
from services.funds_api.assets.refusals import (
    ReturnBeyondShare,
    ShareDocumentUsed,
    SharePaid,
    SharePaymentFollowed,
    SharePaymentUndone,
)
from services.funds_api.assets.schemas import Income, SharePayment, ShareReturn, ShareReversal
from services.funds_api.assets.shares import Entry
from services.funds_api.moments import Moment
from services.funds_api.projects import money
from services.funds_api.projects.service import must_lie
from services.funds_api.tables import IncomeShareRow, ShareLineRow
from treasury.documents import normalise_document
from wire.projects import ShareLinePaid, ShareLineReturned, SharePaymentReversed


async def pay(
    tx: AsyncSession,
    who: Principal,
    act: Act,
    county: str,
    income_id: UUID,
    line_no: int,
    request: SharePayment,
    today: date,
) -> Income:
    """Record that a line of a share was paid out, or what had come back of it since."""
    await act.claim(tx, county)
    income = await incomes.found(tx, who, county, income_id)
    plan = await standing_share(tx, county, income_id)
    line, entries = await _line(tx, plan, line_no)
    open_fen = line.amount_fen - shares.paid_fen(entries)
    if open_fen == 0:
        raise SharePaid(str(income_id), line_no)
    must_lie(request.paid_on, shares.earliest_on(entries, plan.decided_on), today)
    entry = Entry(new_id(), "paid", open_fen, request.paid_on, request.document)
    answer = await _record(tx, who, line, entry, today)
    event = ShareLinePaid(
        payment_id=entry.id,
        income_id=income_id,
        county_code=county,
        region_code=income.region_code,
        line_no=line_no,
        amount_fen=open_fen,
        paid_on=request.paid_on,
    )
    await act.record(tx, county, event, answer)
    return answer


async def give_back(
    tx: AsyncSession,
    who: Principal,
    act: Act,
    county: str,
    income_id: UUID,
    line_no: int,
    request: ShareReturn,
    today: date,
) -> Income:
    """Record that some of a paid line came back, of a household if it is named; it is to be paid out again."""
    await act.claim(tx, county)
    income = await incomes.found(tx, who, county, income_id)
    plan = await standing_share(tx, county, income_id)
    line, entries = await _line(tx, plan, line_no)
    most = shares.paid_fen(entries)
    if request.household_id is not None:
        part = await store.household_part(tx, county, line, request.household_id)
        if part is None:
            raise Missing("分配农户", str(request.household_id))
        most = min(most, shares.returnable_fen(entries, request.household_id, part))
    if request.amount_fen > most:
        raise ReturnBeyondShare(str(income_id), line_no, request.amount_fen, most)
    used = normalise_document(request.document)
    for one in shares.standing(entries):
        if one.kind == "returned" and normalise_document(one.document) == used:
            raise ShareDocumentUsed(one.document, one.amount_fen, one.effective_on)
    must_lie(request.returned_on, shares.earliest_on(entries, plan.decided_on), today)
    entry = Entry(new_id(), "returned", request.amount_fen, request.returned_on, request.document, request.household_id)
    answer = await _record(tx, who, line, entry, today)
    event = ShareLineReturned(
        payment_id=entry.id,
        income_id=income_id,
        county_code=county,
        region_code=income.region_code,
        line_no=line_no,
        amount_fen=request.amount_fen,
        household_id=request.household_id,
        returned_on=request.returned_on,
    )
    await act.record(tx, county, event, answer)
    return answer


async def undo(
    tx: AsyncSession,
    who: Principal,
    act: Act,
    county: str,
    income_id: UUID,
    payment_id: UUID,
    request: ShareReversal,
    today: date,
) -> Income:
    """Undo a payment or a return that was recorded by mistake, whole and once; later entries first."""
    await act.claim(tx, county)
    income = await incomes.found(tx, who, county, income_id)
    plan = await standing_share(tx, county, income_id)
    by_line = await store.share_payments(tx, county, [income_id], money.EVER)
    line_no, undone = next(
        (
            (line_no, one)
            for ((_, decision), line_no), entries in by_line.items()
            for one in entries
            if decision == plan.decision_no and one.id == payment_id
        ),
        (0, None),
    )
    if undone is None:
        raise Missing("分配发放", str(payment_id))
    line, entries = await _line(tx, plan, line_no)
    if undone not in shares.standing(entries):
        raise SharePaymentUndone(str(payment_id))
    later = shares.followed_by(entries, undone)
    if later is not None:
        raise SharePaymentFollowed(str(payment_id), later.kind, later.amount_fen, later.effective_on)
    must_lie(request.undone_on, shares.earliest_on(entries, plan.decided_on), today)
    entry = Entry(
        new_id(), "undone", undone.amount_fen, request.undone_on, request.document, undone.household_id, undone.id
    )
    answer = await _record(tx, who, line, entry, today)
    event = SharePaymentReversed(
        payment_id=entry.id,
        undoes_id=undone.id,
        income_id=income_id,
        county_code=county,
        region_code=income.region_code,
        line_no=line_no,
        amount_fen=undone.amount_fen,
        undone_on=request.undone_on,
    )
    await act.record(tx, county, event, answer)
    return answer


async def standing_share(tx: AsyncSession, county: str, income_id: UUID) -> IncomeShareRow:
    """The decision how an income is shared that stands; `Missing` when there is none. The income is locked."""
    decisions = await store.shares(tx, county, [income_id])
    if not decisions or decisions[-1].undone_on is not None:
        raise Missing("分配方案", str(income_id))
    return decisions[-1]


async def _line(tx: AsyncSession, plan: IncomeShareRow, line_no: int) -> tuple[ShareLineRow, list[Entry]]:
    """One line of a decision and all that was recorded of it."""
    county, key = plan.county_code, (plan.income_id, plan.decision_no)
    lines = (await store.lines(tx, county, [plan.income_id]))[key]
    line = next((one for one in lines if one.line_no == line_no), None)
    if line is None:
        raise Missing("分配明细", f"{plan.income_id}-{line_no}")
    entries = await store.share_payments(tx, county, [plan.income_id], money.EVER)
    return line, entries.get((key, line_no), [])


async def _record(tx: AsyncSession, who: Principal, line: ShareLineRow, entry: Entry, today: date) -> Income:
    row: dict[str, Any] = {
        "county_code": line.county_code,
        "income_id": line.income_id,
        "decision_no": line.decision_no,
        "line_no": line.line_no,
        "region_code": line.region_code,
        "id": entry.id,
        "kind": entry.kind,
        "amount_fen": entry.amount_fen,
        "household_id": entry.household_id,
        "undoes_id": entry.undoes_id,
        "document": entry.document,
        "effective_on": entry.effective_on,
        "actor": who.subject,
    }
    await store.insert_share_payment(tx, row)
    return await incomes.told(tx, who, line.county_code, line.income_id, Moment(today))
