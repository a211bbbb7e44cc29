"""Fen named twice or within others count once: known cases, and what holds of any nesting."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from services.funds_api.outcomes.nesting import distinct_fen


def test_what_lies_in_something_else_is_part_of_it() -> None:
    holders = {"payment:b:1": ["batch:b", "movement:m", "project:p"], "order:o": ["movement:m", "project:p"]}
    assert distinct_fen({"project:p": 100, "order:o": 60}, holders) == 100
    assert distinct_fen({"project:p": 100, "order:o": 60, "payment:b:1": 50}, holders) == 110, "more than its holder"
    assert distinct_fen({"order:o": 60, "payment:b:1": 50}, holders) == 110, "nobody named what holds them"
    assert (
        distinct_fen({"batch:b": 50, "payment:b:1": 50, "project:p": 40}, {**holders, "batch:b": ["project:p"]}) == 50
    )
    assert distinct_fen({}, holders) == 0


@given(st.dictionaries(st.integers(0, 30), st.integers(0, 10**9)), st.data())
def test_it_lies_between_the_largest_and_the_plain_sum(fen: dict[int, int], data: st.DataObject) -> None:
    """An item lies only in ones of a lower number, so nothing lies in itself."""
    named = {str(n): amount for n, amount in fen.items()}
    holders = {
        str(n): [str(one) for one in data.draw(st.lists(st.integers(0, n - 1), max_size=3))] if n else [] for n in fen
    }
    told = distinct_fen(named, holders)
    assert max(named.values(), default=0) <= told <= sum(named.values())
    assert distinct_fen(named, {}) == sum(named.values())
    roots = [n for n in named if not any(one in named for one in holders[n])]
    assert told >= sum(named[n] for n in roots)
