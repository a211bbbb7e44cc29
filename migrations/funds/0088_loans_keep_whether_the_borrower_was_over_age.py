"""Loans keep whether the borrower was over the age limit of that day, and no age: what was reported before is not asked."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0088"
down_revision = "0087"
branch_labels = None
depends_on = None

SOURCE = "各地扶贫小额信贷管理办法一般不超过 60—65 周岁，取 65 周岁；没有全国文件规定，暂定"


def upgrade() -> None:
    op.add_column("loan", sa.Column("age_limit_years", sa.SmallInteger(), nullable=True), schema="funds")
    op.add_column("loan", sa.Column("is_over_age", sa.Boolean(), nullable=True), schema="funds")
    op.create_check_constraint(
        op.f("ck_loan_age_held_against_a_limit"), "loan", "(age_limit_years IS NULL) = (is_over_age IS NULL)", schema="funds"
    )
    op.execute(
        sa.text(
            "INSERT INTO funds.policy_value (key, region_code, valid_from, value, source, basis)"
            " VALUES ('loan_max_age_years', '00', '2015-01-01', '65'::jsonb, :source, 'assumed')"
        ).bindparams(source=SOURCE)
    )


def downgrade() -> None:
    raise NotImplementedError("a ledger is not rolled back; write a new migration")
