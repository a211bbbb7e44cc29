"""Leads as values: the month, stages, ties, and counts from which nothing that was kept back can be worked out."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.audit_api.leads import cells, recusal, states
from services.audit_api.leads.states import (
    LeadDecision,
    LeadDisposition,
    LeadForm,
    LeadOutcome,
    LeadSource,
    LeadStage,
    Opinion,
    Talk,
)
from treasury.policy import Basis, PolicyValue

DAY = timedelta(days=1)
days = st.dates(date(2016, 1, 1), date(2040, 12, 31))
MONTH = PolicyValue(states.OPINION_LIMIT, "00", date(2015, 1, 1), 1, "规则", Basis.PRACTICE)
SUBJECT = recusal.Subject(uuid4(), "第一镇财政所", "990001101")


def opinion(number: int, on: date, said: LeadDecision | None = None, **more: object) -> Opinion:
    classes: dict[str, Any] = {"disposition": LeadDisposition.PRELIMINARY_CHECK, "outcome": None, "form": None, **more}
    return Opinion(number, drawn_on=on, decision=said, decided_on=None if said is None else on, **classes)


@pytest.mark.parametrize(
    ("received", "last"),
    [
        (date(2019, 1, 15), date(2019, 2, 15)),
        (date(2019, 1, 31), date(2019, 2, 28)),
        (date(2020, 1, 31), date(2020, 2, 29)),
        (date(2019, 2, 28), date(2019, 3, 28)),
        (date(2019, 12, 1), date(2020, 1, 1)),
    ],
)
def test_a_month_ends_on_the_day_of_the_same_number_or_the_last(received: date, last: date) -> None:
    due = states.due([MONTH], states.OPINION_LIMIT, "990001", received)
    assert (due.on, due.limit) == (last, "lead_opinion_months@00@2015-01-01#1")
    assert states.days_overdue(due.on, None, last) == 0
    assert states.days_overdue(due.on, None, last + DAY) == 1
    assert states.days_overdue(due.on, last, last + 30 * DAY) == 0


def test_without_a_limit_in_force_nothing_is_late() -> None:
    due = states.due([MONTH], states.OPINION_LIMIT, "990001", date(2014, 12, 31))
    assert (due.on, due.limit) == (None, None)
    assert states.days_overdue(None, None, date(2030, 1, 1)) == 0


@given(days, st.integers(0, 400), st.integers(0, 400))
def test_lateness_grows_with_days_until_it_is_done_and_never_after(since: date, done: int, later: int) -> None:
    due_on = states.due([MONTH], states.OPINION_LIMIT, "990001", since).on
    done_on, day = since + done * DAY, since + later * DAY
    late = states.days_overdue(due_on, done_on, day)
    assert late <= states.days_overdue(due_on, None, day)
    assert states.days_overdue(due_on, done_on, day + DAY) in {late, late + 1}
    if day >= done_on:
        assert states.days_overdue(due_on, done_on, day + DAY) == late


@given(st.lists(st.tuples(days, st.sampled_from([*LeadDecision, None])), max_size=6), days)
def test_a_day_knows_nothing_of_later_days(told: list[tuple[date, LeadDecision | None]], as_of: date) -> None:
    said = [opinion(number, on, decided) for number, (on, decided) in enumerate(told, 1)]
    by_then = [one for one in said if one.drawn_on <= as_of]
    assert states.stage(said, as_of) == states.stage(by_then, as_of)
    assert states.proposed_on(said, as_of) == states.proposed_on(by_then, as_of)


def test_an_outcome_concludes_and_a_closed_lead_takes_nothing_more() -> None:
    on = date(2019, 2, 1)
    checked = opinion(1, on, LeadDecision.APPROVE)
    found = opinion(
        2, on, LeadDecision.APPROVE, disposition=None, outcome=LeadOutcome.SUBSTANTIATED, form=LeadForm.FIRST
    )
    states.must_take([checked], [], outcome=True)
    assert states.stage([checked, found], on) is LeadStage.CLOSED
    for outcome in (True, False):
        with pytest.raises(states.LeadStepNotPossible):
            states.must_take([checked, found], [], outcome=outcome)
    with pytest.raises(states.OpinionUndecided):
        states.must_take([opinion(1, on)], [], outcome=False)


def test_after_a_talk_the_report_comes_first() -> None:
    on = date(2019, 2, 1)
    talk = opinion(1, on, LeadDecision.APPROVE, disposition=LeadDisposition.TALK_OR_LETTER)
    assert states.talked_under([talk], []) is talk
    ended = Talk(1, on, None)
    for talks in ([], [ended]):
        with pytest.raises(states.ReportMissing):
            states.must_take([talk], talks, outcome=True)
    assert states.unreported([talk], [ended]) is ended
    states.must_take([talk], [Talk(1, on, None, on)], outcome=True)
    for step in (states.talked_under, states.unreported):
        with pytest.raises(states.LeadStepNotPossible):
            step([talk], [Talk(1, on, None, on)])


@pytest.mark.parametrize(
    ("declared", "related"),
    [
        (recusal.Declared("an", None), False),
        (recusal.Declared("an", "第一镇财政所"), True),
        (recusal.Declared("an", "第二镇财政所"), False),
        (recusal.Declared("an", None, unit_id=SUBJECT.unit_id), True),
        (recusal.Declared("an", None, unit_id=uuid4()), False),
        (recusal.Declared("an", None, region_code="990001101"), True),
        (recusal.Declared("an", None, region_code="990001"), True),
        (recusal.Declared("an", None, region_code="990001102"), False),
        (recusal.Declared("an", None, region_code="990001101201"), False),
    ],
)
def test_a_tie_is_to_the_unit_or_to_a_place_around_it(declared: recusal.Declared, related: bool) -> None:
    assert recusal.is_related(declared, SUBJECT) is related


def test_whoever_declared_nothing_or_is_related_is_not_free() -> None:
    free = recusal.Recusal("bo", has_declared=True, is_related=False)
    recusal.must_be_free([free])
    with pytest.raises(recusal.NotDeclared):
        recusal.must_be_free([free, recusal.Recusal("an", has_declared=False, is_related=False)])
    with pytest.raises(recusal.Related):
        recusal.must_be_free([free, recusal.Recusal("an", has_declared=True, is_related=True)])
    recusal.must_not_be_of("an", None, SUBJECT)
    recusal.must_not_be_of("an", "第二镇财政所", SUBJECT)
    with pytest.raises(recusal.Related):
        recusal.must_not_be_of("an", SUBJECT.unit_name, SUBJECT)


counts = st.dictionaries(
    st.sampled_from([str(one) for one in LeadSource]), st.tuples(st.integers(1, 12), st.integers(1, 3)), max_size=6
)


@given(counts, st.integers(3, 6))
def test_what_is_kept_back_cannot_be_worked_out(found: dict[str, tuple[int, int]], floor: int) -> None:
    """Raising or lowering a cell that is not told, below the floor, changes nothing of what is told."""
    names = [str(one) for one in LeadSource]

    def told(numbers: dict[str, tuple[int, int]]) -> cells.Table:
        return cells.table(names, [cells.Counted(name, n, c) for name, (n, c) in numbers.items()], floor)

    table = told(found)
    assert list(table.cells) == names
    for name, n in table.cells.items():
        if n is None:
            without = {key: value for key, value in found.items() if key != name}
            for other in range(floor):
                assert told({**without, name: (other, 2)} if other else without) == table
        else:
            assert (n, n >= floor, found[name][1] >= cells.COUNTIES_FLOOR) == (found[name][0], True, True)
    assert (table.total_n is None) == (None in table.cells.values())


def test_a_month_is_told_once_it_is_over() -> None:
    month = cells.month_of("2019-02")
    cells.must_be_over(month, date(2019, 3, 1))
    with pytest.raises(cells.MonthNotOver):
        cells.must_be_over(month, date(2019, 2, 28))
    first, following = cells.bounds(month)
    assert (first.isoformat(), following.isoformat()) == ("2019-01-31T16:00:00+00:00", "2019-02-28T16:00:00+00:00")
    for region in ("99", "9900"):
        cells.must_be_above_county(region, 6)
    for region in ("990001", "990001101"):
        with pytest.raises(cells.CountsAboveCounty):
            cells.must_be_above_county(region, 6)
