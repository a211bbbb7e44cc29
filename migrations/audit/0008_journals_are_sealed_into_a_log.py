"""The journals of all services are sealed into one Merkle log: leaves, tiles, checkpoints, cosignatures, cursors."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from migrations import record_v1

ROLE = "audit_app"
revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "log_leaf",
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("stream", sa.Text(collation="C"), nullable=False),
        sa.Column("stream_position", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("position >= 0", name=op.f("ck_log_leaf_position_not_negative")),
        sa.CheckConstraint("stream_position > 0", name=op.f("ck_log_leaf_stream_position_positive")),
        sa.CheckConstraint("service IN ('funds', 'audit', 'identity')", name=op.f("ck_log_leaf_service")),
        sa.CheckConstraint("length(hash) = 32", name=op.f("ck_log_leaf_hash_length")),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_log_leaf")),
        sa.UniqueConstraint(
            "stream", "service", "stream_position", name=op.f("uq_log_leaf_stream_service_stream_position")
        ),
        schema="audit",
    )
    op.create_table(
        "log_tile",
        sa.Column("level", sa.SmallInteger(), nullable=False),
        sa.Column("index", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("root", sa.LargeBinary(), nullable=False),
        sa.Column("hashes", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("level >= 0 AND index >= 0", name=op.f("ck_log_tile_place_not_negative")),
        sa.CheckConstraint("length(root) = 32 AND length(hashes) = 8192", name=op.f("ck_log_tile_is_full")),
        sa.PrimaryKeyConstraint("level", "index", name=op.f("pk_log_tile")),
        schema="audit",
    )
    op.create_table(
        "log_checkpoint",
        sa.Column("size", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("root", sa.LargeBinary(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("size > 0", name=op.f("ck_log_checkpoint_size_positive")),
        sa.CheckConstraint("length(root) = 32", name=op.f("ck_log_checkpoint_root_length")),
        sa.PrimaryKeyConstraint("size", name=op.f("pk_log_checkpoint")),
        schema="audit",
    )
    op.create_table(
        "log_cosignature",
        sa.Column("size", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("witness", sa.Text(), nullable=False),
        sa.Column("line", sa.Text(), nullable=False),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_by", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["size"], ["audit.log_checkpoint.size"], name=op.f("fk_log_cosignature_size")),
        sa.PrimaryKeyConstraint("size", "witness", name=op.f("pk_log_cosignature")),
        schema="audit",
    )
    op.create_table(
        "log_cursor",
        sa.Column("stream", sa.Text(collation="C"), nullable=False),
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("head_position", sa.BigInteger(), nullable=False),
        sa.Column("sealed_at_size", sa.BigInteger(), nullable=False),
        sa.Column("stopped_because", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "position BETWEEN 0 AND head_position", name=op.f("ck_log_cursor_position_within_head")
        ),
        sa.PrimaryKeyConstraint("stream", "service", name=op.f("pk_log_cursor")),
        schema="audit",
    )
    op.create_table(
        "log_head",
        sa.Column("one", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("complete_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("looked_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("one = 1", name=op.f("ck_log_head_one")),
        sa.CheckConstraint("size >= 0", name=op.f("ck_log_head_size_not_negative")),
        sa.PrimaryKeyConstraint("one", name=op.f("pk_log_head")),
        schema="audit",
    )
    for statement in record_v1.statements(ROLE):
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("a record of suspicion is not rolled back; write a new migration")
