"""An engagement that was planned and never started can be ended."""

from __future__ import annotations

from alembic import op

from migrations import audit_engagements_v6

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(audit_engagements_v6.IN_TURN)


def downgrade() -> None:
    raise NotImplementedError("a record of suspicion is not rolled back; write a new migration")
