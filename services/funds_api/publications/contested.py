"""The rows of a published list that were objected to, and what is frozen for each, as it stood on a day."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date

from sqlalchemy.ext.asyncio import AsyncSession

from chassis.identity import Principal
from services.funds_api.holds import store as holds
from services.funds_api.moments import Moment
from services.funds_api.payments import division
from services.funds_api.payments.schemas import BatchStatus
from services.funds_api.publications import store
from services.funds_api.publications.schemas import BatchObjection, ContestedRow, ObjectionVerdict
from services.funds_api.tables import PaymentBatchRow
from treasury.calendar import business_date


async def rows(
    tx: AsyncSession, who: Principal, whole: PaymentBatchRow, raised: Sequence[BatchObjection], as_of: date
) -> list[ContestedRow]:
    """Every row that was objected to by that day, by line; [] when none was. `raised` are the objections as of it."""
    by_line: dict[int, list[BatchObjection]] = defaultdict(list)
    for one in raised:
        if one.line is not None:
            by_line[one.line].append(one)
    if not by_line:
        return []
    amounts = await store.amounts(tx, whole.county_code, whole.id, sorted(by_line))
    parts = {}
    divided_on = business_date(whole.approved_at) if whole.approved_at else date.max
    if whole.status == BatchStatus.DIVIDED and divided_on <= as_of:
        parts = {row.part_line: row for row in await division.parts_of(tx, whole.county_code, whole.id)}
    kept = [row.hold_id for row in parts.values() if row.hold_id]
    frozen = await holds.some(tx, who, whole.county_code, kept, Moment(as_of)) if kept else {}
    found = []
    for line, objections in sorted(by_line.items()):
        part = parts.get(line)
        hold = frozen.get(part.hold_id) if part else None
        if hold is not None and holds.status_of(hold, as_of) != "held":
            hold = None
        open_n = sum(one.closed_on is None for one in objections)
        found.append(
            ContestedRow(
                line=line,
                amount_fen=amounts[line],
                state=_state(objections, open_n),
                objections_open_n=open_n,
                raised_on=min(one.raised_on for one in objections),
                batch_id=part.id if part else None,
                status=part.status if part else None,
                hold_id=part.hold_id if part else None,
                frozen_fen=hold.amount_fen if hold else 0,
                frozen_since=hold.placed_on if hold else None,
            )
        )
    return found


def _state(objections: Sequence[BatchObjection], open_n: int) -> str:
    if any(one.verdict == ObjectionVerdict.UPHELD for one in objections):
        return "upheld"
    return "open" if open_n else "answered"
