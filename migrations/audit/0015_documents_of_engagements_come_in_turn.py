"""The database itself takes no document of an engagement out of turn."""

from __future__ import annotations

from alembic import op

from migrations import audit_engagements_v2

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for statement in audit_engagements_v2.statements():
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("a record of suspicion is not rolled back; write a new migration")
