"""The life of a lead, pure: received → disposed of in one of four ways → concluded, each opinion drawn up and decided.

The stage and lateness are worked out from dated opinions, so that any day can be asked about. The month is counted to
the day of the same number in the next month, or to that month's last day where it has none; the day of receipt does not
count, the last day is in time, and no holiday moves it (assumed: the rule says 1 个月 and no more).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from treasury import clocks
from treasury.calendar import months_later
from treasury.clocks import TimeLimit, WorkCalendar
from treasury.policy import PolicyValue, in_force

OPINION_LIMIT: Final = "lead_opinion_months"
REPORT_LIMIT: Final = "lead_talk_report_months"
REPLY_LIMIT: Final = "lead_letter_reply_days"


class LeadSource(StrEnum):
    """Where a lead came from: 监督发现, 审计移送, 大数据预警, 信访举报, 监督检查, 巡视巡察."""

    FINDING = "finding"
    AUDIT_TRANSFER = "audit_transfer"
    BIG_DATA_ALERT = "big_data_alert"
    LETTER_VISIT = "letter_visit"
    INSPECTION = "inspection"
    PATROL = "patrol"


class LeadDisposition(StrEnum):
    """talk_or_letter: 谈话函询; preliminary_check: 初步核实; kept_for_later: 暂存待查; closed: 予以了结."""

    TALK_OR_LETTER = "talk_or_letter"
    PRELIMINARY_CHECK = "preliminary_check"
    KEPT_FOR_LATER = "kept_for_later"
    CLOSED = "closed"


class LeadOutcome(StrEnum):
    """not_substantiated: 不属实; partly_substantiated: 部分属实; substantiated: 属实."""

    NOT_SUBSTANTIATED = "not_substantiated"
    PARTLY_SUBSTANTIATED = "partly_substantiated"
    SUBSTANTIATED = "substantiated"


class LeadForm(StrEnum):
    """四种形态: 红脸出汗, 轻处分或组织调整, 重处分, 立案审查; of a lead, never of a person.

    none: 未运用; untold: 来源未载明, where somebody else decided and published the case without it.
    """

    NONE = "none"
    FIRST = "first"
    SECOND = "second"
    THIRD = "third"
    FOURTH = "fourth"
    UNTOLD = "untold"


class LeadDecision(StrEnum):
    """approve: 同意; send_back: 退回重拟."""

    APPROVE = "approve"
    SEND_BACK = "send_back"


class LeadStage(StrEnum):
    """received: 待处置; talking: 谈话函询; checking: 初步核实; kept: 暂存待查; closed: 已了结."""

    RECEIVED = "received"
    TALKING = "talking"
    CHECKING = "checking"
    KEPT = "kept"
    CLOSED = "closed"


STAGES: Final = {
    LeadStage.RECEIVED: "待处置",
    LeadStage.TALKING: "谈话函询中",
    LeadStage.CHECKING: "初步核实中",
    LeadStage.KEPT: "暂存待查",
    LeadStage.CLOSED: "已了结",
}
_AFTER: Final = {
    LeadDisposition.TALK_OR_LETTER: LeadStage.TALKING,
    LeadDisposition.PRELIMINARY_CHECK: LeadStage.CHECKING,
    LeadDisposition.KEPT_FOR_LATER: LeadStage.KEPT,
    LeadDisposition.CLOSED: LeadStage.CLOSED,
}


@dataclass(eq=False)
class LeadStepNotPossible(Exception):
    """The lead is not at a stage from which this step can be taken."""

    stage: str
    step: str

    def __str__(self) -> str:
        name = STAGES[LeadStage(self.stage)] if self.stage in STAGES else self.stage
        return f"该线索当前为“{name}”，不能办理“{self.step}”"


@dataclass(eq=False)
class OpinionUndecided(Exception):
    """An opinion has been drawn up and waits for another member's decision."""

    opinion_no: int

    def __str__(self) -> str:
        return f"第 {self.opinion_no} 号意见尚待另一名成员审批，不能再拟新的意见"


@dataclass(eq=False)
class OpinionDecided(Exception):
    """The opinion has been decided on already."""

    opinion_no: int

    def __str__(self) -> str:
        return f"第 {self.opinion_no} 号意见已经审批，不能再次审批"


@dataclass(eq=False)
class ReportMissing(Exception):
    """The talk or letter has not been reported on, so that nothing can be proposed upon it."""

    opinion_no: int

    def __str__(self) -> str:
        return f"第 {self.opinion_no} 号谈话函询尚未写出情况报告，请先登记报告再提出意见"


@dataclass(eq=False)
class DayAhead(Exception):
    """Something was said to have happened on a day that is still to come."""

    what: str
    on: date
    today: date

    def __str__(self) -> str:
        return f"{self.what} {self.on} 晚于今天 {self.today}"


@dataclass(frozen=True, slots=True)
class Opinion:
    """A disposition or an outcome as drawn up, and what was decided on it."""

    opinion_no: int
    disposition: LeadDisposition | None
    outcome: LeadOutcome | None
    form: LeadForm | None
    drawn_on: date
    decision: LeadDecision | None = None
    decided_on: date | None = None


@dataclass(frozen=True, slots=True)
class Letter:
    """When the letter of an opinion reached whom it asks, and when the reply came."""

    opinion_no: int
    received_on: date
    reply_due_on: date | None
    replied_on: date | None = None


@dataclass(frozen=True, slots=True)
class Talk:
    """When the talk of an opinion ended or its letter was answered, and when that was reported."""

    opinion_no: int
    ended_on: date
    report_due_on: date | None
    reported_on: date | None = None


@dataclass(frozen=True, slots=True)
class Due:
    """A last day in time and the edition of the policy value it follows from; both None when none was in force."""

    on: date | None
    limit: str | None


