"""The journal reads its clock with the head locked, so times rise with positions."""

from __future__ import annotations

from alembic import op

from migrations import journal_v2

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for statement in journal_v2.statements("identity"):
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("a journal is not rolled back; write a new migration")
