"""What rests is added up and flagged by whose budget it is: the county's own money has another clock than the centre's."""

from __future__ import annotations

from alembic import op

from migrations import flags_v2, idle_v2

revision = "0079"
down_revision = "0078"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for statement in (*idle_v2.statements(), *flags_v2.statements()):
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("a ledger is not rolled back; write a new migration")
