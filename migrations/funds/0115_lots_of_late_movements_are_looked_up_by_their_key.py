"""What was recorded late is found by the key of its movement, however many lots a movement makes."""

from __future__ import annotations

from alembic import op

from migrations import flags_v13

revision = "0115"
down_revision = "0114"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for statement in flags_v13.statements():
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("a ledger is not rolled back; write a new migration")
