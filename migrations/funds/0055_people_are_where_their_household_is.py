"""Whoever came into a household by a register or a correction is judged by what it is, and seen where it lives."""

from __future__ import annotations

from alembic import op

revision = "0055"
down_revision = "0054"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # As `households.facts.settle` says it of everybody; members registered later had been settled by their day alone.
    op.execute(
        """
        UPDATE funds.person p SET region_code = h.region_code,
               settled_on = CASE WHEN h.removed_on IS NULL AND NOT h.outside THEN greatest(p.since_on, h.settled_on) END
          FROM funds.household h
         WHERE h.county_code = p.county_code AND h.id = p.household_id
           AND (p.region_code <> h.region_code OR p.settled_on IS DISTINCT FROM
                CASE WHEN h.removed_on IS NULL AND NOT h.outside THEN greatest(p.since_on, h.settled_on) END)
        """
    )


def downgrade() -> None:
    raise NotImplementedError("a ledger is not rolled back; write a new migration")
