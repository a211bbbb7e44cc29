"""A row of a roster comes back to the lots that fed it, and is paid again out of them once."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from migrations import returns_v1

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

REASONS = "reason IN ('account_closed', 'name_mismatch', 'wrong_number', 'deceased', 'other')"


def code(name: str, *, key: bool = False) -> sa.Column[str]:
    """A column of region codes, which compare byte by byte."""
    return sa.Column(name, sa.Text(collation="C"), nullable=False, primary_key=key)


def upgrade() -> None:
    op.create_table(
        "payment_return",
        code("county_code", key=True),
        sa.Column("movement_id", sa.Uuid(), primary_key=True),
        sa.Column("batch_id", sa.Uuid(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        code("region_code"),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("effective_on", sa.Date(), nullable=False),
        sa.Column("hold_id", sa.Uuid(), nullable=True),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("document_key", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("reason_text", sa.Text(), nullable=False),
        sa.Column("content_hash", sa.LargeBinary(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("amount_fen > 0", name=op.f("ck_payment_return_amount_positive")),
        sa.CheckConstraint(REASONS, name=op.f("ck_payment_return_reason")),
        sa.CheckConstraint("reason <> 'other' OR reason_text <> ''", name=op.f("ck_payment_return_other_is_explained")),
        sa.ForeignKeyConstraint(
            ["county_code", "batch_id"],
            ["funds.payment_batch.county_code", "funds.payment_batch.id"],
            name=op.f("fk_payment_return_county_code_batch_id"),
        ),
        sa.ForeignKeyConstraint(
            ["county_code", "movement_id"],
            ["funds.movement.county_code", "funds.movement.id"],
            name=op.f("fk_payment_return_county_code_movement_id"),
        ),
        sa.ForeignKeyConstraint(
            ["county_code", "hold_id"],
            ["funds.hold.county_code", "funds.hold.id"],
            name=op.f("fk_payment_return_county_code_hold_id"),
        ),
        sa.UniqueConstraint(
            "county_code", "source", "document_key", name=op.f("uq_payment_return_county_code_source_document_key")
        ),
        sa.UniqueConstraint("county_code", "hold_id", name=op.f("uq_payment_return_county_code_hold_id")),
        schema="funds",
    )
    op.create_index("ix_payment_return_row", "payment_return", ["county_code", "batch_id", "line"], schema="funds")
    op.create_index(
        "ix_payment_return_effective", "payment_return", ["county_code", "effective_on", "movement_id"], schema="funds"
    )
    for statement in (*returns_v1.functions(), *returns_v1.policies()):
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("a ledger is not rolled back; write a new migration")
