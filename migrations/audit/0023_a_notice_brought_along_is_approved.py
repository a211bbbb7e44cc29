"""A notice that is brought along is approved by the person it names; fieldwork lies within its period."""

from __future__ import annotations

from alembic import op

from migrations import audit_engagements_v4

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for statement in audit_engagements_v4.statements():
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("a record of suspicion is not rolled back; write a new migration")
