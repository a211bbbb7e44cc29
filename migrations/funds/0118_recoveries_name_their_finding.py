"""What a finding is bound to is heard, and a recovery may name the finding that it answers."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from migrations import recoveries_v1

revision = "0118"
down_revision = "0117"
branch_labels = None
depends_on = None

REGION = sa.Text(collation="C")


def upgrade() -> None:
    op.create_table(
        "finding_lot",
        sa.Column("county_code", REGION, nullable=False),
        sa.Column("finding_id", sa.Uuid(), nullable=False),
        sa.Column("lot_id", sa.Uuid(), nullable=False),
        sa.Column("bound_fen", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("bound_fen >= 0", name=op.f("ck_finding_lot_bound_not_negative")),
        sa.PrimaryKeyConstraint("county_code", "finding_id", "lot_id", name=op.f("pk_finding_lot")),
        schema="funds",
    )
    op.create_table(
        "recovery",
        sa.Column("county_code", REGION, nullable=False),
        sa.Column("movement_id", sa.Uuid(), nullable=False),
        sa.Column("finding_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["county_code", "movement_id"], ["funds.movement.county_code", "funds.movement.id"], name=op.f("fk_recovery_county_code_movement_id")),
        sa.PrimaryKeyConstraint("county_code", "movement_id", name=op.f("pk_recovery")),
        schema="funds",
    )
    op.create_index("ix_recovery_finding", "recovery", ["county_code", "finding_id", "movement_id"], schema="funds")
    for statement in recoveries_v1.statements():
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("a ledger is not rolled back; write a new migration")
