"""pgledger beside us, in the same database: a public double-entry ledger in SQL (github.com/pgr0ss/pgledger, MIT).

It is not kept in this project. QINGLIU_PGLEDGER_SQL names `pgledger.sql` in a copy of its repository; the two files of
`vendor/scoville-pgsql-ulid` that it builds on are read beside it. Without it the comparison is skipped, and says so.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from benchmarks import pgbench
from benchmarks.offices import PER_COUNTY
from benchmarks.server import Stand

VARIABLE: Final = "QINGLIU_PGLEDGER_SQL"
ABSENT: Final = (
    f"{VARIABLE} 未指向 pgledger.sql。请取得 github.com/pgr0ss/pgledger（MIT）后设置，例如"
    f" {VARIABLE}=…/pgledger/pgledger.sql (not kept in this project; set {VARIABLE} to a copy)"
)


def files() -> list[Path]:
    """What has to be run in the database, in this order; empty when there is no copy here."""
    named = os.environ.get(VARIABLE)
    if not named or not Path(named).is_file():
        return []
    return [*sorted((Path(named).parent / "vendor" / "scoville-pgsql-ulid").glob("*.sql")), Path(named)]


async def install(stand: Stand) -> dict[str, str]:
    """Put it into the benchmark's database; returns the variables of pgledger_transfer.sql."""
    owner = await stand.as_owner()
    try:
        for file in files():
            await owner.execute(file.read_text("utf-8"))
        accounts = [
            row["id"]
            for at in range(2 * PER_COUNTY)
            for row in await owner.fetch("SELECT id FROM pgledger_create_account($1, 'CNY')", f"account {at}")
        ]
    finally:
        await owner.close()
    sources, targets = accounts[:PER_COUNTY], accounts[PER_COUNTY:]
    return {"offices": str(PER_COUNTY), "sources": _array(sources), "targets": _array(targets)}


def per_second(stand: Stand, given: dict[str, str], clients: int) -> float:
    """Its transfers per second, one per transaction, inside the database."""
    return pgbench.per_second(stand, stand.urls["admin"], "pgledger_transfer.sql", clients, given)


def _array(ids: list[str]) -> str:
    return "{" + ",".join(ids) + "}"
