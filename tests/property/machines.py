"""Runs a state machine until it has really done what it is there for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from typing import Any, Final

from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test

STEPS: Final = 30
# Hypothesis leaves whole rules out of an example, on purpose: one round in dozens never comes to a rare act.
ROUNDS: Final = 8


def exercised(machine: type[RuleBasedStateMachine], done: Counter[str], wanted: Collection[str], examples: int) -> None:
    """Rounds of `examples` until each of the `wanted` acts was done (`done` counts them); fails when the last is not.

    Each round is longer than the one before by `examples`: where the seed is given (CI, --hypothesis-seed) it begins
    with the same ones, and only what it does beyond them is new. The counts of all acts are printed, for pytest -s.
    """
    done.clear()
    checks: Any = list(HealthCheck)
    for rounds in range(1, ROUNDS + 1):
        run_state_machine_as_test(
            machine,
            settings=settings(
                max_examples=rounds * examples, stateful_step_count=STEPS, deadline=None, suppress_health_check=checks
            ),
        )
        if done.keys() >= set(wanted):
            break
    print(dict(sorted(done.items())))  # noqa: T201
    assert set(wanted) - done.keys() == set(), done
