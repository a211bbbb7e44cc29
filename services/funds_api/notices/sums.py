"""Whether the printed parts of a notice make its printed sums. Pure; nothing is ever adjusted, only the gap is told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Printed:
    """One printed amount: its kind (item, subtotal, total, memo, source) and the group it stands in ("" for none)."""

    kind: str
    group: str
    amount_fen: int


@dataclass(frozen=True, slots=True)
class Discrepancy:
    """A printed sum and what its parts make; `check` is lines, sources, subtotal or total."""

    check: str
    group: str
    printed_fen: int
    summed_fen: int

    @property
    def difference_fen(self) -> int:
        return self.summed_fen - self.printed_fen


def sum_of(parts: Sequence[Printed], kind: str) -> int:
    """Σ of the parts of `kind`."""
    return sum(one.amount_fen for one in parts if one.kind == kind)


def discrepancies(stated_total_fen: int | None, parts: Sequence[Printed]) -> list[Discrepancy]:
    """Every printed sum that its parts do not make, in the order lines, sources, subtotals, totals; empty when all tie.

    A sum without parts (the table was an attachment that nobody has) says nothing and is not held against them.
    """
    checks: list[Discrepancy] = []
    kinds = {one.kind for one in parts}
    if stated_total_fen is not None:
        for check, kind in (("lines", "item"), ("sources", "source")):
            if kind in kinds:
                checks.append(Discrepancy(check, "", stated_total_fen, sum_of(parts, kind)))
    for one in parts:
        in_group = [part for part in parts if part.kind == "item" and (not one.group or part.group == one.group)]
        if one.kind in {"subtotal", "total"} and in_group:
            checks.append(Discrepancy(one.kind, one.group, one.amount_fen, sum(part.amount_fen for part in in_group)))
    return [check for check in checks if check.difference_fen]
