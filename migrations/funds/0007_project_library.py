"""The project library: stages with documents, progress, assets and what they earn."""

from __future__ import annotations

from datetime import date

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations import projects_v1

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

NATION = "00"
VALUES = [
    # key, region, valid from, value, source, basis
    ("publicity_min_days", NATION, "2015-01-01", 10, "扶贫资金项目公告公示的指导意见第四条：公告公示一般不少于 10 天（转引，未核对原文）", "practice"),
    ("project_advance_ppm", NATION, "2015-01-01", 300_000, "工程预付款暂按合同价的 30%；参照建设工程价款结算办法 10%—30% 的通行做法，未核对原文", "assumed"),
    ("pv_pass_on_workdays", NATION, "2015-01-01", 10, "光伏扶贫电站电费到县后 10 个工作日内转付村集体账户（各地收益分配办法）", "practice"),
]


def upgrade() -> None:
    op.create_table('project',
    sa.Column('county_code', sa.Text(collation='C'), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('region_code', sa.Text(collation='C'), nullable=False),
    sa.Column('code', sa.Text(), nullable=False),
    sa.Column('version', sa.SmallInteger(), nullable=False),
    sa.Column('stage', sa.Text(), nullable=False),
    sa.Column('steps_n', sa.Integer(), nullable=False),
    sa.Column('unit_id', sa.Uuid(), nullable=True),
    sa.Column('cash_account_id', sa.Uuid(), nullable=True),
    sa.Column('quota_account_id', sa.Uuid(), nullable=True),
    sa.CheckConstraint("stage IN ('declared', 'reviewed', 'published', 'admitted', 'planned', 'tendering', 'building', 'accepted', 'announced', 'owned', 'maintained', 'removed')", name=op.f('ck_project_stage')),
    sa.CheckConstraint("stage IN ('declared', 'reviewed', 'published', 'admitted', 'removed') OR cash_account_id IS NOT NULL", name=op.f('ck_project_planned_has_its_accounts')),
    sa.CheckConstraint('num_nulls(unit_id, cash_account_id, quota_account_id) IN (0, 3)', name=op.f('ck_project_accounts_open_together')),
    sa.ForeignKeyConstraint(['county_code', 'cash_account_id'], ['funds.account.county_code', 'funds.account.id'], name=op.f('fk_project_county_code_cash_account_id')),
    sa.ForeignKeyConstraint(['county_code', 'quota_account_id'], ['funds.account.county_code', 'funds.account.id'], name=op.f('fk_project_county_code_quota_account_id')),
    sa.ForeignKeyConstraint(['county_code', 'unit_id'], ['funds.unit.county_code', 'funds.unit.id'], name=op.f('fk_project_county_code_unit_id')),
    sa.ForeignKeyConstraint(['region_code'], ['funds.region.code'], name=op.f('fk_project_region_code')),
    sa.PrimaryKeyConstraint('county_code', 'id', name=op.f('pk_project')),
    sa.UniqueConstraint('county_code', 'cash_account_id', name=op.f('uq_project_county_code_cash_account_id')),
    sa.UniqueConstraint('county_code', 'code', name=op.f('uq_project_county_code_code')),
    sa.UniqueConstraint('county_code', 'quota_account_id', name=op.f('uq_project_county_code_quota_account_id')),
    schema='funds'
    )
    op.create_index('ix_project_region', 'project', ['county_code', 'region_code', 'id'], unique=False, schema='funds')
    op.create_table('asset',
    sa.Column('county_code', sa.Text(collation='C'), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('region_code', sa.Text(collation='C'), nullable=False),
    sa.Column('project_id', sa.Uuid(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('owner_unit_id', sa.Uuid(), nullable=True),
    sa.Column('households_n', sa.Integer(), nullable=False),
    sa.Column('value_fen', sa.BigInteger(), nullable=False),
    sa.Column('capacity_w', sa.Integer(), nullable=True),
    sa.Column('care_unit', sa.Text(), nullable=False),
    sa.Column('document', sa.Text(), nullable=False),
    sa.Column('registered_on', sa.Date(), nullable=False),
    sa.Column('registered_by', sa.Text(), nullable=False),
    sa.Column('title_document', sa.Text(), nullable=True),
    sa.Column('confirmed_on', sa.Date(), nullable=True),
    sa.Column('confirmed_by', sa.Text(), nullable=True),
    sa.Column('disposed_on', sa.Date(), nullable=True),
    sa.Column('disposal_document', sa.Text(), nullable=True),
    sa.Column('disposal_reason', sa.Text(), nullable=True),
    sa.Column('proceeds_fen', sa.BigInteger(), nullable=True),
    sa.Column('recorded_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.CheckConstraint("(kind = 'to_households') = (households_n > 0)", name=op.f('ck_asset_households_counted')),
    sa.CheckConstraint("(kind = 'to_households') = (owner_unit_id IS NULL)", name=op.f('ck_asset_owned_by_unit_or_households')),
    sa.CheckConstraint("kind IN ('operating', 'public', 'to_households')", name=op.f('ck_asset_kind')),
    sa.CheckConstraint('capacity_w > 0', name=op.f('ck_asset_capacity_positive')),
    sa.CheckConstraint('confirmed_by <> registered_by', name=op.f('ck_asset_registrar_is_not_confirmer')),
    sa.CheckConstraint('confirmed_on >= registered_on', name=op.f('ck_asset_confirmed_after_registered')),
    sa.CheckConstraint('num_nulls(confirmed_on, confirmed_by, title_document) IN (0, 3)', name=op.f('ck_asset_confirmed_by_document')),
    sa.CheckConstraint('num_nulls(disposed_on, disposal_document, disposal_reason, proceeds_fen) IN (0, 4)', name=op.f('ck_asset_disposed_whole')),
    sa.CheckConstraint('proceeds_fen >= 0', name=op.f('ck_asset_proceeds_not_negative')),
    sa.CheckConstraint('value_fen > 0', name=op.f('ck_asset_value_positive')),
    sa.ForeignKeyConstraint(['county_code', 'owner_unit_id'], ['funds.unit.county_code', 'funds.unit.id'], name=op.f('fk_asset_county_code_owner_unit_id')),
    sa.ForeignKeyConstraint(['county_code', 'project_id'], ['funds.project.county_code', 'funds.project.id'], name=op.f('fk_asset_county_code_project_id')),
    sa.PrimaryKeyConstraint('county_code', 'id', name=op.f('pk_asset')),
    schema='funds'
    )
    op.create_index('ix_asset_project', 'asset', ['county_code', 'project_id'], unique=False, schema='funds')
    op.create_index('ix_asset_region', 'asset', ['county_code', 'region_code', 'id'], unique=False, schema='funds')
    op.create_table('project_contract',
    sa.Column('county_code', sa.Text(collation='C'), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('project_id', sa.Uuid(), nullable=False),
    sa.Column('region_code', sa.Text(collation='C'), nullable=False),
    sa.Column('contractor_id', sa.Uuid(), nullable=False),
    sa.Column('number', sa.Text(), nullable=False),
    sa.Column('winning_bid', sa.Text(), nullable=False),
    sa.Column('signed_on', sa.Date(), nullable=False),
    sa.Column('amount_fen', sa.BigInteger(), nullable=False),
    sa.Column('retention_ppm', sa.Integer(), nullable=False),
    sa.Column('release_on', sa.Date(), nullable=True),
    sa.Column('signed_by', sa.Text(), nullable=False),
    sa.Column('recorded_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.CheckConstraint('(retention_ppm = 0) = (release_on IS NULL)', name=op.f('ck_project_contract_retention_has_its_day')),
    sa.CheckConstraint('amount_fen > 0', name=op.f('ck_project_contract_amount_positive')),
    sa.CheckConstraint('release_on >= signed_on', name=op.f('ck_project_contract_released_after_signing')),
    sa.CheckConstraint('retention_ppm BETWEEN 0 AND 1000000', name=op.f('ck_project_contract_retention_share')),
    sa.ForeignKeyConstraint(['county_code', 'contractor_id'], ['funds.unit.county_code', 'funds.unit.id'], name=op.f('fk_project_contract_county_code_contractor_id')),
    sa.ForeignKeyConstraint(['county_code', 'project_id'], ['funds.project.county_code', 'funds.project.id'], name=op.f('fk_project_contract_county_code_project_id')),
    sa.PrimaryKeyConstraint('county_code', 'id', name=op.f('pk_project_contract')),
    sa.UniqueConstraint('county_code', 'project_id', 'number', name=op.f('uq_project_contract_county_code_project_id_number')),
    schema='funds'
    )
    op.create_table('project_objection',
    sa.Column('county_code', sa.Text(collation='C'), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('project_id', sa.Uuid(), nullable=False),
    sa.Column('region_code', sa.Text(collation='C'), nullable=False),
    sa.Column('raised_on', sa.Date(), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('recorded_by', sa.Text(), nullable=False),
    sa.Column('closed_on', sa.Date(), nullable=True),
    sa.Column('outcome', sa.Text(), nullable=True),
    sa.Column('closed_by', sa.Text(), nullable=True),
    sa.Column('recorded_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.CheckConstraint('closed_on >= raised_on', name=op.f('ck_project_objection_closed_after_raised')),
    sa.CheckConstraint('num_nulls(closed_on, outcome, closed_by) IN (0, 3)', name=op.f('ck_project_objection_closed_with_outcome')),
    sa.ForeignKeyConstraint(['county_code', 'project_id'], ['funds.project.county_code', 'funds.project.id'], name=op.f('fk_project_objection_county_code_project_id')),
    sa.PrimaryKeyConstraint('county_code', 'id', name=op.f('pk_project_objection')),
    schema='funds'
    )
    op.create_index('ix_project_objection_project', 'project_objection', ['county_code', 'project_id'], unique=False, schema='funds')
    op.create_table('project_step',
    sa.Column('county_code', sa.Text(collation='C'), nullable=False),
    sa.Column('project_id', sa.Uuid(), nullable=False),
    sa.Column('seq', sa.Integer(), nullable=False),
    sa.Column('region_code', sa.Text(collation='C'), nullable=False),
    sa.Column('way', sa.Text(), nullable=False),
    sa.Column('from_stage', sa.Text(), nullable=True),
    sa.Column('stage', sa.Text(), nullable=False),
    sa.Column('document', sa.Text(), nullable=False),
    sa.Column('effective_on', sa.Date(), nullable=False),
    sa.Column('reason', sa.Text(), nullable=True),
    sa.Column('actor', sa.Text(), nullable=False),
    sa.Column('makers', postgresql.ARRAY(sa.Text()), nullable=False),
    sa.Column('recorded_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.CheckConstraint("(way = 'removed') = (stage = 'removed')", name=op.f('ck_project_step_removed_is_removed')),
    sa.CheckConstraint("document <> ''", name=op.f('ck_project_step_document_given')),
    sa.CheckConstraint("stage IN ('declared', 'reviewed', 'published', 'admitted', 'planned', 'tendering', 'building', 'accepted', 'announced', 'owned', 'maintained', 'removed')", name=op.f('ck_project_step_stage')),
    sa.CheckConstraint("way = 'forward' OR reason IS NOT NULL", name=op.f('ck_project_step_reason_given')),
    sa.CheckConstraint("way IN ('forward', 'sent_back', 'removed')", name=op.f('ck_project_step_way')),
    sa.CheckConstraint('NOT (actor = ANY (makers))', name=op.f('ck_project_step_maker_is_not_checker')),
    sa.ForeignKeyConstraint(['county_code', 'project_id'], ['funds.project.county_code', 'funds.project.id'], name=op.f('fk_project_step_county_code_project_id')),
    sa.PrimaryKeyConstraint('county_code', 'project_id', 'seq', name=op.f('pk_project_step')),
    schema='funds'
    )
    op.create_index('ix_project_step_effective', 'project_step', ['county_code', 'project_id', 'effective_on', 'seq'], unique=False, schema='funds')
    op.create_table('project_version',
    sa.Column('county_code', sa.Text(collation='C'), nullable=False),
    sa.Column('project_id', sa.Uuid(), nullable=False),
    sa.Column('version', sa.SmallInteger(), nullable=False),
    sa.Column('region_code', sa.Text(collation='C'), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('nature', sa.Text(), nullable=False),
    sa.Column('fiscal_year', sa.SmallInteger(), nullable=False),
    sa.Column('responsible_unit', sa.Text(), nullable=False),
    sa.Column('task', sa.Text(), nullable=False),
    sa.Column('planned_fen', sa.BigInteger(), nullable=False),
    sa.Column('households_n', sa.Integer(), nullable=False),
    sa.Column('persons_n', sa.Integer(), nullable=False),
    sa.Column('villages', postgresql.ARRAY(sa.Text()), nullable=False),
    sa.Column('participation', sa.Text(), nullable=False),
    sa.Column('benefit_mechanism', sa.Text(), nullable=False),
    sa.Column('starts_on', sa.Date(), nullable=False),
    sa.Column('ends_on', sa.Date(), nullable=False),
    sa.Column('document', sa.Text(), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('is_change', sa.Boolean(), nullable=False),
    sa.Column('reported_on', sa.Date(), nullable=False),
    sa.Column('reported_by', sa.Text(), nullable=False),
    sa.Column('approved_by', sa.Text(), nullable=True),
    sa.Column('approval_document', sa.Text(), nullable=True),
    sa.Column('effective_on', sa.Date(), nullable=True),
    sa.Column('recorded_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.CheckConstraint("document <> ''", name=op.f('ck_project_version_document_given')),
    sa.CheckConstraint('(approved_by IS NULL) = (effective_on IS NULL)', name=op.f('ck_project_version_in_force_once_approved')),
    sa.CheckConstraint('approved_by IS NULL OR NOT is_change OR approved_by <> reported_by', name=op.f('ck_project_version_author_is_not_judge')),
    sa.CheckConstraint('ends_on >= starts_on', name=op.f('ck_project_version_ends_after_start')),
    sa.CheckConstraint('planned_fen > 0', name=op.f('ck_project_version_planned_positive')),
    sa.CheckConstraint('version > 0', name=op.f('ck_project_version_version_positive')),
    sa.ForeignKeyConstraint(['county_code', 'project_id'], ['funds.project.county_code', 'funds.project.id'], name=op.f('fk_project_version_county_code_project_id')),
    sa.PrimaryKeyConstraint('county_code', 'project_id', 'version', name=op.f('pk_project_version')),
    schema='funds'
    )
    op.create_index('uq_project_version_waiting', 'project_version', ['county_code', 'project_id'], unique=True, schema='funds', postgresql_where=sa.text('effective_on IS NULL'))
    op.create_table('asset_income',
    sa.Column('county_code', sa.Text(collation='C'), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('region_code', sa.Text(collation='C'), nullable=False),
    sa.Column('asset_id', sa.Uuid(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('period_from', sa.Date(), nullable=False),
    sa.Column('period_to', sa.Date(), nullable=False),
    sa.Column('amount_fen', sa.BigInteger(), nullable=False),
    sa.Column('energy_kwh', sa.BigInteger(), nullable=True),
    sa.Column('document', sa.Text(), nullable=False),
    sa.Column('paid_into', sa.Text(), nullable=False),
    sa.Column('arrived_on', sa.Date(), nullable=False),
    sa.Column('passed_on', sa.Date(), nullable=True),
    sa.Column('passing_document', sa.Text(), nullable=True),
    sa.Column('recorded_by', sa.Text(), nullable=False),
    sa.Column('recorded_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.CheckConstraint("energy_kwh IS NULL OR (energy_kwh >= 0 AND kind = 'pv_feed_in')", name=op.f('ck_asset_income_energy_is_fed_in')),
    sa.CheckConstraint("kind IN ('rent', 'dividend', 'pv_feed_in', 'pv_subsidy', 'sale', 'other')", name=op.f('ck_asset_income_kind')),
    sa.CheckConstraint('(passed_on IS NULL) = (passing_document IS NULL)', name=op.f('ck_asset_income_passed_on_by_document')),
    sa.CheckConstraint('amount_fen > 0', name=op.f('ck_asset_income_amount_positive')),
    sa.CheckConstraint('passed_on >= arrived_on', name=op.f('ck_asset_income_passed_on_after_arrival')),
    sa.CheckConstraint('period_to >= period_from', name=op.f('ck_asset_income_period_in_order')),
    sa.ForeignKeyConstraint(['county_code', 'asset_id'], ['funds.asset.county_code', 'funds.asset.id'], name=op.f('fk_asset_income_county_code_asset_id')),
    sa.PrimaryKeyConstraint('county_code', 'id', name=op.f('pk_asset_income')),
    sa.UniqueConstraint('county_code', 'asset_id', 'kind', 'period_from', name=op.f('uq_asset_income_county_code_asset_id_kind_period_from')),
    schema='funds'
    )
    op.create_index('ix_asset_income_region', 'asset_income', ['county_code', 'region_code', 'id'], unique=False, schema='funds')
    op.create_table('project_progress',
    sa.Column('county_code', sa.Text(collation='C'), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('contract_id', sa.Uuid(), nullable=False),
    sa.Column('region_code', sa.Text(collation='C'), nullable=False),
    sa.Column('progress_ppm', sa.Integer(), nullable=False),
    sa.Column('document', sa.Text(), nullable=False),
    sa.Column('reached_on', sa.Date(), nullable=False),
    sa.Column('reported_by', sa.Text(), nullable=False),
    sa.Column('accepted_by', sa.Text(), nullable=True),
    sa.Column('accepted_on', sa.Date(), nullable=True),
    sa.Column('acceptance_document', sa.Text(), nullable=True),
    sa.Column('recorded_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.CheckConstraint('accepted_by <> reported_by', name=op.f('ck_project_progress_reporter_is_not_acceptor')),
    sa.CheckConstraint('num_nulls(accepted_by, accepted_on, acceptance_document) IN (0, 3)', name=op.f('ck_project_progress_accepted_by_document')),
    sa.CheckConstraint('progress_ppm BETWEEN 1 AND 1000000', name=op.f('ck_project_progress_progress_share')),
    sa.ForeignKeyConstraint(['county_code', 'contract_id'], ['funds.project_contract.county_code', 'funds.project_contract.id'], name=op.f('fk_project_progress_county_code_contract_id')),
    sa.PrimaryKeyConstraint('county_code', 'id', name=op.f('pk_project_progress')),
    schema='funds'
    )
    op.create_index('ix_project_progress_contract', 'project_progress', ['county_code', 'contract_id'], unique=False, schema='funds')
    op.create_table('project_source',
    sa.Column('county_code', sa.Text(collation='C'), nullable=False),
    sa.Column('project_id', sa.Uuid(), nullable=False),
    sa.Column('version', sa.SmallInteger(), nullable=False),
    sa.Column('fund_code', sa.Text(), nullable=False),
    sa.Column('region_code', sa.Text(collation='C'), nullable=False),
    sa.Column('planned_fen', sa.BigInteger(), nullable=False),
    sa.CheckConstraint('planned_fen > 0', name=op.f('ck_project_source_planned_positive')),
    sa.ForeignKeyConstraint(['county_code', 'project_id', 'version'], ['funds.project_version.county_code', 'funds.project_version.project_id', 'funds.project_version.version'], name=op.f('fk_project_source_county_code_project_id_version')),
    sa.ForeignKeyConstraint(['fund_code'], ['funds.fund.code'], name=op.f('fk_project_source_fund_code')),
    sa.PrimaryKeyConstraint('county_code', 'project_id', 'version', 'fund_code', name=op.f('pk_project_source')),
    schema='funds'
    )
    op.create_table('project_target',
    sa.Column('county_code', sa.Text(collation='C'), nullable=False),
    sa.Column('project_id', sa.Uuid(), nullable=False),
    sa.Column('version', sa.SmallInteger(), nullable=False),
    sa.Column('code', sa.Text(), nullable=False),
    sa.Column('region_code', sa.Text(collation='C'), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('unit', sa.Text(), nullable=False),
    sa.Column('target', sa.Numeric(precision=16, scale=4), nullable=False),
    sa.ForeignKeyConstraint(['county_code', 'project_id', 'version'], ['funds.project_version.county_code', 'funds.project_version.project_id', 'funds.project_version.version'], name=op.f('fk_project_target_county_code_project_id_version')),
    sa.PrimaryKeyConstraint('county_code', 'project_id', 'version', 'code', name=op.f('pk_project_target')),
    schema='funds'
    )
    op.create_table('income_share',
    sa.Column('county_code', sa.Text(collation='C'), nullable=False),
    sa.Column('income_id', sa.Uuid(), nullable=False),
    sa.Column('region_code', sa.Text(collation='C'), nullable=False),
    sa.Column('document', sa.Text(), nullable=False),
    sa.Column('decided_on', sa.Date(), nullable=False),
    sa.Column('due_on', sa.Date(), nullable=False),
    sa.Column('decided_by', sa.Text(), nullable=False),
    sa.Column('recorded_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.CheckConstraint('due_on >= decided_on', name=op.f('ck_income_share_due_after_decided')),
    sa.ForeignKeyConstraint(['county_code', 'income_id'], ['funds.asset_income.county_code', 'funds.asset_income.id'], name=op.f('fk_income_share_county_code_income_id')),
    sa.PrimaryKeyConstraint('county_code', 'income_id', name=op.f('pk_income_share')),
    schema='funds'
    )
    op.create_index('ix_income_share_region', 'income_share', ['county_code', 'region_code', 'income_id'], unique=False, schema='funds')
    op.create_table('share_line',
    sa.Column('county_code', sa.Text(collation='C'), nullable=False),
    sa.Column('income_id', sa.Uuid(), nullable=False),
    sa.Column('line_no', sa.SmallInteger(), nullable=False),
    sa.Column('region_code', sa.Text(collation='C'), nullable=False),
    sa.Column('place_code', sa.Text(collation='C'), nullable=False),
    sa.Column('use', sa.Text(), nullable=False),
    sa.Column('amount_fen', sa.BigInteger(), nullable=False),
    sa.Column('households_n', sa.Integer(), nullable=False),
    sa.Column('paid_on', sa.Date(), nullable=True),
    sa.Column('payment_document', sa.Text(), nullable=True),
    sa.Column('paid_by', sa.Text(), nullable=True),
    sa.CheckConstraint("households_n >= 0 AND (use <> 'households' OR households_n > 0)", name=op.f('ck_share_line_households_counted')),
    sa.CheckConstraint("use IN ('village_reserve', 'public_posts', 'small_works', 'awards', 'households')", name=op.f('ck_share_line_use')),
    sa.CheckConstraint('amount_fen > 0', name=op.f('ck_share_line_amount_positive')),
    sa.CheckConstraint('num_nulls(paid_on, payment_document, paid_by) IN (0, 3)', name=op.f('ck_share_line_paid_by_document')),
    sa.ForeignKeyConstraint(['county_code', 'income_id'], ['funds.income_share.county_code', 'funds.income_share.income_id'], name=op.f('fk_share_line_county_code_income_id')),
    sa.PrimaryKeyConstraint('county_code', 'income_id', 'line_no', name=op.f('pk_share_line')),
    schema='funds'
    )
    op.create_table('share_household',
    sa.Column('county_code', sa.Text(collation='C'), nullable=False),
    sa.Column('income_id', sa.Uuid(), nullable=False),
    sa.Column('line_no', sa.SmallInteger(), nullable=False),
    sa.Column('household_id', sa.Uuid(), nullable=False),
    sa.Column('region_code', sa.Text(collation='C'), nullable=False),
    sa.Column('amount_fen', sa.BigInteger(), nullable=False),
    sa.CheckConstraint('amount_fen >= 0', name=op.f('ck_share_household_amount_not_negative')),
    sa.ForeignKeyConstraint(['county_code', 'household_id'], ['funds.household.county_code', 'funds.household.id'], name=op.f('fk_share_household_county_code_household_id')),
    sa.ForeignKeyConstraint(['county_code', 'income_id', 'line_no'], ['funds.share_line.county_code', 'funds.share_line.income_id', 'funds.share_line.line_no'], name=op.f('fk_share_household_county_code_income_id_line_no')),
    sa.PrimaryKeyConstraint('county_code', 'income_id', 'line_no', 'household_id', name=op.f('pk_share_household')),
    schema='funds'
    )
    op.create_index('ix_share_household_household', 'share_household', ['county_code', 'household_id'], unique=False, schema='funds')

    for statement in projects_v1.statements():
        op.execute(statement)
    policies()


def policies() -> None:
    """The numbers the library judges by."""
    table = sa.table(
        "policy_value",
        *(sa.column(name) for name in ("key", "region_code", "source", "basis")),
        sa.column("valid_from", sa.Date()),
        sa.column("value", postgresql.JSONB()),
        schema="funds",
    )
    for key, region, valid_from, value, source, basis in VALUES:
        op.execute(
            sa.insert(table).values(
                key=key,
                region_code=region,
                valid_from=date.fromisoformat(valid_from),
                value=value,
                source=source,
                basis=basis,
            )
        )


def downgrade() -> None:
    raise NotImplementedError("a ledger is not rolled back; write a new migration")
