"""The files others rely on are what the code makes; and the guard against breaking changes can see one."""

from __future__ import annotations

import copy
import json

from tests.contract.snapshots import ROOT, breaks, current, text


def test_the_snapshots_are_what_the_code_makes() -> None:
    """If this fails the interface changed: `python -m tests.contract.snapshots` writes it, unless it breaks readers."""
    made = current()
    assert len(made) > 20
    stale = [
        str(path.relative_to(ROOT))
        for path, document in made.items()
        if not path.exists() or path.read_text() != text(document)
    ]
    assert stale == []


def test_no_snapshot_is_left_of_an_event_that_is_gone() -> None:
    made = {path.name for path in current()}
    assert {path.name for path in (ROOT / "wire" / "schemas").glob("*.json")} <= made


def test_the_guard_sees_what_breaks_a_reader() -> None:
    path = ROOT / "wire" / "schemas" / "FlagRaised.json"
    old = json.loads(path.read_text())
    assert list(breaks(old, old)) == []
    gone = copy.deepcopy(old)
    del gone["properties"]["amount_fen"]
    assert list(breaks(old, gone)) == ["/properties/amount_fen is gone"]
    other_type = copy.deepcopy(old)
    other_type["properties"]["amount_fen"]["type"] = "number"
    assert list(breaks(old, other_type)) == ["/properties/amount_fen/type changed from 'integer' to 'number'"]
    more = copy.deepcopy(old)
    more["properties"]["note"] = {"type": "string"}
    assert list(breaks(old, more)) == []
    optional = copy.deepcopy(old)
    optional["required"].remove("amount_fen")
    assert list(breaks(old, optional)) == [": amount_fen may now be missing"]
