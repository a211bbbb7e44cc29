"""Stages and periods of an engagement, pure: no document out of turn, no day too early, and the near miss of each."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.workdays import CHINA
from services.audit_api.engagements.periods import (
    Countdown,
    PeriodOutcome,
    countdown,
    ends_on,
    last_day,
    limit_words,
    moved_to_work,
    must_lie_within,
)
from services.audit_api.engagements.refusals import EngagementDayRefused, PapersUnreviewed, StepOutOfTurn
from services.audit_api.engagements.stages import (
    OF_A_UNIT,
    OVER,
    Doc,
    EngagementKind,
    EngagementPaper,
    EngagementStage,
    EngagementVerdict,
    endings,
    must_be_dated,
    must_be_first_of_form,
    must_be_heard,
    must_be_possible,
    must_be_reviewed,
    must_have_heard_all,
    of,
    stage_of,
    was_weighed,
)
from treasury.clocks import Due
from treasury.policy import Basis, PolicyValue

DAY = date(2023, 3, 6)
TEN = PolicyValue("k", "00", date(2010, 5, 1), {"days": 10, "counted": "working"}, "第三十九条", Basis.LAW)
SIXTY = PolicyValue("k", "00", date(2010, 5, 1), 60, "第五十二条", Basis.LAW)
ORDER = list(EngagementStage)


@given(
    st.sampled_from(EngagementKind),
    st.lists(st.tuples(st.sampled_from([*EngagementPaper, "check", "deliver", "end"]), st.booleans())),
)
def test_whatever_is_tried_a_stage_never_falls_behind_its_documents(
    kind: EngagementKind, tries: list[tuple[EngagementPaper | str, bool]]
) -> None:
    """Refused tries change nothing; those that pass keep the order; who is looked at is heard before it is decided."""
    docs: list[Doc] = []
    for no, (paper, agreed) in enumerate(tries, start=1):
        before = stage_of(docs)
        waiting = [one for one in of(docs, EngagementPaper.DECISION) if one.verdict is None]
        agreed_ones = [one for one in of(docs, EngagementPaper.DECISION) if one.verdict is EngagementVerdict.AGREED]
        if paper == "check" and waiting:
            verdict = EngagementVerdict.AGREED if agreed else EngagementVerdict.RETURNED
            docs = [replace(one, verdict=verdict, checked_on=DAY) if one is waiting[0] else one for one in docs]
        elif paper == "deliver" and agreed_ones and agreed_ones[0].delivered_on is None:
            docs = [replace(one, delivered_on=DAY) if one is agreed_ones[0] else one for one in docs]
        elif paper == "end" and (ends := [one for one in endings(docs) if one.verdict is None]):
            verdict = EngagementVerdict.AGREED if agreed else EngagementVerdict.RETURNED
            docs = [replace(one, verdict=verdict, checked_on=DAY) if one is ends[0] else one for one in docs]
        elif isinstance(paper, EngagementPaper):
            assert before not in OVER or paper is EngagementPaper.REPLY or not possible(docs, paper, kind)
            try:
                must_be_possible(docs, paper, of_a_unit=kind in OF_A_UNIT, notice_needed=agreed)
            except StepOutOfTurn:
                assert stage_of(docs) is before
                continue
            docs.append(Doc(no, paper, DAY))
        sent_back = paper == "check" and waiting and not agreed
        another = paper is EngagementPaper.DECISION and ORDER.index(before) > ORDER.index(EngagementStage.DRAWN)
        # An opinion that was recorded after a decision was drawn up sends the engagement back to weigh it.
        overtook = paper is EngagementPaper.REPLY
        assert sent_back or another or overtook or ORDER.index(stage_of(docs)) >= ORDER.index(before)
    papers = [one.paper for one in docs]
    for once in (
        EngagementPaper.NOTICE,
        EngagementPaper.START,
        EngagementPaper.REPORT,
        EngagementPaper.REPLY,
    ):
        assert papers.count(once) <= 1
    assert len(endings(docs)) <= 1
    assert (stage_of(docs) in OVER) == any(one.verdict is EngagementVerdict.AGREED for one in endings(docs))
    if kind in OF_A_UNIT and EngagementPaper.DECISION in papers:
        assert (
            papers.index(EngagementPaper.START)
            < papers.index(EngagementPaper.REPORT)
            < papers.index(EngagementPaper.DECISION)
        )


def possible(docs: list[Doc], paper: EngagementPaper, kind: EngagementKind) -> bool:
    try:
        must_be_possible(docs, paper, of_a_unit=kind in OF_A_UNIT)
    except StepOutOfTurn:
        return False
    return True


def test_a_notice_that_is_brought_along_waits_for_its_approval() -> None:
    notice = Doc(1, EngagementPaper.NOTICE, DAY, starts_on=DAY, at_once=True)
    agreed = replace(notice, verdict=EngagementVerdict.AGREED, checked_on=DAY)
    returned = replace(notice, verdict=EngagementVerdict.RETURNED, checked_on=DAY)
    assert [stage_of([one]) for one in (notice, agreed, returned)] == [
        EngagementStage.NOTICED,
        EngagementStage.NOTICED,
        EngagementStage.PLANNED,
    ]
    with pytest.raises(StepOutOfTurn, match="第 1 号"):
        must_be_possible([notice], EngagementPaper.START, of_a_unit=True, notice_needed=True)
    must_be_possible([agreed], EngagementPaper.START, of_a_unit=True, notice_needed=True)
    with pytest.raises(StepOutOfTurn, match="应先送达通知书"):
        must_be_possible([returned], EngagementPaper.START, of_a_unit=True, notice_needed=True)
    must_be_possible([returned], EngagementPaper.NOTICE, of_a_unit=True)
    with pytest.raises(StepOutOfTurn):
        must_be_possible([agreed], EngagementPaper.NOTICE, of_a_unit=True)


@given(st.dates(date(2023, 1, 1), date(2023, 12, 31)))
def test_fieldwork_lies_in_the_period(on: date) -> None:
    first, last = date(2023, 3, 1), date(2023, 6, 30)
    try:
        must_lie_within("进点日", on, first, last)
    except EngagementDayRefused:
        assert not first <= on <= last
    else:
        assert first <= on <= last


def test_a_decision_that_was_sent_back_is_drawn_up_anew() -> None:
    docs = [
        Doc(1, EngagementPaper.START, DAY),
        Doc(2, EngagementPaper.REPORT, DAY),
        Doc(3, EngagementPaper.DECISION, DAY),
    ]
    assert stage_of(docs) is EngagementStage.DRAWN
    docs[2] = replace(docs[2], form="decision")
    with pytest.raises(StepOutOfTurn, match="第 3 号"):
        must_be_first_of_form(docs, "decision", DAY)
    must_be_first_of_form(docs, "report", DAY)
    docs[2] = replace(docs[2], verdict=EngagementVerdict.RETURNED, checked_on=DAY + timedelta(2))
    assert stage_of(docs) is EngagementStage.CONSULTED
    with pytest.raises(EngagementDayRefused):
        must_be_first_of_form(docs, "decision", DAY + timedelta(1))
    must_be_first_of_form(docs, "decision", DAY + timedelta(2))


def test_of_several_decisions_the_one_least_far_says_the_stage() -> None:
    start, report = Doc(1, EngagementPaper.START, DAY), Doc(2, EngagementPaper.REPORT, DAY)
    decision = Doc(3, EngagementPaper.DECISION, DAY, form="decision", verdict=EngagementVerdict.AGREED, checked_on=DAY)
    delivered = replace(decision, delivered_on=DAY)
    transfer = Doc(4, EngagementPaper.DECISION, DAY, form="transfer")
    assert stage_of([start, report, delivered]) is EngagementStage.EFFECTIVE
    assert stage_of([start, report, delivered, transfer]) is EngagementStage.DRAWN
    agreed = replace(transfer, verdict=EngagementVerdict.AGREED, checked_on=DAY)
    assert stage_of([start, report, delivered, agreed]) is EngagementStage.DECIDED
    returned = replace(transfer, verdict=EngagementVerdict.RETURNED, checked_on=DAY)
    assert stage_of([start, report, delivered, returned]) is EngagementStage.EFFECTIVE
    must_be_first_of_form([start, report, agreed], "transfer", DAY)


def test_an_opinion_in_time_that_was_recorded_after_the_draft_is_weighed_first() -> None:
    report = Doc(1, EngagementPaper.REPORT, date(2023, 4, 3), due_on=date(2023, 4, 18))
    decision = Doc(2, EngagementPaper.DECISION, date(2023, 4, 19))
    in_time = Doc(3, EngagementPaper.REPLY, date(2023, 4, 18))
    with pytest.raises(StepOutOfTurn, match="第 3 号"):
        must_have_heard_all([report, decision, in_time], decision, "送达", "另拟")
    must_have_heard_all([report, decision, replace(in_time, on=date(2023, 4, 19))], decision, "送达", "另拟")
    must_have_heard_all([report, decision, replace(in_time, no=1)], decision, "送达", "另拟")
    agreed = replace(decision, verdict=EngagementVerdict.AGREED, checked_on=date(2023, 4, 20))
    assert stage_of([report, agreed]) is EngagementStage.DECIDED
    assert stage_of([report, agreed, in_time]) is EngagementStage.CONSULTED, "what was not weighed counts for nothing"
    for delivered in (replace(agreed, delivered_on=date(2023, 4, 21)), replace(agreed, was_delivered=True)):
        assert stage_of([report, delivered, in_time]) is not EngagementStage.CONSULTED
        assert was_weighed([report, delivered, in_time], in_time) is False
    assert was_weighed([report, agreed, in_time], in_time) is None
    assert was_weighed([report, replace(agreed, no=4), in_time], in_time) is True


def test_no_document_is_dated_before_what_it_follows_or_after_today() -> None:
    docs = [
        Doc(1, EngagementPaper.START, DAY),
        Doc(2, EngagementPaper.WORKING_PAPER, DAY, verdict=EngagementVerdict.AGREED, checked_on=DAY + timedelta(3)),
    ]
    today = DAY + timedelta(9)
    must_be_dated(docs, EngagementPaper.REPORT, DAY + timedelta(3), today)
    must_be_dated(docs, EngagementPaper.REPORT, today, today)
    for wrong in (DAY + timedelta(2), today + timedelta(1)):
        with pytest.raises(EngagementDayRefused):
            must_be_dated(docs, EngagementPaper.REPORT, wrong, today)


def test_a_team_reports_on_reviewed_papers() -> None:
    agreed = Doc(1, EngagementPaper.WORKING_PAPER, DAY, verdict=EngagementVerdict.AGREED)
    returned = Doc(2, EngagementPaper.WORKING_PAPER, DAY, verdict=EngagementVerdict.RETURNED)
    must_be_reviewed([agreed])
    must_be_reviewed([agreed, returned])
    for docs in ([], [returned], [agreed, Doc(3, EngagementPaper.WORKING_PAPER, DAY)]):
        with pytest.raises(PapersUnreviewed):
            must_be_reviewed(docs)


def test_silence_is_no_objection_from_the_day_after_the_last_one() -> None:
    report = Doc(1, EngagementPaper.REPORT, date(2023, 4, 3), due_on=date(2023, 4, 18), source="第三十九条")
    with pytest.raises(Exception, match="2023-04-18 以前（含当日）"):
        must_be_heard([report], date(2023, 4, 18))
    must_be_heard([report], date(2023, 4, 19))
    reply = Doc(2, EngagementPaper.REPLY, date(2023, 4, 4))
    must_be_heard([report, reply], date(2023, 4, 4))
    open_ended = replace(report, due_on=None)
    with pytest.raises(StepOutOfTurn, match="不能推定无异议"):
        must_be_heard([open_ended], date(2033, 4, 19))
    must_be_heard([open_ended, reply], date(2023, 4, 4))


def test_days_of_the_law_are_working_days() -> None:
    """清明节 2023-04-05 and two weekends lie between."""
    assert ends_on(date(2023, 4, 3), TEN, CHINA) == Due(date(2023, 4, 18), assumed=False)
    assert limit_words(TEN) == "10 个工作日"
    assert limit_words(SIXTY) == "60 个自然日"


def test_sixty_days_that_end_on_a_holiday_end_on_the_next_working_day() -> None:
    """24 June 2023 is a free day of 端午节; Sunday 25 June was worked for it (调休)."""
    last = ends_on(date(2023, 4, 25), SIXTY, CHINA)
    assert last.on == date(2023, 6, 24)
    assert moved_to_work(last, CHINA).on == date(2023, 6, 25)
    assert moved_to_work(Due(date(2023, 6, 26), assumed=False), CHINA).on == date(2023, 6, 26)


@pytest.mark.parametrize(
    ("starts_on", "months", "last"),
    [
        (date(2017, 10, 1), 8, date(2018, 5, 31)),
        (date(2017, 10, 31), 1, date(2017, 11, 29)),
        (date(2024, 1, 31), 1, date(2024, 2, 28)),
        (date(2024, 2, 1), 1, date(2024, 2, 29)),
    ],
)
def test_months_are_whole(starts_on: date, months: int, last: date) -> None:
    assert last_day(starts_on, months) == last


@pytest.mark.parametrize(
    ("as_of", "met_on", "told"),
    [
        (date(2018, 5, 30), None, Countdown(PeriodOutcome.RUNNING, 1, 0)),
        (date(2018, 5, 31), None, Countdown(PeriodOutcome.RUNNING, 0, 0)),
        (date(2018, 6, 1), None, Countdown(PeriodOutcome.OVERDUE, 0, 1)),
        (date(2018, 6, 1), date(2018, 5, 31), Countdown(PeriodOutcome.MET, 0, 0)),
        (date(2018, 6, 1), date(2018, 6, 1), Countdown(PeriodOutcome.MET_LATE, 0, 1)),
        (date(2018, 6, 1), date(2018, 6, 2), Countdown(PeriodOutcome.OVERDUE, 0, 1)),
    ],
)
def test_a_countdown_is_what_the_day_says(as_of: date, met_on: date | None, told: Countdown) -> None:
    assert countdown(date(2018, 5, 31), met_on, as_of) == told
