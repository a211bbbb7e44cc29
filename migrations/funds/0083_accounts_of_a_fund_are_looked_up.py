"""Fen-days of a fund look its accounts up by their keys; they were compared with every desk of the county."""

from __future__ import annotations

from alembic import op

from migrations import responsibility_v3

revision = "0083"
down_revision = "0082"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for statement in responsibility_v3.statements():
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("a ledger is not rolled back; write a new migration")
