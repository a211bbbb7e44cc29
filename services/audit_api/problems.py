"""The error catalogue of audit_api on one screen: exception class → slug, status, Chinese title, what to do next."""

from __future__ import annotations

from typing import Final

from chassis.missing import Missing
from chassis.problems import Problem
from policies import problems as policies
from services.audit_api import access, checking, ledger
from services.audit_api.alerts import states as alerts
from services.audit_api.alerts.service import AlertNotNew
from services.audit_api.alerts.triage import ReasonMissing
from services.audit_api.engagements import refusals as engagements
from services.audit_api.erasures import service as erasures
from services.audit_api.evidence import marks, refusals
from services.audit_api.evidence.endpoints import FileNameUnreadable
from services.audit_api.evidence.service import EvidenceKeptAlready
from services.audit_api.extracts.questions import NotYetSettled
from services.audit_api.filed_reports.service import ReportFiledAlready
from services.audit_api.findings.binding import AmountNotTold, BoundTooMuch, LotNotAlerted, SubjectsExceedAmount
from services.audit_api.findings.existing import SubjectsSpread, SubjectsTooLarge, SubjectsUnknown
from services.audit_api.findings.nesting import NestedInCircle, NestedTooMuch, PartTooLarge
from services.audit_api.findings.refusals import BooksMovedOn, EvidenceNotOfFinding, LotHeld, NoRecordedFact
from services.audit_api.findings.states import FindingClosed, FindingNotConfirmed, FindingNotDraft, VersionDecided
from services.audit_api.leads import cells, membership, recusal
from services.audit_api.leads import states as leads
from services.audit_api.quarantines import states as quarantines
from services.audit_api.record.proving import RecordDamaged
from services.audit_api.record.service import CosignatureRefused, NothingSealed, NotSealedYet, SizesOutOfOrder
from services.audit_api.rectifications.extensions import ExtensionDecidedAlready, ExtensionWaits
from services.audit_api.rectifications.look_backs import OwnClosure
from services.audit_api.rectifications.progress import StageDoneAlready
from services.audit_api.rectifications.stage_days import OpenStagesNotNamed
from services.audit_api.rectifications.states import (
    DatesOutOfOrder,
    DeadlineNotLater,
    DeadlinePassed,
    StagesNotDone,
    StepNotPossible,
)
from services.audit_api.rectifications.waiting import SupervisionNotDue, SupervisionSentAlready
from services.audit_api.repeats import alike as repeats
from services.audit_api.reports import refusals as reports
from services.audit_api.reports.model import ReportDoesNotTie

