"""Money that went over from a county whose code ended to the county that follows it. Written only by SQL."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from services.funds_api.tables.rows import RegionText, Row


class SuccessionRow(Row):
    """One document by which money went over, told once in either county: `out` of the old one, `in` to the new one."""

    __tablename__ = "succession"
    __table_args__ = (
        CheckConstraint("side IN ('out', 'in')", name="side"),
        CheckConstraint("county_code <> other_county", name="two_counties"),
        CheckConstraint("amount_fen > 0", name="amount_positive"),
        CheckConstraint("document <> ''", name="document_given"),
    )
    county_code: Mapped[str] = mapped_column(RegionText, primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    side: Mapped[str]
    other_county: Mapped[str] = mapped_column(RegionText)
    document: Mapped[str]
    effective_on: Mapped[date]
    amount_fen: Mapped[int]
    actor: Mapped[str]
    recorded_at: Mapped[datetime]
    position: Mapped[int]


class SuccessionLotRow(Row):
    """One lot that left (`out`) or came (`in`), and the lot of the other county that is the same fen."""

    __tablename__ = "succession_lot"
    __table_args__ = (
        ForeignKeyConstraint(["county_code", "lot_id"], ["funds.lot.county_code", "funds.lot.id"]),
        ForeignKeyConstraint(["county_code", "succession_id"], ["funds.succession.county_code", "funds.succession.id"]),
        CheckConstraint("side IN ('out', 'in')", name="side"),
        CheckConstraint("amount_fen > 0", name="amount_positive"),
        Index("ix_succession_lot_succession", "county_code", "succession_id"),
        Index("ix_succession_lot_tranche", "county_code", "tranche_id"),
        Index("ix_succession_lot_movement", "county_code", "movement_id"),
    )
    county_code: Mapped[str] = mapped_column(RegionText, primary_key=True)
    lot_id: Mapped[UUID] = mapped_column(primary_key=True)
    succession_id: Mapped[UUID]
    side: Mapped[str]
    region_code: Mapped[str] = mapped_column(RegionText)
    tranche_id: Mapped[UUID]
    movement_id: Mapped[UUID]
    amount_fen: Mapped[int]
    other_county: Mapped[str] = mapped_column(RegionText)
    other_lot_id: Mapped[UUID]
    other_tranche_id: Mapped[UUID]
