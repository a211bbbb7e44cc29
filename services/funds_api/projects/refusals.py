"""What the project library refuses, as facts with their figures."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from services.funds_api import words
from treasury.money import yuan


def _stage(code: str) -> str:
    return words.said(words.STAGES, code)


@dataclass(eq=False)
class ProjectKnown(Exception):
    """The code already names another project of the county; its id is told to whoever may see it."""

    code: str
    project_id: str | None

    def __str__(self) -> str:
        return f"项目编号 {self.code} 已登记"


@dataclass(eq=False)
class SourcesDiffer(Exception):
    """The planned sources do not make the planned amount, or name one fund twice."""

    planned_fen: int
    sources_fen: int

    def __str__(self) -> str:
        return (
            f"各资金来源合计 {yuan(self.sources_fen)} 元，与计划投资 {yuan(self.planned_fen)} 元不符（或同一资金重复）"
        )


@dataclass(eq=False)
class StageSkipped(Exception):
    """The step asked for is not the one that may follow."""

    stage: str
    asked: str
    next_stage: str

    def __str__(self) -> str:
        now, asked = _stage(self.stage), _stage(self.asked)
        following = _stage(self.next_stage) if self.next_stage else "无"
        return f"项目当前阶段为“{now}”，不能直接进入“{asked}”；下一阶段是“{following}”"


@dataclass(eq=False)
class StepDateRefused(Exception):
    """A step before the one it follows, or on a day that has not come."""

    effective_on: date
    earliest_on: date
    latest_on: date

    def __str__(self) -> str:
        return f"办理日期 {self.effective_on} 应不早于此前已登记之日 {self.earliest_on}，不晚于今天 {self.latest_on}"


@dataclass(eq=False)
class StepByMaker(Exception):
    """Whoever made what this step checks cannot check it."""

    stage: str
    stage_name: str

    def __str__(self) -> str:
        return f"您办理过本项目需要核对的前序环节，“{self.stage_name}”须由另一人办理"


@dataclass(eq=False)
class ReasonNeeded(Exception):
    """A project goes back or out of the library only for a reason."""

    stage: str

    def __str__(self) -> str:
        return "退回或出库必须写明理由（reason）"


@dataclass(eq=False)
class NoPerformanceTarget(Exception):
    """A project without a performance target is not admitted (县级项目库：无绩效目标的不得入库)."""

    targets_n: int

    def __str__(self) -> str:
        return f"项目有 {self.targets_n} 个绩效目标，没有绩效目标的项目不得入库"


@dataclass(eq=False)
class ObjectionOpen(Exception):
    """Somebody objected during publicity and has not been answered."""

    objections_open_n: int

    def __str__(self) -> str:
        return f"公示期间有 {self.objections_open_n} 条异议尚未处理"


@dataclass(eq=False)
class PublicityTooShort(Exception):
    """The project has not stood on the notice board as long as it must."""

    published_on: date
    stood_days: int
    needed_days: int
    earliest_on: date
    source: str

    def __str__(self) -> str:
        return (
            f"项目自 {self.published_on} 公示，至今 {self.stood_days} 日，不足 {self.needed_days} 日；"
            f"最早 {self.earliest_on} 入库（依据：{self.source}）"
        )


@dataclass(eq=False)
class ProjectHoldsMoney(Exception):
    """A project that has money, or has paid some, neither leaves the library nor goes back behind its plan."""

    resting_fen: int
    paid_fen: int
    in_transit_fen: int

    def __str__(self) -> str:
        return (
            f"项目账户停留 {yuan(self.resting_fen)} 元、在途 {yuan(self.in_transit_fen)} 元、"
            f"已支付 {yuan(self.paid_fen)} 元，不能出库或退回到计划下达以前"
        )


@dataclass(eq=False)
class ChangeNotNow(Exception):
    """A change while others look at the project, or after it was accepted, or beside one that still waits.

    One that waits also keeps the project from its next stage and from going back behind its admission.
    """

    stage: str
    waiting_version: int

    def __str__(self) -> str:
        if self.waiting_version:
            return f"第 {self.waiting_version} 版变更尚待处理，不能再报变更、进入下一阶段或退回到入库以前"
        return f"项目当前阶段为“{_stage(self.stage)}”，不能变更"


@dataclass(eq=False)
class ChangeNotWaiting(Exception):
    """The version does not wait: it is in force, was refused or withdrawn, or (`state` empty) is not there."""

    version: int
    state: str

    def __str__(self) -> str:
        stands = f"（{words.said(words.CHANGES, self.state)}）" if self.state else ""
        return f"第 {self.version} 版不在等待批准{stands}"


@dataclass(eq=False)
class ChangeByAnother(Exception):
    """A waiting change is withdrawn by whoever reported it; others may refuse it."""

    version: int
    reported_on: date

    def __str__(self) -> str:
        return f"第 {self.version} 版变更（{self.reported_on} 报告）不是您提出的，不能撤回"


@dataclass(eq=False)
class TargetsNotNow(Exception):
    """What targets reached is recorded while the project is at acceptance."""

    stage: str

    def __str__(self) -> str:
        return f"项目当前阶段为“{_stage(self.stage)}”，绩效目标完成情况在验收阶段登记"


@dataclass(eq=False)
class TargetsUnreported(Exception):
    """Nobody has said what these targets reached, so the project does not go on from its acceptance."""

    targets_n: int
    unreported_n: int
    codes: list[str]

    def __str__(self) -> str:
        return f"{self.targets_n} 项绩效目标中有 {self.unreported_n} 项未登记完成情况：{'、'.join(self.codes)}"


@dataclass(eq=False)
class ContractCancelled(Exception):
    """The contract was cancelled; nothing more is reported, accepted, kept back or cancelled of it."""

    contract_id: str
    cancelled_on: date

    def __str__(self) -> str:
        return f"该合同已于 {self.cancelled_on} 解除"


@dataclass(eq=False)
class SettlementDiffers(Exception):
    """What a cancelled contract is said to have cost is not what the books let it have cost."""

    contract_id: str
    settled_fen: int
    least_fen: int
    most_fen: int

    def __str__(self) -> str:
        return (
            f"合同结算 {yuan(self.settled_fen)} 元与账面不符：按已支付和质保金，应在 {yuan(self.least_fen)} 元"
            f"至 {yuan(self.most_fen)} 元之间"
        )


@dataclass(eq=False)
class PlanUnderReceived(Exception):
    """A change would plan less from a fund than the project had got from it by a day on which it would be in force."""

    fund_code: str
    over_on: date
    planned_fen: int
    received_fen: int

    def __str__(self) -> str:
        return (
            f"资金 {self.fund_code} 变更后计划 {yuan(self.planned_fen)} 元，少于 {self.over_on} 已到项目账户和在途的"
            f" {yuan(self.received_fen)} 元"
        )


@dataclass(eq=False)
class PlanUnderContracts(Exception):
    """A plan would become less than the project's contracts: their amounts, or what cancelled ones were settled at."""

    project_id: str
    planned_fen: int
    contracts_fen: int

    def __str__(self) -> str:
        return f"计划 {yuan(self.planned_fen)} 元，少于项目已签合同合计 {yuan(self.contracts_fen)} 元"