CATALOGUE: Final[dict[type[Exception], Problem]] = {
    access.OutsideRegion: Problem("outside-region", 403, "超出管辖范围", "请核对区划代码；跨区业务由上级办理"),
    access.CountyNeeded: Problem("county-needed", 422, "需要指明县级区划", "请加上该查询参数，填六位县级代码"),
    access.OwnRequest: Problem("own-request", 403, "申请人不能复核自己的申请", "请由另一名监督人员复核"),
    checking.OwnDecision: Problem("own-decision", 403, "拟稿人不能审核自己的拟稿", "请由另一名监督人员审核"),
    checking.VersionChanged: Problem(
        "version-changed", 409, "所审核的版本已有改动", "请重新阅看现行版本，带上其 version_hash 再审核"
    ),
    Missing: Problem("not-found", 404, "没有找到", "请核对编号；不在管辖范围内的记录同样显示为没有找到"),
    AlertNotNew: Problem("alert-not-new", 409, "预警已处理", "请查看该预警当前的处理结果"),
    alerts.AlertMerged: Problem("alert-merged", 409, "预警已并入其他预警", "请在所并入的预警中办理，或先拆分"),
    alerts.AlertLeadsOthers: Problem(
        "alert-leads-others", 409, "该预警下已并入其他预警", "请以该预警为主合并，或先拆分"
    ),
    alerts.AlertNotMerged: Problem("alert-not-merged", 409, "预警没有并入该预警", "请核对现在并入的是哪一条预警"),
    alerts.NotSameMoney: Problem("not-same-money", 409, "所问的不是同一笔钱", "请只合并关于同一批次、对象或账户的预警"),
    alerts.RefutationWaits: Problem("refutation-waits", 409, "已有待审核的排除意见", "请先由另一人审核该排除意见"),
    alerts.RefutationDecided: Problem("refutation-decided", 409, "排除意见已审核", "如有新的理由，请另提排除意见"),
    ReasonMissing: Problem("triage-reason-missing", 409, "与建议不同须说明理由", "请写明为何不按建议的方式办理"),
    LotNotAlerted: Problem("lot-not-alerted", 409, "资金批次不在预警范围内", "请只选择所选预警涉及的资金批次"),
    BoundTooMuch: Problem("bound-too-much", 409, "认定金额超过预警金额", "请把认定金额改为不超过预警金额"),
    LotHeld: Problem(
        "lot-held",
        409,
        "资金批次已被其他问题认定",
        "请在已有问题中处理，或待其销号后再认定；不涉及该笔资金的对象，金额填 0",
    ),
    AmountNotTold: Problem("amount-not-told", 422, "需要写明问题金额", "请填写 amount_fen；不同种类的对象不相加"),
    SubjectsExceedAmount: Problem(
        "subjects-exceed-amount", 409, "所涉资金超过问题金额", "请核对 amount_fen 与各对象的金额"
    ),
    SubjectsUnknown: Problem(
        "subjects-unknown", 422, "资金账本中没有所涉对象", "请按 figures 中的序号核对编号和行号，或删去该项"
    ),
    SubjectsTooLarge: Problem("subjects-too-large", 409, "所涉对象的金额过大", "请把各项金额改为不超过 at_most_fen"),
    SubjectsSpread: Problem(
        "subjects-spread",
        409,
        "所涉资金过于分散",
        "请改列更下一层的业务或批次，或把该项金额填为 0（不认定资金批次）",
    ),
    BooksMovedOn: Problem("books-moved-on", 503, "账本正在变动", "请稍后用同一 Idempotency-Key 再试"),
    NoRecordedFact: Problem("no-recorded-fact", 409, "没有记录事实", "请先修改拟稿，至少记录一项事实，再送审"),
    EvidenceNotOfFinding: Problem(
        "evidence-not-of-finding", 409, "证据不在该问题名下", "请先把证据登记到该问题，再在事实中引用"
    ),
    VersionDecided: Problem("version-decided", 409, "这一稿已经审核", "请先修改成新的一稿，再送审"),
    FindingNotDraft: Problem("finding-not-draft", 409, "问题已认定", "已认定的内容不再改动；如有新情况请另行认定"),
    FindingNotConfirmed: Problem("finding-not-confirmed", 409, "问题尚未认定", "请由另一人审核认定后再下达整改"),
    NestedInCircle: Problem("nested-in-circle", 409, "金额互为包含", "请核对 within_finding_id"),
    NestedTooMuch: Problem("nested-too-much", 409, "金额大于所属问题的金额", "请核对金额，或改为约数"),
    PartTooLarge: Problem("part-too-large", 409, "金额小于属于其内的问题", "请核对金额，或改为约数"),
    ReportFiledAlready: Problem("report-filed-already", 409, "审计报告已入库", "请查看已入库的报告，或核对编号"),
    FindingClosed: Problem("finding-closed", 409, "问题已销号", "如有新情况，请依据新的预警另行认定"),
    quarantines.QuarantineStepNotPossible: Problem(
        "quarantine-step-not-possible", 409, "封存当前不能办理此步骤", "请先查看该封存的当前状态"
    ),
    quarantines.LotNotOfFinding: Problem(
        "lot-not-of-finding", 409, "资金批次不属于该问题", "请只封存该问题所认定的资金批次"
    ),
    quarantines.FindingQuarantined: Problem(
        "finding-quarantined", 409, "问题资金仍在封存", "请先解除封存，或以该问题追缴封存的资金归还原渠道，再销号"
    ),
    quarantines.QuarantinedTooMuch: Problem(
        "quarantined-too-much", 409, "封存金额超过认定金额", "请把封存金额改为不超过认定而尚未封存的部分"
    ),
    StepNotPossible: Problem("order-step-not-possible", 409, "当前状态不能办理此步骤", "请先查看整改通知的当前状态"),
    DatesOutOfOrder: Problem("dates-out-of-order", 409, "日期先后有误", "请核对业务日期：后一步不得早于前一步"),
    StagesNotDone: Problem("stages-not-done", 409, "尚有阶段未完成", "请先填报各阶段完成情况，再申请销号"),
    StageDoneAlready: Problem("stage-done-already", 409, "该阶段已完成", "无需重复填报；如有补充请另行填报进展"),
    DeadlinePassed: Problem(
        "order-deadline-passed", 409, "签发时期限已过", "请退回原稿，另拟期限在签发之日以后的整改通知"
    ),
    DeadlineNotLater: Problem("deadline-not-later", 409, "新期限不晚于现行期限", "请填写晚于现行期限的日期"),
    checking.DecisionWaits: Problem(
        "decision-waits", 409, "已有待审核的同类事项", "请等待审核结果，再决定是否另行办理"
    ),
    checking.DecidedAlready: Problem("decided-already", 409, "该事项已经审核", "如情况有变，请重新办理"),
    repeats.RepeatNotStanding: Problem(
        "repeat-not-standing", 409, "屡犯关联未经另一人同意", "待审核的，请由另一人退回"
    ),
    OpenStagesNotNamed: Problem(
        "open-stages-not-named", 409, "延期申请与尚未完成的阶段不符", "请逐一写明尚未完成的各阶段的新期限"
    ),
    ExtensionWaits: Problem("extension-waits", 409, "已有待审批的延期申请", "请等待审批结果，再决定是否另行申请"),
    ExtensionDecidedAlready: Problem("extension-decided-already", 409, "延期申请已审批", "如情况有变，请重新申请延期"),
    SupervisionNotDue: Problem("supervision-not-due", 409, "尚未到督办之日", "请到可以督办之日再发督办通知"),
    SupervisionSentAlready: Problem(
        "supervision-sent-already", 409, "已就该期限督办", "同一期限督办一次；延期后再逾期的可再次督办"
    ),
    OwnClosure: Problem("own-closure", 403, "同意销号的人不能自己回头看", "请由另一名监督人员回头看和审核"),
    repeats.RepeatNotLater: Problem(
        "repeat-not-later", 409, "所称此前的问题并不在前", "请核对两个问题的认定日期，调换先后"
    ),
    repeats.RepeatLinkedAlready: Problem("repeat-linked-already", 409, "两个问题已认作屡犯", "无需重复关联"),
    repeats.RepeatUndone: Problem("repeat-undone", 409, "屡犯关联已撤销", "如需恢复，请重新关联"),
    FileNameUnreadable: Problem(
        "file-name-unreadable", 422, "文件名无法识别", "请对文件名作百分号编码后放入 X-File-Name"
    ),
    reports.ReportTooLarge: Problem(
        "report-too-large", 409, "报表行数过多", "请用 since、until 分期取得，或改用 XLSX、JSON 格式"
    ),
    reports.ReportUnderWay: Problem(
        "report-under-way", 409, "您有一份报表正在生成", "请待该报表完成后再取下一份，一般在十秒以内"
    ),
    reports.ReportNotPrinted: Problem(
        "report-not-printed", 503, "PDF 未能排版", "请稍后重试；仍不成功时请缩短期间，或先取 XLSX"
    ),
    reports.ReportFormatNotOffered: Problem(
        "report-format-not-offered", 406, "没有所要求的报表格式", "请在 format 参数中填写 json、xlsx 或 pdf"
    ),
    ReportDoesNotTie: Problem(
        "report-does-not-tie", 409, "报表与账面不符", "请勿使用其他途径的数字代替；请报告系统管理员查明原因后再取"
    ),
    refusals.EvidenceEmpty: Problem("evidence-empty", 422, "证据文件为空", "请选择有内容的文件"),
    refusals.EvidenceTooLarge: Problem("evidence-too-large", 413, "证据文件过大或上传中断", "请压缩或拆分后重试"),
    refusals.EvidenceKindUnknown: Problem(
        "evidence-kind-unknown", 415, "不接受该类型的文件", "请转换为 PDF、OFD、PNG、JPEG、XLSX（不含宏）、CSV 或 TXT"
    ),
    refusals.EvidenceAltered: Problem(
        "evidence-altered", 409, "证据文件校验不通过", "请立即报告审计管理员，由备份恢复并查明原因"
    ),
    refusals.EvidenceForgotten: Problem(
        "evidence-forgotten", 410, "证据文件内容已删除或停止处理", "内容不再提供；以登记的 SHA-256 和删除决定为准"
    ),
    refusals.EvidenceStoreDown: Problem(
        "evidence-store-down",
        503,
        "证据存储无法访问",
        "请稍后用同一个 Idempotency-Key 重试；持续出现时请联系系统管理员",
    ),
    ledger.LedgerDown: Problem(
        "ledger-down", 503, "资金账本服务无法访问", "请稍后用同一个 Idempotency-Key 重试；持续出现时请联系系统管理员"
    ),
    ledger.LedgerRefused: Problem("ledger-refused", 409, "资金账本没有给出答复", "请核对所问对象的编号和县级区划"),
    NotYetSettled: Problem(
        "extract-not-settled", 409, "该时点的账本尚未定格", "请把 known_at 改为不晚于 latest 的时点，或省略"
    ),
    marks.WithdrawalStands: Problem(
        "evidence-withdrawal-stands", 409, "撤回申请正在审核或已同意", "请查看该证据的撤回申请"
    ),
    marks.WithdrawalDecided: Problem(
        "evidence-withdrawal-decided", 409, "撤回申请已经审核", "请查看审核结果；需要时另行申请"
    ),
    marks.WithdrawalOutOfOrder: Problem(
        "evidence-withdrawal-out-of-order", 409, "审核日期早于申请日期", "请核对业务日期：审核不得早于申请"
    ),
    erasures.NothingToErase: Problem("nothing-to-erase", 409, "没有可删除的文字", "请核对编号和字段"),
    erasures.ErasureWasDecided: Problem("erasure-decided", 409, "删除申请已经审核", "请查看审核结果；需要时另行申请"),
    erasures.ContentMustBeKept: Problem(
        "content-must-be-kept", 409, "证据保存期限未满", "请改为停止处理（restricted），期满后再申请删除"
    ),
    erasures.NothingToRestrict: Problem(
        "nothing-to-restrict", 409, "只有证据文件内容可以停止处理", "请选择同意（agreed）或不同意（refused）"
    ),
    erasures.ErasureOutOfOrder: Problem(
        "erasure-out-of-order", 409, "审核日期早于申请日期", "请核对业务日期：审核不得早于申请"
    ),
    EvidenceKeptAlready: Problem("evidence-kept-already", 409, "证据已登记", "无需重复上传"),
    **policies.of("/audit/v1/policy-values"),
    NothingSealed: Problem("nothing-sealed", 409, "日志尚未封存", "请确认封存进程正在运行，稍后再试"),
    NotSealedYet: Problem("not-sealed-yet", 409, "检查点早于该条日志", "请改用较新的检查点，或稍后再试"),
    SizesOutOfOrder: Problem("sizes-out-of-order", 409, "条数先后有误", "请核对先前见到的条数；若确实更大，请立即报告"),
    RecordDamaged: Problem("record-damaged", 409, "存证与检查点不符", "请立即报告，并导出日志离线核验，不要改动数据库"),
    CosignatureRefused: Problem("cosignature-refused", 422, "见证签名未被接受", "请核对检查点条数与已登记的见证公钥"),
    leads.LeadStepNotPossible: Problem(
        "lead-step-not-possible", 409, "线索当前不能办理此步骤", "请先查看线索的当前状态"
    ),
    leads.OpinionUndecided: Problem("opinion-undecided", 409, "已有意见待审批", "请由另一名成员先审批该意见"),
    leads.OpinionDecided: Problem("opinion-decided", 409, "意见已审批", "如须改变，请另拟新的意见"),
    leads.ReportMissing: Problem("talk-report-missing", 409, "谈话函询尚无情况报告", "请先登记谈话结束日期与情况报告"),
    leads.DayAhead: Problem("day-ahead", 409, "日期晚于今天", "请核对业务日期"),
    recusal.NotDeclared: Problem("interests-not-declared", 409, "尚未作回避申报", "请该人员先作回避申报，再指定为成员"),
    recusal.Related: Problem("related-to-subject", 403, "应当回避", "请另行指定与被反映单位没有利害关系的人员"),
    membership.AlreadyMember: Problem("already-member", 409, "已是成员", "无需重复指定"),
    membership.OwnLeaving: Problem(
        "own-leaving", 403, "退出者不能审核自己的退出", "请由拟稿人和退出者以外的成员审核；没有的，先增加一名成员"
    ),
    membership.LastMember: Problem("last-member", 409, "线索不能没有成员", "请填写 successor，由接替人员同时加入"),
    cells.CountsAboveCounty: Problem("counts-above-county", 403, "线索统计不提供给县及以下", "请由市级及以上查询"),
    cells.MonthNotOver: Problem("month-not-over", 409, "该月尚未结束", "请在 told_from 之后查询，或改查已结束的月份"),
    engagements.StepOutOfTurn: Problem(
        "engagement-step-out-of-turn",
        409,
        "监督项目尚不能办理此步骤",
        "请查看项目的当前阶段，先办理 figures.needs 所说事项",
    ),
    engagements.EngagementDayRefused: Problem(
        "engagement-day-refused", 409, "监督项目的日期有误", "请按 figures 中的最早、最晚日期核对业务日期"
    ),
    engagements.NoticeTooLate: Problem(
        "notice-too-late",
        409,
        "通知书送达过晚",
        "请把进点日期推后；确有特殊情况的，经审计机关负责人批准后填写 at_once",
    ),
    engagements.RecusalNeeded: Problem("recusal-needed", 409, "应当回避", "请更换人员"),
    engagements.MemberUndeclared: Problem(
        "member-undeclared",
        409,
        "组员尚未作回避申报",
        "请该人员登录后先作回避申报（interest-declarations），再列入项目组",
    ),
    engagements.NotApprover: Problem(
        "not-approver", 403, "不是通知书所列批准人", "请由 figures 所列批准人本人批准，或由其退回后另列批准人"
    ),
    engagements.NotOnTeam: Problem("not-on-team", 403, "不是项目组成员", "请由项目组成员（组长）办理，或先调入项目组"),
    engagements.TeamTooSmall: Problem("team-too-small", 409, "项目组人数不足", "请先调入组长和组员，再进点、取证"),
    engagements.AlreadyOnTeam: Problem("already-on-team", 409, "已在项目组内", "请查看项目组名单；变更分工的先调出"),
    engagements.PapersUnreviewed: Problem(
        "papers-unreviewed", 409, "底稿尚未复核完毕", "请先编制底稿并由另一人复核，退回的另行编制"
    ),
    engagements.ReplyPeriodOpen: Problem(
        "reply-period-open", 409, "书面意见期限尚未届满", "请待其答复并登记，或在期限届满后的次日起办理"
    ),
    engagements.FindingNamedAlready: Problem(
        "finding-named-already", 409, "问题已列入监督项目", "一个问题只列入一个项目；请查看 figures 所列项目"
    ),
    engagements.FindingOutsideScope: Problem(
        "finding-outside-scope", 409, "问题不在监督项目的范围内", "请列入范围相符的项目；拟稿的问题可先修改所依据的预警"
    ),
    engagements.NotACampaign: Problem(
        "not-a-campaign", 409, "该项目不能有组成部分", "请填写没有被监督单位的专项整治或巡察，其本身不属于另一项目"
    ),
    engagements.PartOutsideCampaign: Problem(
        "part-outside-campaign", 409, "超出所属项目的范围", "请改在 figures.allowed 之内，或先变更所属项目的期限"
    ),
    engagements.CampaignPartsOpen: Problem(
        "campaign-parts-open", 409, "组成部分尚未全部结项", "请先将各组成部分结项或终止（engagements?part_of=）"
    ),
    engagements.EngagementEndMissing: Problem(
        "engagement-end-missing", 422, "没有截止日", "请填写 ends_on，或先设定该类项目的通常月数（policy-values）"
    ),
    engagements.DocumentDecided: Problem(
        "document-decided", 409, "文书已经审核", "请查看审核结果；退回的请另行拟定新的文书"
    ),
}
