"""Evidence says since when it is known, and a frozen answer of the ledger says what was asked."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from migrations import audit_known_v1, journal_v1

ROLE = "audit_app"
revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("evidence", sa.Column("position", sa.BigInteger()), schema="audit")
    # What was kept before is known since its own act: each has one.
    op.execute(
        """
        UPDATE audit.evidence e SET position = v.position FROM audit.event v
         WHERE v.stream = e.county_code AND v.kind = 'EvidenceKept' AND v.body ->> 'evidence_id' = e.id::text"""
    )
    op.alter_column("evidence", "position", nullable=False, schema="audit")
    for statement in audit_known_v1.triggers("evidence", {}):
        op.execute(statement)
    op.create_table(
        "ledger_extract",
        sa.Column("county_code", sa.Text(collation="C"), nullable=False),
        sa.Column("evidence_id", sa.Uuid(), nullable=False),
        sa.Column("finding_id", sa.Uuid(), nullable=False),
        sa.Column("region_code", sa.Text(collation="C"), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("known_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ledger_position", sa.BigInteger(), nullable=False),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "what IN ('lot', 'balance', 'tranche', 'trace', 'tree')", name=op.f("ck_ledger_extract_what")
        ),
        sa.CheckConstraint("ledger_position >= 0", name=op.f("ck_ledger_extract_ledger_position_not_negative")),
        sa.ForeignKeyConstraint(
            ["county_code", "evidence_id"],
            ["audit.evidence.county_code", "audit.evidence.id"],
            name=op.f("fk_ledger_extract_county_code_evidence_id"),
        ),
        sa.PrimaryKeyConstraint("county_code", "evidence_id", name=op.f("pk_ledger_extract")),
        schema="audit",
    )
    op.create_index(
        "ix_ledger_extract_finding", "ledger_extract", ["county_code", "finding_id", "evidence_id"], schema="audit"
    )
    for statement in audit_known_v1.triggers("ledger_extract", {}):
        op.execute(statement)
    for statement in journal_v1.scoped("audit", ROLE, "ledger_extract", "region_code"):
        op.execute(statement)
    op.execute(f"GRANT SELECT, INSERT ON audit.ledger_extract TO {ROLE}")


def downgrade() -> None:
    raise NotImplementedError("a record of suspicion is not rolled back; write a new migration")
