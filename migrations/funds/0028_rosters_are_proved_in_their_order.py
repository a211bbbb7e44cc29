"""The rows of a roster are proved in the order of their key, and counted by place without being sorted."""

from __future__ import annotations

from alembic import op

from migrations import proof_v1

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for statement in proof_v1.statements():
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("a ledger is not rolled back; write a new migration")
