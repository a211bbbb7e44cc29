"""The tree of the log against a tree built from the definition in RFC 6962, and against that RFC's test vectors."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.audit_api.record.merkle import (
    TILE,
    Frontier,
    consistency_ranges,
    inclusion_ranges,
    nodes_of,
)
from services.audit_api.record.tiles import Place, Tiles, is_full
from services.audit_api.record.verify import Bad, Peaks, inclusion_root, is_consistent, leaf_hash

# The inputs and roots of the reference implementation of RFC 6962 (certificate-transparency, merkletree tests).
INPUTS = [bytes.fromhex(one) for one in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657")]
INPUTS.append(bytes.fromhex("606162636465666768696a6b6c6d6e6f"))
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


def split(size: int) -> int:
    power = 1
    while power * 2 < size:
        power *= 2
    return power


def naive(leaves: list[bytes]) -> bytes:
    """MTH of RFC 6962, by its words; `leaves` are hashed already."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    at = split(len(leaves))
    return hashlib.sha256(b"\x01" + naive(leaves[:at]) + naive(leaves[at:])).digest()


def naive_path(position: int, leaves: list[bytes]) -> list[bytes]:
    """PATH of RFC 6962, by its words."""
    if len(leaves) == 1:
        return []
    at = split(len(leaves))
    if position < at:
        return [*naive_path(position, leaves[:at]), naive(leaves[at:])]
    return [*naive_path(position - at, leaves[at:]), naive(leaves[:at])]


def naive_proof(old: int, leaves: list[bytes], *, known: bool = True) -> list[bytes]:
    """SUBPROOF of RFC 6962, by its words."""
    if old == len(leaves):
        return [] if known else [naive(leaves)]
    at = split(len(leaves))
    if old <= at:
        return [*naive_proof(old, leaves[:at], known=known), naive(leaves[at:])]
    return [*naive_proof(old - at, leaves[at:], known=False), naive(leaves[:at])]


def leaves_of(size: int) -> list[bytes]:
    return [leaf_hash(str(one).encode()) for one in range(size)]


class Tree:
    """What the database keeps: full tiles, and behind them the open edge."""

    def __init__(self, leaves: list[bytes]) -> None:
        self.frontier = Frontier()
        self.tiles = {(tile.level, tile.index): tile for tile in self.frontier.append(leaves)}

    def entries(self, place: Place) -> bytes:
        """A tile as far as it is filled, as the database answers."""
        level, index = place
        if is_full(place, self.frontier.size):
            return self.tiles[place].hashes
        return b"".join(self.frontier.open[level]) if index == self.frontier.size >> 8 * (level + 1) else b""

    def prove(self, ranges: list[tuple[int, int]], kept: Tiles | None = None) -> list[bytes]:
        known = kept or Tiles()
        for place in known.missing(ranges):
            known.learn(place, self.entries(place))
        assert not known.missing(ranges)
        return known.roots(ranges)


SIZES = st.one_of(st.integers(1, 70), st.sampled_from([255, 256, 257, 511, 512, 513, 767, 1000]))


@pytest.mark.parametrize("size", range(len(ROOTS)))
def test_the_roots_are_those_of_the_rfc(size: int) -> None:
    leaves = [leaf_hash(one) for one in INPUTS[:size]]
    assert Tree(leaves).frontier.root().hex() == ROOTS[size]
    peaks = Peaks()
    for leaf in leaves:
        peaks.push(leaf)
    assert peaks.root().hex() == ROOTS[size]


@given(SIZES, st.data())
def test_an_inclusion_proof_is_the_rfcs_and_leads_to_the_root_and_to_no_other(size: int, data: st.DataObject) -> None:
    leaves, tree = leaves_of(size), Tree(leaves_of(size + data.draw(st.sampled_from([0, 1, 300]))))
    position = data.draw(st.integers(0, size - 1))
    proof = tree.prove(inclusion_ranges(position, size))
    assert proof == naive_path(position, leaves)
    root = naive(leaves)
    assert inclusion_root(leaves[position], position, size, proof) == root
    assert inclusion_root(leaf_hash(b"another"), position, size, proof) != root
    for wrong in ([*proof, root], proof[:-1]):
        if wrong != proof:
            with pytest.raises(Bad):
                inclusion_root(leaves[position], position, size, wrong)


