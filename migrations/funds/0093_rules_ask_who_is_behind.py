"""Rules ask who is behind the curve of spending: by how many points a place or a fund may be."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0093"
down_revision = "0092"
branch_labels = None
depends_on = None

VALUES = (
    ("spending_behind_tolerance_ppm", "00", "2015-01-01", "0", "支出进度低于要求即提示，不设宽限；没有文件规定，暂定", "assumed"),
)


def upgrade() -> None:
    for key, region, since, value, source, basis in VALUES:
        op.execute(
            sa.text(
                "INSERT INTO funds.policy_value (key, region_code, valid_from, value, source, basis)"
                " VALUES (:key, :region, CAST(:since AS date), CAST(:value AS jsonb), :source, :basis)"
            ).bindparams(key=key, region=region, since=since, value=value, source=source, basis=basis)
        )


def downgrade() -> None:
    raise NotImplementedError("a ledger is not rolled back; write a new migration")
