"""Places, households and persons with the days on which they were what they were."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

ROLE = "funds_app"
CODE = sa.Text(collation="C")


def upgrade() -> None:
    _places()


def _places() -> None:
    """Reference data, public: it does not grow with payments."""
    op.add_column("region", sa.Column("valid_from", sa.Date(), nullable=True), schema="funds")
    op.add_column("region", sa.Column("valid_to", sa.Date(), nullable=True), schema="funds")
    op.create_check_constraint(op.f("ck_region_valid_some_day"), "region", "valid_to > valid_from", schema="funds")
    op.create_table(
        "region_former",
        sa.Column("code", CODE, nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("parent_code", CODE, nullable=True),
        sa.Column("listed_year", sa.SmallInteger(), nullable=False),
        sa.ForeignKeyConstraint(["code"], ["funds.region.code"], name=op.f("fk_region_former_code")),
        sa.PrimaryKeyConstraint("code", "valid_to", name=op.f("pk_region_former")),
        schema="funds",
    )
    op.create_table(
        "region_change",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("effective_on", sa.Date(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("kind IN ('recoded', 'merged', 'split', 'redrawn')", name=op.f("ck_region_change_kind")),
        sa.CheckConstraint("document <> ''", name=op.f("ck_region_change_document_given")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_region_change")),
        schema="funds",
    )
    op.create_table(
        "region_link",
        sa.Column("change_id", sa.Uuid(), nullable=False),
        sa.Column("from_code", CODE, nullable=False),
        sa.Column("to_code", CODE, nullable=False),
        sa.CheckConstraint("from_code <> to_code", name=op.f("ck_region_link_two_codes")),
        sa.ForeignKeyConstraint(["change_id"], ["funds.region_change.id"], name=op.f("fk_region_link_change_id")),
        sa.ForeignKeyConstraint(["from_code"], ["funds.region.code"], name=op.f("fk_region_link_from_code")),
        sa.ForeignKeyConstraint(["to_code"], ["funds.region.code"], name=op.f("fk_region_link_to_code")),
        sa.PrimaryKeyConstraint("change_id", "from_code", "to_code", name=op.f("pk_region_link")),
        schema="funds",
    )
    op.create_index("ix_region_link_from", "region_link", ["from_code"], schema="funds")
    op.create_index("ix_region_link_to", "region_link", ["to_code"], schema="funds")
    op.execute(f"GRANT UPDATE (valid_from, valid_to) ON funds.region TO {ROLE}")
    for table in ("region_former", "region_change", "region_link"):
        op.execute(f"GRANT SELECT, INSERT ON funds.{table} TO {ROLE}")


def downgrade() -> None:
    raise NotImplementedError("a ledger is not rolled back; write a new migration")
