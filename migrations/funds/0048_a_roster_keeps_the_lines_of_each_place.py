"""A roster keeps the lines of each place that it pays, so that a village's households are found without the others."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations import household_flows_v2

revision = "0048"
down_revision = "0047"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("batch_place", sa.Column("lines", postgresql.ARRAY(sa.Integer()), nullable=True), schema="funds")
    for statement in household_flows_v2.statements():
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("a ledger is not rolled back; write a new migration")
