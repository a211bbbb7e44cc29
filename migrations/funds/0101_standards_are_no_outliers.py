"""What most got by a standard is no fence: a payment stands out by a least distance from the third quartile."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0101"
down_revision = "0100"
branch_labels = None
depends_on = None

VALUES = (
    (
        "outlier_distance_min_ppm",
        "00",
        "2015-01-01",
        "500000",
        "至少高出第三四分位一半才作提示，按统一标准发放的不因标准分档而提示；没有文件规定，暂定",
        "assumed",
    ),
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
