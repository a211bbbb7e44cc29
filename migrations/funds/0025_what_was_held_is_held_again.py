"""Undoing any payment of held fen holds them again, and voiding a hold takes its locks in the order of postings."""

from __future__ import annotations

from alembic import op

from migrations import holds_v1

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for statement in holds_v1.functions():
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("a ledger is not rolled back; write a new migration")
