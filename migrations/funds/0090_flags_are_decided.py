"""What became of a flag is written down, so that a rule has a record: confirmed, refuted, recovered."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from migrations import outcomes_v1

revision = "0090"
down_revision = "0089"
branch_labels = None
depends_on = None

REGION = sa.Text(collation="C")
VALUES = (
    ("rule_precision_warn_ppm", "00", "2015-01-01", "300000", "有结论的预警中属实不足三成的规则应复核（规则成绩定期统计、低准者停用为各地平台做法）；比例没有文件规定，暂定", "assumed"),
    ("rule_decided_min", "00", "2015-01-01", "20", "有结论的预警不足 20 条不评价规则；没有文件规定，暂定", "assumed"),
)


def upgrade() -> None:
    op.create_table(
        "flag_outcome",
        sa.Column("county_code", REGION, nullable=False),
        sa.Column("flag_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.SmallInteger(), nullable=False),
        sa.Column("region_code", REGION, nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("recovered_fen", sa.BigInteger(), nullable=False),
        sa.Column("decided_on", sa.Date(), nullable=False),
        sa.Column("decided_by", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("outcome IN ('confirmed', 'refuted', 'reopened')", name=op.f("ck_flag_outcome_outcome")),
        sa.CheckConstraint("reason <> '' AND document <> ''", name=op.f("ck_flag_outcome_reason_and_document_given")),
        sa.CheckConstraint("recovered_fen >= 0 AND (recovered_fen = 0 OR outcome = 'confirmed')", name=op.f("ck_flag_outcome_recovered_of_confirmed")),
        sa.CheckConstraint("seq > 0", name=op.f("ck_flag_outcome_seq_counts")),
        sa.ForeignKeyConstraint(["county_code", "flag_id"], ["funds.flag.county_code", "funds.flag.id"], name=op.f("fk_flag_outcome_county_code_flag_id")),
        sa.PrimaryKeyConstraint("county_code", "flag_id", "seq", name=op.f("pk_flag_outcome")),
        schema="funds",
    )
    for statement in outcomes_v1.statements():
        op.execute(statement)
    for key, region, since, value, source, basis in VALUES:
        op.execute(
            sa.text(
                "INSERT INTO funds.policy_value (key, region_code, valid_from, value, source, basis)"
                " VALUES (:key, :region, CAST(:since AS date), CAST(:value AS jsonb), :source, :basis)"
            ).bindparams(key=key, region=region, since=since, value=value, source=source, basis=basis)
        )


def downgrade() -> None:
    raise NotImplementedError("a ledger is not rolled back; write a new migration")
