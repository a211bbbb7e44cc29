"""Orders to put findings right, and what happened to them."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, Integer, SmallInteger, text
from sqlalchemy.orm import Mapped, mapped_column

from services.audit_api.tables.rows import RegionText, Row


class RectificationOrderRow(Row):
    """A demand to one unit to put a finding right by a day. Whoever asks to close it is never the one who reviews."""

    __tablename__ = "rectification_order"
    __table_args__ = (
        ForeignKeyConstraint(["county_code", "finding_id"], ["audit.finding.county_code", "audit.finding.id"]),
        CheckConstraint("status IN ('issued', 'closure_requested', 'sent_back', 'closed')", name="status"),
        CheckConstraint("kind IN ('at_once', 'in_stages', 'continuing')", name="kind"),
        CheckConstraint("deadline >= issued_on", name="deadline_not_before_issue"),
        CheckConstraint("closed_on IS NULL OR closed_on >= issued_on", name="closed_not_before_issue"),
        CheckConstraint("(status = 'closed') = (closed_on IS NOT NULL)", name="closed_has_its_day"),
        CheckConstraint("status <> 'closed' OR reviewed_by IS NOT NULL", name="closed_is_reviewed"),
        CheckConstraint("reviewed_by IS NULL OR reviewed_by <> requested_by", name="maker_is_not_checker"),
        CheckConstraint("reviewed_by IS NULL OR requested_by IS NOT NULL", name="reviewed_was_requested"),
        CheckConstraint("region_code LIKE county_code || '%'", name="within_its_county"),
        Index("ix_rectification_order_finding", "county_code", "finding_id"),
        Index("ix_rectification_order_region", "county_code", "region_code", "id"),
    )
    county_code: Mapped[str] = mapped_column(RegionText, primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    finding_id: Mapped[UUID]
    finding_title: Mapped[str]
    region_code: Mapped[str] = mapped_column(RegionText)
    unit_id: Mapped[UUID]
    unit_name: Mapped[str]
    kind: Mapped[str]
    demand: Mapped[str]
    issued_on: Mapped[date]
    deadline: Mapped[date]
    status: Mapped[str] = mapped_column(server_default=text("'issued'"))
    version: Mapped[int] = mapped_column(Integer, server_default=text("1"))
    issued_by: Mapped[str]
    requested_by: Mapped[str | None]
    reviewed_by: Mapped[str | None]
    closed_on: Mapped[date | None]


class RectificationStepRow(Row):
    """One thing that happened to an order: who did what on which day, in whose words. Never changed."""

    __tablename__ = "rectification_step"
    __table_args__ = (
        ForeignKeyConstraint(
            ["county_code", "order_id"], ["audit.rectification_order.county_code", "audit.rectification_order.id"]
        ),
        CheckConstraint("action IN ('issued', 'closure_requested', 'sent_back', 'closed')", name="action"),
        CheckConstraint("step_no > 0", name="step_no_positive"),
    )
    county_code: Mapped[str] = mapped_column(RegionText, primary_key=True)
    order_id: Mapped[UUID] = mapped_column(primary_key=True)
    step_no: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    region_code: Mapped[str] = mapped_column(RegionText)
    action: Mapped[str]
    done_on: Mapped[date]
    done_by: Mapped[str]
    note: Mapped[str]
    recorded_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
