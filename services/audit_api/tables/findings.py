"""Findings, the fen they are bound to, and what put them right."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, Integer, text
from sqlalchemy.orm import Mapped, mapped_column

from services.audit_api.tables.rows import RegionText, Row


class FindingRow(Row):
    """What an inspector holds to be the case, in one of the classes F01–F18, over `amount_fen` of bound lots."""

    __tablename__ = "finding"
    __table_args__ = (
        CheckConstraint("class_code ~ '^F(0[1-9]|1[0-8])$'", name="class_code"),
        CheckConstraint("status IN ('open', 'ordered', 'closed')", name="status"),
        CheckConstraint("(status = 'closed') = (closed_on IS NOT NULL)", name="closed_has_its_day"),
        CheckConstraint("amount_fen > 0", name="amount_positive"),
        CheckConstraint("version > 0", name="version_positive"),
        Index("ix_finding_status", "county_code", "status", "id"),
    )
    county_code: Mapped[str] = mapped_column(RegionText, primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    region_code: Mapped[str] = mapped_column(RegionText)
    class_code: Mapped[str]
    title: Mapped[str]
    facts: Mapped[str]
    amount_fen: Mapped[int]
    found_on: Mapped[date]
    status: Mapped[str] = mapped_column(server_default=text("'open'"))
    version: Mapped[int] = mapped_column(Integer, server_default=text("1"))
    opened_by: Mapped[str]
    opened_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    closed_on: Mapped[date | None]


class FindingLotRow(Row):
    """The fen of one lot a finding is bound to, and how many of them have been put right.

    A lot is held by one finding at a time, so that no yuan is rectified twice. When a reversal brings money back into
    a new lot, the binding moves with it (`came_from`), and Σ bound_fen stays the finding's amount.
    """

    __tablename__ = "finding_lot"
    __table_args__ = (
        ForeignKeyConstraint(["county_code", "finding_id"], ["audit.finding.county_code", "audit.finding.id"]),
        CheckConstraint("bound_fen >= 0", name="bound_not_negative"),
        CheckConstraint("rectified_fen BETWEEN 0 AND bound_fen", name="rectified_within_bound"),
        CheckConstraint("came_from IS NULL OR came_from <> lot_id", name="came_from_another"),
        Index("uq_finding_lot_held", "county_code", "lot_id", unique=True, postgresql_where=text("held")),
        Index("ix_finding_lot_lot", "county_code", "lot_id"),
    )
    county_code: Mapped[str] = mapped_column(RegionText, primary_key=True)
    finding_id: Mapped[UUID] = mapped_column(primary_key=True)
    lot_id: Mapped[UUID] = mapped_column(primary_key=True)
    region_code: Mapped[str] = mapped_column(RegionText)
    alert_id: Mapped[UUID | None]
    came_from: Mapped[UUID | None]
    bound_fen: Mapped[int]
    rectified_fen: Mapped[int] = mapped_column(server_default=text("0"))
    held: Mapped[bool] = mapped_column(server_default=text("true"))


class LotDrawRow(Row):
    """A draw from a lot that an alert or a finding names, as the feed told it; `reversed` once it has been undone.

    `finding_id` is the finding that holds the lot and counts the draw; null while an alert alone watches the lot.
    """

    __tablename__ = "lot_draw"
    __table_args__ = (
        ForeignKeyConstraint(["county_code", "finding_id"], ["audit.finding.county_code", "audit.finding.id"]),
        CheckConstraint("amount_fen > 0", name="amount_positive"),
        Index("ix_lot_draw_from", "county_code", "from_lot_id", "feed_position"),
        Index("ix_lot_draw_movement", "county_code", "movement_id"),
    )
    county_code: Mapped[str] = mapped_column(RegionText, primary_key=True)
    to_lot_id: Mapped[UUID] = mapped_column(primary_key=True)
    from_lot_id: Mapped[UUID]
    movement_id: Mapped[UUID]
    finding_id: Mapped[UUID | None]
    region_code: Mapped[str] = mapped_column(RegionText)
    kind: Mapped[str]
    effective_on: Mapped[date]
    amount_fen: Mapped[int]
    feed_position: Mapped[int]
    reversed: Mapped[bool] = mapped_column(server_default=text("false"))


class RectifiedChangeRow(Row):
    """By how many fen one movement changed what a finding counts as put right; negative when a reversal took back."""

    __tablename__ = "rectified_change"
    __table_args__ = (
        ForeignKeyConstraint(["county_code", "finding_id"], ["audit.finding.county_code", "audit.finding.id"]),
        CheckConstraint("change_fen <> 0", name="change_not_zero"),
    )
    county_code: Mapped[str] = mapped_column(RegionText, primary_key=True)
    finding_id: Mapped[UUID] = mapped_column(primary_key=True)
    movement_id: Mapped[UUID] = mapped_column(primary_key=True)
    lot_id: Mapped[UUID] = mapped_column(primary_key=True)
    region_code: Mapped[str] = mapped_column(RegionText)
    effective_on: Mapped[date]
    change_fen: Mapped[int]
