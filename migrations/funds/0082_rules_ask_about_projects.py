"""Rules ask about projects: how long money may rest with one that is over or not begun, and when its results are due."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0082"
down_revision = "0081"
branch_labels = None
depends_on = None

VALUES = (
    ("over_project_money_days", "00", "2016-09-01", "92", "基本建设财务规则（财政部令第81号，2016年9月1日起施行）：结余资金在竣工验收合格后 3 个月内收回财政，按最长 92 天计（条文未核对原文）", "practice"),
    ("unbegun_project_money_days", "00", "2015-01-01", "90", "下达计划后至开工的期限；没有全国规定，暂定", "assumed"),
    ("target_results_days", "00", "2015-01-01", "60", "验收后登记绩效目标完成情况的期限；国办发〔2018〕35号要求开展绩效自评而未定日数，暂定", "assumed"),
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
