"""A stop carries its limit of days and since when they count; publicity stops only what was put on show."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from migrations import stops_v4

revision = "0107"
down_revision = "0106"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for statement in stops_v4.limits():
        op.execute(statement)
    for column in (
        sa.Column("limit_days", sa.Integer(), nullable=True),
        sa.Column("counted_from_on", sa.Date(), nullable=True),
        sa.Column("came_from_county", sa.Text(collation="C"), nullable=True),
        sa.Column("came_from_stop_id", sa.Uuid(), nullable=True),
    ):
        op.add_column("clock_stop", column, schema="funds")
    for statement in stops_v4.fill():
        op.execute(statement)
    for column in ("limit_days", "counted_from_on"):
        op.alter_column("clock_stop", column, nullable=False, schema="funds")
    for name, check in (
        ("within_its_limit", "limit_on <= counted_from_on + limit_days"),
        ("counted_from_first_day_or_before", "counted_from_on <= from_on"),
        ("came_from_one", "num_nulls(came_from_county, came_from_stop_id) IN (0, 2) AND came_from_county <> county_code"),
    ):
        op.create_check_constraint(op.f(f"ck_clock_stop_{name}"), "clock_stop", check, schema="funds")
    for statement in stops_v4.guards():
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("a ledger is not rolled back; write a new migration")
