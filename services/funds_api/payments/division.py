"""A roster with objected rows goes on in parts: what nobody objects to is paid, each other row waits or ends alone.

The rows of the published list are never edited: the parts are batches of their own with copies of them, each row in
just one. The fen that would have fed a waiting row are held where they rest, in the very lots, until it is paid or
ends.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.database import allow_long_statements
from chassis.identity import Principal
from chassis.ids import new_id
from chassis.missing import Missing
from services.funds_api.lots import ledger
from services.funds_api.payments import store
from services.funds_api.payments.kept import KeptLot
from services.funds_api.payments.schemas import BatchStatus, Division, Part
from services.funds_api.publications.gate import Aside
from services.funds_api.tables import PaymentBatchRow, PaymentRow
from treasury.calendar import business_date
from treasury.lots import Span, set_aside
from wire.rosters import BatchDivided, RowAside

PURPOSE: Final = "公示异议冻结"


@dataclass(frozen=True, slots=True)
class Alone:
    """A row that goes on by itself, as `batch`: the interval of the list's running sum that it is owed."""

    batch: UUID
    line: int
    lo_fen: int
    amount_fen: int


@dataclass(frozen=True, slots=True)
class Parted:
    """A divided list: the part that is paid now, the rows that wait, and those that ended before they were paid."""

    whole: PaymentBatchRow
    rest: PaymentBatchRow
    waiting: Sequence[Alone]
    ended: Sequence[Alone]

    @property
    def owed_fen(self) -> int:
        """What money is needed for: all but the rows that ended."""
        return self.whole.total_fen - sum(one.amount_fen for one in self.ended)

    def owed(self, kept: Iterable[KeptLot]) -> list[KeptLot]:
        """What is kept for rows of the list, as they lie when the rows that ended are left out."""
        gone = {one.lo_fen for one in self.ended}
        return [replace(one, lo_fen=self._at(one.lo_fen)) for one in kept if one.lo_fen not in gone]

    def cut(self, laid: Iterable[Span]) -> tuple[list[Span], dict[UUID, dict[UUID, int]]]:
        """The spans of what is paid now; and per waiting part the fen of each lot that would have fed it.

        What is kept for a waiting row already (退汇待重发) stays under its own hold and is not held twice.
        """
        intervals = [(at := self._at(one.lo_fen), at + one.amount_fen) for one in self.waiting]
        rest, taken = set_aside(laid, intervals)
        return rest, {
            one.batch: fen for one, spans in zip(self.waiting, taken, strict=True) if (fen := _fen_by_lot(spans))
        }

    def _at(self, lo_fen: int) -> int:
        return lo_fen - sum(one.amount_fen for one in self.ended if one.lo_fen < lo_fen)


def _fen_by_lot(spans: Iterable[Span]) -> dict[UUID, int]:
    found: dict[UUID, int] = {}
    for span in spans:
        if span.hold is None:
            found[span.draw.lot.id] = found.get(span.draw.lot.id, 0) + span.draw.amount_fen
    return found


async def divide(
    tx: AsyncSession, who: Principal, whole: PaymentBatchRow, aside: Aside, approved_at: datetime
) -> Parted:
    """Divide a checked batch, locked and proved, into what is paid now and the rows that are not; all or nothing."""
    county = whole.county_code
    lines = sorted({*aside.waiting, *aside.ended})
    rows = await tx.scalars(
        select(PaymentRow)
        .where(PaymentRow.county_code == county, PaymentRow.batch_id == whole.id, PaymentRow.line.in_(lines))
        .order_by(PaymentRow.line)
    )
    alone = [Alone(new_id(), row.line, row.cum_fen - row.amount_fen, row.amount_fen) for row in rows]
    rest_id = new_id()
    await allow_long_statements(tx)  # every row is written once more, of a large roster in seconds
    await tx.execute(
        text("SELECT funds.divide_batch(:county, :batch, :rest, :lines, :parts, :by, :at)"),
        {
            "county": county,
            "batch": whole.id,
            "rest": rest_id,
            "lines": [one.line for one in alone],
            "parts": [one.batch for one in alone],
            "by": who.subject,
            "at": approved_at,
        },
    )
    ended = [one for one in alone if one.line in aside.ended]
    await _withdraw(tx, county, [one.batch for one in ended])
    rest = await store.batch(tx, who, county, rest_id)
    if rest is None:
        raise Missing("发放批次", str(rest_id))
    return Parted(whole, rest, [one for one in alone if one.line not in aside.ended], ended)


async def freeze(tx: AsyncSession, actor: str, parted: Parted, lots: Mapping[UUID, Mapping[UUID, int]]) -> None:
    """Hold for each waiting part the fen of the lots that would have fed it, without expiry; the account is locked."""
    lines = {one.batch: one.line for one in parted.waiting}
    holds = [
        {
            "part": str(part),
            "id": str(new_id()),
            "amount_fen": sum(fen.values()),
            "document": f"{parted.whole.document}（第{lines[part]}行异议）",
            "lots": [{"lot": str(lot), "amount_fen": amount} for lot, amount in fen.items()],
        }
        for part, fen in lots.items()
    ]
    if holds:
        await tx.execute(
            text("SELECT funds.freeze_parts(:county, :whole, CAST(:holds AS jsonb), :purpose, :actor, :today)"),
            {
                "county": parted.whole.county_code,
                "whole": parted.whole.id,
                "holds": json.dumps(holds),
                "purpose": PURPOSE,
                "actor": actor,
                "today": ledger.today(),
            },
        )


async def put_off(tx: AsyncSession, part: PaymentBatchRow, on: date) -> None:
    """Let a row that waited be paid on a day of its own, which is near enough to today; it must be locked."""
    ledger.must_be_near([on])
    await tx.execute(
        text("SELECT funds.date_part(:county, :part, :on)"), {"county": part.county_code, "part": part.id, "on": on}
    )


