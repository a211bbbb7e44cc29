"""Receiving a notice: as printed, by each county once, and never more than it states, whoever received it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from chassis.identity import Principal
from chassis.ids import new_id
from chassis.journal import Act
from chassis.missing import Missing
from services.funds_api.access import above, must_hold
from services.funds_api.funds import store as funds
from services.funds_api.lots import ledger
from services.funds_api.lots.decide import CLOSED
from services.funds_api.lots.ledger import Movement, Part
from services.funds_api.notices import store
from services.funds_api.notices.schemas import (
    BroughtBy,
    DiscrepancyAnswer,
    LineKind,
    Notice,
    NoticeLine,
    NoticeRequest,
    NoticeSource,
    TrancheAnswer,
)
from services.funds_api.notices.sums import Printed, discrepancies
from services.funds_api.units import store as units
from services.funds_api.units.schemas import UnitKind
from treasury.documents import normalise_document_number, normalise_title
from treasury.errors import AmountNotPositive
from treasury.money import yuan
from wire.money import NoticeReceived, TrancheOpened


@dataclass(eq=False)
class NoticeKnown(Exception):
    """The county has received by the same document of the same issuer, and not all of it was undone."""

    document: str
    county_code: str
    notice_id: str
    stands_fen: int

    def __str__(self) -> str:
        return (
            f"{self.county_code} 已经按文件“{self.document}”接收过资金，"
            f"尚有 {yuan(self.stands_fen)} 元没有冲正，不重复接收"
        )


@dataclass(eq=False)
class NoticeExceeded(Exception):
    """Law 5: what is to be received, with what other counties have by the document, is more than it states."""

    stated_total_fen: int
    parts_fen: int
    brought_by: str
    elsewhere_fen: int = 0

    @property
    def difference_fen(self) -> int:
        return self.parts_fen + self.elsewhere_fen - self.stated_total_fen

    def __str__(self) -> str:
        others = f"，连同其他县已按此文件接收的 {yuan(self.elsewhere_fen)} 元，" if self.elsewhere_fen else ""
        return (
            f"明细合计 {yuan(self.parts_fen)} 元{others}超过文件总额 {yuan(self.stated_total_fen)} 元，"
            f"多出 {yuan(self.difference_fen)} 元"
        )

    def figures(self) -> dict[str, int | str]:
        return {
            "stated_total_fen": self.stated_total_fen,
            "parts_fen": self.parts_fen,
            "elsewhere_fen": self.elsewhere_fen,
            "difference_fen": self.difference_fen,
            "brought_by": self.brought_by,
        }


@dataclass(eq=False)
class NothingBrought(Exception):
    """The notice has no part of the kind its money is to be received by."""

    brought_by: str

    def __str__(self) -> str:
        return "文件没有可以入账的明细" if self.brought_by == "lines" else "文件没有可以入账的资金来源"


@dataclass(eq=False)
class AccountMissing(Exception):
    """No account was named for a county that the notice brings money to, or one that cannot receive it."""

    county_code: str

    def __str__(self) -> str:
        return f"没有为 {self.county_code} 指定可以收款的账户"


@dataclass(frozen=True, slots=True)
class Bringing:
    """A printed part that brings money, with the identities it gets in the ledger."""

    part: str
    line: NoticeLine | NoticeSource
    tranche: UUID
    movement: UUID
    lot: UUID

    @property
    def purpose(self) -> str:
        place = self.line.place if isinstance(self.line, NoticeLine) else None
        return " ".join(filter(None, [place, self.line.purpose])) or "未列明用途"


def bringing(request: NoticeRequest) -> list[Bringing]:
    """The parts by which the money is received: item lines or sources, every amount positive, Σ within the notice."""
    by_lines = request.brought_by is BroughtBy.LINES
    chosen: Sequence[NoticeLine | NoticeSource] = (
        [line for line in request.lines if line.kind is LineKind.ITEM] if by_lines else request.sources
    )
    if not chosen:
        raise NothingBrought(request.brought_by)
    for line in chosen:
        if line.amount_fen <= 0:
            raise AmountNotPositive(line.amount_fen)
    total = sum(line.amount_fen for line in chosen)
    if request.stated_total_fen is not None and total > request.stated_total_fen:
        raise NoticeExceeded(request.stated_total_fen, total, request.brought_by)
    part = "line" if by_lines else "source"
    return [Bringing(part, line, new_id(), new_id(), new_id()) for line in chosen]


async def receive(tx: AsyncSession, who: Principal, act: Act, request: NoticeRequest) -> Notice:
    """Keep the document as printed and open one tranche, resting in its county's account, per bringing part."""
    if not above(who, request.region_code):  # most documents come from a level above; their money comes to the caller's
        must_hold(who, request.region_code)
    parts = bringing(request)
    counties = sorted({one.line.county_code for one in parts})
    for county in counties:
        must_hold(who, county)
        await act.claim(tx, county)
    document = normalise_document_number(request.document_number) if request.document_number else None
    key = document or normalise_title(request.title)
    received: dict[str, int] = defaultdict(int)
    for one in parts:
        received[one.line.county_code] += one.line.amount_fen
    await _must_be_left(tx, request, key, received)
    if not await funds.exists(tx, request.fund_code):
        raise Missing("资金", request.fund_code)
    if not await units.region_exists(tx, request.region_code):
        raise Missing("区划", request.region_code)
    for county in counties:
        await _must_receive(tx, who, county, request.accounts.get(county))

    gaps = discrepancies(
        request.stated_total_fen,
        [Printed(line.kind, line.group_no or "", line.amount_fen) for line in request.lines]
        + [Printed("source", "", line.amount_fen) for line in request.sources],
    )
    answer = Notice(
        id=new_id(),
        document_number=document,
        cites=[normalise_document_number(number) for number in request.cites],
        received_fen=sum(one.line.amount_fen for one in parts),
        unexplained_fen=0,
        tranches=[
            TrancheAnswer(
                id=one.tranche,
                county_code=one.line.county_code,
                part=one.part,
                line_no=one.line.line_no,
                purpose=one.purpose,
                amount_fen=one.line.amount_fen,
            )
            for one in parts
        ],
        discrepancies=[
            DiscrepancyAnswer(
                check=gap.check,
                group_no=gap.group,
                printed_fen=gap.printed_fen,
                summed_fen=gap.summed_fen,
                difference_fen=gap.difference_fen,
            )
            for gap in gaps
        ],
        **request.model_dump(exclude={"document_number", "cites", "lines", "sources", "accounts"}),
    )

    ours = {"tranches", "discrepancies", "undone_fen", "elsewhere_fen", "unexplained_fen", "recorded_at"}
    await store.record(
        tx,
        {**answer.model_dump(exclude=ours), "document_key": key},
        received,
        _printed(answer.id, request),
        [
            {"notice_id": answer.id, "check_name": gap.check, **gap.model_dump(exclude={"check"})}
            for gap in answer.discrepancies
        ],
    )
    by_county: dict[str, list[Bringing]] = defaultdict(list)
    for one in parts:
        by_county[one.line.county_code].append(one)
    for county in counties:
        await _open(tx, county, answer, by_county[county], request.accounts[county], act.actor)
    for county in counties:
        await act.record(tx, county, _event(county, answer, by_county[county], request.accounts[county]), answer)
    return answer


