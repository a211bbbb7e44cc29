"""The SQL side of a divided roster, version 2: its parts keep what tells bank accounts apart, as the roster's rows do.

Frozen: a change is a new file and a new migration.
"""

from __future__ import annotations

from collections.abc import Iterator

from migrations.parts_v1 import DIVIDE as DIVIDE_1

DIVIDE = (
    DIVIDE_1.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION")
    .replace("payee_cell, amount_fen, cum_fen)", "payee_cell, card_token, amount_fen, cum_fen)")
    .replace("p.payee_cell, p.amount_fen", "p.payee_cell, p.card_token, p.amount_fen")
)


def statements() -> Iterator[str]:
    yield DIVIDE
