"""What is known of kept files."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, SmallInteger, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from services.audit_api.tables.rows import RegionText, Row, TwoPeople


class EvidenceRow(Row):
    """What is known of one kept file. The file lies in the evidence folder under its own SHA-256.

    `order_id`: it was kept by the unit that an order is addressed to, as proof of that order.
    """

    __tablename__ = "evidence"
    __table_args__ = (
        ForeignKeyConstraint(["county_code", "finding_id"], ["audit.finding.county_code", "audit.finding.id"]),
        ForeignKeyConstraint(
            ["county_code", "order_id"], ["audit.rectification_order.county_code", "audit.rectification_order.id"]
        ),
        UniqueConstraint("county_code", "finding_id", "order_id", "sha256", postgresql_nulls_not_distinct=True),
        Index("ix_evidence_order", "county_code", "order_id", "id"),
        CheckConstraint("length(sha256) = 32", name="sha256_length"),
        CheckConstraint("size_bytes > 0", name="size_positive"),
        Index("ix_evidence_content", "county_code", "sha256"),
        Index("ix_evidence_path", "path_key"),
    )
    county_code: Mapped[str] = mapped_column(RegionText, primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    finding_id: Mapped[UUID]
    order_id: Mapped[UUID | None]
    region_code: Mapped[str] = mapped_column(RegionText)
    file_name: Mapped[str]
    file_kind: Mapped[str]
    size_bytes: Mapped[int]
    sha256: Mapped[bytes]
    path_key: Mapped[str]
    kept_by: Mapped[str]
    kept_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    position: Mapped[int]
    withdrawn_on: Mapped[date | None]
    withdrawn_position: Mapped[int | None]
    # Since when the bytes are handed out to nobody, and since when they are to be gone (erasures/).
    content_stopped_on: Mapped[date | None]
    content_stopped_position: Mapped[int | None]
    content_erased_on: Mapped[date | None]
    content_erased_position: Mapped[int | None]


class EvidenceSignatureRow(Row):
    """Whether who supplied the evidence signed for it (取证单), or why not. Rows are added; the last one stands."""

    __tablename__ = "evidence_signature"
    __table_args__ = (
        ForeignKeyConstraint(["county_code", "evidence_id"], ["audit.evidence.county_code", "audit.evidence.id"]),
        CheckConstraint("signature_no > 0", name="signature_no_positive"),
        CheckConstraint("signed = (unsigned_because IS NULL)", name="unsigned_says_why"),
    )
    county_code: Mapped[str] = mapped_column(RegionText, primary_key=True)
    evidence_id: Mapped[UUID] = mapped_column(primary_key=True)
    signature_no: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    region_code: Mapped[str] = mapped_column(RegionText)
    signed: Mapped[bool]
    supplier: Mapped[str]
    unsigned_because: Mapped[str | None]
    told_on: Mapped[date]
    told_by: Mapped[str]
    salt: Mapped[str | None]
    position: Mapped[int]


class EvidenceWithdrawalRow(TwoPeople, Row):
    """That evidence was filed wrongly: asked by one person, decided by another. The file and its row stay."""

    __tablename__ = "evidence_withdrawal"
    __table_args__ = (
        ForeignKeyConstraint(["county_code", "evidence_id"], ["audit.evidence.county_code", "audit.evidence.id"]),
        CheckConstraint("withdrawal_no > 0", name="withdrawal_no_positive"),
        CheckConstraint("decision IN ('agreed', 'refused')", name="decision"),
        CheckConstraint(
            "num_nulls(decision, checked_by, opinion, decided_on, decided_position) IN (0, 5)", name="decided_whole"
        ),
        CheckConstraint("checked_by <> made_by", name="maker_is_not_checker"),
        CheckConstraint("decided_on >= asked_on", name="decided_not_before_asked"),
        Index(
            "uq_evidence_withdrawal_standing",
            "county_code",
            "evidence_id",
            unique=True,
            postgresql_where=text("decision IS DISTINCT FROM 'refused'"),
        ),
    )
    county_code: Mapped[str] = mapped_column(RegionText, primary_key=True)
    evidence_id: Mapped[UUID] = mapped_column(primary_key=True)
    withdrawal_no: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    region_code: Mapped[str] = mapped_column(RegionText)
    reason: Mapped[str]
    asked_on: Mapped[date]
