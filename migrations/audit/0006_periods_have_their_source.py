"""Periods of supervision are dated policy values with their source; those of the nation come with the release.

The days of the 审计法 and its regulation are working days (审计法实施条例 art 56), except the 60 of art 52. What stands in
party rules or in the usual wording of documents is practice, not law.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations import audit_policies_v1

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

WAITS = "set_by IS NOT NULL AND confirmed_by IS NULL AND withdrawn_by IS NULL"
WORKING = '{{"days": {}, "counted": "working"}}'
WORKDAYS = "按《审计法实施条例》（2010年）第五十六条以工作日计算"
VALUES = (
    ("engagement_notice_days.audit", "2010-05-01", WORKING.format(3), f"《审计法》（2006年修正）第三十八条、《审计法实施条例》（2010年）第三十五条：实施审计3日前送达审计通知书；{WORKDAYS}", "law"),
    ("engagement_notice_days.audit", "2022-01-01", WORKING.format(3), f"《审计法》（2021年修正）第四十二条、《审计法实施条例》（2010年）第三十五条：实施审计三日前送达审计通知书；{WORKDAYS}", "law"),
    ("auditee_reply_days.audit", "2010-05-01", WORKING.format(10), f"《审计法》（2006年修正）第四十条、《审计法实施条例》（2010年）第三十九条：自接到审计组的审计报告之日起10日内提出书面意见，未提出的视同无异议；{WORKDAYS}", "law"),
    ("auditee_reply_days.audit", "2022-01-01", WORKING.format(10), f"《审计法》（2021年修正）第四十四条、《审计法实施条例》（2010年）第三十九条：自接到审计组的审计报告之日起十日内送交书面意见，未提出的视同无异议；{WORKDAYS}", "law"),
    ("decision_ruling_days", "2010-05-01", "60", "《审计法实施条例》（2010年）第五十二条：自审计决定送达之日起60日内提请本级人民政府裁决；末日为法定节假日的顺延至其后第一个工作日（第五十六条）", "law"),
    ("engagement_team_min_n.audit", "2022-01-01", "2", "《审计法》（2021年修正）第四十三条：向有关单位和个人进行调查时，审计人员应当不少于二人", "law"),
    ("engagement_months.campaign", "2015-01-01", "8", "扶贫领域专项整治自当年10月起历时8个月（十堰市2017年秋季攻势动员讲话）；各地可按方案另定", "practice"),
    ("rectification_report_days", "2015-01-01", "60", "审计报告、决定通行表述：自收到之日起60日内报告整改情况（较早文书为90日）；法律只要求“按照规定时间”（《审计法》2021年修正第五十二条）", "practice"),
    ("lead_opinion_months", "2015-01-01", "1", "纪律检查机关监督执纪工作规则：收到问题线索之日起1个月内提出处置意见（条款未核对原文，作惯例用）", "practice"),
    ("lead_talk_report_months", "2015-01-01", "1", "纪律检查机关监督执纪工作规则：谈话函询工作完成后1个月内写出情况报告（条款未核对原文，作惯例用）", "practice"),
    ("lead_letter_reply_days", "2015-01-01", WORKING.format(15), "县级纪检监察机关通行做法：被函询人自收到函件之日起15个工作日内书面说明（郧西县2017年）", "practice"),
)


def upgrade() -> None:
    op.create_table(
        "policy_value",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("region_code", sa.Text(collation="C"), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("value", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=True),
        sa.Column("edition", sa.SmallInteger(), server_default=sa.text("1"), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("set_by", sa.Text(), nullable=True),
        sa.Column("confirmed_by", sa.Text(), nullable=True),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_by", sa.Text(), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_because", sa.Text(), nullable=True),
        sa.CheckConstraint("basis IN ('law', 'practice', 'assumed')", name=op.f("ck_policy_value_basis")),
        sa.CheckConstraint("btrim(source, E' \\t\\n\\u3000') <> ''", name=op.f("ck_policy_value_source_given")),
        sa.CheckConstraint("jsonb_typeof(value) IN ('number', 'array', 'object')", name=op.f("ck_policy_value_value_told")),
        sa.CheckConstraint("edition > 0", name=op.f("ck_policy_value_edition_counts")),
        sa.CheckConstraint("valid_to >= valid_from", name=op.f("ck_policy_value_period")),
        sa.CheckConstraint("confirmed_by IS NULL OR set_by IS NOT NULL AND confirmed_by <> set_by", name=op.f("ck_policy_value_second_person")),
        sa.CheckConstraint("(confirmed_by IS NULL) = (confirmed_at IS NULL)", name=op.f("ck_policy_value_confirmed_at")),
        sa.CheckConstraint("withdrawn_by IS NULL OR set_by IS NOT NULL AND confirmed_by IS NULL", name=op.f("ck_policy_value_withdrawn_while_waiting")),
        sa.CheckConstraint("(withdrawn_by IS NULL) = (withdrawn_at IS NULL) AND (withdrawn_by IS NULL) = (withdrawn_because IS NULL)", name=op.f("ck_policy_value_withdrawn_whole")),
        sa.PrimaryKeyConstraint("key", "region_code", "valid_from", "edition", name=op.f("pk_policy_value")),
        schema="audit",
    )
    op.create_index(
        "uq_policy_value_waiting",
        "policy_value",
        ["key", "region_code", "valid_from"],
        unique=True,
        schema="audit",
        postgresql_where=sa.text(WAITS),
    )
    op.create_table(
        "policy_gate",
        sa.Column("region_code", sa.Text(collation="C"), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("region_code", "key", name=op.f("pk_policy_gate")),
        schema="audit",
    )
    for statement in audit_policies_v1.statements():
        op.execute(statement)
    for key, since, value, source, basis in VALUES:
        op.execute(
            sa.text(
                "INSERT INTO audit.policy_value (key, region_code, valid_from, value, source, basis)"
                " VALUES (:key, '00', CAST(:since AS date), CAST(:value AS jsonb), :source, :basis)"
            ).bindparams(key=key, since=since, value=value, source=source, basis=basis)
        )


def downgrade() -> None:
    raise NotImplementedError("a record of suspicion is not rolled back; write a new migration")
