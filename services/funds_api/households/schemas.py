"""Shapes of households on the wire: imports come as files, people leave masked."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from pydantic import Field

from chassis.fields import Answer
from chassis.pages import Page


class ImportReason(Answer):
    code: str
    text: str


class ImportRejected(Answer):
    line: int
    reasons: list[ImportReason]


class ImportAnswer(Answer):
    """What an import did: rows registered, rows sent back. At most 200 of the latter are listed, all are counted."""

    county_code: str
    registered_n: int
    rejected_n: int
    by_reason: dict[str, int] = Field(description="退回原因 → 行数；一行可有多个原因")
    rejected: list[ImportRejected]
    file_sha256: str


class Household(Answer):
    """A registered household, masked."""

    id: UUID
    county_code: str
    region_code: str
    name: str
    id_number: str
    card: str
    phone: str
    persons_n: int
    registered_on: date
    removed_on: date | None


class HouseholdPage(Page):
    items: list[Household]
