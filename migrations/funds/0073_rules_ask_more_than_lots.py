"""Rules ask about more than lots: runs that go on where they were cut off, bases of flags, and what fen a flag is about.

Flags of before were asked about lots by their limits: the first limit of a lot keeps the mark of the rule's first line, so
that nobody is asked about it again, and further ones keep their number.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations import flags_v1

revision = "0073"
down_revision = "0072"
branch_labels = None
depends_on = None

REGION = sa.Text(collation="C")
VALUES = (
    ("idle_later_days", "00", "2015-01-01", "[365, 730]", "审计署扶贫资金审计公告（2014、2016、2017 年）：闲置 1 年以上、2 年以上分别通报", "practice"),
    ("outlier_fence_ppm", "00", "2015-01-01", "3000000", "四分位距的 3 倍（Tukey 远离值）；没有文件规定，暂定", "assumed"),
    ("outlier_rows_min", "00", "2015-01-01", "20", "少于 20 笔不作统计比较；没有文件规定，暂定", "assumed"),
    ("rule_share_warn_ppm", "00", "2015-01-01", "10000", "预警一般不超过比对记录的 1%；没有文件规定，暂定", "assumed"),
)


def upgrade() -> None:
    op.create_table(
        "flag_basis",
        sa.Column("county_code", REGION, nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("rule_code", sa.Text(), nullable=False),
        sa.Column("rule_version", sa.SmallInteger(), nullable=False),
        sa.Column("policy", postgresql.JSONB(), nullable=False),
        sa.Column("values_sha256", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("county_code", "id", name=op.f("pk_flag_basis")),
        sa.UniqueConstraint("county_code", "rule_code", "rule_version", "values_sha256", name=op.f("uq_flag_basis_county_code_rule_code_rule_version_values_sha256")),
        schema="funds",
    )
    op.create_table(
        "flag_run",
        sa.Column("county_code", REGION, nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("region_code", REGION, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("rules", postgresql.JSONB(), nullable=False),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("county_code", "id", name=op.f("pk_flag_run")),
        sa.CheckConstraint("kind IN ('asked', 'daily')", name=op.f("ck_flag_run_kind")),
        sa.CheckConstraint("jsonb_array_length(rules) > 0", name=op.f("ck_flag_run_rules_named")),
        schema="funds",
    )
    op.create_index("uq_flag_run_daily", "flag_run", ["county_code", "as_of"], unique=True, schema="funds", postgresql_where=sa.text("kind = 'daily'"))
    op.create_index("ix_flag_run_open", "flag_run", ["county_code", "asked_at"], schema="funds", postgresql_where=sa.text("ended_at IS NULL"))
    op.create_table(
        "flag_run_rule",
        sa.Column("county_code", REGION, nullable=False),
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("rule_code", sa.Text(), nullable=False),
        sa.Column("region_code", REGION, nullable=False),
        sa.Column("rule_version", sa.SmallInteger(), nullable=False),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in ("looked_n", "candidates_n", "hits_n", "new_n", "new_fen")),
        sa.Column("covered", postgresql.JSONB(), nullable=False),
        sa.Column("figures", postgresql.JSONB(), nullable=False),
        sa.Column("silent_because", sa.Text(), nullable=True),
        sa.Column("warning", sa.Text(), nullable=True),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("county_code", "run_id", "rule_code", name=op.f("pk_flag_run_rule")),
        sa.ForeignKeyConstraint(["county_code", "run_id"], ["funds.flag_run.county_code", "funds.flag_run.id"], name=op.f("fk_flag_run_rule_county_code_run_id")),
        sa.CheckConstraint("hits_n <= candidates_n AND new_n <= hits_n AND new_fen >= 0", name=op.f("ck_flag_run_rule_counts")),
        schema="funds",
    )
    op.create_index("ix_flag_run_rule_position", "flag_run_rule", ["county_code", "rule_code", "position"], schema="funds")
    _widen_flags()
    op.create_table(
        "flag_money",
        sa.Column("county_code", REGION, nullable=False),
        sa.Column("flag_id", sa.Uuid(), nullable=False),
        sa.Column("item", sa.Text(), nullable=False),
        sa.Column("region_code", REGION, nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("county_code", "flag_id", "item", name=op.f("pk_flag_money")),
        sa.ForeignKeyConstraint(["county_code", "flag_id"], ["funds.flag.county_code", "funds.flag.id"], name=op.f("fk_flag_money_county_code_flag_id")),
        sa.CheckConstraint("amount_fen > 0", name=op.f("ck_flag_money_amount_positive")),
        schema="funds",
    )
    op.create_index("ix_lot_older_clock", "lot", ["county_code", "position"], schema="funds", postgresql_where=sa.text("clock_from < arrived_on"))
    for statement in (*flags_v1.tables(), *flags_v1.functions()):
        op.execute(statement)
    for key, region, since, value, source, basis in VALUES:
        op.execute(
            sa.text(
                "INSERT INTO funds.policy_value (key, region_code, valid_from, value, source, basis)"
                " VALUES (:key, :region, CAST(:since AS date), CAST(:value AS jsonb), :source, :basis)"
            ).bindparams(key=key, region=region, since=since, value=value, source=source, basis=basis)
        )


def _widen_flags() -> None:
    for column in ("subject", "mark"):
        op.add_column("flag", sa.Column(column, sa.Text()), schema="funds")
    for column in ("subject_id", "run_id", "basis_id"):
        op.add_column("flag", sa.Column(column, sa.Uuid()), schema="funds")
    op.execute(
        "UPDATE funds.flag f SET subject = 'lot', subject_id = f.lot_id, mark = CASE WHEN g.nth > 1 THEN f.limit_days::text"
        " WHEN f.rule_code = 'R19' THEN '时限' WHEN f.rule_code = 'I01' THEN '提示' ELSE '' END"
        " FROM (SELECT county_code, id, row_number() OVER (PARTITION BY county_code, rule_code, lot_id ORDER BY id) AS nth FROM funds.flag) g"
        " WHERE g.county_code = f.county_code AND g.id = f.id"
    )
    for column in ("subject", "mark", "subject_id"):
        op.alter_column("flag", column, nullable=False, schema="funds")
    for column in ("lot_id", "explanation", "position"):
        op.alter_column("flag", column, nullable=True, schema="funds")
    op.drop_constraint(op.f("fk_flag_county_code_lot_id"), "flag", schema="funds")
    op.drop_constraint(op.f("uq_flag_county_code_rule_code_lot_id_limit_days"), "flag", schema="funds")
    op.create_unique_constraint(op.f("uq_flag_county_code_rule_code_subject_id_mark"), "flag", ["county_code", "rule_code", "subject_id", "mark"], schema="funds")
    op.create_check_constraint(op.f("ck_flag_known_by_run_or_position"), "flag", "(run_id IS NULL) = (position IS NOT NULL)", schema="funds")
    op.create_check_constraint(op.f("ck_flag_figures_not_negative"), "flag", "amount_fen >= 0 AND days >= 0 AND limit_days >= 0", schema="funds")
    op.create_index("ix_flag_run", "flag", ["county_code", "run_id", "rule_code", "id"], schema="funds", postgresql_where=sa.text("run_id IS NOT NULL"))


def downgrade() -> None:
    raise NotImplementedError("a ledger is not rolled back; write a new migration")
