"""Undoing the payment of what was kept for a household keeps it again, for the same household."""

from __future__ import annotations

from alembic import op

from migrations import returns_v2

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for statement in returns_v2.functions():
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("a ledger is not rolled back; write a new migration")
