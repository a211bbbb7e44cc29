"""What 国办发〔2018〕35号 asks of projects is asked since June 2018, and not of the years before it was issued.

An edition of the value of 2015 ends it with its first day: values are not edited, and without a stated end it would stand
until the next begins.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0100"
down_revision = "0099"
branch_labels = None
depends_on = None

VALUES = (
    ("2015-01-01", "2015-01-01", "国办发〔2018〕35号于 2018 年印发，以前没有文件依据；本版使原定数值自次日起不再适用"),
    ("2018-06-01", None, "验收后登记绩效目标完成情况的期限；国办发〔2018〕35号（2018 年 5 月）要求开展绩效自评而未定日数，自 6 月起暂定"),
)


def upgrade() -> None:
    for since, until, source in VALUES:
        op.execute(
            sa.text(
                "INSERT INTO funds.policy_value (key, region_code, valid_from, valid_to, value, source, basis)"
                " VALUES ('target_results_days', '00', CAST(:since AS date), CAST(:until AS date), '60', :source, 'assumed')"
            ).bindparams(since=since, until=until, source=source)
        )


def downgrade() -> None:
    raise NotImplementedError("a ledger is not rolled back; write a new migration")
