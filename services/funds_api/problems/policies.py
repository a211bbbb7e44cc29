"""Refusals about funds, their terms and the dated numbers of law and practice."""

from __future__ import annotations

from typing import Final

from chassis.problems import Problem
from policies import problems as policies
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

CATALOGUE: Final[dict[type[Exception], Problem]] = {
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
    **policies.of("/funds/v1/policy-values"),
    FunctionCodeNotInYear: Problem(
        "function-code-not-in-year", 409, "科目在该年度无效", "请查询 /funds/v1/function-codes 中该年度的科目"
    ),
    FundRuleBroken: Problem(
        "fund-rule-broken",
        409,
        "违反资金使用规定",
        "请按 figures.breaches 逐条核对用途、收款人和金额，或更正后重新办理",
    ),
}
