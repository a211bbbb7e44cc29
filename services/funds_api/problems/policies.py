"""Refusals about funds, their terms and the dated numbers of law and practice."""

from __future__ import annotations

from typing import Final

from chassis.problems import Problem
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
from services.funds_api.policies import refusals as policies

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
}
