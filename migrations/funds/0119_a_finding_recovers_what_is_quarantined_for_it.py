"""A recovery that names its finding draws what is quarantined for that finding, in one act; undone, it is quarantined again."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from migrations import quarantines_v2

revision = "0119"
down_revision = "0118"
branch_labels = None
depends_on = None

REGION = sa.Text(collation="C")


def of_quarantine(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["county_code", "quarantine_id"],
        ["funds.quarantine.county_code", "funds.quarantine.id"],
        name=op.f(f"fk_{table}_county_code_quarantine_id"),
    )


def upgrade() -> None:
    op.add_column("quarantine", sa.Column("finding_id", sa.Uuid()), schema="funds")
    op.create_index("ix_quarantine_finding", "quarantine", ["county_code", "finding_id"], schema="funds")
    op.create_table(
        "quarantine_hold",
        sa.Column("county_code", REGION, nullable=False),
        sa.Column("hold_id", sa.Uuid(), nullable=False),
        sa.Column("quarantine_id", sa.Uuid(), nullable=False),
        sa.Column("region_code", REGION, nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("replaced_position", sa.BigInteger()),
        sa.CheckConstraint("replaced_position > position", name=op.f("ck_quarantine_hold_replaced_later")),
        sa.ForeignKeyConstraint(
            ["county_code", "hold_id"],
            ["funds.hold.county_code", "funds.hold.id"],
            name=op.f("fk_quarantine_hold_county_code_hold_id"),
        ),
        of_quarantine("quarantine_hold"),
        sa.PrimaryKeyConstraint("county_code", "hold_id", name=op.f("pk_quarantine_hold")),
        schema="funds",
    )
    op.create_index(
        "ix_quarantine_hold_quarantine", "quarantine_hold", ["county_code", "quarantine_id"], schema="funds"
    )
    op.create_table(
        "quarantine_change",
        sa.Column("county_code", REGION, nullable=False),
        sa.Column("movement_id", sa.Uuid(), nullable=False),
        sa.Column("quarantine_id", sa.Uuid(), nullable=False),
        sa.Column("lot_id", sa.Uuid(), nullable=False),
        sa.Column("region_code", REGION, nullable=False),
        sa.Column("change_fen", sa.BigInteger(), nullable=False),
        sa.Column("effective_on", sa.Date(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("change_fen <> 0", name=op.f("ck_quarantine_change_changes")),
        sa.ForeignKeyConstraint(
            ["county_code", "movement_id"],
            ["funds.movement.county_code", "funds.movement.id"],
            name=op.f("fk_quarantine_change_county_code_movement_id"),
        ),
        of_quarantine("quarantine_change"),
        sa.PrimaryKeyConstraint(
            "county_code", "movement_id", "quarantine_id", "lot_id", name=op.f("pk_quarantine_change")
        ),
        schema="funds",
    )
    op.create_index(
        "ix_quarantine_change_quarantine", "quarantine_change", ["county_code", "quarantine_id"], schema="funds"
    )
    for statement in quarantines_v2.statements():
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("a ledger is not rolled back; write a new migration")
