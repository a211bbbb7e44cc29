"""The project library: stages with documents, progress, assets and what they earn."""

from __future__ import annotations

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Filled by the change that brings its tables."""


def downgrade() -> None:
    raise NotImplementedError("a ledger is not rolled back; write a new migration")
