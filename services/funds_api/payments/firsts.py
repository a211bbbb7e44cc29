"""Which line of a file named somebody first, asked piece by piece, without an object for anybody who was named.

Keys of 16 bytes (tokens, ids of households) are held as numbers in sorted runs, merged as they grow: a million of them
take 20 MB, where a dictionary took 140. Knows no column and no person.
"""

from __future__ import annotations

import polars as pl


class Firsts:
    """The lines of one file by what they name, as far as the file was read."""

    def __init__(self) -> None:
        self._runs: list[pl.DataFrame] = []

    def note(self, keys: pl.Series, lines: pl.Series) -> pl.Series:
        """For each row of the next piece the first line of the file that has its key; null where it has none.

        `keys` are 16 bytes each or null; `lines` rise, and lie behind those of the pieces before.
        """
        rows = pl.DataFrame({"key": keys.bin.reinterpret(dtype=pl.Int128), "line": lines})
        # In the order of keys, equal ones by line: each first of its kind, and those behind it, are neighbours.
        named = rows.drop_nulls("key").sort("key", maintain_order=True)
        new = (named["key"] != named["key"].shift()).fill_null(value=True)
        first = named["line"]
        if not new.all():
            first = first.zip_with(new, first.clear(named.height)).forward_fill()
        for run in self._runs:
            at = run["key"].search_sorted(named["key"], side="left").clip(upper_bound=run.height - 1)
            first = run["line"].gather(at).zip_with(run["key"].gather(at) == named["key"], first)
        own = first == named["line"]
        self._keep(named.filter(own))
        if own.all():  # nobody was named before, as in most pieces
            return rows.select(pl.when(pl.col("key").is_not_null()).then("line")).to_series()
        return rows.join(named.select("line", first=first), on="line", how="left", maintain_order="left")["first"]

    def _keep(self, run: pl.DataFrame) -> None:
        if run.height:
            self._runs.append(run)
        while len(self._runs) > 1 and self._runs[-2].height < 2 * self._runs[-1].height:
            later, earlier = self._runs.pop(), self._runs.pop()
            self._runs.append(earlier.merge_sorted(later, "key"))
