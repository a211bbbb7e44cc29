"""Each attempt to upload a roster is written down before it is judged, so that a cut-off one can be named."""

import sqlalchemy as sa
from alembic import op

from migrations import uploads_v1

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "upload_attempt",
        sa.Column("county_code", sa.Text(collation="C"), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("batch_id", sa.Uuid(), nullable=False),
        sa.Column("region_code", sa.Text(collation="C"), nullable=False),
        sa.Column("file_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("begun_by", sa.Text(), nullable=False),
        sa.Column("begun_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.CheckConstraint("outcome IN ('finished', 'refused', 'undone')", name=op.f("ck_upload_attempt_outcome")),
        sa.ForeignKeyConstraint(
            ["county_code", "batch_id"],
            ["funds.payment_batch.county_code", "funds.payment_batch.id"],
            name=op.f("fk_upload_attempt_county_code_batch_id"),
        ),
        sa.PrimaryKeyConstraint("county_code", "id", name=op.f("pk_upload_attempt")),
        schema="funds",
    )
    op.create_index("ix_upload_attempt_batch", "upload_attempt", ["county_code", "batch_id", "id"], schema="funds")
    op.create_index(
        "ix_upload_attempt_open",
        "upload_attempt",
        ["county_code", "id"],
        schema="funds",
        postgresql_where=sa.text("outcome IS NULL"),
    )
    for statement in uploads_v1.statements():
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("a ledger is not rolled back; write a new migration")
