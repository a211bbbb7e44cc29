"""What paid a returned row again is looked for by its payees, whatever the statistics say.

Left to the planner, a county they have not seen was asked from its movements: each of them, with all that it paid, was
compared with every other, anew for each returned row.
"""

from __future__ import annotations

from alembic import op

revision = "0067"
down_revision = "0066"
branch_labels = None
depends_on = None

FUNCTIONS = (
    "payment_next(text, uuid, int, bigint)",
    "payment_next_then(text, uuid, int, bigint, date, bigint)",
)
# In the order of their text: the row, its payees, what was paid to them, by which batch and movement, whether undone. One plan
# for every batch: of one that the statistics have not seen a row is expected, so that the index of its running sums seemed
# as good as that of its lines, and all of the batch was read for its one row.
SETTINGS = (
    "join_collapse_limit = 1",
    "enable_seqscan = off",
    "enable_hashjoin = off",
    "enable_mergejoin = off",
    "plan_cache_mode = force_generic_plan",
)


def upgrade() -> None:
    for function in FUNCTIONS:
        for setting in SETTINGS:
            op.execute(f"ALTER FUNCTION funds.{function} SET {setting}")


def downgrade() -> None:
    raise NotImplementedError("a ledger is not rolled back; write a new migration")
