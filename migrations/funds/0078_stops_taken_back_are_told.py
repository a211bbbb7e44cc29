"""A stop that was taken back is told with no days: its lots crossed their limits while nobody was asked about them."""

from __future__ import annotations

from alembic import op

from migrations import stops_v3

revision = "0078"
down_revision = "0077"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for statement in stops_v3.statements():
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("a ledger is not rolled back; write a new migration")
