"""Flags, and the journal that tells every act."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, Index, Integer, SmallInteger, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from chassis.journal_tables import Event, StreamHead
from services.funds_api.tables.rows import RegionText, Row


class FlagRow(Row):
    """A question with its figures: which rule, which version, what it saw, in one Chinese sentence."""

    __tablename__ = "flag"
    __table_args__ = (
        ForeignKeyConstraint(["county_code", "lot_id"], ["funds.lot.county_code", "funds.lot.id"]),
        UniqueConstraint("county_code", "rule_code", "lot_id", "limit_days"),
        Index("ix_flag_region", "county_code", "region_code", "id"),
    )
    county_code: Mapped[str] = mapped_column(RegionText, primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    region_code: Mapped[str] = mapped_column(RegionText)
    rule_code: Mapped[str]
    rule_version: Mapped[int] = mapped_column(SmallInteger)
    lot_id: Mapped[UUID]
    limit_days: Mapped[int] = mapped_column(Integer)
    as_of: Mapped[date]
    amount_fen: Mapped[int]
    days: Mapped[int] = mapped_column(Integer)
    facts: Mapped[Any] = mapped_column(JSONB)
    explanation: Mapped[str]
    raised_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    position: Mapped[int]


class StreamHeadRow(StreamHead, Row):
    """The heads of this schema's journal."""


class EventRow(Event, Row):
    """The acts of this schema's journal."""
