"""What was told is told again: any question of money, asked by the knowledge of then, has the answer it had then.

The ledger's state machine records, dates back and undoes in any order. Between its acts it asks for balances, lots,
tranches, traces, the tree and the graph of some day and keeps the answers with the instant; at the end, after all that
followed, it asks them all again by `known_at`, and nothing may differ but what says by which knowledge it was told.
"""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule, run_state_machine_as_test

from chassis import clock
from tests.property.test_ledger_machine import DAYS, LedgerMachine, World, world

__all__ = ["world"]

BY_WHICH_KNOWLEDGE = {"known_at", "known_position"}

# Readings that take nothing but the two times, and lists, which come in pages.
MORE = ("idle", "idle/yuan-days", "holds")
PAGED = re.compile(r"(lots|tranches|movements|idle|holds|closings|tranches/[^/]+/trace)$")


def told(answer: Any) -> Any:
    """The answer without what says by which knowledge it was given."""
    if isinstance(answer, dict):
        return {name: told(value) for name, value in answer.items() if name not in BY_WHICH_KNOWLEDGE}
    return [told(one) for one in answer] if isinstance(answer, list) else answer


class KnowledgeMachine(LedgerMachine):
    """The ledger's acts, with questions between them."""

    def ask(self, path: str, **asked: str) -> Any:
        page = {"limit": "200"} if PAGED.match(path) else {}
        answer = self.do(self.clerk.get(f"/funds/v1/{path}", params={**page, **asked}))
        assert answer.status_code == 200, answer.text
        return told(answer.json())

    @precondition(lambda self: self.movements)
    @rule(data=st.data(), on=DAYS)
    def ask_for_a_day(self, data: st.DataObject, on: date) -> None:
        if not hasattr(self, "kept"):
            self.kept: list[tuple[str, dict[str, str], Any, datetime]] = []
        account = data.draw(st.sampled_from([*self.holders, self.contractor, self.cards, self.outside]))
        as_of = {"as_of": on.isoformat()}
        tranches = self.ask("tranches", **as_of)
        paths = [f"accounts/{account}", "lots", "tranches", "movements", "tree", "flow-graph", *MORE]
        paths += [f"tranches/{one['id']}/trace" for one in tranches["items"][:2]]
        for path in paths:
            for more in (
                ({}, {"by": "unit"})
                if path == "flow-graph"
                else ({}, {"year": "2017"})
                if path == "tree"
                else ({}, {"by": "fund"}, {"by": "unit", "fund": "TEST-FUND"})
                if path == "idle/yuan-days"
                else ({},)
            ):
                asked = {**as_of, **more}
                answer = self.ask(path, **asked)
                self.kept.append((path, asked, answer, clock.now()))
        self.kept.append(("closings", {}, self.ask("closings"), clock.now()))

    def teardown(self) -> None:
        for path, asked, answer, then in getattr(self, "kept", []):
            assert self.ask(path, **asked, known_at=then.isoformat()) == answer, (path, asked, then)


@pytest.mark.filterwarnings("ignore::hypothesis.errors.HypothesisWarning")
def test_an_earlier_knowledge_tells_what_was_told_then(world: World) -> None:
    KnowledgeMachine.world = world
    run_state_machine_as_test(
        KnowledgeMachine,
        settings=settings(
            max_examples=6, stateful_step_count=15, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
