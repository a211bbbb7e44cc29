"""`python -m deploy.onebox.export --to FOLDER`: the journals of all services in the order of the log, for `verify.py`.

Run by who administers the database, while the services run or not: one snapshot. Bodies of events hold no personal
data; the answers that requests got are there by their SHA-256 alone. What streams that are kept apart (leads) hold is
in no export: each of their leaves is one line with its hash, without its service, place or number. `--county` hands out
the streams of that county and of nobody else: then every other leaf is such a line, and none tells what it is of.

A line with a hash only is worked out from the event as it is now and not copied from the log: an event that was changed
behind it has another hash, and the verifier names its place.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import re
import sys
from pathlib import Path
from typing import Final

import asyncpg

from deploy.onebox.installation import FAILURES, Installation
from deploy.onebox.processes import ROOT
from services.audit_api.record.verify import EXPORT_FORMAT

# An answer that lost words or its salt is told by the SHA-256 that was kept of it: its event's hash covers that.
_EVENTS: Final = " UNION ALL ".join(
    f"SELECT '{service}' AS service, e.*, o.outcome_sha256 AS kept FROM {service}.event e"
    f" LEFT JOIN {service}.erased_outcome o ON o.stream = e.stream AND o.position = e.position"
    for service in ("funds", "audit", "identity")
)
_OUTCOME: Final = "encode(coalesce(e.kept, sha256(convert_to(e.outcome::text, 'UTF8'))), 'hex')"
_MICROS: Final = "(extract(epoch FROM e.recorded_at) * 1000000)::bigint"
# The event's own hash over what it says and the hash before it, as migrations/journal_v3.py makes it.
_OWN_HASH: Final = f"""encode(sha256(
  coalesce(b.hash, sha256(convert_to(e.stream, 'UTF8'))) || convert_to(concat_ws(chr(10),
    e.stream, e.position, e.id, e.kind, e.actor, e.request_id, e.idempotency_key, encode(e.request_hash, 'hex'),
    {_MICROS}, {_OUTCOME}, e.body::text), 'UTF8')), 'hex')"""
_LEAF: Final = f"""
encode(sha256('\\x00'::bytea || convert_to(
  concat_ws(' ', l.service, l.stream, l.stream_position, {_OWN_HASH}) || chr(10), 'UTF8')), 'hex')"""
_FIELDS: Final = (
    *("e.id", "e.kind", "e.actor", "e.request_id", "e.idempotency_key", "encode(e.request_hash, 'hex')"),
    *(_MICROS, _OUTCOME, "e.body::text", "encode(e.hash, 'hex')"),
)
_OF_LEAF: Final = ", ".join(
    f"CASE WHEN l.told THEN {one} END" for one in ("l.service", "l.stream", "l.stream_position", *_FIELDS)
)
# What is told of a stream in this export: `$1` is the county, or null for everything that is not kept apart.
_IS_TOLD: Final = (
    "(strpos({0}.stream, '.') = 0 AND ($1::text IS NULL OR {0}.stream = $1 AND {0}.service <> 'identity'))"
)
SEALED: Final = f"""
SELECT l.position, {_OF_LEAF},
       CASE WHEN l.told THEN encode(l.hash, 'hex') WHEN e.stream IS NOT NULL THEN {_LEAF} END
  FROM (SELECT *, {_IS_TOLD.format("log_leaf")} AS told FROM audit.log_leaf) l
  LEFT JOIN ({_EVENTS}) e ON e.service = l.service AND e.stream = l.stream AND e.position = l.stream_position
  LEFT JOIN ({_EVENTS}) b
    ON NOT l.told AND b.service = l.service AND b.stream = l.stream AND b.position = l.stream_position - 1
 ORDER BY l.position"""
UNSEALED: Final = f"""
SELECT NULL, e.service, e.stream, e.position, {", ".join(_FIELDS)}, NULL
  FROM ({_EVENTS}) e LEFT JOIN audit.log_leaf l
    ON e.service = l.service AND e.stream = l.stream AND e.position = l.stream_position
 WHERE l.position IS NULL AND {_IS_TOLD.format("e")} AND (NOT $2 OR EXISTS (
   SELECT FROM audit.log_cursor c WHERE c.service = e.service AND c.stream = e.stream))
 ORDER BY e.service, e.stream, e.position"""
HEADS: Final = f"""
SELECT h.service, h.stream, h.position, encode(h.hash, 'hex') FROM (
  SELECT 'funds' AS service, stream, position, hash FROM funds.stream_head UNION ALL
  SELECT 'audit', stream, position, hash FROM audit.stream_head UNION ALL
  SELECT 'identity', stream, position, hash FROM identity.stream_head) h
 WHERE {_IS_TOLD.format("h")} AND (NOT $2 OR EXISTS (
   SELECT FROM audit.log_cursor c WHERE c.service = h.service AND c.stream = h.stream))
 ORDER BY 1, 2"""
TILES: Final = "SELECT index, encode(hashes, 'hex') FROM audit.log_tile WHERE level = 0 ORDER BY index"


async def export(
    connection: asyncpg.Connection, folder: Path, *, county: str | None = None, sealed_streams_only: bool = False
) -> int:
    """Write the export into `folder` from one snapshot; how many checkpoints it has.

    Of all but `county` (if one is given) there are hashes alone. `sealed_streams_only` leaves out the streams of
    regions that no sealer was told to seal.
    """
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        only = sealed_streams_only
        with (folder / "journal.tsv").open("wb") as file:
            await connection.copy_from_query(SEALED, county, output=file)
            await connection.copy_from_query(UNSEALED, county, only, output=file)
        with (folder / "heads.tsv").open("wb") as file:
            await connection.copy_from_query(HEADS, county, only, output=file)
        with (folder / "tiles.tsv").open("wb") as file:
            await connection.copy_from_query(TILES, output=file)
        notes = await connection.fetch(
            "SELECT c.size, c.note || coalesce((SELECT string_agg(s.line, '' ORDER BY s.witness)"
            " FROM audit.log_cosignature s WHERE s.size = c.size), '') AS note FROM audit.log_checkpoint c"
            " UNION ALL SELECT k.size, k.note FROM audit.log_key_change k ORDER BY size"
        )
        lines = "".join(json.dumps(row["note"], ensure_ascii=False) + "\n" for row in notes)
        (folder / "checkpoints.jsonl").write_text(lines, encoding="utf-8")
        about = {"format": EXPORT_FORMAT, "county": county}
        (folder / "export.json").write_text(json.dumps(about) + "\n", encoding="utf-8")
    return len({row["size"] for row in notes})


async def _run(url: str, folder: Path, county: str | None) -> int:
    await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
    connection = await asyncpg.connect(url)
    try:
        return await export(connection, folder, county=county)
    finally:
        await connection.close()


def _county(text: str) -> str:
    if re.fullmatch(r"[0-9]{6}", text) is None:
        msg = "应为 6 位区划代码"
        raise argparse.ArgumentTypeError(msg)
    return text


def main() -> int:
    asked = argparse.ArgumentParser(prog="python -m deploy.onebox.export")
    asked.add_argument("--to", type=Path, required=True)
    asked.add_argument("--county", type=_county, help="只导出一个县的日志内容（6 位区划代码），其余各条只有摘要")
    asked.add_argument("--home", type=Path, default=ROOT / "var")
    chosen = asked.parse_args()
    try:
        installation = Installation(chosen.home, os.environ.get("QINGLIU_DATABASE_URL") or None)
        with installation.database() as url:
            found = asyncio.run(_run(url, chosen.to, chosen.county))
    except FAILURES as failed:
        print(f"导出失败：{failed}", file=sys.stderr)
        return 1
    print(f"已导出到 {chosen.to}（检查点 {found} 个）；用 verify.py 离线核验")
    return 0


if __name__ == "__main__":
    sys.exit(main())
