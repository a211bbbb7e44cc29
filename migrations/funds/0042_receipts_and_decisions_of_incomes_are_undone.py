"""An income and the decision how it is shared can be undone by document; an income is then decided again."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from migrations import incomes_v3

revision = "0042"
down_revision = "0041"
branch_labels = None
depends_on = None

# Each table of a decision and what of its key comes after the decision's number.
KEYS = {"income_share": (), "share_line": ("line_no",), "share_household": ("line_no", "household_id")}
DECISION = ("county_code", "income_id", "decision_no")


def undone(table: str, after: tuple[str, ...]) -> None:
    """The columns that tell an undoing, all or none of them, no earlier than what it undoes."""
    columns = [sa.Column(name, sa.Date() if name == "undone_on" else sa.Text()) for name in incomes_v3.UNDONE]
    for column in (*columns, sa.Column("undone_position", sa.BigInteger())):
        op.add_column(table, column, schema="funds")
    whole = f"num_nulls({', '.join(incomes_v3.UNDONE)}) IN (0, 4)"
    op.create_check_constraint(op.f(f"ck_{table}_undone_by_document"), table, whole, schema="funds")
    for day in after:
        name, order = f"ck_{table}_undone_after_{day.removesuffix('_on')}", f"undone_on >= {day}"
        op.create_check_constraint(op.f(name), table, order, schema="funds")


def decisions() -> None:
    """Every decision gets a number, by which its lines, households and entries name it."""
    for table in (*KEYS, "share_payment"):
        number = sa.Column("decision_no", sa.SmallInteger(), server_default=sa.text("1"), nullable=False)
        op.add_column(table, number, schema="funds")
        op.alter_column(table, "decision_no", server_default=None, schema="funds")
    for name in ("fk_share_payment_county_code_income_id_line_no", "fk_share_payment_county_code_income_id_line_no_household_id"):
        op.drop_constraint(op.f(name), "share_payment", schema="funds")
    op.drop_constraint(op.f("fk_share_household_county_code_income_id_line_no"), "share_household", schema="funds")
    op.drop_constraint(op.f("fk_share_line_county_code_income_id"), "share_line", schema="funds")
    for table, more in KEYS.items():
        op.drop_constraint(op.f(f"pk_{table}"), table, schema="funds")
        op.create_primary_key(op.f(f"pk_{table}"), table, [*DECISION, *more], schema="funds")
    for name, table, parent, more in (
        ("fk_share_line_decision", "share_line", "income_share", ()),
        ("fk_share_household_line", "share_household", "share_line", ("line_no",)),
        ("fk_share_payment_line", "share_payment", "share_line", ("line_no",)),
        ("fk_share_payment_household", "share_payment", "share_household", ("line_no", "household_id")),
    ):
        key = [*DECISION, *more]
        op.create_foreign_key(op.f(name), table, parent, key, key, source_schema="funds", referent_schema="funds")
    op.drop_index("ix_share_payment_line", "share_payment", schema="funds")
    op.create_index("ix_share_payment_line", "share_payment", [*DECISION, "line_no", "position"], schema="funds")
    op.create_check_constraint(op.f("ck_income_share_decision_counts"), "income_share", "decision_no > 0", schema="funds")


def upgrade() -> None:
    decisions()
    undone("income_share", ("decided_on",))
    undone("asset_income", ("arrived_on", "passed_on"))
    op.drop_constraint(op.f("uq_asset_income_county_code_asset_id_kind_period_from"), "asset_income", schema="funds")
    op.create_index(
        "uq_asset_income_period",
        "asset_income",
        ["county_code", "asset_id", "kind", "period_from"],
        unique=True,
        schema="funds",
        postgresql_where=sa.text("undone_on IS NULL"),
    )
    for statement in incomes_v3.statements():
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("a ledger is not rolled back; write a new migration")
