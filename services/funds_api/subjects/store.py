"""Which of the things asked about are there for the caller, in SQL: one query per kind."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Select, null, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from chassis.identity import Principal
from services.funds_api.access import visible_to
from services.funds_api.tables import (
    FlagRow,
    LoanRow,
    MovementRow,
    PaymentBatchRow,
    PaymentRow,
    ProjectRow,
    RejectedRowRow,
    TreasuryOrderRow,
)
from wire.subjects import SubjectTold

LINE: Final = "line"
Asked = Mapping[str, set[tuple[UUID, int]]]  # by kind; the line is 0 where none is named


def asked(named: Sequence[str]) -> Asked:
    """What a question names, by kind; lines of batches are a kind of their own."""
    found: dict[str, set[tuple[UUID, int]]] = defaultdict(set)
    for one in named:
        kind, subject, *line = one.split(":")
        found[LINE if line else kind].add((UUID(subject), int(line[0]) if line else 0))
    return found


async def there(session: AsyncSession, who: Principal, county: str, wanted: Asked) -> list[SubjectTold]:
    """Those of a county that are there and visible, each with what it comes to."""
    found: list[SubjectTold] = []
    for kind, (row, amount, regions) in _KINDS.items():
        ids = {subject for subject, _ in wanted.get(kind, ())}
        if ids:
            query = select(row.id, amount).where(row.county_code == county, row.id.in_(ids), visible_to(who, *regions))
            for subject, fen in await session.execute(query):
                # A roster of which nothing is taken yet, or nothing was good, comes to no figure.
                found.append(SubjectTold(kind=kind, id=subject, line=None, amount_fen=fen or None))
    if lines := wanted.get(LINE):
        for query in (
            _lines(who, county, PaymentRow, PaymentRow.amount_fen, lines),
            _lines(who, county, RejectedRowRow, null(), lines),
        ):
            for batch, line, fen in await session.execute(query):
                found.append(SubjectTold(kind="batch", id=batch, line=line, amount_fen=fen))
    return found


_KINDS: Final[dict[str, tuple[Any, Any, tuple[InstrumentedAttribute[Any], ...]]]] = {
    "movement": (MovementRow, MovementRow.amount_fen, (MovementRow.from_region, MovementRow.to_region)),
    "order": (
        TreasuryOrderRow,
        TreasuryOrderRow.amount_fen,
        (TreasuryOrderRow.region_code, TreasuryOrderRow.payee_region),
    ),
    "batch": (PaymentBatchRow, PaymentBatchRow.total_fen, (PaymentBatchRow.region_code,)),
    "loan": (LoanRow, LoanRow.principal_fen, (LoanRow.region_code,)),
    "flag": (FlagRow, FlagRow.amount_fen, (FlagRow.region_code,)),
    "project": (ProjectRow, null(), (ProjectRow.region_code,)),
}


def _lines(who: Principal, county: str, row: Any, amount: Any, lines: Collection[tuple[UUID, int]]) -> Select[Any]:
    return select(row.batch_id, row.line, amount).where(
        row.county_code == county,
        visible_to(who, row.region_code),
        tuple_(row.batch_id, row.line).in_(sorted(lines)),
    )
