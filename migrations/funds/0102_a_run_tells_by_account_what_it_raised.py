"""A run tells by account what it raised, so that the warnings need not read 100,000 flags again."""

from __future__ import annotations

from alembic import op

from migrations import flags_v5

revision = "0102"
down_revision = "0101"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for statement in flags_v5.statements():
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("a ledger is not rolled back; write a new migration")
