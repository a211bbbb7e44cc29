"""Rules compare payees with lists: how long a benefit is owed after a death, what is means-tested, how long a list tells."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0077"
down_revision = "0076"
branch_labels = None
depends_on = None

VALUES = (
    ("paid_after_death_months", "00", "2015-01-01", "1", "国发〔2014〕8号第六条：养老待遇自死亡次月起停发；其他补助比照，暂定", "assumed"),
    ("means_tested", "00", "2015-01-01", "1", "扶贫资金以识别的贫困户为对象，财政供养、车辆、房产、工商登记列入比对（马山县2015年审计口径）；普惠补助另设 0，暂定", "assumed"),
    ("list_stands_days", "00", "2015-01-01", "365", "名单未载起止日的，推定名单日期前后一年内成立；没有文件规定，暂定", "assumed"),
)


def upgrade() -> None:
    for key, region, since, value, source, basis in VALUES:
        op.execute(
            sa.text(
                "INSERT INTO funds.policy_value (key, region_code, valid_from, value, source, basis)"
                " VALUES (:key, :region, CAST(:since AS date), CAST(:value AS jsonb), :source, :basis)"
            ).bindparams(key=key, region=region, since=since, value=value, source=source, basis=basis)
        )


def downgrade() -> None:
    raise NotImplementedError("a ledger is not rolled back; write a new migration")
