"""A receipt that was undone leaves its document to be received again; what all counties have by it is bounded here, too."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from migrations import notices_v1

revision = "0044"
down_revision = "0043"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "notice_receipt", sa.Column("undone_fen", sa.BigInteger(), server_default=sa.text("0"), nullable=False), schema="funds"
    )
    op.create_check_constraint(
        op.f("ck_notice_receipt_undone"), "notice_receipt", "undone_fen BETWEEN 0 AND received_fen", schema="funds"
    )
    op.drop_constraint("pk_notice_receipt", "notice_receipt", schema="funds", type_="primary")
    op.create_primary_key("pk_notice_receipt", "notice_receipt", ["county_code", "notice_id"], schema="funds")
    for statement in notices_v1.statements():
        op.execute(statement)
    op.create_index(
        "uq_notice_receipt_stands",
        "notice_receipt",
        ["county_code", "issuer", "document_key"],
        unique=True,
        schema="funds",
        postgresql_where=sa.text("undone_fen < received_fen"),
    )
    op.create_index("ix_notice_receipt_document", "notice_receipt", ["issuer", "document_key"], unique=False, schema="funds")


def downgrade() -> None:
    raise NotImplementedError("a ledger is not rolled back; write a new migration")
