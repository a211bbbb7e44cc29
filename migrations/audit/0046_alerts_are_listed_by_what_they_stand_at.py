"""Alerts are listed by what they stand at, whatever the page."""

from __future__ import annotations

from alembic import op

from migrations import alerts_stand_v1

revision = "0046"
down_revision = "0045"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for statement in alerts_stand_v1.statements():
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("a record of suspicion is not rolled back; write a new migration")
