"""What findings are bound to, as the inspectors' feed told it, and the recoveries (追缴) that answer them."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from services.funds_api.tables.rows import RegionText, Row


class FindingLotRow(Row):
    """Fen of a lot that a finding is bound to."""

    __tablename__ = "finding_lot"
    __table_args__ = (CheckConstraint("bound_fen >= 0", name="bound_not_negative"),)
    county_code: Mapped[str] = mapped_column(RegionText, primary_key=True)
    finding_id: Mapped[UUID] = mapped_column(primary_key=True)
    lot_id: Mapped[UUID] = mapped_column(primary_key=True)
    bound_fen: Mapped[int]
    position: Mapped[int]


class RecoveryRow(Row):
    """A movement of kind `recover` that answers a finding."""

    __tablename__ = "recovery"
    __table_args__ = (
        ForeignKeyConstraint(["county_code", "movement_id"], ["funds.movement.county_code", "funds.movement.id"]),
        Index("ix_recovery_finding", "county_code", "finding_id", "movement_id"),
    )
    county_code: Mapped[str] = mapped_column(RegionText, primary_key=True)
    movement_id: Mapped[UUID] = mapped_column(primary_key=True)
    finding_id: Mapped[UUID]
    position: Mapped[int]