def due(values: Iterable[PolicyValue], key: str, region: str, since: date) -> Due:
    """The last day in time of what has to be done within the months of `key` after `since`."""
    value = in_force(values, key, region, since)
    return Due(None, None) if value is None else Due(months_later(since, value.number), str(value.ref))


def reply_due(values: Iterable[PolicyValue], region: str, received_on: date, calendar: WorkCalendar) -> Due:
    """The last day in time of a reply to a letter that was received on a day, which does not count."""
    value = in_force(values, REPLY_LIMIT, region, received_on)
    if value is None:
        return Due(None, None)
    return Due(clocks.due(received_on, TimeLimit.of(value), calendar).on, str(value.ref))


def must_not_be_ahead(what: str, on: date, today: date) -> None:
    """Refuse a day that is still to come."""
    if on > today:
        raise DayAhead(what, on, today)


def approved(opinions: Iterable[Opinion], as_of: date) -> list[Opinion]:
    """The opinions that had been approved by a day, in order."""
    return sorted(
        (
            one
            for one in opinions
            if one.decision is LeadDecision.APPROVE and one.decided_on is not None and one.decided_on <= as_of
        ),
        key=lambda one: one.opinion_no,
    )


def stage(opinions: Iterable[Opinion], as_of: date) -> LeadStage:
    """Where the lead stood on a day, by its last approved opinion; an outcome concludes it."""
    stood = approved(opinions, as_of)
    if not stood:
        return LeadStage.RECEIVED
    last = stood[-1].disposition
    return LeadStage.CLOSED if last is None else _AFTER[last]


def proposed_on(opinions: Iterable[Opinion], as_of: date) -> date | None:
    """The day on which a disposition was proposed that had not been sent back by `as_of`; None when none was."""
    return min(
        (
            one.drawn_on
            for one in opinions
            if one.disposition is not None
            and one.drawn_on <= as_of
            and not (one.decision is LeadDecision.SEND_BACK and one.decided_on is not None and one.decided_on <= as_of)
        ),
        default=None,
    )


def days_overdue(due_on: date | None, done_on: date | None, as_of: date) -> int:
    """By how many days something was late on a day; 0 when in time or without a limit."""
    if due_on is None:
        return 0
    until = as_of if done_on is None or done_on > as_of else done_on
    return max((until - due_on).days, 0)


def is_overdue(due_on: date | None, done_on: date | None, as_of: date) -> bool:
    """Whether something was late on a day and had not been done by it."""
    return due_on is not None and due_on < as_of and (done_on is None or done_on > as_of)


def answered_on(letter: Letter, talks: Iterable[Talk]) -> date | None:
    """The day from which no reply to a letter is owed: it came, or a talk was held in its place."""
    ended = (one.ended_on for one in talks if one.opinion_no == letter.opinion_no)
    return letter.replied_on or next(ended, None)


def last_day(received_on: date, opinions: Iterable[Opinion], talks: Iterable[Talk]) -> date:
    """The day of the latest thing that happened to a lead: what follows may not lie before it."""
    decided = (one.decided_on for one in opinions if one.decided_on is not None)
    reported = (one.reported_on or one.ended_on for one in talks)
    return max((received_on, *decided, *reported))


def must_take(opinions: Sequence[Opinion], talks: Sequence[Talk], *, outcome: bool) -> None:
    """Refuse an opinion that the lead is not ready for: one at a time, none after it was closed.

    After a talk or letter the report comes first; an outcome needs a talk or a preliminary check behind it.
    """
    for one in opinions:
        if one.decision is None:
            raise OpinionUndecided(one.opinion_no)
    now = stage(opinions, date.max)
    if now is LeadStage.CLOSED or (outcome and now not in {LeadStage.TALKING, LeadStage.CHECKING}):
        raise LeadStepNotPossible(now, "登记办理结果" if outcome else "提出处置意见")
    if now is LeadStage.TALKING:
        number = approved(opinions, date.max)[-1].opinion_no
        if not any(talk.opinion_no == number and talk.reported_on is not None for talk in talks):
            raise ReportMissing(number)


def talked_under(opinions: Sequence[Opinion], talks: Sequence[Talk]) -> Opinion:
    """The talk or letter that is under way and not yet said to have ended; else `LeadStepNotPossible`."""
    now = stage(opinions, date.max)
    stood = approved(opinions, date.max)
    if now is not LeadStage.TALKING or any(talk.opinion_no == stood[-1].opinion_no for talk in talks):
        raise LeadStepNotPossible(now, "登记谈话结束或函询回复")
    return stood[-1]


def written_under(opinions: Sequence[Opinion], talks: Sequence[Talk], letters: Sequence[Letter]) -> Opinion:
    """The talk or letter that is under way and for which no letter was received yet; else `LeadStepNotPossible`."""
    under = talked_under(opinions, talks)
    if any(one.opinion_no == under.opinion_no for one in letters):
        raise LeadStepNotPossible(LeadStage.TALKING, "再次登记函件送达")
    return under


def unanswered(opinions: Sequence[Opinion], talks: Sequence[Talk], letters: Sequence[Letter]) -> Letter:
    """The letter that waits for its reply; else `LeadStepNotPossible`."""
    under = talked_under(opinions, talks)
    for letter in letters:
        if letter.opinion_no == under.opinion_no:
            return letter
    raise LeadStepNotPossible(LeadStage.TALKING, "登记书面说明（函件尚未登记送达）")


def unreported(opinions: Sequence[Opinion], talks: Sequence[Talk]) -> Talk:
    """The talk that has ended and waits for its report; else `LeadStepNotPossible`."""
    for talk in talks:
        if talk.reported_on is None:
            return talk
    raise LeadStepNotPossible(stage(opinions, date.max), "登记情况报告")
