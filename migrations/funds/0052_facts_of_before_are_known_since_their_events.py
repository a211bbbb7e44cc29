"""Approvals, titles, closings and the like of before are known since the event that tells them, not since the upgrade."""

from __future__ import annotations

from alembic import op

from migrations import known_v3

revision = "0052"
down_revision = "0051"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for statement in known_v3.corrections():
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("a ledger is not rolled back; write a new migration")
