"""The Merkle tree of the log, pure: which complete subtrees a root or a proof needs, and what becomes of them.

RFC 6962 section 2.1. A complete subtree of height h that begins at leaf i·2^h is the node (h, i); its hash never
changes once its leaves are there. Nodes rest in tiles of 256 (C2SP tlog-tiles): the entries of tile level L are the
nodes of height 8·L, and whatever lies between is eight levels of hashing away (`tiles.py`). So a proof reads a handful
of tiles whatever the size of the log, and nobody reads all leaves again. Verification is in `verify.py`, which stands
alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from services.audit_api.record.verify import EMPTY_ROOT, node_hash, root_of

TILE_HEIGHT: Final = 8
TILE: Final = 1 << TILE_HEIGHT

Node = tuple[int, int]  # height, index: the leaves from index · 2^height on
Range = tuple[int, int]  # from leaf to leaf, the second not within


def nodes_of(leaves: Range) -> list[Node]:
    """The complete subtrees of a range of leaves from left to right, the largest that fit each."""
    start, end = leaves
    found = []
    while start < end:
        height = (end - start).bit_length() - 1
        if start:
            height = min(height, (start & -start).bit_length() - 1)
        found.append((height, start >> height))
        start += 1 << height
    return found


def _split(size: int) -> int:
    """The largest power of two below `size`."""
    return 1 << (size - 1).bit_length() - 1


def inclusion_ranges(position: int, size: int) -> list[Range]:
    """The ranges whose roots are the proof that leaf `position` is one of `size`, from below (PATH of RFC 6962)."""
    if not 0 <= position < size:
        msg = f"leaf {position} of {size}"
        raise ValueError(msg)
    found: list[Range] = []
    start, end = 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if position < middle:
            found.append((middle, end))
            end = middle
        else:
            found.append((start, middle))
            start = middle
    return found[::-1]


def consistency_ranges(old_size: int, size: int) -> list[Range]:
    """The ranges whose roots prove that the tree of `size` begins with that of `old_size` (PROOF of RFC 6962)."""
    if not 0 <= old_size <= size:
        msg = f"{old_size} of {size}"
        raise ValueError(msg)
    if old_size in {0, size}:
        return []
    found: list[Range] = []
    start, end, known = 0, size, True
    while old_size != end:
        middle = start + _split(end - start)
        if old_size <= middle:
            found.append((middle, end))
            end = middle
        else:
            found.append((start, middle))
            start, known = middle, False
    if not known:
        found.append((start, end))
    return found[::-1]


def folded(entries: Sequence[bytes]) -> bytes:
    """The root of a complete subtree from its entries; their number is a power of two."""
    found = list(entries)
    while len(found) > 1:
        found = [node_hash(found[at], found[at + 1]) for at in range(0, len(found), 2)]
    return found[0]


@dataclass(frozen=True, slots=True)
class Tile:
    """256 entries of a level that will never change, and the root over them, which is the entry of the next level."""

    level: int
    index: int
    root: bytes
    hashes: bytes


@dataclass(slots=True)
class Frontier:
    """The right edge of the tree: per level the entries that fill no tile yet. Leaves go in, full tiles come out."""

    size: int = 0
    open: list[list[bytes]] = field(default_factory=list)

    @staticmethod
    def lengths(size: int) -> list[int]:
        """How many open entries each level has in a tree of `size`, the leaves first; the highest level has some."""
        found = []
        while size:
            found.append(size % TILE)
            size //= TILE
        return found

    def append(self, leaves: Sequence[bytes]) -> Iterator[Tile]:
        """Take these leaf hashes in; every tile that is full by that, lower levels first. Exhaust it."""
        for leaf in leaves:
            self.size += 1
            yield from self._put(0, leaf)

    def _put(self, level: int, entry: bytes) -> Iterator[Tile]:
        if level == len(self.open):
            self.open.append([])
        self.open[level].append(entry)
        if len(self.open[level]) == TILE:
            entries, self.open[level] = self.open[level], []
            index = (self.size >> (TILE_HEIGHT * (level + 1))) - 1
            tile = Tile(level, index, folded(entries), b"".join(entries))
            yield tile
            yield from self._put(level + 1, tile.root)

    def root(self) -> bytes:
        """The root of the tree as it stands."""
        if self.size == 0:
            return EMPTY_ROOT
        peaks: list[bytes] = []
        for entries in reversed(self.open):
            peaks += [folded(entries[start:end]) for start, end in _powers(len(entries))]
        return root_of(peaks)


def _powers(count: int) -> Iterator[Range]:
    """`count` things from left to right in lots of falling powers of two."""
    start = 0
    while start < count:
        end = start + (1 << (count - start).bit_length() - 1)
        yield start, end
        start = end
