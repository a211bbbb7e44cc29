"""What a fund may be used for in a year, function codes, and treasury orders with their results."""

from __future__ import annotations

from datetime import date

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations import entitlement_v2, orders_v1, terms_v1

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

ROLE = "funds_app"
GN = "财预〔2023〕83号：2024年政府收支分类科目"
BEFORE_GN = "2021 年“扶贫”款改名为“巩固脱贫攻坚成果衔接乡村振兴”；2021—2023 年各项名称按 2024 年科目类推，未核对原文"
ITEMS = [
    ("21305", "巩固脱贫攻坚成果衔接乡村振兴"),
    ("2130501", "行政运行"),
    ("2130502", "一般行政管理事务"),
    ("2130503", "机关服务"),
    ("2130504", "农村基础设施建设"),
    ("2130505", "生产发展"),
    ("2130506", "社会发展"),
    ("2130507", "贷款奖补和贴息"),
    ("2130508", "“三西”农业建设专项补助"),
    ("2130550", "事业运行"),
]
OTHER = ("2130599", "其他巩固脱贫攻坚成果衔接乡村振兴支出")
FUNCTION_CODES = [
    # code, name, valid from year, valid to year, source, basis
    ("21305", "扶贫", 2007, 2020, "2020 年及以前本款名称为“扶贫”；起始年度按 2007 年收支分类改革，未核对原文", "assumed"),
    *((code, name, 2021, 2023, BEFORE_GN, "assumed") for code, name in [*ITEMS, OTHER]),
    *((code, name, 2024, None, GN, "law") for code, name in ITEMS),
    (*OTHER, 2024, None, "2024 年科目表按惯例设“其他”项，未核对原文", "assumed"),
]
PERMITTED = "财农〔2017〕8号、财农〔2021〕19号列举的支出方向，分类名称为本系统归纳"
BARRED = "财农〔2017〕8号、财农〔2021〕19号禁止列支事项，条文未逐字核对"
USES = [
    # code, name, barred by practice, source
    ("production", "生产发展", False, PERMITTED),
    ("infrastructure", "基础设施", False, PERMITTED),
    ("education", "教育资助", False, PERMITTED),
    ("health", "健康帮扶", False, PERMITTED),
    ("relocation", "易地搬迁", False, PERMITTED),
    ("house_repair", "危房改造", False, PERMITTED),
    ("public_post", "公益性岗位", False, PERMITTED),
    ("interest_subsidy", "贷款贴息", False, PERMITTED),
    ("training", "技能培训", False, PERMITTED),
    ("management_fee", "项目管理费", False, "财农〔2017〕8号、财农〔2021〕19号：按不超过 1% 的比例提取，条文未逐字核对"),
    ("wage", "人员工资和单位基本支出", True, BARRED),
    ("bonus", "奖金、津贴和福利补助", True, BARRED),
    ("vehicle", "交通工具和通讯设备", True, BARRED),
    ("company_loss", "弥补企业亏损", True, BARRED),
    ("office_building", "修建楼堂馆所", True, BARRED),
    ("debt", "偿还债务", True, BARRED),
    ("budget_gap", "弥补预算支出缺口", True, BARRED),
    ("large_works", "大中型基本建设项目", True, BARRED),
    ("city_works", "城市基础设施建设和城市扶贫", True, BARRED),
    ("advance", "垫资", True, "财农〔2021〕19号新增的禁止事项，条文未逐字核对"),
]
CUTOFF = {
    "key": "treasury_order_cutoff_hour",
    "region_code": "00",
    "valid_from": date(2001, 1, 1),
    "value": 14,
    "source": "中央单位财政国库管理制度改革试点资金支付办法：14 时以后收到的支付令可于次日办理；原文未核对，地方可另定",
    "basis": "practice",
}


