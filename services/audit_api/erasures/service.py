"""Asking that words go which name a person, and deciding it: by two people, over exactly these words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from chassis.database import allow_long_statements
from chassis.identity import Principal
from chassis.ids import new_id
from chassis.journal import Act
from services.audit_api.checking import must_be_checked, version_hash
from services.audit_api.erasures import store
from services.audit_api.erasures.schemas import Erasure, ErasureDecision, ErasureRequest, ErasureVerdict, erasure_of
from services.audit_api.missing import Missing
from services.audit_api.tables import ErasureRow
from services.audit_api.words import new_salt, sealed
from wire.erasures import ErasureAsked, ErasureDecided


@dataclass(eq=False)
class NothingToErase(Exception):
    """There are no words in these fields: no such thing in sight, or they are gone."""

    row_id: str

    def __str__(self) -> str:
        return f"{self.row_id} 的所选字段中没有可删除的文字：编号不存在、不在管辖范围内，或已经删除"


@dataclass(eq=False)
class ErasureWasDecided(Exception):
    """Somebody has decided on it already."""

    decision: str

    def __str__(self) -> str:
        return "该删除申请已经审核：" + ("同意" if self.decision == ErasureVerdict.AGREED else "不同意")


@dataclass(eq=False)
class ErasureOutOfOrder(Exception):
    """A decision of a day before the request."""

    asked_on: date
    given: date

    def __str__(self) -> str:
        return f"审核日期 {self.given} 早于申请日期 {self.asked_on}"


def version_of(request: ErasureRequest, asked_on: date, salt: str | None, texts: list[str]) -> str:
    """The name of what is decided on: these words of this thing, sealed with a salt that goes with them."""
    return _version(request.what, request.id, request.fields, request.basis, request.document, asked_on, salt, texts)


def _version(
    what: str,
    row_id: UUID,
    fields: list[str],
    basis: str,
    document: str,
    asked_on: date,
    salt: str | None,
    texts: list[str],
) -> str:
    content = {"what": what, "id": str(row_id), "fields": sorted(fields), "basis": basis, "document": document}
    words = sealed(salt or "", *texts)
    return version_hash({**content, "asked_on": asked_on.isoformat(), "words": words})


async def ask(tx: AsyncSession, who: Principal, act: Act, county: str, request: ErasureRequest, today: date) -> Erasure:
    """Ask that the words in these fields go; another person decides, over exactly these words."""
    await act.claim(tx, county)
    texts = await store.texts(tx, county, request.what, request.id, request.fields)
    if not texts:
        raise NothingToErase(str(request.id))
    asked_on, salt = request.on or today, new_salt()
    version = version_of(request, asked_on, salt, texts)
    answer = Erasure(
        id=new_id(),
        county_code=county,
        row_id=request.id,
        **request.model_dump(include={"what", "fields", "basis", "document"}),
        texts_n=len(texts),
        version_hash=version,
        asked_on=asked_on,
        made_by=who.subject,
    )
    kept = answer.model_dump(exclude={"decision", "checked_by", "decided_on", "events_n"})
    await store.add(tx, {**kept, "region_code": county, "salt": salt})
    event = ErasureAsked(
        erasure_id=answer.id,
        county_code=county,
        what=request.what,
        row_id=request.id,
        fields=sorted(request.fields),
        basis=request.basis,
        texts_n=len(texts),
        version_hash=version,
        asked_on=asked_on,
    )
    await act.record(tx, county, event, answer)
    return answer


async def must_see(tx: AsyncSession, who: Principal, county: str, erasure: UUID, *, lock: bool = False) -> ErasureRow:
    """The erasure, or the refusal that it is not there for this caller."""
    row = await store.one(tx, who, county, erasure, lock=lock)
    if row is None:
        raise Missing("删除申请", str(erasure))
    return row


async def decide(
    tx: AsyncSession, who: Principal, act: Act, county: str, erasure: UUID, request: ErasureDecision, today: date
) -> Erasure:
    """Agree, and the words are gone with this act; or refuse, and everything stays."""
    await act.claim(tx, county)
    row = await must_see(tx, who, county, erasure, lock=True)
    if row.decision is not None:
        raise ErasureWasDecided(row.decision)
    texts = await store.texts(tx, county, row.what, row.row_id, row.fields)
    stands = _version(row.what, row.row_id, row.fields, row.basis, row.document, row.asked_on, row.salt, texts)
    must_be_checked("删除申请", who.subject, frozenset({row.made_by}), request.version_hash, stands)
    decided_on = request.on or today
    if decided_on < row.asked_on:
        raise ErasureOutOfOrder(row.asked_on, decided_on)
    told = {"decision": request.decision, "checked_by": who.subject, "decided_on": decided_on}
    await store.decide(tx, row, {**told, "opinion": request.opinion})
    events_n = None
    if request.decision == ErasureVerdict.AGREED:
        await allow_long_statements(tx)
        events_n = await store.erase(tx, county, erasure)
    answer = erasure_of(row).model_copy(update={**told, "events_n": events_n})
    event = ErasureDecided(
        erasure_id=erasure,
        county_code=county,
        version_hash=stands,
        decision=request.decision,
        decided_on=decided_on,
        events_n=events_n or 0,
        text_sha256=sealed(request.opinion),
    )
    await act.record(tx, county, event, answer)
    return answer
