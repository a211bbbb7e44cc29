"""Helpers of households (帮扶干部) have a role of their own: their phones tell visits and nothing else."""

from __future__ import annotations

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

ROLES = (
    "role IN ('finance_clerk', 'finance_reviewer', 'township_clerk', 'township_reviewer', 'inspector', 'helper', 'bank',"
    " 'system_admin', 'security_admin', 'audit_admin')"
)


def upgrade() -> None:
    op.drop_constraint(op.f("ck_role_grant_role"), "role_grant", schema="identity", type_="check")
    op.create_check_constraint(op.f("ck_role_grant_role"), "role_grant", ROLES, schema="identity")


def downgrade() -> None:
    raise NotImplementedError("roles are not taken away by a release; write a new migration")
