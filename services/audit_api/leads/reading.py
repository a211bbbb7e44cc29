"""What a member is shown of a lead: as it stood on a day, and as it was known at an instant.

Rows that were recorded later are left out, and facts that were added to a row later are taken off it; the number up to
which was read is not told, since it would count the acts on other leads.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from services.audit_api.leads.schemas import (
    Lead,
    LeadDeparture,
    LeadFile,
    LeadLetter,
    LeadMember,
    LeadOpinion,
    LeadTalk,
)
from services.audit_api.leads.states import (
    LeadDecision,
    LeadDisposition,
    LeadForm,
    LeadOutcome,
    Letter,
    Opinion,
    Talk,
    answered_on,
    days_overdue,
    is_overdue,
    proposed_on,
    stage,
)
from services.audit_api.moments import Moment
from services.audit_api.tables import (
    LeadDepartureRow,
    LeadLetterRow,
    LeadMemberRow,
    LeadOpinionRow,
    LeadRow,
    LeadTalkRow,
)


def _masked(row: Any, moment: Moment, later: int | None, *facts: str) -> dict[str, Any]:
    """The columns of a row, with `facts` empty if they were recorded at a position behind the moment."""
    shown = {column.name: getattr(row, column.name) for column in row.__table__.columns}
    if later is not None and later > moment.position:
        shown.update(dict.fromkeys(facts))
    return shown


def member_of(row: LeadMemberRow, moment: Moment) -> LeadMember:
    shown = _masked(row, moment, row.ended_position, "until_on", "ended_by", "ended_because")
    return LeadMember.model_validate({name: shown[name] for name in LeadMember.model_fields})


def departure_of(row: LeadDepartureRow, moment: Moment) -> LeadDeparture:
    shown = _masked(row, moment, row.decided_position, "decision", "opinion", "decided_on", "checked_by")
    return LeadDeparture.model_validate({name: shown[name] for name in LeadDeparture.model_fields})


def opinion_of(row: LeadOpinionRow, moment: Moment) -> LeadOpinion:
    decided = ("decision", "decision_opinion", "decided_on", "decided_by")
    shown = _masked(row, moment, row.decided_position, *decided)
    return LeadOpinion.model_validate({name: shown[name] for name in LeadOpinion.model_fields})


def talk_of(row: LeadTalkRow, moment: Moment) -> LeadTalk:
    shown = _masked(row, moment, row.reported_position, "reported_on", "report", "reported_by")
    late = days_overdue(row.report_due_on, shown["reported_on"], moment.as_of)
    told = {name: shown[name] for name in LeadTalk.model_fields if name != "days_overdue"}
    return LeadTalk(**told, days_overdue=late)


def letter_of(row: LeadLetterRow, talks: Sequence[LeadTalkRow], moment: Moment) -> LeadLetter:
    shown = _masked(row, moment, row.replied_position, "replied_on", "reply", "reply_recorded_by")
    letter = Letter(row.opinion_no, row.received_on, row.reply_due_on, shown["replied_on"])
    ended_on = answered_on(letter, [talked(one) for one in known(talks, moment)])
    told = {name: shown[name] for name in LeadLetter.model_fields if name != "days_overdue"}
    return LeadLetter(**told, days_overdue=days_overdue(row.reply_due_on, ended_on, moment.as_of))


def known(rows: Sequence[Any], moment: Moment) -> list[Any]:
    """The rows that had been recorded by the moment."""
    return [row for row in rows if row.position <= moment.position]


def judged(row: LeadOpinion | LeadOpinionRow) -> Opinion:
    """An opinion as the pure rules read it."""
    return Opinion(
        opinion_no=row.opinion_no,
        disposition=None if row.disposition is None else LeadDisposition(row.disposition),
        outcome=None if row.outcome is None else LeadOutcome(row.outcome),
        form=None if row.form is None else LeadForm(row.form),
        drawn_on=row.drawn_on,
        decision=None if row.decision is None else LeadDecision(row.decision),
        decided_on=row.decided_on,
    )


def talked(row: LeadTalk | LeadTalkRow) -> Talk:
    """A talk as the pure rules read it."""
    return Talk(row.opinion_no, row.ended_on, row.report_due_on, row.reported_on)


def written(row: LeadLetter | LeadLetterRow) -> Letter:
    """A letter as the pure rules read it."""
    return Letter(row.opinion_no, row.received_on, row.reply_due_on, row.replied_on)


def lead_of(
    row: LeadRow,
    opinions: Sequence[LeadOpinionRow],
    letters: Sequence[LeadLetterRow],
    talks: Sequence[LeadTalkRow],
    moment: Moment,
) -> Lead:
    """The lead on the moment's day, from what was known of it by then."""
    as_of = moment.as_of
    said = [judged(opinion_of(one, moment)) for one in known(opinions, moment)]
    late = days_overdue(row.opinion_due_on, proposed_on(said, as_of), as_of)
    held = [talked(talk_of(one, moment)) for one in known(talks, moment)]
    sent = [written(letter_of(one, talks, moment)) for one in known(letters, moment)]
    return Lead.model_validate(
        {
            **{
                column.name: getattr(row, column.name)
                for column in row.__table__.columns
                if column.name in Lead.model_fields
            },
            "stage": stage(said, as_of),
            "as_of": as_of,
            "opinion_days_overdue": late,
            "overdue": is_overdue(row.opinion_due_on, proposed_on(said, as_of), as_of)
            or any(is_overdue(one.reply_due_on, answered_on(one, held), as_of) for one in sent)
            or any(is_overdue(one.report_due_on, one.reported_on, as_of) for one in held),
        }
    )


def file_of(
    row: LeadRow,
    members: Sequence[LeadMemberRow],
    departures: Sequence[LeadDepartureRow],
    opinions: Sequence[LeadOpinionRow],
    letters: Sequence[LeadLetterRow],
    talks: Sequence[LeadTalkRow],
    moment: Moment,
) -> LeadFile:
    """All that a member may read of a lead."""
    return LeadFile(
        **lead_of(row, opinions, letters, talks, moment).model_dump(),
        matter=row.matter,
        referred_by=row.referred_by,
        members=[member_of(one, moment) for one in known(members, moment)],
        departures=[departure_of(one, moment) for one in known(departures, moment)],
        opinions=[opinion_of(one, moment) for one in known(opinions, moment)],
        letters=[letter_of(one, talks, moment) for one in known(letters, moment)],
        talks=[talk_of(one, moment) for one in known(talks, moment)],
        known_at=None if moment.known_at is None else moment.known_at.isoformat(),
    )
