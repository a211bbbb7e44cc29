"""A change of a plan that waits can be refused or withdrawn, and is answered once."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from migrations import projects_v3

revision = "0058"
down_revision = "0057"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for column in (
        sa.Column("closed_as", sa.Text()),
        sa.Column("closed_by", sa.Text()),
        sa.Column("closed_on", sa.Date()),
        sa.Column("closing_document", sa.Text()),
        sa.Column("closing_reason", sa.Text()),
        sa.Column("closed_position", sa.BigInteger()),
    ):
        op.add_column("project_version", column, schema="funds")
    for name, condition in (
        ("closed_by_document", "num_nulls(closed_as, closed_by, closed_on, closing_document, closing_reason) IN (0, 5)"),
        ("closed_as", "closed_as IN ('refused', 'withdrawn')"),
        ("closed_instead_of_approved", "closed_on IS NULL OR is_change AND effective_on IS NULL"),
        ("author_withdraws", "(closed_as = 'withdrawn') = (closed_by = reported_by)"),
        ("closed_after_reported", "closed_on >= reported_on"),
    ):
        op.create_check_constraint(op.f(f"ck_project_version_{name}"), "project_version", condition, schema="funds")
    op.drop_index("uq_project_version_waiting", "project_version", schema="funds")
    op.create_index(
        "uq_project_version_waiting",
        "project_version",
        ["county_code", "project_id"],
        unique=True,
        schema="funds",
        postgresql_where=sa.text("effective_on IS NULL AND closed_on IS NULL"),
    )
    for statement in projects_v3.statements():
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("a ledger is not rolled back; write a new migration")
