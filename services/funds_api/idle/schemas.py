"""Shapes of the idle report on the wire."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from pydantic import Field

from chassis.fields import Answer
from chassis.pages import Page
from services.funds_api.moments import Known
from services.funds_api.units.schemas import Book
from treasury.policy import Basis


class Limit(Answer):
    """A limit that was passed: by how many days, and where the number comes from."""

    limit_days: int
    over_days: int
    policy_key: str
    source: str
    basis: Basis


class IdleLot(Answer):
    """A lot that sits: on whose account, for how long, and which of the two limits it has passed (null: not yet)."""

    lot_id: UUID
    tranche_id: UUID
    document: str
    fund_code: str
    account_id: UUID
    account_name: str
    book: Book
    unit_name: str
    region_code: str
    amount_fen: int
    arrived_on: date
    clock_from: date
    days: int
    band: str
    retained: Limit | None = Field(description="滞留：应下达（拨付）而未下达")
    idle: Limit | None = Field(description="闲置：收到而未使用")


class BandSum(Answer):
    band: str
    lots_n: int
    fen: int


class IdleReport(Page, Known):
    """Everything at rest on a day: totals by band with their proof, and page by page each lot, the longest first."""

    as_of: date
    lots_n: int
    total_fen: int
    retained_fen: int
    idle_fen: int
    bands: list[BandSum]
    unexplained_fen: int = Field(description="total_fen 减去各档之和，恒为 0")
    items: list[IdleLot]