async def end(tx: AsyncSession, county: str, whole: UUID, line: int | None) -> list[UUID]:
    """End the waiting part of a line (of every line, when none is named) and set its money free; the parts that ended.

    The list must be locked: nobody approves one of its parts meanwhile.
    """
    query = select(PaymentBatchRow.id, PaymentBatchRow.hold_id).where(
        PaymentBatchRow.county_code == county,
        PaymentBatchRow.part_of == whole,
        PaymentBatchRow.part_line > 0 if line is None else PaymentBatchRow.part_line == line,
        PaymentBatchRow.status == BatchStatus.CHECKED,
    )
    parts = (await tx.execute(query.order_by(PaymentBatchRow.id).with_for_update(key_share=True))).all()
    await _withdraw(tx, county, [part.id for part in parts])
    await set_free(tx, county, [part.hold_id for part in parts if part.hold_id])
    return [part.id for part in parts]


async def _withdraw(tx: AsyncSession, county: str, batches: Sequence[UUID]) -> None:
    if batches:
        await tx.execute(
            update(PaymentBatchRow)
            .where(PaymentBatchRow.county_code == county, PaymentBatchRow.id.in_(batches))
            .values(status=BatchStatus.WITHDRAWN)
        )


async def set_free(tx: AsyncSession, county: str, holds: Sequence[UUID]) -> None:
    """Void the holds of parts that are not paid any more."""
    if holds:
        await tx.execute(
            text("SELECT funds.void_hold(:county, one) FROM unnest(CAST(:holds AS uuid[])) AS one"),
            {"county": county, "holds": list(holds)},
        )


async def parts_of(tx: AsyncSession, county: str, whole: UUID) -> Sequence[Row[Any]]:
    """The parts of a list by line, with what paid each, and what is still frozen for it."""
    found = await tx.execute(
        text(
            """
            SELECT b.id, b.part_line, b.rows_good, b.total_fen, b.status, b.hold_id,
                   CASE WHEN h.status = 'held' THEN h.amount_fen ELSE 0 END AS frozen_fen,
                   m.id AS movement_id, r.effective_on AS reversed_on
              FROM funds.payment_batch b
              LEFT JOIN funds.hold h ON h.county_code = :county AND h.id = b.hold_id
              LEFT JOIN funds.movement m ON m.county_code = :county AND m.batch_id = b.id
               AND m.from_account_id = b.account_id AND m.effective_on = b.effective_on
              LEFT JOIN funds.movement r ON r.county_code = :county AND r.reverses_id = m.id
             WHERE b.county_code = :county AND b.part_of = :whole ORDER BY b.part_line
            """
        ),
        {"county": county, "whole": whole},
    )
    return found.all()


async def part_with(tx: AsyncSession, county: str, whole: UUID, lines: Iterable[int]) -> dict[int, UUID]:
    """In which part each of these lines of a divided list goes on."""
    rows = await tx.execute(
        select(PaymentBatchRow.part_line, PaymentBatchRow.id).where(
            PaymentBatchRow.county_code == county, PaymentBatchRow.part_of == whole
        )
    )
    parts = {line: part for line, part in rows if line is not None}
    return {line: parts.get(line, parts[0]) for line in lines} if parts else {}


async def told(tx: AsyncSession, whole: PaymentBatchRow) -> Division | None:
    """A divided list and its parts as they stand now; None of any other batch."""
    if whole.status != BatchStatus.DIVIDED or whole.list_sha256 is None or whole.approved_at is None:
        return None
    since = business_date(whole.approved_at)
    parts = [
        Part(
            batch_id=row.id,
            line=row.part_line,
            rows=row.rows_good,
            amount_fen=row.total_fen,
            status=row.status,
            movement_id=row.movement_id,
            reversed_on=row.reversed_on,
            hold_id=row.hold_id,
            frozen_fen=row.frozen_fen if row.status == BatchStatus.CHECKED else 0,
            frozen_since=since if row.status == BatchStatus.CHECKED and row.frozen_fen else None,
        )
        for row in await parts_of(tx, whole.county_code, whole.id)
    ]
    paid = sum(one.amount_fen for one in parts if one.status == BatchStatus.POSTED and one.reversed_on is None)
    undone = sum(one.amount_fen for one in parts if one.reversed_on is not None)
    waiting = sum(one.amount_fen for one in parts if one.status == BatchStatus.CHECKED)
    ended = sum(one.amount_fen for one in parts if one.status == BatchStatus.WITHDRAWN)
    return Division(
        batch_id=whole.id,
        list_sha256=whole.list_sha256.hex(),
        rows=whole.rows_good,
        total_fen=whole.total_fen,
        paid_fen=paid,
        reversed_fen=undone,
        waiting_fen=waiting,
        ended_fen=ended,
        frozen_fen=sum(one.frozen_fen for one in parts),
        parts=parts,
        unexplained_fen=whole.total_fen - paid - undone - waiting - ended,
    )


def event(division: Division, county: str) -> BatchDivided:
    """How the journal tells it."""
    aside = [one for one in division.parts if one.line]
    return BatchDivided(
        batch_id=division.batch_id,
        county_code=county,
        paid_batch_id=division.parts[0].batch_id,
        list_sha256=division.list_sha256,
        total_fen=division.total_fen,
        paid_fen=division.paid_fen,
        rows=[
            RowAside(
                line=one.line,
                batch_id=one.batch_id,
                amount_fen=one.amount_fen,
                waits=one.status == BatchStatus.CHECKED,
                hold_id=one.hold_id,
                frozen_fen=one.frozen_fen,
            )
            for one in aside
        ],
    )
