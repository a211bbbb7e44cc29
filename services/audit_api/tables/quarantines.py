"""Quarantines (封存): fen of a finding's lots that are to stay, the steps of the order, and what the books told."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, SmallInteger, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.audit_api.tables.rows import RegionText, Row

_OF_QUARANTINE = (["county_code", "quarantine_id"], ["audit.quarantine.county_code", "audit.quarantine.id"])


class QuarantineRow(Row):
    """So many fen of a finding are to stay, by a document. How far it is, its steps say."""

    __tablename__ = "quarantine"
    __table_args__ = (
        ForeignKeyConstraint(["county_code", "finding_id"], ["audit.finding.county_code", "audit.finding.id"]),
        CheckConstraint("asked_fen > 0", name="asked_positive"),
        Index("ix_quarantine_finding", "county_code", "finding_id"),
    )
    county_code: Mapped[str] = mapped_column(RegionText, primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    region_code: Mapped[str] = mapped_column(RegionText)
    finding_id: Mapped[UUID]
    document: Mapped[str]
    asked_fen: Mapped[int]
    position: Mapped[int]


class QuarantineLotRow(Row):
    """The fen of one lot that are to stay."""

    __tablename__ = "quarantine_lot"
    __table_args__ = (
        ForeignKeyConstraint(*_OF_QUARANTINE),
        CheckConstraint("amount_fen > 0", name="amount_positive"),
    )
    county_code: Mapped[str] = mapped_column(RegionText, primary_key=True)
    quarantine_id: Mapped[UUID] = mapped_column(primary_key=True)
    lot_id: Mapped[UUID] = mapped_column(primary_key=True)
    region_code: Mapped[str] = mapped_column(RegionText)
    amount_fen: Mapped[int]


class QuarantineStepRow(Row):
    """One step, by whom and on which day, in whose words: drawn up, or decided by another over the same version."""

    __tablename__ = "quarantine_step"
    __table_args__ = (
        ForeignKeyConstraint(*_OF_QUARANTINE),
        CheckConstraint("step_no > 0", name="step_no_counts"),
        CheckConstraint("(made_by IS NULL) = (step IN ('drawn', 'release_drawn'))", name="decision_names_its_maker"),
        CheckConstraint("made_by <> done_by", name="maker_is_not_checker"),
        CheckConstraint("length(version_hash) = 64", name="version_hash_length"),
    )
    county_code: Mapped[str] = mapped_column(RegionText, primary_key=True)
    quarantine_id: Mapped[UUID] = mapped_column(primary_key=True)
    step_no: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    region_code: Mapped[str] = mapped_column(RegionText)
    step: Mapped[str]
    done_on: Mapped[date]
    done_by: Mapped[str]
    made_by: Mapped[str | None]
    document: Mapped[str]
    words: Mapped[str]
    version_hash: Mapped[str]
    salt: Mapped[str | None]
    recorded_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    position: Mapped[int]


class QuarantineToldRow(Row):
    """What the books told: `kept` so much of what was ordered and `missing_fen` not, or `freed` by the release."""

    __tablename__ = "quarantine_told"
    __table_args__ = (
        ForeignKeyConstraint(*_OF_QUARANTINE),
        CheckConstraint("told IN ('kept', 'freed')", name="told"),
        CheckConstraint("fen >= 0 AND missing_fen >= 0", name="not_negative"),
    )
    county_code: Mapped[str] = mapped_column(RegionText, primary_key=True)
    quarantine_id: Mapped[UUID] = mapped_column(primary_key=True)
    told: Mapped[str] = mapped_column(primary_key=True)
    region_code: Mapped[str] = mapped_column(RegionText)
    told_on: Mapped[date]
    fen: Mapped[int]
    missing_fen: Mapped[int]
    lots: Mapped[Any] = mapped_column(JSONB)
    feed_position: Mapped[int]
    position: Mapped[int]


class QuarantineChangeRow(Row):
    """Fen that a recovery for the finding took out of a quarantine (negative), or that undoing it brought back."""

    __tablename__ = "quarantine_change"
    __table_args__ = (
        ForeignKeyConstraint(*_OF_QUARANTINE),
        CheckConstraint("change_fen <> 0", name="changes"),
    )
    county_code: Mapped[str] = mapped_column(RegionText, primary_key=True)
    quarantine_id: Mapped[UUID] = mapped_column(primary_key=True)
    movement_id: Mapped[UUID] = mapped_column(primary_key=True)
    lot_id: Mapped[UUID] = mapped_column(primary_key=True)
    region_code: Mapped[str] = mapped_column(RegionText)
    change_fen: Mapped[int]
    effective_on: Mapped[date]
    feed_position: Mapped[int]
    position: Mapped[int]
