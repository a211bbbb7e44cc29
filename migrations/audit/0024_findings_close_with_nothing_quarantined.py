"""Only confirmed findings quarantine, none closes while fen of it are, and what recoveries took of them is told."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from migrations import audit_quarantines_v2

ROLE = "audit_app"
revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

REGION = sa.Text(collation="C")


def upgrade() -> None:
    op.create_table(
        "quarantine_change",
        sa.Column("county_code", REGION, nullable=False),
        sa.Column("quarantine_id", sa.Uuid(), nullable=False),
        sa.Column("movement_id", sa.Uuid(), nullable=False),
        sa.Column("lot_id", sa.Uuid(), nullable=False),
        sa.Column("region_code", REGION, nullable=False),
        sa.Column("change_fen", sa.BigInteger(), nullable=False),
        sa.Column("effective_on", sa.Date(), nullable=False),
        sa.Column("feed_position", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("change_fen <> 0", name=op.f("ck_quarantine_change_changes")),
        sa.ForeignKeyConstraint(
            ["county_code", "quarantine_id"],
            ["audit.quarantine.county_code", "audit.quarantine.id"],
            name=op.f("fk_quarantine_change_county_code_quarantine_id"),
        ),
        sa.PrimaryKeyConstraint(
            "county_code", "quarantine_id", "movement_id", "lot_id", name=op.f("pk_quarantine_change")
        ),
        schema="audit",
    )
    for statement in audit_quarantines_v2.statements(ROLE):
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("a record of suspicion is not rolled back; write a new migration")
