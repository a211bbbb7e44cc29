"""People who were registered before there were lists are given the token by which they meet one, piece by piece.

Each piece is a transaction of its own: half a million cells are opened in less than a minute, and nobody who changes
the register meanwhile waits for more than a piece. Repeating it does nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from anyio import to_thread

from chassis.database import Database
from chassis.vault import CellUnreadable, Vault
from services.funds_api.comparisons import matching, store
from services.funds_api.households import people
from services.funds_api.tables import PersonRow
from treasury.identifiers import normalise_id_number

PIECE: Final = 5_000


async def fill(database: Database, region: str, vault: Vault, county: str, piece: int = PIECE) -> int:
    """Give everybody of the county a match token who lacks one and whose cell opens; how many were given one."""
    after, filled = None, 0
    while True:
        async with database.writing(region) as tx:
            await store.walk_along_keys(tx)
            rows = await store.unmatched(tx, county, after, piece)
            if not rows:
                return filled
            ids, tokens = await to_thread.run_sync(_tokens, rows, vault, county)
            await store.match(tx, county, ids, tokens)
        after, filled = rows[-1].id, filled + len(ids)


def _tokens(rows: Sequence[PersonRow], vault: Vault, county: str) -> tuple[list[UUID], list[bytes]]:
    """The match token of each person whose cell opens; the others stay without, and every answer counts them."""
    ids, numbers = [], []
    for row in rows:
        try:
            number = people.opened(vault, row)["id_number"]
        except CellUnreadable:
            continue
        ids.append(row.id)
        numbers.append(normalise_id_number(number))
    return ids, matching.tokens(vault, county, numbers)
