"""What the work of an engagement refuses, as facts with their figures."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(eq=False)
class StepOutOfTurn(Exception):
    """The engagement has not come to the step, is past it, or lacks the document that it rests on."""

    step: str
    stage: str
    needs: str

    def __str__(self) -> str:
        return f"监督项目当前为“{self.stage}”，不能办理“{self.step}”：{self.needs}"


@dataclass(eq=False)
class EngagementDayRefused(Exception):
    """A step was dated before what it follows, or after today."""

    what: str
    on: date
    earliest_on: date | None
    latest_on: date | None

    def __str__(self) -> str:
        bounds = [f"不早于 {self.earliest_on}"] if self.earliest_on else []
        bounds += [f"不晚于 {self.latest_on}"] if self.latest_on else []
        return f"{self.what} {self.on} 有误：应{'、'.join(bounds)}"


@dataclass(eq=False)
class NoticeTooLate(Exception):
    """Between the service of the notice and the start lie fewer days than the law asks."""

    served_on: date
    starts_on: date
    earliest_on: date
    limit: str
    source: str

    def __str__(self) -> str:
        return (
            f"通知书 {self.served_on} 送达，最早 {self.earliest_on} 方可进点（须提前 {self.limit}），"
            f"所报进点日为 {self.starts_on}；依据：{self.source}"
        )


@dataclass(eq=False)
class RecusalNeeded(Exception):
    """The person belongs to the audited unit, or has declared an interest in it (回避)."""

    person: str
    unit: str
    because: str

    def __str__(self) -> str:
        return f"{self.person} 与被监督单位“{self.unit}”有利害关系（{self.because}），应当回避"


@dataclass(eq=False)
class MemberUndeclared(Exception):
    """Somebody was to join a team who never declared the own interests: neither the login nor a tie is known."""

    person: str

    def __str__(self) -> str:
        return f"{self.person} 尚未在本县作回避申报（无利害关系也须申报），不能列入项目组"


@dataclass(eq=False)
class NotApprover(Exception):
    """A notice that is brought along is approved by the person whom it names, and by nobody else."""

    person: str
    approver: str

    def __str__(self) -> str:
        return f"该通知书写明由 {self.approver} 批准，{self.person} 不能代为批准"


@dataclass(eq=False)
class NotOnTeam(Exception):
    """The step is taken by members of the team, and the caller was none on that day."""

    person: str
    on: date
    lead_needed: bool

    def __str__(self) -> str:
        return f"{self.person} 在 {self.on} 不是该项目的{'组长' if self.lead_needed else '组员'}，不能办理"


@dataclass(eq=False)
class TeamTooSmall(Exception):
    """On a day of fieldwork the team has no lead, or fewer people than the law asks who need not keep off."""

    on: date
    members_n: int
    leads_n: int
    recused_n: int
    least_n: int
    source: str

    def __str__(self) -> str:
        recused = f"，另有 {self.recused_n} 人应当回避、不计在内" if self.recused_n else ""
        return (
            f"{self.on} 项目组 {self.members_n} 人（组长 {self.leads_n} 人{recused}），"
            f"至少应有 {self.least_n} 人并有组长{f'；依据：{self.source}' if self.source else ''}"
        )


@dataclass(eq=False)
class AlreadyOnTeam(Exception):
    """The person is on the team on a day of the period that was named."""

    person: str
    since: date

    def __str__(self) -> str:
        return f"{self.person} 自 {self.since} 起已在项目组内"


@dataclass(eq=False)
class PapersUnreviewed(Exception):
    """The team reports on reviewed working papers: one waits, or none was agreed to."""

    papers_n: int
    agreed_n: int
    waiting_n: int

    def __str__(self) -> str:
        counted = f"底稿共 {self.papers_n} 份，复核通过 {self.agreed_n} 份、待复核 {self.waiting_n} 份"
        return f"{counted}，尚不能出具征求意见的报告"


@dataclass(eq=False)
class ReplyPeriodOpen(Exception):
    """The auditee has not answered, and may still do so in time."""

    served_on: date
    due_on: date
    on: date
    source: str

    def __str__(self) -> str:
        return (
            f"报告 {self.served_on} 送达征求意见，被监督单位可在 {self.due_on} 以前（含当日）答复，"
            f"{self.on} 尚未收到答复，不能作出决定；依据：{self.source}"
        )


@dataclass(eq=False)
class FindingNamedAlready(Exception):
    """The finding was made in one engagement, and is not counted in another as well."""

    finding_id: str
    engagement_id: str

    def __str__(self) -> str:
        return f"问题 {self.finding_id} 已列入监督项目 {self.engagement_id}"


@dataclass(eq=False)
class FindingOutsideScope(Exception):
    """The finding is about a place or a fund that the engagement does not look at."""

    finding_id: str
    what: str
    named: list[str]
    allowed: list[str]

    def __str__(self) -> str:
        return (
            f"问题 {self.finding_id} 所涉{self.what}“{'、'.join(self.named)}”不在该监督项目的范围"
            f"（{'、'.join(self.allowed)}）之内"
        )


@dataclass(eq=False)
class NotACampaign(Exception):
    """An engagement was to be part of something that holds no parts."""

    engagement_id: str
    because: str

    def __str__(self) -> str:
        return f"监督项目 {self.engagement_id} 不能有组成部分：{self.because}"


@dataclass(eq=False)
class PartOutsideCampaign(Exception):
    """A part would lie outside the period, the places or the funds of its campaign."""

    what: str
    said: str
    allowed: str

    def __str__(self) -> str:
        return f"{self.what}“{self.said}”超出所属专项整治或巡察的范围（{self.allowed}）"


@dataclass(eq=False)
class CampaignPartsOpen(Exception):
    """A campaign was to be ended while parts of it go on."""

    parts_n: int
    open_n: int

    def __str__(self) -> str:
        return f"组成部分共 {self.parts_n} 个，尚有 {self.open_n} 个未结项、也未终止"


@dataclass(eq=False)
class EngagementEndMissing(Exception):
    """No last day was given, and no value says how many months such an engagement lasts."""

    kind: str
    starts_on: date

    def __str__(self) -> str:
        return f"未填截止日，且 {self.starts_on} 没有适用的“{self.kind}”通常月数，无法推定"


@dataclass(eq=False)
class DocumentDecided(Exception):
    """A paper or a decision is reviewed once; what was sent back is drawn up anew."""

    what: str
    number: int
    verdict: str
    checked_on: date

    def __str__(self) -> str:
        return f"{self.what}（第 {self.number} 号）已于 {self.checked_on} {self.verdict}，不能再次审核"
