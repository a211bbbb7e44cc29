"""What a fund may be used for in a year, function codes, and treasury orders with their results."""

from __future__ import annotations

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Filled by the change that brings its tables."""


def downgrade() -> None:
    raise NotImplementedError("a ledger is not rolled back; write a new migration")
