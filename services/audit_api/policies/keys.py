"""The catalogue of policy values of supervision: what each key is called, its unit, shape and figures, who reads it.

A new key is one line. Pure; it holds no value: values are dated rows with a source. The lowest and highest figures are
assumed: they catch a slip of the hand, and say nothing about what is right. A period of days is counted from the day
after it began; a month ends on the same day of a later month, or on its last day when it has no such day.
"""

from __future__ import annotations

from typing import Final

from treasury.policy_keys import Keys, PolicyKey, Shape, Stricter

_W, _D = Shape.WHOLE, Shape.DAY_COUNT
_LOW, _HIGH = Stricter.LOWER, Stricter.HIGHER
_KINDS: Final = (("audit", "审计项目"), ("campaign", "专项整治"), ("patrol", "巡察"), ("inspection", "督查"))
CATALOGUE: Final[tuple[PolicyKey, ...]] = (
    *(
        PolicyKey(f"engagement_notice_days.{kind}", f"{name}通知书最少提前日数", "日", _D, 1, 60, name, _HIGH)
        for kind, name in _KINDS
    ),
    *(
        PolicyKey(f"auditee_reply_days.{kind}", f"{name}报告征求意见的答复期限", "日", _D, 1, 90, name, _HIGH)
        for kind, name in _KINDS
    ),
    *(PolicyKey(f"engagement_months.{kind}", f"{name}通常的起止月数", "月", _W, 1, 60, name) for kind, name in _KINDS),
    *(
        PolicyKey(f"engagement_team_min_n.{kind}", f"{name}组最少人数", "人", _W, 1, 100, name, _HIGH)
        for kind, name in _KINDS
    ),
    PolicyKey("decision_ruling_days", "提请政府裁决的期限", "日", _D, 1, 365, "审计决定", _HIGH),
    PolicyKey("repeat_within_years", "往前查找屡审屡犯的年数", "年", _W, 1, 20, "屡审屡犯", _HIGH),
    PolicyKey("supervision_after_days", "逾期未销号到督办的日数", "日", _W, 1, 180, "整改督办", _LOW),
    PolicyKey("rectification_report_days", "整改情况报告期限", "日", _D, 1, 365, "整改通知", _LOW),
    PolicyKey(
        "triage_amount_fen",
        "三看三定：看金额（重点核查、加急核查的起点）",
        "分",
        Shape.ASCENDING,
        1,
        10**12,
        "预警分类",
        _LOW,
    ),
    PolicyKey(
        "triage_days", "三看三定：看时间（重点核查、加急核查的起点）", "日", Shape.ASCENDING, 1, 3650, "预警分类", _LOW
    ),
    PolicyKey(
        "triage_repeats_n",
        "三看三定：看次数（重点核查、加急核查的起点）",
        "次",
        Shape.ASCENDING,
        1,
        100,
        "预警分类",
        _LOW,
    ),
    PolicyKey("triage_repeat_days", "三看三定：往前计次的日数", "日", _W, 1, 3650, "预警分类", _HIGH),
    PolicyKey("lead_opinion_months", "问题线索提出处置意见的期限", "月", _W, 1, 12, "问题线索", _LOW),
    PolicyKey("lead_talk_report_months", "谈话函询后提出报告的期限", "月", _W, 1, 12, "问题线索", _LOW),
    PolicyKey("lead_count_cell_min_n", "线索统计可公布的最小件数", "件", _W, 3, 1000, "线索统计", _HIGH),
    PolicyKey("evidence_retention_years", "证据档案的最短保存期限", "年", _W, 1, 100, "证据", _HIGH),
    PolicyKey("lead_letter_reply_days", "被函询人书面说明的期限", "日", _D, 1, 90, "问题线索", _LOW),
)
KEYS: Final = Keys(CATALOGUE)
