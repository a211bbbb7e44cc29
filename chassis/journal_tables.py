"""The tables of a journal, and of following another one, as columns, for each service to add to its schema.

SQL side of the journal: migrations/journal_v3.py.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, DateTime, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSON
from sqlalchemy.orm import Mapped, mapped_column


class StreamHead:
    """The last number, hash and time of a stream of the journal."""

    __tablename__ = "stream_head"
    __table_args__ = ({"postgresql_with": {"fillfactor": 10}},)
    stream: Mapped[str] = mapped_column(Text(collation="C"), primary_key=True)
    position: Mapped[int]
    hash: Mapped[bytes]
    recorded_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=text("'-infinity'"))


class Event:
    """One act in the journal. `body` is JSON text kept byte for byte, because the hash covers it."""

    __tablename__ = "event"
    __table_args__ = (UniqueConstraint("stream", "actor", "idempotency_key"),)
    stream: Mapped[str] = mapped_column(Text(collation="C"), primary_key=True)
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


class ErasedOutcome:
    """The SHA-256 of an answer in the journal before its salt went, which the hash of its event covers."""

    __tablename__ = "erased_outcome"
    __table_args__ = (
        CheckConstraint("length(outcome_sha256) = 32", name="outcome_sha256_length"),
        CheckConstraint("document <> ''", name="document_named"),
    )
    stream: Mapped[str] = mapped_column(Text(collation="C"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    outcome_sha256: Mapped[bytes]
    about: Mapped[UUID]
    document: Mapped[str]
    erased_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=text("now()"))


class FollowerCursor:
    """How far a stream of another service's journal was applied, and the hash of its last event: history stays."""

    __tablename__ = "follower_cursor"
    stream: Mapped[str] = mapped_column(Text(collation="C"), primary_key=True)
    position: Mapped[int]
    hash: Mapped[bytes]
    moved_at: Mapped[datetime]
