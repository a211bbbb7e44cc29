"""Every day of every lot is one unit's: after any acts, on any day, rankings and chains are the lots to the fen-day."""

from __future__ import annotations

from datetime import date
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule, run_state_machine_as_test

from tests.funds_api.test_responsible_days import recount
from tests.property.test_ledger_machine import DAYS, LedgerMachine, World, world

__all__ = ["world"]

EVERYTHING = 2**62


class ResponsibleMachine(LedgerMachine):
    """The ledger's acts, and between them whose days the money spent."""

    def ask(self, path: str, on: date, **asked: str) -> Any:
        answer = self.do(self.clerk.get(f"/funds/v1/{path}", params={"as_of": on.isoformat(), **asked}))
        assert answer.status_code == 200, answer.text
        return answer.json()

    @precondition(lambda self: self.movements)
    @rule(data=st.data(), on=DAYS)
    def ask_whose_days(self, data: st.DataObject, on: date) -> None:
        lots = self.do(recount(self.world.admin, self.county, on, EVERYTHING))
        ranked = self.ask("idle/yuan-days", on, by="unit", fund="TEST-FUND")
        assert {
            (one["name"], "TEST-FUND"): (one["resting_fen"], one["resting_fen_days"], one["charged_fen_days"])
            for one in ranked["items"]
        } == {key: figures for key, figures in lots.items() if any(figures)}
        whole = sum(one["responsible_fen_days"] for one in ranked["items"])
        for by in ("village", "fund"):
            other = self.ask("idle/yuan-days", on, by=by)
            assert (other["unexplained_fen"], other["unexplained_fen_days"], other["total_fen_days"]) == (0, 0, whole)
        self.each_tranche_once(on, whole)
        there = [one for one, lot in self.lots.items() if lot.arrived <= on]
        if there:
            self.a_chain_without_gap(data.draw(st.sampled_from(sorted(there))), on)

    def each_tranche_once(self, on: date, whole: int) -> None:
        """Of each tranche units, and what is spent, are fen × days since receipt; all tranches are the units."""
        told = 0
        for one in self.ask("tranches", on, limit="200")["items"]:
            found = self.ask(f"tranches/{one['id']}/responsibility", on)
            units = sum(unit["responsible_fen_days"] for unit in found["units"])
            since = one["received_fen"] * (on - date.fromisoformat(one["received_on"])).days
            assert units + found["spent_fen_days"] == found["since_receipt_fen_days"] == since
            told += units
        assert told == whole

    def a_chain_without_gap(self, lot: str, on: date) -> None:
        """Each stay begins on the day the one before ended, the first on the day of the receipt."""
        found = self.ask(f"lots/{lot}/responsibility", on)
        stays = found["stays"]
        assert stays[0]["arrived_on"] == found["received_on"]
        for before, after in pairwise(stays):
            assert before["left_on"] == after["arrived_on"]
            assert (
                before["days"]
                == (date.fromisoformat(after["arrived_on"]) - date.fromisoformat(before["arrived_on"])).days
            )
        assert sum(one["days"] for one in stays) == found["since_receipt_days"]
        assert (found["unexplained_days"], found["unexplained_fen"]) == (0, 0)


@pytest.mark.filterwarnings("ignore::hypothesis.errors.HypothesisWarning")
def test_every_day_of_every_lot_is_charged_to_one_unit(world: World) -> None:
    ResponsibleMachine.world = world
    run_state_machine_as_test(
        ResponsibleMachine,
        settings=settings(
            max_examples=8, stateful_step_count=15, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
