"""A finding may be made in an engagement, in one at most."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from migrations import audit_engagements_v3

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "engagement_finding",
        sa.Column("county_code", sa.Text(collation="C"), nullable=False),
        sa.Column("finding_id", sa.Uuid(), nullable=False),
        sa.Column("engagement_id", sa.Uuid(), nullable=False),
        sa.Column("region_code", sa.Text(collation="C"), nullable=False),
        sa.Column("named_on", sa.Date(), nullable=False),
        sa.Column("named_by", sa.Text(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["county_code", "engagement_id"],
            ["audit.engagement.county_code", "audit.engagement.id"],
            name=op.f("fk_engagement_finding_county_code_engagement_id"),
        ),
        sa.ForeignKeyConstraint(
            ["county_code", "finding_id"],
            ["audit.finding.county_code", "audit.finding.id"],
            name=op.f("fk_engagement_finding_county_code_finding_id"),
        ),
        sa.PrimaryKeyConstraint("county_code", "finding_id", name=op.f("pk_engagement_finding")),
        schema="audit",
    )
    op.create_index(
        "ix_engagement_finding_engagement", "engagement_finding", ["county_code", "engagement_id"], schema="audit"
    )
    for statement in audit_engagements_v3.statements():
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("a record of suspicion is not rolled back; write a new migration")
