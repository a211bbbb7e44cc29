"""What a rule about resting money is told: a lot, on whose desk, since when its clock runs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from services.funds_api.flags.rules.rule import Facts


@dataclass(frozen=True, slots=True, kw_only=True)
class LotFacts(Facts):
    """A lot that rests on `as_of`; `unit_kind` as in the books; of its days `stopped_days` did not count."""

    account_id: UUID
    unit_id: UUID
    unit_name: str
    unit_kind: str
    fund_code: str
    document: str
    clock_from: date
    stopped_days: int = 0

    @property
    def days(self) -> int:
        """The days that count."""
        return (self.as_of - self.clock_from).days - self.stopped_days
