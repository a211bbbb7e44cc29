"""A search of findings is planned for what is asked: one plan for every question took most of the time of a page."""

from __future__ import annotations

from alembic import op

from migrations import findings_listed_v2

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(findings_listed_v2.SAYING)


def downgrade() -> None:
    raise NotImplementedError("a record of suspicion is not rolled back; write a new migration")
