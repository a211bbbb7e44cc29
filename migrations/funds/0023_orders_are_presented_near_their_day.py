"""How far from its own day a treasury order may be presented to the bank: a policy value, assumed."""

from __future__ import annotations

from datetime import date

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

PRESENTED = {
    "key": "treasury_order_presented_days",
    "region_code": "00",
    "valid_from": date(2001, 1, 1),
    "value": 10,
    "source": "参照支票提示付款期限 10 日（票据法第九十一条）；支付令无统一规定，地方可另定",
    "basis": "assumed",
}


def upgrade() -> None:
    values = sa.table(
        "policy_value",
        *(sa.column(name) for name in ("key", "region_code", "source", "basis")),
        sa.column("valid_from", sa.Date()),
        sa.column("value", postgresql.JSONB()),
        schema="funds",
    )
    op.execute(sa.insert(values).values(**PRESENTED))


def downgrade() -> None:
    raise NotImplementedError("a ledger is not rolled back; write a new migration")