@dataclass(eq=False)
class ContractKnown(Exception):
    """The project has a contract of this number already, however its brackets and blanks are written."""

    number: str
    contract_id: str
    amount_fen: int
    signed_on: date

    def __str__(self) -> str:
        return f"合同 {self.number}（{yuan(self.amount_fen)} 元，{self.signed_on} 签订）已登记"


@dataclass(eq=False)
class ProjectNotAdmitted(Exception):
    """Money for a project that is not in the library with its plan given out, on that day or now; or for no project."""

    account_id: str
    stage: str
    effective_on: date

    def __str__(self) -> str:
        stands = f"项目阶段为“{_stage(self.stage)}”" if self.stage else "该账户不属于项目库中的项目"
        return f"{stands}，{self.effective_on} 不能接收资金：先入库并下达计划，后拨款"


@dataclass(eq=False)
class ProjectNotBuilding(Exception):
    """A payment of a project whose building had not begun on that day."""

    project_id: str
    stage: str
    effective_on: date

    def __str__(self) -> str:
        return f"项目当日阶段为“{_stage(self.stage)}”，{self.effective_on} 尚未实施，不能支付"


@dataclass(eq=False)
class ProjectHandsNothingOn(Exception):
    """A project's money was to be handed down to somebody else, past its contracts and its plan."""

    project_id: str
    to_account_id: str
    asked_fen: int
    effective_on: date

    def __str__(self) -> str:
        return f"项目资金 {yuan(self.asked_fen)} 元不能下达给其他单位：付款须按合同进度支付，结余须退回或收回国库"


@dataclass(eq=False)
class OverPlan(Exception):
    """More than the plan of a day holds, of one fund or (without a fund) of contracts together."""

    project_id: str
    fund_code: str
    over_on: date
    planned_fen: int
    asked_fen: int

    def __str__(self) -> str:
        what = f"资金 {self.fund_code} 到位" if self.fund_code else "合同"
        return f"{self.over_on} {what}合计将达 {yuan(self.asked_fen)} 元，超过当日计划 {yuan(self.planned_fen)} 元"


@dataclass(eq=False)
class OverProgress(Exception):
    """More than the accepted progress of the contracts (or the advance) lets a project pay, its retention kept back."""

    project_id: str
    contracts_fen: int
    due_fen: int
    kept_fen: int
    paid_fen: int

    def __str__(self) -> str:
        return (
            f"累计支付将达 {yuan(self.paid_fen)} 元；合同 {yuan(self.contracts_fen)} 元按已验收进度应付"
            f" {yuan(self.due_fen)} 元，其中质保金 {yuan(self.kept_fen)} 元"
        )


@dataclass(eq=False)
class AssetsUnconfirmed(Exception):
    """A project becomes owned (资产确权) only when each of its assets is."""

    unconfirmed_n: int

    def __str__(self) -> str:
        return f"项目还有 {self.unconfirmed_n} 项资产尚未确权"


@dataclass(eq=False)
class ContractNotNow(Exception):
    """A contract or a progress report at a stage that has none."""

    stage: str

    def __str__(self) -> str:
        return f"项目当前阶段为“{_stage(self.stage)}”，不能登记合同或进度"


@dataclass(eq=False)
class NoContractor(Exception):
    """The unit named is no contractor of the county."""

    unit_id: str
    kind: str

    def __str__(self) -> str:
        return f"该单位是“{words.said(words.UNITS, self.kind)}”，不是施工单位"


@dataclass(eq=False)
class ProgressNotForward(Exception):
    """A report of no more than what has been accepted already."""

    accepted_ppm: int
    asked_ppm: int

    def __str__(self) -> str:
        return f"已验收进度为百万分之 {self.accepted_ppm}，本次 {self.asked_ppm} 没有推进"


@dataclass(eq=False)
class ProgressAccepted(Exception):
    """The report has been accepted already."""

    progress_id: str

    def __str__(self) -> str:
        return "该进度报告已经验收"
