"""A retention (质保金) is kept for a contractor, of a project for one of its contracts, and pays nobody else."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from migrations import retentions_v1

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "retention",
        sa.Column("county_code", sa.Text(), nullable=False),
        sa.Column("movement_id", sa.Uuid(), nullable=False),
        sa.Column("region_code", sa.Text(), nullable=False),
        sa.Column("contractor_id", sa.Uuid(), nullable=False),
        sa.Column("contract_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["county_code", "movement_id"],
            ["funds.movement.county_code", "funds.movement.id"],
            name=op.f("fk_retention_county_code_movement_id"),
        ),
        sa.ForeignKeyConstraint(
            ["county_code", "contractor_id"],
            ["funds.unit.county_code", "funds.unit.id"],
            name=op.f("fk_retention_county_code_contractor_id"),
        ),
        sa.ForeignKeyConstraint(
            ["county_code", "contract_id"],
            ["funds.project_contract.county_code", "funds.project_contract.id"],
            name=op.f("fk_retention_county_code_contract_id"),
        ),
        sa.PrimaryKeyConstraint("county_code", "movement_id", name=op.f("pk_retention")),
        schema="funds",
    )
    op.create_index("ix_retention_contract", "retention", ["county_code", "contract_id"], schema="funds")
    for statement in retentions_v1.statements():
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("a ledger is not rolled back; write a new migration")
