"""Acts that give several households their money again hold all of their entitlements at once, in one order."""

from __future__ import annotations

from alembic import op

from migrations import entitlement_v4

revision = "0043"
down_revision = "0042"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for statement in entitlement_v4.statements():
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("a ledger is not rolled back; write a new migration")
