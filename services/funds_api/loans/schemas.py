"""Shapes of microloans on the wire. The borrower's ID number comes in and never goes out."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import Field, StringConstraints, model_validator
from pydantic.types import Strict

from chassis.fields import Answer, Body, Code, CountyCode, Day, Line, PositiveFen
from chassis.pages import Page
from services.funds_api.moments import Known


class DisbursementRequest(Body):
    """One loan paid out by a bank. `bank_ref` is the bank's own reference and acts once for ever in its county."""

    bank_ref: Code
    county_code: CountyCode
    borrower_id_number: Annotated[str, StringConstraints(strict=True, min_length=1, max_length=40)]
    principal_fen: PositiveFen
    rate_ppm: Annotated[int, Strict(), Field(ge=0, le=1_000_000, description="年利率，百万分之一；4.35% = 43500")]
    disbursed_on: Day
    due_on: Day
    use: Line

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> Self:
        if self.due_on <= self.disbursed_on:
            msg = "到期日必须晚于放款日"
            raise ValueError(msg)
        return self


class Loan(Answer):
    id: UUID
    county_code: str
    region_code: str
    bank: str
    bank_ref: str
    household_id: UUID
    principal_fen: int
    rate_ppm: int
    disbursed_on: date
    due_on: date
    use: str
    recorded_at: datetime


class LoanPage(Page, Known):
    items: list[Loan]
