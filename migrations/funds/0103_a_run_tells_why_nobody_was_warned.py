"""A rule of a run tells why no unit was warned of what it raised; before, it was silent about that."""

from __future__ import annotations

from alembic import op

revision = "0103"
down_revision = "0102"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE funds.flag_run_rule ADD COLUMN unwarned_because text")


def downgrade() -> None:
    raise NotImplementedError("a ledger is not rolled back; write a new migration")
