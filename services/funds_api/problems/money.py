"""Refusals about money at rest and on the move: notices, lots, closed books, stopped clocks, the arithmetic itself."""

from __future__ import annotations

from typing import Final

from chassis.problems import Problem
from services.funds_api.closings import service as closings
from services.funds_api.lots import refusals
from services.funds_api.notices.service import AccountMissing, NothingBrought, NoticeExceeded, NoticeKnown
from services.funds_api.quarantines.refusals import HoldOfQuarantine, MoneyQuarantined
from services.funds_api.recoveries.refusals import FindingNotHeardOf, RecoveredBeyondFinding, RecoveryOfOtherMoney
from services.funds_api.retentions.refusals import ContractNeeded, RetainedForAnother
from services.funds_api.stops import refusals as stops
from services.funds_api.successions import refusals as successions
from treasury import errors

CATALOGUE: Final[dict[type[Exception], Problem]] = {
    successions.NotSuccessor: Problem(
        "not-successor", 409, "不是后继区划", "请先登记区划变更（regions/changes），或核对前后县级代码"
    ),
    successions.SuccessionTooEarly: Problem(
        "succession-too-early", 409, "移交日期早于区划变更", "请填写区划变更之日或以后的日期"
    ),
    successions.NotYetFree: Problem(
        "not-yet-free", 409, "原县资金尚未了结", "请先支付或解除冻结、等待银行回单，再办理移交"
    ),
    successions.QuarantineStays: Problem(
        "quarantine-stays", 409, "原县资金尚在封存", "请先由监督部门解除封存，或凭问题追缴归还原渠道，再办理移交"
    ),
    successions.NothingSucceeds: Problem("nothing-succeeds", 409, "没有可移交的资金", "请核对账户与移交日期"),
    successions.AccountsDiffer: Problem(
        "accounts-differ", 409, "前后账户不一致", "请为后继县开立同类单位、同一账的账户"
    ),
    refusals.PartOfSuccession: Problem(
        "part-of-succession", 409, "属于资金移交", "请用 successions/{编号}/reversal 两县同时冲正"
    ),
    NoticeKnown: Problem(
        "notice-known",
        409,
        "文件已登记",
        "请查询该县已按此文件登记的资金；登记有误请先将各笔入账全部冲正；确属不同文件请核对文号",
    ),
    NoticeExceeded: Problem(
        "notice-exceeded",
        409,
        "明细超过文件总额",
        "请核对明细与其他县已接收的金额；印发数确不相符时改按资金来源入账（brought_by=sources）",
    ),
    NothingBrought: Problem("nothing-brought", 422, "文件没有可入账的资金", "请补充明细或资金来源"),
    AccountMissing: Problem("account-missing", 422, "没有可收款的账户", "请在 accounts 中为每个县指定国库或部门账户"),
    refusals.WrongAccount: Problem(
        "wrong-account", 409, "账户类型不符", "请核对账户：下达到单位或村，支付到施工单位，到户走名册"
    ),
    refusals.WrongBook: Problem(
        "wrong-book", 409, "账别不符", "分解下达与拨付不换账；指标转为资金须凭支付令；支付须从资金账户办理"
    ),
    refusals.BooksClosed: Problem(
        "books-closed", 409, "该期间已结账", "请按当前日期登记；登记有误的业务用冲正更正，冲正不受结账限制"
    ),
    refusals.DocumentUsed: Problem(
        "document-used", 409, "文件已办理过", "请核对文号；确属重复的无需再办，登记有误的请先冲正原业务"
    ),
    refusals.HoldOver: Problem("hold-over", 409, "冻结已失效", "请重新冻结，或不经冻结直接支付"),
    refusals.HoldForObjectedRow: Problem(
        "hold-for-objected-row",
        409,
        "资金为有异议的行冻结",
        "请先处理该行异议：不成立的审批该行批次，成立的在处理时自动放开；不再发放的撤回该行批次",
    ),
    HoldOfQuarantine: Problem(
        "hold-of-quarantine", 409, "该冻结是封存", "封存由监督部门决定和解除，请凭 figures.document 与其联系"
    ),
    MoneyQuarantined: Problem(
        "money-quarantined",
        409,
        "资金已被封存",
        "请减少到 figures.free_fen 以内，或改用其他资金；封存由监督部门凭 figures.documents 所列文件解除",
    ),
    FindingNotHeardOf: Problem(
        "finding-not-heard-of",
        404,
        "资金账尚未收到该问题",
        "请过几秒用同一个 Idempotency-Key 重试；仍然如此的，请核对问题编号、是否已经认定、是否属于本县"
        "、是否落到资金批次（没有绑定资金批次的，如只涉及贷款，请不填 finding_id 登记）",
    ),
    RecoveredBeyondFinding: Problem(
        "recovered-beyond-finding",
        409,
        "追缴超过问题认定的资金",
        "请把金额改为不超过还能追缴的部分；超出部分另行登记，不填 finding_id",
    ),
    RecoveryOfOtherMoney: Problem(
        "recovery-of-other-money", 409, "不是该问题的资金", "请用 lots 指明该问题的资金批次，或不填 finding_id"
    ),
    refusals.ExpiryPassed: Problem("expiry-passed", 422, "冻结有效期已过", "请填写今天或以后的日期，或省略 expires_on"),
    refusals.DocumentHolds: Problem(
        "document-holds", 409, "文件已有有效冻结", "请凭已有冻结支付（hold_id）；金额有变的请先解除再冻结"
    ),
    refusals.HoldTooSmall: Problem("hold-too-small", 409, "冻结金额不足", "请减少金额，或另行冻结后支付"),
    refusals.FundNeeded: Problem(
        "fund-needed", 422, "需要指明资金", "请填写 fund_code；统筹整合的项目及其质保金账户可以省略"
    ),
    refusals.NothingToCarry: Problem(
        "nothing-to-carry", 409, "没有可结转的资金", "请核对账户、年度与业务日期；冻结的资金待冻结结束后另行结转"
    ),
    refusals.ChainTooLong: Problem("chain-too-long", 409, "后续业务过多", "请从最后的业务起分批冲正"),
    closings.ClosingNotLater: Problem("closing-not-later", 409, "已结账", "请查询结账记录 /funds/v1/closings"),
    closings.ClosingAhead: Problem("closing-ahead", 422, "结账日期未到", "请填写已经过去的日期"),
    refusals.SpentOn: Problem(
        "spent-on",
        409,
        "资金已被后续支出",
        "请按 figures.followed_by 先冲正或追回后续支出，再冲正本笔；或用 cascade 连同后续一并冲正",
    ),
    refusals.AlreadyReversed: Problem("already-reversed", 409, "已经冲正", "请查看冲正记录；需要时重新登记业务"),
    refusals.NotReversible: Problem("not-reversible", 409, "不能冲正", "请重新登记原业务"),
    refusals.PaidAgain: Problem(
        "paid-again",
        409,
        "退回后已经重发",
        "请先冲正重发的批次（cascade），再冲正该笔退回；见 /funds/v1/payment-returns",
    ),
    refusals.DatedAhead: Problem("dated-ahead", 422, "业务日期过晚", "请核对日期；确需预先登记的，请临近时再办理"),
    refusals.ReversalTooEarly: Problem("reversal-too-early", 409, "冲正早于原业务", "请填写不早于原业务的日期"),
    refusals.NowhereToReturn: Problem(
        "nowhere-to-return", 409, "没有可退回的单位", "由上级收回请登记收回文件，登记有误请冲正入账"
    ),
    refusals.NoOutsideAccount: Problem("no-outside-account", 409, "缺少县外账户", "请先开立 kind=outside 的单位"),
    refusals.MixedLines: Problem("mixed-lines", 422, "指定方式不一致", "请为每一行都指定资金批次，或都不指定"),
    ContractNeeded: Problem(
        "contract-needed", 409, "需要写明合同", "请填写 contract_id（不是项目的质保金填写 contractor_id）"
    ),
    RetainedForAnother: Problem(
        "retained-for-another",
        409,
        "质保金是为别人预留的",
        "质保金只付给预留时的施工单位；因质量缺陷不再支付的，凭文件退回（return）或收回国库（take_back）",
    ),
    stops.StopNotAllowed: Problem(
        "stop-not-allowed",
        409,
        "没有该类停表的期限规定",
        "请核对停表之日；期限见 /funds/v1/policy-values?key=clock_stop_days",
    ),
    stops.StopTooLong: Problem(
        "stop-too-long",
        409,
        "停表超过最长天数",
        "请按 figures.latest_on 缩短；到期仍需停表的，凭新的文件另行登记；公示的须重新张贴并登记，天数才重新起算",
    ),
    stops.StopWithoutPublication: Problem(
        "stop-not-published",
        409,
        "没有登记的公示",
        "请先在该批次登记公示（/publications），项目按“公示”环节办理，再登记停表",
    ),
    stops.StopDateRefused: Problem("stop-date-refused", 409, "停表日期不成立", "请填写 figures 所列范围内的日期"),
    stops.NothingToStop: Problem(
        "nothing-to-stop", 409, "没有可停表的资金", "请核对账户、资金批次与停表之日：当日须停留在账户上"
    ),
    stops.StopAcrossPlaces: Problem("stop-across-places", 409, "资金分属不同区划", "请按区划分别登记停表"),
    stops.StopTooWide: Problem("stop-too-wide", 409, "停表的资金过多", "请填写 fund_code，或用 lots 指明资金批次"),
    stops.StopOver: Problem("stop-over", 409, "停表已经结束", "请查询 /funds/v1/clock-stops/编号；再次停表请另行登记"),
    errors.MoneyUnreadable: Problem("money-unreadable", 422, "金额无法识别", "请按“元”或“万元”填写数字，最多精确到分"),
    errors.AmountNotPositive: Problem(
        "amount-not-positive", 422, "金额必须大于零", "请填写正数金额；退回与冲正有各自的业务"
    ),
    errors.MoneyDrawnLater: Problem(
        "money-drawn-later", 409, "资金已由以后日期的业务动用", "请按当前日期办理，或先冲正以后日期的业务再补记"
    ),
    errors.MoneyRetained: Problem("money-retained", 409, "质保金未到期", "请在 release_on 以后支付，或减少金额"),
    errors.MoneyArrivesLater: Problem(
        "money-arrives-later", 409, "资金当日尚未到账", "请核对业务日期，或在 arrives_on 以后办理"
    ),
    errors.MoneyNotThere: Problem(
        "money-not-there", 409, "可用余额不足", "请减少金额，或先核对该账户该资金的余额与到账日期"
    ),
    errors.MoneyHeld: Problem(
        "money-held", 409, "资金已被冻结", "请减少金额、等冻结到期，或凭该冻结支付（hold_id）；解除见 /funds/v1/holds"
    ),
    errors.LotRetained: Problem("lot-retained", 409, "质保金未到期", "请在到期后支付；质量问题的扣回走退回或收回"),
    errors.MovementPredatesArrival: Problem(
        "movement-predates-arrival", 409, "支出早于到账", "请核对业务日期，或改用当日已到账的资金批次"
    ),
    errors.DaysReversed: Problem("days-reversed", 422, "日期区间前后颠倒", "请把较早的日期填在前面"),
    errors.EndsBeforeReceipt: Problem(
        "ends-before-receipt", 422, "截止早于到账", "请核对到账日期与截止日期；截止日期不早于到账日期"
    ),
    errors.DaysContradict: Problem(
        "days-contradict", 422, "所给事实互相矛盾", "请核对日期与原文写明的时长，二者须能同时成立"
    ),
    errors.LotNotOpen: Problem("lot-not-open", 409, "资金批次不可用", "请重新查询该账户的资金批次后再试"),
}
