"""What targets reached is recorded at acceptance, and a contract can be cancelled."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from migrations.journal_v1 import scoped

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

ROLE = "funds_app"
ENDED = {"cancelled_on": sa.Date(), "cancellation_document": sa.Text(), "settled_fen": sa.BigInteger(), "cancelled_by": sa.Text()}
CHECKS = {
    "cancelled_by_document": "num_nulls(cancelled_on, cancellation_document, settled_fen, cancelled_by) IN (0, 4)",
    "cancelled_after_signing": "cancelled_on >= signed_on",
    "settled_within_amount": "settled_fen BETWEEN 0 AND amount_fen",
}


def upgrade() -> None:
    op.create_table(
        "target_result",
        sa.Column("county_code", sa.Text(collation="C"), primary_key=True),
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("step_seq", sa.Integer(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("region_code", sa.Text(collation="C"), nullable=False),
        sa.Column("reached", sa.Numeric(16, 4), nullable=False),
        sa.Column("reached_on", sa.Date(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("document <> ''", name=op.f("ck_target_result_document_given")),
        sa.ForeignKeyConstraint(
            ["county_code", "project_id", "step_seq"],
            ["funds.project_step.county_code", "funds.project_step.project_id", "funds.project_step.seq"],
            name=op.f("fk_target_result_county_code_project_id_step_seq"),
        ),
        schema="funds",
    )
    op.create_index("ix_target_result_project", "target_result", ["county_code", "project_id", "code"], schema="funds")
    for statement in scoped("funds", ROLE, "target_result", "region_code"):
        op.execute(statement)
    op.execute(f"GRANT SELECT, INSERT ON funds.target_result TO {ROLE}")
    for name, kind in ENDED.items():
        op.add_column("project_contract", sa.Column(name, kind, nullable=True), schema="funds")
    for name, condition in CHECKS.items():
        op.create_check_constraint(op.f(f"ck_project_contract_{name}"), "project_contract", condition, schema="funds")
    op.execute(f"GRANT UPDATE ({', '.join(ENDED)}) ON funds.project_contract TO {ROLE}")


def downgrade() -> None:
    raise NotImplementedError("a ledger is not rolled back; write a new migration")
