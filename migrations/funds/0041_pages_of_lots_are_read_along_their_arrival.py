"""A county's or township's open lots are listed page by page along the day they arrived."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_lot_open_by_arrival",
        "lot",
        ["county_code", "arrived_on", "id"],
        unique=False,
        schema="funds",
        postgresql_include=["region_code", "fund_code"],
        postgresql_where=sa.text("is_open"),
    )


def downgrade() -> None:
    raise NotImplementedError("a ledger is not rolled back; write a new migration")
