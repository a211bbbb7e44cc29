"""The numbers the first release judges by, each with its source; what is not law or practice is marked assumed."""

from __future__ import annotations

from datetime import date

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

NATION = "00"
COUNTY_STEP = "县级及以下无全国统一法定时限；30 日为各地常见做法，依预算法第五十二条转移支付 30 日时限类推"
VALUES = [
    # key, region, valid from, value, source, basis
    ("handdown_limit_days.treasury", NATION, "2015-01-01", 30, "预算法（2014 年修正，2015 年施行；2018 年修正）第五十二条：收到上级转移支付后 30 日内下达", "law"),
    ("handdown_limit_days.department", NATION, "2015-01-01", 30, COUNTY_STEP, "assumed"),
    ("handdown_limit_days.township_office", NATION, "2015-01-01", 30, COUNTY_STEP, "assumed"),
    ("handdown_limit_days.village_collective", NATION, "2015-01-01", 60, "村集体支出无法定时限，暂按 60 日", "assumed"),
    ("handdown_limit_days.project_unit", NATION, "2015-01-01", 60, "项目单位支付无法定时限，暂按 60 日", "assumed"),
    ("idle_flag_days", NATION, "2015-01-01", 180, "资金闲置提示线，暂按 180 日；审计公告口径为 1 年、2 年", "assumed"),
    ("idle_bands_days", NATION, "2015-01-01", [30, 60, 90, 180, 365, 730], "365/730 日为审计署公告口径，其余为工作分档", "practice"),
    ("household_cap_fen", NATION, "2015-01-01", 500_000, "到户补助每户上限，暂按 5000 元", "assumed"),
    ("loan_max_fen", NATION, "2017-07-01", 5_000_000, "银监发〔2017〕42号：5 万元以下", "law"),
    ("loan_max_months", NATION, "2017-07-01", 36, "银监发〔2017〕42号：3 年期以内", "law"),
]


def upgrade() -> None:
    table = sa.table(
        "policy_value",
        *(sa.column(name) for name in ("key", "region_code", "source", "basis")),
        sa.column("valid_from", sa.Date()),
        sa.column("value", JSONB()),
        schema="funds",
    )
    for key, region, valid_from, value, source, basis in VALUES:
        op.execute(
            sa.insert(table).values(
                key=key,
                region_code=region,
                valid_from=date.fromisoformat(valid_from),
                value=value,
                source=source,
                basis=basis,
            )
        )


def downgrade() -> None:
    raise NotImplementedError("a ledger is not rolled back; write a new migration")
