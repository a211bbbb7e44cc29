"""A person can be forgotten: words go by the decision of two people, and every hash and proof stays."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations import audit_erasures_v1, audit_known_v1, journal_v1

ROLE = "audit_app"
revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "erasure",
        sa.Column("county_code", sa.Text(collation="C"), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("region_code", sa.Text(collation="C"), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("row_id", sa.Uuid(), nullable=False),
        sa.Column("fields", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("texts_n", sa.Integer(), nullable=False),
        sa.Column("asked_on", sa.Date(), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("salt", sa.Text(), nullable=True),
        sa.Column("version_hash", sa.Text(), nullable=False),
        sa.Column("decision", sa.Text(), nullable=True),
        sa.Column("checked_by", sa.Text(), nullable=True),
        sa.Column("opinion", sa.Text(), nullable=True),
        sa.Column("decided_on", sa.Date(), nullable=True),
        sa.Column("events_n", sa.Integer(), nullable=True),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("decided_position", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "what IN ('finding', 'evidence', 'alert', 'rectification_order')", name=op.f("ck_erasure_what")
        ),
        sa.CheckConstraint("cardinality(fields) > 0", name=op.f("ck_erasure_fields_named")),
        sa.CheckConstraint(
            "basis IN ('purpose_ended', 'service_ended', 'consent_withdrawn', 'handled_unlawfully', 'other_law')",
            name=op.f("ck_erasure_basis"),
        ),
        sa.CheckConstraint("texts_n > 0", name=op.f("ck_erasure_texts_n_positive")),
        sa.CheckConstraint("decision IN ('agreed', 'refused')", name=op.f("ck_erasure_decision")),
        sa.CheckConstraint(
            "num_nulls(decision, checked_by, opinion, decided_on, decided_position) IN (0, 5)",
            name=op.f("ck_erasure_decided_whole"),
        ),
        sa.CheckConstraint("checked_by <> made_by", name=op.f("ck_erasure_maker_is_not_checker")),
        sa.CheckConstraint("decided_on >= asked_on", name=op.f("ck_erasure_decided_not_before_asked")),
        sa.CheckConstraint("events_n IS NULL OR decision = 'agreed'", name=op.f("ck_erasure_done_was_agreed")),
        sa.PrimaryKeyConstraint("county_code", "id", name=op.f("pk_erasure")),
        schema="audit",
    )
    op.create_index("ix_erasure_row", "erasure", ["county_code", "row_id"], schema="audit")
    op.create_table(
        "erased_outcome",
        sa.Column("county_code", sa.Text(collation="C"), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("erasure_id", sa.Uuid(), nullable=False),
        sa.Column("outcome_sha256", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("length(outcome_sha256) = 32", name=op.f("ck_erased_outcome_outcome_sha256_length")),
        sa.ForeignKeyConstraint(
            ["county_code", "erasure_id"],
            ["audit.erasure.county_code", "audit.erasure.id"],
            name=op.f("fk_erased_outcome_county_code_erasure_id"),
        ),
        sa.PrimaryKeyConstraint("county_code", "position", name=op.f("pk_erased_outcome")),
        schema="audit",
    )
    for statement in audit_known_v1.triggers("erasure", {"decision": "decided_position"}):
        op.execute(statement)
    for table, column in (("erasure", "region_code"), ("erased_outcome", "county_code")):
        for statement in journal_v1.scoped("audit", ROLE, table, column):
            op.execute(statement)
    op.execute(f"GRANT SELECT, INSERT ON audit.erasure TO {ROLE}")
    op.execute(
        f"GRANT UPDATE (decision, checked_by, opinion, decided_on, decided_position) ON audit.erasure TO {ROLE}"
    )
    op.execute(f"GRANT SELECT ON audit.erased_outcome TO {ROLE}")
    for statement in audit_erasures_v1.statements(ROLE):
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("what was forgotten is not remembered again; write a new migration")
