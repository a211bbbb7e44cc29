"""Who may come in and with which role: people, clients, grants, their journal, policies and grants to the service."""

from alembic import op
import sqlalchemy as sa

from migrations import journal_v1
from sqlalchemy.dialects import postgresql

revision = '0001'
down_revision = None
branch_labels = None
depends_on = None

ROLE = 'identity_app'
# "00" is the nation: no prefix of other codes, so it needs a word of its own. Signing in looks people up as the nation.
NATION = "current_setting('app.region', true) = '00'"
GRANTS = (
    "GRANT SELECT, INSERT ON identity.person, identity.client, identity.role_grant TO " + ROLE,
    "GRANT UPDATE (failures, locked_until, administers) ON identity.person TO " + ROLE,
)


def upgrade() -> None:
    op.create_table('client',
    sa.Column('id', sa.Text(collation='C'), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('region', sa.Text(collation='C'), nullable=False),
    sa.Column('unit', sa.Text(), nullable=True),
    sa.Column('secret_sha256', sa.LargeBinary(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.CheckConstraint("id <> 'web'", name=op.f('ck_client_not_web')),
    sa.CheckConstraint("length(region) IN (2, 4, 6, 9, 12) AND region ~ '^[0-9]+$'", name=op.f('ck_client_region_code')),
    sa.CheckConstraint('length(secret_sha256) = 32', name=op.f('ck_client_secret_hashed')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_client')),
    sa.UniqueConstraint('id', 'region', name=op.f('uq_client_id_region')),
    schema='identity'
    )
    op.create_index('ix_client_region', 'client', ['region', 'id'], unique=False, schema='identity')
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
    schema='identity'
    )
    op.create_table('person',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('username', sa.Text(collation='C'), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('region', sa.Text(collation='C'), nullable=False),
    sa.Column('unit', sa.Text(), nullable=True),
    sa.Column('password_hash', sa.Text(), nullable=False),
    sa.Column('administers', sa.Boolean(), nullable=True),
    sa.Column('failures', sa.SmallInteger(), server_default=sa.text('0'), nullable=False),
    sa.Column('locked_until', sa.DateTime(timezone=True), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.CheckConstraint("length(region) IN (2, 4, 6, 9, 12) AND region ~ '^[0-9]+$'", name=op.f('ck_person_region_code')),
    sa.CheckConstraint("password_hash LIKE '$argon2id$%'", name=op.f('ck_person_password_hashed')),
    sa.CheckConstraint('failures >= 0', name=op.f('ck_person_failures_not_negative')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_person')),
    sa.UniqueConstraint('id', 'region', 'administers', name=op.f('uq_person_id_region_administers')),
    sa.UniqueConstraint('username', name=op.f('uq_person_username')),
    schema='identity'
    )
    op.create_index('ix_person_region', 'person', ['region', 'id'], unique=False, schema='identity')
    op.create_table('stream_head',
    sa.Column('stream', sa.Text(collation='C'), nullable=False),
    sa.Column('position', sa.BigInteger(), nullable=False),
    sa.Column('hash', sa.LargeBinary(), nullable=False),
    sa.PrimaryKeyConstraint('stream', name=op.f('pk_stream_head')),
    schema='identity',
    postgresql_with={'fillfactor': 10}
    )
    op.create_table('role_grant',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('person_id', sa.Uuid(), nullable=True),
    sa.Column('client_id', sa.Text(collation='C'), nullable=True),
    sa.Column('role', sa.Text(), nullable=False),
    sa.Column('administers', sa.Boolean(), sa.Computed("role IN ('system_admin', 'security_admin', 'audit_admin')", persisted=True), nullable=False),
    sa.Column('region', sa.Text(collation='C'), nullable=False),
    sa.Column('granted_by', sa.Text(), nullable=False),
    sa.Column('granted_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.CheckConstraint("(role = 'bank') = (client_id IS NOT NULL)", name=op.f('ck_role_grant_banks_are_clients')),
    sa.CheckConstraint("role IN ('finance_clerk', 'finance_reviewer', 'township_clerk', 'township_reviewer', 'inspector', 'bank', 'system_admin', 'security_admin', 'audit_admin')", name=op.f('ck_role_grant_role')),
    sa.CheckConstraint('(person_id IS NULL) <> (client_id IS NULL)', name=op.f('ck_role_grant_one_holder')),
    sa.ForeignKeyConstraint(['client_id', 'region'], ['identity.client.id', 'identity.client.region'], name=op.f('fk_role_grant_client_id_region')),
    sa.ForeignKeyConstraint(['person_id', 'region', 'administers'], ['identity.person.id', 'identity.person.region', 'identity.person.administers'], name='fk_role_grant_one_place_one_side'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_role_grant')),
    sa.UniqueConstraint('client_id', 'role', name=op.f('uq_role_grant_client_id_role')),
    sa.UniqueConstraint('person_id', 'role', name=op.f('uq_role_grant_person_id_role')),
    schema='identity'
    )
    op.create_index('ix_role_grant_region', 'role_grant', ['region', 'id'], unique=False, schema='identity')
    op.create_index('uq_role_grant_three_administrators', 'role_grant', ['person_id'], unique=True, schema='identity', postgresql_where=sa.text("role IN ('system_admin', 'security_admin', 'audit_admin')"))
    for statement in journal_v1.statements('identity', ROLE):
        op.execute(statement)
    for table in ('event', 'stream_head'):
        op.execute(f"CREATE POLICY nation ON identity.{table} FOR SELECT TO {ROLE} USING ({NATION})")
    for table in ('person', 'client', 'role_grant'):
        for statement in journal_v1.scoped('identity', ROLE, table, 'region', also=NATION):
            op.execute(statement)
    for statement in GRANTS:
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("who was let in is not forgotten; write a new migration")
