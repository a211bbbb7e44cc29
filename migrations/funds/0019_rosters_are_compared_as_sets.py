"""Two rosters of one entitlement are compared as sets, however many people they name."""

from __future__ import annotations

from alembic import op

from migrations import entitlement_v3

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for statement in entitlement_v3.statements():
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("a ledger is not rolled back; write a new migration")
