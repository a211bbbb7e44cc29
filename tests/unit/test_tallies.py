"""Flags counted for every place that they lie in: each place's sum is that of what lies in it."""

from __future__ import annotations

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from services.funds_api.flags.tallies import Tallied, at_every_level, combined

REGIONS = ["990001", "990001101", "990001102", "990001101201", "990001101202", "990001102201"]
raised = st.lists(
    st.tuples(
        st.tuples(st.sampled_from(REGIONS), st.dates(date(2017, 1, 1), date(2017, 1, 3))),
        st.builds(Tallied, st.integers(1, 9), st.integers(0, 10**12), st.integers(0, 10**12)),
    )
)


@given(raised)
def test_each_place_has_what_lies_in_it(flags: list[tuple[tuple[str, date], Tallied]]) -> None:
    told = at_every_level(combined(flags))
    for place in {"990002", *REGIONS}:
        for day in {day for (_, day), _ in flags}:
            within = [one for (region, on), one in flags if region.startswith(place) and on == day]
            counted = told.get((place, day), Tallied(0, 0, 0))
            assert counted.flags_n == sum(one.flags_n for one in within)
            assert counted.fen == sum(one.fen for one in within)
            assert counted.named_fen == sum(one.named_fen for one in within)
