"""What households of a village got is told by the budget year whose money it was."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from migrations import household_years_v1

revision = "0051"
down_revision = "0050"
branch_labels = None
depends_on = None


def code(name: str) -> sa.Column[str]:
    """A key of region codes, which compare byte by byte."""
    return sa.Column(name, sa.Text(collation="C"), nullable=False, primary_key=True)


def upgrade() -> None:
    op.create_table(
        "batch_year",
        code("county_code"),
        sa.Column("batch_id", sa.Uuid(), primary_key=True),
        code("region_code"),
        sa.Column("fiscal_year", sa.SmallInteger(), primary_key=True, autoincrement=False),
        sa.Column("rows_n", sa.Integer(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("rows_n > 0 AND amount_fen > 0", name=op.f("ck_batch_year_pays")),
        sa.ForeignKeyConstraint(
            ["county_code", "batch_id"],
            ["funds.payment_batch.county_code", "funds.payment_batch.id"],
            name=op.f("fk_batch_year_county_code_batch_id_payment_batch"),
        ),
        schema="funds",
    )
    op.create_table(
        "household_year",
        code("county_code"),
        sa.Column("fiscal_year", sa.SmallInteger(), primary_key=True, autoincrement=False),
        sa.Column("fund_code", sa.Text(), primary_key=True),
        sa.Column("grain", sa.Text(), primary_key=True),
        sa.Column("since", sa.Date(), primary_key=True),
        code("desk_region"),
        code("region_code"),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("payments_n", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("grain IN ('month', 'year')", name=op.f("ck_household_year_grain")),
        schema="funds",
        postgresql_with={"fillfactor": 50},
    )
    for statement in household_years_v1.statements():
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("a ledger is not rolled back; write a new migration")
