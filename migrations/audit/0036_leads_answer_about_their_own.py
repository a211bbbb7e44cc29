"""No function answers the service about somebody else's lead or declaration, and a draft is referred by nobody."""

from __future__ import annotations

from alembic import op

from migrations import leads_v2

ROLE = "audit_app"
revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for statement in leads_v2.statements(ROLE):
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("a record of suspicion is not rolled back; write a new migration")
