"""Movements and entries are found by the day they took effect, by having been recorded late, and by being dated ahead.

What flowed by a day, as it was known at an instant, is read from sums by month and from these few rows. And a
carry-over, which stays in its account, can be undone: the reversal stays there as well.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

RECORDED_ON = "(recorded_at AT TIME ZONE 'Asia/Shanghai')::date"


def upgrade() -> None:
    op.drop_constraint("ck_movement_two_accounts", "movement", schema="funds")
    op.create_check_constraint(
        op.f("ck_movement_two_accounts"),
        "movement",
        "kind = 'reverse' OR (kind = 'carry_over') = (from_account_id IS NOT DISTINCT FROM to_account_id)",
        schema="funds",
    )
    op.create_index("ix_movement_effective", "movement", ["county_code", "effective_on"], schema="funds")
    op.create_index(
        "ix_movement_late",
        "movement",
        ["county_code", "recorded_at"],
        schema="funds",
        postgresql_where=sa.text(f"{RECORDED_ON} > effective_on + 7"),
    )
    op.create_index(
        "ix_movement_ahead",
        "movement",
        ["county_code", "effective_on"],
        schema="funds",
        postgresql_where=sa.text(f"effective_on > {RECORDED_ON}"),
    )
    op.create_index(
        "ix_movement_year_changing",
        "movement",
        ["county_code", "effective_on"],
        schema="funds",
        postgresql_where=sa.text("kind IN ('carry_over', 'reverse')"),
    )
    op.create_index(
        "ix_movement_batch",
        "movement",
        ["county_code", "effective_on"],
        schema="funds",
        postgresql_include=["from_account_id", "batch_id", "position"],
        postgresql_where=sa.text("batch_id IS NOT NULL"),
    )
    op.create_index(
        "ix_entry_ahead",
        "entry",
        ["county_code", "account_id", "effective_on"],
        schema="funds",
        postgresql_where=sa.text("effective_on > recorded_on"),
    )


def downgrade() -> None:
    raise NotImplementedError("a ledger is not rolled back; write a new migration")
