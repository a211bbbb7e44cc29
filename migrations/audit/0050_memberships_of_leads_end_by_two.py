"""That a member leaves a lead is drawn up by one member and agreed to by another.

What one member ended before stands as it was: no departure tells of it.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from migrations import leads_v4

ROLE = "audit_app"
REGION = sa.Text(collation="C")
revision = "0050"
down_revision = "0049"
branch_labels = None
depends_on = None

TABLE = "lead_departure"
CHECKS = {
    "departure_no_positive": "departure_no > 0",
    "decision": "decision IN ('agree', 'send_back')",
    "decided_whole": "num_nonnulls(decision, opinion, decided_on, checked_by, decided_position) IN (0, 5)",
    "maker_is_not_checker": "checked_by <> made_by AND checked_by <> person",
    "decided_not_before_drawn": "decided_on >= drawn_on",
}


def upgrade() -> None:
    op.create_table(
        TABLE,
        sa.Column("county_code", REGION, nullable=False),
        sa.Column("lead_id", sa.Uuid(), nullable=False),
        sa.Column("departure_no", sa.SmallInteger(), nullable=False),
        sa.Column("region_code", REGION, nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("drawn_on", sa.Date(), nullable=False),
        sa.Column("version_hash", sa.Text(), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("salt", sa.Text(), nullable=True),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("decision", sa.Text(), nullable=True),
        sa.Column("opinion", sa.Text(), nullable=True),
        sa.Column("decided_on", sa.Date(), nullable=True),
        sa.Column("checked_by", sa.Text(), nullable=True),
        sa.Column("decided_position", sa.BigInteger(), nullable=True),
        *(sa.CheckConstraint(rule, name=op.f(f"ck_{TABLE}_{name}")) for name, rule in CHECKS.items()),
        sa.ForeignKeyConstraint(
            ["county_code", "lead_id"],
            ["audit.lead.county_code", "audit.lead.id"],
            name=op.f(f"fk_{TABLE}_county_code_lead_id"),
        ),
        sa.ForeignKeyConstraint(
            ["county_code", "lead_id", "member_id"],
            ["audit.lead_member.county_code", "audit.lead_member.lead_id", "audit.lead_member.id"],
            name=op.f(f"fk_{TABLE}_county_code_lead_id_member_id"),
        ),
        sa.PrimaryKeyConstraint("county_code", "lead_id", "departure_no", name=op.f(f"pk_{TABLE}")),
        schema="audit",
    )
    op.create_index(
        f"uq_{TABLE}_open",
        TABLE,
        ["county_code", "lead_id", "member_id"],
        unique=True,
        schema="audit",
        postgresql_where=sa.text("decision IS NULL"),
    )
    for statement in leads_v4.statements(ROLE):
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("a record of suspicion is not rolled back; write a new migration")
