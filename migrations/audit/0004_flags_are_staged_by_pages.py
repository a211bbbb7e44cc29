"""Flags that an event only counts are staged page by page, so that nobody has to hold them all before it is applied."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from migrations import journal_v1

ROLE = "audit_app"
revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "flag_told",
        sa.Column("stream", sa.Text(collation="C"), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("region_code", sa.Text(collation="C"), nullable=False),
        sa.Column("rule_code", sa.Text(), nullable=False),
        sa.Column("rule_version", sa.SmallInteger(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("run_id", sa.Uuid(), nullable=True),
        sa.Column("lot_id", sa.Uuid(), nullable=True),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("unit_id", sa.Uuid(), nullable=True),
        sa.Column("unit_name", sa.Text(), nullable=True),
        sa.Column("fund_code", sa.Text(), nullable=True),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("limit_days", sa.Integer(), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("explanation", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("stream", "position", "id", name=op.f("pk_flag_told")),
        schema="audit",
    )
    # By the stream, as the cursor is: what is staged is the follower's, and no session of a township sees any of it.
    for statement in journal_v1.scoped("audit", ROLE, "flag_told", "stream"):
        op.execute(statement)
    # The only rows of this schema that are deleted: as told they stand in funds, and as taken in among the alerts.
    op.execute(f"GRANT SELECT, INSERT, DELETE ON audit.flag_told TO {ROLE}")
    op.add_column("follower_cursor", sa.Column("reading_hash", sa.LargeBinary()), schema="audit")
    op.add_column("follower_cursor", sa.Column("reading_after", sa.Text()), schema="audit")
    op.create_check_constraint(
        op.f("ck_follower_cursor_reading_is_of_an_event"),
        "follower_cursor",
        "reading_after IS NULL OR reading_hash IS NOT NULL",
        schema="audit",
    )
    op.execute(f"GRANT UPDATE (reading_hash, reading_after) ON audit.follower_cursor TO {ROLE}")


def downgrade() -> None:
    raise NotImplementedError("a record of suspicion is not rolled back; write a new migration")
