"""This schema's journal."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped, mapped_column

from chassis.journal_tables import Event, StreamHead
from services.audit_api.tables.rows import RegionText, Row


class StreamHeadRow(StreamHead, Row):
    """The heads of this schema's journal."""


class EventRow(Event, Row):
    """The acts of this schema's journal."""


class EventNamedRow(Row):
    """An event that names a thing by its id, written with it by a trigger; never of a stream that is kept apart."""

    __tablename__ = "event_named"
    __table_args__ = (CheckConstraint("stream NOT LIKE '%.%'", name="nothing_kept_apart"),)
    stream: Mapped[str] = mapped_column(RegionText, primary_key=True)
    name: Mapped[UUID] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
