"""A finding that was made in an engagement is about the places and the funds that it looks at."""

from __future__ import annotations

from alembic import op

from migrations import audit_engagements_v9

revision = "0051"
down_revision = "0050"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for statement in audit_engagements_v9.statements():
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("a record of suspicion is not rolled back; write a new migration")
