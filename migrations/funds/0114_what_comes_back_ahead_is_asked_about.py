"""Money that comes back on a day that was still to come is asked about when it is there."""

from __future__ import annotations

from alembic import op

from migrations import flags_v12

revision = "0114"
down_revision = "0113"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for statement in flags_v12.statements():
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("a ledger is not rolled back; write a new migration")
