"""An entitlement is paid to households or to persons, never both; one name for the many brackets it is printed with."""

from __future__ import annotations

from alembic import op

from migrations import entitlement_v5

revision = "0054"
down_revision = "0053"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for statement in entitlement_v5.statements():
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("a ledger is not rolled back; write a new migration")
