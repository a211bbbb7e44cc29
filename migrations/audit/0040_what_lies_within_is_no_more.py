"""A finding comes to no more than what it lies within, also after that one was drawn up anew."""

from __future__ import annotations

from alembic import op

from migrations import findings_v3

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for statement in findings_v3.statements():
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("a record of suspicion is not rolled back; write a new migration")
