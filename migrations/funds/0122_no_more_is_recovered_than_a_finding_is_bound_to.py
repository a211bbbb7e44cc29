"""No more is recovered for a finding than it is bound to."""

from __future__ import annotations

from alembic import op

from migrations import recoveries_v2

revision = "0122"
down_revision = "0121"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for statement in recoveries_v2.statements():
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("a ledger is not rolled back; write a new migration")
