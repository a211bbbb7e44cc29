"""Damage that is planted in the books: what is lost, doubled or left half done, and as what it must be found."""

from __future__ import annotations

from typing import Final

from chaos.county import TOWNSHIPS

# The first event of a kind, and what it tells of.
_EVENT = "(SELECT id FROM {1}.event WHERE kind = '{0}' ORDER BY position LIMIT 1)"
_TOLD = "(SELECT (body #>> '{{{1}}}')::uuid FROM {2}.event WHERE kind = '{0}' ORDER BY position LIMIT 1)"
KEPT_AGAIN_EVENT = "(SELECT id FROM funds.event WHERE kind = 'MoneyMoved' AND body #>> '{holds,0}' IS NOT NULL LIMIT 1)"
_KEPT_AGAIN = f"(SELECT (body #>> '{{holds,0}}')::uuid FROM funds.event WHERE id = {KEPT_AGAIN_EVENT})"
_STANDING = """
(SELECT r.movement_id FROM funds.payment_return r WHERE NOT EXISTS (
  SELECT FROM funds.movement u WHERE u.reverses_id = r.movement_id) LIMIT 1)"""
_HELD = "(SELECT id FROM funds.hold WHERE status = 'held' LIMIT 1)"
_WAITING = "(SELECT hold_id FROM funds.payment_return WHERE hold_id IS NOT NULL LIMIT 1)"
_FROM_HOLD = "(SELECT hold_id FROM funds.movement WHERE hold_id IS NOT NULL LIMIT 1)"
_FLAG = "(SELECT id FROM funds.flag WHERE run_id IS NOT NULL AND subject = 'lot' ORDER BY id LIMIT 1)"
_RUN = "(SELECT id FROM funds.flag_run ORDER BY id LIMIT 1)"
_ASKED = "(SELECT id FROM funds.event WHERE kind = 'RulesAsked' AND idempotency_key LIKE 'chaos-%' LIMIT 1)"
_DONE = "(SELECT run_id, rule_code FROM funds.flag_run_rule ORDER BY run_id, rule_code LIMIT 1)"
_OF_RUN = f"funds.flag_run_rule WHERE (run_id, rule_code) = {_DONE}"
_WARNING = (
    "(SELECT w.id FROM funds.warning w JOIN funds.flag f ON f.run_id = w.run_id AND f.rule_code = w.rule_code"
    " AND f.subject = 'lot' ORDER BY w.id LIMIT 1)"
)
_TREASURY = "(SELECT id FROM funds.account WHERE kind = 'treasury' AND book = 'cash' ORDER BY id LIMIT 1)"
_COLUMNS = "stream, request_id, request_hash, outcome, recorded_at, hash"


def twice(one: str, journal: str = "funds") -> str:
    """The same event a second time, by another actor under the same key."""
    return (
        f"INSERT INTO {journal}.event (id, actor, kind, body, idempotency_key, position, {_COLUMNS})"
        f" SELECT gen_random_uuid(), 'another', kind, body, idempotency_key, position + 1000000, {_COLUMNS}"
        f" FROM {journal}.event WHERE id = {one}"
    )


def _moved_twice(movement: str) -> str:
    return (
        f"CREATE TEMP TABLE twice ON COMMIT DROP AS SELECT * FROM funds.movement WHERE id = {movement};"
        " UPDATE twice SET id = gen_random_uuid(); INSERT INTO funds.movement SELECT * FROM twice"
    )


def _flagged_twice(run: str) -> str:
    """The same question under another name, in the same run or another one."""
    return (
        f"CREATE TEMP TABLE twice ON COMMIT DROP AS SELECT * FROM funds.flag WHERE id = {_FLAG};"
        f" UPDATE twice SET id = gen_random_uuid(), run_id = {run}; INSERT INTO funds.flag SELECT * FROM twice"
    )


def event(kind: str, journal: str = "funds") -> str:
    return _EVENT.format(kind, journal)


def told(kind: str, path: str, journal: str = "funds") -> str:
    return _TOLD.format(kind, path, journal)


