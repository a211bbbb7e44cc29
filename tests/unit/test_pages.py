"""Page marks: what this system made comes back as it was, and anything else is refused, never a crash."""

from __future__ import annotations

import base64
import json
from datetime import date
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.pages import BadMark, Window, cut, date_in, mark, whole, window_of


@given(st.uuids(), st.dates(), st.integers(0, 10**18 - 1), st.text(max_size=20))
def test_a_mark_comes_back_as_the_key_it_was_made_of(one: UUID, day: date, number: int, word: str) -> None:
    window = window_of(mark(one, day, number, word), 50)
    assert window.key(UUID, date_in, whole, str) == (one, day, number, word)


def encoded(key: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(key).encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "after",
    ["x", "%%%", encoded("text"), encoded([1]), encoded({"a": 1}), encoded([None]), "é", encoded([["x"]]), "A" * 400],
)
def test_a_mark_that_is_no_list_of_texts_is_refused(after: str) -> None:
    with pytest.raises(BadMark):
        window_of(after, 50)


@pytest.mark.parametrize("key", [[], ["x"], ["x", "y"], [str(uuid4())], [str(uuid4()), "9" * 30], [str(uuid4()), "-1"]])
def test_a_mark_of_another_list_is_refused(key: list[str]) -> None:
    with pytest.raises(BadMark):
        window_of(encoded(key), 50).key(UUID, whole)


def test_the_last_page_has_no_next() -> None:
    window = Window(after=None, limit=2)
    assert window.key(UUID) is None
    assert cut([1, 2], window, lambda row: (row,)) == ([1, 2], None)
    page, after = cut([1, 2, 3], window, lambda row: (row,))
    assert page == [1, 2]
    assert window_of(after, 2).key(whole) == (2,)
