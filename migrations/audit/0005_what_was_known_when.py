"""What inspectors write can be asked for as it was known: positions of the journal at a time, and rows that say theirs."""

from __future__ import annotations

from alembic import op

from migrations import audit_known_v1

ROLE = "audit_app"
revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for statement in audit_known_v1.statements(ROLE):
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("a record of suspicion is not rolled back; write a new migration")