def untold(one: str, journal: str = "funds") -> str:
    return f"DELETE FROM {journal}.event WHERE id = {one}"


_BACK = (
    "(SELECT id FROM funds.event WHERE kind = 'PaymentReturned' AND (body->>'reason' = 'recovered') = {0}"
    " ORDER BY position LIMIT 1)"
)
_RETURNED, _RECOVERED = _BACK.format("false"), _BACK.format("true")
_BROUGHT = "(SELECT (body #>> '{{movement,movement_id}}')::uuid FROM funds.event WHERE id = {0})"
_RETURN, _RECOVERY = _BROUGHT.format(_RETURNED), _BROUGHT.format(_RECOVERED)
_RESULT = told("TreasuryOrderSettled", "movement,movement_id")
_ORDER = told("TreasuryOrderIssued", "movement,movement_id")
_REISSUE = "(SELECT id FROM funds.movement WHERE document LIKE '演练重发%' LIMIT 1)"
_REISSUED = (
    "(SELECT id FROM funds.event WHERE kind = 'PaymentsDisbursed'"
    f" AND body #>> '{{movement,movement_id}}' = {_REISSUE}::text)"
)
_REVERSAL = (
    "(SELECT id FROM funds.movement WHERE reverses_id IS NOT NULL AND document LIKE '演练reverse%'"
    " ORDER BY position LIMIT 1)"
)
_REVERSED = (
    "(SELECT e.id FROM funds.event e, json_array_elements(e.body->'movements') m"
    f" WHERE e.kind = 'MoneyMoved' AND m->>'movement_id' = {_REVERSAL}::text)"
)
_UNPAID = "UPDATE funds.payment_batch SET status = 'checked', approved_by = NULL, approved_at = NULL WHERE id"
_FREE = "UPDATE funds.hold SET status = 'held', ended_position = NULL WHERE id = {0}"

