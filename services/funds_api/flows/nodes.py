"""Which node of the graph an account belongs to: its level of government or its unit; what is beyond is one border."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row

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

    def told(self, node: str) -> Told:
        return self._told[node]

    def summed(self, figures: Iterable[tuple[UUID, int]]) -> dict[str, int]:
        found: dict[str, int] = defaultdict(int)
        for account, fen in figures:
            found[self.of(account)] += fen
        return found
