"""Quarantined money under any order of acts: it moves by its own finding's recovery, and by nothing else.

The ledger's state machine, with findings whose money is quarantined, released and recovered between everything else;
what a recovery took and its undoing brought back is quarantined again. The model knows how much of which lot is
quarantined for whom, and after every step the books say the same.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import invariant, precondition, rule

from tests.funds_api import quarantined
from tests.property.ledger_model import AROUND
from tests.property.machines import exercised
from tests.property.test_ledger_machine import LedgerMachine, World, world

__all__ = ["world"]

# Beside the laws of the ledger; each must return no row.
LAWS = {
    "what stands quarantined is held, and what was released is not": """
        SELECT q.id FROM funds.quarantine q WHERE q.county_code = $1 AND (
          SELECT coalesce(sum(h.amount_fen), 0) FROM funds.quarantine_hold o
            JOIN funds.hold h ON h.county_code = $1 AND h.id = o.hold_id AND h.status = 'held'
           WHERE o.county_code = $1 AND o.quarantine_id = q.id) IS DISTINCT FROM
          CASE WHEN q.released_on IS NULL THEN
            (SELECT coalesce(sum(l.kept_fen), 0) FROM funds.quarantine_lot l
              WHERE l.county_code = $1 AND l.quarantine_id = q.id)
            + (SELECT coalesce(sum(c.change_fen), 0) FROM funds.quarantine_change c
                WHERE c.county_code = $1 AND c.quarantine_id = q.id) ELSE 0 END""",
    "no lot keeps more than it has": """
        SELECT l.id FROM funds.lot l WHERE l.county_code = $1 AND l.remaining_fen < (
          SELECT coalesce(sum(k.amount_fen), 0) FROM funds.hold_lot k
            JOIN funds.hold h ON h.county_code = $1 AND h.id = k.hold_id AND h.status = 'held'
           WHERE k.county_code = $1 AND k.lot_id = l.id)""",
    "only what answers its finding takes of a quarantine, and only its undoing brings back": """
        SELECT c.movement_id FROM funds.quarantine_change c JOIN funds.quarantine q USING (county_code)
          JOIN funds.movement m ON m.county_code = $1 AND m.id = c.movement_id
         WHERE c.county_code = $1 AND q.id = c.quarantine_id AND NOT EXISTS (
           SELECT FROM funds.recovery r WHERE r.county_code = $1 AND r.finding_id = q.finding_id
              AND r.movement_id = CASE WHEN c.change_fen < 0 THEN m.id ELSE m.reverses_id END)""",
}


@dataclass
class Kept:
    """A quarantine: of which finding, and what is quarantined of which lot while it stands."""

    finding: UUID
    lots: Counter[str]
    stands: bool = True


@dataclass
class Taken:
    """What a recovery took of one lot out of one quarantine."""

    quarantine: UUID
    lot: str
    fen: int


@dataclass
class Suspicion:
    """What the inspectors have of the county's money."""

    findings: dict[UUID, str] = field(default_factory=dict)
    bound: dict[UUID, int] = field(default_factory=dict)
    recovered: dict[str, tuple[UUID, int]] = field(default_factory=dict)  # by movement
    kept: dict[UUID, Kept] = field(default_factory=dict)
    taken: dict[str, list[Taken]] = field(default_factory=dict)


