"""Who leads a unit since when, and warnings: flags told to the unit that answers and to its leader, with timers."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from migrations import warnings_v1

revision = "0091"
down_revision = "0090"
branch_labels = None
depends_on = None

REGION = sa.Text(collation="C")
SOURCE = "郧西县 2017-10-17 会议：预警相关部门和分管领导并限期整改，没有规定天数；暂定"
VALUES = (
    # key, days
    ("warning_ack_workdays", "3"),
    ("warning_explain_workdays", "10"),
    ("warning_leader_workdays", "5"),
)


def upgrade() -> None:
    op.create_table(
        "unit_leader",
        sa.Column("county_code", REGION, nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("region_code", REGION, nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("post", sa.Text(), nullable=True),
        sa.Column("account", sa.Text(), nullable=True),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("set_by", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("document <> ''", name=op.f("ck_unit_leader_document_given")),
        sa.CheckConstraint("account <> '' AND post <> ''", name=op.f("ck_unit_leader_post_and_account_given")),
        sa.CheckConstraint("(account IS NULL) = (post IS NULL)", name=op.f("ck_unit_leader_post_and_account_together")),
        sa.ForeignKeyConstraint(["county_code", "unit_id"], ["funds.unit.county_code", "funds.unit.id"], name=op.f("fk_unit_leader_county_code_unit_id")),
        sa.PrimaryKeyConstraint("county_code", "id", name=op.f("pk_unit_leader")),
        sa.UniqueConstraint("county_code", "unit_id", "from_on", name=op.f("uq_unit_leader_county_code_unit_id_from_on")),
        schema="funds",
    )
    op.create_index("ix_unit_leader_region", "unit_leader", ["county_code", "region_code", "id"], schema="funds")
    op.create_table(
        "warning",
        sa.Column("county_code", REGION, nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("region_code", REGION, nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("rule_code", sa.Text(), nullable=False),
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("flags_n", sa.BigInteger(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("leader_id", sa.Uuid(), nullable=True),
        sa.Column("leader_account", sa.Text(), nullable=True),
        sa.Column("first_warning_id", sa.Uuid(), nullable=True),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.Column("acknowledge_by_on", sa.Date(), nullable=False),
        sa.Column("acknowledge_leader_by_on", sa.Date(), nullable=False),
        sa.Column("explain_by_on", sa.Date(), nullable=False),
        sa.Column("explain_leader_by_on", sa.Date(), nullable=False),
        sa.Column("acknowledged_on", sa.Date(), nullable=True),
        sa.Column("acknowledged_by", sa.Text(), nullable=True),
        sa.Column("explained_on", sa.Date(), nullable=True),
        sa.Column("explained_by", sa.Text(), nullable=True),
        sa.Column("explanation", sa.Text(), nullable=True),
        sa.Column("explanation_document", sa.Text(), nullable=True),
        sa.Column("closed_on", sa.Date(), nullable=True),
        sa.Column("closed_by", sa.Text(), nullable=True),
        sa.Column("closing", sa.Text(), nullable=True),
        sa.Column("closing_document", sa.Text(), nullable=True),
        sa.Column("next_due_on", sa.Date(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("acknowledged_position", sa.BigInteger(), nullable=True),
        sa.Column("explained_position", sa.BigInteger(), nullable=True),
        sa.Column("closed_position", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("num_nulls(acknowledged_on, acknowledged_by, acknowledged_position) IN (0, 3)", name=op.f("ck_warning_acknowledged_by_somebody")),
        sa.CheckConstraint("num_nulls(closed_on, closed_by, closing, closing_document, closed_position) IN (0, 5)", name=op.f("ck_warning_closed_by_document")),
        sa.CheckConstraint("issued_on < acknowledge_by_on AND acknowledge_by_on < acknowledge_leader_by_on AND acknowledge_by_on < explain_by_on AND explain_by_on < explain_leader_by_on", name=op.f("ck_warning_due_in_order")),
        sa.CheckConstraint("num_nulls(explained_on, explained_by, explanation, explanation_document, explained_position) IN (0, 5)", name=op.f("ck_warning_explained_by_document")),
        sa.CheckConstraint("flags_n > 0 AND amount_fen >= 0 AND days >= 0", name=op.f("ck_warning_figures")),
        sa.CheckConstraint("(first_warning_id IS NULL) = (times = 1) AND times > 0", name=op.f("ck_warning_first_or_repeated")),
        sa.CheckConstraint("closed_by <> acknowledged_by AND closed_by <> explained_by", name=op.f("ck_warning_not_answered_by_the_unit")),
        sa.CheckConstraint("acknowledged_on >= issued_on AND (explained_on IS NULL OR explained_on >= acknowledged_on AND acknowledged_on IS NOT NULL) AND closed_on >= issued_on AND closed_on >= coalesce(explained_on, closed_on)", name=op.f("ck_warning_steps_in_order")),
        sa.ForeignKeyConstraint(["county_code", "first_warning_id"], ["funds.warning.county_code", "funds.warning.id"], name=op.f("fk_warning_county_code_first_warning_id")),
        sa.ForeignKeyConstraint(["county_code", "leader_id"], ["funds.unit_leader.county_code", "funds.unit_leader.id"], name=op.f("fk_warning_county_code_leader_id")),
        sa.ForeignKeyConstraint(["county_code", "run_id", "rule_code"], ["funds.flag_run_rule.county_code", "funds.flag_run_rule.run_id", "funds.flag_run_rule.rule_code"], name=op.f("fk_warning_county_code_run_id_rule_code")),
        sa.ForeignKeyConstraint(["county_code", "unit_id"], ["funds.unit.county_code", "funds.unit.id"], name=op.f("fk_warning_county_code_unit_id")),
        sa.PrimaryKeyConstraint("county_code", "id", name=op.f("pk_warning")),
        sa.UniqueConstraint("county_code", "run_id", "rule_code", "unit_id", name=op.f("uq_warning_county_code_run_id_rule_code_unit_id")),
        schema="funds",
    )
    op.create_index("ix_warning_due", "warning", ["county_code", "next_due_on"], schema="funds", postgresql_where=sa.text("next_due_on IS NOT NULL"))
    op.create_index("ix_warning_leader", "warning", ["county_code", "leader_account", "id"], schema="funds", postgresql_where=sa.text("leader_account IS NOT NULL"))
    op.create_index("ix_warning_region", "warning", ["county_code", "region_code", "id"], schema="funds")
    op.create_index("ix_warning_unit", "warning", ["county_code", "unit_id", "rule_code", "id"], schema="funds")
    op.create_table(
        "warning_escalation",
        sa.Column("county_code", REGION, nullable=False),
        sa.Column("warning_id", sa.Uuid(), nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("told", sa.Text(), nullable=False),
        sa.Column("region_code", REGION, nullable=False),
        sa.Column("since_on", sa.Date(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("step IN ('acknowledge', 'explain')", name=op.f("ck_warning_escalation_step")),
        sa.CheckConstraint("told IN ('leader', 'inspectors')", name=op.f("ck_warning_escalation_told")),
        sa.ForeignKeyConstraint(["county_code", "warning_id"], ["funds.warning.county_code", "funds.warning.id"], name=op.f("fk_warning_escalation_county_code_warning_id")),
        sa.PrimaryKeyConstraint("county_code", "warning_id", "step", "told", name=op.f("pk_warning_escalation")),
        schema="funds",
    )
    for statement in warnings_v1.statements():
        op.execute(statement)
    for key, value in VALUES:
        op.execute(
            sa.text(
                "INSERT INTO funds.policy_value (key, region_code, valid_from, value, source, basis)"
                " VALUES (:key, '00', DATE '2015-01-01', CAST(:value AS jsonb), :source, 'assumed')"
            ).bindparams(key=key, value=value, source=SOURCE)
        )


def downgrade() -> None:
    raise NotImplementedError("a ledger is not rolled back; write a new migration")
