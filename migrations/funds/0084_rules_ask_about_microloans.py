"""Rules ask about microloans: limits together, rates, loans at once, uses, many alike on one day, and quotas of banks.

The base rates and the LPR are told from memory of the central bank's notices, and marked assumed until they are held
against them.
"""

from __future__ import annotations

import json

import sqlalchemy as sa
from alembic import op

revision = "0084"
down_revision = "0083"
branch_labels = None
depends_on = None

TOP_UP = "银保监发〔2021〕6号：可追加贷款，追加后单户累计不超过 10 万元，超过 5 万元部分不贴息（转述，未见原文，暂定）"
BASE = "中国人民银行 2015-10-24 起贷款基准利率{}；国开办发〔2014〕78号、银监发〔2017〕42号：执行基准利率（凭记忆录入，待核对公告）"
LPR = "{} 公布的 {} LPR；银保监发〔2021〕6号：不高于同期 LPR（凭记忆录入，待核对公告）"
# Since when, and the one-year and five-year LPR in ppm; the first row is the day the rule is taken to begin.
RATES = (
    ("2021-03-04", "2020-04-20", 38_500, 46_500),
    ("2021-12-20", "2021-12-20", 38_000, 46_500),
    ("2022-01-20", "2022-01-20", 37_000, 46_000),
    ("2022-05-20", "2022-05-20", 37_000, 44_500),
    ("2022-08-22", "2022-08-22", 36_500, 43_000),
    ("2023-06-20", "2023-06-20", 35_500, 42_000),
    ("2023-08-21", "2023-08-21", 34_500, 42_000),
    ("2024-02-20", "2024-02-20", 34_500, 39_500),
    ("2024-07-22", "2024-07-22", 33_500, 38_500),
    ("2024-10-21", "2024-10-21", 31_000, 36_000),
    ("2025-05-20", "2025-05-20", 30_000, 35_000),
)
# 1: asked about. Words of what the loan is not for (not production), and of money that goes on to a firm.
NOT_PRODUCTION = ("结婚", "婚嫁", "彩礼", "丧葬", "建房", "购房", "买房", "装修", "购车", "买车", "理财", "股票", "还债", "还贷", "转借", "转贷", "入股", "企业")
# 亿元 of 2017 by area of responsibility; the sum is 4.0.
QUOTA = {"RCB": 22_000_000_000, "ABC": 10_000_000_000, "PSBC": 3_000_000_000, "CCB": 2_000_000_000, "VTB": 3_000_000_000}
VALUES = (
    ("loan_total_max_fen", "00", "2021-03-04", None, 10_000_000, TOP_UP, "assumed"),
    ("loan_active_max_n", "00", "2015-01-01", None, 1, "每户一笔未到期贷款：以户为单位授信的通行口径，没有文件规定，暂定", "assumed"),
    ("loan_active_max_n", "00", "2021-03-04", None, 2, TOP_UP, "assumed"),
    ("loan_rate_max_ppm.1y", "00", "2015-10-24", None, 43_500, BASE.format("一年以内（含）4.35%"), "assumed"),
    ("loan_rate_max_ppm.3y", "00", "2015-10-24", None, 47_500, BASE.format("一至五年（含）4.75%"), "assumed"),
    *(("loan_rate_max_ppm.1y", "00", since, None, one, LPR.format(told, "1 年期"), "assumed") for since, told, one, _ in RATES),
    *(("loan_rate_max_ppm.3y", "00", since, None, five, LPR.format(told, "5 年期以上"), "assumed") for since, told, _, five in RATES),
    ("loan_use_barred", "00", "2015-01-01", None, dict.fromkeys(NOT_PRODUCTION, 1), "银监发〔2017〕42号：只用于发展生产，不得用于建房、婚嫁、理财等，不得由企业使用（用途词表为暂定）", "assumed"),
    ("loan_alike_households_min", "00", "2015-01-01", None, 10, "同一银行同日向同一村同一用途放款达到的户数，提示户贷企用；没有文件规定，暂定", "assumed"),
    ("loan_quota_fen", "420322", "2017-01-01", "2017-12-31", QUOTA, "郧西县 2017-10-17 脱贫攻坚会议：农商行 2.2 亿、农行 1 亿、邮储 3000 万、建行 2000 万、村镇银行 3000 万元", "practice"),
    ("loan_quota_lag_ppm", "00", "2015-01-01", None, 100_000, "银行放款任务落后序时 10 个百分点以上提示；没有文件规定，暂定", "assumed"),
)


def upgrade() -> None:
    for key, region, since, to, value, source, basis in VALUES:
        op.execute(
            sa.text(
                "INSERT INTO funds.policy_value (key, region_code, valid_from, valid_to, value, source, basis)"
                " VALUES (:key, :region, CAST(:since AS date), CAST(:to AS date), CAST(:value AS jsonb), :source, :basis)"
            ).bindparams(key=key, region=region, since=since, to=to, value=json.dumps(value, ensure_ascii=False), source=source, basis=basis)
        )


def downgrade() -> None:
    raise NotImplementedError("a ledger is not rolled back; write a new migration")
