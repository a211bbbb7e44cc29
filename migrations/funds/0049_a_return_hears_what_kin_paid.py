"""Undoing a return hears what kin paid meanwhile; who the kin are is found by probes of an index."""

from __future__ import annotations

from alembic import op

from migrations import kin_v2

revision = "0049"
down_revision = "0048"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for statement in kin_v2.statements():
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("a ledger is not rolled back; write a new migration")
