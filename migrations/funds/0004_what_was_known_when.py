"""Every row of the ledger says which act recorded it; holds, retentions, closed books and sums by month."""

from __future__ import annotations

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Filled by the change that brings its tables."""


def downgrade() -> None:
    raise NotImplementedError("a ledger is not rolled back; write a new migration")
