"""A clock rule goes through what crosses once, to write it and to count it."""

from __future__ import annotations

from alembic import op

from migrations import flags_v8

revision = "0110"
down_revision = "0109"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for statement in flags_v8.statements():
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("a ledger is not rolled back; write a new migration")
