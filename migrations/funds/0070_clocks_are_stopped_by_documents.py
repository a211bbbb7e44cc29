"""The clock of resting money may be stopped by a document, for as long as its kind allows."""

from __future__ import annotations

from datetime import date

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from migrations import stops_v1

revision = "0070"
down_revision = "0069"
branch_labels = None
depends_on = None

NATION = "00"
REGION = sa.Text(collation="C")
PUBLICITY = "公告公示一般不少于 10 天（扶贫资金项目公告公示的指导意见第四条），另加张贴与核实异议，暂按最长 15 天停表"
TENDER = "招标投标法第二十四条（发售招标文件至截标不少于 20 天）、第四十六条（中标通知书发出后 30 天内订立合同），另加评标与公示，暂按最长 60 天停表"
COURT = "最高人民法院关于适用民事诉讼法的解释（法释〔2015〕5号）第四百八十七条：冻结银行存款的期限不得超过一年；续行冻结另行登记"
RETURN = "退汇资金由银行退回并重新入账无统一天数，暂按最长 10 天停表"
VALUES = [
    # key, region, valid from, value, source, basis
    ("clock_stop_days.publicity", NATION, "2015-01-01", 15, PUBLICITY, "assumed"),
    ("clock_stop_days.tender", NATION, "2015-01-01", 60, TENDER, "assumed"),
    ("clock_stop_days.court_freeze", NATION, "2015-02-04", 365, COURT, "law"),
    ("clock_stop_days.bank_return", NATION, "2015-01-01", 10, RETURN, "assumed"),
]


def upgrade() -> None:
    op.create_table(
        "clock_stop",
        sa.Column("county_code", REGION, nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("region_code", REGION, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("limit_on", sa.Date(), nullable=False),
        sa.Column("batch_id", sa.Uuid(), nullable=True),
        sa.Column("project_id", sa.Uuid(), nullable=True),
        sa.Column("order_id", sa.Uuid(), nullable=True),
        sa.Column("placed_by", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.Column("end_document", sa.Text(), nullable=True),
        sa.Column("ended_by", sa.Text(), nullable=True),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("ended_position", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "kind IN ('publicity', 'tender', 'court_freeze', 'bank_return')", name=op.f("ck_clock_stop_kind")
        ),
        sa.CheckConstraint(
            "document <> '' AND reason <> ''", name=op.f("ck_clock_stop_document_and_reason_given")
        ),
        sa.CheckConstraint("limit_on > from_on", name=op.f("ck_clock_stop_limit_after_start")),
        sa.CheckConstraint("ended_on >= from_on AND ended_on < limit_on", name=op.f("ck_clock_stop_ended_within")),
        sa.CheckConstraint(
            "num_nulls(ended_on, end_document, ended_by, ended_position) IN (0, 4)",
            name=op.f("ck_clock_stop_ended_by_document"),
        ),
        sa.CheckConstraint("num_nonnulls(batch_id, project_id, order_id) <= 1", name=op.f("ck_clock_stop_one_cause")),
        sa.ForeignKeyConstraint(
            ["county_code", "batch_id"],
            ["funds.payment_batch.county_code", "funds.payment_batch.id"],
            name=op.f("fk_clock_stop_county_code_batch_id"),
        ),
        sa.ForeignKeyConstraint(
            ["county_code", "project_id"],
            ["funds.project.county_code", "funds.project.id"],
            name=op.f("fk_clock_stop_county_code_project_id"),
        ),
        sa.ForeignKeyConstraint(
            ["county_code", "order_id"],
            ["funds.treasury_order.county_code", "funds.treasury_order.id"],
            name=op.f("fk_clock_stop_county_code_order_id"),
        ),
        sa.PrimaryKeyConstraint("county_code", "id", name=op.f("pk_clock_stop")),
        schema="funds",
    )
    op.create_index("ix_clock_stop_region", "clock_stop", ["county_code", "region_code", "id"], schema="funds")
    op.create_table(
        "clock_stop_lot",
        sa.Column("county_code", REGION, nullable=False),
        sa.Column("stop_id", sa.Uuid(), nullable=False),
        sa.Column("lot_id", sa.Uuid(), nullable=False),
        sa.Column("region_code", REGION, nullable=False),
        sa.ForeignKeyConstraint(
            ["county_code", "stop_id"],
            ["funds.clock_stop.county_code", "funds.clock_stop.id"],
            name=op.f("fk_clock_stop_lot_county_code_stop_id"),
        ),
        sa.ForeignKeyConstraint(
            ["county_code", "lot_id"],
            ["funds.lot.county_code", "funds.lot.id"],
            name=op.f("fk_clock_stop_lot_county_code_lot_id"),
        ),
        sa.PrimaryKeyConstraint("county_code", "stop_id", "lot_id", name=op.f("pk_clock_stop_lot")),
        schema="funds",
    )
    op.create_index("ix_clock_stop_lot_lot", "clock_stop_lot", ["county_code", "lot_id"], schema="funds")
    for statement in stops_v1.statements():
        op.execute(statement)
    table = sa.table(
        "policy_value",
        sa.column("key", sa.Text()),
        sa.column("region_code", sa.Text()),
        sa.column("valid_from", sa.Date()),
        sa.column("value", JSONB()),
        sa.column("source", sa.Text()),
        sa.column("basis", sa.Text()),
        schema="funds",
    )
    op.bulk_insert(
        table,
        [
            {
                "key": key,
                "region_code": region,
                "valid_from": date.fromisoformat(valid_from),
                "value": value,
                "source": source,
                "basis": basis,
            }
            for key, region, valid_from, value, source, basis in VALUES
        ],
    )


def downgrade() -> None:
    raise NotImplementedError("a ledger is not rolled back; write a new migration")
