"""A graph of nodes and links out of flows, as a Sankey diagram draws it: pure, and without a circle whatever flowed.

Forward flows go from a column to a later one. Where they run in a circle (pooled money moved to and fro), the circle is
opened at its highest node, and what would close it is told as a link back, as are returns, recoveries and take-backs:
with fen of its own, never as a negative link.
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass

from services.funds_api.flows.tree import BACKWARD


@dataclass(frozen=True, slots=True)
class Link:
    """Fen that went from one node to another by one kind of movement; `back` when it runs against the columns."""

    source: str
    target: str
    kind: str
    fen: int
    back: bool


@dataclass(frozen=True, slots=True)
class Drawn:
    """The links, and for every node they join its column (from 0), what came into it and what went out of it."""

    links: list[Link]
    columns: dict[str, int]
    into: dict[str, int]
    out: dict[str, int]


def draw(flows: Iterable[tuple[str, str, str, int]], rank: Mapping[str, tuple[Hashable, ...]]) -> Drawn:
    """Draw (kind, source, target, fen); `rank` says which node stands higher. A flow within a node is none."""
    added: dict[tuple[str, str, str], int] = defaultdict(int)
    for kind, source, target, fen in flows:
        if source != target:
            added[kind, source, target] += fen
    summed = {link: fen for link, fen in added.items() if fen}
    joined = {end for _, source, target in summed for end in (source, target)}
    forward = {(source, target) for kind, source, target in summed if kind not in BACKWARD}
    order = _order(joined, forward, rank)
    links = [
        Link(source, target, kind, fen, kind in BACKWARD or order[source] > order[target])
        for (kind, source, target), fen in sorted(summed.items())
    ]
    into: dict[str, int] = dict.fromkeys(joined, 0)
    out: dict[str, int] = dict.fromkeys(joined, 0)
    for link in links:
        into[link.target] += link.fen
        out[link.source] += link.fen
    columns = dict.fromkeys(joined, 0)
    for link in sorted((link for link in links if not link.back), key=lambda one: order[one.source]):
        columns[link.target] = max(columns[link.target], columns[link.source] + 1)
    return Drawn(links, columns, into, out)


def _order(
    nodes: Iterable[str], forward: set[tuple[str, str]], rank: Mapping[str, tuple[Hashable, ...]]
) -> dict[str, int]:
    """A place in a line for every node, such that forward flows run ahead except where they close a circle."""
    after: dict[str, set[str]] = defaultdict(set)
    waiting: dict[str, int] = dict.fromkeys(nodes, 0)
    for source, target in forward:
        after[source].add(target)
        waiting[target] += 1
    ready = [(rank[node], node) for node, n in waiting.items() if n == 0]
    rest = [(rank[node], node) for node in waiting]
    heapq.heapify(ready)
    heapq.heapify(rest)
    order: dict[str, int] = {}
    while len(order) < len(waiting):
        _, node = heapq.heappop(ready or rest)
        if node in order:
            continue
        order[node] = len(order)
        for target in after[node]:
            waiting[target] -= 1
            if waiting[target] == 0 and target not in order:
                heapq.heappush(ready, (rank[target], target))
    return order
