"""The error catalogue of funds_api on one screen: exception class → slug, status, Chinese title, what to do next."""

from __future__ import annotations

from typing import Final

from chassis.problems import Problem
from services.funds_api import access, columns, uploads
from services.funds_api.assets import refusals as assets
from services.funds_api.closings import service as closings
from services.funds_api.comparisons import refusals as comparisons
from services.funds_api.flows.households import OneSideOnly
from services.funds_api.funds.refusals import (
    FunctionCodeNotInYear,
    FundRuleBroken,
    TermsBindNothing,
    TermsKnown,
    TermsLoosened,
    TermsNotWaiting,
    TermsOwnWork,
)
from services.funds_api.funds.store import FundKnown
from services.funds_api.households import refusals as register
from services.funds_api.households.history import BeyondHistory, LaterFactKnown, NoFactThen, NothingCorrected
from services.funds_api.loans import service as loans
from services.funds_api.lots import refusals
from services.funds_api.missing import Missing
from services.funds_api.notices.service import AccountMissing, NothingBrought, NoticeExceeded, NoticeKnown
from services.funds_api.objections import ObjectionClosed, ObjectionDateRefused, ObjectionToOwnWork
from services.funds_api.orders import refusals as orders
from services.funds_api.outcomes import refusals as outcomes
from services.funds_api.payments import refusals as payments
from services.funds_api.policies import refusals as policies
from services.funds_api.projects import refusals as projects
from services.funds_api.publications import refusals as publications
from services.funds_api.regions.lists import RegionChangeShape, RegionClosed, RegionListOlder
from services.funds_api.regions.service import RegionNotValid, RegionUnknown
from services.funds_api.retentions.refusals import ContractNeeded, RetainedForAnother
from services.funds_api.returns import refusals as returns
from services.funds_api.runs import refusals as runs
from services.funds_api.stops import refusals as stops
from services.funds_api.successions import refusals as successions
from services.funds_api.trials import refusals as trials
from services.funds_api.units.service import RegionTooHigh, UnitKnown
from services.funds_api.visits import refusals as visits
from services.funds_api.warnings import refusals as warnings
from treasury import errors