async def _must_be_left(tx: AsyncSession, request: NoticeRequest, key: str, received: Mapping[str, int]) -> None:
    """Each county receives by a document once, and all together no more than any registration of it stated.

    What was undone counts for nobody, and neither does what a registration stated that was undone whole.
    """
    before = await store.receipts(tx, request.issuer, key)
    for one in before:
        if one.county_code in received:
            document = request.document_number or request.title
            raise NoticeKnown(document, one.county_code, str(one.notice_id), one.stands_fen)
    here, elsewhere = sum(received.values()), sum(one.stands_fen for one in before)
    said = [one for one in (request.stated_total_fen, *(row.stated_total_fen for row in before)) if one is not None]
    if said and here + elsewhere > min(said):
        raise NoticeExceeded(min(said), here, request.brought_by, elsewhere)


async def _must_receive(tx: AsyncSession, who: Principal, county: str, account: UUID | None) -> None:
    found = await units.accounts(tx, who, county, ids=[account]) if account else []
    # A project gets its money by a document of the county (下达), a retention by what is retained (质保金).
    if not found or UnitKind(found[0][0].kind) in CLOSED | {UnitKind.PROJECT_UNIT, UnitKind.RETENTION}:
        raise AccountMissing(county)


def _printed(notice: UUID, request: NoticeRequest) -> list[dict[str, Any]]:
    """Every printed line and source as a row, exactly as given."""
    lines = [{"part": "line", **line.model_dump(mode="json")} for line in request.lines]
    nowhere = {"region_code": None, "place": None, "responsible_unit": None, "group_no": None}
    sources = [
        {"part": "source", "kind": "source", **nowhere, **one.model_dump(mode="json")} for one in request.sources
    ]
    return [{"notice_id": notice, **row} for row in (*lines, *sources)]


async def _open(
    tx: AsyncSession, county: str, notice: Notice, parts: Sequence[Bringing], account: UUID, actor: str
) -> None:
    """Open the tranches of one county and let their money arrive on the day the notice was received."""
    await store.open_tranches(
        tx,
        [
            {
                "county_code": county,
                "id": one.tranche,
                "notice_id": notice.id,
                "part": one.part,
                "line_no": one.line.line_no,
                "fund_code": notice.fund_code,
                "fiscal_year": notice.fiscal_year,
                "purpose": one.purpose,
                "amount_fen": one.line.amount_fen,
                "received_on": notice.received_on,
            }
            for one in parts
        ],
    )
    document = notice.document_number or notice.title
    await ledger.post(
        tx,
        county,
        [
            Movement(
                one.movement,
                "receive",
                document,
                None,
                account,
                notice.received_on,
                one.line.amount_fen,
                actor,
                drawn="none",
            )
            for one in parts
        ],
        [
            Part(movement=one.movement, to_lot=one.lot, amount_fen=one.line.amount_fen, tranche=one.tranche)
            for one in parts
        ],
    )


def _event(county: str, notice: Notice, parts: Sequence[Bringing], account: UUID) -> NoticeReceived:
    return NoticeReceived(
        notice_id=notice.id,
        county_code=county,
        document=notice.document_number or notice.title,
        effective_on=notice.received_on,
        received_from=notice.received_from,
        tranches=[
            TrancheOpened(
                tranche_id=one.tranche,
                lot_id=one.lot,
                account_id=account,
                fund_code=notice.fund_code,
                amount_fen=one.line.amount_fen,
            )
            for one in parts
        ],
    )
