"""Functions that only earlier releases called are dropped, now that none of them is running."""

from __future__ import annotations

from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None

# What took their place: the claims of entitlement_v3, the sums of people_year_v1, and the books a tree is read from.
GONE = (
    "claimed_elsewhere(text, uuid, bytea[])",
    "paid_in_year(text, uuid, bytea[], text[])",
    "beyond_in_year(text, uuid, bigint, text[])",
    "tree_sums(text, text, date, bigint, date)",
)


def upgrade() -> None:
    for signature in GONE:
        op.execute(f"DROP FUNCTION funds.{signature}")


def downgrade() -> None:
    raise NotImplementedError("a ledger is not rolled back; write a new migration")
