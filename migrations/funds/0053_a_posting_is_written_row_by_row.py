"""A posting is written row by row: most of its time went into setting up statements for many rows where there was one."""

from __future__ import annotations

from alembic import op

from migrations import ledger_v5

revision = "0053"
down_revision = "0052"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for statement in ledger_v5.statements():
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("a ledger is not rolled back; write a new migration")
