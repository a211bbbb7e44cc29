"""Shapes of published outcomes on the wire. No field takes a name; `facts` are refused to hold an ID number."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, Field

from chassis.fields import Answer, Body, Code, Line, PositiveFen, Prose
from chassis.pages import Page
from services.audit_api.findings.schemas import AmountKnown

_ID_NUMBER = re.compile(r"\d{17}[\dXx]|\d{15}")


class Violation(StrEnum):
    """Assumed classes: 侵占受贿; 骗取套取; 截留挪用克扣; 优亲厚友; 失职失责; 违规使用、招投标; 形式主义、识别不实."""

    EMBEZZLED = "embezzled"
    DEFRAUDED = "defrauded"
    DIVERTED = "diverted"
    FAVOURED = "favoured"
    NEGLIGENT = "negligent"
    IRREGULAR = "irregular"
    PRETENDED = "pretended"


class Form(StrEnum):
    """四种形态: 红脸出汗; 轻处分、组织调整; 重处分、重大职务调整; 立案审查（移送司法）."""

    FIRST = "first"
    SECOND = "second"
    THIRD = "third"
    FOURTH = "fourth"


def _no_id_number(text: str) -> str:
    if _ID_NUMBER.search(text):
        msg = "不得包含身份证号码"
        raise ValueError(msg)
    return text


Unnamed = Annotated[Prose, AfterValidator(_no_id_number)]
Number = Annotated[int, Field(strict=True, ge=0, le=10**9)]


class OutcomeRequest(Body):
    """What a notice says became of a case: classes, figures and what was done, never who."""

    reference: Code
    notice: Line
    office_level: Line = Field(description="涉案人员所在层级与职务类别，不写姓名")
    violation: Violation
    violation_printed: Line
    form: Form | None = Field(default=None, description="最重的一种形态；通报未写处分的为空")
    facts: Unnamed
    amount_fen: PositiveFen | None = None
    amount_known: AmountKnown = AmountKnown.EXACT
    same_amount_as: UUID | None = Field(default=None, description="与哪一条是同一笔金额；合计时不重复计算")
    households_n: Number | None = None
    persons_n: Number | None = None
    period: Line | None = None
    punishment: Line | None = None
    recovery: Line | None = None
    note: Line | None = None


class Outcome(Answer):
    id: UUID
    county_code: str
    reference: str
    violation: Violation
    form: Form | None
    amount_fen: int | None
    amount_known: AmountKnown | None
    same_amount_as: UUID | None
    households_n: int | None
    persons_n: int | None


class OutcomePage(Page):
    items: list[Outcome]


class OutcomeClass(Answer):
    """Outcomes of one class and form; an amount told of two is counted once, approximate ones are counted too."""

    violation: Violation
    form: Form | None
    outcomes_n: int
    with_amount_n: int
    approximate_n: int
    amount_fen: int
    persons_n: int
    households_n: int


class OutcomeStatistics(Answer):
    items: list[OutcomeClass]
    outcomes_n: int
    amount_fen: int
