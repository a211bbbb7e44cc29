"""Why a roster row is not accepted: a stable code, one Chinese sentence with its figures, and what the clerk can do.

No figure and no sentence holds personal data: they rest unencrypted beside the row's ciphertext.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from treasury.money import yuan

# code → (sentence, advice); amounts in sentences are 元, figures are fen.
REASONS: Final[dict[str, tuple[str, str]]] = {
    "id_missing": ("没有填写身份证号", "补填户主身份证号"),
    "id_malformed": ("身份证号不是 18 位（实为 {characters_n} 位或含其他字符）", "按户口簿或身份证重新填写 18 位号码"),
    "id_not_a_date": ("身份证号中的出生日期不存在", "按户口簿或身份证核对第 7 至 14 位"),
    "id_check_digit": ("身份证号校验位不符，至少有一位填错", "按户口簿或身份证逐位核对"),
    "card_rounded": ("卡号成了科学计数法（如 6.22848E+18），后几位已经丢失", "把卡号列设为文本格式，重新填写完整卡号"),
    "amount_unreadable": ("金额为空或不是数字", "填写阿拉伯数字金额，单位与表头一致"),
    "amount_not_positive": ("金额 {amount} 元不大于零", "填写应发金额；不发放的人不要列入名册"),
    "amount_precision": ("金额精确到了分以下", "四舍五入由发放单位决定后，填写最多精确到分的金额"),
    "unknown_household": (
        "本辖区在册农户中没有此身份证号",
        "核对号码；如确为应补对象，先请县财政登记该户，再随下一批发放",
    ),
    "not_member_then": (
        "该人员在发放日 {effective_on} 不是在册户成员",
        "核对发放日与该人员入户、离户日期，见 /funds/v1/households/编号",
    ),
    "household_removed": (
        "该户已于 {removed_on} 清退（依据：{document}）",
        "已清退的户不再发放；申诉成立或误退的，请先恢复登记",
    ),
    "moved_away": ("该户已于 {moved_on} 迁往 {region_code}", "从本名册删除，由迁入地发放；迁出本县的不再发放"),
    "payee_not_head": ("领款人不是户主，本县规定只发给户主", "改填户主的身份证号与卡号"),
    "duplicate_household": ("与第 {first_line} 行是同一户的成员", "同一户同一项目只保留一行"),
    "outside_township": ("该户登记在其他乡镇，不属于本批次的区划 {region_code}", "从本名册删除，由户籍所在乡镇发放"),
    "duplicate_in_file": ("与第 {first_line} 行是同一身份证号", "同一户同一项目只保留一行"),
    "already_paid": ("同一项目“{entitlement}”已在另一批次中{state}", "从本名册删除；如另一批次有误，请先将其撤回"),
    "over_household_cap": (
        "金额 {amount} 元超过每户上限 {cap} 元（依据：{source}）",
        "按上限更正金额，或附批准文件另行办理",
    ),
    "over_household_cap_together": (
        "本名册已列该户其他成员 {roster} 元，加本行 {amount} 元，超过每户上限 {cap} 元（依据：{source}）",
        "同户各成员合并计算；按上限更正金额，或附批准文件另行办理",
    ),
    "over_household_cap_with_others": (
        "各名册（含本册上文）已列该户本项目 {entitled} 元，加本行 {amount} 元，超每户上限 {cap} 元（依据：{source}）",
        "同户各成员合并计算；按上限更正金额，或附批准文件另行办理",
    ),
    "over_fund_year_cap": (
        "本年度该资金已发 {year} 元，加本行 {amount} 元，超过年度上限 {cap} 元（依据：{source}）",
        "按上限更正金额，或从名册删除；已发批次有误请先冲正",
    ),
    "exclusive_fund": (
        "本年度已享受互斥资金 {other_fund}（依据：{source}）",
        "从名册删除；如互斥资金系误发，请先冲正该批次",
    ),
    "over_household_year_cap": (
        "本年度该资金已发该户 {year} 元，加本行 {amount} 元，超过每户年度上限 {cap} 元（依据：{source}）",
        "同户各成员合并计算；按上限更正金额，或从名册删除",
    ),
    "household_exclusive_fund": (
        "该户本年度已有成员享受互斥资金 {other_fund}（依据：{source}）",
        "从名册删除；如互斥资金系误发，请先冲正该批次",
    ),
    "money_not_there": (
        "累计到本行需 {running} 元，账户在发放日只有该资金 {available} 元",
        "等资金到账后再发，或把本行及以后各行移到下一批",
    ),
}
_STATES: Final = {"posted": "发放", "checked": "等待审批"}


def reason(code: str, figures: Mapping[str, Any]) -> dict[str, Any]:
    """The reason as it is stored and answered: code, sentence, figures."""
    shown = {name.removesuffix("_fen"): yuan(value) for name, value in figures.items() if name.endswith("_fen")}
    sentence = REASONS[code][0].format(**figures, **shown, state=_STATES.get(str(figures.get("status")), ""))
    return {"code": code, "text": sentence, "figures": dict(figures)}


def advice(code: str) -> str:
    return REASONS[code][1]
