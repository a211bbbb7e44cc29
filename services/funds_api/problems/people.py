"""Refusals about the register of households, its loans and its helpers."""

from __future__ import annotations

from typing import Final

from chassis.problems import Problem
from services.funds_api.households import refusals as register
from services.funds_api.households.history import BeyondHistory, LaterFactKnown, NoFactThen, NothingCorrected
from services.funds_api.loans import service as loans
from services.funds_api.visits import refusals as visits

CATALOGUE: Final[dict[type[Exception], Problem]] = {
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
    loans.BorrowerNotRegistered: Problem(
        "borrower-not-registered", 409, "借款人不在册", "请核对身份证号与放款日期；新登记的农户自登记之日起有效"
    ),
    loans.LoanOverLimit: Problem("loan-over-limit", 409, "超过贷款上限", "请核对金额；上限见 /funds/v1/policy-values"),
    loans.LoanTooLong: Problem("loan-too-long", 409, "超过贷款期限", "请核对到期日；期限见 /funds/v1/policy-values"),
    loans.BankRefReused: Problem(
        "bank-ref-reused", 409, "业务编号已被使用", "若是新的放款请换一个业务编号；若是重发请原样发送"
    ),
    visits.NotPaired: Problem(
        "not-paired",
        403,
        "不是该户的帮扶人",
        "请核对农户和日期；结对由乡镇登记，见 /funds/v1/helper-pairings",
    ),
    visits.VisitKnown: Problem("visit-known", 409, "走访已经登记", "同一户同一日只登记一次，无须重报"),
    visits.VisitAhead: Problem("visit-ahead", 409, "走访日期未到", "请核对走访日期"),
    visits.HouseholdTwice: Problem("household-twice", 409, "名单中农户重复", "请每户只保留一行"),
}
