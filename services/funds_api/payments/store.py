"""Batches, rosters and payments in SQL; rows in bulk go over the driver's own COPY and arrays, inside the session."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Row, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.database import driver
from chassis.identity import Principal
from chassis.pages import Window
from services.funds_api.access import visible_to
from services.funds_api.lots import ledger
from services.funds_api.lots.store import walking, whole_county
from services.funds_api.moments import EVERYTHING, Moment
from services.funds_api.payments.sealing import PAYMENT_COLUMNS
from services.funds_api.tables import AccountRow, PaymentBatchRow, PaymentRow, RejectedRowRow
from treasury.lots import Span

# Keeps each statement well below the statement timeout.
_INSERT_ROWS: Final = 20_000
_COPY_BYTES: Final = 256 * 1024


@dataclass(frozen=True, slots=True)
class Proof:
    """What one scan of the stored rows says: how many, how much, and whether each `cum_fen` follows from the last."""

    rows: int
    total_fen: int
    contiguous: bool


async def open_batch(tx: AsyncSession, row: dict[str, Any]) -> PaymentBatchRow:
    return (await tx.scalars(insert(PaymentBatchRow).returning(PaymentBatchRow), row)).one()


async def batch(
    tx: AsyncSession, who: Principal, county: str, batch_id: UUID, *, lock: bool = False
) -> PaymentBatchRow | None:
    """A visible batch as it stands now; with `lock`, nobody else changes it before the commit."""
    query = select(PaymentBatchRow).where(*_own(who, county, batch_id)).execution_options(populate_existing=True)
    if lock:
        query = query.with_for_update(key_share=True)
    return (await tx.scalars(query)).one_or_none()


def _own(who: Principal, county: str, batch_id: UUID) -> tuple[ColumnElement[bool], ...]:
    return (
        PaymentBatchRow.county_code == county,
        PaymentBatchRow.id == batch_id,
        visible_to(who, PaymentBatchRow.region_code),
    )


async def batches(
    tx: AsyncSession, who: Principal, county: str, window: Window, status: str | None
) -> Sequence[PaymentBatchRow]:
    """Visible batches by id (in the order of opening), one more than the page holds."""
    query = (
        select(PaymentBatchRow)
        .where(PaymentBatchRow.county_code == county, visible_to(who, PaymentBatchRow.region_code))
        .order_by(PaymentBatchRow.id)
        .limit(window.limit + 1)
    )
    if status is not None:
        query = query.where(PaymentBatchRow.status == status)
    if after := window.key(UUID):
        query = query.where(PaymentBatchRow.id > after[0])
    return (await tx.scalars(query)).all()


async def change_batch(tx: AsyncSession, found: PaymentBatchRow, changed: dict[str, Any]) -> PaymentBatchRow:
    query = (
        update(PaymentBatchRow)
        .where(PaymentBatchRow.county_code == found.county_code, PaymentBatchRow.id == found.id)
        .values(changed)
        .returning(PaymentBatchRow)
        .execution_options(populate_existing=True)
    )
    return (await tx.scalars(query)).one()


async def paid_otherwise(tx: AsyncSession, county: str, entitlement: str, per: str) -> Row[Any] | None:
    """A batch (batch_id, county_code, status) of the county or its kin that pays the entitlement not `per` this."""
    found = await tx.execute(
        text("SELECT batch_id, county_code, status FROM funds.paid_otherwise(:county, :entitlement, :per)"),
        {"county": county, "entitlement": entitlement, "per": per},
    )
    return found.one_or_none()


async def hold_entitlement(tx: AsyncSession, county: str, batch_id: UUID) -> None:
    """Lock this batch and every live batch of its entitlement in the county, in id order, until the commit."""
    await tx.execute(text("SELECT funds.hold_entitlement(:county, :batch)"), {"county": county, "batch": batch_id})


async def available(tx: AsyncSession, county: str, account: UUID, fund: str, on: date) -> list[tuple[int, int]]:
    """What the account may pay out of this fund on that day, oldest lot first, each as (budget year, free fen).

    Free is what is left of a lot, less what is held.
    """
    found = await tx.execute(
        text(
            """
            SELECT l.fiscal_year, (l.remaining_fen - coalesce((
                     SELECT sum(k.amount_fen) FROM funds.hold_lot k
                       JOIN funds.hold h ON h.county_code = :county AND h.id = k.hold_id
                      WHERE k.county_code = :county AND k.lot_id = l.id AND h.status = 'held'
                        AND (h.expires_on IS NULL OR h.expires_on >= :today)), 0))::bigint AS free_fen
              FROM funds.lot l
             WHERE l.county_code = :county AND l.account_id = :account AND l.fund_code = :fund AND l.is_open
               AND l.arrived_on <= :on AND (l.release_on IS NULL OR l.release_on <= :on)
             ORDER BY l.arrived_on, l.id
            """
        ),
        {"county": county, "account": account, "fund": fund, "on": on, "today": ledger.today()},
    )
    return [(row.fiscal_year, row.free_fen) for row in found]


async def copy_payments(tx: AsyncSession, rows: bytes) -> None:
    """COPY good rows, as `sealing.copied` lays them out, into the partition; COPY cannot pass row-level security."""
    await (await driver(tx)).copy_to_table(
        "payment_rows", schema_name="funds", columns=PAYMENT_COLUMNS, source=_parts(rows), format="binary"
    )


async def _parts(rows: bytes) -> AsyncIterator[bytes]:
    """The bytes in order. Given a file, asyncpg 0.32 keeps it in a cycle until a full collection: 270 bytes a row."""
    for start in range(0, len(rows), _COPY_BYTES):
        yield rows[start : start + _COPY_BYTES]


async def insert_rejected(tx: AsyncSession, found: PaymentBatchRow, rows: Sequence[tuple[int, str, bytes]]) -> None:
    """Insert rejected rows: line, reasons as JSON, the row as ciphertext."""
    connection = await driver(tx)
    for start in range(0, len(rows), _INSERT_ROWS):
        some = rows[start : start + _INSERT_ROWS]
        await connection.execute(
            "INSERT INTO funds.rejected_row (county_code, batch_id, line, region_code, reasons, row_cell)"
            " SELECT $1, $2, bad.line, $3, bad.reasons::jsonb, bad.cell"
            " FROM unnest($4::int[], $5::text[], $6::bytea[]) AS bad(line, reasons, cell)",
            found.county_code,
            found.id,
            found.region_code,
            *([row[at] for row in some] for at in range(3)),
        )


async def rejected(
    tx: AsyncSession, who: Principal, county: str, batch_id: UUID, after: int, limit: int
) -> Sequence[RejectedRowRow]:
    """Visible rejected rows of a batch after line `after`, by line."""
    query = (
        select(RejectedRowRow)
        .where(
            RejectedRowRow.county_code == county,
            RejectedRowRow.batch_id == batch_id,
            visible_to(who, RejectedRowRow.region_code),
            RejectedRowRow.line > after,
        )
        .order_by(RejectedRowRow.line)
    )
    return (await tx.scalars(query.limit(limit))).all()


async def prove(tx: AsyncSession, county: str, batch_id: UUID) -> Proof:
    """Read the stored rows once, in line order, and say what they are."""
    found = (
        await tx.execute(
            text("SELECT rows_n, total_fen, contiguous FROM funds.prove_batch(:county, :batch)"),
            {"county": county, "batch": batch_id},
        )
    ).one()
    return Proof(found.rows_n, found.total_fen, found.contiguous)


async def lines_of(tx: AsyncSession, county: str, batch_id: UUID, spans: Sequence[Span]) -> list[tuple[int, int]]:
    """First and last line that each span pays, in the order of the spans; two probes of the running sum per span."""
    rows = await tx.execute(
        text("SELECT first_line, last_line FROM funds.lines_of_spans(:county, :batch, :los, :his)"),
        {
            "county": county,
            "batch": batch_id,
            "los": [span.lo_fen for span in spans],
            "his": [span.hi_fen for span in spans],
        },
    )
    return [(row.first_line, row.last_line) for row in rows]


async def households_account(tx: AsyncSession, who: Principal, county: str, places: Sequence[str]) -> AccountRow | None:
    """The visible account that stands for the households' cards, of the innermost of `places` that has one."""
    query = select(AccountRow).where(
        AccountRow.county_code == county,
        AccountRow.kind == "households",
        AccountRow.region_code.in_(places),
        visible_to(who, AccountRow.region_code),
    )
    found = (await tx.scalars(query)).all()
    return min(found, key=lambda one: (-len(one.region_code), one.id), default=None)


