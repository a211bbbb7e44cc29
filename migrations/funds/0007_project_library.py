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
