"""Every row of the ledger says which act recorded it; holds, retentions, closed books and sums by month."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from migrations import journal_v2, ledger_v2

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

LEDGER = ("movement", "lot", "draw", "entry")
KINDS = (
    "kind IN ('receive', 'hand_down', 'order', 'pay', 'disburse', 'retain', 'return', 'recover', 'take_back',"
    " 'carry_over', 'reverse')"
)


def code(name: str, *, nullable: bool = False, key: bool = False) -> sa.Column[str]:
    """A column of region codes, which compare byte by byte."""
    return sa.Column(name, sa.Text(collation="C"), nullable=nullable, primary_key=key)


def columns() -> None:
    """New facts of old rows: what they were recorded by, whose budget they belong to."""
    for table in LEDGER:
        op.add_column(table, sa.Column("position", sa.BigInteger(), nullable=True), schema="funds")
    op.add_column("movement", sa.Column("document_key", sa.Text(), nullable=True), schema="funds")
    op.add_column("movement", sa.Column("use_code", sa.Text(), nullable=True), schema="funds")
    op.add_column("movement", sa.Column("hold_id", sa.Uuid(), nullable=True), schema="funds")
    op.add_column("lot", sa.Column("fiscal_year", sa.SmallInteger(), nullable=True), schema="funds")
    op.add_column("lot", sa.Column("release_on", sa.Date(), nullable=True), schema="funds")
    op.add_column("lot", sa.Column("last_position", sa.BigInteger(), nullable=True), schema="funds")
    op.add_column("entry", sa.Column("recorded_on", sa.Date(), nullable=True), schema="funds")


def backfill() -> None:
    """What rows of before are given: the first event at or after their time, the year of their tranche."""
    op.execute("""
        UPDATE funds.movement m SET document_key = m.document, position = coalesce(
          (SELECT min(e.position) FROM funds.event e WHERE e.stream = m.county_code AND e.recorded_at >= m.recorded_at), 0)""")
    op.execute("""
        UPDATE funds.lot l SET position = m.position, fiscal_year = t.fiscal_year
          FROM funds.movement m, funds.tranche t
         WHERE m.county_code = l.county_code AND m.id = l.movement_id AND t.county_code = l.county_code AND t.id = l.tranche_id""")
    op.execute("""
        UPDATE funds.draw d SET position = m.position FROM funds.movement m
         WHERE m.county_code = d.county_code AND m.id = d.movement_id""")
    op.execute("""
        UPDATE funds.lot l SET last_position = d.last FROM (
          SELECT county_code, from_lot_id, max(position) AS last FROM funds.draw GROUP BY county_code, from_lot_id) d
         WHERE d.county_code = l.county_code AND d.from_lot_id = l.id""")
    op.execute("""
        UPDATE funds.entry e SET position = m.position, recorded_on = (m.recorded_at AT TIME ZONE 'Asia/Shanghai')::date
          FROM funds.movement m WHERE m.county_code = e.county_code AND m.id = e.movement_id""")
    for table in LEDGER:
        op.alter_column(table, "position", nullable=False, schema="funds")
    op.alter_column("movement", "document_key", nullable=False, schema="funds")
    op.alter_column("lot", "fiscal_year", nullable=False, schema="funds")
    op.alter_column("entry", "recorded_on", nullable=False, schema="funds")
    op.drop_column("entry", "recorded_at", schema="funds")


def tables() -> None:
    op.create_table(
        "hold",
        code("county_code", key=True),
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        code("region_code"),
        sa.Column("fund_code", sa.Text(), nullable=True),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("placed_by", sa.Text(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("ended_position", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("amount_fen > 0", name=op.f("ck_hold_amount_positive")),
        sa.CheckConstraint("status IN ('held', 'posted', 'voided')", name=op.f("ck_hold_status")),
        sa.CheckConstraint("(status = 'held') = (ended_position IS NULL)", name=op.f("ck_hold_ended_once")),
        sa.ForeignKeyConstraint(
            ["county_code", "account_id"],
            ["funds.account.county_code", "funds.account.id"],
            name=op.f("fk_hold_county_code_account_id"),
        ),
        schema="funds",
    )
    op.create_index(
        "ix_hold_live", "hold", ["county_code", "account_id"], schema="funds", postgresql_where=sa.text("status = 'held'")
    )
    op.create_table(
        "hold_lot",
        code("county_code", key=True),
        sa.Column("hold_id", sa.Uuid(), primary_key=True),
        sa.Column("lot_id", sa.Uuid(), primary_key=True),
        code("region_code"),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("amount_fen > 0", name=op.f("ck_hold_lot_amount_positive")),
        sa.ForeignKeyConstraint(
            ["county_code", "hold_id"],
            ["funds.hold.county_code", "funds.hold.id"],
            name=op.f("fk_hold_lot_county_code_hold_id"),
        ),
        sa.ForeignKeyConstraint(
            ["county_code", "lot_id"],
            ["funds.lot.county_code", "funds.lot.id"],
            name=op.f("fk_hold_lot_county_code_lot_id"),
        ),
        schema="funds",
    )
    op.create_index("ix_hold_lot_lot", "hold_lot", ["county_code", "lot_id"], schema="funds")
    op.create_table(
        "closing",
        code("county_code", key=True),
        sa.Column("through", sa.Date(), primary_key=True),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("closed_by", sa.Text(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        schema="funds",
    )
    op.create_table(
        "account_month",
        code("county_code", key=True),
        sa.Column("account_id", sa.Uuid(), primary_key=True),
        sa.Column("month", sa.Date(), primary_key=True),
        code("region_code"),
        sa.Column("net_fen", sa.BigInteger(), nullable=False),
        sa.Column("net_fen_day", sa.Numeric(38, 0), nullable=False),
        sa.Column("charged_fen_days", sa.Numeric(38, 0), nullable=False),
        schema="funds",
        postgresql_with={"fillfactor": 50},
    )
    op.create_table(
        "flow_month",
        code("county_code", key=True),
        sa.Column("month", sa.Date(), primary_key=True),
        sa.Column("flow", sa.Text(), primary_key=True),
        sa.Column("from_account_id", sa.Uuid(), primary_key=True),
        sa.Column("to_account_id", sa.Uuid(), primary_key=True),
        sa.Column("fund_code", sa.Text(), primary_key=True),
        sa.Column("fiscal_year", sa.SmallInteger(), primary_key=True, autoincrement=False),
        code("from_region", nullable=True),
        code("to_region"),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        schema="funds",
        postgresql_with={"fillfactor": 50},
    )


def sums() -> None:
    """What the months of before add up to."""
    op.execute("""
        INSERT INTO funds.account_month (county_code, account_id, month, region_code, net_fen, net_fen_day, charged_fen_days)
        SELECT county_code, account_id, date_trunc('month', effective_on)::date, region_code, sum(amount_fen),
               sum(amount_fen::numeric * (arrived_on - DATE '2000-01-01')),
               coalesce(sum(-amount_fen::numeric * (effective_on - arrived_on)) FILTER (WHERE amount_fen < 0), 0)
          FROM funds.entry GROUP BY 1, 2, 3, 4""")
    op.execute("""
        INSERT INTO funds.flow_month (county_code, month, flow, from_account_id, to_account_id, fund_code, fiscal_year,
                                      from_region, to_region, amount_fen)
        SELECT m.county_code, date_trunc('month', m.effective_on)::date, coalesce(u.kind, m.kind),
               coalesce(CASE WHEN u.id IS NULL THEN m.from_account_id ELSE u.from_account_id END,
                        '00000000-0000-0000-0000-000000000000'),
               coalesce(u.to_account_id, m.to_account_id), l.fund_code, l.fiscal_year,
               CASE WHEN u.id IS NULL THEN m.from_region ELSE u.from_region END, coalesce(u.to_region, m.to_region),
               sum(CASE WHEN u.id IS NULL THEN l.amount_fen ELSE -l.amount_fen END)
          FROM funds.movement m
          JOIN funds.lot l ON l.county_code = m.county_code AND l.movement_id = m.id
          LEFT JOIN funds.movement u ON u.county_code = m.county_code AND u.id = m.reverses_id
         GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9""")


def upgrade() -> None:
    columns()
    backfill()
    op.drop_constraint("ck_movement_kind", "movement", schema="funds")
    op.create_check_constraint(op.f("ck_movement_kind"), "movement", KINDS, schema="funds")
    op.drop_constraint("ck_movement_two_accounts", "movement", schema="funds")
    op.create_check_constraint(
        op.f("ck_movement_two_accounts"),
        "movement",
        "(kind = 'carry_over') = (from_account_id IS NOT DISTINCT FROM to_account_id)",
        schema="funds",
    )
    op.create_index(
        "ix_movement_document", "movement", ["county_code", "from_account_id", "document_key"], schema="funds"
    )
    # Without the sum in the index a draw no longer writes a new entry into every index of the lot.
    op.drop_index("ix_lot_resting_by_clock", "lot", schema="funds")
    op.create_index(
        "ix_lot_resting_by_clock",
        "lot",
        ["county_code", "clock_from", "id"],
        schema="funds",
        postgresql_include=["account_id", "arrived_on", "region_code", "fund_code"],
        postgresql_where=sa.text("is_resting"),
    )
    op.drop_index("ix_entry_account_effective", "entry", schema="funds")
    op.create_index(
        "ix_entry_account_effective",
        "entry",
        ["county_code", "account_id", "effective_on"],
        schema="funds",
        postgresql_include=["arrived_on", "amount_fen", "position"],
    )
    op.create_index(
        "ix_entry_late",
        "entry",
        ["county_code", "account_id", "recorded_on"],
        schema="funds",
        postgresql_where=sa.text("recorded_on > effective_on + 7"),
    )
    tables()
    sums()
    for statement in journal_v2.statements("funds"):
        op.execute(statement)
    for part in (ledger_v2.functions, ledger_v2.policies):
        for statement in part():
            op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("a ledger is not rolled back; write a new migration")
