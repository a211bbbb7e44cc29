"""Recording what a bank reports: a registered borrower, the limits of that day, and one act per reference."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from chassis.identity import Principal
from chassis.ids import new_id
from chassis.journal import Act
from chassis.vault import Vault
from services.funds_api.access import must_hold
from services.funds_api.households import store as households
from services.funds_api.households.refusals import IdNumberInvalid
from services.funds_api.loans import store
from services.funds_api.loans.schemas import DisbursementRequest, Loan
from services.funds_api.policies import store as policies
from services.funds_api.tables import LoanRow
from treasury.calendar import full_years, months_later
from treasury.identifiers import birth_date, is_id_number, normalise_id_number
from treasury.money import yuan
from treasury.policy import PolicyValue, in_force
from wire.money import LoanDisbursed


@dataclass(eq=False)
class BorrowerNotRegistered(Exception):
    """On the day of the loan the borrower belonged to no registered household that lived in the county."""

    county_code: str
    on: date

    def __str__(self) -> str:
        return f"{self.on} 该借款人不在 {self.county_code} 的在册农户中"


@dataclass(eq=False)
class LoanOverLimit(Exception):
    """More than one household may borrow."""

    principal_fen: int
    limit_fen: int
    source: str

    def __str__(self) -> str:
        return f"贷款 {yuan(self.principal_fen)} 元超过每户上限 {yuan(self.limit_fen)} 元（依据：{self.source}）"


@dataclass(eq=False)
class LoanTooLong(Exception):
    """Due later than the longest term allowed."""

    due_on: date
    latest_on: date
    limit_months: int
    source: str

    def __str__(self) -> str:
        return f"到期日 {self.due_on} 晚于 {self.limit_months} 个月期限的末日 {self.latest_on}（依据：{self.source}）"


@dataclass(eq=False)
class BankRefReused(Exception):
    """The bank's reference has acted with another content."""

    bank_ref: str
    loan_id: str

    def __str__(self) -> str:
        return f"业务编号 {self.bank_ref} 已用于另一笔内容不同的放款"


def loan_of(row: LoanRow) -> Loan:
    return Loan(**{name: getattr(row, name) for name in Loan.model_fields})


async def disburse(
    tx: AsyncSession, who: Principal, act: Act, vault: Vault, request: DisbursementRequest
) -> tuple[Loan, bool]:
    """Record the loan, or find it recorded: the answer and whether it is new. A reference never acts twice."""
    must_hold(who, request.county_code)
    county, bank = request.county_code, who.client_id
    await act.claim(tx, county)
    number = normalise_id_number(request.borrower_id_number)
    if not is_id_number(number):
        raise IdNumberInvalid("borrower_id_number")
    token = vault.token(number)
    content = _content_hash(request, token)
    known = await store.by_reference(tx, county, bank, request.bank_ref)
    if known is not None:
        return _same(known, content), False

    household, region = await _borrower(tx, county, token, request.disbursed_on)
    values = await policies.values(tx, "loan_max_", region=region)
    _within_limits(values, region, request)

    told = request.model_dump(exclude={"borrower_id_number"})
    row = await store.record(
        tx,
        {
            **told,
            "id": new_id(),
            "region_code": region,
            "bank": bank,
            "household_id": household,
            "borrower_token": token,
            "content_hash": content,
            **_age_class(values, region, number, request.disbursed_on),
        },
    )
    if row is None:  # a racing request with the same reference was first
        known = await store.by_reference(tx, county, bank, request.bank_ref)
        if known is None:
            raise BankRefReused(request.bank_ref, "")
        return _same(known, content), False
    loan = loan_of(row)
    event = LoanDisbursed(
        loan_id=loan.id,
        county_code=county,
        bank=bank,
        bank_ref=loan.bank_ref,
        principal_fen=loan.principal_fen,
        disbursed_on=loan.disbursed_on,
    )
    await act.record(tx, county, event, loan)
    return loan, True


def _content_hash(request: DisbursementRequest, token: bytes) -> bytes:
    """What the reference stands for; the borrower enters as the keyed token, so the hash tells no number."""
    return hashlib.sha256(request.model_dump_json(exclude={"borrower_id_number"}).encode() + token).digest()


def _same(known: LoanRow, content: bytes) -> Loan:
    if known.content_hash != content:
        raise BankRefReused(known.bank_ref, str(known.id))
    return loan_of(known)


async def _borrower(tx: AsyncSession, county: str, token: bytes, on: date) -> tuple[UUID, str]:
    """The household the borrower belonged to on the day of the loan, as head or member, and where it lived."""
    found = await households.membership_on(tx, county, token, on)
    if found is None or found["removed_on"] is not None or found["region_code"] is None:
        raise BorrowerNotRegistered(county, on)
    return found["household_id"], found["region_code"]


def _age_class(values: Sequence[PolicyValue], region: str, number: str, on: date) -> dict[str, int | bool]:
    """Whether the borrower was over the age limit of that day, and the limit; neither the age nor a birth date.

    个人信息保护法 art. 6: no more than the purpose needs; the question is asked while the number is here.
    """
    oldest = in_force(values, "loan_max_age_years", region, on)
    if oldest is None:
        return {}
    return {"age_limit_years": oldest.number, "is_over_age": full_years(birth_date(number), on) > oldest.number}


def _within_limits(values: Sequence[PolicyValue], region: str, request: DisbursementRequest) -> None:
    """Hold the loan against the values in force on the day it was paid out; without a value there is no limit."""

    def limit(key: str) -> PolicyValue | None:
        return in_force(values, key, region, request.disbursed_on)

    most, longest = limit("loan_max_fen"), limit("loan_max_months")
    if most is not None and request.principal_fen > most.number:
        raise LoanOverLimit(request.principal_fen, most.number, most.source)
    if longest is not None:
        latest = months_later(request.disbursed_on, longest.number)
        if request.due_on > latest:
            raise LoanTooLong(request.due_on, latest, longest.number, longest.source)
