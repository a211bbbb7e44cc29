"""What setting a policy value answers when it refuses: in each service the same, but for where its catalogue is."""

from __future__ import annotations

from chassis.problems import Problem
from policies.refusals import (
    PolicyKeyUnknown,
    PolicyLawTooLow,
    PolicyLooserThanLaw,
    PolicyOwnWork,
    PolicyPeriodsOverlap,
    PolicyRegionNotOwn,
    PolicyValueNotWaiting,
    PolicyValueUnfit,
    PolicyValueWaiting,
)


def of(address: str) -> dict[type[Exception], Problem]:
    """The problems of the book that is served at `address`."""
    return {
        PolicyKeyUnknown: Problem("policy-key-unknown", 422, "没有这个政策数值", f"请按 {address}/keys 的目录填写 key"),
        PolicyValueUnfit: Problem(
            "policy-value-unfit",
            422,
            "政策数值的写法或大小不对",
            "请按 figures 中的单位、写法和上下限核对文件后重填",
        ),
        PolicyPeriodsOverlap: Problem(
            "policy-periods-overlap",
            409,
            "政策数值的期间重叠",
            "请先以同一起始日期更正已登记期间的截止日期并经确认，或改报不重叠的期间",
        ),
        PolicyRegionNotOwn: Problem(
            "policy-region-not-own",
            403,
            "不是本级的政策数值",
            "请由该区划本级的人员设定和确认；上级的数值对下级自动适用",
        ),
        PolicyLawTooLow: Problem(
            "policy-law-too-low", 422, "县级以下不能以法律法规为依据性质", "县级文件请填 practice，暂定的请填 assumed"
        ),
        PolicyLooserThanLaw: Problem(
            "policy-looser-than-law",
            409,
            "政策数值宽于上级法律法规",
            "请按 figures.law 收紧数值，或把期间改在该规定施行之前",
        ),
        PolicyValueWaiting: Problem(
            "policy-value-waiting", 409, "已有同日数值等待确认", "请先确认或撤回等待中的版次，再登记新的版次"
        ),
        PolicyValueNotWaiting: Problem(
            "policy-value-not-waiting", 409, "政策数值不在等待确认", "请查询该数值的历史；已作数的请登记新的版次更正"
        ),
        PolicyOwnWork: Problem("policy-own-work", 409, "不能确认本人登记的数值", "请由另一位有权人员核对文件后确认"),
    }
