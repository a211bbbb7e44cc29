"""What households got is summed by the place where they live and the place of the desk that paid them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from migrations import household_flows_v1

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def code(name: str, *, key: bool = True) -> sa.Column[str]:
    """A column of region codes, which compare byte by byte."""
    return sa.Column(name, sa.Text(collation="C"), nullable=False, primary_key=key)


def upgrade() -> None:
    op.create_table(
        "batch_place",
        code("county_code"),
        sa.Column("batch_id", sa.Uuid(), primary_key=True),
        code("region_code"),
        sa.Column("rows_n", sa.Integer(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("rows_n > 0 AND amount_fen > 0", name=op.f("ck_batch_place_pays")),
        sa.ForeignKeyConstraint(
            ["county_code", "batch_id"],
            ["funds.payment_batch.county_code", "funds.payment_batch.id"],
            name=op.f("fk_batch_place_county_code_batch_id_payment_batch"),
        ),
        schema="funds",
    )
    op.create_table(
        "household_flow",
        code("county_code"),
        sa.Column("fund_code", sa.Text(), primary_key=True),
        sa.Column("grain", sa.Text(), primary_key=True),
        sa.Column("since", sa.Date(), primary_key=True),
        code("desk_region"),
        code("region_code"),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("payments_n", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("grain IN ('month', 'year')", name=op.f("ck_household_flow_grain")),
        schema="funds",
        postgresql_with={"fillfactor": 50},
    )
    for statement in household_flows_v1.statements():
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("a ledger is not rolled back; write a new migration")
