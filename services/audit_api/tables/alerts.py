"""Alerts: flags as the feed told them."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, Integer, SmallInteger, text
from sqlalchemy.orm import Mapped, mapped_column

from services.audit_api.tables.rows import RegionText, Row


class Told:
    """What the feed tells of a flag, as an alert keeps it."""

    region_code: Mapped[str] = mapped_column(RegionText)
    rule_code: Mapped[str]
    rule_version: Mapped[int] = mapped_column(SmallInteger)
    title: Mapped[str]
    subject: Mapped[str]
    subject_id: Mapped[UUID]
    run_id: Mapped[UUID | None]
    lot_id: Mapped[UUID | None]
    account_id: Mapped[UUID | None]
    unit_id: Mapped[UUID | None]
    unit_name: Mapped[str | None]
    fund_code: Mapped[str | None]
    amount_fen: Mapped[int]
    days: Mapped[int] = mapped_column(Integer)
    limit_days: Mapped[int] = mapped_column(Integer)
    as_of: Mapped[date]
    explanation: Mapped[str]
    source: Mapped[str]


class AlertRow(Told, Row):
    """A flag of funds_api as it arrived (its id is the flag's): a question that somebody takes up or dismisses."""

    __tablename__ = "alert"
    __table_args__ = (
        ForeignKeyConstraint(["county_code", "finding_id"], ["audit.finding.county_code", "audit.finding.id"]),
        CheckConstraint("status IN ('new', 'taken_up', 'dismissed')", name="status"),
        CheckConstraint("(status = 'taken_up') = (finding_id IS NOT NULL)", name="taken_up_names_its_finding"),
        CheckConstraint(
            "(status = 'dismissed') = (dismissed_by IS NOT NULL AND dismissal_reason IS NOT NULL)",
            name="dismissed_says_why",
        ),
        CheckConstraint("amount_fen >= 0", name="amount_not_negative"),
        CheckConstraint("(subject = 'lot') = (lot_id IS NOT NULL)", name="lot_is_the_subject"),
        Index("ix_alert_lot", "county_code", "lot_id"),
        Index("ix_alert_status", "county_code", "status", "id"),
    )
    county_code: Mapped[str] = mapped_column(RegionText, primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    feed_position: Mapped[int]
    status: Mapped[str] = mapped_column(server_default=text("'new'"))
    finding_id: Mapped[UUID | None]
    dismissed_by: Mapped[str | None]
    dismissal_reason: Mapped[str | None]
    received_at: Mapped[datetime] = mapped_column(server_default=text("now()"))


class FlagToldRow(Told, Row):
    """A flag staged: told of the event at `position` of `stream`, and an alert once all of that event are here."""

    __tablename__ = "flag_told"
    stream: Mapped[str] = mapped_column(RegionText, primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
