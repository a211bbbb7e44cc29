"""After missed days, what was recorded within the week but behind the last run is asked about too."""

from __future__ import annotations

from alembic import op

from migrations import flags_v11

revision = "0113"
down_revision = "0112"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for statement in flags_v11.statements():
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("a ledger is not rolled back; write a new migration")
