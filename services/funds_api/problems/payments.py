"""Refusals about payments to households: batches, their publicity and objections, and what came back."""

from __future__ import annotations

from typing import Final

from chassis.problems import Problem
from services.funds_api.objections import ObjectionClosed, ObjectionDateRefused, ObjectionToOwnWork
from services.funds_api.payments import refusals as payments
from services.funds_api.publications import refusals as publications
from services.funds_api.returns import refusals as returns

CATALOGUE: Final[dict[type[Exception], Problem]] = {
    payments.BatchNotDraft: Problem(
        "batch-not-draft", 409, "批次已有名册", "如名册有误，请先撤回本批次（withdrawal），再新建批次上传"
    ),
    payments.BatchNotChecked: Problem(
        "batch-not-checked", 409, "批次不在等待审批", "请刷新批次状态；每个批次只发放一次"
    ),
    payments.BatchOver: Problem("batch-over", 409, "批次已经结束", "已发放的批次请走冲正或退回；已撤回的无需再撤"),
    payments.MakerIsChecker: Problem("maker-is-checker", 403, "上传人不能审批", "请由另一位有审批权限的人员办理"),
    payments.RosterChanged: Problem("roster-changed", 409, "名册已变更", "请重新查看待审批的名册后再审批"),
    payments.ApprovalDayRefused: Problem(
        "approval-day-refused", 409, "发放日不能这样填", "请省略 effective_on；单独成批的行请填写名册发放日或以后的日期"
    ),
    payments.NothingToPay: Problem("nothing-to-pay", 409, "没有可发放的行", "请撤回本批次，更正名册后新建批次上传"),
    payments.RosterBroken: Problem("roster-broken", 409, "名册明细不完整", "请勿重试，立即联系审计管理员核查数据"),
    payments.SheetTooLong: Problem(
        "sheet-too-long", 409, "退回的行过多，不能做成 Excel", "请下载 CSV（rejected-rows.csv），它没有行数上限"
    ),
    payments.PaidElsewhere: Problem(
        "paid-elsewhere", 409, "部分农户已由另一批次发放", "请撤回本批次，重新上传名册，已发放的户会逐行列出"
    ),
    payments.OverHouseholdCap: Problem(
        "over-household-cap",
        409,
        "超过每户上限",
        "请撤回本批次，按上限更正金额后重新上传，超出的会逐行列出；撤销退回的，请先冲正其后发给同户的批次",
    ),
    payments.PaidOtherwise: Problem(
        "paid-otherwise",
        409,
        "同一项目不能既按户又按人发放",
        "请按该项目已有批次的方式（per）开立；如已有批次开错，请先撤回或冲正",
    ),
    payments.PaymentsStopped: Problem(
        "payments-stopped", 409, "部分农户已停发", "请撤回本批次，重新上传名册，停发的户会逐行列出"
    ),
    publications.NotPublishable: Problem(
        "not-publishable", 409, "现在不能公示", "请先上传并校验名册；已发放的批次不再公示"
    ),
    publications.RosterPublicityTooShort: Problem(
        "roster-publicity-too-short",
        409,
        "公示天数不足",
        "请公示满期后再审批；发放日早于可发放日的，撤回本批次，另建发放日在其当日或以后的批次",
    ),
    publications.ListObjected: Problem(
        "list-objected", 409, "整个名册有异议", "请先处理对整个名册的异议；异议成立的撤回本批次，更正后重新上传"
    ),
    publications.RowsObjected: Problem(
        "rows-objected", 409, "没有可以发放的行", "请先处理各行异议；异议全部成立的撤回本批次"
    ),
    publications.NotPublished: Problem("not-published", 409, "尚未公示", "请先登记公示，再登记异议"),
    publications.PublicationDateRefused: Problem(
        "publication-date-refused", 409, "公示日期不合理", "请按实际张贴之日填写"
    ),
    payments.NoHouseholdsAccount: Problem(
        "no-households-account", 409, "缺少农户账户", "请先在该乡镇开立 kind=households 的单位及账户"
    ),
    payments.HoldNotForBatch: Problem(
        "hold-not-for-batch", 409, "冻结不能用于本批次", "请冻结本账户该项资金，或不填冻结"
    ),
    returns.NotPaid: Problem("not-paid", 409, "该行没有支付", "请核对支付编号；整批已冲正的不再逐行退回"),
    returns.ReturnTooLarge: Problem(
        "return-too-large", 409, "退回多于尚未退回的金额", "请核对金额与已登记的退回，见 /funds/v1/payment-returns"
    ),
    returns.ReturnTooEarly: Problem("return-too-early", 409, "退回早于支付", "请填写退回款实际到账的日期"),
    returns.ReturnSerialReused: Problem(
        "return-serial-reused", 409, "退汇流水号已被使用", "若是另一笔退回请换流水号；若是重发请原样发送"
    ),
    ObjectionClosed: Problem("objection-closed", 409, "异议已经处理", "请查看处理结果；新的异议请另行登记"),
    ObjectionToOwnWork: Problem(
        "objection-to-own-work", 403, "不能处理针对本人经办事项的异议", "请由另一位有权限的人员核实处理"
    ),
    ObjectionDateRefused: Problem(
        "objection-date-refused", 409, "异议日期不合理", "请按实际提出、处理之日填写，不晚于今天"
    ),
}
