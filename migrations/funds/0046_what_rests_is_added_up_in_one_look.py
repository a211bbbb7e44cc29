"""What rests is added up as the owner in one look, and what was drawn later is read from its index alone."""

from __future__ import annotations

from alembic import op

from migrations import idle_v1

revision = "0046"
down_revision = "0045"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index("ix_draw_effective", table_name="draw", schema="funds")
    op.create_index(
        "ix_draw_effective",
        "draw",
        ["county_code", "effective_on"],
        unique=False,
        schema="funds",
        postgresql_include=["from_lot_id", "amount_fen", "days_rested"],
    )
    for statement in idle_v1.statements():
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("a ledger is not rolled back; write a new migration")
