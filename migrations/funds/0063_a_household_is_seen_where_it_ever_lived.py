"""A household is seen by every place it ever lived in: its row kept the last one it left."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from migrations import registry_v2

revision = "0063"
down_revision = "0062"
branch_labels = None
depends_on = None

CODE = sa.Text(collation="C")


def upgrade() -> None:
    op.create_table(
        "lived_in",
        sa.Column("county_code", CODE, nullable=False),
        sa.Column("household_id", sa.Uuid(), nullable=False),
        sa.Column("region_code", CODE, nullable=False),
        sa.ForeignKeyConstraint(
            ["county_code", "household_id"],
            ["funds.household.county_code", "funds.household.id"],
            name=op.f("fk_lived_in_county_code_household_id"),
        ),
        sa.PrimaryKeyConstraint("county_code", "household_id", "region_code", name=op.f("pk_lived_in")),
        schema="funds",
    )
    op.create_index("ix_lived_in_region", "lived_in", ["county_code", "region_code", "household_id"], schema="funds")
    for statement in registry_v2.statements():
        op.execute(statement)
    op.drop_column("household", "left_region", schema="funds")


def downgrade() -> None:
    raise NotImplementedError("a ledger is not rolled back; write a new migration")
