"""Of the lots whose clock was ever stopped only those that may rest are told: what is long empty cost each question."""

from __future__ import annotations

from alembic import op

from migrations import stops_v2

revision = "0074"
down_revision = "0073"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for statement in stops_v2.statements():
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("a ledger is not rolled back; write a new migration")
