"""Extracts are of movements, documents and households too, and say what they come to and what they tell of."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None

KINDS = "'lot', 'balance', 'tranche', 'trace', 'tree', 'movement', 'document', 'household'"


def upgrade() -> None:
    # Until the constraint is there anew nobody writes: both are statements of one transaction.
    op.drop_constraint(op.f("ck_ledger_extract_what"), "ledger_extract", schema="audit")
    op.create_check_constraint(op.f("ck_ledger_extract_what"), "ledger_extract", f"what IN ({KINDS})", schema="audit")
    op.add_column("ledger_extract", sa.Column("total_fen", sa.BigInteger()), schema="audit")
    op.add_column("ledger_extract", sa.Column("unexplained_fen", sa.BigInteger()), schema="audit")
    op.add_column(
        "ledger_extract",
        sa.Column("rests_on", sa.ARRAY(sa.Uuid()), nullable=False, server_default=sa.text("'{}'")),
        schema="audit",
    )
    op.create_check_constraint(
        op.f("ck_ledger_extract_total_has_its_proof"),
        "ledger_extract",
        "(total_fen IS NULL) = (unexplained_fen IS NULL)",
        schema="audit",
    )
    # A document is asked for by its number or title, which may name somebody.
    op.execute(
        "INSERT INTO audit.erasable_text (what, field, place, named_by, words, inside)"
        " VALUES ('evidence', 'about', 'ledger_extract', 'evidence_id', 'about', '')"
    )


def downgrade() -> None:
    raise NotImplementedError("a record of suspicion is not rolled back; write a new migration")
