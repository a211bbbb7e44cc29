"""A plan holds the contracts that stand, and an asset is disposed of by another person than its registrar.

Who disposed of one before is told by the journal; such rows name nobody.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from migrations import projects_v2
from migrations.projects_v1 import ROLE

revision = "0056"
down_revision = "0055"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("asset", sa.Column("disposed_by", sa.Text()), schema="funds")
    for name, condition in (
        ("registrar_does_not_dispose", "disposed_by <> registered_by"),
        ("disposed_by_with_its_day", "disposed_by IS NULL OR disposed_on IS NOT NULL"),
    ):
        op.create_check_constraint(op.f(f"ck_asset_{name}"), "asset", condition, schema="funds")
    op.execute(f"GRANT UPDATE (disposed_by) ON funds.asset TO {ROLE}")
    for statement in projects_v2.statements():
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("a ledger is not rolled back; write a new migration")
