"""Text that rests in schema `audit` and names nobody whom an erasure could be about, each column with the reason.

A new column of text stands either here or among the words that can be taken out (`services/audit_api/erasures/
places.py`); `test_house.py` reads the tables and fails for one that stands in neither.
"""

from __future__ import annotations

from typing import Final

# A reason, and the columns it holds for. An official acts in the name of an office: who drew up, decided or delivered
# something is the record itself, and stays (assumed; 个人信息保护法 art 34 lets an organ handle what its duty needs).
_WHO_ACTED: Final = (
    "an official acting in office, by the account: the record of who decided stays",
    """
    alert.assignee alert.dismissal_checked_by alert.dismissed_by alert_outcome.decided_by alert_assignment.assignee
    alert_assignment.made_by
    alert_merge.made_by alert_merge.undone_by alert_refutation.checked_by alert_refutation.made_by
    alert_triage.made_by engagement.planned_by engagement_document.at_once_approved_by
    engagement_document.checked_by engagement_document.delivered_by engagement_document.made_by
    engagement_finding.named_by engagement_member.ended_by engagement_member.made_by engagement_member.person
    engagement_period.checked_by engagement_period.made_by finding_repeat_undoing.checked_by
    finding_repeat_undoing.made_by erasure.checked_by erasure.made_by event.actor evidence.kept_by
    evidence_signature.told_by evidence_withdrawal.checked_by evidence_withdrawal.made_by filed_report.filed_by
    finding.confirmed_by finding.opened_by finding_repeat.made_by finding_repeat.undone_by finding_review.checked_by
    finding_review.made_by finding_version.made_by interest_declaration.person lead.referred_by
    lead_member.appointed_by lead_member.ended_by lead_member.person lead_opinion.decided_by lead_opinion.drawn_by
    lead_departure.checked_by lead_departure.made_by lead_departure.person
    lead_letter.recorded_by lead_letter.reply_recorded_by
    lead_talk.recorded_by lead_talk.reported_by ledger_extract.asked_by log_cosignature.received_by
    policy_value.confirmed_by policy_value.set_by policy_value.withdrawn_by quarantine_step.done_by
    quarantine_step.made_by rectification_extension.checked_by rectification_extension.made_by
    rectification_look_back.checked_by rectification_supervision.checked_by finding_repeat.checked_by
    rectification_look_back.closed_by rectification_look_back.made_by rectification_order.issued_by
    rectification_draft.checked_by rectification_draft.made_by rectification_order.drawn_by
    rectification_order.requested_by rectification_order.reviewed_by rectification_stage.done_by
    rectification_step.done_by rectification_supervision.leader_account rectification_supervision.made_by
    """,
)
_CODES: Final = (
    "a code, a class or a state of this system, or the code of a place",
    """
    alert.triage alert.flag_outcome alert_outcome.outcome alert.fund_code alert.rule_code alert.status alert.subject
    alert_refutation.decision alert_triage.policies
    alert_triage.proposed alert_triage.triage engagement.kind engagement_document.form engagement_document.paper
    engagement_document.stance engagement_document.verdict engagement_member.role engagement_scope.code
    engagement_scope.what erasable_text.field erasable_text.inside erasable_text.named_by erasable_text.place
    erasable_text.what erasable_text.words erased_outcome.stream erasure.basis erasure.decision erasure.fields
    erasure.what event.idempotency_key event.kind event.request_id event.stream evidence.file_kind
    evidence_withdrawal.decision finding.amount_known finding.class_code finding_listed.class_code finding.status
    finding_class.articles
    event_named.stream finding_class.code finding_class.problem_class finding_review.decision finding_subject.kind
    finding_version.amount_known finding_version.class_code flag_told.fund_code flag_told.rule_code flag_told.stream
    flag_told.subject follower_cursor.reading_after follower_cursor.stream interest_declaration.kind
    interest_declaration.relation lead.source lead_departure.decision
    lead_member.ended_because lead_opinion.decision
    lead_opinion.disposition lead_opinion.form lead_opinion.outcome ledger_extract.what log_cursor.service
    log_cursor.stream log_leaf.service log_leaf.stream lot_draw.kind policy_gate.key policy_value.key
    quarantine_step.step quarantine_told.told rectification_extension.decision rectification_look_back.result
    rectification_look_back.decision rectification_supervision.decision finding_repeat.decision
    engagement_period.decision finding_repeat_undoing.decision
    rectification_draft.decision rectification_draft.kind
    rectification_order.kind rectification_order.status rectification_step.action stream_head.stream
    """,
)
_DIGESTS: Final = (
    "a digest, a salt, an id or a signature",
    """
    alert_refutation.salt alert_refutation.version_hash engagement_document.salt engagement_document.version_hash
    erasure.salt erasure.version_hash evidence.path_key evidence_signature.salt evidence_withdrawal.salt
    evidence_withdrawal.version_hash finding.version_hash finding_review.version_hash finding_version.salt
    finding_version.version_hash lead_departure.salt lead_departure.version_hash
    lead_opinion.salt lead_opinion.version_hash
    ledger_extract.path log_checkpoint.note log_cosignature.line log_cosignature.witness log_cursor.stopped_because
    log_key_announcement.because log_key_announcement.key log_key_announcement.key_before log_key_change.key
    log_key_change.key_before log_key_change.note
    quarantine_step.salt quarantine_step.version_hash rectification_extension.salt
    rectification_extension.version_hash rectification_step.salt rectification_supervision.salt
    rectification_supervision.version_hash rectification_look_back.salt rectification_look_back.version_hash
    finding_repeat.salt finding_repeat.version_hash finding_repeat_undoing.salt finding_repeat_undoing.version_hash
    engagement_period.salt engagement_period.version_hash rectification_draft.salt rectification_draft.version_hash
    """,
)
_OFFICES: Final = (
    "an office, a unit or a post, never the person in it",
    """
    alert.unit_name engagement.auditee_name engagement.office filed_report.auditor flag_told.unit_name
    interest_declaration.own_unit interest_declaration.related_unit_name lead.subject_unit_name
    rectification_draft.unit_name rectification_order.unit_name rectification_supervision.leader_post
    """,
)
_NUMBERS: Final = (
    "the number of a document or the edition of a policy value",
    """
    engagement_document.document engagement_document.policy_ref engagement_document.ruling_ref
    engagement_period.document engagement_period.policy_ref alert_outcome.document erasure.document
    filed_report.reference
    lead.opinion_limit lead_letter.reply_limit lead_talk.report_limit quarantine.document quarantine_step.document
    rectification_supervision.document rectification_supervision.policy
    """,
)
_TOLD: Final = (
    "told by the feed of funds_api, whose events hold no personal data: a rule's own words with figures",
    """
    alert.explanation alert.source alert.title flag_told.explanation flag_told.source flag_told.title
    quarantine_told.lots
    """,
)
_LAW: Final = (
    "the text of a law or of practice, its source, or a class named by it",
    """
    finding_class.basis finding_class.source finding_class.title policy_value.basis policy_value.source
    policy_value.value policy_value.withdrawn_because
    """,
)
_JOURNAL: Final = (
    "the journal: bodies hold no words, and answers lose theirs by the erasure of what they tell of",
    """
    event.body event.outcome
    """,
)

NOT_PERSONAL: Final[dict[str, str]] = {
    column: reason
    for reason, columns in (_WHO_ACTED, _CODES, _DIGESTS, _OFFICES, _NUMBERS, _TOLD, _LAW, _JOURNAL)
    for column in columns.split()
}
