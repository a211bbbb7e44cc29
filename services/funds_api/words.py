"""The Chinese words for codes that stand in sentences people read: kinds of units and movements, states, stages.

The codes themselves are the API's and stay in the figures. A code without a word is shown as it is; tests hold that
there is none.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

UNITS: Final[Mapping[str, str]] = {
    "treasury": "国库",
    "department": "部门",
    "township_office": "乡镇财政所",
    "village_collective": "村集体",
    "project_unit": "项目",
    "bank": "银行",
    "retention": "质保金专户",
    "contractor": "施工单位",
    "households": "农户",
    "outside": "县外",
}
BOOKS: Final[Mapping[str, str]] = {"quota": "指标", "cash": "资金"}
MOVEMENTS: Final[Mapping[str, str]] = {
    "receive": "入账",
    "hand_down": "下达拨付",
    "order": "支付令",
    "pay": "支付",
    "disburse": "到户发放",
    "retain": "预留质保金",
    "release": "支付质保金",
    "return": "退回",
    "recover": "追缴",
    "take_back": "收回",
    "carry_over": "结转",
    "reverse": "冲正",
    "succeed": "移交后继县",
    "hold": "冻结",
}
HOLDS: Final[Mapping[str, str]] = {
    "held": "有效",
    "posted": "已支付",
    "voided": "已解除",
    "expired": "已到期",
    "elsewhere": "不属于该账户",
}
ORDERS: Final[Mapping[str, str]] = {"issued": "在途", "paid": "支付成功", "returned": "退汇", "reversed": "冲正"}
BATCHES: Final[Mapping[str, str]] = {
    "draft": "待上传名册",
    "checked": "已校验待审批",
    "posted": "已发放",
    "withdrawn": "已撤回",
    "divided": "已分批办理",
}
PER: Final[Mapping[str, str]] = {"household": "按户", "person": "按人"}
PAYMENTS: Final[Mapping[str, str]] = {
    "divided": "已分批办理",
    "waiting": "待审批",
    "scheduled": "已审批未到日",
    "paid": "已支付",
    "reversed": "已冲正",
    "withdrawn": "已撤回",
    "returned": "已退汇",
    "reissued": "已重发",
    "recovered": "已追缴",
}
STANDINGS: Final[Mapping[str, str]] = {
    "registered": "登记在册",
    "lifted": "已脱贫",
    "monitored": "监测",
    "returned": "返贫",
    "removed": "清退",
}
ASSETS: Final[Mapping[str, str]] = {"operating": "经营性", "public": "公益性", "to_households": "到户类"}
USES: Final[Mapping[str, str]] = {
    "production": "生产发展",
    "infrastructure": "基础设施",
    "education": "教育资助",
    "health": "健康帮扶",
    "relocation": "易地搬迁",
    "house_repair": "危房改造",
    "public_post": "公益性岗位",
    "interest_subsidy": "贷款贴息",
    "training": "技能培训",
    "management_fee": "项目管理费",
    "wage": "人员工资和单位基本支出",
    "bonus": "奖金、津贴和福利补助",
    "vehicle": "交通工具和通讯设备",
    "company_loss": "弥补企业亏损",
    "office_building": "修建楼堂馆所",
    "debt": "偿还债务",
    "budget_gap": "弥补预算支出缺口",
    "large_works": "大中型基本建设项目",
    "city_works": "城市基础设施建设和城市扶贫",
    "advance": "垫资",
}
STOPS: Final[Mapping[str, str]] = {
    "publicity": "公示",
    "tender": "招标",
    "court_freeze": "法院冻结",
    "bank_return": "退汇在途",
}
OUTCOMES: Final[Mapping[str, str]] = {
    "open": "未结",
    "confirmed": "属实",
    "refuted": "不属实",
    "reopened": "重新核查",
}
STAGES: Final[Mapping[str, str]] = {
    "declared": "申报",
    "reviewed": "审核",
    "published": "公示",
    "admitted": "入库",
    "planned": "计划下达",
    "tendering": "招标",
    "building": "实施",
    "accepted": "验收",
    "announced": "公告",
    "owned": "资产确权",
    "maintained": "管护",
    "removed": "出库",
}
CHANGES: Final[Mapping[str, str]] = {
    "waiting": "等待批准",
    "approved": "已批准",
    "refused": "已驳回",
    "withdrawn": "已撤回",
}
WARNINGS: Final[Mapping[str, str]] = {
    "issued": "尚未签收",
    "acknowledged": "已签收",
    "explained": "已说明",
    "answered": "已办结",
}
WARNING_STEPS: Final[Mapping[str, str]] = {"acknowledge": "签收", "explain": "说明", "close": "办结"}


def said(words: Mapping[str, str], code: str | None) -> str:
    """The word for a code, or the code; 无 for none."""
    return words.get(code, code) if code else "无"
