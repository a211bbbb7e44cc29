"""A roster may be paid out of a hold, and a treasury order may draw every fund that a project pools (统筹整合)."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("payment_batch", sa.Column("hold_id", sa.Uuid(), nullable=True), schema="funds")
    op.create_foreign_key(
        op.f("fk_payment_batch_county_code_hold_id"),
        "payment_batch",
        "hold",
        ["county_code", "hold_id"],
        ["county_code", "id"],
        source_schema="funds",
        referent_schema="funds",
    )
    op.alter_column("treasury_order", "fund_code", existing_type=sa.Text(), nullable=True, schema="funds")


def downgrade() -> None:
    raise NotImplementedError("a ledger is not rolled back; write a new migration")