async def payments(
    tx: AsyncSession, who: Principal, county: str, batch_id: UUID, after: int, limit: int
) -> Sequence[PaymentRow]:
    """Visible good rows of a batch after line `after`, by line."""
    query = (
        select(PaymentRow)
        .where(
            PaymentRow.county_code == county,
            PaymentRow.batch_id == batch_id,
            visible_to(who, PaymentRow.region_code),
            PaymentRow.line > after,
        )
        .order_by(PaymentRow.line)
        .limit(limit)
    )
    async with walking(tx):
        return (await tx.scalars(query)).all()


async def withdrawn_by(tx: AsyncSession, who: Principal, batch: PaymentBatchRow, moment: Moment) -> bool:
    """Whether it was known then that the batch is given up; its row does not say when that was recorded."""
    if batch.status != "withdrawn" or moment.known_at is None:
        return batch.status == "withdrawn"
    async with whole_county(tx, who, batch.county_code):
        told: bool | None = await tx.scalar(
            text(
                "SELECT EXISTS (SELECT FROM funds.event e WHERE e.stream = :county AND e.position > :listed"
                " AND e.position <= :known AND e.kind = 'BatchWithdrawn' AND e.body ->> 'batch_id' = :batch)"
            ),
            {
                "county": batch.county_code,
                "listed": batch.list_position or 0,
                "known": moment.position,
                "batch": str(batch.id),
            },
        )
    return bool(told)


async def disbursement(tx: AsyncSession, paid: PaymentBatchRow, moment: Moment | None = None) -> Row[Any] | None:
    """The movement that paid a batch (id, amount_fen, effective_on), and when it was reversed, if it was.

    With a moment: as far as they were known then, whatever day they are effective.
    """
    found = await tx.execute(
        text(
            """
            SELECT m.id, m.amount_fen, m.effective_on, r.effective_on AS reversed_on
              FROM funds.movement m
              LEFT JOIN funds.movement r ON r.county_code = :county AND r.reverses_id = m.id
               AND r.position <= :known
             WHERE m.county_code = :county AND m.batch_id = :batch
               AND m.from_account_id = :account AND m.effective_on = :on AND m.position <= :known
            """
        ),
        {
            "county": paid.county_code,
            "batch": paid.id,
            "account": paid.account_id,
            "on": paid.effective_on,
            "known": EVERYTHING if moment is None else moment.position,
        },
    )
    return found.one_or_none()
