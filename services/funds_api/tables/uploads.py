"""Attempts to upload a roster: written down before the roster is judged, in a transaction of their own."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from services.funds_api.tables.rows import RegionText, Row


class UploadAttemptRow(Row):
    """One file that arrived for a batch. Without an outcome it is under way, or was cut off and not settled yet."""

    __tablename__ = "upload_attempt"
    __table_args__ = (
        ForeignKeyConstraint(
            ["county_code", "batch_id"], ["funds.payment_batch.county_code", "funds.payment_batch.id"]
        ),
        CheckConstraint("outcome IN ('finished', 'refused', 'undone')", name="outcome"),
        Index("ix_upload_attempt_batch", "county_code", "batch_id", "id"),
        Index("ix_upload_attempt_open", "county_code", "id", postgresql_where=text("outcome IS NULL")),
    )
    county_code: Mapped[str] = mapped_column(RegionText, primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    batch_id: Mapped[UUID]
    region_code: Mapped[str] = mapped_column(RegionText)
    file_sha256: Mapped[bytes]
    begun_by: Mapped[str]
    begun_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    outcome: Mapped[str | None]