# By name: what is done to the books, as what it must be found, and a word of the finding.
PLANTED: Final[dict[str, tuple[str, str, str]]] = {
    "a return lost": (f"DELETE FROM funds.payment_return WHERE movement_id = {_RETURN}", "lost", "退汇"),
    "a return told and never acted": (untold(_RETURNED), "lost", "payment return"),
    "a return told twice": (twice(_RETURNED), "double", "退汇"),
    "a return moved twice": (_moved_twice(_RETURN), "double", "payment return"),
    "half a return": (untold(_RETURNED), "half", "退汇"),
    "a return without its movement": (f"DELETE FROM funds.movement WHERE id = {_RETURN}", "half", "payment return"),
    "a recovery lost": (f"DELETE FROM funds.payment_return WHERE movement_id = {_RECOVERY}", "lost", "退汇"),
    "a recovery lost whole": (
        (
            f"CREATE TEMP TABLE gone ON COMMIT DROP AS SELECT {_RECOVERY} AS id; {untold(_RECOVERED)};"
            " DELETE FROM funds.payment_return WHERE movement_id IN (SELECT id FROM gone);"
            " DELETE FROM funds.movement WHERE id IN (SELECT id FROM gone)"
        ),
        "lost",
        "payment recovery",
    ),
    "a recovery moved twice": (_moved_twice(_RECOVERY), "double", "payment recovery"),
    "half a recovery": (f"DELETE FROM funds.movement WHERE id = {_RECOVERY}", "half", "payment recovery"),
    "a recovery kept for the household": (
        f"UPDATE funds.payment_return SET hold_id = gen_random_uuid() WHERE movement_id = {_RECOVERY}",
        "broken",
        "逐户追缴的业务是追缴，不为农户冻结",
    ),
    "an order lost": (
        f"DELETE FROM funds.treasury_order WHERE id = {told('TreasuryOrderIssued', 'order_id')}",
        "lost",
        "支付令",
    ),
    "an order told twice": (twice(event("TreasuryOrderIssued")), "double", "支付令"),
    "an order moved twice": (_moved_twice(_ORDER), "double", "order"),
    "half an order": (untold(event("TreasuryOrderIssued")), "half", "支付令"),
    "a bank's result lost": (f"DELETE FROM funds.order_result WHERE movement_id = {_RESULT}", "lost", "银行回单"),
    "a bank's result told twice": (twice(event("TreasuryOrderSettled")), "double", "银行回单"),
    "a bank's result moved twice": (_moved_twice(_RESULT), "double", "bank result"),
    "half a bank's result": (untold(event("TreasuryOrderSettled")), "half", "银行回单"),
    "a hold lost": (f"DELETE FROM funds.hold WHERE id = {told('HoldPlaced', 'hold_id')}", "lost", "冻结"),
    "a hold told twice": (twice(event("HoldPlaced")), "double", "冻结"),
    "half a hold": (untold(event("HoldPlaced")), "half", "冻结"),
    "a voiding lost": (_FREE.format(told("HoldVoided", "hold_id")), "lost", "解除冻结"),
    "a voiding told twice": (twice(event("HoldVoided")), "double", "解除冻结"),
    "half a voiding": (untold(event("HoldVoided")), "half", "解除冻结"),
    "a payment out of a hold lost": (_FREE.format(_FROM_HOLD), "lost", "从冻结中支付"),
    "a hold paid from twice": (
        _moved_twice("(SELECT id FROM funds.movement WHERE hold_id IS NOT NULL LIMIT 1)"),
        "double",
        "从冻结中支付",
    ),
    "half a payment out of a hold": (
        f"UPDATE funds.hold SET status = 'posted', ended_position = position WHERE id = {_HELD}",
        "half",
        "从冻结中支付",
    ),
    "what was kept again lost": (
        f"DELETE FROM funds.hold WHERE id = {_KEPT_AGAIN}",
        "lost",
        "冻结",
    ),
    "what was kept again told twice": (twice(KEPT_AGAIN_EVENT), "double", "冻结"),
    "what was kept again told by nobody": (
        f"UPDATE funds.event SET body = (body::jsonb - 'holds')::json WHERE id = {KEPT_AGAIN_EVENT}",
        "half",
        "冻结",
    ),
    # As if its transaction had never been: what the client was told is all that is left of it.
    "a reissue lost whole": (
        (
            "CREATE TEMP TABLE gone ON COMMIT DROP AS SELECT id, batch_id FROM funds.movement WHERE id = "
            f"{_REISSUE}; {untold(_REISSUED)}; DELETE FROM funds.movement WHERE id IN (SELECT id FROM gone);"
            f" {_UNPAID} IN (SELECT batch_id FROM gone)"
        ),
        "lost",
        "approve again",
    ),
    "a reissue told and never paid": (
        (f"{_UNPAID} = (SELECT batch_id FROM funds.movement WHERE id = {_REISSUE})"),
        "lost",
        "已发放批次",
    ),
    "a reissue without its movement": (f"DELETE FROM funds.movement WHERE id = {_REISSUE}", "lost", "业务"),
    "a reissue told twice": (twice(_REISSUED), "double", "已发放批次"),
    "a reissue moved twice": (_moved_twice(_REISSUE), "double", "approve again"),
    "half a reissue": (f"DELETE FROM funds.movement WHERE id = {_REISSUE}", "half", "approve again"),
    "a reversal lost whole": (
        (
            f"CREATE TEMP TABLE gone ON COMMIT DROP AS SELECT {_REVERSAL} AS id;"
            f" {untold(_REVERSED)}; DELETE FROM funds.movement WHERE id IN (SELECT id FROM gone)"
        ),
        "lost",
        "reverse",
    ),
    "a reversal without its movement": (f"DELETE FROM funds.movement WHERE id = {_REVERSAL}", "lost", "业务"),
    "a reversal told twice": (twice(_REVERSED), "double", "业务"),
    "half a reversal": (untold(_REVERSED), "half", "业务"),
    "a reversal moved twice": (
        "ALTER TABLE funds.movement DROP CONSTRAINT uq_movement_county_code_reverses_id;" + _moved_twice(_REVERSAL),
        "double",
        "reverse",
    ),
    "a succession lost on one side": (
        f"DELETE FROM funds.succession WHERE side = 'in' AND id = {told('MoneySucceeded', 'succession_id')}",
        "lost",
        "移交",
    ),
    "a succession told twice": (twice(event("MoneySucceeded")), "double", "移交"),
    "a succession moved twice": (
        _moved_twice("(SELECT id FROM funds.movement WHERE kind = 'succeed' LIMIT 1)"),
        "double",
        "succession",
    ),
    "half a succession": (untold(event("MoneySucceeded")), "half", "移交"),
    "a succession without one of its movements": (
        "DELETE FROM funds.movement WHERE id = (SELECT id FROM funds.movement WHERE kind = 'succeed' LIMIT 1)",
        "half",
        "succession",
    ),
    "a succession undone on one side": (
        f"DELETE FROM funds.movement WHERE id = {told('SuccessionReversed', 'movements,0,movement_id')}",
        "lost",
        "移交冲正",
    ),
    "half a succession's undoing": (untold(event("SuccessionReversed")), "half", "移交冲正"),
    "a fen that came without having left": (
        "UPDATE funds.succession_lot SET amount_fen = amount_fen + 1 WHERE side = 'in'",
        "broken",
        "移交 = 接收：两县同一笔",
    ),
    "a run lost": (
        f"DELETE FROM funds.flag_run WHERE id = {told('RulesAsked', 'run_id')}",
        "lost",
        "要求的规则运行",
    ),
    "a run told and never asked for": (untold(_ASKED), "lost", "ask rules"),
    "a run told twice": (twice(event("RulesAsked")), "double", "要求的规则运行"),
    "half a run": (untold(event("RulesAsked")), "half", "要求的规则运行"),
    "a run that never ended": (f"UPDATE funds.flag_run SET ended_at = NULL WHERE id = {_RUN}", "broken", "都已办结"),
    "a rule of a run that was not asked": (f"DELETE FROM {_OF_RUN}", "broken", "运行只办所要的规则"),
    "a rule that nobody wanted": (
        f"UPDATE funds.flag_run_rule SET rule_code = 'Z99' WHERE (run_id, rule_code) = {_DONE}",
        "broken",
        "运行只办所要的规则",
    ),
    "a rule of a run lost": (f"DELETE FROM {_OF_RUN}", "lost", "规则办理"),
    "a rule of a run told twice": (twice(event("FlagsFound")), "double", "规则办理"),
    "half a rule of a run": (untold(event("FlagsFound")), "half", "规则办理"),
    "a rule that could not be asked": (
        f"UPDATE funds.flag_run_rule SET silent_because = '运行出错（X）' WHERE (run_id, rule_code) = {_DONE}",
        "broken",
        "没有规则因出错而未作判断",
    ),
    "a flag lost": (f"DELETE FROM funds.flag WHERE id = {_FLAG}", "broken", "一次运行的预警 = 各规则所记"),
    "a flag of a fen more": (
        f"UPDATE funds.flag SET amount_fen = amount_fen + 1 WHERE id = {_FLAG}",
        "broken",
        "一次运行的预警 = 各规则所记",
    ),
    "a tally of a flag more": (
        (
            "UPDATE funds.flag_tally SET flags_n = flags_n + 1 WHERE run_id = (SELECT run_id FROM funds.flag_tally"
            " ORDER BY run_id LIMIT 1) AND region_code = county_code"
        ),
        "broken",
        "各级预警计数 = 各级的预警",
    ),
    "a tally lost": (
        "DELETE FROM funds.flag_tally WHERE run_id = (SELECT run_id FROM funds.flag_tally ORDER BY run_id LIMIT 1)",
        "broken",
        "各级预警计数 = 各级的预警",
    ),
    "a flag raised twice": (_flagged_twice("run_id"), "broken", "同一规则、对象、标记只有一条预警"),
    "a flag raised again by a later run": (
        _flagged_twice("gen_random_uuid()"),
        "broken",
        "同一规则、对象、标记只有一条预警",
    ),
    "a flag that the other side never heard of": (
        f"DELETE FROM audit.alert WHERE id = {_FLAG}",
        "broken",
        "监督侧的预警 = 本侧的预警",
    ),
    "an alert that nobody raised": (
        (
            "CREATE TEMP TABLE twice ON COMMIT DROP AS SELECT * FROM audit.alert LIMIT 1;"
            " UPDATE twice SET id = gen_random_uuid(); INSERT INTO audit.alert SELECT * FROM twice"
        ),
        "broken",
        "监督侧的预警 = 本侧的预警",
    ),
    "an alert of another amount": (
        f"UPDATE audit.alert SET amount_fen = amount_fen + 1 WHERE id = {_FLAG}",
        "broken",
        "监督侧的预警 = 本侧的预警",
    ),
    "an alert taken in twice": (
        twice("(SELECT id FROM audit.event WHERE kind = 'AlertsTakenIn' LIMIT 1)", "audit"),
        "broken",
        "监督侧每条预警只受理一次",
    ),
    "a warning lost": (f"DELETE FROM funds.warning WHERE id = {_WARNING}", "lost", "预警通知"),
    "a warning of a lot's flags lost": (
        f"DELETE FROM funds.warning WHERE id = {_WARNING}",
        "broken",
        "通知所列的预警 = 运行新增的",
    ),
    "a warning told twice": (twice(event("WarningsIssued")), "double", "预警通知"),
    "half a warning": (untold(event("WarningsIssued")), "half", "预警通知"),
    "nobody warned, and nothing said": (
        "DELETE FROM funds.warning WHERE (run_id, rule_code) = (SELECT run_id, rule_code FROM funds.warning LIMIT 1)",
        "broken",
        "有新增而没有通知的，说明了原因",
    ),
    "a warning that was said not to be": (
        (
            "UPDATE funds.flag_run_rule SET unwarned_because = '演练'"
            " WHERE (run_id, rule_code) = (SELECT run_id, rule_code FROM funds.warning LIMIT 1)"
        ),
        "broken",
        "有新增而没有通知的，说明了原因",
    ),
    "a unit warned twice": (
        (
            f"CREATE TEMP TABLE twice ON COMMIT DROP AS SELECT * FROM funds.warning WHERE id = {_WARNING};"
            " UPDATE twice SET id = gen_random_uuid();"
            " ALTER TABLE funds.warning DROP CONSTRAINT uq_warning_county_code_run_id_rule_code_unit_id;"
            " INSERT INTO funds.warning SELECT * FROM twice"
        ),
        "broken",
        "每个单位、每条规则、每次运行至多一份通知",
    ),
    "a second warning that forgets the first": (
        (
            "UPDATE funds.warning SET first_warning_id = gen_random_uuid()"
            " WHERE id = (SELECT id FROM funds.warning WHERE times > 1 LIMIT 1)"
        ),
        "broken",
        "再次通知逐次计数",
    ),
    "a decision lost": (
        f"DELETE FROM funds.flag_outcome WHERE seq = 1 AND flag_id = {told('FlagDecided', 'flag_id')}",
        "lost",
        "核查结论",
    ),
    "a decision told twice": (twice(event("FlagDecided")), "double", "核查结论"),
    "half a decision": (untold(event("FlagDecided")), "half", "核查结论"),
    "a stop lost": (f"DELETE FROM funds.clock_stop WHERE id = {told('ClockStopped', 'stop_id')}", "lost", "停表"),
    "a stop told twice": (twice(event("ClockStopped")), "double", "停表"),
    "half a stop": (untold(event("ClockStopped")), "half", "停表"),
    "a stop of which a lot is lost": (
        (
            "DELETE FROM funds.clock_stop_lot WHERE (stop_id, lot_id) ="
            f" (SELECT stop_id, lot_id FROM funds.clock_stop_lot WHERE stop_id = {told('ClockStopped', 'stop_id')}"
            " LIMIT 1)"
        ),
        "lost",
        "停表的资金批次",
    ),
    "a stop of what lies elsewhere": (
        f"UPDATE funds.clock_stop SET region_code = '{TOWNSHIPS[0].region}X'",
        "broken",
        "停表的每批资金都在停表的地方",
    ),
    "the end of a stop lost": (
        (
            "UPDATE funds.clock_stop SET ended_on = NULL, ended_by = NULL, end_document = NULL, ended_position = NULL"
            f" WHERE id = {told('ClockRestarted', 'stop_id')}"
        ),
        "lost",
        "恢复计时",
    ),
    "half the end of a stop": (untold(event("ClockRestarted")), "half", "恢复计时"),
    "a publication lost": (
        f"DELETE FROM funds.publication WHERE batch_id = {told('BatchPublished', 'batch_id')}",
        "lost",
        "公示",
    ),
    "a publication told twice": (twice(event("BatchPublished")), "lost", "公示"),
    "half a publication": (untold(event("BatchPublished")), "half", "公示"),
    "a publication without the one before": (
        "UPDATE funds.publication SET seq = 2",
        "broken",
        "公示与核查结论逐次编号",
    ),
    "an objection lost": (
        f"DELETE FROM funds.batch_objection WHERE id = {told('BatchObjected', 'objection_id')}",
        "lost",
        "公示异议",
    ),
    "an objection told twice": (twice(event("BatchObjected")), "double", "公示异议"),
    "half an objection": (untold(event("BatchObjected")), "half", "公示异议"),
    "an answer lost": (
        "UPDATE funds.batch_objection SET closed_on = NULL, outcome = NULL, closed_by = NULL, verdict = NULL",
        "lost",
        "异议处理",
    ),
    "a list lost": (
        f"DELETE FROM funds.comparison_version WHERE id = {told('ComparisonListRecorded', 'version_id')}",
        "lost",
        "比对名单",
    ),
    "a list told twice": (twice(event("ComparisonListRecorded")), "double", "比对名单"),
    "half a list": (untold(event("ComparisonListRecorded")), "half", "比对名单"),
    "a list without one of its lines": (
        "DELETE FROM funds.comparison_entry WHERE line = (SELECT min(line) FROM funds.comparison_entry)",
        "broken",
        "名单条数 = 各条",
    ),
    "a day's counter of a fund that is a fen off": (
        "UPDATE funds.account_period SET net_fen = net_fen + 1 WHERE fund_code <> '' AND grain = 'day'",
        "broken",
        "分资金的按日、按月计数 = Σ 资金批次与支用",
    ),
    "a month's counter of a fund that is a fen-day off": (
        (
            "UPDATE funds.account_period SET charged_fen_days = charged_fen_days + 1"
            " WHERE fund_code <> '' AND grain = 'month'"
        ),
        "broken",
        "分资金的按日、按月计数 = Σ 资金批次与支用",
    ),
    "a month's counter that is a fen-day off": (
        "UPDATE funds.account_month SET net_fen_day = net_fen_day + 1",
        "broken",
        "按月计数 = Σ 分录",
    ),
    "a unit that is charged a fen-day too many": (
        f"UPDATE funds.account SET charged_fen_days = charged_fen_days + 1 WHERE id = {_TREASURY}",
        "broken",
        "责任天数：今天各单位 = Σ 账户计数",
    ),
    "a returned row that nobody keeps": (
        f"UPDATE funds.hold SET amount_fen = amount_fen + 1 WHERE id = {_WAITING}",
        "broken",
        "冻结金额 = Σ 各批冻结",
    ),
    "money in transit that no order has": (
        "UPDATE funds.account SET sum_fen = sum_fen + 1 WHERE kind = 'bank'",
        "broken",
        "在途 = Σ 未办结的支付令 + 收款人退来待转回的",
    ),
    "a row that gave back more than it got": (
        f"UPDATE funds.payment_return SET amount_fen = amount_fen + 1 WHERE movement_id = {_STANDING}",
        "broken",
        "一户退回不超过所得",
    ),
}
