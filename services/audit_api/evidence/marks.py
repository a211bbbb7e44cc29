"""What is told of evidence after it was kept: the supplier's signature, and its withdrawal by two people.

Nothing is taken away: a withdrawn file stays where it is, can be read, and says that it was filed wrongly. Names and
reasons rest in rows, and the journal seals them with a salt that rests beside them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from chassis.identity import Principal
from chassis.journal import Act
from chassis.missing import Missing
from services.audit_api.checking import must_be_checked, named, version_hash
from services.audit_api.evidence import store
from services.audit_api.evidence.schemas import (
    Signature,
    SignatureRequest,
    Withdrawal,
    WithdrawalDecision,
    WithdrawalRequest,
    WithdrawalVerdict,
    withdrawal_of,
)
from services.audit_api.leads.states import must_not_be_ahead
from services.audit_api.tables import EvidenceRow, EvidenceWithdrawalRow
from services.audit_api.words import new_salt, sealed
from wire.evidence import EvidenceSigned, EvidenceWithdrawalAsked, EvidenceWithdrawalDecided


@dataclass(eq=False)
class WithdrawalStands(Exception):
    """The withdrawal of this evidence has been asked for, or agreed to."""

    evidence_id: str
    withdrawal_no: int

    def __str__(self) -> str:
        return f"证据 {self.evidence_id} 的撤回申请（第 {self.withdrawal_no} 次）正在审核或已经同意"


@dataclass(eq=False)
class WithdrawalDecided(Exception):
    """Somebody has decided on it already."""

    decision: str

    def __str__(self) -> str:
        return "该撤回申请已经审核：" + ("同意" if self.decision == WithdrawalVerdict.AGREED else "不同意")


@dataclass(eq=False)
class WithdrawalOutOfOrder(Exception):
    """A decision of a day before the request."""

    asked_on: date
    given: date

    def __str__(self) -> str:
        return f"审核日期 {self.given} 早于申请日期 {self.asked_on}"


async def _locked(tx: AsyncSession, who: Principal, county: str, evidence_id: UUID) -> EvidenceRow:
    row = await store.lock(tx, who, county, evidence_id)
    if row is None:
        raise Missing("证据", str(evidence_id))
    return row


async def sign(
    tx: AsyncSession, who: Principal, act: Act, county: str, evidence_id: UUID, request: SignatureRequest, today: date
) -> Signature:
    """Tell whether the supplier signed for this evidence, or why not; what was told before stays."""
    told_on = request.on or today
    must_not_be_ahead("签字或说明日期", told_on, today)
    await act.claim(tx, county)
    row = await _locked(tx, who, county, evidence_id)
    number, salt = await store.signatures_n(tx, county, evidence_id) + 1, new_salt()
    values = {
        "county_code": county,
        "evidence_id": evidence_id,
        "signature_no": number,
        "region_code": row.region_code,
        **request.model_dump(exclude={"on"}),
        "told_on": told_on,
        "told_by": who.subject,
        "salt": salt,
    }
    await store.add_signature(tx, values)
    # Without the prose: the receipt is repeated from the journal.
    answer = Signature(
        evidence_id=evidence_id,
        signature_no=number,
        signed=request.signed,
        told_on=told_on,
        told_by=who.subject,
    )
    event = EvidenceSigned(
        evidence_id=evidence_id,
        finding_id=row.finding_id,
        county_code=county,
        signature_no=number,
        signed=request.signed,
        told_on=told_on,
        text_sha256=sealed(salt, request.supplier, request.unsigned_because or ""),
    )
    await act.record(tx, county, event, answer)
    return answer


def version_of(evidence: EvidenceRow, asked: EvidenceWithdrawalRow) -> str:
    """The name of what a decision about a withdrawal is about; of before it was kept it is worked out."""
    return asked.version_hash or version_hash(
        {
            "evidence_id": str(evidence.id),
            "sha256": evidence.sha256.hex(),
            "withdrawal_no": asked.withdrawal_no,
            "asked_on": asked.asked_on.isoformat(),
            "reason": asked.reason,
        }
    )


async def ask_withdrawal(
    tx: AsyncSession, who: Principal, act: Act, county: str, evidence_id: UUID, request: WithdrawalRequest, today: date
) -> Withdrawal:
    """Ask that evidence filed wrongly be withdrawn; another person decides."""
    asked_on = request.on or today
    must_not_be_ahead("申请日期", asked_on, today)
    await act.claim(tx, county)
    row = await _locked(tx, who, county, evidence_id)
    before = await store.withdrawals(tx, county, [evidence_id])
    for one in before:
        if one.decision != WithdrawalVerdict.REFUSED:
            raise WithdrawalStands(str(evidence_id), one.withdrawal_no)
    number = len(before) + 1
    values = {
        "county_code": county,
        "evidence_id": evidence_id,
        "withdrawal_no": number,
        "region_code": row.region_code,
        "reason": request.reason,
        "asked_on": asked_on,
        "made_by": who.subject,
    }
    name = named({**values, "sha256": row.sha256.hex()})
    await store.add_withdrawal(tx, {**values, **name})
    answer = Withdrawal(
        evidence_id=evidence_id,
        withdrawal_no=number,
        version_hash=name["version_hash"],
        asked_on=asked_on,
        made_by=who.subject,
    )
    event = EvidenceWithdrawalAsked(
        evidence_id=evidence_id,
        finding_id=row.finding_id,
        county_code=county,
        withdrawal_no=number,
        asked_on=asked_on,
        text_sha256=sealed(name["salt"], request.reason),
    )
    await act.record(tx, county, event, answer)
    return answer


async def decide_withdrawal(
    tx: AsyncSession,
    who: Principal,
    act: Act,
    county: str,
    evidence_id: UUID,
    withdrawal_no: int,
    request: WithdrawalDecision,
    today: date,
) -> Withdrawal:
    """Agree to a withdrawal over its exact version, or refuse it. Evidence that is withdrawn is marked and stays."""
    decided_on = request.on or today
    must_not_be_ahead("审核日期", decided_on, today)
    await act.claim(tx, county)
    row = await _locked(tx, who, county, evidence_id)
    found = await store.withdrawals(tx, county, [evidence_id])
    asked = next((one for one in found if one.withdrawal_no == withdrawal_no), None)
    if asked is None:
        raise Missing("撤回申请", str(withdrawal_no))
    if asked.decision is not None:
        raise WithdrawalDecided(asked.decision)
    stands = version_of(row, asked)
    must_be_checked("证据撤回申请", who.subject, frozenset({asked.made_by}), request.version_hash, stands)
    if decided_on < asked.asked_on:
        raise WithdrawalOutOfOrder(asked.asked_on, decided_on)
    told = {"decision": request.decision, "checked_by": who.subject, "decided_on": decided_on}
    await store.decide_withdrawal(tx, asked, {**told, "opinion": request.opinion})
    if request.decision == WithdrawalVerdict.AGREED:
        await store.mark_withdrawn(tx, row, decided_on)
    answer = withdrawal_of(asked, stands).model_copy(update={**told, "reason": None, "opinion": None})
    event = EvidenceWithdrawalDecided(
        evidence_id=evidence_id,
        finding_id=row.finding_id,
        county_code=county,
        withdrawal_no=withdrawal_no,
        version_hash=stands,
        decision=request.decision,
        decided_on=decided_on,
        text_sha256=sealed(asked.salt or "", request.opinion),
    )
    await act.record(tx, county, event, answer)
    return answer
