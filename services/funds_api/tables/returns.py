"""Returned rows of rosters (退汇, 追缴): which payment came back, by which voucher, why. Written only by SQL."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, Integer, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from services.funds_api.tables.rows import RegionText, Row


class PaymentReturnRow(Row):
    """All or part of one payment came back by a movement; `hold_id` reserves it for the next payment of the same.

    When that payment is undone, a new hold takes over: `hold_id` is the last one. `source` is who
    keeps the numbers of the vouchers (the bank's client); one voucher of a source acts once for ever.
    """

    __tablename__ = "payment_return"
    __table_args__ = (
        # The row itself is looked for by `record_return`: a key to a partitioned table would be one to each partition.
        ForeignKeyConstraint(
            ["county_code", "batch_id"], ["funds.payment_batch.county_code", "funds.payment_batch.id"]
        ),
        ForeignKeyConstraint(["county_code", "movement_id"], ["funds.movement.county_code", "funds.movement.id"]),
        ForeignKeyConstraint(["county_code", "hold_id"], ["funds.hold.county_code", "funds.hold.id"]),
        UniqueConstraint("county_code", "source", "document_key"),
        UniqueConstraint("county_code", "hold_id"),
        CheckConstraint("amount_fen > 0", name="amount_positive"),
        CheckConstraint(
            "reason IN ('account_closed', 'name_mismatch', 'wrong_number', 'deceased', 'recovered', 'other')",
            name="reason",
        ),
        CheckConstraint("reason <> 'other' OR reason_text <> ''", name="other_is_explained"),
        Index("ix_payment_return_row", "county_code", "batch_id", "line"),
        Index("ix_payment_return_effective", "county_code", "effective_on", "movement_id"),
    )
    county_code: Mapped[str] = mapped_column(RegionText, primary_key=True)
    movement_id: Mapped[UUID] = mapped_column(primary_key=True)
    batch_id: Mapped[UUID]
    line: Mapped[int] = mapped_column(Integer)
    region_code: Mapped[str] = mapped_column(RegionText)
    amount_fen: Mapped[int]
    effective_on: Mapped[date]
    hold_id: Mapped[UUID | None]
    source: Mapped[str]
    document: Mapped[str]
    document_key: Mapped[str]
    reason: Mapped[str]
    reason_text: Mapped[str]
    content_hash: Mapped[bytes]
    actor: Mapped[str]
    recorded_at: Mapped[datetime]
    position: Mapped[int]
