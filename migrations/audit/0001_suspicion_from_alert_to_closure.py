"""Suspicion from the alert to the closed finding: every table of audit_api, its journal, policies and grants."""

from alembic import op
import sqlalchemy as sa

from migrations import journal_v1
from sqlalchemy.dialects import postgresql

ROLE = "audit_app"
# What may be written, and which columns may change afterwards: what was said, done or measured never does. Nothing may
# be deleted.
WRITTEN = {
    "alert": "status, finding_id, dismissed_by, dismissal_reason",
    "finding": "status, version, closed_on",
    "finding_lot": "bound_fen, rectified_fen, held",
    "lot_draw": "finding_id, reversed",
    "rectified_change": "",
    "rectification_order": "status, version, requested_by, reviewed_by, closed_on",
    "rectification_step": "",
    "evidence": "",
}
revision = '0001'
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
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
    schema='audit'
    )
    op.create_table('finding',
    sa.Column('county_code', sa.Text(collation='C'), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('region_code', sa.Text(collation='C'), nullable=False),
    sa.Column('class_code', sa.Text(), nullable=False),
    sa.Column('title', sa.Text(), nullable=False),
    sa.Column('facts', sa.Text(), nullable=False),
    sa.Column('amount_fen', sa.BigInteger(), nullable=False),
    sa.Column('found_on', sa.Date(), nullable=False),
    sa.Column('status', sa.Text(), server_default=sa.text("'open'"), nullable=False),
    sa.Column('version', sa.Integer(), server_default=sa.text('1'), nullable=False),
    sa.Column('opened_by', sa.Text(), nullable=False),
    sa.Column('opened_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('closed_on', sa.Date(), nullable=True),
    sa.CheckConstraint("(status = 'closed') = (closed_on IS NOT NULL)", name=op.f('ck_finding_closed_has_its_day')),
    sa.CheckConstraint("class_code ~ '^F(0[1-9]|1[0-8])$'", name=op.f('ck_finding_class_code')),
    sa.CheckConstraint("status IN ('open', 'ordered', 'closed')", name=op.f('ck_finding_status')),
    sa.CheckConstraint('amount_fen > 0', name=op.f('ck_finding_amount_positive')),
    sa.CheckConstraint('version > 0', name=op.f('ck_finding_version_positive')),
    sa.PrimaryKeyConstraint('county_code', 'id', name=op.f('pk_finding')),
    schema='audit'
    )
    op.create_index('ix_finding_status', 'finding', ['county_code', 'status', 'id'], unique=False, schema='audit')
    op.create_table('follower_cursor',
    sa.Column('stream', sa.Text(collation='C'), nullable=False),
    sa.Column('position', sa.BigInteger(), nullable=False),
    sa.Column('hash', sa.LargeBinary(), nullable=False),
    sa.Column('moved_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint('position >= 0', name=op.f('ck_follower_cursor_position_not_negative')),
    sa.PrimaryKeyConstraint('stream', name=op.f('pk_follower_cursor')),
    schema='audit'
    )
    op.create_table('stream_head',
    sa.Column('stream', sa.Text(collation='C'), nullable=False),
    sa.Column('position', sa.BigInteger(), nullable=False),
    sa.Column('hash', sa.LargeBinary(), nullable=False),
    sa.PrimaryKeyConstraint('stream', name=op.f('pk_stream_head')),
    schema='audit',
    postgresql_with={'fillfactor': 10}
    )
    op.create_table('alert',
    sa.Column('county_code', sa.Text(collation='C'), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('region_code', sa.Text(collation='C'), nullable=False),
    sa.Column('feed_position', sa.BigInteger(), nullable=False),
    sa.Column('rule_code', sa.Text(), nullable=False),
    sa.Column('rule_version', sa.SmallInteger(), nullable=False),
    sa.Column('title', sa.Text(), nullable=False),
    sa.Column('lot_id', sa.Uuid(), nullable=False),
    sa.Column('account_id', sa.Uuid(), nullable=False),
    sa.Column('unit_id', sa.Uuid(), nullable=False),
    sa.Column('unit_name', sa.Text(), nullable=False),
    sa.Column('fund_code', sa.Text(), nullable=False),
    sa.Column('amount_fen', sa.BigInteger(), nullable=False),
    sa.Column('days', sa.Integer(), nullable=False),
    sa.Column('limit_days', sa.Integer(), nullable=False),
    sa.Column('as_of', sa.Date(), nullable=False),
    sa.Column('explanation', sa.Text(), nullable=False),
    sa.Column('source', sa.Text(), nullable=False),
    sa.Column('status', sa.Text(), server_default=sa.text("'new'"), nullable=False),
    sa.Column('finding_id', sa.Uuid(), nullable=True),
    sa.Column('dismissed_by', sa.Text(), nullable=True),
    sa.Column('dismissal_reason', sa.Text(), nullable=True),
    sa.Column('received_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.CheckConstraint("(status = 'dismissed') = (dismissed_by IS NOT NULL AND dismissal_reason IS NOT NULL)", name=op.f('ck_alert_dismissed_says_why')),
    sa.CheckConstraint("(status = 'taken_up') = (finding_id IS NOT NULL)", name=op.f('ck_alert_taken_up_names_its_finding')),
    sa.CheckConstraint("status IN ('new', 'taken_up', 'dismissed')", name=op.f('ck_alert_status')),
    sa.CheckConstraint('amount_fen > 0', name=op.f('ck_alert_amount_positive')),
    sa.ForeignKeyConstraint(['county_code', 'finding_id'], ['audit.finding.county_code', 'audit.finding.id'], name=op.f('fk_alert_county_code_finding_id')),
    sa.PrimaryKeyConstraint('county_code', 'id', name=op.f('pk_alert')),
    schema='audit'
    )
    op.create_index('ix_alert_lot', 'alert', ['county_code', 'lot_id'], unique=False, schema='audit')
    op.create_index('ix_alert_status', 'alert', ['county_code', 'status', 'id'], unique=False, schema='audit')
    op.create_table('evidence',
    sa.Column('county_code', sa.Text(collation='C'), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('finding_id', sa.Uuid(), nullable=False),
    sa.Column('region_code', sa.Text(collation='C'), nullable=False),
    sa.Column('file_name', sa.Text(), nullable=False),
    sa.Column('file_kind', sa.Text(), nullable=False),
    sa.Column('size_bytes', sa.BigInteger(), nullable=False),
    sa.Column('sha256', sa.LargeBinary(), nullable=False),
    sa.Column('path_key', sa.Text(), nullable=False),
    sa.Column('kept_by', sa.Text(), nullable=False),
    sa.Column('kept_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.CheckConstraint('length(sha256) = 32', name=op.f('ck_evidence_sha256_length')),
    sa.CheckConstraint('size_bytes > 0', name=op.f('ck_evidence_size_positive')),
    sa.ForeignKeyConstraint(['county_code', 'finding_id'], ['audit.finding.county_code', 'audit.finding.id'], name=op.f('fk_evidence_county_code_finding_id')),
    sa.PrimaryKeyConstraint('county_code', 'id', name=op.f('pk_evidence')),
    sa.UniqueConstraint('county_code', 'finding_id', 'sha256', name=op.f('uq_evidence_county_code_finding_id_sha256')),
    schema='audit'
    )
    op.create_table('finding_lot',
    sa.Column('county_code', sa.Text(collation='C'), nullable=False),
    sa.Column('finding_id', sa.Uuid(), nullable=False),
    sa.Column('lot_id', sa.Uuid(), nullable=False),
    sa.Column('region_code', sa.Text(collation='C'), nullable=False),
    sa.Column('alert_id', sa.Uuid(), nullable=True),
    sa.Column('came_from', sa.Uuid(), nullable=True),
    sa.Column('bound_fen', sa.BigInteger(), nullable=False),
    sa.Column('rectified_fen', sa.BigInteger(), server_default=sa.text('0'), nullable=False),
    sa.Column('held', sa.Boolean(), server_default=sa.text('true'), nullable=False),
    sa.CheckConstraint('bound_fen >= 0', name=op.f('ck_finding_lot_bound_not_negative')),
    sa.CheckConstraint('came_from IS NULL OR came_from <> lot_id', name=op.f('ck_finding_lot_came_from_another')),
    sa.CheckConstraint('rectified_fen BETWEEN 0 AND bound_fen', name=op.f('ck_finding_lot_rectified_within_bound')),
    sa.ForeignKeyConstraint(['county_code', 'finding_id'], ['audit.finding.county_code', 'audit.finding.id'], name=op.f('fk_finding_lot_county_code_finding_id')),
    sa.PrimaryKeyConstraint('county_code', 'finding_id', 'lot_id', name=op.f('pk_finding_lot')),
    schema='audit'
    )
    op.create_index('ix_finding_lot_lot', 'finding_lot', ['county_code', 'lot_id'], unique=False, schema='audit')
    op.create_index('uq_finding_lot_held', 'finding_lot', ['county_code', 'lot_id'], unique=True, schema='audit', postgresql_where=sa.text('held'))
    op.create_table('lot_draw',
    sa.Column('county_code', sa.Text(collation='C'), nullable=False),
    sa.Column('to_lot_id', sa.Uuid(), nullable=False),
    sa.Column('from_lot_id', sa.Uuid(), nullable=False),
    sa.Column('movement_id', sa.Uuid(), nullable=False),
    sa.Column('finding_id', sa.Uuid(), nullable=True),
    sa.Column('region_code', sa.Text(collation='C'), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('effective_on', sa.Date(), nullable=False),
    sa.Column('amount_fen', sa.BigInteger(), nullable=False),
    sa.Column('feed_position', sa.BigInteger(), nullable=False),
    sa.Column('reversed', sa.Boolean(), server_default=sa.text('false'), nullable=False),
    sa.CheckConstraint('amount_fen > 0', name=op.f('ck_lot_draw_amount_positive')),
    sa.ForeignKeyConstraint(['county_code', 'finding_id'], ['audit.finding.county_code', 'audit.finding.id'], name=op.f('fk_lot_draw_county_code_finding_id')),
    sa.PrimaryKeyConstraint('county_code', 'to_lot_id', name=op.f('pk_lot_draw')),
    schema='audit'
    )
    op.create_index('ix_lot_draw_from', 'lot_draw', ['county_code', 'from_lot_id', 'feed_position'], unique=False, schema='audit')
    op.create_index('ix_lot_draw_movement', 'lot_draw', ['county_code', 'movement_id'], unique=False, schema='audit')
    op.create_table('rectification_order',
    sa.Column('county_code', sa.Text(collation='C'), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('finding_id', sa.Uuid(), nullable=False),
    sa.Column('finding_title', sa.Text(), nullable=False),
    sa.Column('region_code', sa.Text(collation='C'), nullable=False),
    sa.Column('unit_id', sa.Uuid(), nullable=False),
    sa.Column('unit_name', sa.Text(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('demand', sa.Text(), nullable=False),
    sa.Column('issued_on', sa.Date(), nullable=False),
    sa.Column('deadline', sa.Date(), nullable=False),
    sa.Column('status', sa.Text(), server_default=sa.text("'issued'"), nullable=False),
    sa.Column('version', sa.Integer(), server_default=sa.text('1'), nullable=False),
    sa.Column('issued_by', sa.Text(), nullable=False),
    sa.Column('requested_by', sa.Text(), nullable=True),
    sa.Column('reviewed_by', sa.Text(), nullable=True),
    sa.Column('closed_on', sa.Date(), nullable=True),
    sa.CheckConstraint("(status = 'closed') = (closed_on IS NOT NULL)", name=op.f('ck_rectification_order_closed_has_its_day')),
    sa.CheckConstraint("kind IN ('at_once', 'in_stages', 'continuing')", name=op.f('ck_rectification_order_kind')),
    sa.CheckConstraint("region_code LIKE county_code || '%'", name=op.f('ck_rectification_order_within_its_county')),
    sa.CheckConstraint("status <> 'closed' OR reviewed_by IS NOT NULL", name=op.f('ck_rectification_order_closed_is_reviewed')),
    sa.CheckConstraint("status IN ('issued', 'closure_requested', 'sent_back', 'closed')", name=op.f('ck_rectification_order_status')),
    sa.CheckConstraint('closed_on IS NULL OR closed_on >= issued_on', name=op.f('ck_rectification_order_closed_not_before_issue')),
    sa.CheckConstraint('deadline >= issued_on', name=op.f('ck_rectification_order_deadline_not_before_issue')),
    sa.CheckConstraint('reviewed_by IS NULL OR requested_by IS NOT NULL', name=op.f('ck_rectification_order_reviewed_was_requested')),
    sa.CheckConstraint('reviewed_by IS NULL OR reviewed_by <> requested_by', name=op.f('ck_rectification_order_maker_is_not_checker')),
    sa.ForeignKeyConstraint(['county_code', 'finding_id'], ['audit.finding.county_code', 'audit.finding.id'], name=op.f('fk_rectification_order_county_code_finding_id')),
    sa.PrimaryKeyConstraint('county_code', 'id', name=op.f('pk_rectification_order')),
    schema='audit'
    )
    op.create_index('ix_rectification_order_finding', 'rectification_order', ['county_code', 'finding_id'], unique=False, schema='audit')
    op.create_index('ix_rectification_order_region', 'rectification_order', ['county_code', 'region_code', 'id'], unique=False, schema='audit')
    op.create_table('rectified_change',
    sa.Column('county_code', sa.Text(collation='C'), nullable=False),
    sa.Column('finding_id', sa.Uuid(), nullable=False),
    sa.Column('movement_id', sa.Uuid(), nullable=False),
    sa.Column('lot_id', sa.Uuid(), nullable=False),
    sa.Column('region_code', sa.Text(collation='C'), nullable=False),
    sa.Column('effective_on', sa.Date(), nullable=False),
    sa.Column('change_fen', sa.BigInteger(), nullable=False),
    sa.CheckConstraint('change_fen <> 0', name=op.f('ck_rectified_change_change_not_zero')),
    sa.ForeignKeyConstraint(['county_code', 'finding_id'], ['audit.finding.county_code', 'audit.finding.id'], name=op.f('fk_rectified_change_county_code_finding_id')),
    sa.PrimaryKeyConstraint('county_code', 'finding_id', 'movement_id', 'lot_id', name=op.f('pk_rectified_change')),
    schema='audit'
    )
    op.create_table('rectification_step',
    sa.Column('county_code', sa.Text(collation='C'), nullable=False),
    sa.Column('order_id', sa.Uuid(), nullable=False),
    sa.Column('step_no', sa.SmallInteger(), nullable=False),
    sa.Column('region_code', sa.Text(collation='C'), nullable=False),
    sa.Column('action', sa.Text(), nullable=False),
    sa.Column('done_on', sa.Date(), nullable=False),
    sa.Column('done_by', sa.Text(), nullable=False),
    sa.Column('note', sa.Text(), nullable=False),
    sa.Column('recorded_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.CheckConstraint("action IN ('issued', 'closure_requested', 'sent_back', 'closed')", name=op.f('ck_rectification_step_action')),
    sa.CheckConstraint('step_no > 0', name=op.f('ck_rectification_step_step_no_positive')),
    sa.ForeignKeyConstraint(['county_code', 'order_id'], ['audit.rectification_order.county_code', 'audit.rectification_order.id'], name=op.f('fk_rectification_step_county_code_order_id')),
    sa.PrimaryKeyConstraint('county_code', 'order_id', 'step_no', name=op.f('pk_rectification_step')),
    schema='audit'
    )
    for statement in journal_v1.statements("audit", ROLE):
        op.execute(statement)
    for table, changeable in WRITTEN.items():
        for statement in journal_v1.scoped("audit", ROLE, table, "region_code"):
            op.execute(statement)
        op.execute(f"GRANT SELECT, INSERT ON audit.{table} TO {ROLE}")
        if changeable:
            op.execute(f"GRANT UPDATE ({changeable}) ON audit.{table} TO {ROLE}")
    for statement in journal_v1.scoped("audit", ROLE, "follower_cursor", "stream"):
        op.execute(statement)
    op.execute(f"GRANT SELECT, INSERT ON audit.follower_cursor TO {ROLE}")
    op.execute(f"GRANT UPDATE (position, hash, moved_at) ON audit.follower_cursor TO {ROLE}")


def downgrade() -> None:
    raise NotImplementedError("a record of suspicion is not rolled back; write a new migration")
