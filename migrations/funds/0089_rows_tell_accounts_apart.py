"""Rows of rosters tell bank accounts apart by a token, and rules have words for benefits that exclude each other."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from migrations import parts_v2

revision = "0089"
down_revision = "0088"
branch_labels = None
depends_on = None

VALUES = (
    ("exclusive_entitlements", "00", "2015-01-01", '{"危房改造": 11, "易地搬迁": 12, "易地扶贫搬迁": 12, "异地搬迁": 12}', "安全住房一户只享受一项：危房改造或易地搬迁；名目用词暂定", "assumed"),
    ("claimed_once_years", "00", "2015-01-01", '{"危房改造": 5, "易地搬迁": 50, "易地扶贫搬迁": 50}', "一次性住房补助；年限没有全国规定，暂定", "assumed"),
)  # fmt: skip


def upgrade() -> None:
    op.add_column("payment", sa.Column("card_token", sa.LargeBinary(), nullable=True), schema="funds")
    op.create_check_constraint(op.f("ck_payment_card_token_length"), "payment", "length(card_token) = 8", schema="funds")
    for statement in parts_v2.statements():
        op.execute(statement)
    for key, region, since, value, source, basis in VALUES:
        op.execute(
            sa.text(
                "INSERT INTO funds.policy_value (key, region_code, valid_from, value, source, basis)"
                " VALUES (:key, :region, CAST(:since AS date), CAST(:value AS jsonb), :source, :basis)"
            ).bindparams(key=key, region=region, since=since, value=value, source=source, basis=basis)
        )


def downgrade() -> None:
    raise NotImplementedError("a ledger is not rolled back; write a new migration")
