"""R12: above the fence and not on it, with enough rows to compare with."""

from __future__ import annotations

from datetime import date

import pytest

from services.funds_api.flags.rules.r12_amount_outlier import RULE, OutlierFacts, narrow
from services.funds_api.flags.rules.rule import Policy
from tests.unit.rules.judging import COUNTY, NOBODY, judged, policy, value

DAY = date(2017, 4, 20)
VALUES = policy(outlier_fence_ppm=3_000_000, outlier_distance_min_ppm=500_000, outlier_rows_min=20)


def paid(fen: int, rows: int = 100, q1: int = 90_000, q3: int = 110_000) -> OutlierFacts:
    return OutlierFacts(
        subject_id=NOBODY,
        region_code="990001101201",
        amount_fen=fen,
        as_of=DAY,
        batch_id=NOBODY,
        line=7,
        entitlement="产业奖补2017",
        document="西财农〔2017〕8号",
        rows_n=rows,
        q1_fen=q1,
        q3_fen=q3,
    )


@pytest.mark.parametrize(("fen", "fires"), [(110_000, False), (169_999, False), (170_000, False), (170_001, True)])
def test_above_the_third_quartile_and_three_distances(fen: int, fires: bool) -> None:
    assert (judged(RULE, paid(fen), VALUES) is not None) == fires


@pytest.mark.parametrize(("rows", "fires"), [(19, False), (20, True), (21, True)])
def test_too_few_rows_are_no_comparison(rows: int, fires: bool) -> None:
    assert (judged(RULE, paid(500_000, rows), VALUES) is not None) == fires


@pytest.mark.parametrize(("fen", "fires"), [(100_001, False), (150_000, False), (150_001, True)])
@pytest.mark.parametrize("q1", [100_000, 99_999])
def test_where_most_got_the_same_a_payment_stands_out_by_the_least_distance(fen: int, q1: int, fires: bool) -> None:
    assert (judged(RULE, paid(fen, q1=q1, q3=100_000), VALUES) is not None) == fires


def test_the_query_is_told_the_lowest_fence_of_all_times() -> None:
    later = Policy([*VALUES.values, value("outlier_fence_ppm", 6_000_000, date(2017, 6, 1))], COUNTY)
    told = {"fence_ppm": 3_000_000, "apart_ppm": 500_000, "rows_min": 20}
    assert narrow(later, date(2017, 7, 1)) == narrow(VALUES, DAY) == told
    assert judged(RULE, paid(170_001), later) is not None


def test_it_asks_in_a_sentence() -> None:
    verdict = judged(RULE, paid(200_000), VALUES)
    assert verdict is not None
    assert verdict.explanation.endswith("，请核实")


def test_the_sentence_says_row_amount_fence_and_quartiles() -> None:
    verdict = judged(RULE, paid(200_000), VALUES)
    assert verdict is not None
    for figure in (
        "第 7 行",
        "2,000.00",
        "1,700.00",
        "900.00",
        "1,100.00",
        "100 笔",
        "产业奖补2017",
        "西财农〔2017〕8号",
    ):
        assert figure in verdict.explanation
    assert [one.item for one in verdict.money] == [f"payment:{NOBODY}:7"]


def test_without_a_value_nothing_is_asked() -> None:
    for without in ("outlier_fence_ppm", "outlier_distance_min_ppm", "outlier_rows_min"):
        some = Policy([one for one in VALUES.values if one.key != without], COUNTY)
        assert narrow(some, DAY) is None
        assert judged(RULE, paid(9_999_999), some) is None
