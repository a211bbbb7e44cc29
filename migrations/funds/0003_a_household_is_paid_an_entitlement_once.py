"""A household is paid one entitlement once, in the whole county: the two functions that see beyond a township."""

from __future__ import annotations

from alembic import op

from migrations import entitlement_v1

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for statement in entitlement_v1.functions():
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("a ledger is not rolled back; write a new migration")
