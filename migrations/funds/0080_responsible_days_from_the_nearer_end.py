"""Fen-days of a day are added up from the nearer end of its month and of all months."""

from __future__ import annotations

from alembic import op

from migrations import responsibility_v2

revision = "0080"
down_revision = "0079"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for statement in responsibility_v2.statements():
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("a ledger is not rolled back; write a new migration")
