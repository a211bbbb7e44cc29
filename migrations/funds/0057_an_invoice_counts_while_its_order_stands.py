"""An invoice counts while an order that stands claims it: what was undone or came back had burnt it for ever."""

from __future__ import annotations

from alembic import op

from migrations import orders_v2

revision = "0057"
down_revision = "0056"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for statement in orders_v2.statements():
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("a ledger is not rolled back; write a new migration")
