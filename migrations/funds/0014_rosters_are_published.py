"""A roster is put on show before it is paid, is objected to, and says what it is for."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from migrations import publications_v1

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def code(name: str, *, key: bool = False) -> sa.Column[str]:
    """A column of region codes, which compare byte by byte."""
    return sa.Column(name, sa.Text(collation="C"), nullable=False, primary_key=key)


def of_batch(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["county_code", "batch_id"],
        ["funds.payment_batch.county_code", "funds.payment_batch.id"],
        name=op.f(f"fk_{table}_county_code_batch_id"),
    )


def upgrade() -> None:
    op.create_table(
        "publication",
        code("county_code", key=True),
        sa.Column("batch_id", sa.Uuid(), primary_key=True),
        sa.Column("seq", sa.SmallInteger(), primary_key=True),
        code("region_code"),
        sa.Column("list_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("seq > 0", name=op.f("ck_publication_seq_counts")),
        sa.CheckConstraint("document <> '' AND place <> ''", name=op.f("ck_publication_paper_and_place_given")),
        of_batch("publication"),
        schema="funds",
    )
    op.create_table(
        "batch_objection",
        code("county_code", key=True),
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("batch_id", sa.Uuid(), nullable=False),
        code("region_code"),
        sa.Column("line", sa.Integer(), nullable=True),
        sa.Column("raised_on", sa.Date(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.Column("closed_on", sa.Date(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("closed_by", sa.Text(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("line > 0", name=op.f("ck_batch_objection_line_counts")),
        sa.CheckConstraint(
            "num_nulls(closed_on, outcome, closed_by) IN (0, 3)", name=op.f("ck_batch_objection_closed_with_outcome")
        ),
        sa.CheckConstraint("closed_on >= raised_on", name=op.f("ck_batch_objection_closed_after_raised")),
        of_batch("batch_objection"),
        schema="funds",
    )
    op.create_index("ix_batch_objection_batch", "batch_objection", ["county_code", "batch_id"], schema="funds")
    op.add_column("payment_batch", sa.Column("use_code", sa.Text(), nullable=True), schema="funds")
    op.create_foreign_key(
        op.f("fk_payment_batch_use_code"),
        "payment_batch",
        "fund_use",
        ["use_code"],
        ["code"],
        source_schema="funds",
        referent_schema="funds",
    )
    for statement in publications_v1.statements():
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("a ledger is not rolled back; write a new migration")
