"""What flowed between accounts by month and by year, whatever fund; carry-overs are undone in the year they entered."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from migrations import ledger_v3

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def code(name: str, *, nullable: bool = False, key: bool = False) -> sa.Column[str]:
    """A column of region codes, which compare byte by byte."""
    return sa.Column(name, sa.Text(collation="C"), nullable=nullable, primary_key=key)


def upgrade() -> None:
    op.create_table(
        "flow_period",
        code("county_code", key=True),
        sa.Column("grain", sa.Text(), primary_key=True),
        sa.Column("since", sa.Date(), primary_key=True),
        sa.Column("flow", sa.Text(), primary_key=True),
        sa.Column("from_account_id", sa.Uuid(), primary_key=True),
        sa.Column("to_account_id", sa.Uuid(), primary_key=True),
        code("from_region", nullable=True),
        code("to_region"),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("payments_n", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("grain IN ('month', 'year')", name=op.f("ck_flow_period_grain")),
        schema="funds",
        postgresql_with={"fillfactor": 50},
    )
    for statement in ledger_v3.statements():
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("a ledger is not rolled back; write a new migration")
