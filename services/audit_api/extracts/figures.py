"""What a frozen answer comes to, and what of it was unexplained: read off the answer itself, by kind. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from services.audit_api.extracts.questions import Question, Subject
from treasury.calendar import SHANGHAI

# A bundle asks funds_api for the rows of the journal behind so many movements of one extract at most: fifty go into
# one question, and a bundle is one answer.
MOST_RESTED_ON: Final = 200


@dataclass(frozen=True, slots=True)
class Total:
    """Which figure of an answer is its total, in words, and where the answer keeps it and its proof."""

    words: str
    key: str
    within: str | None = None


TOTALS: Final[Mapping[Subject, Total]] = {
    Subject.LOT: Total("该笔资金到达本账户时的金额", "amount_fen"),
    Subject.BALANCE: Total("账户余额", "balance_fen"),
    Subject.TRANCHE: Total("来文资金金额", "received_fen"),
    Subject.TRACE: Total("支付金额", "amount_fen"),
    Subject.TREE: Total("收到的资金", "received_fen", "root"),
    Subject.MOVEMENT: Total("业务金额", "amount_fen"),
    Subject.DOCUMENT: Total("该文号带来的资金", "received_fen"),
    Subject.HOUSEHOLD: Total("该户收到的各笔之和（不含整批已冲正的）", "paid_fen"),
    Subject.FINDING: Total("问题认定的金额", "bound_fen"),
}


@dataclass(frozen=True, slots=True)
class Figures:
    """Up to which number of its journal the ledger answered, its total and proof, and the movements it rests on."""

    position: int
    total_fen: int
    unexplained_fen: int
    rests_on: list[UUID]


def figures(what: Subject, answer: Mapping[str, Any]) -> Figures:
    """The figures of an answer; every answer about a known instant has them."""
    total = TOTALS[what]
    told = answer[total.within] if total.within else answer
    return Figures(
        int(answer["known_position"]), int(told[total.key]), int(told["unexplained_fen"]), _rests_on(what, answer)
    )


def _rests_on(what: Subject, answer: Mapping[str, Any]) -> list[UUID]:
    """The movements that an answer tells of, each once, in its order."""
    rows: Sequence[Mapping[str, Any]] = ()
    match what:
        case Subject.MOVEMENT:
            rows = [answer]
        case Subject.DOCUMENT:
            rows = answer["movements"]
        case Subject.HOUSEHOLD:
            rows = answer["items"]
    named = (UUID(row["movement_id" if what is Subject.HOUSEHOLD else "id"]) for row in rows)
    return list(dict.fromkeys(named))[:MOST_RESTED_ON]


def sentence(asked: Question, position: int) -> str:
    """As of which day, and by which knowledge, as people read it: in the time of China."""
    known = asked.known_at.astimezone(SHANGHAI)
    return (
        f"截至 {asked.as_of.isoformat()}，按 {known:%Y-%m-%d %H:%M:%S}（北京时间）账本所知"
        f"（资金账本日志第 {position} 号）"
    )
