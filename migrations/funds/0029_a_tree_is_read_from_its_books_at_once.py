"""All that the tree of any day is built from is read by one function, its movements once."""

from __future__ import annotations

from alembic import op

from migrations import flows_v2

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for statement in flows_v2.functions():
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("a ledger is not rolled back; write a new migration")
