"""Four values were marked as law and are not: each gets an edition that says what it rests on; its number stays.

预算法 art 52 gives 30 days to a province for what the centre sent; of what a county received from above no national law
sets a limit. 银监发〔2017〕42号 is a 规范性文件. The text of the rule on cash was not compared. Being law, they kept
provinces and counties from setting other numbers.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0099"
down_revision = "0098"
branch_labels = None
depends_on = None

COUNTY_STEP = "县级及以下无全国统一法定时限；30 日为各地常见做法，依预算法第五十二条转移支付 30 日时限类推"
VALUES = (
    ("handdown_limit_days.treasury", "2015-01-01", "30", COUNTY_STEP, "assumed"),
    ("loan_max_fen", "2017-07-01", "5000000", "银监发〔2017〕42号（规范性文件）：5 万元以下", "practice"),
    ("loan_max_months", "2017-07-01", "36", "银监发〔2017〕42号（规范性文件）：3 年期以内", "practice"),
    ("cash_payment_max_fen", "2015-01-01", "100000", "现金管理暂行条例（国务院令第12号，2011年修订）第五条：结算起点 1000 元（条文未核对原文，作惯例用）", "practice"),
)


def upgrade() -> None:
    for key, since, value, source, basis in VALUES:
        op.execute(
            sa.text(
                "INSERT INTO funds.policy_value (key, region_code, valid_from, value, source, basis)"
                " VALUES (:key, '00', CAST(:since AS date), CAST(:value AS jsonb), :source, :basis)"
            ).bindparams(key=key, since=since, value=value, source=source, basis=basis)
        )


def downgrade() -> None:
    raise NotImplementedError("a ledger is not rolled back; write a new migration")
