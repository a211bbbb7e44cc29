"""The way of a payment is asked in one statement, which tells the region and the instant."""

from __future__ import annotations

from alembic import op

from migrations import traces_v2

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for statement in traces_v2.functions():
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("a ledger is not rolled back; write a new migration")
