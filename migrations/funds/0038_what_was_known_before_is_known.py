"""Projects and payments of before are known since they were recorded; the days of a line's entries never run back."""

from __future__ import annotations

from alembic import op

from migrations import incomes_v2, known_v2

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for statement in (*known_v2.corrections(), *incomes_v2.statements()):
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("a ledger is not rolled back; write a new migration")
