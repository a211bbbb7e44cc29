"""What is asked of a roster is planned as sets, although the statistics have not seen its batch yet."""

from __future__ import annotations

from alembic import op

from migrations import rosters_v1

revision = "0065"
down_revision = "0064"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for statement in rosters_v1.statements():
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("a ledger is not rolled back; write a new migration")
