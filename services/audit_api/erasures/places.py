"""Where words that may name a person rest, and by which name they are asked for when they are to go; pure.

The database keeps the same list as rows (`audit.erasable_text`), by which words are found and taken out; a migration
that adds words adds its lines there and here. Each other column of text in the schema names nobody, with a reason that
a house test keeps (`tests/texts_that_name_nobody.py`).
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final, NamedTuple


class Erased(StrEnum):
    """finding: 问题; evidence: 证据; alert: 预警; rectification_order: 整改通知; quarantine: 封存.

    engagement: 审计项目等; filed_report: 登记的审计报告; erasure: 删除申请的审核意见; lead: 线索（只由其成员申请）.
    """

    FINDING = "finding"
    EVIDENCE = "evidence"
    ALERT = "alert"
    ORDER = "rectification_order"
    QUARANTINE = "quarantine"
    ENGAGEMENT = "engagement"
    FILED_REPORT = "filed_report"
    ERASURE = "erasure"
    LEAD = "lead"


CONTENT: Final = "content"  # what a file of evidence says inside: its bytes go, its digest stays


class Place(NamedTuple):
    """One column of words: asked for as `field` of `what`, in the rows of `place` whose `named_by` is the thing's id.

    `inside` names the one word of a JSON column that is meant; empty for a column of text.
    """

    what: str
    field: str
    place: str
    named_by: str
    words: str
    inside: str = ""


PLACES: Final = (
    Place("finding", "title", "finding", "id", "title"),
    Place("finding", "title", "finding_version", "finding_id", "title"),
    Place("finding", "title", "rectification_order", "finding_id", "finding_title"),
    Place("finding", "facts", "finding", "id", "facts"),
    Place("finding", "facts", "finding_version", "finding_id", "facts"),
    Place("finding", "facts", "finding_fact", "finding_id", "what"),
    Place("finding", "opinion", "finding_review", "finding_id", "opinion"),
    Place("finding", "published", "finding_version", "finding_id", "published", "note"),
    Place("finding", "published", "finding_version", "finding_id", "published", "rectification"),
    Place("finding", "repeat", "finding_repeat", "finding_id", "reason"),
    Place("finding", "repeat", "finding_repeat", "finding_id", "undo_reason"),
    Place("finding", "repeat", "finding_repeat", "finding_id", "opinion"),
    Place("finding", "repeat", "finding_repeat_undoing", "finding_id", "reason"),
    Place("finding", "repeat", "finding_repeat_undoing", "finding_id", "opinion"),
    Place("evidence", "file_name", "evidence", "id", "file_name"),
    Place("evidence", "about", "ledger_extract", "evidence_id", "about"),
    Place("evidence", "supplier", "evidence_signature", "evidence_id", "supplier"),
    Place("evidence", "unsigned_because", "evidence_signature", "evidence_id", "unsigned_because"),
    Place("evidence", "reason", "evidence_withdrawal", "evidence_id", "reason"),
    Place("evidence", "opinion", "evidence_withdrawal", "evidence_id", "opinion"),
    Place("alert", "dismissal_reason", "alert", "id", "dismissal_reason"),
    Place("alert", "dismissal_reason", "alert_refutation", "alert_id", "reason"),
    Place("alert", "opinion", "alert_refutation", "alert_id", "opinion"),
    Place("alert", "triage", "alert_triage", "alert_id", "reason"),
    Place("alert", "merge", "alert_merge", "alert_id", "reason"),
    Place("alert", "merge", "alert_merge", "alert_id", "undo_reason"),
    Place("rectification_order", "demand", "rectification_order", "id", "demand"),
    Place("rectification_order", "demand", "rectification_stage", "order_id", "task"),
    Place("rectification_order", "demand", "rectification_draft", "id", "demand"),
    Place("rectification_order", "demand", "rectification_draft_stage", "draft_id", "task"),
    Place("rectification_order", "opinion", "rectification_draft", "id", "opinion"),
    Place("rectification_order", "note", "rectification_step", "order_id", "note"),
    Place("rectification_order", "reason", "rectification_extension", "order_id", "reason"),
    Place("rectification_order", "opinion", "rectification_extension", "order_id", "opinion"),
    Place("rectification_order", "supervision", "rectification_supervision", "order_id", "demand"),
    Place("rectification_order", "supervision", "rectification_supervision", "order_id", "opinion"),
    Place("rectification_order", "look_back", "rectification_look_back", "order_id", "note"),
    Place("rectification_order", "look_back", "rectification_look_back", "order_id", "opinion"),
    Place("quarantine", "words", "quarantine_step", "quarantine_id", "words"),
    Place("engagement", "title", "engagement", "id", "title"),
    Place("engagement", "title", "engagement_document", "engagement_id", "title"),
    Place("engagement", "question", "engagement", "id", "question"),
    Place("engagement", "content", "engagement_document", "engagement_id", "content"),
    Place("engagement", "content", "engagement_document", "engagement_id", "at_once_because"),
    Place("engagement", "content", "engagement_document", "engagement_id", "ahead_because"),
    Place("engagement", "supplier", "engagement_document", "engagement_id", "supplier"),
    Place("engagement", "supplier", "engagement_document", "engagement_id", "unsigned_because"),
    Place("engagement", "opinion", "engagement_document", "engagement_id", "opinion"),
    Place("engagement", "opinion", "engagement_period", "engagement_id", "opinion"),
    Place("filed_report", "title", "filed_report", "id", "title"),
    Place("filed_report", "note", "filed_report", "id", "told", "note"),
    Place("filed_report", "note", "filed_report", "id", "told", "scope"),
    Place("filed_report", "note", "filed_report", "id", "told", "overall_rectification"),
    Place("erasure", "opinion", "erasure", "id", "opinion"),
    Place("lead", "matter", "lead", "id", "matter"),
    Place("lead", "opinion", "lead_opinion", "lead_id", "opinion"),
    Place("lead", "opinion", "lead_opinion", "lead_id", "decision_opinion"),
    Place("lead", "opinion", "lead_departure", "lead_id", "opinion"),
    Place("lead", "report", "lead_talk", "lead_id", "report"),
    Place("lead", "reply", "lead_letter", "lead_id", "reply"),
)


def fields_of(what: str) -> frozenset[str]:
    """Which words of such a thing may be asked for; what the law or the ledger needs (amounts, days) cannot go."""
    named = {one.field for one in PLACES if one.what == what}
    return frozenset(named | ({CONTENT} if what == Erased.EVIDENCE else set()))
