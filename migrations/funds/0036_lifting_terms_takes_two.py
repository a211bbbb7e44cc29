"""A set of terms that lifts or loosens what its own level laid down waits for a second person."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from migrations import terms_v3

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for column in (
        sa.Column("waits", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("confirmed_by", sa.Text(), nullable=True),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
    ):
        op.add_column("fund_terms", column, schema="funds")
    op.create_check_constraint(
        op.f("ck_fund_terms_second_person"), "fund_terms", "confirmed_by IS NULL OR waits AND confirmed_by <> set_by", schema="funds"
    )
    op.create_check_constraint(
        op.f("ck_fund_terms_confirmed_at"), "fund_terms", "(confirmed_by IS NULL) = (confirmed_at IS NULL)", schema="funds"
    )
    for statement in terms_v3.statements():
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("a ledger is not rolled back; write a new migration")
