"""Whoever is named twice in a file is found, with the line of the first time, however the file was cut into pieces."""

from __future__ import annotations

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from services.funds_api.payments.firsts import Firsts

keys = st.one_of(st.none(), st.integers(0, 30).map(lambda n: bytes([n % 2 * 255]) * 15 + bytes([n])))


@settings(max_examples=200, deadline=None)
@given(st.lists(st.lists(keys, max_size=25), max_size=12))
def test_the_first_line_of_a_key_is_that_of_the_whole_file(pieces: list[list[bytes | None]]) -> None:
    firsts, known, line = Firsts(), dict[bytes, int](), 0
    for piece in pieces:
        lines = list(range(line + 1, line + 1 + len(piece)))
        line += len(piece)
        found = firsts.note(pl.Series(piece, dtype=pl.Binary), pl.Series(lines, dtype=pl.Int32))
        expected = [None if key is None else known.setdefault(key, at) for key, at in zip(piece, lines, strict=True)]
        assert found.to_list() == expected
        assert found.dtype == pl.Int32


def test_keys_of_many_pieces_rest_in_few_runs() -> None:
    firsts = Firsts()
    for piece in range(64):
        lines = pl.Series(range(100 * piece, 100 * piece + 100), dtype=pl.Int32)
        firsts.note(pl.Series([line.to_bytes(16, "big") for line in lines], dtype=pl.Binary), lines)
    assert [run.height for run in firsts._runs] == [6400]
    assert firsts._runs[0]["key"].is_sorted()
