"""A comparison list that was replaced by mistake may be uploaded again, as a new version: its file is no key any more."""

from __future__ import annotations

from alembic import op

revision = "0104"
down_revision = "0103"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_constraint(
        op.f("uq_comparison_version_county_code_kind_file_sha256"), "comparison_version", schema="funds", type_="unique"
    )


def downgrade() -> None:
    raise NotImplementedError("a ledger is not rolled back; write a new migration")
