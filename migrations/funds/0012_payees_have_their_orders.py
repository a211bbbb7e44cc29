"""What orders bring an account is asked of every project's account: an index by payee."""

from __future__ import annotations

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_treasury_order_payee",
        "treasury_order",
        ["county_code", "payee_account_id", "effective_on"],
        schema="funds",
    )


def downgrade() -> None:
    raise NotImplementedError("a ledger is not rolled back; write a new migration")
