"""Money that the inspectors quarantined: what was to be kept, what is, and since when it is free again."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from services.funds_api.tables.rows import RegionText, Row


class QuarantineRow(Row):
    """An order of the inspectors by a document, and its release. Of what it was about only the finding's id is known.

    Whose finding it is, is shown to nobody here; of a quarantine of before it is not known.
    """

    __tablename__ = "quarantine"
    __table_args__ = (
        CheckConstraint(
            "(released_on IS NULL) = (release_document IS NULL) AND (released_on IS NULL) = (lifted_on IS NULL)"
            " AND (released_on IS NULL) = (released_position IS NULL)",
            name="released_whole",
        ),
        CheckConstraint("lifted_on >= kept_on", name="lifted_not_before_kept"),
        Index("ix_quarantine_finding", "county_code", "finding_id"),
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
    finding_id: Mapped[UUID | None]


class QuarantineLotRow(Row):
    """How many fen of a lot were to be kept, and how many were, under which hold at first."""

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


_QUARANTINE = ["funds.quarantine.county_code", "funds.quarantine.id"]


class QuarantineHoldRow(Row):
    """A hold that keeps fen of a quarantine, or kept them until a recovery left what remained to an heir."""

    __tablename__ = "quarantine_hold"
    __table_args__ = (
        ForeignKeyConstraint(["county_code", "quarantine_id"], _QUARANTINE),
        ForeignKeyConstraint(["county_code", "hold_id"], ["funds.hold.county_code", "funds.hold.id"]),
        CheckConstraint("replaced_position > position", name="replaced_later"),
        Index("ix_quarantine_hold_quarantine", "county_code", "quarantine_id"),
    )
    county_code: Mapped[str] = mapped_column(RegionText, primary_key=True)
    hold_id: Mapped[UUID] = mapped_column(primary_key=True)
    quarantine_id: Mapped[UUID]
    region_code: Mapped[str] = mapped_column(RegionText)
    position: Mapped[int]
    replaced_position: Mapped[int | None]


class QuarantineChangeRow(Row):
    """Fen of a lot that a recovery for the finding took out of a quarantine, or that its undoing brought back."""

    __tablename__ = "quarantine_change"
    __table_args__ = (
        ForeignKeyConstraint(["county_code", "quarantine_id"], _QUARANTINE),
        ForeignKeyConstraint(["county_code", "movement_id"], ["funds.movement.county_code", "funds.movement.id"]),
        CheckConstraint("change_fen <> 0", name="changes"),
        Index("ix_quarantine_change_quarantine", "county_code", "quarantine_id"),
    )
    county_code: Mapped[str] = mapped_column(RegionText, primary_key=True)
    movement_id: Mapped[UUID] = mapped_column(primary_key=True)
    quarantine_id: Mapped[UUID] = mapped_column(primary_key=True)
    lot_id: Mapped[UUID] = mapped_column(primary_key=True)
    region_code: Mapped[str] = mapped_column(RegionText)
    change_fen: Mapped[int]
    effective_on: Mapped[date]
    position: Mapped[int]
