"""The database holds that no more of a lot is quarantined for a finding than the finding is bound to."""

from __future__ import annotations

from alembic import op

from migrations import audit_quarantines_v3

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for statement in audit_quarantines_v3.statements():
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("a record of suspicion is not rolled back; write a new migration")
