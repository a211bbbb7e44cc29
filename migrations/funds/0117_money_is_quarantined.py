"""Fen of lots are quarantined by the inspectors: nobody moves them until they are released."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from migrations import quarantines_v1

revision = "0117"
down_revision = "0116"
branch_labels = None
depends_on = None

REGION = sa.Text(collation="C")


def upgrade() -> None:
    op.create_table(
        "quarantine",
        sa.Column("county_code", REGION, nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("ordered_on", sa.Date(), nullable=False),
        sa.Column("kept_on", sa.Date(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("released_on", sa.Date()),
        sa.Column("release_document", sa.Text()),
        sa.Column("lifted_on", sa.Date()),
        sa.Column("released_position", sa.BigInteger()),
        sa.CheckConstraint(
            "(released_on IS NULL) = (release_document IS NULL) AND (released_on IS NULL) = (lifted_on IS NULL)"
            " AND (released_on IS NULL) = (released_position IS NULL)",
            name=op.f("ck_quarantine_released_whole"),
        ),
        sa.CheckConstraint("lifted_on >= kept_on", name=op.f("ck_quarantine_lifted_not_before_kept")),
        sa.PrimaryKeyConstraint("county_code", "id", name=op.f("pk_quarantine")),
        schema="funds",
    )
    op.create_table(
        "quarantine_lot",
        sa.Column("county_code", REGION, nullable=False),
        sa.Column("quarantine_id", sa.Uuid(), nullable=False),
        sa.Column("lot_id", sa.Uuid(), nullable=False),
        sa.Column("region_code", REGION, nullable=False),
        sa.Column("asked_fen", sa.BigInteger(), nullable=False),
        sa.Column("kept_fen", sa.BigInteger(), nullable=False),
        sa.Column("hold_id", sa.Uuid()),
        sa.CheckConstraint("asked_fen > 0", name=op.f("ck_quarantine_lot_asked_positive")),
        sa.CheckConstraint("kept_fen BETWEEN 0 AND asked_fen", name=op.f("ck_quarantine_lot_kept_within_asked")),
        sa.CheckConstraint("(kept_fen > 0) = (hold_id IS NOT NULL)", name=op.f("ck_quarantine_lot_kept_is_held")),
        sa.ForeignKeyConstraint(["county_code", "quarantine_id"], ["funds.quarantine.county_code", "funds.quarantine.id"], name=op.f("fk_quarantine_lot_county_code_quarantine_id")),
        sa.ForeignKeyConstraint(["county_code", "hold_id"], ["funds.hold.county_code", "funds.hold.id"], name=op.f("fk_quarantine_lot_county_code_hold_id")),
        sa.PrimaryKeyConstraint("county_code", "quarantine_id", "lot_id", name=op.f("pk_quarantine_lot")),
        schema="funds",
    )
    op.create_index("ix_quarantine_lot_hold", "quarantine_lot", ["county_code", "hold_id"], schema="funds")
    op.create_index("ix_quarantine_lot_lot", "quarantine_lot", ["county_code", "lot_id"], schema="funds")
    for statement in quarantines_v1.statements():
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("a ledger is not rolled back; write a new migration")
