"""`python -m deploy.onebox.export --to FOLDER`: the journals of all services in the order of the log, for `verify.py`.

Run by who administers the database, while the services run or not: one snapshot. Bodies of events hold no personal
data; the answers that requests got are there by their SHA-256 alone.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Final

import asyncpg

from deploy.onebox.installation import FAILURES, Installation
from deploy.onebox.processes import ROOT

# An answer that lost a person's words is told by the SHA-256 that was kept of it: the hash of its event covers that.
_EVENTS: Final = """
SELECT 'funds' AS service, e.*, NULL::bytea AS kept FROM funds.event e UNION ALL
SELECT 'audit', e.*, o.outcome_sha256 FROM audit.event e
  LEFT JOIN audit.erased_outcome o ON o.county_code = e.stream AND o.position = e.position UNION ALL
SELECT 'identity', e.*, NULL FROM identity.event e"""
_FIELDS: Final = """
e.id, e.kind, e.actor, e.request_id, e.idempotency_key, encode(e.request_hash, 'hex'),
(extract(epoch FROM e.recorded_at) * 1000000)::bigint,
encode(coalesce(e.kept, sha256(convert_to(e.outcome::text, 'UTF8'))), 'hex'),
e.body::text, encode(e.hash, 'hex')"""
SEALED: Final = f"""
SELECT l.position, l.service, l.stream, l.stream_position, {_FIELDS}, encode(l.hash, 'hex')
  FROM audit.log_leaf l LEFT JOIN ({_EVENTS}) e
    ON e.service = l.service AND e.stream = l.stream AND e.position = l.stream_position
 ORDER BY l.position"""
UNSEALED: Final = f"""
SELECT NULL, e.service, e.stream, e.position, {_FIELDS}, NULL
  FROM ({_EVENTS}) e LEFT JOIN audit.log_leaf l
    ON e.service = l.service AND e.stream = l.stream AND e.position = l.stream_position
 WHERE l.position IS NULL AND (NOT $1 OR EXISTS (
   SELECT FROM audit.log_cursor c WHERE c.service = e.service AND c.stream = e.stream))
 ORDER BY e.service, e.stream, e.position"""
HEADS: Final = """
SELECT h.service, h.stream, h.position, encode(h.hash, 'hex') FROM (
  SELECT 'funds' AS service, stream, position, hash FROM funds.stream_head UNION ALL
  SELECT 'audit', stream, position, hash FROM audit.stream_head UNION ALL
  SELECT 'identity', stream, position, hash FROM identity.stream_head) h
 WHERE NOT $1 OR EXISTS (SELECT FROM audit.log_cursor c WHERE c.service = h.service AND c.stream = h.stream)
 ORDER BY 1, 2"""
TILES: Final = "SELECT index, encode(hashes, 'hex') FROM audit.log_tile WHERE level = 0 ORDER BY index"


async def export(connection: asyncpg.Connection, folder: Path, *, sealed_streams_only: bool = False) -> int:
    """Write the export into `folder` from one snapshot; how many checkpoints it has.

    `sealed_streams_only` leaves out the streams of regions that no sealer was told to seal.
    """
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        only = sealed_streams_only
        with (folder / "journal.tsv").open("wb") as file:
            await connection.copy_from_query(SEALED, output=file)
            await connection.copy_from_query(UNSEALED, only, output=file)
        with (folder / "heads.tsv").open("wb") as file:
            await connection.copy_from_query(HEADS, only, output=file)
        with (folder / "tiles.tsv").open("wb") as file:
            await connection.copy_from_query(TILES, output=file)
        notes = await connection.fetch(
            "SELECT c.note || coalesce((SELECT string_agg(s.line, '' ORDER BY s.witness) FROM audit.log_cosignature s"
            " WHERE s.size = c.size), '') AS note FROM audit.log_checkpoint c ORDER BY c.size"
        )
        lines = "".join(json.dumps(row["note"], ensure_ascii=False) + "\n" for row in notes)
        (folder / "checkpoints.jsonl").write_text(lines, encoding="utf-8")
    return len(notes)


async def _run(url: str, folder: Path) -> int:
    await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
    connection = await asyncpg.connect(url)
    try:
        return await export(connection, folder)
    finally:
        await connection.close()


def main() -> int:
    asked = argparse.ArgumentParser(prog="python -m deploy.onebox.export")
    asked.add_argument("--to", type=Path, required=True)
    asked.add_argument("--home", type=Path, default=ROOT / "var")
    chosen = asked.parse_args()
    try:
        installation = Installation(chosen.home, os.environ.get("QINGLIU_DATABASE_URL") or None)
        with installation.database() as url:
            found = asyncio.run(_run(url, chosen.to))
    except FAILURES as failed:
        print(f"导出失败：{failed}", file=sys.stderr)
        return 1
    print(f"已导出到 {chosen.to}（检查点 {found} 个）；用 verify.py 离线核验")
    return 0


if __name__ == "__main__":
    sys.exit(main())
