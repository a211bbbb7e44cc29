"""What an idempotency key stands for is kept with a salt, which goes when somebody is forgotten (个人信息保护法 art 47)."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from migrations import journal_v3

revision = "0120"
down_revision = "0119"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "erased_outcome",
        sa.Column("stream", sa.Text(collation="C"), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("outcome_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("about", sa.Uuid(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("erased_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("length(outcome_sha256) = 32", name=op.f("ck_erased_outcome_outcome_sha256_length")),
        sa.CheckConstraint("document <> ''", name=op.f("ck_erased_outcome_document_named")),
        sa.PrimaryKeyConstraint("stream", "position", name=op.f("pk_erased_outcome")),
        schema="funds",
    )
    for statement in journal_v3.statements("funds", "funds_app"):
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("what was forgotten is not remembered again; write a new migration")
