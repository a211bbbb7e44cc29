"""Money is recovered from the household of a row; a return that is undone is held to the caps of the year."""

from __future__ import annotations

from alembic import op

from migrations import returns_v4

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for statement in returns_v4.statements():
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("a ledger is not rolled back; write a new migration")
