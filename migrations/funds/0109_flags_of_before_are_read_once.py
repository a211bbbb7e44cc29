"""A run reads the flags that no run raised once: looked for lot by lot, they were looked for among rows being written."""

from __future__ import annotations

from alembic import op

from migrations import flags_v7

revision = "0109"
down_revision = "0108"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for statement in flags_v7.statements():
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("a ledger is not rolled back; write a new migration")
