"""Money that the inspectors quarantined: what was to be kept, what is, and since when it is free again."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from services.funds_api.tables.rows import RegionText, Row


class QuarantineRow(Row):
    """An order of the inspectors by a document, and its release. What it was about is not known here."""

    __tablename__ = "quarantine"
    __table_args__ = (
        CheckConstraint(
            "(released_on IS NULL) = (release_document IS NULL) AND (released_on IS NULL) = (lifted_on IS NULL)"
            " AND (released_on IS NULL) = (released_position IS NULL)",
            name="released_whole",
        ),
        CheckConstraint("lifted_on >= kept_on", name="lifted_not_before_kept"),
    )
    county_code: Mapped[str] = mapped_column(RegionText, primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    document: Mapped[str]
    ordered_on: Mapped[date]
    kept_on: Mapped[date]
    position: Mapped[int]
    released_on: Mapped[date | None]
    release_document: Mapped[str | None]
    lifted_on: Mapped[date | None]
    released_position: Mapped[int | None]


class QuarantineLotRow(Row):
    """How many fen of a lot were to be kept, and how many are, under which hold."""

    __tablename__ = "quarantine_lot"
    __table_args__ = (
        ForeignKeyConstraint(["county_code", "quarantine_id"], ["funds.quarantine.county_code", "funds.quarantine.id"]),
        ForeignKeyConstraint(["county_code", "hold_id"], ["funds.hold.county_code", "funds.hold.id"]),
        CheckConstraint("asked_fen > 0", name="asked_positive"),
        CheckConstraint("kept_fen BETWEEN 0 AND asked_fen", name="kept_within_asked"),
        CheckConstraint("(kept_fen > 0) = (hold_id IS NOT NULL)", name="kept_is_held"),
        Index("ix_quarantine_lot_hold", "county_code", "hold_id"),
        Index("ix_quarantine_lot_lot", "county_code", "lot_id"),
    )
    county_code: Mapped[str] = mapped_column(RegionText, primary_key=True)
    quarantine_id: Mapped[UUID] = mapped_column(primary_key=True)
    lot_id: Mapped[UUID] = mapped_column(primary_key=True)
    region_code: Mapped[str] = mapped_column(RegionText)
    asked_fen: Mapped[int]
    kept_fen: Mapped[int]
    hold_id: Mapped[UUID | None]
