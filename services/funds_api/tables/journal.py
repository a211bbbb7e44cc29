"""The journal that tells every act, and how far that of the inspectors was followed."""

from __future__ import annotations

from sqlalchemy import CheckConstraint

from chassis.journal_tables import ErasedOutcome, Event, FollowerCursor, StreamHead
from services.funds_api.tables.rows import Row


class StreamHeadRow(StreamHead, Row):
    """The heads of this schema's journal."""


class EventRow(Event, Row):
    """The acts of this schema's journal."""


class ErasedOutcomeRow(ErasedOutcome, Row):
    """The answers of this schema's journal that somebody was forgotten in."""


class FollowerCursorRow(FollowerCursor, Row):
    """How far a stream of the inspectors' feed was applied here, and the hash of its last event."""

    __table_args__ = (CheckConstraint("position >= 0", name="position_not_negative"),)
