"""Flags, and the journal that tells every act."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, Index, Integer, SmallInteger, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSON, JSONB
from sqlalchemy.orm import Mapped, mapped_column

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


class StreamHeadRow(Row):
    """The last number and hash of a stream of the journal."""

    __tablename__ = "stream_head"
    __table_args__ = ({"postgresql_with": {"fillfactor": 10}},)
    stream: Mapped[str] = mapped_column(RegionText, primary_key=True)
    position: Mapped[int]
    hash: Mapped[bytes]


class EventRow(Row):
    """One act in the journal. `body` is JSON text kept byte for byte, because the hash covers it."""

    __tablename__ = "event"
    __table_args__ = (UniqueConstraint("stream", "actor", "idempotency_key"),)
    stream: Mapped[str] = mapped_column(RegionText, primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[UUID]
    kind: Mapped[str]
    body: Mapped[Any] = mapped_column(JSON)
    actor: Mapped[str]
    request_id: Mapped[str]
    idempotency_key: Mapped[str]
    request_hash: Mapped[bytes]
    outcome: Mapped[Any] = mapped_column(JSON)
    recorded_at: Mapped[datetime]
    hash: Mapped[bytes]
