"""What a budget year took over from others is told from sums, border by border; a year's flows are found by the year."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from migrations import carried_v1, ledger_v4

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # The function again, for a database that met 0031 before it booked each border.
    for statement in (*ledger_v4.statements(), *carried_v1.statements()):
        op.execute(statement)
    op.create_index(
        "ix_flow_month_carried",
        "flow_month",
        ["county_code", "fiscal_year", "month"],
        unique=False,
        schema="funds",
        postgresql_where=sa.text("flow = 'carry_over'"),
    )
    op.create_index(
        "ix_flow_month_year",
        "flow_month",
        ["county_code", "fiscal_year", "fund_code", "month"],
        unique=False,
        schema="funds",
    )


def downgrade() -> None:
    raise NotImplementedError("a ledger is not rolled back; write a new migration")
