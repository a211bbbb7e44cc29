"""Names that recur are no repetition: words of benefits (R10) and of projects (R16) that are not compared by name."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0098"
down_revision = "0097"
branch_labels = None
depends_on = None

VALUES = (
    ("entitlement_words_aside", "00", "2015-01-01", '{"后续": 1, "产业": 1, "就业": 1, "过渡": 1}', "搬迁后的产业、就业扶持和过渡补助不是住房补助；没有文件列举，名目用词暂定", "assumed"),
    ("recurring_project_words", "00", "2015-01-01", '{"公益性岗位": 1, "公益岗位": 1, "护林员": 1, "雨露计划": 1, "培训": 1, "贴息": 1, "补贴": 1, "奖补": 1, "保险": 1, "管护": 1, "项目管理费": 1}', "年年安排的补贴、岗位、培训、贴息、保险、管护类项目同名不算重复申报；没有文件列举，用词暂定", "assumed"),
)  # fmt: skip


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
