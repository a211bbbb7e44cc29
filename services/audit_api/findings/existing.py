"""Whether what a draft names is there: asked of funds_api as a set, before anything is written.

Knows no table and opens no transaction. What an alert saw was told by the feed, and is not asked for again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final
from uuid import UUID

from pydantic import ValidationError

from chassis.identity import Principal
from services.audit_api.findings.binding import KINDS
from services.audit_api.findings.schemas import SubjectRequest
from services.audit_api.ledger import Ledger, LedgerDown
from wire.subjects import MOST, SubjectsTold, SubjectTold, named

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


async def must_be_there(ledger: Ledger, who: Principal, county: str, subjects: Sequence[SubjectRequest]) -> None:
    """Refuse a draft that names what funds_api does not have, or more fen of it than it comes to; say which."""
    told: dict[tuple[str, UUID, int | None], int | None] = {
        (one.kind, one.id, one.line): one.amount_fen for one in await _told(ledger, who, county, subjects)
    }
    unknown: list[Named] = []
    oversized: list[Oversized] = []
    for number, one in enumerate(subjects, 1):
        key = (one.kind.value, one.id, one.line)
        at_most_fen = told.get(key)
        if key not in told:
            unknown.append(Named(number, one.kind.value, str(one.id), one.line))
        elif at_most_fen is not None and one.amount_fen > at_most_fen:
            oversized.append(Oversized(number, one.kind.value, str(one.id), one.line, one.amount_fen, at_most_fen))
    if unknown:
        raise SubjectsUnknown(unknown)
    if oversized:
        raise SubjectsTooLarge(oversized)


async def _told(ledger: Ledger, who: Principal, county: str, subjects: Sequence[SubjectRequest]) -> list[SubjectTold]:
    found: list[SubjectTold] = []
    for start in range(0, len(subjects), MOST):
        names = [named(one.kind.value, one.id, one.line) for one in subjects[start : start + MOST]]
        answer = bytearray()
        async with ledger.answer(PATH, {"county": county, "named": names}, who) as pieces:
            async for piece in pieces:
                answer += piece
        try:
            found += SubjectsTold.model_validate_json(answer).items
        except ValidationError as error:
            raise LedgerDown from error
    return found


def _listed(subjects: Sequence[Named]) -> str:
    return "、".join(str(one) for one in subjects[:_SAID]) + ("等" if len(subjects) > _SAID else "")
