"""As known at an instant means the same for ever: up to which instant that is so can be asked."""

from __future__ import annotations

from alembic import op

from migrations import journal_settled_v1

revision = "0043"
down_revision = "0042"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for statement in journal_settled_v1.statements("audit", "audit_app"):
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("readings would change afterwards again; write a new migration")
