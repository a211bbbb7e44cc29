"""An engagement as a moment knew it: stage, countdown, periods, team and documents. Reads nothing by itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final
from uuid import UUID

from policies.workdays import announced
from services.audit_api.engagements.periods import PeriodOutcome, countdown
from services.audit_api.engagements.schemas import (
    Engagement,
    EngagementDocument,
    EngagementDocumentReceipt,
    EngagementForm,
    EngagementMember,
    EngagementPeriod,
    EngagementPeriodChange,
    EngagementPeriodName,
    EngagementPeriodWaiting,
    EngagementRef,
    EngagementRole,
    EngagementStance,
)
from services.audit_api.engagements.stages import (
    ENDINGS,
    KINDS,
    PAPERS,
    STAGES,
    Doc,
    EngagementKind,
    EngagementPaper,
    EngagementVerdict,
    stage_of,
    was_weighed,
)
from services.audit_api.engagements.store import Parts
from services.audit_api.moments import Moment
from services.audit_api.tables import (
    EngagementDocumentRow,
    EngagementMemberRow,
    EngagementPeriodRow,
    EngagementRow,
)
from treasury.policy import PolicyValue

ALL: Final = Moment(date.max)


def came(on: date | None, position: int | None, moment: Moment) -> bool:
    """Whether a fact that was added to a row later was there, and known, by the moment."""
    return on is not None and position is not None and on <= moment.as_of and position <= moment.position


def seen(rows: Sequence[EngagementDocumentRow], moment: Moment) -> list[EngagementDocumentRow]:
    """The documents that were there, and known, by the moment."""
    return [row for row in rows if row.done_on <= moment.as_of and row.position <= moment.position]


def doc_of(row: EngagementDocumentRow, moment: Moment, values: Mapping[str, PolicyValue] | None = None) -> Doc:
    """What the stages ask of a document."""
    checked = came(row.checked_on, row.checked_position, moment)
    delivered = came(row.delivered_on, row.delivered_position, moment)
    value = (values or {}).get(row.policy_ref or "")
    return Doc(
        no=row.no,
        paper=EngagementPaper(row.paper),
        on=row.done_on,
        made_by=row.made_by,
        starts_on=row.starts_on,
        at_once=row.at_once_because is not None,
        due_on=row.due_on,
        source=value.source if value else "",
        form=row.form,
        ahead=row.ahead_because is not None,
        verdict=EngagementVerdict(row.verdict) if checked and row.verdict else None,
        checked_on=row.checked_on if checked else None,
        delivered_on=row.delivered_on if delivered else None,
        was_delivered=row.delivered_position is not None and row.delivered_position <= moment.position,
    )


def receipts(rows: Sequence[EngagementDocumentRow], moment: Moment) -> dict[int, EngagementDocumentReceipt]:
    """The documents that were there by the moment, by number, without what they say."""
    docs = [doc_of(one, moment) for one in rows]
    due_on = next((one.due_on for one in docs if one.paper is EngagementPaper.REPORT), None)
    return {
        row.no: _receipt(row, moment, due_on, was_weighed(docs, doc) if doc.paper is EngagementPaper.REPLY else None)
        for row, doc in zip(rows, docs, strict=True)
    }


def _receipt(
    row: EngagementDocumentRow, moment: Moment, due_on: date | None, weighed: bool | None
) -> EngagementDocumentReceipt:
    """A document as the moment knew it; `due_on` is the last day for a reply, `weighed` whether it was decided upon."""
    checked = came(row.checked_on, row.checked_position, moment)
    delivered = came(row.delivered_on, row.delivered_position, moment)
    return EngagementDocumentReceipt(
        no=row.no,
        paper=EngagementPaper(row.paper),
        on=row.done_on,
        starts_on=row.starts_on,
        at_once_approved_by=row.at_once_approved_by,
        signed_on=row.signed_on,
        rests_on=list(row.rests_on),
        stance=EngagementStance(row.stance) if row.stance else None,
        form=EngagementForm(row.form) if row.form else None,
        due_on=row.due_on,
        late=(row.done_on > due_on) if row.paper == EngagementPaper.REPLY and due_on else None,
        weighed=weighed,
        ahead=row.ahead_because is not None,
        version_hash=row.version_hash,
        made_by=row.made_by,
        position=row.position,
        verdict=EngagementVerdict(row.verdict) if checked and row.verdict else None,
        checked_on=row.checked_on if checked else None,
        checked_by=row.checked_by if checked else None,
        delivered_on=row.delivered_on if delivered else None,
        ruling_until_on=row.ruling_until_on if delivered else None,
    )


def _document(row: EngagementDocumentRow, receipt: EngagementDocumentReceipt, moment: Moment) -> EngagementDocument:
    """A document as the moment knew it, with what it says."""
    return EngagementDocument(
        **receipt.model_dump(),
        document=row.document,
        title=row.title,
        content=row.content,
        at_once_because=row.at_once_because,
        ahead_because=row.ahead_because,
        supplier=row.supplier,
        unsigned_because=row.unsigned_because,
        opinion=row.opinion if came(row.checked_on, row.checked_position, moment) else None,
    )


def waits(row: EngagementPeriodRow) -> bool:
    """Whether another last day waits for its decision."""
    return row.period_no > 1 and row.decided_on is None


def period_at(rows: Sequence[EngagementPeriodRow], moment: Moment) -> EngagementPeriodRow:
    """The period that held by the moment: the last that was agreed to and known; the planned one where none was."""
    agreed = [row for row in rows if row.decision != EngagementVerdict.RETURNED]
    known = [row for row in agreed if came(row.decided_on, row.decided_position, moment)]
    return known[-1] if known else rows[0]


def period_changes(rows: Sequence[EngagementPeriodRow], moment: Moment) -> list[EngagementPeriodChange]:
    """Every other last day that was drawn up by the moment, with what was decided on it by then."""
    return [
        _period_change(row, moment) for row in rows if row.period_no > 1 and came(row.changed_on, row.position, moment)
    ]


def _period_change(row: EngagementPeriodRow, moment: Moment) -> EngagementPeriodChange:
    decided = came(row.decided_on, row.decided_position, moment)
    return EngagementPeriodChange(
        no=row.period_no,
        ends_on=row.ends_on,
        document=row.document,
        on=row.changed_on,
        made_by=row.made_by,
        version_hash=row.version_hash,
        decision=EngagementVerdict(row.decision) if decided and row.decision else None,
        decided_on=row.decided_on if decided else None,
        checked_by=row.checked_by if decided else None,
        opinion=row.opinion if decided else None,
    )


def refs_of(parts: Sequence[Parts]) -> set[str]:
    """The editions of policy values that these engagements were judged by."""
    told = {row.policy_ref for one in parts for row in one.documents}
    told |= {row.ruling_ref for one in parts for row in one.documents}
    told |= {row.policy_ref for one in parts for row in one.periods}
    return {ref for ref in told if ref}


def periods(
    parts: Parts, docs: Sequence[EngagementDocumentRow], values: Mapping[str, PolicyValue], moment: Moment
) -> list[EngagementPeriod]:
    """Every period that runs or ran, with what the day says of it."""
    spell = period_at(parts.periods, moment)
    told = [_engagement_period(spell, ending_of(docs, moment), values, moment.as_of)]
    reply = next((row for row in docs if row.paper == EngagementPaper.REPLY), None)
    told += [
        _reply_period(row, reply, values, moment.as_of)
        for row in docs
        if row.paper == EngagementPaper.REPORT and row.due_on
    ]
    told += [
        _ruling_period(row, values, moment.as_of)
        for row in docs
        if row.ruling_until_on and came(row.delivered_on, row.delivered_position, moment)
    ]
    return told


def _basis(ref: str | None, values: Mapping[str, PolicyValue], began_on: date, ends_on: date) -> dict[str, Any]:
    value = values.get(ref or "")
    assumed = not (announced(began_on) and announced(ends_on))
    working = value is not None and isinstance(value.value, dict)
    return {"policy_ref": ref, "source": value.source if value else None, "assumed": assumed and working}


def _engagement_period(
    spell: EngagementPeriodRow, ending: EngagementDocumentRow | None, values: Mapping[str, PolicyValue], as_of: date
) -> EngagementPeriod:
    ended_on = ending.checked_on if ending else None
    ended = PAPERS[EngagementPaper(ending.paper)] if ending else ""
    count = countdown(spell.ends_on, ended_on, as_of)
    said = {
        PeriodOutcome.RUNNING: f"距截止日 {spell.ends_on} 还有 {count.days_left} 日",
        PeriodOutcome.OVERDUE: f"截止日 {spell.ends_on} 已过 {count.days_over} 日，尚未结项",
        PeriodOutcome.MET: f"已于 {ended_on} {ended}",
        PeriodOutcome.MET_LATE: f"已于 {ended_on} {ended}，超过截止日 {count.days_over} 日",
    }[count.outcome]
    return EngagementPeriod(
        name=EngagementPeriodName.ENGAGEMENT,
        title="项目期限",
        began_on=spell.starts_on,
        ends_on=spell.ends_on,
        outcome=count.outcome,
        days_left=count.days_left,
        days_over=count.days_over,
        said=said,
        **_basis(spell.policy_ref, values, spell.starts_on, spell.ends_on),
    )


def _reply_period(
    report: EngagementDocumentRow,
    reply: EngagementDocumentRow | None,
    values: Mapping[str, PolicyValue],
    as_of: date,
) -> EngagementPeriod:
    last_on = report.due_on or report.done_on
    count = countdown(last_on, reply.done_on if reply else None, as_of, late=PeriodOutcome.SILENT)
    stance = "有异议" if reply is not None and reply.stance == EngagementStance.OBJECTION else "无异议"
    said = {
        PeriodOutcome.RUNNING: f"被监督单位可在 {last_on} 以前（含当日）答复，还有 {count.days_left} 日",
        PeriodOutcome.SILENT: f"至 {last_on} 未答复，视同无异议",
        PeriodOutcome.MET: f"已按期答复：{stance}",
        PeriodOutcome.MET_LATE: f"期限届满后 {count.days_over} 日才收到答复（{stance}），意见留存；视同无异议",
    }[count.outcome]
    return EngagementPeriod(
        name=EngagementPeriodName.REPLY,
        title="书面意见期限",
        began_on=report.done_on,
        ends_on=last_on,
        outcome=count.outcome,
        days_left=count.days_left,
        days_over=count.days_over,
        said=said,
        **_basis(report.policy_ref, values, report.done_on, last_on),
    )


def _ruling_period(row: EngagementDocumentRow, values: Mapping[str, PolicyValue], as_of: date) -> EngagementPeriod:
    began_on, last_on = row.delivered_on or row.done_on, row.ruling_until_on or row.done_on
    count = countdown(last_on, None, as_of, late=PeriodOutcome.OVER)
    running = count.outcome is PeriodOutcome.RUNNING
    return EngagementPeriod(
        name=EngagementPeriodName.RULING,
        title="提请裁决期限",
        began_on=began_on,
        ends_on=last_on,
        outcome=count.outcome,
        days_left=count.days_left,
        days_over=count.days_over,
        said=f"可在 {last_on} 以前提请本级人民政府裁决" if running else f"提请裁决期限已于 {last_on} 届满",
        **_basis(row.ruling_ref, values, began_on, last_on),
    )


def there(rows: Sequence[EngagementMemberRow], moment: Moment) -> list[EngagementMemberRow]:
    """Who was on the team on the day, by what was known."""
    return [
        row
        for row in rows
        if row.position <= moment.position
        and row.from_on <= moment.as_of
        and (
            row.until_on is None
            or row.until_on >= moment.as_of
            or (row.ended_position is not None and row.ended_position > moment.position)
        )
    ]


def engagement(row: EngagementRow, parts: Parts, values: Mapping[str, PolicyValue], moment: Moment) -> Engagement:
    """An engagement in a list."""
    rows = seen(parts.documents, moment)
    stage = stage_of([doc_of(one, moment) for one in rows])
    spell = period_at(parts.periods, moment)
    changes = period_changes(parts.periods, moment)
    members = there(parts.members, moment)
    return Engagement(
        id=row.id,
        county_code=row.county_code,
        kind=EngagementKind(row.kind),
        kind_name=KINDS[EngagementKind(row.kind)],
        title=row.title,
        question=row.question,
        office=row.office,
        regions=[one.code for one in parts.scope if one.what == "region"],
        fund_codes=[one.code for one in parts.scope if one.what == "fund"],
        auditee_unit_id=row.auditee_unit_id,
        auditee_name=row.auditee_name,
        part_of=row.part_of,
        planned_on=row.planned_on,
        planned_by=row.planned_by,
        as_of=moment.as_of,
        stage=stage,
        stage_name=STAGES[stage],
        starts_on=spell.starts_on,
        ends_on=spell.ends_on,
        period_waits=next((_waiting(one) for one in changes if one.decided_on is None), None),
        periods=periods(parts, rows, values, moment),
        lead=[one.person for one in members if one.role == EngagementRole.LEAD],
        members_n=len(members),
        documents_n=len(rows),
        findings_n=len(named(parts, moment)),
    )


def _waiting(change: EngagementPeriodChange) -> EngagementPeriodWaiting:
    return EngagementPeriodWaiting(**change.model_dump(include=set(EngagementPeriodWaiting.model_fields)))


def named(parts: Parts, moment: Moment) -> set[UUID]:
    """The findings that were named by the day, and known by the moment."""
    return {one.finding_id for one in parts.findings if came(one.named_on, one.position, moment)}


def ending_of(rows: Sequence[EngagementDocumentRow], moment: Moment) -> EngagementDocumentRow | None:
    """The conclusion or termination that two people had agreed to by the moment; it ended the engagement that day."""
    agreed = [row for row in rows if row.paper in ENDINGS and row.verdict == EngagementVerdict.AGREED]
    return next((row for row in agreed if came(row.checked_on, row.checked_position, moment)), None)


def ref(row: EngagementRow) -> EngagementRef:
    """An engagement as others name it."""
    kind = EngagementKind(row.kind)
    return EngagementRef(id=row.id, title=row.title, kind=kind, kind_name=KINDS[kind])


def documents(rows: Sequence[EngagementDocumentRow], moment: Moment) -> list[EngagementDocument]:
    """The documents that were there by the moment, with what they say."""
    told = receipts(rows, moment)
    return [_document(one, told[one.no], moment) for one in rows]


def team(parts: Parts, moment: Moment) -> list[EngagementMember]:
    """Everybody who was ever on the team, by what was known."""
    return [_member(one, moment) for one in parts.members if one.position <= moment.position]


def _member(one: EngagementMemberRow, moment: Moment) -> EngagementMember:
    ended = one.until_on is not None and (one.ended_position or 0) <= moment.position
    return EngagementMember(
        member_no=one.member_no,
        person=one.person,
        role=EngagementRole(one.role),
        unit_id=one.unit_id,
        from_on=one.from_on,
        until_on=one.until_on if ended else None,
    )
