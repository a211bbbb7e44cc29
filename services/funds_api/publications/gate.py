"""What a roster waits for before it is paid: its days on show, and answers to what is objected to it.

The days are laid down by a policy value of the region (calendar or working days, also for one fund) and by terms of the
fund; the stricter holds. Objections to a row keep back that row; to the whole list, all of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from chassis.identity import Principal
from policies.workdays import CHINA
from services.funds_api.funds import judge
from services.funds_api.funds import store as funds
from services.funds_api.funds.judge import FundRule, OnBreach
from services.funds_api.payments import held
from services.funds_api.policies import store as policies
from services.funds_api.publications import store
from services.funds_api.publications.days import before_upload_days, published_days
from services.funds_api.publications.refusals import ListObjected, RosterPublicityTooShort, RowsObjected
from services.funds_api.publications.schemas import ObjectionVerdict, PublicityRequired
from services.funds_api.tables import BatchObjectionRow, PaymentBatchRow, PublicationRow
from treasury.clocks import Counted, TimeLimit, due
from treasury.policy import Basis, in_force

# 指导意见 asks for ten days in principle; seven working days are told of card lists, with weak evidence. Neither is a
# rule of the nation's for every roster, as far as is known, so none stands until a region lays it down.
POLICY: Final = "batch_publicity_days"


class By(StrEnum):
    """Whence a number of days binds a roster: a policy value of its region, or a term of its fund."""

    POLICY = "policy"
    TERM = "term"


@dataclass(frozen=True, slots=True)
class Requirement:
    """So many days a list has to be on show before it is paid; what does not refuse only flags."""

    by: By
    limit: TimeLimit
    region: str
    source: str
    basis: Basis
    refuses: bool = True

    def payable_on(self, from_on: date) -> date:
        """The first day on which a list that was put up that day may be paid; the day of posting is not counted."""
        return due(from_on, self.limit, CHINA).on

    def days_on_show(self, from_on: date, on: date) -> int:
        """The days that count of a list that was put up on or before `on`."""
        days = (on - from_on).days
        if self.limit.counted is Counted.CALENDAR:
            return days
        return sum(CHINA.is_working(from_on + timedelta(days=n)) for n in range(1, days + 1))


def stricter(required: Iterable[Requirement], from_on: date) -> Requirement | None:
    """The one that lets a list of that day be paid last; of equals the first."""
    return max(required, key=lambda one: one.payable_on(from_on), default=None)


@dataclass(frozen=True, slots=True)
class Aside:
    """The lines that are not paid with the rest: those that wait for an answer, and those objected to with reason."""

    waiting: tuple[int, ...] = ()
    ended: tuple[int, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.waiting or self.ended)


@dataclass(frozen=True, slots=True)
class Stand:
    """How a roster stands on a day: since when it is public, what is asked of it, and what is objected."""

    batch: PaymentBatchRow
    on: date
    publications: Sequence[PublicationRow]
    required: Sequence[Requirement]
    objections: Sequence[BatchObjectionRow]

    @property
    def from_on(self) -> date | None:
        """Since when the list is on show, by its latest publication; None when it is not."""
        latest = self.publications[-1].from_on if self.publications else None
        return None if latest is None or latest > self.on else latest

    @property
    def is_gated(self) -> bool:
        """Whether an open objection keeps anything back: where publicity is asked for, or a row waits already."""
        return bool(self.batch.part_of) or any(one.refuses for one in self.required)

    @property
    def open_to_list(self) -> int:
        return sum(one.line is None and one.closed_on is None for one in self.objections)

    def lines(self, *, verdict: ObjectionVerdict | None) -> set[int]:
        """The lines of this batch with an objection of that verdict; None for those that are open."""
        found = {one.line for one in self.objections if one.line is not None and _is(one, verdict)}
        own = self.batch.part_line
        return {one for one in found if one is not None and (not own or one == own)}

    def public(self) -> tuple[int | None, int, int]:
        """For the terms of the fund: published days, objections that keep the batch back, days before the upload."""
        days = published_days(self.publications, self.on)
        rows_open = 0 if self.is_gated else len(self.lines(verdict=None))
        return days, self.open_to_list + rows_open, before_upload_days(self.publications, self.batch)

    def told(self) -> list[PublicityRequired]:
        """What is asked for, the decisive one marked."""
        decisive = stricter((one for one in self.required if one.refuses), self.from_on or self.on)
        return [
            PublicityRequired(
                by=one.by.value,
                days=one.limit.days,
                counted=one.limit.counted,
                region=one.region,
                source=one.source,
                basis=one.basis,
                refuses=one.refuses,
                payable_on=one.payable_on(self.from_on) if self.from_on else None,
                decides=one is decisive,
            )
            for one in self.required
        ]

    def hear(self) -> Aside:
        """Which lines are kept back; or refuse the batch, whose days are not over or of which nothing would be paid.

        What only terms of the fund ask for is refused with its other terms, once it is known which money is drawn.
        """
        self._days()
        batch_id = str(self.batch.id)
        if any(one.line is None and _is(one, ObjectionVerdict.UPHELD) for one in self.objections):
            raise ListObjected(batch_id, self.open_to_list, upheld=True)
        if self.open_to_list and (self.batch.part_of or any(one.by is By.POLICY for one in self.required)):
            raise ListObjected(batch_id, self.open_to_list, upheld=False)
        ended = self.lines(verdict=ObjectionVerdict.UPHELD)
        waiting = self.lines(verdict=None) - ended if self.is_gated else set()
        if aside := sorted(waiting | ended):
            if len(aside) >= self.batch.rows_good:
                raise RowsObjected(batch_id, self.batch.rows_good, len(waiting), len(ended), aside[0])
            return Aside(tuple(sorted(waiting)), tuple(sorted(ended)))
        return Aside()

    def _days(self) -> None:
        asked = [one for one in self.required if one.refuses]
        since = self.from_on
        missed = [one for one in asked if since is None or one.payable_on(since) > self.on]
        decisive = stricter(missed, since or self.on)
        if decisive is None or all(one.by is By.TERM for one in missed):
            return
        raise RosterPublicityTooShort(
            str(self.batch.id),
            None if since is None else decisive.days_on_show(since, self.on),
            decisive.limit.days,
            decisive.limit.counted.value,
            None if since is None else decisive.payable_on(since),
            self.batch.effective_on,
            decisive.by.value,
            decisive.source,
        )


def _is(objection: BatchObjectionRow, verdict: ObjectionVerdict | None) -> bool:
    return objection.closed_on is None if verdict is None else objection.verdict == verdict


async def stand(tx: AsyncSession, who: Principal, batch: PaymentBatchRow, today: date) -> Stand:
    """How a checked batch stands by its day of payment, or by today if that is still to come.

    Once approved, nothing is paid back because somebody objects on one of the days that are left. A part of a roster
    stands as the list that was published.
    """
    whole = batch.part_of or batch.id
    return Stand(
        batch,
        min(batch.effective_on, today),
        await store.publications(tx, batch.county_code, whole),
        [*await _by_policy(tx, batch), *await _by_terms(tx, who, batch)],
        await store.objections(tx, batch.county_code, whole),
    )


async def _by_policy(tx: AsyncSession, batch: PaymentBatchRow) -> list[Requirement]:
    """The value of the batch's region on its day: of its fund if it has its own, else for every fund."""
    values = await policies.values(tx, POLICY, region=batch.region_code)
    own = in_force(values, f"{POLICY}.{batch.fund_code}", batch.region_code, batch.effective_on)
    one = own or in_force(values, POLICY, batch.region_code, batch.effective_on)
    return [Requirement(By.POLICY, TimeLimit.of(one), one.region, one.source, one.basis)] if one else []


async def _by_terms(tx: AsyncSession, who: Principal, batch: PaymentBatchRow) -> list[Requirement]:
    """The terms about publicity of the budget years that the batch would draw if it were approved now."""
    sets = await funds.term_sets(tx, batch.county_code, [batch.fund_code], batch.effective_on)
    if not any(term.rule is FundRule.PUBLICITY for one in sets for term in one.terms):
        return []
    years, owed_fen = dict[int, None](), batch.total_fen
    for year, fen in await held.available(tx, who, batch):
        if owed_fen > 0 and fen:
            years[year] = None
            owed_fen -= fen
    terms = dict.fromkeys(
        term
        for year in years
        for term in judge.in_force(sets, batch.fund_code, year, batch.effective_on)
        if term.rule is FundRule.PUBLICITY
    )
    return [
        Requirement(
            By.TERM,
            TimeLimit(one.number),
            region=one.region,
            source=one.source,
            basis=one.basis,
            refuses=one.on_breach is OnBreach.REFUSE,
        )
        for one in terms
    ]
