"""Asking that words go which name a person, and deciding it: by two people, over exactly these words.

An erasure of a lead is asked for and decided by its members, in the journal of leads (`leads/erasing.py`); everything
else here is the same for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from chassis.database import allow_long_statements
from chassis.identity import Principal
from chassis.ids import new_id
from chassis.journal import Act
from chassis.missing import Missing
from services.audit_api.checking import must_be_checked, version_hash
from services.audit_api.erasures import store
from services.audit_api.erasures.places import CONTENT, Erased
from services.audit_api.erasures.schemas import Erasure, ErasureBasis, ErasureDecision, ErasureVerdict, erasure_of
from services.audit_api.leads.states import must_not_be_ahead
from services.audit_api.policies import store as policies
from services.audit_api.tables import ErasureRow
from services.audit_api.words import new_salt, sealed
from treasury.calendar import business_date, months_later
from treasury.policy import in_force
from wire.erasures import ErasureAsked, ErasureDecided

RETENTION: Final = "evidence_retention_years"
_MONTHS: Final = 12


_VERDICTS: Final[dict[str, str]] = {
    ErasureVerdict.AGREED: "同意删除",
    ErasureVerdict.RESTRICTED: "停止处理",
    ErasureVerdict.REFUSED: "不同意",
}


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
        return "该删除申请已经审核：" + _VERDICTS.get(self.decision, self.decision)


@dataclass(eq=False)
class ErasureOutOfOrder(Exception):
    """A decision of a day before the request."""

    asked_on: date
    given: date

    def __str__(self) -> str:
        return f"审核日期 {self.given} 早于申请日期 {self.asked_on}"


@dataclass(eq=False)
class ContentMustBeKept(Exception):
    """What a file says is part of an archive that has to be kept longer: it may be stopped from being handled only."""

    until_on: date
    policy: str

    def __str__(self) -> str:
        return (
            f"该证据属于应予保存的档案，保存期限至 {self.until_on}（{self.policy}），期满以前只能停止处理（restricted）"
        )

    def figures(self) -> dict[str, str]:
        return {"until_on": self.until_on.isoformat(), "policy": self.policy}


@dataclass(eq=False)
class NothingToRestrict(Exception):
    """Words are agreed to go, or not; only what a file says inside can be kept and not handled any more."""

    def __str__(self) -> str:
        return "停止处理（restricted）只适用于证据文件内容（content）；其他文字请选择同意（agreed）或不同意（refused）"


@dataclass(frozen=True, slots=True)
class Asked:
    """Which words of which thing are to go, on which ground, since which day."""

    what: Erased
    row_id: UUID
    fields: list[str]
    basis: ErasureBasis
    document: str
    asked_on: date


@dataclass(frozen=True, slots=True)
class Found:
    """What stands in the fields: words, and the files whose content is meant, by digest and the evidence naming it."""

    texts: list[str]
    files: list[str]

    def __len__(self) -> int:
        return len(self.texts) + len(self.files)


def version_of(asked: Asked, salt: str | None, found: Found) -> str:
    """The name of what is decided on: these words of this thing, sealed with a salt that goes with them."""
    content = {
        "what": asked.what,
        "id": str(asked.row_id),
        "fields": sorted(asked.fields),
        "basis": asked.basis,
        "document": asked.document,
        "asked_on": asked.asked_on.isoformat(),
        "words": sealed(salt or "", *found.texts, *found.files),
    }
    return version_hash(content)


async def standing(tx: AsyncSession, county: str, what: str, row_id: UUID, fields: list[str]) -> Found:
    """The words that stand in these fields, and the evidence that names the same content."""
    meant = what == Erased.EVIDENCE and CONTENT in fields
    files = await store.same_files(tx, county, row_id) if meant else []
    return Found(await store.texts(tx, county, what, row_id, fields), [f"{one.sha256.hex()} {one.id}" for one in files])


async def ask(
    tx: AsyncSession, who: Principal, act: Act, county: str, stream: str, asked: Asked, today: date
) -> Erasure:
    """Ask that these words go; another person decides, over exactly these words. Claimed in `stream` by the caller."""
    must_not_be_ahead("申请日期", asked.asked_on, today)
    found = await standing(tx, county, asked.what, asked.row_id, asked.fields)
    if len(found) == 0:
        raise NothingToErase(str(asked.row_id))
    salt = new_salt()
    answer = Erasure(
        id=new_id(),
        county_code=county,
        what=asked.what,
        row_id=asked.row_id,
        fields=asked.fields,
        basis=asked.basis,
        document=asked.document,
        texts_n=len(found),
        version_hash=version_of(asked, salt, found),
        asked_on=asked.asked_on,
        made_by=who.subject,
    )
    kept = answer.model_dump(exclude={"decision", "checked_by", "decided_on", "events_n"})
    await store.add(tx, {**kept, "region_code": county, "salt": salt})
    event = ErasureAsked(
        erasure_id=answer.id,
        county_code=county,
        what=asked.what,
        row_id=asked.row_id,
        fields=sorted(asked.fields),
        basis=asked.basis,
        texts_n=len(found),
        version_hash=answer.version_hash,
        asked_on=asked.asked_on,
    )
    await act.record(tx, stream, event, answer)
    return answer


async def must_see(
    tx: AsyncSession, who: Principal, county: str, erasure: UUID, lead_id: UUID | None = None
) -> ErasureRow:
    """The erasure, locked, or the refusal that it is not there for this caller; of a lead only where it is named."""
    row = await store.lock(tx, who, county, erasure, lead_id)
    if row is None:
        raise Missing("删除申请", str(erasure))
    return row


async def decide(
    tx: AsyncSession, who: Principal, act: Act, stream: str, row: ErasureRow, request: ErasureDecision, today: date
) -> Erasure:
    """Agree, and the words are gone with this act; or refuse, and everything stays. Claimed in `stream` by the caller.

    A file that has to be kept longer is stopped from being handled instead (art 47 para 2).
    """
    county = row.county_code
    if row.decision is not None:
        raise ErasureWasDecided(row.decision)
    asked = Asked(Erased(row.what), row.row_id, row.fields, ErasureBasis(row.basis), row.document, row.asked_on)
    found = await standing(tx, county, row.what, row.row_id, row.fields)
    stands = version_of(asked, row.salt, found)
    must_be_checked("删除申请", who.subject, frozenset({row.made_by}), request.version_hash, stands)
    decided_on = request.on or today
    must_not_be_ahead("审核日期", decided_on, today)  # else a day of one's choice would end the years of an archive
    if decided_on < row.asked_on:
        raise ErasureOutOfOrder(row.asked_on, decided_on)
    if request.decision == ErasureVerdict.RESTRICTED and not found.files:
        raise NothingToRestrict
    if request.decision == ErasureVerdict.AGREED and found.files:
        await _must_not_be_kept_longer(tx, county, row.row_id, decided_on)

    told = {"decision": request.decision, "checked_by": who.subject, "decided_on": decided_on}
    await store.decide(tx, row, {**told, "opinion": request.opinion})
    events_n = None
    if request.decision != ErasureVerdict.REFUSED:
        await allow_long_statements(tx)
        events_n = await store.erase(tx, county, row.id, found.texts)
    answer = erasure_of(row).model_copy(update={**told, "events_n": events_n})
    event = ErasureDecided(
        erasure_id=row.id,
        county_code=county,
        version_hash=stands,
        decision=request.decision,
        decided_on=decided_on,
        events_n=events_n or 0,
        text_sha256=sealed(request.opinion),
    )
    await act.record(tx, stream, event, answer)
    return answer


async def _must_not_be_kept_longer(tx: AsyncSession, county: str, evidence_id: UUID, on: date) -> None:
    """Refuse while an archive that the file belongs to has to be kept. What was filed wrongly belongs to none."""
    values = await policies.values(tx, RETENTION, region=county)
    for one in await store.same_files(tx, county, evidence_id):
        kept_on = business_date(one.kept_at)
        value = in_force(values, RETENTION, county, kept_on)
        if one.withdrawn_on is None and value is not None:
            until_on = months_later(kept_on, _MONTHS * value.number)
            if on <= until_on:
                raise ContentMustBeKept(until_on, str(value.ref))
