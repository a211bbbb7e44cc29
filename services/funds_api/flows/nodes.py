"""Which node of the graph an account belongs to: its level of government or its unit; what is beyond is one border."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row

from services.funds_api.flows.orders import Ordered, in_transit
from services.funds_api.flows.schemas import GraphBy
from services.funds_api.flows.tree import LEVELS, SINKS
from services.funds_api.units.schemas import UnitKind

BORDERS: Final = {"received": "来文资金", "elsewhere": "本区划以外", "outside": "县外"}
_LEVEL_NAMES: Final = {"county": "县本级", "township": "乡镇", "village": "村"}
_SINK_NAMES: Final = {"households": "农户", "contractor": "施工单位等"}


@dataclass(frozen=True, slots=True)
class Told:
    """How a node is shown; `desk` when money rests there, `border` when it is not of the place at all."""

    name: str
    kind: str
    desk: bool = False
    border: bool = False


class Nodes:
    """The nodes that the accounts of a county make, seen from `root`. A sink that `root` pays is its own business."""

    def __init__(self, root: str, by: GraphBy, accounts: Mapping[UUID, Row[Any]]) -> None:
        self._by = by
        self._within = {row.id for row in accounts.values() if row.region_code.startswith(root)}
        self._of: dict[UUID, str] = {}
        self._told = {node: Told(name, node, border=True) for node, name in BORDERS.items()}
        self.rank: dict[str, tuple[int, int, str, str]] = {
            node: (3 if node == "outside" else 0, 0, "", node) for node in BORDERS
        }
        for row in accounts.values():
            sink = row.kind in SINKS
            if row.kind == UnitKind.OUTSIDE:
                self._of[row.id] = "outside"
            elif not sink and not row.region_code.startswith(root):
                self._of[row.id] = "elsewhere"
            else:
                self._add(row, sink=sink)

    def _add(self, row: Row[Any], *, sink: bool) -> None:
        level = LEVELS[len(row.region_code)]
        if self._by is GraphBy.UNIT:
            node, told = str(row.unit_id), Told(row.unit_name, row.kind, desk=not sink)
        elif sink:
            node, told = row.kind, Told(_SINK_NAMES[row.kind], row.kind)
        else:
            node, told = level, Told(_LEVEL_NAMES[level], level, desk=True)
        self._of[row.id] = node
        self._told[node] = told
        self.rank[node] = (2 if sink else 1, len(row.region_code), row.region_code, node)

    def of(self, account: UUID) -> str:
        """The node of an account; that of all zeros stands for the notices."""
        return self._of[account] if account.int else "received"

    def as_the_desks(
        self, ordered: Iterable[Ordered[UUID]]
    ) -> tuple[list[tuple[str, str, str, int]], Iterable[tuple[UUID, int]]]:
        """What puts the desk that ordered where the bank is: flows of either sign, and fen that rest by account.

        A bank of the place that is a node of its own stays what it is: the money went through it.
        """
        ordered = list(ordered)
        if self._by is GraphBy.UNIT:
            ordered = [one for one in ordered if one.bank not in self._within]
        flows: list[tuple[str, str, str, int]] = []
        for one in ordered:
            for source, target, fen in ((one.source, one.target, -one.fen), (*one.as_the_desks, one.fen)):
                if source in self._within or target in self._within:
                    flows.append((one.kind, self.of(source), self.of(target), fen))
        return flows, in_transit(ordered).items()

    def told(self, node: str) -> Told:
        return self._told[node]

    def summed(self, figures: Iterable[tuple[UUID, int]]) -> dict[str, int]:
        found: dict[str, int] = defaultdict(int)
        for account, fen in figures:
            found[self.of(account)] += fen
        return found
