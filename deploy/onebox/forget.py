"""`python -m deploy.onebox.forget --service funds --stream 420322 --about ID… --document 文号`: salts of a person go.

Run by who administers the database, on the document by which two people decided it: funds_api and the gateway keep no
words of a person in their journals, and what is left of a request is a hash with a salt. Without the salt nobody can
hold a guess against it. audit_api forgets by its own erasures.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from pathlib import Path
from uuid import UUID

import asyncpg

from deploy.onebox.installation import FAILURES, Installation
from deploy.onebox.processes import ROOT


async def forget(connection: asyncpg.Connection, service: str, stream: str, about: list[UUID], document: str) -> int:
    """Throw away the salts of all acts of `stream` that name one of `about`, or none; how many acts that were."""
    async with connection.transaction():
        return sum(
            [
                await connection.fetchval(f"SELECT {service}.journal_forget($1, $2, $3)", stream, one, document)
                for one in about
            ]
        )


async def _run(url: str, chosen: argparse.Namespace) -> int:
    connection = await asyncpg.connect(url)
    try:
        return await forget(connection, chosen.service, chosen.stream, chosen.about, chosen.document)
    finally:
        await connection.close()


def main() -> int:
    asked = argparse.ArgumentParser(prog="python -m deploy.onebox.forget")
    asked.add_argument("--service", choices=("funds", "identity"), required=True)
    asked.add_argument("--stream", required=True, help="日志流：区划代码")
    asked.add_argument("--about", type=UUID, nargs="+", required=True, help="该人在系统中的编号，可有多个")
    asked.add_argument("--document", required=True, help="决定删除的文件及文号")
    asked.add_argument("--home", type=Path, default=ROOT / "var")
    chosen = asked.parse_args()
    try:
        installation = Installation(chosen.home, os.environ.get("QINGLIU_DATABASE_URL") or None)
        with installation.database() as url:
            forgotten = asyncio.run(_run(url, chosen))
    except FAILURES as failed:
        print(f"未能删除：{failed}", file=sys.stderr)
        return 1
    print(f"已删去 {forgotten} 条日志的盐；各条的证明照旧可核验")
    return 0


if __name__ == "__main__":
    sys.exit(main())
