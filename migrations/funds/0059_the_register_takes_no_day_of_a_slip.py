"""No act of the register and no change of codes is dated far ahead, and no removal is appealed for years."""

from __future__ import annotations

from datetime import date

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0059"
down_revision = "0058"
branch_labels = None
depends_on = None

APPEAL = {
    "key": "removal_appeal_days",
    "region_code": "00",
    "valid_from": date(2001, 1, 1),
    "value": 184,
    "source": "参照行政诉讼法第四十六条（六个月，为最长的一般期限；行政复议为六十日）；清退申诉期由各地文件定",
    "basis": "assumed",
}
NEAR = "effective_on <= (recorded_at AT TIME ZONE 'Asia/Shanghai')::date + 31"


def upgrade() -> None:
    # NOT VALID: what earlier releases took stays on record, and is corrected by document.
    for table in ("registry_act", "region_change"):
        op.execute(f"ALTER TABLE funds.{table} ADD CONSTRAINT ck_{table}_near CHECK ({NEAR}) NOT VALID")
    values = sa.table(
        "policy_value",
        *(sa.column(name) for name in ("key", "region_code", "source", "basis")),
        sa.column("valid_from", sa.Date()),
        sa.column("value", postgresql.JSONB()),
        schema="funds",
    )
    op.execute(sa.insert(values).values(**APPEAL))


def downgrade() -> None:
    raise NotImplementedError("a ledger is not rolled back; write a new migration")
