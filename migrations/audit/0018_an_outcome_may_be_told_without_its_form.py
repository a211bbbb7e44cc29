"""Of a case that somebody else published the outcome may be told and the form not: untold is no form, and not none."""

from __future__ import annotations

from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_constraint(op.f("ck_lead_opinion_form"), "lead_opinion", schema="audit", type_="check")
    op.create_check_constraint(
        op.f("ck_lead_opinion_form"),
        "lead_opinion",
        "form IN ('none', 'first', 'second', 'third', 'fourth', 'untold')",
        schema="audit",
    )


def downgrade() -> None:
    raise NotImplementedError("a record of suspicion is not rolled back; write a new migration")
