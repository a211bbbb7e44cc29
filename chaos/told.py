"""What the journal tells and what the tables hold: for each kind of act two lists of ids that have to be one.

Told and not there is lost; told twice is double; there and told by nobody is half an act. Each query yields ids alone,
over every county, and repeats an id that is told more than once.
"""

from __future__ import annotations

from typing import Final, NamedTuple


class Pair(NamedTuple):
    """A kind of act: what it is called, and the queries for what is told of it and what is there."""

    name: str
    told: str
    there: str


# What quarantines keep has a law of its own (`laws.QUICK`).
_OF_NO_QUARANTINE: Final = "NOT EXISTS (SELECT FROM funds.quarantine_hold q WHERE q.hold_id = h.id)"
_EVENT: Final = "funds.event e WHERE e.kind"
_AUDIT: Final = "audit.event e WHERE e.kind"

PAIRS: Final = (
    Pair(
        "业务",
        f"""
        SELECT m->>'movement_id' FROM funds.event e, json_array_elements(e.body->'movements') m
         WHERE e.kind IN ('MoneyMoved', 'SuccessionReversed')
         UNION ALL SELECT e.body->'movement'->>'movement_id' FROM {_EVENT}
          IN ('PaymentsDisbursed', 'PaymentReturned', 'TreasuryOrderIssued', 'TreasuryOrderSettled')
         UNION ALL SELECT l.movement_id::text FROM funds.event e, json_array_elements(e.body->'tranches') t
          JOIN funds.lot l ON l.id = (t->>'lot_id')::uuid WHERE e.kind = 'NoticeReceived'
         UNION ALL (SELECT DISTINCT l.movement_id::text FROM funds.event e
          CROSS JOIN LATERAL json_array_elements(e.body->'lots') s
          JOIN funds.lot l ON l.county_code = e.stream
           AND l.id IN ((s->>'from_lot_id')::uuid, (s->>'lot_id')::uuid) WHERE e.kind = 'MoneySucceeded')""",
        "SELECT id::text FROM funds.movement",
    ),
    # One of two counties: either's journal tells its own side.
    Pair(
        "移交",
        f"SELECT e.stream || ' ' || (e.body->>'succession_id') FROM {_EVENT} = 'MoneySucceeded'",
        "SELECT county_code || ' ' || id::text FROM funds.succession",
    ),
    Pair(
        "移交冲正",
        f"SELECT e.stream || ' ' || (e.body->>'succession_id') FROM {_EVENT} = 'SuccessionReversed'",
        """
        SELECT DISTINCT s.county_code || ' ' || s.succession_id::text FROM funds.succession_lot s
          JOIN funds.movement u ON u.county_code = s.county_code AND u.reverses_id = s.movement_id""",
    ),
    Pair(
        "已发放批次",
        f"SELECT e.body->>'batch_id' FROM {_EVENT} = 'PaymentsDisbursed'",
        "SELECT id::text FROM funds.payment_batch WHERE status = 'posted'",
    ),
    Pair(
        "退汇",
        f"SELECT e.body->'movement'->>'movement_id' FROM {_EVENT} = 'PaymentReturned'",
        "SELECT movement_id::text FROM funds.payment_return",
    ),
    Pair(
        "支付令",
        f"SELECT e.body->>'order_id' FROM {_EVENT} = 'TreasuryOrderIssued'",
        "SELECT id::text FROM funds.treasury_order",
    ),
    Pair(
        "银行回单",
        f"SELECT e.body->'movement'->>'movement_id' FROM {_EVENT} = 'TreasuryOrderSettled'",
        "SELECT movement_id::text FROM funds.order_result",
    ),
    Pair(
        "冻结",
        f"""
        SELECT e.body->>'hold_id' FROM {_EVENT} = 'HoldPlaced'
         UNION ALL SELECT e.body->>'hold_id' FROM {_EVENT} = 'PaymentReturned' AND e.body->>'hold_id' IS NOT NULL
         UNION ALL SELECT h #>> '{{}}' FROM funds.event e, json_array_elements(coalesce(e.body->'holds', '[]')) h
          WHERE e.kind = 'MoneyMoved'""",
        f"SELECT id::text FROM funds.hold h WHERE {_OF_NO_QUARANTINE}",
    ),
    # Voided by hand, or because the return that it was placed for is undone.
    Pair(
        "解除冻结",
        f"""
        SELECT e.body->>'hold_id' FROM {_EVENT} = 'HoldVoided'
         UNION ALL SELECT r.hold_id::text FROM funds.payment_return r
          JOIN funds.movement u ON u.county_code = r.county_code AND u.reverses_id = r.movement_id
          JOIN funds.hold h ON h.county_code = r.county_code AND h.id = r.hold_id AND h.ended_position = u.position""",
        f"SELECT id::text FROM funds.hold h WHERE status = 'voided' AND {_OF_NO_QUARANTINE}",
    ),
    # Paid from by the movement that names the hold, or by a roster that draws what it keeps.
    Pair(
        "从冻结中支付",
        """
        SELECT m.hold_id::text FROM funds.movement m WHERE m.hold_id IS NOT NULL
         UNION ALL (SELECT DISTINCT h.id::text FROM funds.hold h
          JOIN funds.movement m ON m.county_code = h.county_code AND m.position = h.ended_position
           AND m.batch_id IS NOT NULL
          JOIN funds.draw d ON d.county_code = h.county_code AND d.movement_id = m.id
          JOIN funds.hold_lot k ON k.county_code = h.county_code AND k.hold_id = h.id AND k.lot_id = d.from_lot_id)""",
        f"SELECT id::text FROM funds.hold h WHERE status = 'posted' AND {_OF_NO_QUARANTINE}",
    ),
    Pair(
        "要求的规则运行",
        f"SELECT e.body->>'run_id' FROM {_EVENT} = 'RulesAsked'",
        "SELECT id::text FROM funds.flag_run",
    ),
    Pair(
        "规则办理",
        f"SELECT (e.body->>'run_id') || ' ' || (e.body->>'rule_code') FROM {_EVENT} = 'FlagsFound'",
        "SELECT run_id::text || ' ' || rule_code FROM funds.flag_run_rule",
    ),
    Pair(
        "预警通知",
        """
        SELECT w->>'warning_id' FROM funds.event e, json_array_elements(e.body->'warnings') w
         WHERE e.kind = 'WarningsIssued'""",
        "SELECT id::text FROM funds.warning",
    ),
    Pair(
        "核查结论",
        f"""
        SELECT (e.body->>'flag_id') || ' ' || (e.body->>'seq') FROM {_EVENT} = 'FlagDecided'
         UNION ALL SELECT (d->>'flag_id') || ' ' || (d->>'seq')
          FROM funds.event e, json_array_elements(e.body->'decided') d WHERE e.kind = 'FlagsDecided'""",
        "SELECT flag_id::text || ' ' || seq FROM funds.flag_outcome",
    ),
    Pair(
        "停表的资金批次",
        """
        SELECT (e.body->>'stop_id') || ' ' || (l #>> '{}') FROM funds.event e, json_array_elements(e.body->'lots') l
         WHERE e.kind = 'ClockStopped'""",
        "SELECT stop_id::text || ' ' || lot_id FROM funds.clock_stop_lot",
    ),
    Pair(
        "停表",
        f"SELECT e.body->>'stop_id' FROM {_EVENT} = 'ClockStopped'",
        "SELECT id::text FROM funds.clock_stop",
    ),
    Pair(
        "恢复计时",
        f"SELECT e.body->>'stop_id' FROM {_EVENT} = 'ClockRestarted'",
        "SELECT id::text FROM funds.clock_stop WHERE ended_on IS NOT NULL",
    ),
    # Neither tells a number of its own: which time it is of its batch shows in the order of the journal.
    Pair(
        "公示",
        f"""
        SELECT b || ' ' || row_number() OVER (PARTITION BY b ORDER BY position)
          FROM (SELECT e.body->>'batch_id' AS b, e.position FROM {_EVENT} = 'BatchPublished') p""",
        "SELECT batch_id::text || ' ' || seq FROM funds.publication",
    ),
    Pair(
        "公示异议",
        f"SELECT e.body->>'objection_id' FROM {_EVENT} = 'BatchObjected' AND (e.body->>'is_open')::boolean",
        "SELECT id::text FROM funds.batch_objection",
    ),
    Pair(
        "异议处理",
        f"SELECT e.body->>'objection_id' FROM {_EVENT} = 'BatchObjected' AND NOT (e.body->>'is_open')::boolean",
        "SELECT id::text FROM funds.batch_objection WHERE closed_on IS NOT NULL",
    ),
    Pair(
        "比对名单",
        f"SELECT e.body->>'version_id' FROM {_EVENT} = 'ComparisonListRecorded'",
        "SELECT id::text FROM funds.comparison_version",
    ),
    Pair(
        "为问题追缴",
        """
        SELECT m->>'movement_id' FROM funds.event e, json_array_elements(e.body->'movements') m
         WHERE e.kind = 'MoneyMoved' AND e.body->>'finding_id' IS NOT NULL""",
        "SELECT movement_id::text FROM funds.recovery",
    ),
    Pair(
        "封存入账",
        f"SELECT e.body->>'quarantine_id' FROM {_EVENT} = 'MoneyQuarantined'",
        "SELECT id::text FROM funds.quarantine",
    ),
    Pair(
        "解除封存入账",
        f"SELECT e.body->>'quarantine_id' FROM {_EVENT} = 'MoneyReleased'",
        "SELECT id::text FROM funds.quarantine WHERE released_on IS NOT NULL",
    ),
    Pair(
        "问题拟稿",
        f"SELECT (e.body->>'finding_id') || ' ' || (e.body->>'version_no') FROM {_AUDIT} = 'FindingDrawnUp'",
        "SELECT finding_id::text || ' ' || version_no FROM audit.finding_version",
    ),
    Pair(
        "认定问题",
        f"SELECT e.body->>'finding_id' FROM {_AUDIT} = 'FindingOpened'",
        "SELECT id::text FROM audit.finding WHERE status <> 'draft'",
    ),
    Pair(
        "封存",
        f"SELECT e.body->>'quarantine_id' FROM {_AUDIT} = 'QuarantineOrdered'",
        "SELECT quarantine_id::text FROM audit.quarantine_step WHERE step = 'confirmed'",
    ),
    Pair(
        "解除封存",
        f"SELECT e.body->>'quarantine_id' FROM {_AUDIT} = 'QuarantineReleased'",
        "SELECT quarantine_id::text FROM audit.quarantine_step WHERE step = 'release_confirmed'",
    ),
    Pair(
        "证据",
        f"SELECT e.body->>'evidence_id' FROM {_AUDIT} = 'EvidenceKept'",
        "SELECT id::text FROM audit.evidence",
    ),
)
