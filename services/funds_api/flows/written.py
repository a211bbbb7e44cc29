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
from services.funds_api.flows.tree import LEVELS, Place, uncollected

# Stands in an answer where the tree is going to be.
EMPTY: Final = TreeNode(kind="own", region_code="", name="", unexplained_fen=0)
_SINKS: Final = {"households": (b"households", "农户".encode()), "contractor": (b"contractors", "施工单位等".encode())}
_LEVELS: Final = {digits: level.encode() for digits, level in LEVELS.items()}
_OWN_NAME: Final = "本级".encode()
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


def _template(fields: Mapping[str, str], model: FlowTree | PaidBy | TreeNode = EMPTY) -> bytes:
    """The model as JSON with a place for each of `fields` (in the order of the schema); every other field as it is."""
    plain = model.model_dump(mode="json")
    order = [name for name in plain if name in fields]
    if order != list(fields):
        msg = f"the schema has {order}"
        raise LookupError(msg)
    parts = {name: fields.get(name) or _TEXT(value).replace("%", "%%") for name, value in plain.items()}
    return ("{" + ",".join(f'"{name}":{part}' for name, part in parts.items()) + "}").encode()


# How a node ends whose parts are told one by one: they are the schema's last field.
_END: Final = b"]}"
_NAMED: Final = {"region_code": '"%b"', "name": '"%b"', **_FIGURES}
_LIVING: Final = {"payments_n": "%d", "households_fen": "%d", "households_from_above_fen": "%d", "paid_by": "[%b]"}
_PLACE: Final = _template({"kind": '"%b"', **_NAMED, **_LIVING, "children": "[]"}).removesuffix(_END)
_OWN: Final = _template({**_NAMED, "payments_n": "%d", "children": "[]"}).removesuffix(_END)
_SPENT: Final = {"kind": '"%b"', "region_code": '"%b"', "name": '"%b"', "received_fen": "%d", "spent_fen": "%d"}
_SINK: Final = _template({**_SPENT, "unexplained_fen": "%d", "recovered_fen": "%d"})
_HOUSEHOLDS: Final = _template({**_SPENT, "unexplained_fen": "%d", "payments_n": "%d", "recovered_fen": "%d"})
_PAID_BY: Final = _template(
    {"region_code": '"%b"', "fen": "%d", "payments_n": "%d"}, PaidBy(region_code="", fen=0, payments_n=0)
)


@uncollected()
def written(answer: FlowTree, root: Place, names: Mapping[str, str], depth: int) -> bytes:
    """`answer` as JSON with the tree of `root` in it, opened `depth` levels.

    A place without a name is called by its code.
    """
    nodes = _Nodes(names)
    nodes.place(root, depth)
    return _template({"root": "%b"}, answer) % b"".join(nodes.text)


class _Nodes:
    """Nodes of one answer, piece after piece and joined once. Bytes, because text of Chinese names is twice as wide."""

    def __init__(self, names: Mapping[str, str]) -> None:
        self.text: list[bytes] = []
        self._names = names

    def place(self, place: Place, depth: int) -> None:
        """A place with everything below it, its own desks and the places next below as its parts."""
        code, level = place.code.encode(), len(place.code)
        name = _TEXT(self._names.get(place.code, place.code))[1:-1].encode()
        figures = (_LEVELS[level], code, name, *_figures(place.figures), place.unexplained)
        living = place.living
        above = sum([fen for desk, fen in living.items() if desk < level])
        paid_by = [_PAID_BY % (one.desk.encode(), one.fen, one.payments) for one in sorted(place.housed)]
        self.text.append(_PLACE % (*figures, place.all_payments, sum(living.values()), above, b",".join(paid_by)))
        if depth:
            self._own(place, code, name, depth - 1)
            for one in place.below:
                self.text.append(b",")
                self.place(one, depth - 1)
        self.text.append(_END)

    def _own(self, place: Place, code: bytes, name: bytes, depth: int) -> None:
        """The place's own desks, and as their parts what they spent on whom."""
        figures = (code, name + _OWN_NAME, *_figures(place.own), place.own_unexplained)
        self.text.append(_OWN % (*figures, place.payments))
        if depth:
            sinks = [self._sink(place, code, sink, fen) for sink, fen in sorted(place.sinks.items())]
            self.text.append(b",".join(sinks))
        self.text.append(_END)

    def _sink(self, place: Place, code: bytes, sink: str, fen: int) -> bytes:
        kind, name = _SINKS[sink]
        spent = (kind, code, name, fen, fen)
        if sink == "households":
            return _HOUSEHOLDS % (*spent, fen - place.paid, place.payments, -place.paid_nowhere)
        return _SINK % (*spent, 0, 0)


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
