"""The office that witnesses the record (见证机关) has a role of its own: it signs checkpoints and is no inspector."""

from __future__ import annotations

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

ROLES = (
    "role IN ('finance_clerk', 'finance_reviewer', 'township_clerk', 'township_reviewer', 'inspector',"
    " 'helper', 'case_office', 'witness', 'bank', 'system_admin', 'security_admin', 'audit_admin')"
)


def upgrade() -> None:
    op.drop_constraint(op.f("ck_role_grant_role"), "role_grant", schema="identity", type_="check")
    op.create_check_constraint(op.f("ck_role_grant_role"), "role_grant", ROLES, schema="identity")


def downgrade() -> None:
    raise NotImplementedError("roles are not taken away by a release; write a new migration")
