"""Rules ask what payees have: values of cars, flats, firms, members on the payroll, cadres' kin and shared accounts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0085"
down_revision = "0084"
branch_labels = None
depends_on = None

VALUES = (
    ("car_value_fen", "00", "2015-01-01", "3000000", "没有文件规定，暂定 3 万元；庆城通报一例为 7 万元", "assumed"),
    ("flats_several_n", "00", "2015-01-01", "2", "一户一宅之外另有房产；没有文件规定，暂定", "assumed"),
    ("flats_of_use_n", "00", "2015-01-01", '{"非住宅": 1, "商铺": 1, "办公": 1, "厂房": 1}', "江苏通报：一户有非住宅 2 套、安置房 3 套；界限暂定", "assumed"),
    ("business_capital_fen", "00", "2015-01-01", '{"法人": 0, "股东": 0, "个体户": 10000000, "其他": 0}', "马山县2015年审计口径列入工商登记；界限暂定", "assumed"),
    ("payroll_members_n", "00", "2015-01-01", "1", "同户 1 人即核实；没有文件规定，暂定", "assumed"),
    ("cadre_kin_payees_n", "00", "2015-01-01", "3", "通报一例为 1 名村干部、9 名亲属、33 笔；界限暂定", "assumed"),
    ("cadre_kin_fen", "00", "2015-01-01", "500000", "通报一例为 7 万余元；界限暂定 5000 元", "assumed"),
    ("card_households_n", "00", "2015-01-01", "3", "一个账户为三户以上代领即核实；没有文件规定，暂定", "assumed"),
)  # fmt: skip


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
