"""Shapes of extracts on the wire."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import Field, StringConstraints, model_validator

from chassis.fields import Answer, Body, Day, Instant
from chassis.pages import Page
from services.audit_api.extracts import figures
from services.audit_api.extracts.questions import Question, Subject, names
from services.audit_api.tables import EvidenceRow, LedgerExtractRow


class ExtractRequest(Body):
    """What to ask the ledger: what was known at an instant at least five seconds past; omitted, five seconds ago."""

    what: Subject
    about: Annotated[str, StringConstraints(strict=True, max_length=200)] = Field(
        description="对象编号：资金批次、账户、来文资金、业务、农户、问题的编号；支付为“批次编号-行号”；"
        "资金树为区划代码（6、9 或 12 位）；文件为文号（未印文号的为标题）"
    )
    as_of: Annotated[Day | None, Field(description="业务日期；省略表示今天（Asia/Shanghai）")] = None
    known_at: Annotated[Instant | None, Field(description="登记时点（含时区），须在 5 秒以前；省略表示 5 秒以前")] = (
        None
    )

    @model_validator(mode="after")
    def _about_is_such_a_thing(self) -> Self:
        if not names(self.what, self.about):
            msg = "about 不是该类对象的编号"
            raise ValueError(msg)
        return self


class Extract(Answer):
    """A frozen answer: its content is handed out as that of any evidence (`/audit/v1/evidence/{id}/content`)."""

    id: UUID
    county_code: str
    finding_id: UUID
    what: Subject
    about: str
    path: str = Field(description="所问的接口地址（不含参数）")
    query: dict[str, str] = Field(description="所问的参数：以此再问，答复应一字不差")
    as_of: date
    known_at: datetime
    ledger_position: int = Field(description="该时点资金账本日志的序号，凭此可与日志核对")
    total_fen: int | None = Field(description="答复的合计金额，见 total_of；旧版摘录没有登记的为空")
    total_of: str = Field(description="total_fen 是什么金额")
    unexplained_fen: int | None = Field(description="账本答复自带的差额，应为 0；旧版摘录没有登记的为空")
    sentence: str = Field(description="截至哪一天、按哪一时点所知")
    size_bytes: int
    sha256: str = Field(description="账本答复原文的 SHA-256（十六进制）")
    asked_by: str


class ExtractPage(Page):
    items: list[Extract]


class Recheck(Answer):
    """The same question asked again. `differ_at` are JSON pointers into the answer, at most 100 of `differences_n`."""

    id: UUID
    same: bool
    sha256: str
    sha256_now: str
    differences_n: int
    differ_at: list[str]


def extract_of(row: LedgerExtractRow, kept: EvidenceRow) -> Extract:
    what = Subject(row.what)
    asked = Question(what, row.about, row.county_code, row.as_of, row.known_at)
    return Extract(
        id=row.evidence_id,
        county_code=row.county_code,
        finding_id=row.finding_id,
        what=what,
        about=row.about,
        path=row.path,
        query=asked.query,
        as_of=row.as_of,
        known_at=row.known_at,
        ledger_position=row.ledger_position,
        total_fen=row.total_fen,
        total_of=figures.TOTALS[what].words,
        unexplained_fen=row.unexplained_fen,
        sentence=figures.sentence(asked, row.ledger_position),
        size_bytes=kept.size_bytes,
        sha256=kept.sha256.hex(),
        asked_by=row.asked_by,
    )
