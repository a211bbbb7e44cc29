"""What a frozen answer of the ledger was asked for."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ARRAY, CheckConstraint, ForeignKeyConstraint, Index, Uuid, text
from sqlalchemy.orm import Mapped, mapped_column

from services.audit_api.tables.rows import RegionText, Row


class LedgerExtractRow(Row):
    """The question whose answer is the evidence of the same id. Never changed: asked again it has to be the same.

    `rests_on` are the movements that the answer tells of; their rows of the journal are carried in a bundle. What was
    frozen by an earlier release has its total in the answer alone.
    """

    __tablename__ = "ledger_extract"
    __table_args__ = (
        ForeignKeyConstraint(["county_code", "evidence_id"], ["audit.evidence.county_code", "audit.evidence.id"]),
        CheckConstraint(
            "what IN ('lot', 'balance', 'tranche', 'trace', 'tree', 'movement', 'document', 'household', 'finding')",
            name="what",
        ),
        CheckConstraint("(total_fen IS NULL) = (unexplained_fen IS NULL)", name="total_has_its_proof"),
        CheckConstraint("ledger_position >= 0", name="ledger_position_not_negative"),
        Index("ix_ledger_extract_finding", "county_code", "finding_id", "evidence_id"),
    )
    county_code: Mapped[str] = mapped_column(RegionText, primary_key=True)
    evidence_id: Mapped[UUID] = mapped_column(primary_key=True)
    finding_id: Mapped[UUID]
    region_code: Mapped[str] = mapped_column(RegionText)
    what: Mapped[str]
    about: Mapped[str]
    path: Mapped[str]
    as_of: Mapped[date]
    known_at: Mapped[datetime]
    ledger_position: Mapped[int]
    asked_by: Mapped[str]
    total_fen: Mapped[int | None]
    unexplained_fen: Mapped[int | None]
    rests_on: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid), server_default=text("'{}'"))
    position: Mapped[int]
