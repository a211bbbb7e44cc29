"""Rules of the nation for every fund, dated; a recovered fee gives room again."""

from __future__ import annotations

from datetime import date

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations import terms_v2

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

BARRED_2017 = [
    "wage",
    "bonus",
    "vehicle",
    "company_loss",
    "office_building",
    "debt",
    "budget_gap",
    "large_works",
    "city_works",
]
OF_2017, OF_2021 = "财农〔2017〕8号", "财农〔2021〕19号"
# Both are known of the documents, not read in them: assumed until somebody compares the articles and the days they take effect.
RULES = [
    # rule, valid from, document, value, source
    ("fee_cap", date(2017, 3, 13), OF_2017, 10_000, "中央财政专项扶贫资金管理办法：项目管理费不超过 1%，条文未逐字核对"),
    ("barred_uses", date(2017, 3, 13), OF_2017, BARRED_2017, "中央财政专项扶贫资金管理办法：不得用于的支出，条文未逐字核对"),
    ("fee_cap", date(2021, 3, 26), OF_2021, 10_000, "衔接推进乡村振兴补助资金管理办法：项目管理费不超过 1%，条文未逐字核对"),
    (
        "barred_uses",
        date(2021, 3, 26),
        OF_2021,
        [*BARRED_2017, "advance"],
        "衔接推进乡村振兴补助资金管理办法：不得用于的支出（新增垫资），条文未逐字核对",
    ),
]


def upgrade() -> None:
    table = op.create_table(
        "national_rule",
        sa.Column("rule", sa.Text(), primary_key=True),
        sa.Column("valid_from", sa.Date(), primary_key=True),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("value", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("on_breach", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "rule IN ('permitted_uses', 'barred_uses', 'permitted_payees', 'fee_cap')",
            name=op.f("ck_national_rule_rule"),
        ),
        sa.CheckConstraint(
            "CASE WHEN rule = 'fee_cap' THEN jsonb_typeof(value) = 'number' AND value >= '0'"
            " ELSE jsonb_typeof(value) = 'array' END",
            name=op.f("ck_national_rule_value_fits_rule"),
        ),
        sa.CheckConstraint("on_breach IN ('refuse', 'flag')", name=op.f("ck_national_rule_on_breach")),
        sa.CheckConstraint("basis IN ('law', 'practice', 'assumed')", name=op.f("ck_national_rule_basis")),
        sa.CheckConstraint("document <> '' AND source <> ''", name=op.f("ck_national_rule_source_given")),
        schema="funds",
    )
    for rule, valid_from, document, value, source in RULES:
        row = {"rule": rule, "valid_from": valid_from, "document": document, "value": value, "source": source}
        op.execute(sa.insert(table).values(**row, on_breach="refuse", basis="assumed"))
    op.create_index(
        "ix_lot_restores",
        "lot",
        ["county_code", "restores_lot_id"],
        schema="funds",
        postgresql_where=sa.text("restores_lot_id IS NOT NULL"),
    )
    for statement in terms_v2.statements():
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("a ledger is not rolled back; write a new migration")
