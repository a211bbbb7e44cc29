"""The catalogue of policy values: what each key is called, its unit, shape and sensible figures, and who reads it.

A new key is one line. Pure; it holds no value: values are dated rows with a source. The lowest and highest figures are
assumed: they catch a slip of the hand (a limit of zero, yuan for fen), and say nothing about what is right.
"""

from __future__ import annotations

from typing import Final

from treasury.policy_keys import Keys, PolicyKey, Shape, Stricter

_W, _R, _A, _C, _D, _N = Shape.WHOLE, Shape.RATIO, Shape.ASCENDING, Shape.CURVE, Shape.DAY_COUNT, Shape.NAMED
_LOW, _HIGH = Stricter.LOWER, Stricter.HIGHER
_STEP, _LEVEL = "滞留预警 R19、闲置资金", "资金级次"
_LEVELS = ("central", "province", "prefecture", "county")
_LAW = "滞留时限（预算法第五十二条）"
CATALOGUE: Final[tuple[PolicyKey, ...]] = (
    PolicyKey(
        "handdown_limit_days.treasury", "国库收到资金后的下达时限", "日", _D, 1, 365, _STEP, _LOW, _LEVEL, _LEVELS
    ),
    PolicyKey("handdown_limit_days.department", "主管部门的下达时限", "日", _D, 1, 365, _STEP, _LOW, _LEVEL, _LEVELS),
    PolicyKey(
        "handdown_limit_days.township_office", "乡镇财政所的拨付时限", "日", _D, 1, 365, _STEP, _LOW, _LEVEL, _LEVELS
    ),
    PolicyKey(
        "handdown_limit_days.village_collective", "村集体的支出时限", "日", _D, 1, 365, _STEP, _LOW, _LEVEL, _LEVELS
    ),
    PolicyKey("handdown_limit_days.project_unit", "项目单位的支付时限", "日", _D, 1, 730, _STEP, _LOW, _LEVEL, _LEVELS),
    PolicyKey(
        "handdown_clock.centre_to_province.special", "中央专项转移支付下达到省的时限", "日", _D, 1, 365, _LAW, _LOW
    ),
    PolicyKey(
        "handdown_clock.centre_to_province.general", "中央一般性转移支付下达到省的时限", "日", _D, 1, 365, _LAW, _LOW
    ),
    PolicyKey("handdown_clock.central_to_counties", "省级收到中央转移支付后的下达时限", "日", _D, 1, 365, _LAW, _LOW),
    PolicyKey("handdown_clock.own_budget.special", "本级专项转移支付的下达时限", "日", _D, 1, 365, _LAW, _LOW),
    PolicyKey("handdown_clock.own_budget.general", "本级一般性转移支付的下达时限", "日", _D, 1, 365, _LAW, _LOW),
    PolicyKey("handdown_clock.reply_to_department", "向部门批复预算的时限", "日", _D, 1, 365, _LAW, _LOW),
    PolicyKey("handdown_clock.reply_to_unit", "部门向所属单位批复预算的时限", "日", _D, 1, 365, _LAW, _LOW),
    PolicyKey("clock_stop_days.publicity", "公示停表的最长天数", "日", _W, 1, 365, "停表", _LOW),
    PolicyKey("clock_stop_days.tender", "招标停表的最长天数", "日", _W, 1, 365, "停表", _LOW),
    PolicyKey("clock_stop_days.court_freeze", "法院冻结停表的最长天数", "日", _W, 1, 1095, "停表", _LOW),
    PolicyKey("clock_stop_days.bank_return", "退汇在途停表的最长天数", "日", _W, 1, 90, "停表", _LOW),
    PolicyKey("idle_flag_days", "闲置提示线", "日", _W, 1, 3650, "闲置预警 I01、闲置资金"),
    PolicyKey("idle_later_days", "闲置再次预警的天数", "日", _A, 1, 7300, "闲置预警 I01"),
    PolicyKey("idle_bands_days", "闲置天数分档", "日", _A, 1, 7300, "闲置资金"),
    PolicyKey("balance_after_years", "结转资金转为结余的年数", "年", _W, 1, 10, "结余预测", _LOW),
    PolicyKey("balance_forecast_days", "转为结余前的提示天数", "日", _W, 1, 730, "结余预测"),
    PolicyKey("spending_curve", "支出进度要求", "百分之一", _C, 0, 100, "支出进度、支出进度预警 R20"),
    PolicyKey(
        "spending_behind_tolerance_ppm", "支出进度允许落后", "百万分之一", _R, 0, 1_000_000, "支出进度预警 R20", _LOW
    ),
    PolicyKey("industry_share_min_ppm", "产业占比下限", "百万分之一", _R, 1, 1_000_000, "支出进度", _HIGH),
    PolicyKey("outlier_fence_ppm", "金额离群的四分位距倍数", "百万分之一", _R, 100_000, 100_000_000, "预警 R12"),
    PolicyKey(
        "outlier_distance_min_ppm", "金额离群与第三四分位的最小距离", "百万分之一", _R, 0, 100_000_000, "预警 R12"
    ),
    PolicyKey("outlier_rows_min", "作统计比较的最少笔数", "笔", _W, 4, 1_000_000, "预警 R12"),
    PolicyKey("car_value_fen", "车辆价值界限（0 即全部车辆）", "分", _W, 0, 1_000_000_000, "名下有车辆预警 R04"),
    PolicyKey("flats_several_n", "多套房产的套数", "套", _W, 1, 100, "名下有多套或非住宅房产预警 R05"),
    PolicyKey("flats_of_use_n", "按用途的房产套数界限", "套", _N, 1, 100, "名下有多套或非住宅房产预警 R05"),
    PolicyKey(
        "business_capital_fen",
        "按身份的注册资本界限，“其他”为未列身份",
        "分",
        _N,
        0,
        1_000_000_000_000,
        "工商登记预警 R06",
    ),
    PolicyKey("payroll_members_n", "同户财政供养人数", "人", _W, 1, 20, "同户成员为财政供养人员预警 R07"),
    PolicyKey("cadre_kin_payees_n", "村干部本人及亲属一年内领取的人数界限", "人", _W, 1, 1000, "优亲厚友预警 R03"),
    PolicyKey(
        "cadre_kin_fen", "村干部本人及亲属一年内领取的金额界限", "分", _W, 1, 100_000_000_000, "优亲厚友预警 R03"
    ),
    PolicyKey(
        "exclusive_entitlements",
        "互斥名目（组号×10＋类别号，同组不同类别一户只享受一项）",
        "编号",
        _N,
        11,
        999,
        "重复享受预警 R10",
    ),
    PolicyKey(
        "entitlement_words_aside",
        "不参与名目互斥与重复申领比对的名目用词",
        "1 不比对，0 比对",
        _N,
        0,
        1,
        "重复享受预警 R10",
    ),
    PolicyKey("claimed_once_years", "一次性补助再次申领的间隔年数", "年", _N, 1, 100, "重复享受预警 R10"),
    PolicyKey("card_households_n", "一年内同一银行账户代领的户数界限", "户", _W, 2, 1000, "一户多领预警 R11"),
    PolicyKey("rule_precision_warn_ppm", "规则属实比例的提示线", "百万分之一", _R, 1, 1_000_000, "各预警规则的成绩"),
    PolicyKey("rule_decided_min", "评价规则所需的最少结论数", "条", _W, 1, 1_000_000, "各预警规则的成绩"),
    PolicyKey("rule_share_warn_ppm", "规则命中比例的提示线", "百万分之一", _R, 1, 1_000_000, "各预警规则的自检"),
    PolicyKey("household_cap_fen", "到户补助每户上限", "分", _W, 100, 100_000_000, "发放花名册审核", _LOW, "资金代码"),
    PolicyKey("payee_any_member", "补助可发给户内任一成员", "1 是，0 否", _W, 0, 1, "发放花名册审核", _LOW),
    PolicyKey("batch_publicity_days", "发放名册公示天数", "日", _D, 1, 365, "发放审批（公示满期）", _HIGH, "资金代码"),
    PolicyKey("loan_max_fen", "小额信贷每户最高额", "分", _W, 100, 100_000_000, "小额信贷登记", _LOW),
    PolicyKey("loan_max_months", "小额信贷最长期限", "月", _W, 1, 120, "小额信贷登记", _LOW),
    PolicyKey(
        "loan_max_age_years", "小额信贷借款人年龄上限", "周岁", _W, 18, 120, "小额信贷登记时比对，预警 L06", _LOW
    ),
    PolicyKey(
        "loan_total_max_fen", "小额信贷追加后每户累计最高额", "分", _W, 100, 100_000_000, "小额信贷预警 L01", _LOW
    ),
    PolicyKey("loan_active_max_n", "每户同时未到期的小额信贷笔数", "笔", _W, 1, 10, "小额信贷预警 L05", _LOW),
    PolicyKey(
        "loan_rate_max_ppm",
        "小额信贷年利率上限",
        "百万分之一",
        _R,
        1_000,
        360_000,
        "小额信贷预警 L03",
        _LOW,
        "期限（1y 一年以内，3y 一至三年）",
        ("1y", "3y"),
    ),
    PolicyKey("loan_use_barred", "小额信贷不得有的用途用词", "1 提示，0 不提示", _N, 0, 1, "小额信贷预警 L07"),
    PolicyKey("loan_alike_households_min", "同行同日同村同用途放款的提示户数", "户", _W, 2, 10_000, "户贷企用预警 L08"),
    PolicyKey("loan_quota_fen", "各银行小额信贷放款任务", "分", _N, 1, 10_000_000_000_000, "放款进度预警 L09"),
    PolicyKey("loan_quota_lag_ppm", "放款进度落后序时的提示线", "百万分之一", _R, 1, 1_000_000, "放款进度预警 L09"),
    PolicyKey("publicity_min_days", "公告公示最少天数", "日", _W, 1, 365, "项目入库", _HIGH),
    PolicyKey(
        "project_advance_ppm",
        "工程预付款最高比例",
        "百万分之一",
        _R,
        0,
        1_000_000,
        "项目合同付款（0 即不得预付）",
        _LOW,
    ),
    PolicyKey("pv_pass_on_workdays", "光伏电费转付时限", "工作日", _W, 1, 250, "资产收益", _LOW),
    PolicyKey("treasury_order_cutoff_hour", "支付令当日受理的截止时刻", "时", _W, 1, 24, "支付令"),
    PolicyKey("treasury_order_presented_days", "支付令提示付款期限", "日", _W, 1, 365, "支付令"),
    PolicyKey("qualify_change_days", "分户、迁户后领取补贴的核查期", "日", _W, 1, 1095, "分户迁户预警 R08"),
    PolicyKey("undeclared_members_max", "原有成员多于申报人口数的容许人数", "人", _W, 0, 20, "隐瞒家庭成员预警 R09"),
    PolicyKey("eligible_unpaid_days", "应享未享的等待期（自名单日期起）", "日", _W, 1, 730, "应享未享预警 R13"),
    PolicyKey(
        "list_speaks_before_days", "名单可用于比对其日期以前多少天的发放", "日", _W, 1, 1830, "名单缺失比对 R14、R15"
    ),
    PolicyKey(
        "resident_list_coverage_min_ppm",
        "户籍人口名单至少应载有的在册人员比例",
        "百万分之一",
        _R,
        500_000,
        1_000_000,
        "非本地户口预警 R14",
    ),
    PolicyKey("nonfarm_asked", "非农业户口是否列入比对", "1 是，0 否", _W, 0, 1, "非本地户口预警 R14", per="资金代码"),
    PolicyKey("certificate_grade_max", "须持残疾证的补贴及其最低等级", "级", _N, 1, 4, "残疾证明预警 R15"),
    PolicyKey("visit_interval_days", "帮扶走访的最长间隔", "日", _W, 1, 365, "帮扶走访预警 R18"),
    PolicyKey("households_per_helper_max", "每名帮扶人最多结对户数", "户", _W, 1, 100, "帮扶走访预警 R18"),
    PolicyKey("removal_appeal_days", "清退申诉的最长期限", "日", _W, 1, 3650, "农户清退申诉"),
    PolicyKey(
        "paid_after_death_months",
        "死亡后仍可发放的月数（0 自死亡次日起停发，1 至死亡当月底）",
        "月",
        _W,
        0,
        24,
        "死亡后仍发放预警 R01",
        per="资金代码",
    ),
    PolicyKey(
        "means_tested",
        "补助以家庭经济状况为条件",
        "1 是，0 否",
        _W,
        0,
        1,
        "财政供养、车辆、房产、工商、同户供养比对 R02、R04—R07",
        per="资金代码",
    ),
    PolicyKey("list_stands_days", "名单未载起止日时，按名单日期前后推定的天数", "日", _W, 1, 3650, "名单比对 R02—R07"),
    PolicyKey("over_project_money_days", "完工项目结余资金的收回期限", "日", _W, 1, 730, "项目资金滞留预警 R21", _LOW),
    PolicyKey("unbegun_project_money_days", "下达计划后的开工期限", "日", _W, 1, 730, "项目资金滞留预警 R21", _LOW),
    PolicyKey("target_results_days", "验收后登记绩效目标完成情况的期限", "日", _W, 1, 730, "绩效预警 R24", _LOW),
    PolicyKey("warning_ack_workdays", "预警签收时限", "工作日", _W, 1, 60, "预警通知", _LOW),
    PolicyKey("warning_explain_workdays", "预警签收后的说明时限", "工作日", _W, 1, 120, "预警通知", _LOW),
    PolicyKey(
        "warning_leader_workdays", "逾期送分管领导后、升级到监督人员前的时限", "工作日", _W, 1, 60, "预警通知", _LOW
    ),
    PolicyKey("repeated_project_years", "同名项目的比对年限", "年", _W, 1, 20, "重复申报预警 R16"),
    PolicyKey(
        "recurring_project_words", "年年安排、同名不算重复的项目用词", "1 不比对，0 比对", _N, 0, 1, "重复申报预警 R16"
    ),
    PolicyKey("paid_without_progress_days", "付款后应有经验收进度的期限", "日", _W, 1, 1095, "空壳项目预警 R16", _LOW),
    PolicyKey("loan_subsidy_words", "名册中小额信贷贴息的名称", "1 比对，0 不比对", _N, 0, 1, "贴息预警 L10"),
    PolicyKey("loan_interest_year_days", "贷款计息一年的天数", "日", _W, 360, 366, "贴息预警 L10"),
    PolicyKey("loan_subsidy_over_min_fen", "累计贴息超过应计利息多少起提示", "分", _W, 1, 1_000_000, "贴息预警 L10"),
    PolicyKey("invoice_digits_min", "发票号码的最少位数", "位", _W, 4, 20, "重复报账预警 O16"),
    PolicyKey("income_share_days", "资产收益的分配期限", "日", _W, 1, 730, "收益未分享预警 R17", _LOW),
    PolicyKey("share_unpaid_days", "分配兑现日之后的宽限", "日", _W, 1, 365, "收益未分享预警 R17", _LOW),
    PolicyKey(
        "cash_payment_max_fen", "可以现金支付的最高额", "分", _W, 100, 10_000_000, "个人账户与现金预警 R25", _LOW
    ),
    PolicyKey("completion_announce_days", "验收后的完工公告期限", "日", _W, 1, 365, "完工未公告预警 P23", _LOW),
)
KEYS: Final = Keys(CATALOGUE)
