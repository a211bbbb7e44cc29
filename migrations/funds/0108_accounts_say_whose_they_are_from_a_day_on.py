"""Whose an account is may be said of a day after it was opened; and rules ask about invoices that look the same."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from migrations import natures_v1

revision = "0108"
down_revision = "0107"
branch_labels = None
depends_on = None

REGION = sa.Text(collation="C")
VALUES = (
    ("invoice_digits_min", "00", "2015-01-01", "8", "纸质发票号码为 8 位数字（发票代码、全电号码更长）：不足的按首位的零被去掉补足，末 8 位以上相同且金额相等的提示；没有文件规定，暂定", "assumed"),
    ("loan_subsidy_words", "00", "2015-01-01", '{"小额信贷贴息": 1, "小额贷款贴息": 1, "小额信用贷款贴息": 1}', "发放名册中小额信贷贴息的名称；没有文件规定，暂定", "assumed"),
    ("loan_interest_year_days", "00", "2015-01-01", "360", "贷款计息一年按 360 天的通行口径，未核对合同与文件，暂定", "assumed"),
    ("loan_subsidy_over_min_fen", "00", "2015-01-01", "10000", "累计贴息超过全部本金应计利息 100 元起提示，以容尾差；没有文件规定，暂定", "assumed"),
)
# A later edition of what 0100 brought: the same number, and a source that says what it does not rest on.
RESULTS = "验收后登记绩效目标完成情况的期限，暂定 60 天；国办发〔2018〕35号的文号、印发月份（2018 年 5 月）与内容凭记忆录入，未见原文，自 6 月起为暂定，待核对"


def upgrade() -> None:
    op.create_table(
        "account_nature",
        sa.Column("county_code", REGION, nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("nature", sa.Text(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("region_code", REGION, nullable=False),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("county_code", "account_id", "from_on", "id", name=op.f("pk_account_nature")),
        sa.ForeignKeyConstraint(
            ["county_code", "account_id"],
            ["funds.account.county_code", "funds.account.id"],
            name=op.f("fk_account_nature_county_code_account_id"),
        ),
        sa.CheckConstraint("nature IN ('unit', 'personal', 'cash')", name=op.f("ck_account_nature_nature")),
        sa.CheckConstraint("document <> ''", name=op.f("ck_account_nature_document_given")),
        schema="funds",
    )
    for statement in natures_v1.statements():
        op.execute(statement)
    for key, region, since, value, source, basis in (*VALUES, ("target_results_days", "00", "2018-06-01", "60", RESULTS, "assumed")):
        op.execute(
            sa.text(
                "INSERT INTO funds.policy_value (key, region_code, valid_from, value, source, basis)"
                " VALUES (:key, :region, CAST(:since AS date), CAST(:value AS jsonb), :source, :basis)"
            ).bindparams(key=key, region=region, since=since, value=value, source=source, basis=basis)
        )


def downgrade() -> None:
    raise NotImplementedError("a ledger is not rolled back; write a new migration")
