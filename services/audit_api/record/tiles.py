"""The nodes of tiles that were read, kept: a full tile never changes, and of an open one what is there stays there.

A proof asks for some thirty nodes; read from tiles, each is up to seven levels of hashing away. So a tile is hashed
once when it is read, all its levels at once, and kept by its level and index; which is forgotten first is the one asked
for longest ago. Bounded: 16 KB a tile. Nothing here is believed: whoever proves from it holds the proof against the
root that was signed (`proving.py`), and reads anew where it leads elsewhere, as after a backup was restored below us.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import Final

from services.audit_api.record.merkle import TILE_HEIGHT, Node, Range, nodes_of
from services.audit_api.record.verify import root_of

Place = tuple[int, int]  # level and index of a tile
KEPT: Final = 1024  # 16 MB; above 256 of these the level over the leaves of 17 million lies here as a whole


def levels_of(entries: bytes) -> tuple[bytes, ...]:
    """The complete nodes over the entries of a tile, from below: eight levels, each one string of hashes."""
    found = [entries]
    for _ in range(TILE_HEIGHT):
        below = found[-1]
        whole = len(below) // 64 * 64
        found.append(b"".join([sha256(b"\x01" + below[at : at + 64]).digest() for at in range(0, whole, 64)]))
    return tuple(found)


def place_of(node: Node) -> tuple[Place, int, int]:
    """The tile a node lies in, its height above the entries of that, and which it is at that height."""
    height, index = node
    level, above = divmod(height, TILE_HEIGHT)
    within = TILE_HEIGHT - above
    return (level, index >> within), above, index & ((1 << within) - 1)


def is_full(place: Place, log_size: int) -> bool:
    """Whether a log of that size has filled the tile."""
    level, index = place
    return (index + 1) << (TILE_HEIGHT * (level + 1)) <= log_size


class Tiles:
    """The tiles of one log that were asked for last. One per process; not for several threads."""

    def __init__(self, kept: int = KEPT) -> None:
        self._kept = kept
        self._levels: OrderedDict[Place, tuple[bytes, ...]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._levels)

    def forget(self) -> None:
        """Keep nothing of what was read."""
        self._levels.clear()

    def learn(self, place: Place, entries: bytes) -> None:
        """Keep a tile as it was read, full or as far as it is filled."""
        known = self._levels.get(place)
        if known is None or len(known[0]) < len(entries):
            self._levels[place] = levels_of(entries)
        self._levels.move_to_end(place)
        if len(self._levels) > self._kept:
            self._levels.popitem(last=False)

    def missing(self, ranges: Iterable[Range]) -> set[Place]:
        """The tiles that have to be read before the roots of these ranges are known."""
        return {
            place
            for leaves in ranges
            for node in nodes_of(leaves)
            for place, above, at in [place_of(node)]
            if (known := self._levels.get(place)) is None or len(known[above]) < (at + 1) * 32
        }

    def roots(self, ranges: Sequence[Range]) -> list[bytes]:
        """The root of each range; of its tiles none is `missing`."""
        return [root_of([self._node(node) for node in nodes_of(leaves)]) for leaves in ranges]

    def _node(self, node: Node) -> bytes:
        place, above, at = place_of(node)
        self._levels.move_to_end(place)
        return self._levels[place][above][at * 32 : at * 32 + 32]
