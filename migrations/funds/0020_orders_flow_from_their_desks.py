"""What banks hold and paid of treasury orders is summed by the desk whose quota was drawn."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from migrations import order_flows_v1

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def code(name: str, *, key: bool = False) -> sa.Column[str]:
    """A column of region codes, which compare byte by byte."""
    return sa.Column(name, sa.Text(collation="C"), nullable=False, primary_key=key)


def upgrade() -> None:
    op.create_unique_constraint(
        op.f("uq_order_result_county_code_movement_id"), "order_result", ["county_code", "movement_id"], schema="funds"
    )
    op.create_table(
        "order_flow",
        code("county_code", key=True),
        sa.Column("grain", sa.Text(), primary_key=True),
        sa.Column("since", sa.Date(), primary_key=True),
        sa.Column("flow", sa.Text(), primary_key=True),
        sa.Column("from_account_id", sa.Uuid(), primary_key=True),
        sa.Column("to_account_id", sa.Uuid(), primary_key=True),
        sa.Column("desk_id", sa.Uuid(), primary_key=True),
        sa.Column("fund_code", sa.Text(), primary_key=True),
        sa.Column("fiscal_year", sa.SmallInteger(), primary_key=True, autoincrement=False),
        code("from_region"),
        code("to_region"),
        code("desk_region"),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("grain IN ('month', 'year')", name=op.f("ck_order_flow_grain")),
        schema="funds",
        postgresql_with={"fillfactor": 50},
    )
    for statement in order_flows_v1.statements():
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("a ledger is not rolled back; write a new migration")
