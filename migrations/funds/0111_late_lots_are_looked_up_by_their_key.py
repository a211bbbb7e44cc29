"""One lot that was recorded late no longer makes a run read every lot that has passed the line."""

from __future__ import annotations

from alembic import op

from migrations import flags_v9

revision = "0111"
down_revision = "0110"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for statement in flags_v9.statements():
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("a ledger is not rolled back; write a new migration")
