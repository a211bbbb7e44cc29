"""Money whose clock goes on is asked about once, and what was recorded within a week of its day is not missed."""

from __future__ import annotations

from alembic import op

from migrations import flags_v4

revision = "0095"
down_revision = "0094"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for statement in flags_v4.statements():
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("a ledger is not rolled back; write a new migration")
