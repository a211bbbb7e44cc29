"""What rests in the books of a county whose code ended goes over, by document, to the county that follows it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from migrations import ledger_v4, succession_v1

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

KINDS = (
    "kind IN ('receive', 'hand_down', 'order', 'pay', 'disburse', 'retain', 'return', 'recover', 'take_back',"
    " 'carry_over', 'reverse', 'succeed')"
)


def code(name: str, *, key: bool = False) -> sa.Column[str]:
    """A column of region codes, which compare byte by byte."""
    return sa.Column(name, sa.Text(collation="C"), nullable=False, primary_key=key)


def needed(name: str, kind: sa.types.TypeEngine[object], *, key: bool = False) -> sa.Column[object]:
    return sa.Column(name, kind, nullable=False, primary_key=key)


def upgrade() -> None:
    op.drop_constraint(op.f("ck_movement_kind"), "movement", schema="funds", type_="check")
    op.create_check_constraint(op.f("ck_movement_kind"), "movement", KINDS, schema="funds")
    op.create_table(
        "succession",
        code("county_code", key=True),
        needed("id", sa.Uuid(), key=True),
        needed("side", sa.Text()),
        code("other_county"),
        needed("document", sa.Text()),
        needed("effective_on", sa.Date()),
        needed("amount_fen", sa.BigInteger()),
        needed("actor", sa.Text()),
        needed("recorded_at", sa.DateTime(timezone=True)),
        needed("position", sa.BigInteger()),
        sa.CheckConstraint("side IN ('out', 'in')", name=op.f("ck_succession_side")),
        sa.CheckConstraint("county_code <> other_county", name=op.f("ck_succession_two_counties")),
        sa.CheckConstraint("amount_fen > 0", name=op.f("ck_succession_amount_positive")),
        sa.CheckConstraint("document <> ''", name=op.f("ck_succession_document_given")),
        schema="funds",
    )
    op.create_table(
        "succession_lot",
        code("county_code", key=True),
        needed("lot_id", sa.Uuid(), key=True),
        needed("succession_id", sa.Uuid()),
        needed("side", sa.Text()),
        code("region_code"),
        needed("tranche_id", sa.Uuid()),
        needed("movement_id", sa.Uuid()),
        needed("amount_fen", sa.BigInteger()),
        code("other_county"),
        needed("other_lot_id", sa.Uuid()),
        needed("other_tranche_id", sa.Uuid()),
        sa.ForeignKeyConstraint(
            ["county_code", "lot_id"],
            ["funds.lot.county_code", "funds.lot.id"],
            name=op.f("fk_succession_lot_county_code_lot_id"),
        ),
        sa.ForeignKeyConstraint(
            ["county_code", "succession_id"],
            ["funds.succession.county_code", "funds.succession.id"],
            name=op.f("fk_succession_lot_county_code_succession_id"),
        ),
        sa.CheckConstraint("side IN ('out', 'in')", name=op.f("ck_succession_lot_side")),
        sa.CheckConstraint("amount_fen > 0", name=op.f("ck_succession_lot_amount_positive")),
        schema="funds",
    )
    for column in ("succession", "tranche", "movement"):
        op.create_index(
            f"ix_succession_lot_{column}", "succession_lot", ["county_code", f"{column}_id"], unique=False, schema="funds"
        )
    op.add_column("tranche", sa.Column("succession_id", sa.Uuid(), nullable=True), schema="funds")
    op.create_foreign_key(
        op.f("fk_tranche_county_code_succession_id"),
        "tranche",
        "succession",
        ["county_code", "succession_id"],
        ["county_code", "id"],
        source_schema="funds",
        referent_schema="funds",
        deferrable=True,
        initially="DEFERRED",
    )
    op.drop_constraint(
        op.f("uq_tranche_county_code_notice_id_part_line_no"), "tranche", schema="funds", type_="unique"
    )
    op.create_index(
        "uq_tranche_line",
        "tranche",
        ["county_code", "notice_id", "part", "line_no"],
        unique=True,
        schema="funds",
        postgresql_where=sa.text("succession_id IS NULL"),
    )
    for statement in (*ledger_v4.statements(), *succession_v1.statements()):
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("a ledger is not rolled back; write a new migration")
