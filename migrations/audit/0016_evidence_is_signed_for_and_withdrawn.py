"""Evidence tells who signed for it, and that it was filed wrongly: by two people, and nothing is taken away."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from migrations import audit_known_v1, journal_v1

ROLE = "audit_app"
revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("evidence", sa.Column("withdrawn_on", sa.Date()), schema="audit")
    op.add_column("evidence", sa.Column("withdrawn_position", sa.BigInteger()), schema="audit")
    op.execute(f"GRANT UPDATE (withdrawn_on, withdrawn_position) ON audit.evidence TO {ROLE}")
    op.execute(
        "CREATE TRIGGER withdrawn_position BEFORE UPDATE ON audit.evidence FOR EACH ROW"
        " WHEN (OLD.withdrawn_on IS NULL AND NEW.withdrawn_on IS NOT NULL)"
        " EXECUTE FUNCTION audit.known_from('withdrawn_position')"
    )
    _signatures()
    _withdrawals()
    changeable = {"evidence_signature": {}, "evidence_withdrawal": {"decision": "decided_position"}}
    for table, later in changeable.items():
        for statement in audit_known_v1.triggers(table, later):
            op.execute(statement)
        for statement in journal_v1.scoped("audit", ROLE, table, "region_code"):
            op.execute(statement)
        op.execute(f"GRANT SELECT, INSERT ON audit.{table} TO {ROLE}")
    op.execute(
        f"GRANT UPDATE (decision, checked_by, opinion, decided_on, decided_position) ON audit.evidence_withdrawal TO {ROLE}"
    )


def _signatures() -> None:
    op.create_table(
        "evidence_signature",
        sa.Column("county_code", sa.Text(collation="C"), nullable=False),
        sa.Column("evidence_id", sa.Uuid(), nullable=False),
        sa.Column("signature_no", sa.SmallInteger(), nullable=False),
        sa.Column("region_code", sa.Text(collation="C"), nullable=False),
        sa.Column("signed", sa.Boolean(), nullable=False),
        sa.Column("supplier", sa.Text(), nullable=False),
        sa.Column("unsigned_because", sa.Text(), nullable=True),
        sa.Column("told_on", sa.Date(), nullable=False),
        sa.Column("told_by", sa.Text(), nullable=False),
        sa.Column("salt", sa.Text(), nullable=True),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("signature_no > 0", name=op.f("ck_evidence_signature_signature_no_positive")),
        sa.CheckConstraint(
            "signed = (unsigned_because IS NULL)", name=op.f("ck_evidence_signature_unsigned_says_why")
        ),
        sa.ForeignKeyConstraint(
            ["county_code", "evidence_id"],
            ["audit.evidence.county_code", "audit.evidence.id"],
            name=op.f("fk_evidence_signature_county_code_evidence_id"),
        ),
        sa.PrimaryKeyConstraint("county_code", "evidence_id", "signature_no", name=op.f("pk_evidence_signature")),
        schema="audit",
    )


def _withdrawals() -> None:
    op.create_table(
        "evidence_withdrawal",
        sa.Column("county_code", sa.Text(collation="C"), nullable=False),
        sa.Column("evidence_id", sa.Uuid(), nullable=False),
        sa.Column("withdrawal_no", sa.SmallInteger(), nullable=False),
        sa.Column("region_code", sa.Text(collation="C"), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("asked_on", sa.Date(), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("decision", sa.Text(), nullable=True),
        sa.Column("checked_by", sa.Text(), nullable=True),
        sa.Column("opinion", sa.Text(), nullable=True),
        sa.Column("decided_on", sa.Date(), nullable=True),
        sa.Column("salt", sa.Text(), nullable=True),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("decided_position", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("withdrawal_no > 0", name=op.f("ck_evidence_withdrawal_withdrawal_no_positive")),
        sa.CheckConstraint("decision IN ('agreed', 'refused')", name=op.f("ck_evidence_withdrawal_decision")),
        sa.CheckConstraint(
            "num_nulls(decision, checked_by, opinion, decided_on, decided_position) IN (0, 5)",
            name=op.f("ck_evidence_withdrawal_decided_whole"),
        ),
        sa.CheckConstraint("checked_by <> made_by", name=op.f("ck_evidence_withdrawal_maker_is_not_checker")),
        sa.CheckConstraint("decided_on >= asked_on", name=op.f("ck_evidence_withdrawal_decided_not_before_asked")),
        sa.ForeignKeyConstraint(
            ["county_code", "evidence_id"],
            ["audit.evidence.county_code", "audit.evidence.id"],
            name=op.f("fk_evidence_withdrawal_county_code_evidence_id"),
        ),
        sa.PrimaryKeyConstraint("county_code", "evidence_id", "withdrawal_no", name=op.f("pk_evidence_withdrawal")),
        schema="audit",
    )
    op.create_index(
        "uq_evidence_withdrawal_standing",
        "evidence_withdrawal",
        ["county_code", "evidence_id"],
        unique=True,
        schema="audit",
        postgresql_where=sa.text("decision IS DISTINCT FROM 'refused'"),
    )


def downgrade() -> None:
    raise NotImplementedError("a record of suspicion is not rolled back; write a new migration")
