"""This schema's journal."""

from __future__ import annotations

from chassis.journal_tables import Event, StreamHead
from services.audit_api.tables.rows import Row


class StreamHeadRow(StreamHead, Row):
    """The heads of this schema's journal."""


class EventRow(Event, Row):
    """The acts of this schema's journal."""
