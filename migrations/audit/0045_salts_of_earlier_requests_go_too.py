"""Where words of a thing are forgotten, no earlier request about them can be used to guess at them."""

from __future__ import annotations

from alembic import op

from migrations import audit_erasures_v3

revision = "0045"
down_revision = "0044"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for statement in audit_erasures_v3.statements():
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("what was forgotten is not remembered again; write a new migration")
