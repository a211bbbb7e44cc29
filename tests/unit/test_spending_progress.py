"""Ratios of spending progress: one rounding, milestones on their own day, leap years, and the published figure."""

from __future__ import annotations

import csv
from datetime import date
from fractions import Fraction
from pathlib import Path

import pytest

from services.funds_api.spending.progress import (
    Milestone,
    milestones,
    passed_by_days,
    passed_by_months,
    percent,
    ppm,
    ranks,
    reached_and_next,
)

PUBLISHED = Path(__file__).parents[2] / "data" / "published"
CURVE = {"03": 30, "06": 50, "09": 75, "11": 92, "12": 100}


def test_the_published_rate_of_zhangye_comes_out_exactly() -> None:
    """张掖市 2023: 第一批支出 21185.83 万元, 支出率 42.02 %, 超序时 8.68 个百分点 at the end of April."""
    with (PUBLISHED / "allocation_lines.csv").open(encoding="utf-8") as file:
        [line] = [one for one in csv.reader(file) if one[0] == "A33" and "截至4月底支出" in "".join(one)]
    with (PUBLISHED / "allocation_sources.csv").open(encoding="utf-8") as file:
        [source] = [one for one in csv.reader(file) if one[0] == "A33" and "第一批" in "".join(one)]
    assert line[-1] == "支出率42.02%;序时=42.02-8.68=33.34%"
    spent, received = Fraction(int(line[-2])), Fraction(int(source[-2]))
    assert (spent, received) == (211_858_300, 504_220_000)
    as_of = date(2023, 4, 30)
    assert percent(spent / received) == "42.02"
    assert percent(spent / received - passed_by_months(as_of.year, as_of)) == "8.68"
    assert percent(spent / received - passed_by_days(as_of.year, as_of)) == "9.14", "by days it would be another figure"


@pytest.mark.parametrize(
    ("as_of", "months", "days"),
    [
        (date(2016, 12, 31), Fraction(0), Fraction(0)),
        (date(2017, 1, 1), Fraction(0), Fraction(1, 365)),
        (date(2017, 1, 30), Fraction(0), Fraction(30, 365)),
        (date(2017, 1, 31), Fraction(1, 12), Fraction(31, 365)),
        (date(2017, 2, 27), Fraction(1, 12), Fraction(58, 365)),
        (date(2017, 2, 28), Fraction(2, 12), Fraction(59, 365)),
        (date(2017, 12, 30), Fraction(11, 12), Fraction(364, 365)),
        (date(2017, 12, 31), Fraction(1), Fraction(1)),
        (date(2018, 1, 1), Fraction(1), Fraction(1)),
    ],
)
def test_a_year_passes_by_months_and_by_days(as_of: date, months: Fraction, days: Fraction) -> None:
    assert (passed_by_months(2017, as_of), passed_by_days(2017, as_of)) == (months, days)


def test_a_leap_year_has_a_day_more() -> None:
    assert passed_by_months(2016, date(2016, 2, 28)) == Fraction(1, 12)
    assert passed_by_months(2016, date(2016, 2, 29)) == Fraction(2, 12)
    assert passed_by_days(2016, date(2016, 4, 30)) == Fraction(121, 366)
    assert passed_by_days(2100, date(2100, 4, 30)) == Fraction(120, 365), "a century is no leap year"
    [stone] = milestones({"02": 10}, 2016)
    assert stone == Milestone(date(2016, 2, 29), Fraction(1, 10))


@pytest.mark.parametrize(
    ("as_of", "due", "following"),
    [
        (date(2017, 1, 1), None, 30),
        (date(2017, 3, 30), None, 30),
        (date(2017, 3, 31), 30, 50),
        (date(2017, 6, 29), 30, 50),
        (date(2017, 6, 30), 50, 75),
        (date(2017, 11, 30), 92, 100),
        (date(2017, 12, 30), 92, 100),
        (date(2017, 12, 31), 100, None),
        (date(2018, 7, 1), 100, None),
    ],
)
def test_between_milestones_the_last_one_is_asked_for(as_of: date, due: int | None, following: int | None) -> None:
    found = reached_and_next(milestones(CURVE, 2017), as_of)
    assert [one and one.share * 100 for one in found] == [due, following]


def test_a_share_is_rounded_once_a_half_away_from_zero() -> None:
    assert percent(Fraction(1, 3)) == "33.33"
    assert percent(Fraction(-1, 3)) == "-33.33"
    assert percent(Fraction(2, 3)) == "66.67"
    assert percent(Fraction(12345, 1_000_000)) == "1.23", "1.2345 % is nearer to 1.23"
    assert percent(Fraction(1235, 100_000)) == "1.24"
    assert percent(Fraction(-1235, 100_000)) == "-1.24"
    assert percent(Fraction(-1, 1_000_000)) == "0.00", "no negative nothing"
    assert percent(Fraction(1)) == "100.00"
    assert (ppm(Fraction(1, 3)), ppm(Fraction(2, 3)), ppm(Fraction(-2, 3))) == (333_333, 666_667, -666_667)


def test_equal_rates_share_a_place_and_nothing_has_none() -> None:
    half, third = Fraction(1, 2), Fraction(1, 3)
    assert ranks([third, half, None, half, Fraction(0)]) == [3, 1, None, 1, 4]
    assert ranks([Fraction(1, 3), Fraction(333_333, 1_000_000)]) == [1, 2], "ranked as they are, not as they are told"
    assert ranks([]) == []
