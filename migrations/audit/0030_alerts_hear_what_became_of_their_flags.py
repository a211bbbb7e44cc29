"""Alerts hear what was decided of their flags in funds_api, and their rules are held by the database as well."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from migrations import audit_alerts_v1

ROLE = "audit_app"
revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

REGION = sa.Text(collation="C")
OUTCOMES = "('confirmed', 'refuted', 'reopened')"


def upgrade() -> None:
    op.add_column("alert", sa.Column("flag_outcome", sa.Text()), schema="audit")
    op.drop_constraint(op.f("ck_alert_status"), "alert", schema="audit")
    for name, condition in (
        ("status", "status IN ('new', 'decided', 'taken_up', 'dismissed')"),
        ("flag_outcome", "flag_outcome IN ('confirmed', 'refuted')"),
        ("decided_says_how", "status <> 'decided' OR flag_outcome IS NOT NULL"),
        ("new_is_undecided", "status <> 'new' OR flag_outcome IS NULL"),
    ):
        op.create_check_constraint(op.f(f"ck_alert_{name}"), "alert", condition, schema="audit")
    op.execute(f"GRANT UPDATE (flag_outcome) ON audit.alert TO {ROLE}")
    op.create_table(
        "alert_outcome",
        sa.Column("county_code", REGION, nullable=False),
        sa.Column("alert_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("region_code", REGION, nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("decided_on", sa.Date(), nullable=False),
        sa.Column("decided_by", sa.Text(), nullable=False),
        sa.Column("recovered_fen", sa.BigInteger(), nullable=False),
        sa.Column("feed_position", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("seq > 0", name=op.f("ck_alert_outcome_seq_positive")),
        sa.CheckConstraint(f"outcome IN {OUTCOMES}", name=op.f("ck_alert_outcome_outcome")),
        sa.CheckConstraint("recovered_fen >= 0", name=op.f("ck_alert_outcome_recovered_not_negative")),
        sa.ForeignKeyConstraint(
            ["county_code", "alert_id"],
            ["audit.alert.county_code", "audit.alert.id"],
            name=op.f("fk_alert_outcome_county_code_alert_id"),
        ),
        sa.PrimaryKeyConstraint("county_code", "alert_id", "seq", name=op.f("pk_alert_outcome")),
        schema="audit",
    )
    for statement in audit_alerts_v1.statements(ROLE):
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("a record of suspicion is not rolled back; write a new migration")
