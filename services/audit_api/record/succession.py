"""The changes of the log's key as they are told: each note with the proofs that join it with a checkpoint.

Whether a change is believed is decided where a key is trusted (`verify.py`), and not here.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from services.audit_api.record import proving, store
from services.audit_api.record.schemas import KeyChangeTold
from services.audit_api.record.tiles import Tiles
from services.audit_api.record.verify import Checkpoint, Key, KeyChange
from services.audit_api.tables import LogCheckpointRow, LogKeyChangeRow


def before(changes: Sequence[LogKeyChangeRow], row: LogCheckpointRow) -> list[LogKeyChangeRow]:
    """The changes up to the key that signed a checkpoint: the same for ever, whatever changes later."""
    marks = {raw[:4] for _, raw in Checkpoint.read(row.note).signatures}
    return [
        one
        for one in changes
        if one.size < row.size or (one.size == row.size and Key.read(one.key_before).mark not in marks)
    ]


async def told(
    tx: AsyncSession, tiles: Tiles, changes: Sequence[LogKeyChangeRow], row: LogCheckpointRow
) -> list[KeyChangeTold]:
    """Each of these changes with the proof that its log and that of the checkpoint are one."""
    if not changes:
        return []
    look, log_size = store.within(tx), (await store.head(tx)).size
    found = []
    for one in changes:
        base = await store.checkpoint(tx, one.size)
        change = KeyChange.of(Checkpoint.read(one.note))
        if base is None or change is None:  # a foreign key holds the one; somebody wrote the other anew
            raise proving.RecordDamaged(one.size, log_size)
        old, new = sorted((base, row), key=lambda each: each.size)
        joined = await proving.consistent(look, tiles, old, old.size, new)
        at = one.leaf_position
        proof = await proving.included(look, tiles, change.leaf, at, one.size, base.root, log_size)
        found.append(
            KeyChangeTold(
                note=one.note,
                proof=[each.hex() for each in joined],
                event_position=at,
                event_proof=[each.hex() for each in proof],
            )
        )
    return found
