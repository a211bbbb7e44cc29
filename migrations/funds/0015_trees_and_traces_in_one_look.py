"""The tree of any day and the way of one payment are each read by one function, as the owner, for the caller's region."""

from __future__ import annotations

from alembic import op

from migrations import flows_v1, traces_v1

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for part in (flows_v1.functions, traces_v1.functions):
        for statement in part():
            op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("a ledger is not rolled back; write a new migration")
