"""Refusals about rules: runs, trials, warnings, and what became of a flag."""

from __future__ import annotations

from typing import Final

from chassis.problems import Problem
from services.funds_api.outcomes import refusals as outcomes
from services.funds_api.runs import refusals as runs
from services.funds_api.trials import refusals as trials
from services.funds_api.warnings import refusals as warnings

CATALOGUE: Final[dict[type[Exception], Problem]] = {
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
        "登录单位须与资金单位名称一致，不一致的请系统管理员按该名称另行登记人员、安全管理员授权",
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
}
