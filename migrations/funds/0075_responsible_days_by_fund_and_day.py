"""What an account holds and answers for is kept by day, and by fund: yuan-days of any day are added up from few rows."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from migrations import ledger_v6, responsibility_v1

revision = "0075"
down_revision = "0074"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "account_period",
        sa.Column("county_code", sa.Text(collation="C"), primary_key=True),
        sa.Column("fund_code", sa.Text(), primary_key=True),
        sa.Column("grain", sa.Text(), primary_key=True),
        sa.Column("account_id", sa.Uuid(), primary_key=True),
        sa.Column("since", sa.Date(), primary_key=True),
        sa.Column("region_code", sa.Text(collation="C"), nullable=False),
        sa.Column("net_fen", sa.BigInteger(), nullable=False),
        sa.Column("net_fen_day", sa.Numeric(38, 0), nullable=False),
        sa.Column("charged_fen_days", sa.Numeric(38, 0), nullable=False),
        sa.CheckConstraint(
            "grain = 'day' OR grain = 'month' AND fund_code <> ''", name=op.f("ck_account_period_grain")
        ),
        schema="funds",
        postgresql_with={"fillfactor": 50},
    )
    for part in (responsibility_v1.statements, ledger_v6.statements):
        for statement in part():
            op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("a ledger is not rolled back; write a new migration")
