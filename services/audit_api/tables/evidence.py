"""What is known of kept files."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from services.audit_api.tables.rows import RegionText, Row


class EvidenceRow(Row):
    """What is known of one kept file. The file lies in the evidence folder under its own SHA-256."""

    __tablename__ = "evidence"
    __table_args__ = (
        ForeignKeyConstraint(["county_code", "finding_id"], ["audit.finding.county_code", "audit.finding.id"]),
        UniqueConstraint("county_code", "finding_id", "sha256"),
        CheckConstraint("length(sha256) = 32", name="sha256_length"),
        CheckConstraint("size_bytes > 0", name="size_positive"),
    )
    county_code: Mapped[str] = mapped_column(RegionText, primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    finding_id: Mapped[UUID]
    region_code: Mapped[str] = mapped_column(RegionText)
    file_name: Mapped[str]
    file_kind: Mapped[str]
    size_bytes: Mapped[int]
    sha256: Mapped[bytes]
    path_key: Mapped[str]
    kept_by: Mapped[str]
    kept_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    position: Mapped[int]
