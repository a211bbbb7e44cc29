"""Orders have stages with deadlines of their own, steps with proof, and more time only by a second person."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from migrations import audit_known_v1, journal_v1, rectification_v1

ROLE = "audit_app"
revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

REGION = sa.Text(collation="C")
ORDER = ["audit.rectification_order.county_code", "audit.rectification_order.id"]
ACTIONS = (
    "'issued', 'progress', 'stage_done', 'extension_asked', 'extension_granted', 'extension_refused',"
    " 'supervised', 'closure_requested', 'sent_back', 'closed', 'held', 'relapsed'"
)
# What may be written of a new row later: that a stage was done, and what was decided on more time.
WRITTEN = {
    "rectification_proof": "",
    "rectification_stage": "done_on, done_by",
    "rectification_extension": "decision, opinion, decided_on, checked_by",
}


def positions() -> None:
    for table in ("rectification_order", "rectification_step"):
        op.add_column(table, sa.Column("position", sa.BigInteger(), nullable=True), schema="audit")
    for statement in rectification_v1.filled():
        op.execute(statement)
    for table in ("rectification_order", "rectification_step"):
        op.alter_column(table, "position", nullable=False, schema="audit")
        for statement in audit_known_v1.triggers(table, {}):
            op.execute(statement)


def words() -> None:
    op.drop_constraint(op.f("ck_rectification_step_action"), "rectification_step", schema="audit")
    op.create_check_constraint(
        op.f("ck_rectification_step_action"), "rectification_step", f"action IN ({ACTIONS})", schema="audit"
    )


def tables() -> None:
    op.create_table(
        "rectification_proof",
        sa.Column("county_code", REGION, nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("step_no", sa.SmallInteger(), nullable=False),
        sa.Column("evidence_id", sa.Uuid(), nullable=False),
        sa.Column("region_code", REGION, nullable=False),
        sa.ForeignKeyConstraint(
            ["county_code", "order_id", "step_no"],
            [
                "audit.rectification_step.county_code",
                "audit.rectification_step.order_id",
                "audit.rectification_step.step_no",
            ],
            name=op.f("fk_rectification_proof_county_code_order_id_step_no"),
        ),
        sa.ForeignKeyConstraint(
            ["county_code", "evidence_id"],
            ["audit.evidence.county_code", "audit.evidence.id"],
            name=op.f("fk_rectification_proof_county_code_evidence_id"),
        ),
        sa.PrimaryKeyConstraint(
            "county_code", "order_id", "step_no", "evidence_id", name=op.f("pk_rectification_proof")
        ),
        schema="audit",
    )
    op.create_table(
        "rectification_stage",
        sa.Column("county_code", REGION, nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("stage_no", sa.SmallInteger(), nullable=False),
        sa.Column("region_code", REGION, nullable=False),
        sa.Column("task", sa.Text(), nullable=False),
        sa.Column("deadline", sa.Date(), nullable=False),
        sa.Column("done_on", sa.Date(), nullable=True),
        sa.Column("done_by", sa.Text(), nullable=True),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("done_position", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("stage_no > 0", name=op.f("ck_rectification_stage_stage_no_positive")),
        sa.CheckConstraint(
            "(done_on IS NULL) = (done_by IS NULL)", name=op.f("ck_rectification_stage_done_says_by_whom")
        ),
        sa.CheckConstraint(
            "(done_on IS NULL) = (done_position IS NULL)", name=op.f("ck_rectification_stage_done_is_positioned")
        ),
        sa.ForeignKeyConstraint(
            ["county_code", "order_id"], ORDER, name=op.f("fk_rectification_stage_county_code_order_id")
        ),
        sa.PrimaryKeyConstraint("county_code", "order_id", "stage_no", name=op.f("pk_rectification_stage")),
        schema="audit",
    )
    op.create_table(
        "rectification_extension",
        sa.Column("county_code", REGION, nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("region_code", REGION, nullable=False),
        sa.Column("old_deadline", sa.Date(), nullable=False),
        sa.Column("new_deadline", sa.Date(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("asked_on", sa.Date(), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("version_hash", sa.Text(), nullable=False),
        sa.Column("decision", sa.Text(), nullable=True),
        sa.Column("opinion", sa.Text(), nullable=True),
        sa.Column("decided_on", sa.Date(), nullable=True),
        sa.Column("checked_by", sa.Text(), nullable=True),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("decided_position", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("new_deadline > old_deadline", name=op.f("ck_rectification_extension_later")),
        sa.CheckConstraint("decision IN ('grant', 'refuse')", name=op.f("ck_rectification_extension_decision")),
        sa.CheckConstraint(
            "num_nonnulls(decision, opinion, decided_on, checked_by, decided_position) IN (0, 5)",
            name=op.f("ck_rectification_extension_decided_whole"),
        ),
        sa.CheckConstraint("checked_by <> made_by", name=op.f("ck_rectification_extension_maker_is_not_checker")),
        sa.CheckConstraint(
            "decided_on >= asked_on", name=op.f("ck_rectification_extension_decided_not_before_asked")
        ),
        sa.ForeignKeyConstraint(
            ["county_code", "order_id"], ORDER, name=op.f("fk_rectification_extension_county_code_order_id")
        ),
        sa.PrimaryKeyConstraint("county_code", "id", name=op.f("pk_rectification_extension")),
        schema="audit",
    )
    op.create_index(
        "uq_rectification_extension_open",
        "rectification_extension",
        ["county_code", "order_id"],
        unique=True,
        schema="audit",
        postgresql_where=sa.text("decision IS NULL"),
    )
    op.create_index(
        "ix_rectification_extension_order", "rectification_extension", ["county_code", "order_id"], schema="audit"
    )


def upgrade() -> None:
    positions()
    words()
    tables()
    for table, changeable in WRITTEN.items():
        for statement in journal_v1.scoped("audit", ROLE, table, "region_code"):
            op.execute(statement)
        op.execute(f"GRANT SELECT, INSERT ON audit.{table} TO {ROLE}")
        if changeable:
            op.execute(f"GRANT UPDATE ({changeable}) ON audit.{table} TO {ROLE}")
    for statement in audit_known_v1.triggers("rectification_stage", {"done_on": "done_position"}):
        op.execute(statement)
    for statement in audit_known_v1.triggers("rectification_extension", {"decision": "decided_position"}):
        op.execute(statement)
    for statement in rectification_v1.stages():
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("a record of suspicion is not rolled back; write a new migration")
