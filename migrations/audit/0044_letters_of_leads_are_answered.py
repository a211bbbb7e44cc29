"""A letter (函询) of a lead has a reply due within its days; who may know of the lead knows of both, and nobody else."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from migrations import leads_v3

ROLE = "audit_app"
revision = "0044"
down_revision = "0043"
branch_labels = None
depends_on = None

REGION = sa.Text(collation="C")


def upgrade() -> None:
    op.create_table(
        "lead_letter",
        sa.Column("county_code", REGION, nullable=False),
        sa.Column("lead_id", sa.Uuid(), nullable=False),
        sa.Column("opinion_no", sa.SmallInteger(), nullable=False),
        sa.Column("region_code", REGION, nullable=False),
        sa.Column("received_on", sa.Date(), nullable=False),
        sa.Column("reply_due_on", sa.Date(), nullable=True),
        sa.Column("reply_limit", sa.Text(), nullable=True),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("replied_on", sa.Date(), nullable=True),
        sa.Column("reply", sa.Text(), nullable=True),
        sa.Column("reply_recorded_by", sa.Text(), nullable=True),
        sa.Column("replied_position", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "(reply_due_on IS NULL) = (reply_limit IS NULL)", name=op.f("ck_lead_letter_due_by_a_limit")
        ),
        sa.CheckConstraint("reply_due_on >= received_on", name=op.f("ck_lead_letter_due_after_receipt")),
        sa.CheckConstraint(
            "num_nulls(replied_on, reply, reply_recorded_by, replied_position) IN (0, 4)",
            name=op.f("ck_lead_letter_replied_whole"),
        ),
        sa.CheckConstraint("replied_on >= received_on", name=op.f("ck_lead_letter_replied_not_before_received")),
        sa.ForeignKeyConstraint(
            ["county_code", "lead_id", "opinion_no"],
            ["audit.lead_opinion.county_code", "audit.lead_opinion.lead_id", "audit.lead_opinion.opinion_no"],
            name=op.f("fk_lead_letter_county_code_lead_id_opinion_no"),
        ),
        sa.PrimaryKeyConstraint("county_code", "lead_id", "opinion_no", name=op.f("pk_lead_letter")),
        schema="audit",
    )
    for statement in leads_v3.statements(ROLE):
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("a record of suspicion is not rolled back; write a new migration")
