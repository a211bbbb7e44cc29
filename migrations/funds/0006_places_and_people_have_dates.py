"""Places, households and persons with the days on which they were what they were."""

from __future__ import annotations

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Filled by the change that brings its tables."""


def downgrade() -> None:
    raise NotImplementedError("a ledger is not rolled back; write a new migration")
