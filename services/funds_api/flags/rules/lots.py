"""What a rule about resting money is told: a lot, on whose desk, since when its clock runs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from services.funds_api.flags.rules.rule import Facts
from treasury.clocks import Holder


@dataclass(frozen=True, slots=True, kw_only=True)
class LotFacts(Facts):
    """A lot that rests on `as_of`; `unit_kind` as in the books; of its days `stopped_days` did not count.

    Facts of a flag that was raised before budgets were heard say nothing of them: `mixed`, judged by the holder alone.
    """

    account_id: UUID
    unit_id: UUID
    unit_name: str
    unit_kind: str
    fund_code: str
    document: str
    clock_from: date
    stopped_days: int = 0
    fund_level: str = "mixed"
    book: str = "cash"

    @property
    def holder(self) -> Holder:
        return Holder(self.unit_kind, self.fund_level, self.book == "quota")

    @property
    def runs_from(self) -> date:
        """The day from which a clock that was never stopped would show what this one shows."""
        return self.clock_from + timedelta(days=self.stopped_days)

    @property
    def days(self) -> int:
        """The days that count."""
        return (self.as_of - self.clock_from).days - self.stopped_days
