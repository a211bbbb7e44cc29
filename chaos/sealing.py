"""Holds the log against the journals, whoever was killed meanwhile: every event a leaf, once, under the roots signed.

The root is worked out from nothing but the leaves, at the size of every checkpoint: a sealer that was killed at any
step has to have come to the same one. Each is signed by the key whose turn it was, from the one that is trusted on:
in the middle of the storm an operator changes it, and the sealer is killed over it.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import time
from typing import Final

import asyncpg

from chaos.checker import Verdict
from chassis.connections import FAILURES, OutcomeUnknown
from deploy.onebox.installation import Refused
from deploy.onebox.log_key import announce
from deploy.onebox.stack import Stack
from services.audit_api.record import notes
from services.audit_api.record.verify import Bad, Checkpoint, Key, Keys, Peaks, changes_of, leaf_hash, leaf_line

SEALED_WITHIN_SECONDS: Final = 60.0
ANNOUNCED_WITHIN_SECONDS: Final = 60.0
_JOURNALS: Final = " UNION ALL ".join(
    f"SELECT '{schema}' AS service, stream, position, hash FROM {schema}.event"
    for schema in ("funds", "audit", "identity")
)
_DIFFERENT: Final = f"""
SELECT service, stream, position FROM ({_JOURNALS}) e
  FULL JOIN (SELECT service, stream, stream_position AS position, hash AS sealed FROM audit.log_leaf) l
  USING (service, stream, position)
 WHERE e.hash IS DISTINCT FROM l.sealed"""


async def until_sealed(connection: asyncpg.Connection) -> None:
    """Wait until the log holds what the journals hold, or long enough."""
    deadline = time.monotonic() + SEALED_WITHIN_SECONDS
    while time.monotonic() < deadline:
        if not await connection.fetch(_DIFFERENT):
            return
        await asyncio.sleep(0.2)


async def change_key(stack: Stack) -> None:
    """As an operator does it: draw the next key, announce it, and let the sealer start again with both.

    `TimeoutError` where the database was away all the time. `stack.secrets.log_vkey` stays the key from before: with it
    alone everything is verified in the end.
    """
    secrets, sealer = stack.secrets, stack.child("sealer")
    [in_use] = notes.signers_of(secrets.log_key)
    secrets.log_key += "\n" + notes.written(in_use.key.name, os.urandom(32))
    deadline = time.monotonic() + ANNOUNCED_WITHIN_SECONDS
    while True:
        try:
            await announce(stack.database_urls["admin"], notes.signers_of(secrets.log_key), "routine", "chaos")
            break
        except (Refused, OutcomeUnknown, *FAILURES) as error:  # said twice it is announced once
            if time.monotonic() > deadline:
                msg = f"日志密钥未能公告：{error}"
                raise TimeoutError(msg) from error
            await asyncio.sleep(0.2)
    sealer.environment = {**sealer.environment, "AUDIT_LOG_KEY": secrets.log_key}
    if sealer.alive and sealer.pid is not None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(sealer.pid, signal.SIGKILL)


async def look_at_the_log(connection: asyncpg.Connection, key: Key, verdict: Verdict) -> None:
    """Add to `verdict` what is wrong with the log, as this transaction sees it."""
    verdict.broken += [
        f"{one['service']} 的 {one['stream']} 流第 {one['position']} 条与存证日志不符"
        for one in await connection.fetch(_DIFFERENT)
    ]
    await _roots(connection, key, verdict)


async def _roots(connection: asyncpg.Connection, key: Key, verdict: Verdict) -> None:
    signed = {row["size"]: row["note"] for row in await connection.fetch("SELECT size, note FROM audit.log_checkpoint")}
    told = [row["note"] for row in await connection.fetch("SELECT note FROM audit.log_key_change ORDER BY size")]
    try:
        keys = Keys(key, changes_of([Checkpoint.read(one) for one in told]))
    except Bad as bad:
        verdict.broken.append(f"存证日志的密钥：{bad}")
        return
    changed = {one.size: one for one in keys.changes}
    announced: set[bytes] = set()
    awaited = {one.leaf for one in keys.changes}
    peaks = Peaks()
    async for row in connection.cursor(
        "SELECT position, service, stream, stream_position, hash FROM audit.log_leaf ORDER BY position"
    ):
        if row["position"] != peaks.size:
            verdict.broken.append(f"存证日志缺第 {peaks.size} 条")
            return
        line = leaf_line(row["service"], row["stream"], row["stream_position"], row["hash"].hex())
        leaf = leaf_hash(line)
        peaks.push(leaf)
        announced |= {leaf} & awaited
        if (note := signed.pop(peaks.size, None)) is not None:
            _signed(note, peaks, keys, verdict)
        change = changed.pop(peaks.size, None)
        if change is not None and (change.leaf not in announced or change.checkpoint.root != peaks.root()):
            verdict.broken.append(f"{peaks.size} 条处的密钥更换没有公告，或不是这份日志的")
    verdict.broken += [f"{size} 条的检查点之内没有这么多条" for size in {*signed, *changed}]
    verdict.sealed = peaks.size
    verdict.key_changes = len(keys.changes)


def _signed(note: str, peaks: Peaks, keys: Keys, verdict: Verdict) -> None:
    try:
        told = Checkpoint.read(note)
        keys.must_sign(told)
    except Bad as bad:
        verdict.broken.append(f"{peaks.size} 条的检查点：{bad}")
        return
    verdict.checkpoints += 1
    if (told.size, told.root) != (peaks.size, peaks.root()):
        verdict.broken.append(f"{peaks.size} 条的检查点与由各条算出的根不符")
