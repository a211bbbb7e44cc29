"""Terms that wait are confirmed or withdrawn, once; those of one fund are recorded one at a time."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations import terms_v4

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None

PLACE = ["region_code", "fund_code", "fiscal_year", "valid_from"]
EDITION = [*PLACE, "edition"]


def upgrade() -> None:
    op.drop_constraint("fk_fund_rule_region_code_fund_code_fiscal_year_valid_from", "fund_rule", schema="funds", type_="foreignkey")
    for table, key in (("fund_terms", EDITION), ("fund_rule", [*EDITION, "rule"])):
        op.add_column(table, sa.Column("edition", sa.SmallInteger(), server_default=sa.text("1"), nullable=False), schema="funds")
        op.drop_constraint(f"pk_{table}", table, schema="funds", type_="primary")
        op.create_primary_key(f"pk_{table}", table, key, schema="funds")
    op.create_foreign_key(
        "fk_fund_rule_terms", "fund_rule", "fund_terms", EDITION, EDITION, source_schema="funds", referent_schema="funds"
    )
    for column in (
        sa.Column("waits_because", postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("withdrawn_by", sa.Text(), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_because", sa.Text(), nullable=True),
    ):
        op.add_column("fund_terms", column, schema="funds")
    op.execute("UPDATE funds.fund_terms SET waits_because = '{lifts_own}' WHERE waits")
    for name, check in (
        ("waits_because", "waits OR waits_because = '{}'"),
        ("withdrawn_while_waiting", "withdrawn_by IS NULL OR waits AND confirmed_by IS NULL"),
        (
            "withdrawn_whole",
            "(withdrawn_by IS NULL) = (withdrawn_at IS NULL) AND (withdrawn_by IS NULL) = (withdrawn_because IS NULL)",
        ),
        ("edition_counts", "edition > 0"),
    ):
        op.create_check_constraint(op.f(f"ck_fund_terms_{name}"), "fund_terms", check, schema="funds")
    op.create_index(
        "uq_fund_terms_day", "fund_terms", PLACE, unique=True, schema="funds", postgresql_where=sa.text("withdrawn_by IS NULL")
    )
    for statement in terms_v4.statements():
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("a ledger is not rolled back; write a new migration")
