"""Accounts say whose they are: a unit's, a person's (个人账户), or no account at all but cash drawn (现金).

Of accounts that stand already nobody said so; they stay without.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0094"
down_revision = "0093"
branch_labels = None
depends_on = None

VALUES = (
    ("cash_payment_max_fen", "00", "2015-01-01", "100000", "现金管理暂行条例（国务院令第12号，2011年修订）第五条：结算起点 1000 元以下的零星支出可以使用现金（条文未核对原文）", "law"),
)


def upgrade() -> None:
    op.add_column("account", sa.Column("holder_nature", sa.Text()), schema="funds")
    op.create_check_constraint(op.f("ck_account_holder_nature"), "account", "holder_nature IN ('unit', 'personal', 'cash')", schema="funds")
    op.create_check_constraint(op.f("ck_account_holder_of_cash"), "account", "holder_nature IS NULL OR book = 'cash' AND kind <> 'households'", schema="funds")
    op.create_index("ix_account_not_a_units", "account", ["county_code", "id"], schema="funds", postgresql_where=sa.text("holder_nature IN ('personal', 'cash')"))
    for key, region, since, value, source, basis in VALUES:
        op.execute(
            sa.text(
                "INSERT INTO funds.policy_value (key, region_code, valid_from, value, source, basis)"
                " VALUES (:key, :region, CAST(:since AS date), CAST(:value AS jsonb), :source, :basis)"
            ).bindparams(key=key, region=region, since=since, value=value, source=source, basis=basis)
        )


def downgrade() -> None:
    raise NotImplementedError("a ledger is not rolled back; write a new migration")
