"""A finding on a movement, an order, a batch, a row of one or a project is bound to the lots where that money rests.

What was confirmed before stands as it was: nobody decided on lots then.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from migrations import findings_bound_v1

ROLE = "audit_app"
REGION = sa.Text(collation="C")
revision = "0052"
down_revision = "0051"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for column in (
        sa.Column("told_position", sa.BigInteger(), nullable=True),
        sa.Column("shared", sa.Boolean(), nullable=False, server_default=sa.text("false")),
        sa.Column("leaving", sa.Boolean(), nullable=False, server_default=sa.text("false")),
        sa.Column("depth", sa.SmallInteger(), nullable=False, server_default=sa.text("0")),
    ):
        op.add_column("finding_lot", column, schema="audit")
    for name, rule in (
        ("alerted_or_told", "alert_id IS NULL OR told_position IS NULL"),
        ("shared_is_told", "told_position IS NOT NULL OR NOT (shared OR leaving)"),
    ):
        op.create_check_constraint(op.f(f"ck_finding_lot_{name}"), "finding_lot", rule, schema="audit")
    op.drop_index("uq_finding_lot_held", "finding_lot", schema="audit")
    op.create_index(
        "uq_finding_lot_held",
        "finding_lot",
        ["county_code", "lot_id"],
        unique=True,
        schema="audit",
        postgresql_where=sa.text("held AND NOT shared"),
    )
    for column in (
        sa.Column("reverses_id", sa.Uuid(), nullable=True),
        sa.Column("batch_id", sa.Uuid(), nullable=True),
        sa.Column("line", sa.Integer(), nullable=True),
    ):
        op.add_column("lot_draw", column, schema="audit")
    op.create_table(
        "finding_subject_lot",
        sa.Column("county_code", REGION, nullable=False),
        sa.Column("finding_id", sa.Uuid(), nullable=False),
        sa.Column("version_no", sa.Integer(), nullable=False),
        sa.Column("lot_no", sa.Integer(), nullable=False),
        sa.Column("subject_no", sa.Integer(), nullable=False),
        sa.Column("lot_id", sa.Uuid(), nullable=False),
        sa.Column("region_code", REGION, nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("movement_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("depth", sa.SmallInteger(), nullable=False),
        sa.Column("batch_id", sa.Uuid(), nullable=True),
        sa.Column("line", sa.Integer(), nullable=True),
        sa.CheckConstraint("lot_no > 0", name=op.f("ck_finding_subject_lot_lot_no_positive")),
        sa.CheckConstraint("(batch_id IS NULL) = (line IS NULL)", name=op.f("ck_finding_subject_lot_row_of_a_batch")),
        sa.CheckConstraint("depth >= 0", name=op.f("ck_finding_subject_lot_depth_not_negative")),
        sa.CheckConstraint("amount_fen > 0", name=op.f("ck_finding_subject_lot_amount_positive")),
        sa.CheckConstraint("position >= 0", name=op.f("ck_finding_subject_lot_position_not_negative")),
        sa.ForeignKeyConstraint(
            ["county_code", "finding_id", "version_no", "subject_no"],
            [f"audit.finding_subject.{name}" for name in ("county_code", "finding_id", "version_no", "subject_no")],
            name="fk_finding_subject_lot_subject",
        ),
        sa.PrimaryKeyConstraint(
            "county_code", "finding_id", "version_no", "lot_no", name=op.f("pk_finding_subject_lot")
        ),
        schema="audit",
    )
    op.create_index("ix_finding_subject_lot_lot", "finding_subject_lot", ["county_code", "lot_id"], schema="audit")
    op.create_table(
        "followed_lot",
        sa.Column("county_code", REGION, nullable=False),
        sa.Column("lot_id", sa.Uuid(), nullable=False),
        sa.Column("region_code", REGION, nullable=False),
        sa.PrimaryKeyConstraint("county_code", "lot_id", name=op.f("pk_followed_lot")),
        schema="audit",
    )
    op.create_table(
        "binding_move",
        sa.Column("county_code", REGION, nullable=False),
        sa.Column("finding_id", sa.Uuid(), nullable=False),
        sa.Column("to_lot_id", sa.Uuid(), nullable=False),
        sa.Column("from_lot_id", sa.Uuid(), nullable=False),
        sa.Column("movement_id", sa.Uuid(), nullable=False),
        sa.Column("region_code", REGION, nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("amount_fen > 0", name=op.f("ck_binding_move_amount_positive")),
        sa.ForeignKeyConstraint(
            ["county_code", "finding_id"],
            ["audit.finding.county_code", "audit.finding.id"],
            name=op.f("fk_binding_move_county_code_finding_id"),
        ),
        sa.PrimaryKeyConstraint("county_code", "finding_id", "to_lot_id", name=op.f("pk_binding_move")),
        schema="audit",
    )
    for statement in findings_bound_v1.statements(ROLE):
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("a record of suspicion is not rolled back; write a new migration")
