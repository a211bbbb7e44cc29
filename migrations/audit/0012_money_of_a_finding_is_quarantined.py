"""Inspectors quarantine fen of a finding's lots: drawn up by one, confirmed by another, released likewise."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from migrations import audit_quarantines_v1

ROLE = "audit_app"
revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

REGION = sa.Text(collation="C")


def upgrade() -> None:
    op.create_table(
        "quarantine",
        sa.Column("county_code", REGION, nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("region_code", REGION, nullable=False),
        sa.Column("finding_id", sa.Uuid(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("asked_fen", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("asked_fen > 0", name=op.f("ck_quarantine_asked_positive")),
        sa.ForeignKeyConstraint(["county_code", "finding_id"], ["audit.finding.county_code", "audit.finding.id"], name=op.f("fk_quarantine_county_code_finding_id")),
        sa.PrimaryKeyConstraint("county_code", "id", name=op.f("pk_quarantine")),
        schema="audit",
    )
    op.create_index("ix_quarantine_finding", "quarantine", ["county_code", "finding_id"], schema="audit")
    op.create_table(
        "quarantine_lot",
        sa.Column("county_code", REGION, nullable=False),
        sa.Column("quarantine_id", sa.Uuid(), nullable=False),
        sa.Column("lot_id", sa.Uuid(), nullable=False),
        sa.Column("region_code", REGION, nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("amount_fen > 0", name=op.f("ck_quarantine_lot_amount_positive")),
        sa.ForeignKeyConstraint(["county_code", "quarantine_id"], ["audit.quarantine.county_code", "audit.quarantine.id"], name=op.f("fk_quarantine_lot_county_code_quarantine_id")),
        sa.PrimaryKeyConstraint("county_code", "quarantine_id", "lot_id", name=op.f("pk_quarantine_lot")),
        schema="audit",
    )
    op.create_table(
        "quarantine_step",
        sa.Column("county_code", REGION, nullable=False),
        sa.Column("quarantine_id", sa.Uuid(), nullable=False),
        sa.Column("step_no", sa.SmallInteger(), nullable=False),
        sa.Column("region_code", REGION, nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("done_on", sa.Date(), nullable=False),
        sa.Column("done_by", sa.Text(), nullable=False),
        sa.Column("made_by", sa.Text()),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("version_hash", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("step_no > 0", name=op.f("ck_quarantine_step_step_no_counts")),
        sa.CheckConstraint("(made_by IS NULL) = (step IN ('drawn', 'release_drawn'))", name=op.f("ck_quarantine_step_decision_names_its_maker")),
        sa.CheckConstraint("made_by <> done_by", name=op.f("ck_quarantine_step_maker_is_not_checker")),
        sa.CheckConstraint("length(version_hash) = 64", name=op.f("ck_quarantine_step_version_hash_length")),
        sa.ForeignKeyConstraint(["county_code", "quarantine_id"], ["audit.quarantine.county_code", "audit.quarantine.id"], name=op.f("fk_quarantine_step_county_code_quarantine_id")),
        sa.PrimaryKeyConstraint("county_code", "quarantine_id", "step_no", name=op.f("pk_quarantine_step")),
        schema="audit",
    )
    op.create_table(
        "quarantine_told",
        sa.Column("county_code", REGION, nullable=False),
        sa.Column("quarantine_id", sa.Uuid(), nullable=False),
        sa.Column("told", sa.Text(), nullable=False),
        sa.Column("region_code", REGION, nullable=False),
        sa.Column("told_on", sa.Date(), nullable=False),
        sa.Column("fen", sa.BigInteger(), nullable=False),
        sa.Column("missing_fen", sa.BigInteger(), nullable=False),
        sa.Column("lots", JSONB(), nullable=False),
        sa.Column("feed_position", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("told IN ('kept', 'freed')", name=op.f("ck_quarantine_told_told")),
        sa.CheckConstraint("fen >= 0 AND missing_fen >= 0", name=op.f("ck_quarantine_told_not_negative")),
        sa.ForeignKeyConstraint(["county_code", "quarantine_id"], ["audit.quarantine.county_code", "audit.quarantine.id"], name=op.f("fk_quarantine_told_county_code_quarantine_id")),
        sa.PrimaryKeyConstraint("county_code", "quarantine_id", "told", name=op.f("pk_quarantine_told")),
        schema="audit",
    )
    for statement in audit_quarantines_v1.statements(ROLE):
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("a record of suspicion is not rolled back; write a new migration")
