"""No function of this schema answers every role of the database: whom it serves is granted it, and nobody else."""

from __future__ import annotations

from alembic import op

revision = "0121"
down_revision = "0120"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # A trigger and a repair ask the one, as the owner; the other is asked before a stop is recorded too.
    op.execute("REVOKE ALL ON FUNCTION funds.clock_stop_limit(text, text, date) FROM PUBLIC")
    op.execute("REVOKE ALL ON FUNCTION funds.shown_since(text, uuid, uuid, date) FROM PUBLIC")
    op.execute("GRANT EXECUTE ON FUNCTION funds.shown_since(text, uuid, uuid, date) TO funds_app")


def downgrade() -> None:
    raise NotImplementedError("what everybody could ask is not opened again; write a new migration")