def upgrade() -> None:
    op.create_table('function_code',
    sa.Column('code', sa.Text(), nullable=False),
    sa.Column('valid_from_year', sa.SmallInteger(), nullable=False),
    sa.Column('valid_to_year', sa.SmallInteger(), nullable=True),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('source', sa.Text(), nullable=False),
    sa.Column('basis', sa.Text(), nullable=False),
    sa.CheckConstraint("basis IN ('law', 'practice', 'assumed')", name=op.f('ck_function_code_basis')),
    sa.CheckConstraint("code ~ '^[0-9]{5}([0-9]{2})?$'", name=op.f('ck_function_code_code_digits')),
    sa.CheckConstraint("source <> ''", name=op.f('ck_function_code_source_given')),
    sa.CheckConstraint('valid_to_year >= valid_from_year', name=op.f('ck_function_code_valid_years')),
    sa.PrimaryKeyConstraint('code', 'valid_from_year', name=op.f('pk_function_code')),
    schema='funds'
    )
    op.create_table('fund_use',
    sa.Column('code', sa.Text(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('barred_by_practice', sa.Boolean(), nullable=False),
    sa.Column('source', sa.Text(), nullable=False),
    sa.Column('basis', sa.Text(), nullable=False),
    sa.CheckConstraint("basis IN ('law', 'practice', 'assumed')", name=op.f('ck_fund_use_basis')),
    sa.CheckConstraint("source <> ''", name=op.f('ck_fund_use_source_given')),
    sa.PrimaryKeyConstraint('code', name=op.f('pk_fund_use')),
    schema='funds'
    )
    op.create_table('fund_terms',
    sa.Column('region_code', sa.Text(collation='C'), nullable=False),
    sa.Column('fund_code', sa.Text(), nullable=False),
    sa.Column('fiscal_year', sa.SmallInteger(), nullable=False),
    sa.Column('valid_from', sa.Date(), nullable=False),
    sa.Column('function_code', sa.Text(), nullable=True),
    sa.Column('document', sa.Text(), nullable=False),
    sa.Column('set_by', sa.Text(), nullable=False),
    sa.Column('recorded_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.CheckConstraint("document <> ''", name=op.f('ck_fund_terms_document_given')),
    sa.CheckConstraint('length(region_code) IN (2, 4, 6)', name=op.f('ck_fund_terms_region_level')),
    sa.ForeignKeyConstraint(['fund_code'], ['funds.fund.code'], name=op.f('fk_fund_terms_fund_code')),
    sa.PrimaryKeyConstraint('region_code', 'fund_code', 'fiscal_year', 'valid_from', name=op.f('pk_fund_terms')),
    schema='funds'
    )
    op.create_table('fund_rule',
    sa.Column('region_code', sa.Text(collation='C'), nullable=False),
    sa.Column('fund_code', sa.Text(), nullable=False),
    sa.Column('fiscal_year', sa.SmallInteger(), nullable=False),
    sa.Column('valid_from', sa.Date(), nullable=False),
    sa.Column('rule', sa.Text(), nullable=False),
    sa.Column('value', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('on_breach', sa.Text(), nullable=False),
    sa.Column('source', sa.Text(), nullable=False),
    sa.Column('basis', sa.Text(), nullable=False),
    sa.CheckConstraint("CASE WHEN rule IN ('permitted_uses', 'barred_uses', 'permitted_payees', 'exclusive_with') THEN jsonb_typeof(value) = 'array' ELSE jsonb_typeof(value) = 'number' AND value >= '0' END", name=op.f('ck_fund_rule_value_fits_rule')),
    sa.CheckConstraint("basis IN ('law', 'practice', 'assumed')", name=op.f('ck_fund_rule_basis')),
    sa.CheckConstraint("on_breach IN ('refuse', 'flag')", name=op.f('ck_fund_rule_on_breach')),
    sa.CheckConstraint("rule IN ('permitted_uses', 'barred_uses', 'permitted_payees', 'fee_cap', 'household_cap', 'person_cap', 'exclusive_with', 'publicity')", name=op.f('ck_fund_rule_rule')),
    sa.CheckConstraint("source <> ''", name=op.f('ck_fund_rule_source_given')),
    sa.ForeignKeyConstraint(['region_code', 'fund_code', 'fiscal_year', 'valid_from'], ['funds.fund_terms.region_code', 'funds.fund_terms.fund_code', 'funds.fund_terms.fiscal_year', 'funds.fund_terms.valid_from'], name=op.f('fk_fund_rule_region_code_fund_code_fiscal_year_valid_from')),
    sa.PrimaryKeyConstraint('region_code', 'fund_code', 'fiscal_year', 'valid_from', 'rule', name=op.f('pk_fund_rule')),
    schema='funds'
    )
    op.create_table('treasury_order',
    sa.Column('county_code', sa.Text(collation='C'), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('region_code', sa.Text(collation='C'), nullable=False),
    sa.Column('payee_region', sa.Text(collation='C'), nullable=False),
    sa.Column('fiscal_year', sa.SmallInteger(), nullable=False),
    sa.Column('order_number', sa.Text(), nullable=False),
    sa.Column('order_key', sa.Text(), nullable=False),
    sa.Column('basis', sa.Text(), nullable=False),
    sa.Column('from_account_id', sa.Uuid(), nullable=False),
    sa.Column('bank_account_id', sa.Uuid(), nullable=False),
    sa.Column('payee_account_id', sa.Uuid(), nullable=False),
    sa.Column('payee_bank', sa.Text(), nullable=False),
    sa.Column('fund_code', sa.Text(), nullable=False),
    sa.Column('use_code', sa.Text(), nullable=False),
    sa.Column('amount_fen', sa.BigInteger(), nullable=False),
    sa.Column('document', sa.Text(), nullable=False),
    sa.Column('effective_on', sa.Date(), nullable=False),
    sa.Column('presented_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('handled_by', sa.Date(), nullable=True),
    sa.Column('reissues_id', sa.Uuid(), nullable=True),
    sa.Column('movement_id', sa.Uuid(), nullable=False),
    sa.Column('issued_by', sa.Text(), nullable=False),
    sa.Column('recorded_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.CheckConstraint("basis IN ('direct', 'authorised', 'reimbursement')", name=op.f('ck_treasury_order_basis')),
    sa.CheckConstraint("order_key <> '' AND document <> ''", name=op.f('ck_treasury_order_papers_given')),
    sa.CheckConstraint("payee_bank ~ '^[0-9]{12}$'", name=op.f('ck_treasury_order_payee_bank_digits')),
    sa.CheckConstraint('amount_fen > 0', name=op.f('ck_treasury_order_amount_positive')),
    sa.ForeignKeyConstraint(['county_code', 'bank_account_id'], ['funds.account.county_code', 'funds.account.id'], name=op.f('fk_treasury_order_county_code_bank_account_id')),
    sa.ForeignKeyConstraint(['county_code', 'from_account_id'], ['funds.account.county_code', 'funds.account.id'], name=op.f('fk_treasury_order_county_code_from_account_id')),
    sa.ForeignKeyConstraint(['county_code', 'movement_id'], ['funds.movement.county_code', 'funds.movement.id'], name=op.f('fk_treasury_order_county_code_movement_id')),
    sa.ForeignKeyConstraint(['county_code', 'payee_account_id'], ['funds.account.county_code', 'funds.account.id'], name=op.f('fk_treasury_order_county_code_payee_account_id')),
    sa.ForeignKeyConstraint(['county_code', 'reissues_id'], ['funds.treasury_order.county_code', 'funds.treasury_order.id'], name=op.f('fk_treasury_order_county_code_reissues_id')),
    sa.ForeignKeyConstraint(['fund_code'], ['funds.fund.code'], name=op.f('fk_treasury_order_fund_code')),
    sa.ForeignKeyConstraint(['use_code'], ['funds.fund_use.code'], name=op.f('fk_treasury_order_use_code')),
    sa.PrimaryKeyConstraint('county_code', 'id', name=op.f('pk_treasury_order')),
    sa.UniqueConstraint('county_code', 'fiscal_year', 'order_key', name=op.f('uq_treasury_order_county_code_fiscal_year_order_key')),
    sa.UniqueConstraint('county_code', 'movement_id', name=op.f('uq_treasury_order_county_code_movement_id')),
    sa.UniqueConstraint('county_code', 'reissues_id', name=op.f('uq_treasury_order_county_code_reissues_id')),
    schema='funds'
    )
    op.create_index('ix_treasury_order_account', 'treasury_order', ['county_code', 'from_account_id', 'effective_on'], unique=False, schema='funds')
    op.create_table('order_invoice',
    sa.Column('county_code', sa.Text(collation='C'), nullable=False),
    sa.Column('invoice_key', sa.Text(), nullable=False),
    sa.Column('region_code', sa.Text(collation='C'), nullable=False),
    sa.Column('order_id', sa.Uuid(), nullable=False),
    sa.Column('invoice_number', sa.Text(), nullable=False),
    sa.Column('amount_fen', sa.BigInteger(), nullable=False),
    sa.CheckConstraint('amount_fen > 0', name=op.f('ck_order_invoice_amount_positive')),
    sa.ForeignKeyConstraint(['county_code', 'order_id'], ['funds.treasury_order.county_code', 'funds.treasury_order.id'], name=op.f('fk_order_invoice_county_code_order_id')),
    sa.PrimaryKeyConstraint('county_code', 'invoice_key', name=op.f('pk_order_invoice')),
    schema='funds'
    )
    op.create_index('ix_order_invoice_order', 'order_invoice', ['county_code', 'order_id'], unique=False, schema='funds')
    op.create_table('order_result',
    sa.Column('county_code', sa.Text(collation='C'), nullable=False),
    sa.Column('order_id', sa.Uuid(), nullable=False),
    sa.Column('attempt', sa.SmallInteger(), nullable=False),
    sa.Column('region_code', sa.Text(collation='C'), nullable=False),
    sa.Column('payee_region', sa.Text(collation='C'), nullable=False),
    sa.Column('bank_account_id', sa.Uuid(), nullable=False),
    sa.Column('bank_serial', sa.Text(), nullable=False),
    sa.Column('result', sa.Text(), nullable=False),
    sa.Column('reason_code', sa.Text(), nullable=True),
    sa.Column('effective_on', sa.Date(), nullable=False),
    sa.Column('movement_id', sa.Uuid(), nullable=False),
    sa.Column('content_hash', sa.LargeBinary(), nullable=False),
    sa.Column('reported_by', sa.Text(), nullable=False),
    sa.Column('recorded_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.CheckConstraint("(result = 'returned') = (reason_code IS NOT NULL)", name=op.f('ck_order_result_returned_says_why')),
    sa.CheckConstraint("result IN ('paid', 'returned')", name=op.f('ck_order_result_result')),
    sa.CheckConstraint('attempt > 0', name=op.f('ck_order_result_attempt_counts')),
    sa.ForeignKeyConstraint(['county_code', 'bank_account_id'], ['funds.account.county_code', 'funds.account.id'], name=op.f('fk_order_result_county_code_bank_account_id')),
    sa.ForeignKeyConstraint(['county_code', 'movement_id'], ['funds.movement.county_code', 'funds.movement.id'], name=op.f('fk_order_result_county_code_movement_id')),
    sa.ForeignKeyConstraint(['county_code', 'order_id'], ['funds.treasury_order.county_code', 'funds.treasury_order.id'], name=op.f('fk_order_result_county_code_order_id')),
    sa.PrimaryKeyConstraint('county_code', 'order_id', 'attempt', name=op.f('pk_order_result')),
    sa.UniqueConstraint('county_code', 'bank_account_id', 'bank_serial', name=op.f('uq_order_result_county_code_bank_account_id_bank_serial')),
    schema='funds'
    )
    op.create_table('fund_gate',
    sa.Column('county_code', sa.Text(collation='C'), nullable=False),
    sa.Column('fund_code', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['fund_code'], ['funds.fund.code'], name=op.f('fk_fund_gate_fund_code')),
    sa.PrimaryKeyConstraint('county_code', 'fund_code', name=op.f('pk_fund_gate')),
    schema='funds'
    )
    op.create_index("ix_movement_use", "movement", ["county_code", "use_code"], schema="funds", postgresql_where=sa.text("use_code IS NOT NULL"))
    codes = sa.table("function_code", *(sa.column(name) for name in ("code", "name", "valid_from_year", "valid_to_year", "source", "basis")), schema="funds")
    op.execute(sa.insert(codes).values([dict(zip(("code", "name", "valid_from_year", "valid_to_year", "source", "basis"), row)) for row in FUNCTION_CODES]))
    uses = sa.table("fund_use", *(sa.column(name) for name in ("code", "name", "source", "basis")), sa.column("barred_by_practice", sa.Boolean()), schema="funds")
    op.execute(sa.insert(uses).values([{"code": code, "name": name, "barred_by_practice": barred, "source": source, "basis": "assumed"} for code, name, barred, source in USES]))
    values = sa.table("policy_value", *(sa.column(name) for name in ("key", "region_code", "source", "basis")), sa.column("valid_from", sa.Date()), sa.column("value", postgresql.JSONB()), schema="funds")
    op.execute(sa.insert(values).values(**CUTOFF))
    op.create_foreign_key(op.f("fk_movement_use_code"), "movement", "fund_use", ["use_code"], ["code"], source_schema="funds", referent_schema="funds")
    for part in (terms_v1.functions, terms_v1.policies, entitlement_v2.functions, orders_v1.functions, orders_v1.policies, orders_v1.grants):
        for statement in part():
            op.execute(statement)
    op.execute(f"GRANT SELECT ON funds.function_code, funds.fund_use, funds.fund_terms, funds.fund_rule TO {ROLE}")
    op.execute(f"GRANT INSERT ON funds.fund_terms, funds.fund_rule TO {ROLE}")


def downgrade() -> None:
    raise NotImplementedError("a ledger is not rolled back; write a new migration")
