"""Damage that is planted in the inspectors' books and in the log, and as what it must be found (as in `planted`)."""

from __future__ import annotations

from typing import Final

from tests.e2e.planted import event, told, twice, untold

_FINDING: Final = told("FindingOpened", "finding_id", "audit")
_DRAFT: Final = told("FindingDrawnUp", "finding_id", "audit")
_ORDERED: Final = told("QuarantineOrdered", "quarantine_id", "audit")
_RELEASED: Final = told("QuarantineReleased", "quarantine_id", "audit")
_EVIDENCE: Final = told("EvidenceKept", "evidence_id", "audit")
_IN_BOOKS: Final = told("MoneyQuarantined", "quarantine_id")
_FREED: Final = told("MoneyReleased", "quarantine_id")
_KEPT_HOLDS: Final = "(SELECT hold_id FROM funds.quarantine_hold)"
_LEAF: Final = "(SELECT max(position) / 2 FROM audit.log_leaf)"
_CHECKPOINT: Final = "(SELECT size FROM audit.log_checkpoint ORDER BY size LIMIT 1)"

# By name: what is done to the books, as what it must be found, and a word of the finding.
PLANTED_CASEWORK: Final[dict[str, tuple[str, str, str]]] = {
    "a finding lost": (f"DELETE FROM audit.finding WHERE id = {_FINDING}", "lost", "认定问题"),
    "a finding told twice": (twice(event("FindingOpened", "audit"), "audit"), "double", "认定问题"),
    "half a finding": (untold(event("FindingOpened", "audit"), "audit"), "half", "认定问题"),
    "a draft lost": (f"DELETE FROM audit.finding_version WHERE finding_id = {_DRAFT}", "lost", "问题拟稿"),
    "a draft that its client was told of, and nobody recorded": (
        untold(event("FindingDrawnUp", "audit"), "audit"),
        "lost",
        "draw up",
    ),
    "a quarantine lost": (
        f"DELETE FROM audit.quarantine_step WHERE step = 'confirmed' AND quarantine_id = {_ORDERED}",
        "lost",
        "封存",
    ),
    "a quarantine told twice": (twice(event("QuarantineOrdered", "audit"), "audit"), "double", "封存"),
    "half a quarantine": (untold(event("QuarantineOrdered", "audit"), "audit"), "half", "封存"),
    "a release lost": (
        f"DELETE FROM audit.quarantine_step WHERE step = 'release_confirmed' AND quarantine_id = {_RELEASED}",
        "lost",
        "解除封存",
    ),
    "half a release": (untold(event("QuarantineReleased", "audit"), "audit"), "half", "解除封存"),
    "a quarantine that the books lost": (f"DELETE FROM funds.quarantine WHERE id = {_IN_BOOKS}", "lost", "封存入账"),
    "a quarantine that the books told twice": (twice(event("MoneyQuarantined")), "double", "封存入账"),
    "a quarantine that the books told nobody of": (untold(event("MoneyQuarantined")), "half", "封存入账"),
    "a release that the books told nobody of": (untold(event("MoneyReleased")), "half", "解除封存入账"),
    "a fen more quarantined than ordered": (
        f"UPDATE funds.quarantine_lot SET asked_fen = asked_fen + 1 WHERE quarantine_id = {_IN_BOOKS}",
        "broken",
        "确认的封存 = 账上的封存",
    ),
    "a fen more told than kept": (
        f"UPDATE audit.quarantine_told SET fen = fen + 1 WHERE quarantine_id = {_IN_BOOKS}",
        "broken",
        "账上封存与放开的金额 = 回告的金额",
    ),
    "money that stays quarantined after its release": (
        f"UPDATE funds.hold SET status = 'held', ended_position = NULL WHERE status = 'voided' AND id IN {_KEPT_HOLDS}",
        "broken",
        "仍在封存的金额 = ",
    ),
    "a fen more held than quarantined": (
        f"UPDATE funds.hold_lot SET amount_fen = amount_fen + 1 WHERE hold_id IN {_KEPT_HOLDS}",
        "broken",
        "冻结金额 = Σ 各批冻结",
    ),
    "a recovery for a finding lost": ("DELETE FROM funds.recovery", "lost", "为问题追缴"),
    # Of a quarantine that stands by the holds that keep it, of one that was released by what was told to be freed.
    "a recovery that took a fen more of a quarantine": (
        "UPDATE funds.quarantine_change SET change_fen = change_fen - 1 WHERE change_fen < 0",
        "broken",
        "封存",
    ),
    "a release that the books never heard of": (
        (
            "UPDATE funds.quarantine SET released_on = NULL, release_document = NULL, lifted_on = NULL,"
            f" released_position = NULL WHERE id = {_FREED}"
        ),
        "broken",
        "确认的解除 = 账上的解除",
    ),
    "a finding that its flags never heard of": (
        "DELETE FROM funds.flag_outcome",
        "broken",
        "问题认定的预警已反馈为核实",
    ),
    "evidence lost": (f"DELETE FROM audit.evidence WHERE id = {_EVIDENCE}", "lost", "证据"),
    "evidence told twice": (twice(event("EvidenceKept", "audit"), "audit"), "double", "证据"),
    "half of evidence": (untold(event("EvidenceKept", "audit"), "audit"), "half", "证据"),
    "an event that was rewritten before it was hashed": (
        f"UPDATE audit.event SET body = '{{}}'::json WHERE id = {event('FindingOpened', 'audit')}",
        "broken",
        "audit 流水",
    ),
    "an event sealed twice": (
        (
            "INSERT INTO audit.log_leaf SELECT (SELECT max(position) + 1 FROM audit.log_leaf), service, stream,"
            f" stream_position + 1000000, hash FROM audit.log_leaf WHERE position = {_LEAF}"
        ),
        "broken",
        "与存证日志不符",
    ),
    "a leaf lost": (f"DELETE FROM audit.log_leaf WHERE position = {_LEAF}", "broken", "存证日志缺第"),
    "a leaf of another event": (
        f"UPDATE audit.log_leaf SET hash = sha256(hash) WHERE position = {_LEAF}",
        "broken",
        "与由各条算出的根不符",
    ),
    "a checkpoint of more than there is": (
        (
            "UPDATE audit.log_checkpoint SET size = size + 1000000"
            " WHERE size = (SELECT max(size) FROM audit.log_checkpoint)"
        ),
        "broken",
        "检查点之内没有这么多条",
    ),
    "a checkpoint that nobody signed": (
        f"UPDATE audit.log_checkpoint SET note = overlay(note placing 'x' from 3) WHERE size = {_CHECKPOINT}",
        "broken",
        "条的检查点：",
    ),
}
