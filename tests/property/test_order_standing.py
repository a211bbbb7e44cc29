"""How an order stands is told by its steps alone: looking back gives what was there, whatever came later."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from services.audit_api.rectifications.standing import standing
from services.audit_api.rectifications.states import (
    WORKED_ON,
    Decision,
    OrderStatus,
    StepAction,
    after_request,
    after_review,
)

START = date(2017, 11, 2)
IDLE = [StepAction.PROGRESS, StepAction.STAGE_DONE, StepAction.SUPERVISED, StepAction.EXTENSION_ASKED]


@dataclass(frozen=True)
class Took:
    step_no: int
    action: str
    done_on: date
    done_by: str


@st.composite
def lives(draw: st.DrawFn) -> list[Took]:
    """The steps of an order that only took those its state allowed, on days that never run back."""
    status, on = OrderStatus.ISSUED, START
    steps = [Took(1, StepAction.ISSUED, on, "inspector")]
    for number in range(2, draw(st.integers(2, 12))):
        on += timedelta(days=draw(st.integers(0, 5)))
        if status is OrderStatus.CLOSED:
            action = draw(st.sampled_from([StepAction.HELD, StepAction.RELAPSED]))
        elif status in WORKED_ON:
            action = draw(st.sampled_from([*IDLE, StepAction.CLOSURE_REQUESTED]))
        else:
            action = draw(st.sampled_from([StepAction.SENT_BACK, StepAction.CLOSED]))
        if action is StepAction.CLOSURE_REQUESTED:
            status = after_request(status)
        elif action in {StepAction.SENT_BACK, StepAction.CLOSED}:
            decision = Decision.CLOSE if action is StepAction.CLOSED else Decision.SEND_BACK
            status = after_review(status, decision)
        steps.append(Took(number, action, on, f"person{number % 2}"))
    return steps


@given(lives(), st.lists(st.integers(1, 60)))
def test_the_state_machine_and_the_steps_tell_the_same(steps: list[Took], more: list[int]) -> None:
    deadline = START + timedelta(days=15)
    granted = [deadline + timedelta(days=days) for days in more]
    now = standing(steps, deadline, granted)
    states = [step for step in steps if step.action in set(OrderStatus)]
    assert now.status == states[-1].action
    assert now.version == len(states)
    assert now.last_on == steps[-1].done_on
    assert (now.closed_on is not None) == (now.status is OrderStatus.CLOSED)
    assert now.deadline == max([deadline, *granted])
    assert now.status is not OrderStatus.CLOSED or now.reviewed_by == states[-1].done_by


@given(lives())
def test_a_look_back_never_undoes_a_closing(steps: list[Took]) -> None:
    seen = [standing(steps[:number], START, []) for number in range(1, len(steps) + 1)]
    for before, after in pairwise(seen):
        assert before.version <= after.version
        assert before.closed_on is None or after.closed_on == before.closed_on
