"""Refusals about projects and what they left behind."""

from __future__ import annotations

from typing import Final

from chassis.problems import Problem
from services.funds_api.assets import refusals as assets
from services.funds_api.projects import refusals as projects

CATALOGUE: Final[dict[type[Exception], Problem]] = {
    projects.ProjectKnown: Problem(
        "project-known", 409, "项目编号已被使用", "请查询已登记的项目；确属新项目请换一个编号"
    ),
    projects.SourcesDiffer: Problem(
        "sources-differ", 409, "资金来源与计划投资不符", "请核对各来源金额；同一资金只列一行"
    ),
    projects.StageSkipped: Problem(
        "stage-skipped", 409, "项目阶段顺序不符", "请先办理下一阶段 next_stage；退回须写明理由"
    ),
    projects.StepDateRefused: Problem(
        "step-date-refused", 409, "办理日期不符", "请填写 earliest_on 以后、今天以前的日期"
    ),
    projects.StepByMaker: Problem("step-by-maker", 403, "经办人不能复核", "请由另一位有权限的人员办理"),
    projects.ReasonNeeded: Problem("reason-needed", 422, "需要写明理由", "请在 reason 中写明退回或出库的理由"),
    projects.NoPerformanceTarget: Problem(
        "no-performance-target", 409, "没有绩效目标", "请退回补充绩效目标（编号、内容、单位、目标值）后再报"
    ),
    projects.ObjectionOpen: Problem("objection-open", 409, "有异议尚未处理", "请先逐条答复异议，再办理入库"),
    projects.TargetsNotNow: Problem("targets-not-now", 409, "现在不能登记绩效完成情况", "请在项目验收阶段登记"),
    projects.TargetsUnreported: Problem(
        "targets-unreported", 409, "绩效目标完成情况未登记", "请先按 codes 逐项登记完成值，再办理公告"
    ),
    projects.ContractCancelled: Problem("contract-cancelled", 409, "合同已经解除", "请另签合同"),
    projects.SettlementDiffers: Problem(
        "settlement-differs", 409, "合同结算金额与账面不符", "请按账面已付（含在途）与应返还的质保金填写结算金额"
    ),
    projects.PublicityTooShort: Problem("publicity-too-short", 409, "公示期不足", "请在 earliest_on 以后办理入库"),
    projects.ProjectHoldsMoney: Problem(
        "project-holds-money", 409, "项目已有资金", "请先把停留的资金退回；已支付的项目请办理验收，不能出库"
    ),
    projects.ChangeNotNow: Problem(
        "change-not-now", 409, "现在不能变更", "请先退回到申报，或先批准、驳回或撤回等待中的变更"
    ),
    projects.ChangeNotWaiting: Problem("change-not-waiting", 409, "该版本不在等待批准", "请刷新项目的版本列表"),
    projects.ChangeByAnother: Problem(
        "change-by-another", 403, "只有提出人可以撤回变更", "请由提出人撤回；有批准权限的另一人可以驳回（refusal）"
    ),
    projects.PlanUnderReceived: Problem(
        "plan-under-received",
        409,
        "变更后计划少于已到资金",
        "请先退回多余资金，或调整变更金额；已经退回的，生效日期不早于退回之日",
    ),
    projects.PlanUnderContracts: Problem(
        "plan-under-contracts", 409, "计划少于已签合同", "请调整变更金额，或先解除并结算合同"
    ),
    projects.ContractKnown: Problem(
        "contract-known", 409, "合同编号已登记", "请查看项目的合同；确属另一合同请换一个编号"
    ),
    projects.ProjectNotAdmitted: Problem(
        "project-not-admitted", 409, "项目未入库或计划未下达", "请先办理入库和计划下达，再向项目账户拨款"
    ),
    projects.ProjectNotBuilding: Problem("project-not-building", 409, "项目尚未实施", "请先办理项目实施，再支付"),
    projects.ProjectHandsNothingOn: Problem(
        "project-hands-nothing-on",
        409,
        "项目资金不能转给其他单位",
        "付款请按合同进度支付或签发支付令；结余请登记退回（return）或收回（take_back）",
    ),
    projects.OverPlan: Problem(
        "over-plan", 409, "超过项目计划", "请减少金额，或先报批项目变更；只是以前的某日超过的，也可改用其后的日期"
    ),
    projects.OverProgress: Problem("over-progress", 409, "超过进度应付", "请先报告并验收工程进度，或减少支付金额"),
    projects.ContractNotNow: Problem("contract-not-now", 409, "现在不能登记合同或进度", "请在招标、实施阶段办理"),
    projects.NoContractor: Problem("no-contractor", 409, "不是施工单位", "请先开立 kind=contractor 的单位"),
    projects.ProgressNotForward: Problem("progress-not-forward", 409, "进度没有推进", "请核对进度；进度只能增加"),
    projects.ProgressAccepted: Problem("progress-accepted", 409, "进度已经验收", "请报告新的进度"),
    projects.AssetsUnconfirmed: Problem("assets-unconfirmed", 409, "资产尚未确权", "请先为项目的每项资产办理确权"),
    assets.ProjectNotAccepted: Problem("project-not-accepted", 409, "项目尚未验收", "请先办理项目验收，再登记资产"),
    assets.AssetOverPaid: Problem("asset-over-paid", 409, "资产原值超过项目支付", "请核对资产原值与项目支付"),
    assets.AssetConfirmed: Problem("asset-confirmed", 409, "资产已经确权", "请查看资产的确权文件"),
    assets.AssetByMaker: Problem("asset-by-maker", 403, "登记人不能确权或处置", "请由另一位有确权权限的人员办理"),
    assets.AssetDisposed: Problem("asset-disposed", 409, "资产已经处置", "请查看资产的处置记录"),
    assets.AssetEarnsNothing: Problem(
        "asset-earns-nothing", 409, "不是已确权的经营性资产", "请先确权；公益性和到户类资产没有收益"
    ),
    assets.IncomeKnown: Problem("income-known", 409, "该期间收益已登记", "请核对期间；同类收益的期间不得重叠"),
    assets.IncomePassedOn: Problem("income-passed-on", 409, "收益已经转付", "请查看转付凭证"),
    assets.IncomeShared: Problem("income-shared", 409, "收益已经分配", "请查看已有的分配方案"),
    assets.IncomeUndone: Problem("income-undone", 409, "收益已经冲正", "请查看冲正依据；更正后的收益另行登记"),
    assets.IncomeStillShared: Problem(
        "income-still-shared", 409, "收益的分配方案仍然有效", "请先冲正已发放的明细和分配方案，再冲正收益"
    ),
    assets.ShareStillPaid: Problem(
        "share-still-paid", 409, "分配方案已有发放", "请先逐笔冲正发放或登记退回，再冲正分配方案"
    ),
    assets.ShareDiffers: Problem("share-differs", 409, "分配与收益不符", "请核对各行金额，或改用权重由系统计算"),
    assets.ShareTooSmall: Problem("share-too-small", 409, "收益不足以分配", "请减少分配的行数"),
    assets.ReturnBeyondShare: Problem(
        "return-beyond-share", 409, "退回超过发放", "请核对金额和农户；农户退回不超过其所得"
    ),
    assets.ShareDocumentUsed: Problem(
        "share-document-used", 409, "退回凭证已登记", "请核对是否重复登记；确属另一笔请用其自己的凭证号"
    ),
    assets.SharePaymentUndone: Problem("share-payment-undone", 409, "已经冲正", "请查询该笔收益的发放明细"),
    assets.SharePaymentFollowed: Problem(
        "share-payment-followed", 409, "之后还有业务", "请先冲正该行之后登记的退回或发放"
    ),
    assets.SharePaid: Problem("share-paid", 409, "分配已经发放", "请查看发放凭证"),
}
