"""Rules ask what was shared, shown and repeated: days and years of R16, R17 and of announcements."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0092"
down_revision = "0091"
branch_labels = None
depends_on = None

VALUES = (
    ("repeated_project_years", "00", "2015-01-01", "3", "同一地点、同名项目的比对年限；没有文件规定，暂定", "assumed"),
    ("paid_without_progress_days", "00", "2015-01-01", "180", "首次付款后至有经验收进度的天数；没有文件规定，暂定", "assumed"),
    ("income_share_days", "00", "2015-01-01", "90", "资产收益到账（转付）后至有分配方案的天数；没有全国规定，暂定", "assumed"),
    ("share_unpaid_days", "00", "2015-01-01", "30", "分配方案载明的兑现日之后仍未付的宽限天数；没有文件规定，暂定", "assumed"),
    ("completion_announce_days", "00", "2015-01-01", "30", "项目验收后至完工公告的天数；指导意见要求村级公告完工情况而未定日数，暂定", "assumed"),
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
