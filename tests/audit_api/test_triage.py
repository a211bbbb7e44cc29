"""三看三定 without a database: each threshold with the near miss on its side, and who decides."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.audit_api.alerts.triage import Look, ReasonMissing, Triage, looks, must_say_why, proposed, way
from treasury.policy import Basis, PolicyValue

ON = date(2017, 11, 1)


def value(key: str, numbers: list[int], region: str = "00") -> PolicyValue:
    return PolicyValue(key, region, date(2015, 1, 1), numbers, "暂定", Basis.ASSUMED)


NATION = [
    value("triage_amount_fen", [10_000_000, 100_000_000]),
    value("triage_days", [180, 730]),
    value("triage_repeats_n", [2, 4]),
]


@pytest.mark.parametrize(
    ("amount_fen", "days", "repeats_n", "expected"),
    [
        (0, 0, 0, Triage.RECTIFY),
        (9_999_999, 179, 1, Triage.RECTIFY),
        (10_000_000, 179, 1, Triage.KEY_CHECK),
        (9_999_999, 180, 1, Triage.KEY_CHECK),
        (9_999_999, 179, 2, Triage.KEY_CHECK),
        (99_999_999, 729, 3, Triage.KEY_CHECK),
        (100_000_000, 0, 0, Triage.URGENT_CHECK),
        (0, 730, 0, Triage.URGENT_CHECK),
        (0, 0, 4, Triage.URGENT_CHECK),
    ],
)
def test_the_look_that_reaches_furthest_decides(amount_fen: int, days: int, repeats_n: int, expected: Triage) -> None:
    seen = looks(NATION, "420322101", ON, amount_fen=amount_fen, days=days, repeats_n=repeats_n)
    assert proposed(seen) is expected
    assert [one.look for one in seen] == list(Look)
    assert all(one.policy for one in seen)


def test_a_countys_own_threshold_stands_before_the_nations() -> None:
    values = [*NATION, value("triage_amount_fen", [500], "420322")]
    for region, expected in (("420322101", Triage.KEY_CHECK), ("420323101", Triage.RECTIFY)):
        assert proposed(looks(values, region, ON, amount_fen=500, days=0, repeats_n=0)) is expected


def test_where_nothing_is_laid_down_nothing_more_is_asked_for() -> None:
    seen = looks(NATION, "420322101", date(2014, 12, 31), amount_fen=10**13, days=9_999, repeats_n=99)
    assert proposed(seen) is Triage.RECTIFY
    assert [one.policy for one in seen] == [None, None, None]


def test_another_way_needs_a_reason() -> None:
    must_say_why(Triage.KEY_CHECK, Triage.KEY_CHECK, None)
    must_say_why(Triage.KEY_CHECK, Triage.RECTIFY, "已自行整改")
    with pytest.raises(ReasonMissing, match="建议“重点核查”，改定为“整改”"):
        must_say_why(Triage.KEY_CHECK, Triage.RECTIFY, None)


@given(st.integers(0, 10**14), st.lists(st.integers(1, 10**12), min_size=1, max_size=4, unique=True))
def test_more_never_asks_for_less(figure: int, limits: list[int]) -> None:
    ways = list(Triage)
    thresholds = sorted(limits)
    assert ways.index(way(figure, thresholds)) <= ways.index(way(figure + 1, thresholds))
    assert ways.index(way(figure, thresholds)) == sum(figure >= limit for limit in thresholds[:2])
