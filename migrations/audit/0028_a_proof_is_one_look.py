"""A leaf, its tile and the checkpoint it is proved below are one look."""

from __future__ import annotations

from alembic import op

from migrations import record_v2

ROLE = "audit_app"
revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for statement in record_v2.statements(ROLE):
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("a record of suspicion is not rolled back; write a new migration")
