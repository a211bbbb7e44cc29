"""Ranks and shares of fen-days."""

from __future__ import annotations

from services.funds_api.responsibility.ranking import hundredths, percent, ranks, ranks_among


def test_equal_figures_share_a_rank_and_the_next_counts_them() -> None:
    assert ranks([5, 9, 9, 1, 5]) == [3, 1, 1, 5, 3]
    assert ranks([]) == []
    assert ranks([0, 0]) == [1, 1]


def test_ranks_are_among_siblings_wherever_they_stand() -> None:
    assert ranks_among([5, 9, 9, 1], ["a", "b", "a", "a"]) == [(2, 3), (1, 1), (1, 3), (3, 3)]
    assert ranks_among([], []) == []


def test_a_share_is_rounded_at_the_half() -> None:
    assert percent(1, 3) == "33.33"
    assert percent(2, 3) == "66.67"
    assert (percent(1, 20_000), percent(1, 20_001)) == ("0.01", "0.00")  # 0.005 % is the half; just below it is nothing
    assert (percent(7, 7), percent(0, 7), percent(0, 0)) == ("100.00", "0.00", "0.00")


def test_hundredths_keep_their_noughts() -> None:
    assert (hundredths(0), hundredths(5), hundredths(100), hundredths(12_345)) == ("0.00", "0.05", "1.00", "123.45")
