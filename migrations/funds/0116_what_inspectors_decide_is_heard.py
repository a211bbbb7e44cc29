"""What inspectors decide is heard from their feed: how far, which flags became a finding, and of how many fen."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from migrations import outcomes_v2

revision = "0116"
down_revision = "0115"
branch_labels = None
depends_on = None

REGION = sa.Text(collation="C")


def upgrade() -> None:
    op.create_table(
        "follower_cursor",
        sa.Column("stream", REGION, nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("moved_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("position >= 0", name=op.f("ck_follower_cursor_position_not_negative")),
        sa.PrimaryKeyConstraint("stream", name=op.f("pk_follower_cursor")),
        schema="funds",
    )
    op.create_table(
        "flag_finding",
        sa.Column("county_code", REGION, nullable=False),
        sa.Column("finding_id", sa.Uuid(), nullable=False),
        sa.Column("flag_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["county_code", "flag_id"], ["funds.flag.county_code", "funds.flag.id"], name=op.f("fk_flag_finding_county_code_flag_id")),
        sa.PrimaryKeyConstraint("county_code", "finding_id", "flag_id", name=op.f("pk_flag_finding")),
        schema="funds",
    )
    # NULL: all that the flag is about, as whoever decided before there was a choice meant it.
    op.add_column("flag_outcome", sa.Column("confirmed_fen", sa.BigInteger()), schema="funds")
    op.create_check_constraint(
        op.f("ck_flag_outcome_confirmed_fen_of_confirmed"),
        "flag_outcome",
        "confirmed_fen IS NULL OR (outcome = 'confirmed' AND confirmed_fen >= 0)",
        schema="funds",
    )
    for statement in outcomes_v2.statements():
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("a ledger is not rolled back; write a new migration")
