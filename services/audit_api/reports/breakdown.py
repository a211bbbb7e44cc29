"""统计表: the same findings by class, place, unit and engagement; each table comes to the same totals. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from services.audit_api.reports.division import class_of, divided, engagement_of, place_of, table, unit_of
from services.audit_api.reports.facts import FindingFact, counted
from services.audit_api.reports.model import Section


def sections(findings: Sequence[FindingFact], as_of: date) -> tuple[Section, ...]:
    """Four tables."""
    counting = counted(findings, findings)
    return (
        table("一、按问题分类", "问题分类", divided(findings, as_of, class_of, counting)),
        table("二、按区划", "区划", divided(findings, as_of, place_of, counting)),
        table("三、按责任单位", "责任单位", divided(findings, as_of, unit_of, counting)),
        table("四、按审计和专项整治项目", "项目", divided(findings, as_of, engagement_of, counting)),
    )
