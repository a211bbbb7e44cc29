"""Counters of responsible days are keyed by time before account: they are written and asked for by time."""

from __future__ import annotations

from alembic import op

from migrations import responsibility_v4

revision = "0105"
down_revision = "0104"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for statement in responsibility_v4.statements():
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("a ledger is not rolled back; write a new migration")
