"""Whether what a draft names is there, and where its money rests: asked of funds_api as a set, before it is written.

Knows no table and opens no transaction. What an alert saw was told by the feed, and is not asked for again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final
from uuid import UUID

from pydantic import ValidationError

from chassis.identity import Principal
from services.audit_api.findings.binding import KINDS
from services.audit_api.findings.deriving import FLAG, Resting
from services.audit_api.findings.deriving import Named as Name
from services.audit_api.findings.schemas import SubjectRequest
from services.audit_api.ledger import Ledger, LedgerDown
from wire.subjects import MOST, MOST_LOTS, LotTold, SubjectsTold, SubjectTold, named

PATH: Final = "/funds/v1/subjects"
_SAID: Final = 20


@dataclass(frozen=True, slots=True)
class Named:
    """One of what a draft names, by its number there (from 1)."""

    number: int
    kind: str
    id: str
    line: int | None

    def __str__(self) -> str:
        line = "" if self.line is None else f" 第 {self.line} 行"
        return f"第 {self.number} 项（{KINDS[self.kind]} {self.id}{line}）"


@dataclass(frozen=True, slots=True)
class Oversized(Named):
    """With the fen that the draft says of it, and what it comes to."""

    amount_fen: int
    at_most_fen: int


@dataclass(frozen=True, slots=True)
class Spread(Named):
    """With the number of lots in which its money rests."""

    lots_n: int


@dataclass(eq=False)
class SubjectsUnknown(Exception):
    """funds_api has none of these in the caller's region."""

    subjects: list[Named]

    def figures(self) -> dict[str, Any]:
        return {"subjects": [asdict(one) for one in self.subjects]}

    def __str__(self) -> str:
        return f"所涉对象中有 {len(self.subjects)} 项在资金账本中没有，或不在您的管辖范围内：{_listed(self.subjects)}"


@dataclass(eq=False)
class SubjectsTooLarge(Exception):
    """These come to less than what the draft says of them."""

    subjects: list[Oversized]

    def figures(self) -> dict[str, Any]:
        return {"subjects": [asdict(one) for one in self.subjects]}

    def __str__(self) -> str:
        return f"所涉对象中有 {len(self.subjects)} 项的金额大于账本中该项的金额：{_listed(self.subjects)}"


@dataclass(eq=False)
class SubjectsSpread(Exception):
    """The money of these rests in more lots than a draft binds."""

    subjects: list[Spread]

    def figures(self) -> dict[str, Any]:
        return {"subjects": [asdict(one) for one in self.subjects], "at_most_lots": MOST_LOTS}

    def __str__(self) -> str:
        return (
            f"所涉对象中有 {len(self.subjects)} 项的资金已分散到超过 {MOST_LOTS} 个资金批次：{_listed(self.subjects)}"
        )


async def must_be_there(
    ledger: Ledger, who: Principal, county: str, subjects: Sequence[SubjectRequest], flags: Sequence[UUID] = ()
) -> Mapping[Name, Sequence[Resting]]:
    """Where the money of what a draft names rests, and that of what `flags` are about, by what is named.

    Refused is a draft that names what funds_api does not have, more fen of it than it comes to, or money that rests in
    more lots than a draft binds; each is said.
    """
    asked = [(one.kind.value, one.id, one.line) for one in subjects]
    answered = await _told(ledger, who, county, [*asked, *((FLAG, one, None) for one in flags)])
    told: dict[Name, int | None] = {(one.kind, one.id, one.line): one.amount_fen for one, _ in answered}
    lots_n: dict[Name, int] = {(one.kind, one.id, one.line): one.lots_n for one, _ in answered}
    unknown: list[Named] = []
    oversized: list[Oversized] = []
    spread: list[Spread] = []
    for number, one in enumerate(subjects, 1):
        key = (one.kind.value, one.id, one.line)
        at_most_fen = told.get(key)
        if key not in told:
            unknown.append(Named(number, one.kind.value, str(one.id), one.line))
        elif at_most_fen is not None and one.amount_fen > at_most_fen:
            oversized.append(Oversized(number, one.kind.value, str(one.id), one.line, one.amount_fen, at_most_fen))
        elif one.amount_fen and lots_n[key] > MOST_LOTS:
            spread.append(Spread(number, one.kind.value, str(one.id), one.line, lots_n[key]))
    if unknown:
        raise SubjectsUnknown(unknown)
    if oversized:
        raise SubjectsTooLarge(oversized)
    if spread:
        raise SubjectsSpread(spread)
    return {
        (one.kind, one.id, one.line): [_resting(lot, position) for lot in one.lots]
        for one, position in answered
        if position is not None
    }


async def _told(
    ledger: Ledger, who: Principal, county: str, asked: Sequence[Name]
) -> list[tuple[SubjectTold, int | None]]:
    """What is there of those named, each with the position of the feed at which the books answered."""
    found: list[tuple[SubjectTold, int | None]] = []
    for start in range(0, len(asked), MOST):
        names = [named(*one) for one in asked[start : start + MOST]]
        answer = bytearray()
        async with ledger.answer(PATH, {"county": county, "named": names}, who) as pieces:
            async for piece in pieces:
                answer += piece
        try:
            told = SubjectsTold.model_validate_json(answer)
        except ValidationError as error:
            raise LedgerDown from error
        found += [(one, told.position) for one in told.items]
    return found


def _resting(lot: LotTold, position: int) -> Resting:
    return Resting(lot.lot_id, lot.fen, lot.movement_id, position, lot.depth, lot.batch_id, lot.line)


def _listed(subjects: Sequence[Named]) -> str:
    return "、".join(str(one) for one in subjects[:_SAID]) + ("等" if len(subjects) > _SAID else "")
