"""The log's key is changed in the log: who is to sign next is announced, and from which size on it does."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from migrations import record_v3

ROLE = "audit_app"
revision = "0047"
down_revision = "0046"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "log_key_announcement",
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("key_before", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("because", sa.Text(), nullable=False),
        sa.Column("announced_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("position > 0", name=op.f("ck_log_key_announcement_position_positive")),
        sa.CheckConstraint("key <> key_before", name=op.f("ck_log_key_announcement_another_key")),
        sa.CheckConstraint(
            "split_part(key, '+', 1) = split_part(key_before, '+', 1)", name=op.f("ck_log_key_announcement_of_one_log")
        ),
        sa.CheckConstraint(
            "because IN ('routine', 'compromised', 'lost')", name=op.f("ck_log_key_announcement_because")
        ),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_log_key_announcement")),
        sa.UniqueConstraint("key", name=op.f("uq_log_key_announcement_key")),
        sa.UniqueConstraint(
            *("position", "key_before", "key"), name=op.f("uq_log_key_announcement_position_key_before_key")
        ),
        schema="audit",
    )
    op.create_table(
        "log_key_change",
        sa.Column("size", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("announced_position", sa.BigInteger(), nullable=False),
        sa.Column("leaf_position", sa.BigInteger(), nullable=False),
        sa.Column("key_before", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "leaf_position BETWEEN 0 AND size - 1", name=op.f("ck_log_key_change_announced_within")
        ),
        sa.ForeignKeyConstraint(["size"], ["audit.log_checkpoint.size"], name=op.f("fk_log_key_change_size")),
        sa.ForeignKeyConstraint(
            ["announced_position", "key_before", "key"],
            [
                "audit.log_key_announcement.position",
                "audit.log_key_announcement.key_before",
                "audit.log_key_announcement.key",
            ],
            name=op.f("fk_log_key_change_announced_position_key_before_key"),
        ),
        sa.PrimaryKeyConstraint("size", name=op.f("pk_log_key_change")),
        sa.UniqueConstraint("key_before", name=op.f("uq_log_key_change_key_before")),
        sa.UniqueConstraint("key", name=op.f("uq_log_key_change_key")),
        schema="audit",
    )
    for statement in record_v3.statements(ROLE):
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("a record of suspicion is not rolled back; write a new migration")
