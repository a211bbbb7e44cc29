"""New days for stages: each open one is named, none moves forward or into the past, and none after its order."""

from __future__ import annotations

from datetime import date

import pytest

from services.audit_api.leads.states import DayAhead
from services.audit_api.rectifications.stage_days import (
    Granted,
    OpenStagesNotNamed,
    deadline_of,
    must_name_open_stages,
)
from services.audit_api.rectifications.states import DatesOutOfOrder, must_not_be_ahead

STANDING = {2: date(2017, 11, 5), 3: date(2017, 11, 15)}
ASKED = date(2017, 11, 10)
UNTIL = date(2017, 12, 10)


@pytest.mark.parametrize(
    "named",
    [
        {2: date(2017, 11, 10), 3: date(2017, 12, 10)},
        {2: date(2017, 11, 5), 3: date(2017, 11, 15)},  # the days that stand, the first of them missed already
        {2: date(2017, 11, 20), 3: date(2017, 11, 20)},
    ],
)
def test_later_days_and_those_that_stand_will_do(named: dict[int, date]) -> None:
    must_name_open_stages(STANDING, named, UNTIL, ASKED)


@pytest.mark.parametrize(
    "named",
    [
        {2: date(2017, 11, 9), 3: date(2017, 12, 10)},  # moved, and past on the day of the request
        {2: date(2017, 11, 10), 3: date(2017, 11, 14)},  # moved forward
        {2: date(2017, 11, 21), 3: date(2017, 11, 20)},  # the later stage before the earlier
        {2: date(2017, 11, 10), 3: date(2017, 12, 11)},  # after the order's own new day
    ],
)
def test_a_day_out_of_order_is_refused(named: dict[int, date]) -> None:
    with pytest.raises(DatesOutOfOrder):
        must_name_open_stages(STANDING, named, UNTIL, ASKED)


@pytest.mark.parametrize("named", [{}, {2: UNTIL}, {1: UNTIL, 2: UNTIL, 3: UNTIL}])
def test_the_open_stages_are_named_all_and_alone(named: dict[int, date]) -> None:
    with pytest.raises(OpenStagesNotNamed, match="第 2、3 阶段") as refusal:
        must_name_open_stages(STANDING, named, UNTIL, ASKED)
    assert refusal.value.figures() == {"open_stages": [2, 3], "named": sorted(named)}


def test_an_order_without_open_stages_names_none() -> None:
    must_name_open_stages({}, {}, UNTIL, ASKED)
    with pytest.raises(OpenStagesNotNamed, match="不必写明"):
        must_name_open_stages({}, {1: UNTIL}, UNTIL, ASKED)


def test_a_stage_has_the_latest_day_that_was_granted_while_it_was_open() -> None:
    first, granted = date(2017, 11, 5), [Granted(date(2017, 11, 20), 7), Granted(date(2017, 12, 1), 9)]
    assert deadline_of(first, [], None) == first
    assert deadline_of(first, granted, None) == date(2017, 12, 1)
    assert deadline_of(first, granted, 9) == date(2017, 11, 20)
    assert deadline_of(first, granted, 7) == first


def test_a_day_that_has_not_come_is_refused() -> None:
    must_not_be_ahead(ASKED, ASKED)
    with pytest.raises(DayAhead, match="晚于今天 2017-11-10"):
        must_not_be_ahead(date(2017, 11, 11), ASKED)
