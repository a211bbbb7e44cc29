"""Setting policy values: by a document, for the caller's own region, and in force once a second person agreed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from chassis.identity import Principal
from chassis.journal import Act
from chassis.missing import Missing
from policies.book import PolicyBook, told
from policies.refusals import (
    PolicyKeyUnknown,
    PolicyLawTooLow,
    PolicyLooserThanLaw,
    PolicyOwnWork,
    PolicyPeriodsOverlap,
    PolicyRegionNotOwn,
    PolicyValueNotWaiting,
    PolicyValueUnfit,
    PolicyValueWaiting,
)
from policies.schemas import (
    EditionState,
    PolicyEdition,
    PolicyValueConfirmation,
    PolicyValueRequest,
    PolicyValueWithdrawal,
)
from policies.tables import PolicyValueTable
from treasury.policy import NATION, Basis, NoSuchRef, PolicyRef, PolicyValue, ends_on, overlap
from treasury.policy_keys import fault, looser
from wire.policies import PolicyValueConfirmed, PolicyValueSet, PolicyValueWithdrawn

_LAWMAKER_DIGITS: Final = 4  # a province has 2, a city with districts 4


async def set_value(
    book: PolicyBook, tx: AsyncSession, who: Principal, act: Act, request: PolicyValueRequest
) -> PolicyEdition:
    """Record what a document lays down; it waits for a second person. The same again changes nothing.

    For a first day that has a value already it is the next edition of that one. Refused is what nothing reads, what
    makes no sense for its key, and a period that runs into another.
    """
    _must_be_own(who, request.region)
    await act.claim(tx, request.region)
    _must_fit(book, request)
    if request.region != NATION:
        await book.must_be_region(tx, request.region)
    await book.hold(tx, request.key, request.region)
    recorded = await book.editions(tx, request.key, request.region)

    row = _same(request, recorded)
    if row is None:
        new = _new(request)
        _must_not_overlap(new, recorded)
        await _must_not_loosen_law(book, tx, new)
        said = request.model_dump(exclude={"region"})
        row = await book.record(tx, {**said, "region_code": request.region, "set_by": who.subject})
        recorded = [*recorded, row]
    answer = edition(book, row, recorded)
    event = PolicyValueSet(
        ref=answer.ref,
        key=row.key,
        region_code=row.region_code,
        valid_from=row.valid_from,
        valid_to=row.valid_to,
        edition=row.edition,
        value=row.value,
        source=row.source,
        basis=row.basis,
        waits=answer.state == EditionState.WAITS,
    )
    await act.record(tx, request.region, event, answer)
    return answer


async def confirm(
    book: PolicyBook, tx: AsyncSession, who: Principal, act: Act, request: PolicyValueConfirmation
) -> PolicyEdition:
    """Let an edition that waits count from now on, by a second person of its level, once."""
    row, recorded = await _waiting(book, tx, who, act, request)
    if row.set_by == who.subject:
        raise PolicyOwnWork(request.ref)

    answer = edition(book, await book.answer(tx, row, {"confirmed_by": who.subject}), recorded)
    event = PolicyValueConfirmed(
        ref=request.ref, key=row.key, region_code=row.region_code, valid_from=row.valid_from, edition=row.edition
    )
    await act.record(tx, row.region_code, event, answer)
    return answer


async def withdraw(
    book: PolicyBook, tx: AsyncSession, who: Principal, act: Act, request: PolicyValueWithdrawal
) -> PolicyEdition:
    """Take back an edition that waits, by anybody of its level who sets values; it stays on record."""
    row, recorded = await _waiting(book, tx, who, act, request)

    said = {"withdrawn_by": who.subject, "withdrawn_because": request.reason}
    answer = edition(book, await book.answer(tx, row, said), recorded)
    event = PolicyValueWithdrawn(
        ref=request.ref,
        key=row.key,
        region_code=row.region_code,
        valid_from=row.valid_from,
        edition=row.edition,
        reason=request.reason,
    )
    await act.record(tx, row.region_code, event, answer)
    return answer


async def _waiting(
    book: PolicyBook, tx: AsyncSession, who: Principal, act: Act, request: PolicyValueConfirmation
) -> tuple[PolicyValueTable, Sequence[PolicyValueTable]]:
    """The named edition while it waits, with all of its key and region; nobody else touches them until the commit."""
    try:
        ref = PolicyRef.read(request.ref)
    except NoSuchRef:
        raise Missing("政策数值", request.ref) from None
    _must_be_own(who, ref.region)
    await act.claim(tx, ref.region)
    await book.hold(tx, ref.key, ref.region)
    recorded = await book.editions(tx, ref.key, ref.region)
    row = next((one for one in recorded if (one.valid_from, one.edition) == (ref.valid_from, ref.edition)), None)
    if row is None:
        raise Missing("政策数值", request.ref)
    if not _waits(row):
        raise PolicyValueNotWaiting(request.ref, row.confirmed_by, row.withdrawn_by)
    return row, recorded


def _must_be_own(who: Principal, region: str) -> None:
    if region != who.region:
        raise PolicyRegionNotOwn(region, who.region)


def _must_fit(book: PolicyBook, request: PolicyValueRequest) -> None:
    """The key is one that is judged by, the value one of its shape and size, the basis one that the level can have."""
    about = book.keys.entry(request.key)
    if about is None:
        raise PolicyKeyUnknown(request.key, book.keys.near(request.key))
    if wrong := fault(about, request.value):
        raise PolicyValueUnfit(
            request.key, about.name, about.unit, about.shape.value, about.lowest, about.highest, wrong
        )
    # 立法法 (2023) arts 80 and 81: provinces and cities with districts make local regulations, counties do not. (What
    # autonomous counties enact under art 85 is recorded as practice: assumed.)
    if request.basis == Basis.LAW and len(request.region) > _LAWMAKER_DIGITS:
        raise PolicyLawTooLow(request.key, request.region)


def _same(request: PolicyValueRequest, recorded: Sequence[PolicyValueTable]) -> PolicyValueTable | None:
    """The edition of that day that says the same already; refused while one waits that says something else."""
    of_day = [one for one in recorded if one.valid_from == request.valid_from and one.withdrawn_by is None]
    if not of_day:
        return None
    last = of_day[-1]
    said = (request.value, request.valid_to, request.source, request.basis.value)
    if (last.value, last.valid_to, last.source, last.basis) == said:
        return last
    if _waits(last):
        raise PolicyValueWaiting(str(told(last).ref), last.set_by or "")
    return None


def _new(request: PolicyValueRequest) -> PolicyValue:
    return PolicyValue(
        request.key,
        request.region,
        request.valid_from,
        request.value,
        request.source,
        request.basis,
        valid_to=request.valid_to,
    )


def _must_not_overlap(new: PolicyValue, recorded: Sequence[PolicyValueTable]) -> None:
    claiming = [one for one in recorded if _state(one, recorded) in {EditionState.COUNTS, EditionState.WAITS}]
    if found := [value for value in map(told, claiming) if overlap(new, value)]:
        raise PolicyPeriodsOverlap(new.key, new.region, _period(new), [f"{_period(one)}（{one.ref}）" for one in found])


async def _must_not_loosen_law(book: PolicyBook, tx: AsyncSession, new: PolicyValue) -> None:
    """The nearest region is heard, so what a law above lays down is held here: a value of the region asks no less.

    Of the key itself, and of the general one where the value is only for something (`per`).
    """
    about = book.keys.entry(new.key)
    if about is None or about.stricter is None:
        return
    above = [
        one
        for one in await book.values(tx, about.key, region=new.region)
        if one.key in {about.key, new.key} and one.region != new.region
    ]
    found = [
        law
        for law in above
        if law.basis == Basis.LAW and looser(about, new.value, law.value) and _meet(new, law, above)
    ]
    if found:
        told = [f"{law.region} {_period(law)}为 {law.value}（{about.unit}），见{law.source}" for law in found]
        raise PolicyLooserThanLaw(new.key, about.name, new.region, f"{new.value}（{about.unit}）", told)


def _meet(new: PolicyValue, law: PolicyValue, above: Sequence[PolicyValue]) -> bool:
    """Whether the periods of both have a day in common."""
    return law.valid_from <= (new.valid_to or date.max) and new.valid_from <= (ends_on(law, above) or date.max)


def _afterwards(value: PolicyValue, recorded: Sequence[PolicyValueTable]) -> str | None:
    """What to mind when a stated end leaves the region without a value: what was replaced does not come back."""
    if value.valid_to is None or value.valid_to == date.max:
        return None
    following_on = value.valid_to + timedelta(days=1)
    claiming = [one for one in recorded if _state(one, recorded) in {EditionState.COUNTS, EditionState.WAITS}]
    if any(one.valid_from == following_on for one in claiming):
        return None
    return (
        f"{following_on} 起本区划没有数值：此前被接替的数值不会恢复，适用上级的数值，上级没有的不再判断；"
        f"需要延续的，请另行登记自 {following_on} 起的数值"
    )


def _period(value: PolicyValue) -> str:
    return f"{value.valid_from} 至 {value.valid_to}" if value.valid_to else f"{value.valid_from} 起"


def _waits(row: PolicyValueTable) -> bool:
    return row.set_by is not None and row.confirmed_by is None and row.withdrawn_by is None


def _state(row: PolicyValueTable, recorded: Sequence[PolicyValueTable]) -> EditionState:
    if row.withdrawn_by is not None:
        return EditionState.WITHDRAWN
    if _waits(row):
        return EditionState.WAITS
    later = [one for one in recorded if one.valid_from == row.valid_from and one.edition > row.edition]
    replaced = any(not _waits(one) and one.withdrawn_by is None for one in later)
    return EditionState.SUPERSEDED if replaced else EditionState.COUNTS


def edition(book: PolicyBook, row: PolicyValueTable, recorded: Sequence[PolicyValueTable]) -> PolicyEdition:
    """An edition with what became of it, and what follows it, among all that its region recorded for the key."""
    value, state, about = told(row), _state(row, recorded), book.keys.entry(row.key)
    counting = [told(one) for one in recorded if _state(one, recorded) == EditionState.COUNTS]
    return PolicyEdition(
        key=value.key,
        region=value.region,
        valid_from=value.valid_from,
        value=value.value,
        source=value.source,
        basis=value.basis,
        ref=str(value.ref),
        edition=value.edition,
        valid_to=value.valid_to,
        known_since=value.known_since,
        name=about and about.name,
        unit=about and about.unit,
        state=state,
        ends_on=ends_on(value, counting) if state == EditionState.COUNTS else None,
        afterwards=_afterwards(value, recorded) if state in {EditionState.COUNTS, EditionState.WAITS} else None,
        recorded_at=row.recorded_at,
        set_by=row.set_by,
        confirmed_by=row.confirmed_by,
        withdrawn_by=row.withdrawn_by,
        withdrawn_because=row.withdrawn_because,
    )