CATALOGUE: Final[dict[type[Exception], Problem]] = {
    access.OutsideRegion: Problem("outside-region", 403, "超出管辖范围", "请核对区划代码；跨区业务由上级办理"),
    access.CountyNeeded: Problem("county-needed", 422, "需要指明县级区划", "请加上查询参数 county=六位县级代码"),
    RegionTooHigh: Problem("region-too-high", 422, "区划级别过高", "资金落在县级：请用六位或更长的区划代码"),
    UnitKnown: Problem("unit-known", 409, "单位已登记", "请使用已登记的单位及其账户；确属另一单位请换一个名称"),
    RegionNotValid: Problem(
        "region-not-valid",
        409,
        "区划代码当日无效",
        "请核对日期（补登单位请在 opened_on 填写开立日期），或使用其前后代码，见 /funds/v1/regions/代码/lineage",
    ),
    RegionUnknown: Problem("region-unknown", 409, "区划代码没有登记", "请先登记该代码，或在 regions 中一并给出新代码"),
    RegionClosed: Problem(
        "region-closed", 409, "区划代码已停用", "请使用其后继代码，见 /funds/v1/regions/代码/lineage"
    ),
    RegionListOlder: Problem(
        "region-list-older", 409, "名单早于已登记的年份", "请登记最新年份的名单；往年代码请登记变更"
    ),
    RegionChangeShape: Problem("region-change-shape", 422, "区划变更不成立", "请核对变更种类、前后代码与停用代码"),
    successions.NotSuccessor: Problem(
        "not-successor", 409, "不是后继区划", "请先登记区划变更（regions/changes），或核对前后县级代码"
    ),
    successions.SuccessionTooEarly: Problem(
        "succession-too-early", 409, "移交日期早于区划变更", "请填写区划变更之日或以后的日期"
    ),
    successions.NotYetFree: Problem(
        "not-yet-free", 409, "原县资金尚未了结", "请先支付或解除冻结、等待银行回单，再办理移交"
    ),
    successions.NothingSucceeds: Problem("nothing-succeeds", 409, "没有可移交的资金", "请核对账户与移交日期"),
    successions.AccountsDiffer: Problem(
        "accounts-differ", 409, "前后账户不一致", "请为后继县开立同类单位、同一账的账户"
    ),
    refusals.PartOfSuccession: Problem(
        "part-of-succession", 409, "属于资金移交", "请用 successions/{编号}/reversal 两县同时冲正"
    ),
    OneSideOnly: Problem("one-side-only", 422, "只能选择一种查询方式", "请只填写 region 或 living_in 中的一个"),
    FundKnown: Problem("fund-known", 409, "资金代码已被使用", "请换一个代码，或沿用已登记的名称、级别和用途"),
    TermsKnown: Problem(
        "terms-known",
        409,
        "规定已设定",
        "如有新文件，请用新的生效日期设定；尚在等待确认的可先撤回再设定，已生效的请以新生效日期更正",
    ),
    TermsLoosened: Problem(
        "terms-loosened", 409, "规定宽于上级", "请按 figures.loosened 收紧各条，或删去与上级相同的条款"
    ),
    TermsBindNothing: Problem("terms-bind-nothing", 409, "规定没有任何条款", "请至少写明一条规定"),
    TermsNotWaiting: Problem(
        "terms-not-waiting",
        409,
        "规定不在等待确认",
        "请查询该资金该年度现行的规定；已生效的规定请以新生效日期的规定替代",
    ),
    TermsOwnWork: Problem("terms-own-work", 409, "不能确认本人提出的放宽", "请由另一位有权人员核对文件后确认"),
    policies.PolicyKeyUnknown: Problem(
        "policy-key-unknown", 422, "没有这个政策数值", "请按 /funds/v1/policy-values/keys 的目录填写 key"
    ),
    policies.PolicyValueUnfit: Problem(
        "policy-value-unfit",
        422,
        "政策数值的写法或大小不对",
        "请按 figures 中的单位、写法和上下限核对文件后重填",
    ),
    policies.PolicyPeriodsOverlap: Problem(
        "policy-periods-overlap",
        409,
        "政策数值的期间重叠",
        "请先以同一起始日期更正已登记期间的截止日期并经确认，或改报不重叠的期间",
    ),
    policies.PolicyRegionNotOwn: Problem(
        "policy-region-not-own", 403, "不是本级的政策数值", "请由该区划本级的人员设定和确认；上级的数值对下级自动适用"
    ),
    policies.PolicyLawTooLow: Problem(
        "policy-law-too-low", 422, "县级以下不能以法律法规为依据性质", "县级文件请填 practice，暂定的请填 assumed"
    ),
    policies.PolicyLooserThanLaw: Problem(
        "policy-looser-than-law",
        409,
        "政策数值宽于上级法律法规",
        "请按 figures.law 收紧数值，或把期间改在该规定施行之前",
    ),
    policies.PolicyValueWaiting: Problem(
        "policy-value-waiting", 409, "已有同日数值等待确认", "请先确认或撤回等待中的版次，再登记新的版次"
    ),
    policies.PolicyValueNotWaiting: Problem(
        "policy-value-not-waiting", 409, "政策数值不在等待确认", "请查询该数值的历史；已作数的请登记新的版次更正"
    ),
    policies.PolicyOwnWork: Problem(
        "policy-own-work", 409, "不能确认本人登记的数值", "请由另一位有权人员核对文件后确认"
    ),
    FunctionCodeNotInYear: Problem(
        "function-code-not-in-year", 409, "科目在该年度无效", "请查询 /funds/v1/function-codes 中该年度的科目"
    ),
    FundRuleBroken: Problem(
        "fund-rule-broken",
        409,
        "违反资金使用规定",
        "请按 figures.breaches 逐条核对用途、收款人和金额，或更正后重新办理",
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
    columns.FileUnreadable: Problem("file-unreadable", 422, "文件无法读取", "请按说明另存或修改后重新上传"),
    uploads.UploadBroken: Problem(
        "upload-broken", 413, "文件没有完整收到", "请检查网络后重新上传；单个文件不超过 limit_bytes 字节"
    ),
    comparisons.RawNumbersSent: Problem(
        "raw-id-numbers",
        422,
        "上传内容含有疑似身份证号",
        "请原提供单位用生成工具把身份证号换成令牌后再传，source、document 只写单位名称和文号；"
        "含身份证号的原文件请勿经网络传递",
    ),
    comparisons.ListFaulty: Problem(
        "comparison-list-faulty", 422, "名单不合要求", "请原提供单位按所列位置改正原始数据，重新生成后再上传"
    ),
    comparisons.ListAltered: Problem(
        "comparison-list-altered", 422, "名单生成后被改动", "请原样上传工具生成的文件；需要改动的，请重新生成"
    ),
    comparisons.ExchangeKeyDiffers: Problem(
        "exchange-key-differs", 422, "交换密钥不一致", "请向管理员领取本县现用的交换密钥，重新生成名单"
    ),
    comparisons.AnotherList: Problem("another-list", 422, "名单与上传地址不符", "请核对名单的种类和县，传到对应的地址"),
    comparisons.ListKnown: Problem(
        "comparison-list-known", 409, "同一份名单已经登记", "现行的就是这一份，无需再传；确有更新的，请上传新生成的名单"
    ),
    comparisons.ListOvertaken: Problem(
        "comparison-list-overtaken", 409, "他人刚登记了同类名单", "请查看现行版本，仍需替换的请重新上传"
    ),
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
    orders.PresentedAhead: Problem("presented-ahead", 422, "送达时刻未到", "请填写实际送达银行的时刻，或省略"),
    orders.PresentedFarOff: Problem(
        "presented-far-off",
        422,
        "送达日期与支付令日期相差过大",
        "请核对送达时刻和业务日期；天数见 /funds/v1/policy-values",
    ),
    orders.OrderNumberUsed: Problem(
        "order-number-used", 409, "支付令编号已被使用", "请核对编号；确属新的支付令请换一个编号"
    ),
    orders.InvoiceClaimed: Problem(
        "invoice-claimed", 409, "发票已报账", "请从报账单中去掉已报账的发票；原支付令有误的，先冲正该支付令再报账"
    ),
    orders.OrderSettled: Problem(
        "order-settled", 409, "支付令已有结果", "请核对支付令与银行流水；原回单有误请先冲正其业务，再报送新的回单"
    ),
    orders.BankSerialUsed: Problem(
        "bank-serial-used", 409, "银行流水号已被使用", "若是新的回单请使用新的流水号；若是重发请原样发送"
    ),
    orders.TransitDrawn: Problem(
        "transit-drawn", 409, "在途资金不足", "请查询该支付令的在途资金批次，先退回或冲正动用它的业务"
    ),
    orders.ReturnedQuotaDrawn: Problem(
        "returned-quota-drawn",
        409,
        "退回的指标已被动用",
        "请先退回或冲正动用该指标的业务，或不填写 reissues_order_id，另行签发新的支付令（原发票可以再报）",
    ),
    orders.NotReissuable: Problem(
        "not-reissuable", 409, "不能重新签发", "请核对原支付令的状态、账户、资金和金额；每笔退汇只重新签发一次"
    ),
    register.IdNumberInvalid: Problem("id-number-invalid", 422, "身份证号无效", "请核对身份证号后重新报送"),
    register.NotMembers: Problem(
        "not-a-member", 409, "不是该户成员", "请核对人员编号与日期，见 /funds/v1/households/编号"
    ),
    register.HeadNeeded: Problem("head-needed", 409, "须有户主", "请指明户主：新户主须是该户留下（或分出）的成员"),
    register.NobodyStays: Problem("nobody-stays", 409, "原户无人", "全户迁移请登记迁移（moves）；分户须有成员留下"),
    register.PersonElsewhere: Problem(
        "person-elsewhere", 409, "已是另一户成员", "请先登记其离户（departures），再登记入户；分户用 splits"
    ),
    register.PersonDied: Problem(
        "person-died", 409, "该人员已登记死亡", "请核对身份证号；死亡登记有误的，先在原户用 corrections 更正"
    ),
    register.BeforeBirth: Problem("before-birth", 422, "入户早于出生", "请核对入户日期与身份证号"),
    register.RegisterOvertaken: Problem(
        "register-overtaken", 409, "部分人员刚刚另行登记", "请原样重新上传：已登记的人会逐行退回，其余照常登记"
    ),
    register.VillageNotListed: Problem(
        "village-not-listed", 409, "不是当日有效的村", "请核对 12 位村级代码；代码有沿革的见 /funds/v1/regions/代码"
    ),
    register.StandingRefused: Problem(
        "standing-refused", 409, "登记状态不允许", "请核对该户当前状态；已清退的户须先恢复登记"
    ),
    register.AppealTooLong: Problem(
        "appeal-too-long", 422, "申诉截止日过晚", "请核对申诉截止日的年份；天数见 /funds/v1/policy-values"
    ),
    register.AlreadyThere: Problem("already-there", 409, "无需迁移", "请核对该户当前居住地"),
    LaterFactKnown: Problem(
        "later-fact-known", 409, "已有更晚的登记", "变动须按日期先后登记；以前登记有误的，用 corrections 更正"
    ),
    BeyondHistory: Problem("beyond-history", 409, "不在登记历史之内", "更正只及已登记的日期；此后的变动请照常登记"),
    NoFactThen: Problem("no-fact-then", 409, "该日没有登记事实", "请核对日期，见 /funds/v1/households/编号"),
    NothingCorrected: Problem("nothing-corrected", 409, "没有更正任何内容", "登记已如所列，不必更正"),
    returns.NotPaid: Problem("not-paid", 409, "该行没有支付", "请核对支付编号；整批已冲正的不再逐行退回"),
    returns.ReturnTooLarge: Problem(
        "return-too-large", 409, "退回多于尚未退回的金额", "请核对金额与已登记的退回，见 /funds/v1/payment-returns"
    ),
    returns.ReturnTooEarly: Problem("return-too-early", 409, "退回早于支付", "请填写退回款实际到账的日期"),
    returns.ReturnSerialReused: Problem(
        "return-serial-reused", 409, "退汇流水号已被使用", "若是另一笔退回请换流水号；若是重发请原样发送"
    ),
    loans.BorrowerNotRegistered: Problem(
        "borrower-not-registered", 409, "借款人不在册", "请核对身份证号与放款日期；新登记的农户自登记之日起有效"
    ),
    loans.LoanOverLimit: Problem("loan-over-limit", 409, "超过贷款上限", "请核对金额；上限见 /funds/v1/policy-values"),
    loans.LoanTooLong: Problem("loan-too-long", 409, "超过贷款期限", "请核对到期日；期限见 /funds/v1/policy-values"),
    loans.BankRefReused: Problem(
        "bank-ref-reused", 409, "业务编号已被使用", "若是新的放款请换一个业务编号；若是重发请原样发送"
    ),
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
    ObjectionClosed: Problem("objection-closed", 409, "异议已经处理", "请查看处理结果；新的异议请另行登记"),
    ObjectionToOwnWork: Problem(
        "objection-to-own-work", 403, "不能处理针对本人经办事项的异议", "请由另一位有权限的人员核实处理"
    ),
    ObjectionDateRefused: Problem(
        "objection-date-refused", 409, "异议日期不合理", "请按实际提出、处理之日填写，不晚于今天"
    ),
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
    ContractNeeded: Problem(
        "contract-needed", 409, "需要写明合同", "请填写 contract_id（不是项目的质保金填写 contractor_id）"
    ),
    RetainedForAnother: Problem(
        "retained-for-another",
        409,
        "质保金是为别人预留的",
        "质保金只付给预留时的施工单位；因质量缺陷不再支付的，凭文件退回（return）或收回国库（take_back）",
    ),
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
    stops.StopNotAllowed: Problem(
        "stop-not-allowed",
        409,
        "没有该类停表的期限规定",
        "请核对停表之日；期限见 /funds/v1/policy-values?key=clock_stop_days",
    ),
    stops.StopTooLong: Problem(
        "stop-too-long", 409, "停表超过最长天数", "请按 figures.latest_on 缩短；到期仍需停表的，凭新的文件另行登记"
    ),
    stops.StopDateRefused: Problem("stop-date-refused", 409, "停表日期不成立", "请填写 figures 所列范围内的日期"),
    stops.NothingToStop: Problem(
        "nothing-to-stop", 409, "没有可停表的资金", "请核对账户、资金批次与停表之日：当日须停留在账户上"
    ),
    stops.StopAcrossPlaces: Problem("stop-across-places", 409, "资金分属不同区划", "请按区划分别登记停表"),
    stops.StopTooWide: Problem("stop-too-wide", 409, "停表的资金过多", "请填写 fund_code，或用 lots 指明资金批次"),
    visits.NotPaired: Problem(
        "not-paired",
        403,
        "不是该户的帮扶人",
        "请核对农户和日期；结对由乡镇登记，见 /funds/v1/helper-pairings",
    ),
    visits.VisitKnown: Problem("visit-known", 409, "走访已经登记", "同一户同一日只登记一次，无须重报"),
    visits.VisitAhead: Problem("visit-ahead", 409, "走访日期未到", "请核对走访日期"),
    visits.HouseholdTwice: Problem("household-twice", 409, "名单中农户重复", "请每户只保留一行"),
    stops.StopOver: Problem("stop-over", 409, "停表已经结束", "请查询 /funds/v1/clock-stops/编号；再次停表请另行登记"),
    warnings.LeaderKnown: Problem(
        "leader-known", 409, "该日的分管领导已登记", "请核对单位与日期；此后变动请用变动之日另行登记"
    ),
    warnings.WarningStepTaken: Problem(
        "warning-step-taken",
        409,
        "该步骤已经办理或尚不能办理",
        "请查询 /funds/v1/warnings/编号：先签收，再说明；办结以后不再变动",
    ),
    warnings.WarningOfAnother: Problem(
        "warning-of-another",
        403,
        "由被预警单位办理",
        "请由 figures.answers 所列区划、登录单位为 figures.unit_name 或未登记单位的经办人签收和说明；"
        "登录单位须与资金单位名称一致，不符的请联系系统管理员更正",
    ),
    warnings.WarningOwnWork: Problem(
        "warning-own-work", 409, "不能办结自己签收或说明的预警", "请由另一位监督人员或审核人办结"
    ),
    runs.RulesUnknown: Problem("rules-unknown", 422, "没有这条规则", "请在 /funds/v1/rules 查看现行规则的代码"),
    trials.NoDraft: Problem("no-draft", 404, "规则没有草案", "请用 values 给出草案数值，或先发布规则草案"),
    trials.NothingDrafted: Problem("nothing-drafted", 422, "没有可试算的内容", "请给出 draft 或 values"),
    trials.DraftValueRefused: Problem(
        "draft-value-refused",
        422,
        "草案数值不成立",
        "键与取值范围见 /funds/v1/policy-values/keys，规则所用的键见 /funds/v1/rules",
    ),
    trials.TrialTooLarge: Problem("trial-too-large", 422, "一次试算过多", "请减少业务日期，或逐县试算"),
    trials.NoBooks: Problem("no-books", 404, "没有已建账的县", "请核对区划代码"),
    runs.RunTooWide: Problem("run-too-wide", 422, "规则按县运行", "请用 region 指明一个县或其下的区划"),
    outcomes.OutcomeStands: Problem(
        "outcome-stands", 409, "预警已有结论", "请先登记“重新核查”（reopened），再登记新的结论；未结的预警不必重新核查"
    ),
    outcomes.RecoveredTooMuch: Problem(
        "recovered-too-much", 409, "追回超过涉及金额", "请核对金额：填写截至该日累计追回的分数"
    ),
    outcomes.RecoveredFell: Problem(
        "recovered-fell", 409, "累计追回减少", "请填写累计数；此前登记有误的，先登记“重新核查”再登记结论"
    ),
    outcomes.OutcomeDateRefused: Problem(
        "outcome-date-refused", 409, "结论日期不成立", "请填写 figures 所列范围内的日期"
    ),
    outcomes.RuleNotKnown: Problem(
        "rule-not-known", 404, "没有这条规则", "规则代码见 /funds/v1/rules；资金规定的违规代码为 B01 起"
    ),
    Missing: Problem("not-found", 404, "没有找到", "请核对编号；不在管辖范围内的记录同样显示为没有找到"),
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