@given(st.lists(st.integers(1, 300), min_size=2, max_size=6), st.data())
def test_tiles_kept_of_a_smaller_log_prove_in_a_larger_one(sizes: list[int], data: st.DataObject) -> None:
    kept, size = Tiles(kept=2), 0
    for more in sizes:
        size += more
        tree, leaves = Tree(leaves_of(size)), leaves_of(size)
        position = data.draw(st.integers(0, size - 1))
        proof = tree.prove(inclusion_ranges(position, size), kept)
        assert inclusion_root(leaves[position], position, size, proof) == tree.frontier.root()
        assert len(kept) <= 2


@given(SIZES, st.data())
def test_a_consistency_proof_is_the_rfcs_and_holds_for_no_other_history(size: int, data: st.DataObject) -> None:
    leaves, tree = leaves_of(size), Tree(leaves_of(size + data.draw(st.sampled_from([0, 1, 300]))))
    old = data.draw(st.integers(1, size))
    proof = tree.prove(consistency_ranges(old, size))
    assert proof == naive_proof(old, leaves)
    old_root, root = naive(leaves[:old]), naive(leaves)
    assert is_consistent(old, old_root, size, root, proof)
    changed = data.draw(st.integers(0, old - 1))
    forked = naive([*leaves[:changed], leaf_hash(b"another"), *leaves[changed + 1 : old]])
    assert not is_consistent(old, forked, size, root, proof)
    assert not is_consistent(old, old_root, size, forked, proof)
    if proof:
        assert not is_consistent(old, old_root, size, root, proof[:-1])


@given(SIZES, st.lists(st.integers(0, 300), max_size=4))
def test_the_root_does_not_depend_on_the_batches_it_grew_in(size: int, batches: list[int]) -> None:
    leaves = leaves_of(size)
    frontier, at, tiles = Frontier(), 0, []
    for batch in [*batches, size]:
        tiles += frontier.append(leaves[at : at + batch])
        at = min(size, at + batch)
    assert frontier.size == size
    assert frontier.root() == naive(leaves)
    assert [len(level) for level in frontier.open] == Frontier.lengths(size)
    assert [(one.level, one.index) for one in tiles if one.level == 0] == [(0, at) for at in range(size // TILE)]


def test_tiles_of_the_second_level_hold_the_roots_of_the_first() -> None:
    leaves = leaves_of(TILE * TILE + 3)
    tree = Tree(leaves)
    assert tree.tiles[1, 0].hashes == b"".join(tree.tiles[0, at].root for at in range(TILE))
    assert [len(level) for level in tree.frontier.open] == [3, 0, 1]
    peaks = Peaks()
    for leaf in leaves:
        peaks.push(leaf)
    assert tree.frontier.root() == peaks.root()
    proof = tree.prove(inclusion_ranges(70, len(leaves)))
    assert inclusion_root(leaves[70], 70, len(leaves), proof) == peaks.root()


@given(st.integers(0, 5000), st.integers(0, 5000))
def test_a_range_is_cut_into_complete_subtrees_without_gap_or_overlap(start: int, length: int) -> None:
    at = start
    for height, index in nodes_of((start, start + length)):
        assert index << height == at
        at += 1 << height
    assert at == start + length
    assert len(nodes_of((start, start + length))) <= 2 * max(1, (start + length).bit_length())


@pytest.mark.parametrize(("position", "size"), [(1, 1), (-1, 3), (0, 0)])
def test_no_leaf_outside_the_tree_is_proved(position: int, size: int) -> None:
    with pytest.raises(ValueError, match="of"):
        inclusion_ranges(position, size)
    with pytest.raises(Bad):
        inclusion_root(b"", position, size, [])


def test_the_empty_log_is_the_beginning_of_every_log_and_a_larger_one_of_none() -> None:
    empty = hashlib.sha256(b"").digest()
    root = naive(leaves_of(3))
    assert is_consistent(0, empty, 3, root, [])
    assert not is_consistent(0, root, 3, root, [])
    assert not is_consistent(4, root, 3, root, [])
    with pytest.raises(ValueError, match="of"):
        consistency_ranges(4, 3)
