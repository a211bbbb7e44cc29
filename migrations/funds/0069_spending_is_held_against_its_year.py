"""Spending progress: what rests of a budget year, the curve that is asked of the year, and the least share of industry."""

from __future__ import annotations

from datetime import date

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations import spending_v1

revision = "0069"
down_revision = "0068"
branch_labels = None
depends_on = None

# No document of the state lays down these shares for every place: provinces set their own, which take precedence.
CURVE = {
    "key": "spending_curve",
    "region_code": "00",
    "valid_from": date(2001, 1, 1),
    "valid_to": None,
    "value": {"03": 30, "06": 50, "09": 75, "11": 92, "12": 100},
    "source": "一季度末 30% 见 2023 年某地通知（转载，未核对原文）；6 月 50%、9 月 75%、11 月 92% 为各地常见要求，以省定序时为准",
    "basis": "assumed",
}
INDUSTRY = "industry_share_min_ppm"
SHARES = [
    {
        "key": INDUSTRY,
        "region_code": "15",
        "valid_from": date(2022, 1, 1),
        "valid_to": date(2022, 12, 31),
        "value": 550_000,
        "source": "内蒙古自治区 2022 年：衔接资金用于产业不低于 55%（据 2022-05-23 内蒙古日报）；同时要求不低于 2021 年，未录入",
        "basis": "practice",
    },
    {
        "key": INDUSTRY,
        "region_code": "00",
        "valid_from": date(2023, 1, 1),
        "valid_to": None,
        "value": 600_000,
        "source": "2023 年某地通知：衔接资金用于产业不低于 60%（转载，发文机关未核对；推及各地、推及以后各年为推定）",
        "basis": "assumed",
    },
]


def upgrade() -> None:
    for statement in spending_v1.statements():
        op.execute(statement)
    values = sa.table(
        "policy_value",
        *(sa.column(name) for name in ("key", "region_code", "source", "basis")),
        sa.column("valid_from", sa.Date()),
        sa.column("valid_to", sa.Date()),
        sa.column("value", postgresql.JSONB()),
        schema="funds",
    )
    op.execute(sa.insert(values).values([CURVE, *SHARES]))


def downgrade() -> None:
    raise NotImplementedError("a ledger is not rolled back; write a new migration")
