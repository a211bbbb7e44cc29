"""Helpers are paired with households and tell on which days they came; both have values a rule asks by."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from migrations import visits_v1

revision = "0086"
down_revision = "0085"
branch_labels = None
depends_on = None

REGION = sa.Text(collation="C")
ACCOUNT = "helper ~ '^[A-Za-z][A-Za-z0-9._-]{0,63}$'"
VALUES = (
    ("visit_interval_days", "00", "2015-01-01", "30", "各地帮扶办法多为每月走访一次以上，没有统一文件；暂按 30 天", "assumed"),
    ("households_per_helper_max", "00", "2015-01-01", "5", "湖北某县 2017 年脱贫攻坚部署讲话：人均包联 5 户（三同一定）", "practice"),
)


def _at() -> sa.Column[object]:
    return sa.Column("recorded_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False)


def _household(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["county_code", "household_id"], ["funds.household.county_code", "funds.household.id"], name=op.f(f"fk_{table}_county_code_household_id"))


def upgrade() -> None:
    op.create_table(
        "helper_pairing",
        sa.Column("county_code", REGION, nullable=False),
        sa.Column("household_id", sa.Uuid(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("helper", sa.Text(), nullable=True),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("region_code", REGION, nullable=False),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        _at(),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("county_code", "household_id", "from_on", "id", name=op.f("pk_helper_pairing")),
        _household("helper_pairing"),
        sa.CheckConstraint("document <> ''", name=op.f("ck_helper_pairing_document")),
        sa.CheckConstraint(ACCOUNT, name=op.f("ck_helper_pairing_helper_is_an_account")),
        schema="funds",
    )
    op.create_index("ix_helper_pairing_helper", "helper_pairing", ["county_code", "helper", "from_on"], schema="funds")
    op.create_table(
        "helper_visit",
        sa.Column("county_code", REGION, nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("household_id", sa.Uuid(), nullable=False),
        sa.Column("helper", sa.Text(), nullable=False),
        sa.Column("visited_on", sa.Date(), nullable=False),
        sa.Column("region_code", REGION, nullable=False),
        _at(),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("county_code", "id", name=op.f("pk_helper_visit")),
        _household("helper_visit"),
        sa.UniqueConstraint("county_code", "household_id", "helper", "visited_on", name=op.f("uq_helper_visit_county_code_household_id_helper_visited_on")),
        sa.CheckConstraint(ACCOUNT, name=op.f("ck_helper_visit_helper_is_an_account")),
        sa.CheckConstraint("visited_on <= (recorded_at AT TIME ZONE 'Asia/Shanghai')::date", name=op.f("ck_helper_visit_of_a_day_gone_by")),
        schema="funds",
    )
    for statement in visits_v1.statements():
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
