"""A policy value says when it was recorded; those that were there before count as always known.

An instant and no position, because a number of the law belongs to no county's journal. Written when the row is, not
when its transaction began: between the two lies whatever the administrator did in it.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0045"
down_revision = "0044"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "policy_value", sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=True), schema="funds"
    )
    op.alter_column("policy_value", "recorded_at", server_default=sa.text("clock_timestamp()"), schema="funds")


def downgrade() -> None:
    raise NotImplementedError("a ledger is not rolled back; write a new migration")
