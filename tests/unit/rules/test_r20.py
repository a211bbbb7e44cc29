"""R20: less spent than the last milestone asked for, from the day after it; just as much as allowed is not behind."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.funds_api.flags.rules.r20_spending_behind import FORMER, RULE, ProgressFacts, narrow
from services.funds_api.flags.rules.rule import Policy
from tests.unit.rules.judging import COUNTY, NOBODY, judged, policy, value

CURVE = {"03": 30, "06": 50, "09": 75, "12": 100}


def values(tolerance_ppm: int = 0) -> Policy:
    return Policy([value("spending_curve", CURVE), value("spending_behind_tolerance_ppm", tolerance_ppm)], COUNTY)


def place(
    received: int, spent: int, as_of: str = "2017-07-01", fund: str = "", due: str = "2017-06-30"
) -> ProgressFacts:
    return ProgressFacts(
        subject_id=NOBODY,
        region_code=COUNTY,
        amount_fen=0,
        as_of=date.fromisoformat(as_of),
        due_on=date.fromisoformat(due),
        year=int(due[:4]),
        name="某县",
        fund_code=fund,
        fund_name="衔接资金" if fund else "",
        received_fen=received,
        spent_fen=spent,
    )


@pytest.mark.parametrize(
    ("spent", "tolerance", "fires"),
    [
        (499_999, 0, True),
        (500_000, 0, False),
        (500_001, 0, False),
        (449_999, 50_000, True),
        (450_000, 50_000, False),
        (0, 500_000, False),
    ],
)
def test_behind_by_more_than_is_allowed(spent: int, tolerance: int, fires: bool) -> None:
    assert (judged(RULE, place(1_000_000, spent), values(tolerance)) is not None) == fires


@pytest.mark.parametrize(
    ("as_of", "due", "spent", "fires"),
    [
        ("2017-03-31", "2017-03-31", 0, False),
        ("2017-04-01", "2017-03-31", 299_999, True),
        ("2017-04-01", "2017-03-31", 300_000, False),
        ("2017-06-30", "2017-03-31", 299_999, True),
        ("2017-06-30", "2017-06-30", 0, False),
        ("2017-07-01", "2017-06-30", 499_999, True),
        ("2017-07-01", "2017-06-30", 500_000, False),
        ("2017-12-31", "2017-12-31", 0, False),
        ("2018-01-01", "2017-12-31", 999_999, True),
        ("2018-01-01", "2017-12-31", 1_000_000, False),
    ],
)
def test_a_milestone_is_asked_for_from_the_day_after_it_until_the_next_is_over(
    as_of: str, due: str, spent: int, fires: bool
) -> None:
    assert (judged(RULE, place(1_000_000, spent, as_of, due=due), values()) is not None) == fires


@pytest.mark.parametrize(
    ("day", "due"),
    [
        ("2017-03-31", "2016-12-31"),
        ("2017-04-01", "2017-03-31"),
        ("2017-06-30", "2017-03-31"),
        ("2017-07-01", "2017-06-30"),
        ("2017-12-31", "2017-09-30"),
        ("2018-01-01", "2017-12-31"),
        ("2018-03-31", "2017-12-31"),
        ("2018-04-01", "2018-03-31"),
    ],
)
def test_the_query_asks_for_the_last_milestone_that_is_over(day: str, due: str) -> None:
    by = narrow(values(), date.fromisoformat(day))
    assert by is not None
    assert (by["due_on"], by["year"]) == (date.fromisoformat(due), int(due[:4]))


def test_what_was_asked_on_the_day_itself_is_judged_again_by_the_version_that_asked() -> None:
    early = place(1_000_000, 299_999, "2017-03-31", due="2017-03-31")
    assert judged(FORMER[0], early, values()) is not None
    assert judged(RULE, early, values()) is None


@given(
    received=st.integers(1, 10**14),
    part=st.integers(0, 10**6),
    tolerance=st.integers(0, 10**6),
    day=st.dates(date(2017, 1, 1), date(2017, 12, 31)),
)
def test_the_query_yields_whom_the_judgement_wants(received: int, part: int, tolerance: int, day: date) -> None:
    spent = received * part // 1_000_000
    by = narrow(values(tolerance), day)
    assert by is not None
    yielded = spent * 1_000_000 < received * by["required_ppm"]
    facts = place(received, spent, day.isoformat(), due=by["due_on"].isoformat())
    assert (judged(RULE, facts, values(tolerance)) is not None) == yielded


def test_nobody_who_received_nothing_is_behind() -> None:
    assert judged(RULE, place(0, 0), values()) is None


def test_the_sentence_says_its_figures() -> None:
    verdict = judged(RULE, place(100_000_000, 42_020_000, "2017-07-10", "XJ"), values(10_000))
    assert verdict is not None
    for figure in (
        "某县",
        "2017 年度",
        "衔接资金",
        "1,000,000.00",
        "420,200.00",
        "42.02%",
        "2017-06-30",
        "50.00%",
        "7.98",
        "1.00",
    ):
        assert figure in verdict.explanation
    assert (verdict.mark, verdict.days, verdict.money) == ("2017-06-30:XJ", 10, ())
    whole = judged(RULE, place(100, 0), values())
    assert whole is not None
    assert whole.mark == "2017-06-30:全部"


def test_money_is_held_against_its_own_milestone_alone() -> None:
    by = narrow(values(), date(2017, 7, 11))
    assert by is not None
    assert (by["due_on"], by["required_ppm"]) == (date(2017, 6, 30), 500_000)
    assert judged(RULE, place(1_000_000, 300_000, "2017-07-11"), values()) is not None
    for other in ("2017-03-31", "2017-07-11"):
        assert judged(RULE, place(1_000_000, 300_000, "2017-07-11", due=other), values()) is None


def test_it_asks_the_same_on_every_day_until_the_next_milestone() -> None:
    first, later = (judged(RULE, place(100, 0, day), values()) for day in ("2017-07-01", "2017-09-30"))
    assert first is not None
    assert later is not None
    assert (first.mark, first.explanation) == (later.mark, later.explanation)
    assert first.explanation.endswith("，请核实")


def test_without_a_value_nothing_is_asked() -> None:
    assert narrow(policy(spending_behind_tolerance_ppm=0), date(2017, 6, 30)) is None
    assert judged(RULE, place(100, 0), policy(spending_behind_tolerance_ppm=0)) is None
    assert narrow(values(), date(2015, 1, 31)) == {
        "year": 2015,
        "due_on": date(2015, 1, 31),
        "required_ppm": 0,
    }, "the curve was not in force yet on the last day of the year before"
