"""Extracts are of where a finding's money is, too."""

from __future__ import annotations

from alembic import op

revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None

KINDS = "'lot', 'balance', 'tranche', 'trace', 'tree', 'movement', 'document', 'household', 'finding'"


def upgrade() -> None:
    op.drop_constraint(op.f("ck_ledger_extract_what"), "ledger_extract", schema="audit")
    op.create_check_constraint(op.f("ck_ledger_extract_what"), "ledger_extract", f"what IN ({KINDS})", schema="audit")


def downgrade() -> None:
    raise NotImplementedError("a record of suspicion is not rolled back; write a new migration")
