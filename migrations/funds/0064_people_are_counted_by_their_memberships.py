"""How many people a household has is told by memberships of the day; the row keeps what its file declared."""

from __future__ import annotations

from alembic import op

revision = "0064"
down_revision = "0063"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.alter_column("household", "persons_n", new_column_name="declared_n", nullable=True, schema="funds")
    # A household that was split off declared nothing: its people were counted, and went on changing.
    op.execute("UPDATE funds.household SET declared_n = NULL WHERE came_from IS NOT NULL")


def downgrade() -> None:
    raise NotImplementedError("a ledger is not rolled back; write a new migration")
