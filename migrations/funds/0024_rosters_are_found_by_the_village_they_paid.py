"""The rosters that paid somebody in a village are found by that village, so that its households can be listed."""

from __future__ import annotations

from alembic import op

from migrations.ledger_v2 import ROLE

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_batch_place_region", "batch_place", ["county_code", "region_code", "batch_id"], unique=False, schema="funds"
    )
    op.execute(f"GRANT SELECT ON funds.batch_place TO {ROLE}")


def downgrade() -> None:
    raise NotImplementedError("a ledger is not rolled back; write a new migration")
