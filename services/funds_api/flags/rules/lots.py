"""What a rule about resting money is told: a lot, on whose desk, since when its clock runs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from services.funds_api.flags.rules.rule import Facts
from treasury.clocks import Holder
from treasury.stops import Stop


@dataclass(frozen=True, slots=True, kw_only=True)
class LotFacts(Facts):
    """A lot that rests on `as_of`; `unit_kind` as in the books; of its days `stopped_days` did not count.

    `stops` tells which these were, each as first day/day it ran again ("2017-05-10/2017-05-20"). Facts of a flag that
    was raised before they were kept have none, and those from before budgets were heard say nothing of these: `mixed`,
    judged by the holder alone.
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
    stops: str = ""

    @property
    def stood_still(self) -> tuple[Stop, ...]:
        """When the clock stood still. Of which only the number of days was kept, they are taken to be the first."""
        if not self.stops:
            moved = self.clock_from + timedelta(days=self.stopped_days)
            return (Stop(self.clock_from, moved),) if self.stopped_days else ()
        told = (one.split("/") for one in self.stops.split())
        return tuple(Stop(date.fromisoformat(first), date.fromisoformat(again)) for first, again in told)

    @property
    def holder(self) -> Holder:
        return Holder(self.unit_kind, self.fund_level, self.book == "quota")

    @property
    def days(self) -> int:
        """The days that count."""
        return (self.as_of - self.clock_from).days - self.stopped_days
