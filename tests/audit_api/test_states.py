"""The states of orders and findings, without a database."""

from __future__ import annotations

from contextlib import suppress
from datetime import date

import pytest

from chassis.problems import figures_of
from services.audit_api.findings.states import (
    FindingClosed,
    FindingNotConfirmed,
    FindingNotDraft,
    FindingStatus,
    after_closing,
    after_order,
    must_be_draft,
    status_at,
)
from services.audit_api.rectifications.states import (
    WORKED_ON,
    DatesOutOfOrder,
    Decision,
    OrderStatus,
    StepNotPossible,
    after_request,
    after_review,
    days_overdue,
    is_overdue,
    must_follow,
)


def test_every_step_has_its_states_and_no_others() -> None:
    asked: dict[OrderStatus, OrderStatus] = {}
    reviewed: dict[tuple[OrderStatus, Decision], OrderStatus] = {}
    for status in OrderStatus:
        with suppress(StepNotPossible):
            asked[status] = after_request(status)
        for decision in Decision:
            with suppress(StepNotPossible):
                reviewed[status, decision] = after_review(status, decision)
    requested = OrderStatus.CLOSURE_REQUESTED
    assert asked == dict.fromkeys(WORKED_ON, requested)
    assert {OrderStatus.ISSUED, OrderStatus.SENT_BACK} == WORKED_ON
    assert reviewed == {
        (requested, Decision.CLOSE): OrderStatus.CLOSED,
        (requested, Decision.SEND_BACK): OrderStatus.SENT_BACK,
    }


def test_a_refusal_says_the_state_and_the_step() -> None:
    with pytest.raises(StepNotPossible, match=r"已销号.*复核") as refusal:
        after_review(OrderStatus.CLOSED, Decision.CLOSE)
    assert figures_of(refusal.value) == {"status": "closed"}


def test_a_finding_is_ordered_then_closed_with_its_last_order() -> None:
    assert after_order(FindingStatus.OPEN, "x") == FindingStatus.ORDERED
    assert after_order(FindingStatus.ORDERED, "x") == FindingStatus.ORDERED
    with pytest.raises(FindingClosed):
        after_order(FindingStatus.CLOSED, "x")
    with pytest.raises(FindingNotConfirmed):
        after_order(FindingStatus.DRAFT, "x")
    assert after_closing([True, False]) == FindingStatus.ORDERED
    assert after_closing([True, True]) == FindingStatus.CLOSED


def test_a_state_is_known_from_the_position_that_told_it() -> None:
    reached = [status_at(position, 3, 5, 9) for position in (2, 3, 4, 5, 8, 9, 10)]
    draft, opened, ordered, closed = FindingStatus
    assert reached == [draft, opened, opened, ordered, ordered, closed, closed]
    assert status_at(100, None, None, None) == draft
    must_be_draft(draft, "x")
    for status in (opened, ordered, closed):
        with pytest.raises(FindingNotDraft):
            must_be_draft(status, "x")


@pytest.mark.parametrize(
    ("closed_on", "as_of", "overdue", "days"),
    [
        (None, date(2017, 11, 17), False, 0),
        (None, date(2017, 11, 18), True, 1),
        (date(2017, 11, 17), date(2018, 1, 1), False, 0),
        (date(2017, 11, 20), date(2017, 11, 19), True, 2),
        (date(2017, 11, 20), date(2017, 11, 20), False, 3),
        (date(2017, 11, 20), date(2018, 1, 1), False, 3),
    ],
)
def test_overdue_is_the_deadline_seen_from_a_day(closed_on: date | None, as_of: date, overdue: bool, days: int) -> None:
    deadline = date(2017, 11, 17)
    assert is_overdue(deadline, closed_on, as_of) is overdue
    assert days_overdue(deadline, closed_on, as_of) == days


def test_a_step_does_not_precede_the_one_before_it() -> None:
    must_follow("复核日期", date(2017, 11, 2), date(2017, 11, 2))
    with pytest.raises(DatesOutOfOrder):
        must_follow("复核日期", date(2017, 11, 1), date(2017, 11, 2))
