"""Engagements: period, scope and team, and their documents with hash, author and position, from notice to decision."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations import audit_engagements_v1

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('engagement',
    sa.Column('county_code', sa.Text(collation='C'), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('region_code', sa.Text(collation='C'), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('title', sa.Text(), nullable=False),
    sa.Column('question', sa.Text(), nullable=False),
    sa.Column('office', sa.Text(), nullable=False),
    sa.Column('auditee_unit_id', sa.Uuid(), nullable=True),
    sa.Column('auditee_name', sa.Text(), nullable=True),
    sa.Column('planned_on', sa.Date(), nullable=False),
    sa.Column('planned_by', sa.Text(), nullable=False),
    sa.Column('last_no', sa.Integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('recorded_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('position', sa.BigInteger(), nullable=False),
    sa.CheckConstraint("kind IN ('audit', 'campaign', 'patrol', 'inspection')", name=op.f('ck_engagement_kind')),
    sa.CheckConstraint("kind NOT IN ('audit', 'patrol') OR auditee_unit_id IS NOT NULL", name=op.f('ck_engagement_looks_at_a_unit')),
    sa.CheckConstraint('(auditee_unit_id IS NULL) = (auditee_name IS NULL)', name=op.f('ck_engagement_auditee_whole')),
    sa.CheckConstraint('last_no >= 0', name=op.f('ck_engagement_last_no_not_negative')),
    sa.CheckConstraint('region_code = county_code', name=op.f('ck_engagement_of_the_county')),
    sa.PrimaryKeyConstraint('county_code', 'id', name=op.f('pk_engagement')),
    schema='audit'
    )
    op.create_table('engagement_scope',
    sa.Column('county_code', sa.Text(collation='C'), nullable=False),
    sa.Column('engagement_id', sa.Uuid(), nullable=False),
    sa.Column('what', sa.Text(), nullable=False),
    sa.Column('code', sa.Text(collation='C'), nullable=False),
    sa.Column('region_code', sa.Text(collation='C'), nullable=False),
    sa.CheckConstraint("what <> 'region' OR code LIKE county_code || '%'", name=op.f('ck_engagement_scope_region_of_the_county')),
    sa.CheckConstraint("what IN ('region', 'fund')", name=op.f('ck_engagement_scope_what')),
    sa.ForeignKeyConstraint(['county_code', 'engagement_id'], ['audit.engagement.county_code', 'audit.engagement.id'], name=op.f('fk_engagement_scope_county_code_engagement_id')),
    sa.PrimaryKeyConstraint('county_code', 'engagement_id', 'what', 'code', name=op.f('pk_engagement_scope')),
    schema='audit'
    )
    op.create_index('ix_engagement_scope_code', 'engagement_scope', ['county_code', 'what', 'code'], unique=False, schema='audit')
    op.create_table('engagement_period',
    sa.Column('county_code', sa.Text(collation='C'), nullable=False),
    sa.Column('engagement_id', sa.Uuid(), nullable=False),
    sa.Column('period_no', sa.SmallInteger(), nullable=False),
    sa.Column('region_code', sa.Text(collation='C'), nullable=False),
    sa.Column('starts_on', sa.Date(), nullable=False),
    sa.Column('ends_on', sa.Date(), nullable=False),
    sa.Column('policy_ref', sa.Text(), nullable=True),
    sa.Column('document', sa.Text(), nullable=True),
    sa.Column('changed_on', sa.Date(), nullable=False),
    sa.Column('made_by', sa.Text(), nullable=False),
    sa.Column('position', sa.BigInteger(), nullable=False),
    sa.CheckConstraint('ends_on >= starts_on', name=op.f('ck_engagement_period_period')),
    sa.CheckConstraint('period_no = 1 OR document IS NOT NULL', name=op.f('ck_engagement_period_changed_by_document')),
    sa.CheckConstraint('period_no > 0', name=op.f('ck_engagement_period_period_no_positive')),
    sa.ForeignKeyConstraint(['county_code', 'engagement_id'], ['audit.engagement.county_code', 'audit.engagement.id'], name=op.f('fk_engagement_period_county_code_engagement_id')),
    sa.PrimaryKeyConstraint('county_code', 'engagement_id', 'period_no', name=op.f('pk_engagement_period')),
    schema='audit'
    )
    op.create_table('engagement_member',
    sa.Column('county_code', sa.Text(collation='C'), nullable=False),
    sa.Column('engagement_id', sa.Uuid(), nullable=False),
    sa.Column('member_no', sa.SmallInteger(), nullable=False),
    sa.Column('region_code', sa.Text(collation='C'), nullable=False),
    sa.Column('person', sa.Text(), nullable=False),
    sa.Column('role', sa.Text(), nullable=False),
    sa.Column('unit_id', sa.Uuid(), nullable=True),
    sa.Column('from_on', sa.Date(), nullable=False),
    sa.Column('until_on', sa.Date(), nullable=True),
    sa.Column('made_by', sa.Text(), nullable=False),
    sa.Column('ended_by', sa.Text(), nullable=True),
    sa.Column('position', sa.BigInteger(), nullable=False),
    sa.Column('ended_position', sa.BigInteger(), nullable=True),
    sa.CheckConstraint("role IN ('lead', 'member')", name=op.f('ck_engagement_member_role')),
    sa.CheckConstraint('(until_on IS NULL) = (ended_by IS NULL)', name=op.f('ck_engagement_member_ended_whole')),
    sa.CheckConstraint('until_on >= from_on', name=op.f('ck_engagement_member_period')),
    sa.ForeignKeyConstraint(['county_code', 'engagement_id'], ['audit.engagement.county_code', 'audit.engagement.id'], name=op.f('fk_engagement_member_county_code_engagement_id')),
    sa.PrimaryKeyConstraint('county_code', 'engagement_id', 'member_no', name=op.f('pk_engagement_member')),
    schema='audit'
    )
    op.create_index('ix_engagement_member_person', 'engagement_member', ['county_code', 'person'], unique=False, schema='audit')
    op.create_index('uq_engagement_member_there', 'engagement_member', ['county_code', 'engagement_id', 'person'], unique=True, schema='audit', postgresql_where=sa.text('until_on IS NULL'))
    op.create_table('engagement_document',
    sa.Column('county_code', sa.Text(collation='C'), nullable=False),
    sa.Column('engagement_id', sa.Uuid(), nullable=False),
    sa.Column('no', sa.Integer(), nullable=False),
    sa.Column('region_code', sa.Text(collation='C'), nullable=False),
    sa.Column('paper', sa.Text(), nullable=False),
    sa.Column('document', sa.Text(), nullable=True),
    sa.Column('title', sa.Text(), nullable=False),
    sa.Column('content', sa.Text(), nullable=False),
    sa.Column('done_on', sa.Date(), nullable=False),
    sa.Column('starts_on', sa.Date(), nullable=True),
    sa.Column('at_once_because', sa.Text(), nullable=True),
    sa.Column('at_once_approved_by', sa.Text(), nullable=True),
    sa.Column('supplier', sa.Text(), nullable=True),
    sa.Column('signed_on', sa.Date(), nullable=True),
    sa.Column('unsigned_because', sa.Text(), nullable=True),
    sa.Column('rests_on', postgresql.ARRAY(sa.Integer()), server_default=sa.text("'{}'"), nullable=False),
    sa.Column('stance', sa.Text(), nullable=True),
    sa.Column('form', sa.Text(), nullable=True),
    sa.Column('due_on', sa.Date(), nullable=True),
    sa.Column('policy_ref', sa.Text(), nullable=True),
    sa.Column('version_hash', sa.Text(), nullable=False),
    sa.Column('made_by', sa.Text(), nullable=False),
    sa.Column('recorded_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('position', sa.BigInteger(), nullable=False),
    sa.Column('checked_on', sa.Date(), nullable=True),
    sa.Column('checked_by', sa.Text(), nullable=True),
    sa.Column('verdict', sa.Text(), nullable=True),
    sa.Column('opinion', sa.Text(), nullable=True),
    sa.Column('checked_position', sa.BigInteger(), nullable=True),
    sa.Column('delivered_on', sa.Date(), nullable=True),
    sa.Column('delivered_by', sa.Text(), nullable=True),
    sa.Column('ruling_until_on', sa.Date(), nullable=True),
    sa.Column('ruling_ref', sa.Text(), nullable=True),
    sa.Column('delivered_position', sa.BigInteger(), nullable=True),
    sa.CheckConstraint("(paper = 'decision') = (form IS NOT NULL)", name=op.f('ck_engagement_document_decision_has_its_form')),
    sa.CheckConstraint("(paper = 'notice') = (starts_on IS NOT NULL)", name=op.f('ck_engagement_document_notice_says_the_start')),
    sa.CheckConstraint("(paper = 'record') = (supplier IS NOT NULL)", name=op.f('ck_engagement_document_record_names_its_supplier')),
    sa.CheckConstraint("(paper = 'reply') = (stance IS NOT NULL)", name=op.f('ck_engagement_document_reply_has_its_stance')),
    sa.CheckConstraint("due_on > done_on AND paper = 'report' OR due_on IS NULL", name=op.f('ck_engagement_document_due_after_report')),
    sa.CheckConstraint("form IN ('report', 'decision', 'transfer')", name=op.f('ck_engagement_document_form')),
    sa.CheckConstraint("num_nonnulls(at_once_because, at_once_approved_by) IN (0, 2) AND (at_once_because IS NULL OR paper = 'notice') AND at_once_approved_by <> made_by", name=op.f('ck_engagement_document_at_once_is_approved')),
    sa.CheckConstraint("num_nonnulls(checked_on, checked_by, verdict, opinion) IN (0, 4) AND (checked_on IS NULL OR paper IN ('working_paper', 'decision'))", name=op.f('ck_engagement_document_checked_whole')),
    sa.CheckConstraint("num_nonnulls(delivered_on, delivered_by) IN (0, 2) AND (delivered_on IS NULL OR paper = 'decision' AND verdict = 'agreed' AND delivered_on >= checked_on)", name=op.f('ck_engagement_document_delivered_once_confirmed')),
    sa.CheckConstraint("num_nonnulls(signed_on, unsigned_because) = CASE paper WHEN 'record' THEN 1 ELSE 0 END", name=op.f('ck_engagement_document_signed_or_why_not')),
    sa.CheckConstraint("paper IN ('notice', 'start', 'record', 'working_paper', 'report', 'reply', 'decision', 'conclusion')", name=op.f('ck_engagement_document_paper')),
    sa.CheckConstraint("stance IN ('no_objection', 'objection')", name=op.f('ck_engagement_document_stance')),
    sa.CheckConstraint("verdict IN ('agreed', 'returned')", name=op.f('ck_engagement_document_verdict')),
    sa.CheckConstraint('checked_by <> made_by', name=op.f('ck_engagement_document_maker_is_not_checker')),
    sa.CheckConstraint('checked_on >= done_on', name=op.f('ck_engagement_document_checked_after_it_was_drawn')),
    sa.CheckConstraint('length(version_hash) = 64', name=op.f('ck_engagement_document_version_hash_length')),
    sa.CheckConstraint('no > 0', name=op.f('ck_engagement_document_no_positive')),
    sa.CheckConstraint('ruling_until_on IS NULL OR ruling_until_on > delivered_on', name=op.f('ck_engagement_document_ruling_after_delivery')),
    sa.CheckConstraint('starts_on >= done_on', name=op.f('ck_engagement_document_start_follows_notice')),
    sa.ForeignKeyConstraint(['county_code', 'engagement_id'], ['audit.engagement.county_code', 'audit.engagement.id'], name=op.f('fk_engagement_document_county_code_engagement_id')),
    sa.PrimaryKeyConstraint('county_code', 'engagement_id', 'no', name=op.f('pk_engagement_document')),
    schema='audit'
    )
    op.create_index('uq_engagement_document_once', 'engagement_document', ['county_code', 'engagement_id', 'paper'], unique=True, schema='audit', postgresql_where=sa.text("paper IN ('notice', 'start', 'report', 'reply', 'conclusion')"))
    for statement in audit_engagements_v1.statements():
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("a record of suspicion is not rolled back; write a new migration")
