"""Caps and exclusions over a fund's year are held by household, whoever of its people was paid."""

from __future__ import annotations

from alembic import op

from migrations import people_year_v1

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for statement in people_year_v1.statements():
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("a ledger is not rolled back; write a new migration")
