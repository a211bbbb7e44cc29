"""A notice may have been received on a day known from … to …; the clocks of the Budget Law and its two years are values."""

from __future__ import annotations

from datetime import date

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0071"
down_revision = "0070"
branch_labels = None
depends_on = None

NATION = "00"
SINCE = date(2015, 1, 1)
LAW = "预算法（2014 年修正，2015 年施行；2018 年修正）第五十二条"
TWO_YEARS = (
    "预算法（2014 年修正，2015 年施行；2018 年修正）第四十二条：连续两年未用完的结转资金作为结余资金管理；"
    "预算法实施条例（2020）第五十条：即预算安排的支出在下一年度终了时仍未用完"
)
VALUES = [
    # key, value, source, basis
    ("handdown_clock.centre_to_province.special", 90, f"{LAW}：中央对地方专项转移支付，全国人大批准预算后 90 日内下达", "law"),
    ("handdown_clock.centre_to_province.general", 30, f"{LAW}：中央对地方一般性转移支付，全国人大批准预算后 30 日内下达", "law"),
    ("handdown_clock.central_to_counties", 30, f"{LAW}：省级政府接到中央转移支付后 30 日内下达到县级以上各级政府", "law"),
    ("handdown_clock.own_budget.special", 60, f"{LAW}：本级预算安排对下专项转移支付，本级人大批准预算后 60 日内下达", "law"),
    ("handdown_clock.own_budget.general", 30, f"{LAW}：本级预算安排对下一般性转移支付，本级人大批准预算后 30 日内下达", "law"),
    ("handdown_clock.reply_to_department", 20, f"{LAW}：财政部门在预算批准后 20 日内向各部门批复预算", "law"),
    ("handdown_clock.reply_to_unit", 15, f"{LAW}：各部门接到批复后 15 日内向所属各单位批复预算", "law"),
    ("balance_after_years", 2, TWO_YEARS, "law"),
    ("balance_forecast_days", 90, "将转为结余的资金提前提示的天数，暂按 90 日", "assumed"),
]


def upgrade() -> None:
    op.add_column("notice", sa.Column("received_from", sa.Date(), nullable=True), schema="funds")
    op.create_check_constraint(
        op.f("ck_notice_received_between"), "notice", "received_from <= received_on", schema="funds"
    )
    table = sa.table(
        "policy_value",
        *(sa.column(name) for name in ("key", "region_code", "source", "basis")),
        sa.column("valid_from", sa.Date()),
        sa.column("value", JSONB()),
        schema="funds",
    )
    for key, value, source, basis in VALUES:
        op.execute(
            sa.insert(table).values(
                key=key, region_code=NATION, valid_from=SINCE, value=value, source=source, basis=basis
            )
        )


def downgrade() -> None:
    raise NotImplementedError("a ledger is not rolled back; write a new migration")
