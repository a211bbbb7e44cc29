"""Rules ask by the register and by who is missing from a list: how long, how many, from which grade on."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0081"
down_revision = "0080"
branch_labels = None
depends_on = None

GRADES = '{"重度残疾人护理补贴": 2, "困难残疾人生活补贴": 4, "残疾人两项补贴": 4}'
VALUES = (
    ("qualify_change_days", "00", "2015-01-01", "180", "审计署 2017 年扶贫资金审计公告列有分户拆户，未定天数；暂按半年", "assumed"),
    ("undeclared_members_max", "00", "2015-01-01", "1", "通报案例为 7 名子女只申报 2 名；容许 1 人的登记误差，暂定", "assumed"),
    ("eligible_unpaid_days", "00", "2015-01-01", "90", "应享未享没有统一的发放期限；按一个季度暂定", "assumed"),
    ("list_speaks_before_days", "00", "2015-01-01", "365", "名单只反映其日期前后的情况；按一年暂定", "assumed"),
    ("resident_list_coverage_min_ppm", "00", "2015-01-01", "900000", "名单应覆盖在册人员的九成以上方可作缺失比对；暂定", "assumed"),
    ("nonfarm_asked", "00", "2015-01-01", "1", "湖北省 2017 年惠民政策落实情况监督检查列有非农业户口享受；国发〔2014〕25号取消农业与非农业户口区分的地方可设为 0", "practice"),
    ("certificate_grade_max", "00", "2016-01-01", GRADES, "国发〔2015〕52号：生活补贴发给低保家庭中的残疾人，护理补贴发给残疾等级一级、二级且需长期照护的重度残疾人", "law"),
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
