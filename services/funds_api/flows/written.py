"""The tree as JSON text: each node is filled into a template made of the schema, figure by figure in its order.

A county of 300 villages has more than a thousand nodes of twenty fields. As models they cost three times what it takes
to add them up; as text they are what the same models would have said, byte for byte (`test_written_tree.py`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from operator import attrgetter
from typing import Final

from services.funds_api.flows.schemas import FlowTree, PaidBy, TreeNode
from services.funds_api.flows.tree import LEVELS, Place

# Stands in an answer where the tree is going to be.
EMPTY: Final = TreeNode(kind="own", region_code="", name="", unexplained_fen=0)
_SINKS: Final = {"households": ("households", "农户"), "contractor": ("contractors", "施工单位等")}
_TEXT: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
_FIGURES: Final = dict.fromkeys(
    (
        "received_fen",
        "received_from_above_fen",
        "came_back_fen",
        "passed_on_fen",
        "spent_fen",
        "returned_fen",
        "moved_out_fen",
        "carried_fen",
        "resting_fen",
        "unexplained_fen",
    ),
    "%d",
)


def _template(fields: Mapping[str, str], model: FlowTree | PaidBy | TreeNode = EMPTY) -> str:
    """The model as JSON with a place for each of `fields` (in the order of the schema); every other field as it is."""
    plain = model.model_dump(mode="json")
    order = [name for name in plain if name in fields]
    if order != list(fields):
        msg = f"the schema has {order}"
        raise LookupError(msg)
    parts = {name: fields.get(name) or _TEXT(value).replace("%", "%%") for name, value in plain.items()}
    return "{" + ",".join(f'"{name}":{part}' for name, part in parts.items()) + "}"


_PLACE: Final = _template(
    {
        "kind": '"%s"',
        "region_code": '"%s"',
        "name": '"%s"',
        **_FIGURES,
        "payments_n": "%s",
        "households_fen": "%s",
        "households_from_above_fen": "%s",
        "paid_by": "[%s]",
        "children": "[%s]",
    }
)
_OWN: Final = _template({"region_code": '"%s"', "name": '"%s本级"', **_FIGURES, "payments_n": "%s", "children": "[%s]"})
_SINK: Final = _template(
    {
        "kind": '"%s"',
        "region_code": '"%s"',
        "name": '"%s"',
        "received_fen": "%d",
        "spent_fen": "%d",
        "unexplained_fen": "%d",
        "payments_n": "%s",
        "recovered_fen": "%d",
    }
)
_PAID_BY: Final = _template(
    {"region_code": '"%s"', "fen": "%d", "payments_n": "%d"}, PaidBy(region_code="", fen=0, payments_n=0)
)


def written(answer: FlowTree, root: Place, names: Mapping[str, str], depth: int, *, told: bool) -> bytes:
    """`answer` as JSON with the tree of `root` in it, opened `depth` levels.

    A place without a name is called by its code. Unless `told`, who got what and how many payments is left out (null).
    """
    node = _Nodes(names, told=told).place(root, depth)
    return (_template({"root": "%s"}, answer) % node).encode()


class _Nodes:
    """Nodes of one answer as text."""

    def __init__(self, names: Mapping[str, str], *, told: bool) -> None:
        self._names = names
        self._told = told

    def place(self, place: Place, depth: int) -> str:
        """A place with everything below it, its own desks and the places next below as its parts."""
        code, level, living = place.code, len(place.code), place.living
        name = _TEXT(self._names.get(code, code))[1:-1]
        children = ""
        if depth:
            children = ",".join(
                [self._own(place, name, depth - 1), *[self.place(one, depth - 1) for one in place.below]]
            )
        paid_by = ",".join([_PAID_BY % (one.desk, one.fen, one.payments) for one in sorted(place.housed)])
        return _PLACE % (
            LEVELS[level],
            code,
            name,
            *_figures(place.figures),
            place.unexplained,
            *(
                (place.all_payments, sum(living.values()), sum([fen for desk, fen in living.items() if desk < level]))
                if self._told
                else ("null", "null", "null")
            ),
            paid_by,
            children,
        )

    def _own(self, place: Place, name: str, depth: int) -> str:
        """The place's own desks, and as their parts what they spent on whom."""
        return _OWN % (
            place.code,
            name,
            *_figures(place.own),
            place.own_unexplained,
            place.payments if self._told else "null",
            ",".join([self._sink(place, sink, fen) for sink, fen in sorted(place.sinks.items())]) if depth else "",
        )

    def _sink(self, place: Place, sink: str, fen: int) -> str:
        kind, name = _SINKS[sink]
        if self._told and sink == "households":
            return _SINK % (kind, place.code, name, fen, fen, fen - place.paid, place.payments, -place.paid_nowhere)
        return _SINK % (kind, place.code, name, fen, fen, 0, "null", -place.paid_nowhere)


# As `_FIGURES` has them, without the last.
_figures = attrgetter(
    "received",
    "received_from_above",
    "came_back",
    "passed_on",
    "spent",
    "returned",
    "moved_out",
    "carried",
    "resting",
)
