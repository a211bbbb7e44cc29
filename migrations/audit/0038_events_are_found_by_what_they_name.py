"""The rows of a case are found by the ids that events name, without reading the county's whole journal."""

from __future__ import annotations

from alembic import op

from migrations import event_named_v1

ROLE = "audit_app"
revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for statement in event_named_v1.statements(ROLE):
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("a record of suspicion is not rolled back; write a new migration")
