"""Flags are named by what they ask, and those of lots are short rows: four indexes and the facts of each took most of a run.

Who was flagged before keeps the name that others know; of those one unique index without a run remains.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from migrations import flags_v3

revision = "0087"
down_revision = "0086"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_constraint(op.f("uq_flag_county_code_rule_code_subject_id_mark"), "flag", schema="funds")
    op.drop_index("ix_flag_region", table_name="flag", schema="funds")
    op.drop_index("ix_flag_run", table_name="flag", schema="funds")
    op.create_index(
        "uq_flag_without_run",
        "flag",
        ["county_code", "rule_code", "subject_id", "mark"],
        unique=True,
        schema="funds",
        postgresql_where=sa.text("run_id IS NULL"),
    )
    op.create_index("ix_flag_run", "flag", ["run_id"], schema="funds", postgresql_using="brin")
    op.alter_column("flag", "facts", nullable=True, schema="funds")
    op.create_check_constraint(
        op.f("ck_flag_facts_or_lot"), "flag", "(facts IS NULL) <= (subject = 'lot' AND run_id IS NOT NULL)", schema="funds"
    )
    op.drop_column("flag", "lot_id", schema="funds")
    for statement in flags_v3.statements():
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("a ledger is not rolled back; write a new migration")
