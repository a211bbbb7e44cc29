"""Proofs from tiles that are kept: what is missing is read in one statement, and no proof leaves that leads elsewhere.

Knows no journal and no caller; who may be told of a leaf is decided before (`service.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from services.audit_api.record import store
from services.audit_api.record.merkle import Range, consistency_ranges, inclusion_ranges
from services.audit_api.record.store import Look
from services.audit_api.record.tiles import Tiles
from services.audit_api.record.verify import inclusion_root, is_consistent
from services.audit_api.tables import LogCheckpointRow


@dataclass(eq=False)
class RecordDamaged(Exception):
    """Leaf and tiles do not lead to the root that was signed: somebody changed one of them."""

    position: int
    size: int

    def __str__(self) -> str:
        return f"存证第 {self.position} 条与 {self.size} 条的检查点不符：摘要已被改动，请导出日志离线核验"

    def figures(self) -> dict[str, int]:
        return {"position": self.position, "size": self.size}


async def roots(look: Look, tiles: Tiles, ranges: Sequence[Range], log_size: int) -> list[bytes]:
    """The root of each range of leaves."""
    while missing := tiles.missing(ranges):  # again where somebody else's proof pushed out what this one needs
        for place, entries in (await store.tiles(look, missing, log_size)).items():
            tiles.learn(place, entries)
        if missing == tiles.missing(ranges):
            raise RecordDamaged(max(end for _, end in ranges), log_size)
    return tiles.roots(ranges)


async def included(
    look: Look, tiles: Tiles, leaf: bytes, position: int, size: int, root: bytes, log_size: int
) -> list[bytes]:
    """The proof that a leaf stands below a checkpoint, held against its root; `RecordDamaged` where there is none.

    What is kept may be of a log that is not there any more (a backup was restored): then everything is read anew.
    """
    ranges = inclusion_ranges(position, size)
    for anew in (False, True):
        if anew:
            tiles.forget()
        proof = await roots(look, tiles, ranges, log_size)
        if inclusion_root(leaf, position, size, proof) == root:
            return proof
    raise RecordDamaged(position, size)


async def consistent(
    look: Look, tiles: Tiles, old: LogCheckpointRow | None, old_size: int, new: LogCheckpointRow
) -> list[bytes]:
    """The proof that the log of `new` begins with that of `old_size`, whose checkpoint is `old` where there is one.

    A proof that joins the two roots not even when it was read anew is given all the same: that is what it is asked for.
    """
    ranges = consistency_ranges(old_size, new.size)
    proof = await roots(look, tiles, ranges, new.size)
    if old is not None and not is_consistent(old_size, old.root, new.size, new.root, proof):
        tiles.forget()
        proof = await roots(look, tiles, ranges, new.size)
    return proof
