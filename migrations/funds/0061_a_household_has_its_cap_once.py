"""The cap of a household for one entitlement holds over all rosters of persons that pay it."""

from __future__ import annotations

from alembic import op

from migrations import household_cap_v1

revision = "0061"
down_revision = "0060"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for statement in household_cap_v1.statements():
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("a ledger is not rolled back; write a new migration")
