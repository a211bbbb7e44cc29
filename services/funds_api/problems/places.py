"""Refusals about places and units: codes that are not valid that day, regions of others, and what is not there."""

from __future__ import annotations

from typing import Final

from chassis.missing import Missing
from chassis.problems import Problem
from services.funds_api import access
from services.funds_api.flows.households import OneSideOnly
from services.funds_api.regions.lists import RegionChangeShape, RegionClosed, RegionListOlder
from services.funds_api.regions.service import RegionNotValid, RegionUnknown
from services.funds_api.units.service import NatureOfNoAccount, RegionTooHigh, UnitKnown

CATALOGUE: Final[dict[type[Exception], Problem]] = {
    access.OutsideRegion: Problem("outside-region", 403, "超出管辖范围", "请核对区划代码；跨区业务由上级办理"),
    access.CountyNeeded: Problem("county-needed", 422, "需要指明县级区划", "请加上该查询参数，填六位县级代码"),
    RegionTooHigh: Problem("region-too-high", 422, "区划级别过高", "资金落在县级：请用六位或更长的区划代码"),
    NatureOfNoAccount: Problem(
        "nature-of-no-account", 409, "账户不登记性质", "账户性质只登记资金账户；指标账户、农户卡折不登记"
    ),
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
    OneSideOnly: Problem("one-side-only", 422, "只能选择一种查询方式", "请只填写 region 或 living_in 中的一个"),
    Missing: Problem("not-found", 404, "没有找到", "请核对编号；不在管辖范围内的记录同样显示为没有找到"),
}
