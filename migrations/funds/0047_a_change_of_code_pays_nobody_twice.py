"""What kin counties paid counts: entitlements, caps and exclusions over a change of code, and fees on the same money."""

from __future__ import annotations

from alembic import op

from migrations import kin_v1

revision = "0047"
down_revision = "0046"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for statement in kin_v1.statements():
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("a ledger is not rolled back; write a new migration")
