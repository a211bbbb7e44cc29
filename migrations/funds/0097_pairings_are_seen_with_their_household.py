"""Pairings are seen where their household is: the township it left knows that it was paired anew elsewhere."""

from __future__ import annotations

from alembic import op

from migrations import visits_v2

revision = "0097"
down_revision = "0096"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for statement in visits_v2.statements():
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("a ledger is not rolled back; write a new migration")
