"""Shapes of rectification orders on the wire."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Annotated, Final, Self
from uuid import UUID

from pydantic import AfterValidator, Field, Strict, StringConstraints, model_validator

from chassis.fields import Answer, Body, Code, Day, Line, Prose, RegionCode
from chassis.pages import Page
from services.audit_api.moments import Known
from services.audit_api.rectifications.states import Decision, OrderStatus, StepAction

MOST_STAGES: Final = 20
FEWEST_STAGES: Final = 2
MOST_PROOFS: Final = 50


def _each_once(ids: list[UUID]) -> list[UUID]:
    if len(set(ids)) != len(ids):
        msg = "同一证据不得重复"
        raise ValueError(msg)
    return ids


Proofs = Annotated[
    list[UUID],
    Field(default_factory=list, max_length=MOST_PROOFS, description="作为佐证的证据编号，须为同一问题已登记的证据"),
    AfterValidator(_each_once),
]
VersionHash = Annotated[
    str, StringConstraints(pattern=r"^[0-9a-f]{64}$"), Field(description="所审核版本的 version_hash")
]


class OrderKind(StrEnum):
    """at_once: 立行立改; in_stages: 分阶段整改; continuing: 持续整改."""

    AT_ONCE = "at_once"
    IN_STAGES = "in_stages"
    CONTINUING = "continuing"


class StageRequest(Body):
    """What has to be done by when on the way."""

    task: Prose
    deadline: Day


class OrderRequest(Body):
    """The draft of a demand to one unit, addressed by its place, to put a finding right by `deadline`.

    An order in stages names each with its own deadline, and only such an order does. Another person issues it.
    """

    finding_id: UUID
    unit_id: UUID
    unit_name: Line
    region_code: RegionCode
    kind: OrderKind
    demand: Prose
    on: Annotated[Day, Field(description="拟稿日期；期限自签发之日起计")]
    deadline: Day
    stages: Annotated[
        list[StageRequest], Field(default_factory=list, max_length=MOST_STAGES, description="分阶段整改的各阶段")
    ]

    @model_validator(mode="after")
    def _deadline_follows(self) -> Self:
        if self.deadline < self.on:
            msg = "整改期限不得早于拟稿日期"
            raise ValueError(msg)
        return self

    @model_validator(mode="after")
    def _stages_fit(self) -> Self:
        if self.kind is not OrderKind.IN_STAGES:
            if self.stages:
                msg = "只有分阶段整改才列阶段"
                raise ValueError(msg)
            return self
        if len(self.stages) < FEWEST_STAGES:
            msg = f"分阶段整改至少列 {FEWEST_STAGES} 个阶段，各有期限"
            raise ValueError(msg)
        days = [self.on, *(stage.deadline for stage in self.stages), self.deadline]
        if days != sorted(days):
            msg = "各阶段期限应由早到晚，不早于拟稿日期，不晚于整改期限"
            raise ValueError(msg)
        return self


class OrderDecision(StrEnum):
    """issue: 签发下达; send_back: 退回."""

    ISSUE = "issue"
    SEND_BACK = "send_back"


class OrderDecisionRequest(Body):
    """Another person issues the order, or sends it back to whoever drew it up, over the version that was read."""

    version_hash: VersionHash
    decision: OrderDecision
    opinion: Prose
    on: Day


class StepRequest(Body):
    """What was done on the way, with its proof."""

    note: Prose
    on: Day
    evidence_ids: Proofs


class StageDayRequest(Body):
    """Until when one open stage is to be done: a later day, or the one that stands."""

    stage_no: Annotated[int, Strict(), Field(ge=1, le=MOST_STAGES)]
    deadline: Day


def _stages_once(stages: list[StageDayRequest]) -> list[StageDayRequest]:
    if len({one.stage_no for one in stages}) != len(stages):
        msg = "同一阶段不得重复"
        raise ValueError(msg)
    return stages


class ExtensionRequest(Body):
    """More time is asked for: until when, and why; of an order in stages also until when each open stage is."""

    deadline: Day
    reason: Prose
    on: Day
    stages: Annotated[
        list[StageDayRequest],
        Field(default_factory=list, max_length=MOST_STAGES, description="尚未完成的各阶段的新期限，须逐一写明"),
        AfterValidator(_stages_once),
    ]


class ExtensionDecision(StrEnum):
    """grant: 同意延期; refuse: 不同意延期."""

    GRANT = "grant"
    REFUSE = "refuse"


class ExtensionDecisionRequest(Body):
    """Another person grants or refuses, over the version that was asked."""

    version_hash: VersionHash
    decision: ExtensionDecision
    opinion: Prose
    on: Day


class SupervisionRequest(Body):
    """A notice of supervision goes to the unit and to the leader in charge of it, by a document."""

    document: Line
    leader_post: Annotated[Line, Field(description="分管领导的职务")]
    leader_account: Annotated[Code | None, Field(default=None, description="分管领导在本系统的登录名，如有")]
    demand: Prose
    on: Day


class SupervisionDecision(StrEnum):
    """send: 同意发出; send_back: 退回."""

    SEND = "send"
    SEND_BACK = "send_back"


class SupervisionDecisionRequest(Body):
    """Another person sends the notice or sends it back to whoever drew it up, over the version that was read."""

    version_hash: VersionHash
    decision: SupervisionDecision
    opinion: Prose
    on: Day


class LookBackDecision(StrEnum):
    """confirm: 确认; send_back: 退回."""

    CONFIRM = "confirm"
    SEND_BACK = "send_back"


class LookBackDecisionRequest(Body):
    """Another person, who did not agree to close the order either, confirms what was seen or sends it back."""

    version_hash: VersionHash
    decision: LookBackDecision
    opinion: Prose
    on: Day


class LookBackResult(StrEnum):
    """held: 整改成果保持; relapsed: 问题反弹."""

    HELD = "held"
    RELAPSED = "relapsed"


class LookBackRequest(Body):
    """What was seen at a closed order on a day."""

    result: LookBackResult
    note: Prose
    on: Day
    evidence_ids: Proofs


class ClosureRequest(Body):
    """The unit says what it did and asks to have the order closed."""

    explanation: Prose
    on: Day
    evidence_ids: Proofs


class ReviewRequest(Body):
    """The inspector closes the order or sends it back, with an opinion, over the very request that was made."""

    version_hash: VersionHash
    decision: Decision
    opinion: Prose
    on: Day


class Order(Answer):
    """An order as it stood on `as_of`, with the deadline that held then seen from that day."""

    id: UUID
    county_code: str
    finding_id: UUID
    finding_title: str
    region_code: str
    unit_id: UUID
    unit_name: str
    kind: OrderKind
    demand: str
    issued_on: date
    deadline: date = Field(description="截至 as_of 的现行期限（含已批准的延期）")
    first_deadline: date = Field(description="下达时的期限")
    status: OrderStatus
    version: int
    issued_by: str
    drawn_by: str | None = Field(description="拟稿人；实行一人拟稿、另一人签发以前下达的为空")
    requested_by: str | None
    reviewed_by: str | None
    closed_on: date | None
    as_of: date
    overdue: bool = Field(description="截至 as_of 已过期限且尚未销号")
    days_overdue: int
    supervise_from_on: date | None = Field(description="逾期仍未销号的，自该日起督办；已销号或未作规定的为空")
    supervised_on: date | None = Field(description="就现行期限发出督办通知的日期")
    supervision_due: bool = Field(description="截至 as_of 已到督办之日而尚未发出督办通知")


class Step(Answer):
    """One thing that happened to an order."""

    step_no: int
    action: StepAction
    done_on: date
    done_by: str
    note: str
    evidence_ids: list[UUID]


class Drawn(Answer):
    """What one person draws up and another decides. Of what was recorded before there were two all of it is null."""

    version_hash: str | None = Field(description="审核时须带上的版本哈希")
    decision: str | None
    opinion: str | None
    decided_on: date | None
    checked_by: str | None


class DraftStage(Answer):
    """A stage of an order, as it was drawn up."""

    stage_no: int
    task: str
    deadline: date


class OrderDraft(Drawn, Known):
    """An order as one person drew it up, and what another decided. Issued, it is the order of the same id."""

    id: UUID = Field(description="签发后即为整改通知的编号")
    county_code: str
    finding_id: UUID
    region_code: str
    unit_id: UUID
    unit_name: str
    kind: OrderKind
    demand: str
    deadline: date
    stages: list[DraftStage]
    drawn_on: date
    made_by: str


class OrderDraftPage(Page, Known):
    as_of: date
    items: list[OrderDraft]


class Supervision(Drawn):
    """A notice of supervision to the unit and to the leader in charge. The unit sees it when it was sent."""

    id: UUID
    deadline: date
    due_on: date
    policy: str = Field(description="所依据的政策数值版本")
    document: str
    unit_name: str
    leader_post: str
    leader_account: str | None
    demand: str
    drawn_on: date
    sent_on: date | None = Field(description="发出日期；待审核或被退回的为空")
    made_by: str


class LookBack(Drawn):
    """What was seen at the closed order, by another person than closed it, and whether a third confirmed it."""

    id: UUID
    result: LookBackResult
    looked_on: date
    made_by: str
    note: str | None
    evidence_ids: list[UUID]
    stands: bool = Field(description="截至 as_of 已经确认")


class Stage(Answer):
    """A stage of an order, and whether it was done by its own deadline, seen from `as_of`."""

    stage_no: int
    task: str
    deadline: date = Field(description="截至 as_of 的现行期限（含完成前已批准的延期）")
    first_deadline: date = Field(description="下达时的期限")
    done_on: date | None
    done_by: str | None
    overdue: bool
    days_overdue: int


class StageDay(Answer):
    """The day asked for one open stage, and the one that stood."""

    stage_no: int
    old_deadline: date
    new_deadline: date


class Extension(Answer):
    """More time that was asked for, and what another person decided on it."""

    id: UUID
    old_deadline: date
    new_deadline: date
    stages: list[StageDay]
    reason: str
    asked_on: date
    made_by: str
    version_hash: str
    decision: ExtensionDecision | None
    opinion: str | None
    decided_on: date | None
    checked_by: str | None


class OrderFile(Order, Known):
    """An order with every step it took."""

    version_hash: str | None = Field(description="待复核的销号申请的 version_hash；没有待复核的申请时为空")
    steps: list[Step]
    stages: list[Stage]
    extensions: list[Extension]
    supervisions: list[Supervision]
    look_backs: list[LookBack]


class OrderPage(Page, Known):
    as_of: date
    items: list[Order]
