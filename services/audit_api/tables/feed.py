"""How far the funds feed was followed."""

from __future__ import annotations

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped

from chassis.journal_tables import FollowerCursor
from services.audit_api.tables.rows import Row


class FollowerCursorRow(FollowerCursor, Row):
    """How far a stream of the funds feed was applied, and the hash of its last event: that history may not change.

    While the flags of the next event are read, `reading_hash` is that event's, and `reading_after` the mark of the page
    to be read next: empty before the first, NULL when all are staged (`FlagToldRow`).
    """

    __table_args__ = (
        CheckConstraint("position >= 0", name="position_not_negative"),
        CheckConstraint("reading_after IS NULL OR reading_hash IS NOT NULL", name="reading_is_of_an_event"),
    )
    reading_hash: Mapped[bytes | None]
    reading_after: Mapped[str | None]
