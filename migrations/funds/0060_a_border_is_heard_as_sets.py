"""Over a change of code an entitlement is paid one way, too; a whole roster is compared with what kin paid in seconds."""

from __future__ import annotations

from alembic import op

from migrations import kin_v3

revision = "0060"
down_revision = "0059"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for statement in kin_v3.statements():
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("a ledger is not rolled back; write a new migration")