class QuarantineMachine(LedgerMachine):
    """The ledger's acts, and inspectors between them."""

    def eye(self) -> Suspicion:
        self.suspicion: Suspicion = getattr(self, "suspicion", Suspicion())
        return self.suspicion

    def held(self) -> dict[str, int]:
        found = Counter(super().held())
        for one in self.eye().kept.values():
            if one.stands:
                found.update(one.lots)
        return {lot: fen for lot, fen in found.items() if fen}

    def desks(self) -> list[str]:
        """Where inspectors find money: on desks that pass it on, and at the contractor."""
        return [*self.holders[1:], self.contractor]

    def own(self, finding: UUID, account: str, on: date) -> int:
        return sum(
            fen
            for one in self.eye().kept.values()
            if one.finding == finding and one.stands
            for lot, fen in one.lots.items()
            if self.lots[lot].account == account and self.lots[lot].arrived <= on
        )

    @rule(data=st.data(), share=st.integers(1, 120), again=st.booleans())
    def quarantine(self, data: st.DataObject, share: int, *, again: bool) -> None:
        """Fen of a lot that somebody has, or that had some: what is free there is kept."""
        of_others = super().held()
        lots = [one for one, lot in self.lots.items() if lot.account in self.desks() and one not in of_others]
        with_money = [one for one in lots if self.lots[one].remaining]
        if not with_money:
            return
        lot = data.draw(st.sampled_from(with_money) | st.sampled_from(lots))
        eye = self.eye()
        findings = [one for one, bound in eye.findings.items() if bound == lot] if again else []
        fen = max(self.lots[lot].remaining, 1)
        asked = max(fen * share // 100, 1)
        http = self.world.http
        finding = findings[-1] if findings else self.do(quarantined.finding(http, self.county, {lot: fen}))
        eye.findings[finding] = lot
        eye.bound.setdefault(finding, fen)
        free = self.lots[lot].remaining - self.held().get(lot, 0)
        made = self.do(quarantined.quarantine(http, self.county, {lot: asked}, finding))
        eye.kept[made] = Kept(finding, Counter({lot: min(asked, free)}))
        self.count("quarantined" if free else "quarantined what had gone")

    @precondition(lambda self: any(one.stands for one in self.eye().kept.values()))
    @rule(data=st.data())
    def release(self, data: st.DataObject) -> None:
        standing = [name for name, one in self.eye().kept.items() if one.stands]
        one = data.draw(st.sampled_from(standing))
        self.do(quarantined.release(self.world.http, self.county, one))
        self.eye().kept[one].stands = False
        self.count("released")

    @precondition(lambda self: any(one.stands and one.lots.total() for one in self.eye().kept.values()))
    @rule(data=st.data(), share=st.integers(1, 130), days=AROUND)
    def recover_for_its_finding(self, data: st.DataObject, share: int, days: int) -> None:
        """What is quarantined for a finding is there for it, up to what it is bound to; it shrinks by exactly that."""
        eye = self.eye()
        of = data.draw(st.sampled_from([one for one in eye.kept.values() if one.stands and one.lots.total()]))
        lot = data.draw(st.sampled_from([name for name, fen in of.lots.items() if fen]))
        account, on = self.lots[lot].account, self.lots[lot].arrived + timedelta(days=days)
        there = self.own(of.finding, account, on)
        fen = max((there or of.lots[lot]) * share // 100, 1)
        order = {"kind": "recover", "document": "追缴", "effective_on": on.isoformat(), "fund_code": "TEST-FUND"}
        answer = self.order({**order, "account_id": account, "amount_fen": fen, "finding_id": str(of.finding)})
        left = eye.bound[of.finding] - sum(
            back for one, (finding, back) in eye.recovered.items() if finding == of.finding and one not in self.reversed
        )
        if fen <= there:
            assert answer.status_code == (201 if fen <= left else 409), answer.text
        assert fen <= left or answer.status_code == 409, "no more is recovered than the finding is bound to"
        assert answer.status_code in {201, 409}, answer.text
        if answer.status_code == 201:
            self._take(of.finding, answer.json()["movements"])
            assert self.own(of.finding, account, on) == max(there - fen, 0)
            self.count("recovered for its finding")

    @precondition(lambda self: self.eye().taken.keys() - self.reversed)
    @rule(data=st.data())
    def undo_a_recovery(self, data: st.DataObject) -> None:
        """Among so many other acts an undoing comes to few of them by itself."""
        self.undoing(data.draw(st.sampled_from(sorted(self.eye().taken.keys() - self.reversed))), 0)

    def _take(self, finding: UUID, movements: list[dict[str, Any]]) -> None:
        for movement in movements:
            self.eye().recovered[movement["id"]] = (finding, movement["amount_fen"])
            for draw in movement["draws"]:
                fen = draw["amount_fen"]
                for name, one in self.eye().kept.items():
                    took = min(fen, one.lots[draw["from_lot_id"]]) if one.finding == finding and one.stands else 0
                    if took:
                        one.lots[draw["from_lot_id"]] -= took
                        fen -= took
                        self.eye().taken.setdefault(movement["id"], []).append(Taken(name, draw["from_lot_id"], took))

    def renew(self, movement: str, reversal: dict[str, Any]) -> None:
        """What undoing a recovery brings back is quarantined again, in the lots where it rests now."""
        super().renew(movement, reversal)
        left = {(one.quarantine, one.lot): one.fen for one in self.eye().taken.get(movement, [])}
        for draw in reversal["draws"]:
            new, fen = draw["to_lot_id"], draw["amount_fen"]
            for (name, lot), was in left.items():
                if self.lots[new].stands_for == lot and self.eye().kept[name].stands:
                    back = min(fen, was)
                    self.eye().kept[name].lots[new] += back
                    left[name, lot], fen = was - back, fen - back
                    self.count("quarantined again")

    @invariant()
    def what_is_quarantined_stays(self) -> None:
        if hasattr(self, "county"):
            for law, query in LAWS.items():
                assert self.do(self.world.admin.fetch(query, self.county)) == [], law


EXERCISED = {"quarantined", "released", "recovered for its finding", "quarantined again"}


@pytest.mark.filterwarnings("ignore::hypothesis.errors.HypothesisWarning")
def test_no_quarantined_fen_moves_but_by_its_own_findings_recovery(world: World) -> None:
    QuarantineMachine.world = world
    exercised(QuarantineMachine, QuarantineMachine.done, EXERCISED, examples=15)
