"""Money from the notice to the household: every table of the ledger, its functions, policies and grants."""

from alembic import op
import sqlalchemy as sa

from migrations import journal_v1
from migrations import ledger_v1
from sqlalchemy.dialects import postgresql
revision = '0001'
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('data_key',
    sa.Column('number', sa.SmallInteger(), nullable=False),
    sa.Column('purpose', sa.Text(), nullable=False),
    sa.Column('wrapped', sa.LargeBinary(), nullable=False),
    sa.CheckConstraint("purpose IN ('cell', 'token')", name=op.f('ck_data_key_purpose')),
    sa.PrimaryKeyConstraint('number', 'purpose', name=op.f('pk_data_key')),
    schema='funds'
    )
    op.create_table('entry',
    sa.Column('county_code', sa.Text(collation='C'), nullable=False),
    sa.Column('account_id', sa.Uuid(), nullable=False),
    sa.Column('movement_id', sa.Uuid(), nullable=False),
    sa.Column('arrived_on', sa.Date(), nullable=False),
    sa.Column('region_code', sa.Text(collation='C'), nullable=False),
    sa.Column('effective_on', sa.Date(), nullable=False),
    sa.Column('recorded_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('amount_fen', sa.BigInteger(), nullable=False),
    sa.CheckConstraint('amount_fen <> 0', name=op.f('ck_entry_amount_not_zero')),
    sa.PrimaryKeyConstraint('county_code', 'account_id', 'movement_id', 'arrived_on', name=op.f('pk_entry')),
    schema='funds'
    )
    op.create_index('ix_entry_account_effective', 'entry', ['county_code', 'account_id', 'effective_on'], unique=False, schema='funds', postgresql_include=['arrived_on', 'amount_fen'])
    op.create_table('event',
    sa.Column('stream', sa.Text(collation='C'), nullable=False),
    sa.Column('position', sa.BigInteger(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('body', postgresql.JSON(astext_type=sa.Text()), nullable=False),
    sa.Column('actor', sa.Text(), nullable=False),
    sa.Column('request_id', sa.Text(), nullable=False),
    sa.Column('idempotency_key', sa.Text(), nullable=False),
    sa.Column('request_hash', sa.LargeBinary(), nullable=False),
    sa.Column('outcome', postgresql.JSON(astext_type=sa.Text()), nullable=False),
    sa.Column('recorded_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('hash', sa.LargeBinary(), nullable=False),
    sa.PrimaryKeyConstraint('stream', 'position', name=op.f('pk_event')),
    sa.UniqueConstraint('stream', 'actor', 'idempotency_key', name=op.f('uq_event_stream_actor_idempotency_key')),
    schema='funds'
    )
    op.create_table('fund',
    sa.Column('code', sa.Text(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('level', sa.Text(), nullable=False),
    sa.Column('stream', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('code', name=op.f('pk_fund')),
    schema='funds'
    )
    op.create_table('household',
    sa.Column('county_code', sa.Text(collation='C'), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('region_code', sa.Text(collation='C'), nullable=False),
    sa.Column('head_token', sa.LargeBinary(), nullable=False),
    sa.Column('head_cell', sa.LargeBinary(), nullable=False),
    sa.Column('key_number', sa.SmallInteger(), nullable=False),
    sa.Column('persons_n', sa.SmallInteger(), nullable=False),
    sa.Column('registered_on', sa.Date(), nullable=False),
    sa.Column('removed_on', sa.Date(), nullable=True),
    sa.CheckConstraint('length(head_token) = 16', name=op.f('ck_household_token_length')),
    sa.CheckConstraint('removed_on IS NULL OR removed_on >= registered_on', name=op.f('ck_household_removed_after_registered')),
    sa.PrimaryKeyConstraint('county_code', 'id', name=op.f('pk_household')),
    sa.UniqueConstraint('county_code', 'head_token', name=op.f('uq_household_county_code_head_token')),
    schema='funds'
    )
    op.create_index('ix_household_region', 'household', ['county_code', 'region_code', 'id'], unique=False, schema='funds')
    op.create_table('loan',
    sa.Column('county_code', sa.Text(collation='C'), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('region_code', sa.Text(collation='C'), nullable=False),
    sa.Column('bank', sa.Text(), nullable=False),
    sa.Column('bank_ref', sa.Text(), nullable=False),
    sa.Column('household_id', sa.Uuid(), nullable=False),
    sa.Column('borrower_token', sa.LargeBinary(), nullable=False),
    sa.Column('principal_fen', sa.BigInteger(), nullable=False),
    sa.Column('rate_ppm', sa.Integer(), nullable=False),
    sa.Column('disbursed_on', sa.Date(), nullable=False),
    sa.Column('due_on', sa.Date(), nullable=False),
    sa.Column('use', sa.Text(), nullable=False),
    sa.Column('content_hash', sa.LargeBinary(), nullable=False),
    sa.Column('recorded_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.CheckConstraint('due_on > disbursed_on', name=op.f('ck_loan_due_after_disbursed')),
    sa.CheckConstraint('principal_fen > 0', name=op.f('ck_loan_principal_positive')),
    sa.PrimaryKeyConstraint('county_code', 'id', name=op.f('pk_loan')),
    sa.UniqueConstraint('county_code', 'bank', 'bank_ref', name=op.f('uq_loan_county_code_bank_bank_ref')),
    schema='funds'
    )
    op.create_index('ix_loan_borrower', 'loan', ['county_code', 'borrower_token'], unique=False, schema='funds')
    op.create_table('policy_value',
    sa.Column('key', sa.Text(), nullable=False),
    sa.Column('region_code', sa.Text(collation='C'), nullable=False),
    sa.Column('valid_from', sa.Date(), nullable=False),
    sa.Column('value', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('source', sa.Text(), nullable=False),
    sa.Column('basis', sa.Text(), nullable=False),
    sa.CheckConstraint("basis IN ('law', 'practice', 'assumed')", name=op.f('ck_policy_value_basis')),
    sa.CheckConstraint("source <> ''", name=op.f('ck_policy_value_source_given')),
    sa.PrimaryKeyConstraint('key', 'region_code', 'valid_from', name=op.f('pk_policy_value')),
    schema='funds'
    )
    op.create_table('region',
    sa.Column('code', sa.Text(collation='C'), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('level', sa.Text(), nullable=False),
    sa.Column('parent_code', sa.Text(collation='C'), nullable=True),
    sa.Column('listed_year', sa.SmallInteger(), nullable=False),
    sa.CheckConstraint("length(code) IN (2, 4, 6, 9, 12) AND code ~ '^[0-9]+$'", name=op.f('ck_region_code_length')),
    sa.ForeignKeyConstraint(['parent_code'], ['funds.region.code'], name=op.f('fk_region_parent_code')),
    sa.PrimaryKeyConstraint('code', name=op.f('pk_region')),
    schema='funds'
    )
    op.create_index('ix_region_parent_code', 'region', ['parent_code', 'code'], unique=False, schema='funds')
    op.create_table('stream_head',
    sa.Column('stream', sa.Text(collation='C'), nullable=False),
    sa.Column('position', sa.BigInteger(), nullable=False),
    sa.Column('hash', sa.LargeBinary(), nullable=False),
    sa.PrimaryKeyConstraint('stream', name=op.f('pk_stream_head')),
    schema='funds',
    postgresql_with={'fillfactor': 10}
    )
    op.create_table('notice',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('region_code', sa.Text(collation='C'), nullable=False),
    sa.Column('issuer', sa.Text(), nullable=False),
    sa.Column('title', sa.Text(), nullable=False),
    sa.Column('document_key', sa.Text(), nullable=False),
    sa.Column('document_number', sa.Text(), nullable=True),
    sa.Column('cites', postgresql.ARRAY(sa.Text()), nullable=False),
    sa.Column('fund_code', sa.Text(), nullable=False),
    sa.Column('fiscal_year', sa.SmallInteger(), nullable=False),
    sa.Column('issued_on_printed', sa.Text(), nullable=True),
    sa.Column('received_on', sa.Date(), nullable=False),
    sa.Column('received_on_basis', sa.Text(), nullable=False),
    sa.Column('stated_total_fen', sa.BigInteger(), nullable=True),
    sa.Column('received_fen', sa.BigInteger(), nullable=False),
    sa.Column('brought_by', sa.Text(), nullable=False),
    sa.Column('completeness', sa.Text(), nullable=False),
    sa.Column('source', sa.Text(), nullable=False),
    sa.Column('recorded_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.CheckConstraint("brought_by IN ('lines', 'sources')", name=op.f('ck_notice_brought_by')),
    sa.CheckConstraint("received_on_basis IN ('printed', 'assumed')", name=op.f('ck_notice_received_on_basis')),
    sa.CheckConstraint('received_fen >= 0 AND received_fen <= coalesce(stated_total_fen, received_fen)', name=op.f('ck_notice_law5')),
    sa.ForeignKeyConstraint(['fund_code'], ['funds.fund.code'], name=op.f('fk_notice_fund_code')),
    sa.ForeignKeyConstraint(['region_code'], ['funds.region.code'], name=op.f('fk_notice_region_code')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_notice')),
    sa.UniqueConstraint('issuer', 'document_key', name=op.f('uq_notice_issuer_document_key')),
    schema='funds'
    )
    op.create_table('unit',
    sa.Column('county_code', sa.Text(collation='C'), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('region_code', sa.Text(collation='C'), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['region_code'], ['funds.region.code'], name=op.f('fk_unit_region_code')),
    sa.PrimaryKeyConstraint('county_code', 'id', name=op.f('pk_unit')),
    sa.UniqueConstraint('county_code', 'region_code', 'name', name=op.f('uq_unit_county_code_region_code_name')),
    schema='funds'
    )
    op.create_table('account',
    sa.Column('county_code', sa.Text(collation='C'), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('unit_id', sa.Uuid(), nullable=False),
    sa.Column('region_code', sa.Text(collation='C'), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('book', sa.Text(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('sum_fen', sa.BigInteger(), server_default=sa.text('0'), nullable=False),
    sa.Column('sum_fen_day', sa.Numeric(precision=38, scale=0), server_default=sa.text('0'), nullable=False),
    sa.Column('charged_fen_days', sa.Numeric(precision=38, scale=0), server_default=sa.text('0'), nullable=False),
    sa.CheckConstraint("book IN ('quota', 'cash')", name=op.f('ck_account_book')),
    sa.CheckConstraint('charged_fen_days >= 0', name=op.f('ck_account_charged_not_negative')),
    sa.CheckConstraint('sum_fen >= 0', name=op.f('ck_account_sum_not_negative')),
    sa.ForeignKeyConstraint(['county_code', 'unit_id'], ['funds.unit.county_code', 'funds.unit.id'], name=op.f('fk_account_county_code_unit_id')),
    sa.PrimaryKeyConstraint('county_code', 'id', name=op.f('pk_account')),
    sa.UniqueConstraint('county_code', 'unit_id', 'name', name=op.f('uq_account_county_code_unit_id_name')),
    schema='funds',
    postgresql_with={'fillfactor': 50}
    )
    op.create_table('notice_discrepancy',
    sa.Column('notice_id', sa.Uuid(), nullable=False),
    sa.Column('check_name', sa.Text(), nullable=False),
    sa.Column('group_no', sa.Text(), nullable=False),
    sa.Column('printed_fen', sa.BigInteger(), nullable=False),
    sa.Column('summed_fen', sa.BigInteger(), nullable=False),
    sa.Column('difference_fen', sa.BigInteger(), nullable=False),
    sa.CheckConstraint('difference_fen = summed_fen - printed_fen', name=op.f('ck_notice_discrepancy_difference')),
    sa.ForeignKeyConstraint(['notice_id'], ['funds.notice.id'], name=op.f('fk_notice_discrepancy_notice_id')),
    sa.PrimaryKeyConstraint('notice_id', 'check_name', 'group_no', name=op.f('pk_notice_discrepancy')),
    schema='funds'
    )
    op.create_table('notice_line',
    sa.Column('notice_id', sa.Uuid(), nullable=False),
    sa.Column('part', sa.Text(), nullable=False),
    sa.Column('line_no', sa.Integer(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('group_no', sa.Text(), nullable=True),
    sa.Column('county_code', sa.Text(collation='C'), nullable=False),
    sa.Column('region_code', sa.Text(collation='C'), nullable=True),
    sa.Column('place', sa.Text(), nullable=True),
    sa.Column('purpose', sa.Text(), nullable=True),
    sa.Column('responsible_unit', sa.Text(), nullable=True),
    sa.Column('fund_level', sa.Text(), nullable=True),
    sa.Column('document_number', sa.Text(), nullable=True),
    sa.Column('amount_printed', sa.Text(), nullable=False),
    sa.Column('amount_fen', sa.BigInteger(), nullable=False),
    sa.Column('note', sa.Text(), nullable=True),
    sa.CheckConstraint("kind IN ('item', 'subtotal', 'total', 'memo', 'source')", name=op.f('ck_notice_line_kind')),
    sa.CheckConstraint("part IN ('line', 'source')", name=op.f('ck_notice_line_part')),
    sa.ForeignKeyConstraint(['notice_id'], ['funds.notice.id'], name=op.f('fk_notice_line_notice_id')),
    sa.PrimaryKeyConstraint('notice_id', 'part', 'line_no', name=op.f('pk_notice_line')),
    schema='funds'
    )
    op.create_table('payment_batch',
    sa.Column('county_code', sa.Text(collation='C'), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('region_code', sa.Text(collation='C'), nullable=False),
    sa.Column('account_id', sa.Uuid(), nullable=False),
    sa.Column('fund_code', sa.Text(), nullable=False),
    sa.Column('entitlement', sa.Text(), nullable=False),
    sa.Column('document', sa.Text(), nullable=False),
    sa.Column('effective_on', sa.Date(), nullable=False),
    sa.Column('status', sa.Text(), nullable=False),
    sa.Column('file_name', sa.Text(), nullable=True),
    sa.Column('file_sha256', sa.LargeBinary(), nullable=True),
    sa.Column('file_format', sa.Text(), nullable=True),
    sa.Column('rows_good', sa.Integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('rows_bad', sa.Integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('total_fen', sa.BigInteger(), server_default=sa.text('0'), nullable=False),
    sa.Column('printed_total_fen', sa.BigInteger(), nullable=True),
    sa.Column('uploaded_by', sa.Text(), nullable=True),
    sa.Column('uploaded_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('approved_by', sa.Text(), nullable=True),
    sa.Column('approved_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('created_by', sa.Text(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.CheckConstraint("(status = 'posted') = (approved_by IS NOT NULL)", name=op.f('ck_payment_batch_posted_is_approved')),
    sa.CheckConstraint("status IN ('draft', 'checked', 'posted', 'withdrawn')", name=op.f('ck_payment_batch_status')),
    sa.CheckConstraint('approved_by IS NULL OR approved_by <> uploaded_by', name=op.f('ck_payment_batch_maker_is_not_checker')),
    sa.CheckConstraint('rows_good >= 0 AND rows_bad >= 0 AND total_fen >= 0', name=op.f('ck_payment_batch_counts_not_negative')),
    sa.ForeignKeyConstraint(['county_code', 'account_id'], ['funds.account.county_code', 'funds.account.id'], name=op.f('fk_payment_batch_county_code_account_id')),
    sa.ForeignKeyConstraint(['fund_code'], ['funds.fund.code'], name=op.f('fk_payment_batch_fund_code')),
    sa.PrimaryKeyConstraint('county_code', 'id', name=op.f('pk_payment_batch')),
    schema='funds'
    )
    op.create_index('ix_payment_batch_entitlement', 'payment_batch', ['county_code', 'entitlement'], unique=False, schema='funds')
    op.create_index('ix_payment_batch_region', 'payment_batch', ['county_code', 'region_code', 'id'], unique=False, schema='funds')
    op.create_table('tranche',
    sa.Column('county_code', sa.Text(collation='C'), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('notice_id', sa.Uuid(), nullable=False),
    sa.Column('part', sa.Text(), nullable=False),
    sa.Column('line_no', sa.Integer(), nullable=False),
    sa.Column('fund_code', sa.Text(), nullable=False),
    sa.Column('fiscal_year', sa.SmallInteger(), nullable=False),
    sa.Column('purpose', sa.Text(), nullable=False),
    sa.Column('amount_fen', sa.BigInteger(), nullable=False),
    sa.Column('received_on', sa.Date(), nullable=False),
    sa.CheckConstraint('amount_fen > 0', name=op.f('ck_tranche_amount_positive')),
    sa.ForeignKeyConstraint(['fund_code'], ['funds.fund.code'], name=op.f('fk_tranche_fund_code')),
    sa.ForeignKeyConstraint(['notice_id', 'part', 'line_no'], ['funds.notice_line.notice_id', 'funds.notice_line.part', 'funds.notice_line.line_no'], name=op.f('fk_tranche_notice_id_part_line_no')),
    sa.PrimaryKeyConstraint('county_code', 'id', name=op.f('pk_tranche')),
    sa.UniqueConstraint('county_code', 'notice_id', 'part', 'line_no', name=op.f('uq_tranche_county_code_notice_id_part_line_no')),
    schema='funds'
    )
    op.create_table('movement',
    sa.Column('county_code', sa.Text(collation='C'), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('document', sa.Text(), nullable=False),
    sa.Column('from_account_id', sa.Uuid(), nullable=True),
    sa.Column('to_account_id', sa.Uuid(), nullable=False),
    sa.Column('from_region', sa.Text(collation='C'), nullable=True),
    sa.Column('to_region', sa.Text(collation='C'), nullable=False),
    sa.Column('effective_on', sa.Date(), nullable=False),
    sa.Column('recorded_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('amount_fen', sa.BigInteger(), nullable=False),
    sa.Column('drawn', sa.Text(), nullable=False),
    sa.Column('reverses_id', sa.Uuid(), nullable=True),
    sa.Column('batch_id', sa.Uuid(), nullable=True),
    sa.Column('actor', sa.Text(), nullable=False),
    sa.Column('note', sa.Text(), nullable=True),
    sa.CheckConstraint("(kind = 'disburse') = (batch_id IS NOT NULL)", name=op.f('ck_movement_disburse_names_its_batch')),
    sa.CheckConstraint("(kind = 'receive') = (from_account_id IS NULL)", name=op.f('ck_movement_receive_comes_from_outside')),
    sa.CheckConstraint("(kind = 'reverse') = (reverses_id IS NOT NULL)", name=op.f('ck_movement_reverse_names_its_movement')),
    sa.CheckConstraint("document <> ''", name=op.f('ck_movement_document_given')),
    sa.CheckConstraint("kind IN ('receive', 'hand_down', 'pay', 'disburse', 'return', 'recover', 'reverse')", name=op.f('ck_movement_kind')),
    sa.CheckConstraint('amount_fen > 0', name=op.f('ck_movement_amount_positive')),
    sa.CheckConstraint('from_account_id <> to_account_id', name=op.f('ck_movement_two_accounts')),
    sa.ForeignKeyConstraint(['county_code', 'batch_id'], ['funds.payment_batch.county_code', 'funds.payment_batch.id'], name=op.f('fk_movement_county_code_batch_id')),
    sa.ForeignKeyConstraint(['county_code', 'from_account_id'], ['funds.account.county_code', 'funds.account.id'], name=op.f('fk_movement_county_code_from_account_id')),
    sa.ForeignKeyConstraint(['county_code', 'reverses_id'], ['funds.movement.county_code', 'funds.movement.id'], name=op.f('fk_movement_county_code_reverses_id')),
    sa.ForeignKeyConstraint(['county_code', 'to_account_id'], ['funds.account.county_code', 'funds.account.id'], name=op.f('fk_movement_county_code_to_account_id')),
    sa.PrimaryKeyConstraint('county_code', 'id', name=op.f('pk_movement')),
    sa.UniqueConstraint('county_code', 'reverses_id', name=op.f('uq_movement_county_code_reverses_id')),
    schema='funds'
    )
    op.create_index('ix_movement_from', 'movement', ['county_code', 'from_account_id', 'effective_on'], unique=False, schema='funds')
    op.create_index('ix_movement_to', 'movement', ['county_code', 'to_account_id', 'effective_on'], unique=False, schema='funds')
    op.create_table('payment',
    sa.Column('county_code', sa.Text(collation='C'), nullable=False),
    sa.Column('batch_id', sa.Uuid(), nullable=False),
    sa.Column('line', sa.Integer(), nullable=False),
    sa.Column('region_code', sa.Text(collation='C'), nullable=False),
    sa.Column('household_id', sa.Uuid(), nullable=False),
    sa.Column('payee_token', sa.LargeBinary(), nullable=False),
    sa.Column('payee_cell', sa.LargeBinary(), nullable=False),
    sa.Column('amount_fen', sa.BigInteger(), nullable=False),
    sa.Column('cum_fen', sa.BigInteger(), nullable=False),
    sa.CheckConstraint('amount_fen > 0', name=op.f('ck_payment_amount_positive')),
    sa.CheckConstraint('cum_fen >= amount_fen', name=op.f('ck_payment_cum_reaches_amount')),
    sa.ForeignKeyConstraint(['county_code', 'batch_id'], ['funds.payment_batch.county_code', 'funds.payment_batch.id'], name=op.f('fk_payment_county_code_batch_id')),
    sa.PrimaryKeyConstraint('county_code', 'batch_id', 'line', name=op.f('pk_payment')),
    sa.UniqueConstraint('county_code', 'batch_id', 'cum_fen', name=op.f('uq_payment_county_code_batch_id_cum_fen')),
    schema='funds',
    postgresql_partition_by='LIST (county_code)'
    )
    op.create_index('ix_payment_payee', 'payment', ['county_code', 'payee_token'], unique=False, schema='funds')
    op.create_table('rejected_row',
    sa.Column('county_code', sa.Text(collation='C'), nullable=False),
    sa.Column('batch_id', sa.Uuid(), nullable=False),
    sa.Column('line', sa.Integer(), nullable=False),
    sa.Column('region_code', sa.Text(collation='C'), nullable=False),
    sa.Column('reasons', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('row_cell', sa.LargeBinary(), nullable=False),
    sa.ForeignKeyConstraint(['county_code', 'batch_id'], ['funds.payment_batch.county_code', 'funds.payment_batch.id'], name=op.f('fk_rejected_row_county_code_batch_id')),
    sa.PrimaryKeyConstraint('county_code', 'batch_id', 'line', name=op.f('pk_rejected_row')),
    schema='funds'
    )
    op.create_table('lot',
    sa.Column('county_code', sa.Text(collation='C'), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('tranche_id', sa.Uuid(), nullable=False),
    sa.Column('fund_code', sa.Text(), nullable=False),
    sa.Column('account_id', sa.Uuid(), nullable=False),
    sa.Column('region_code', sa.Text(collation='C'), nullable=False),
    sa.Column('movement_id', sa.Uuid(), nullable=False),
    sa.Column('restores_lot_id', sa.Uuid(), nullable=True),
    sa.Column('arrived_on', sa.Date(), nullable=False),
    sa.Column('clock_from', sa.Date(), nullable=False),
    sa.Column('amount_fen', sa.BigInteger(), nullable=False),
    sa.Column('remaining_fen', sa.BigInteger(), nullable=False),
    sa.Column('last_drawn_on', sa.Date(), nullable=True),
    sa.Column('is_terminal', sa.Boolean(), nullable=False),
    sa.Column('is_open', sa.Boolean(), sa.Computed('remaining_fen > 0', persisted=True), nullable=False),
    sa.Column('is_resting', sa.Boolean(), sa.Computed('remaining_fen > 0 AND NOT is_terminal', persisted=True), nullable=False),
    sa.Column('emptied_on', sa.Date(), nullable=True),
    sa.CheckConstraint('amount_fen > 0', name=op.f('ck_lot_amount_positive')),
    sa.CheckConstraint('clock_from <= arrived_on', name=op.f('ck_lot_clock_not_after_arrival')),
    sa.CheckConstraint('remaining_fen BETWEEN 0 AND amount_fen', name=op.f('ck_lot_law2_not_overdrawn')),
    sa.ForeignKeyConstraint(['county_code', 'account_id'], ['funds.account.county_code', 'funds.account.id'], name=op.f('fk_lot_county_code_account_id')),
    sa.ForeignKeyConstraint(['county_code', 'movement_id'], ['funds.movement.county_code', 'funds.movement.id'], name=op.f('fk_lot_county_code_movement_id')),
    sa.ForeignKeyConstraint(['county_code', 'restores_lot_id'], ['funds.lot.county_code', 'funds.lot.id'], name=op.f('fk_lot_county_code_restores_lot_id')),
    sa.ForeignKeyConstraint(['county_code', 'tranche_id'], ['funds.tranche.county_code', 'funds.tranche.id'], name=op.f('fk_lot_county_code_tranche_id')),
    sa.PrimaryKeyConstraint('county_code', 'id', name=op.f('pk_lot')),
    schema='funds',
    postgresql_with={'fillfactor': 80}
    )
    op.create_index('ix_lot_emptied', 'lot', ['county_code', 'emptied_on'], unique=False, schema='funds', postgresql_where=sa.text('emptied_on IS NOT NULL'))
    op.create_index('ix_lot_movement', 'lot', ['county_code', 'movement_id'], unique=False, schema='funds')
    op.create_index('ix_lot_open_by_account', 'lot', ['county_code', 'account_id', 'fund_code', 'arrived_on', 'id'], unique=False, schema='funds', postgresql_where=sa.text('is_open'))
    op.create_index('ix_lot_resting_by_clock', 'lot', ['county_code', 'clock_from', 'id'], unique=False, schema='funds', postgresql_include=['account_id', 'remaining_fen', 'arrived_on', 'region_code', 'fund_code'], postgresql_where=sa.text('is_resting'))
    op.create_index('ix_lot_tranche', 'lot', ['county_code', 'tranche_id'], unique=False, schema='funds')
    op.create_table('draw',
    sa.Column('county_code', sa.Text(collation='C'), nullable=False),
    sa.Column('to_lot_id', sa.Uuid(), nullable=False),
    sa.Column('movement_id', sa.Uuid(), nullable=False),
    sa.Column('from_lot_id', sa.Uuid(), nullable=False),
    sa.Column('from_region', sa.Text(collation='C'), nullable=False),
    sa.Column('to_region', sa.Text(collation='C'), nullable=False),
    sa.Column('effective_on', sa.Date(), nullable=False),
    sa.Column('amount_fen', sa.BigInteger(), nullable=False),
    sa.Column('days_rested', sa.Integer(), nullable=False),
    sa.Column('batch_id', sa.Uuid(), nullable=True),
    sa.Column('lo_fen', sa.BigInteger(), nullable=True),
    sa.Column('hi_fen', sa.BigInteger(), nullable=True),
    sa.Column('first_line', sa.Integer(), nullable=True),
    sa.Column('last_line', sa.Integer(), nullable=True),
    sa.CheckConstraint('amount_fen > 0', name=op.f('ck_draw_amount_positive')),
    sa.CheckConstraint('batch_id IS NULL OR hi_fen - lo_fen = amount_fen', name=op.f('ck_draw_span_is_its_amount')),
    sa.CheckConstraint('days_rested >= 0', name=op.f('ck_draw_law4_not_before_arrival')),
    sa.ForeignKeyConstraint(['county_code', 'from_lot_id'], ['funds.lot.county_code', 'funds.lot.id'], name=op.f('fk_draw_county_code_from_lot_id')),
    sa.ForeignKeyConstraint(['county_code', 'movement_id'], ['funds.movement.county_code', 'funds.movement.id'], name=op.f('fk_draw_county_code_movement_id')),
    sa.ForeignKeyConstraint(['county_code', 'to_lot_id'], ['funds.lot.county_code', 'funds.lot.id'], name=op.f('fk_draw_county_code_to_lot_id')),
    sa.PrimaryKeyConstraint('county_code', 'to_lot_id', name=op.f('pk_draw')),
    schema='funds'
    )
    op.create_index('ix_draw_effective', 'draw', ['county_code', 'effective_on'], unique=False, schema='funds', postgresql_include=['from_lot_id', 'amount_fen'])
    op.create_index('ix_draw_from_lot', 'draw', ['county_code', 'from_lot_id', 'effective_on'], unique=False, schema='funds')
    op.create_index('ix_draw_movement', 'draw', ['county_code', 'movement_id'], unique=False, schema='funds')
    op.create_index('ix_draw_span', 'draw', ['county_code', 'batch_id', 'lo_fen'], unique=False, schema='funds', postgresql_where=sa.text('batch_id IS NOT NULL'))
    op.create_table('flag',
    sa.Column('county_code', sa.Text(collation='C'), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('region_code', sa.Text(collation='C'), nullable=False),
    sa.Column('rule_code', sa.Text(), nullable=False),
    sa.Column('rule_version', sa.SmallInteger(), nullable=False),
    sa.Column('lot_id', sa.Uuid(), nullable=False),
    sa.Column('limit_days', sa.Integer(), nullable=False),
    sa.Column('as_of', sa.Date(), nullable=False),
    sa.Column('amount_fen', sa.BigInteger(), nullable=False),
    sa.Column('days', sa.Integer(), nullable=False),
    sa.Column('facts', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('explanation', sa.Text(), nullable=False),
    sa.Column('raised_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.ForeignKeyConstraint(['county_code', 'lot_id'], ['funds.lot.county_code', 'funds.lot.id'], name=op.f('fk_flag_county_code_lot_id')),
    sa.PrimaryKeyConstraint('county_code', 'id', name=op.f('pk_flag')),
    sa.UniqueConstraint('county_code', 'rule_code', 'lot_id', 'limit_days', name=op.f('uq_flag_county_code_rule_code_lot_id_limit_days')),
    schema='funds'
    )
    op.create_index('ix_flag_region', 'flag', ['county_code', 'region_code', 'id'], unique=False, schema='funds')
    op.execute("CREATE TABLE funds.payment_rows PARTITION OF funds.payment DEFAULT")
    for part in (ledger_v1.functions, ledger_v1.policies, ledger_v1.grants):
        for statement in part():
            op.execute(statement)
    for statement in journal_v1.statements("funds", ledger_v1.ROLE):
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("a ledger is not rolled back; write a new migration")
