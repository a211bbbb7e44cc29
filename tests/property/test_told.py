"""What the inspectors' feed adds to a flag follows on what stands, whatever it tells and whatever people did."""

from __future__ import annotations

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from services.funds_api.outcomes.told import CONFIRMED, REFUTED, REOPENED, Next, Stands, concluded, recovered

DAY = date(2017, 12, 1)
AMOUNT = 1_000
# What the database lets follow on what (`funds.flag_outcome_follows`).
FOLLOWS = {
    (REOPENED, CONFIRMED),
    (REOPENED, REFUTED),
    (CONFIRMED, CONFIRMED),
    (CONFIRMED, REOPENED),
    (REFUTED, REOPENED),
}
STANDS = st.none() | st.builds(
    Stands,
    st.sampled_from([CONFIRMED, REFUTED, REOPENED]),
    st.just(DAY),
    st.booleans(),
    st.integers(0, AMOUNT),
    st.none() | st.integers(0, AMOUNT),
)
SAID = st.one_of(
    st.tuples(st.just("concluded"), st.sampled_from([CONFIRMED, REFUTED])),
    st.tuples(st.just("recovered"), st.integers(-2 * AMOUNT, 2 * AMOUNT)),
)


def adds(stands: Stands | None, said: tuple[str, object]) -> list[Next]:
    match said:
        case ("concluded", str(outcome)):
            return concluded(stands, outcome, DAY, 7 if outcome == CONFIRMED else None)
        case (_, int(change)):
            return recovered(stands, change, AMOUNT, DAY)
    raise AssertionError


@given(STANDS, SAID)
def test_each_outcome_follows_on_the_one_before_it(stands: Stands | None, said: tuple[str, object]) -> None:
    before, fen = (stands.outcome, stands.recovered_fen) if stands else (REOPENED, 0)
    for one in adds(stands, said):
        assert (before, one.outcome) in FOLLOWS
        assert not (before == one.outcome and one.recovered_fen < fen)
        assert 0 <= one.recovered_fen <= AMOUNT
        assert one.outcome == CONFIRMED or (one.recovered_fen, one.confirmed_fen) == (0, None)
        before, fen = one.outcome, one.recovered_fen


@given(STANDS, SAID)
def test_what_a_person_decided_is_never_touched(stands: Stands | None, said: tuple[str, object]) -> None:
    if stands is not None and not stands.heard and stands.outcome != REOPENED:
        assert adds(stands, said) == []


@given(STANDS, st.sampled_from([CONFIRMED, REFUTED]))
def test_hearing_the_same_twice_adds_nothing(stands: Stands | None, outcome: str) -> None:
    added = concluded(stands, outcome, DAY)
    if added:
        last = added[-1]
        assert concluded(Stands(last.outcome, DAY, heard=True), outcome, DAY) == []


@given(st.lists(st.integers(-AMOUNT, AMOUNT)))
def test_what_was_recovered_is_the_sum_of_what_came_back_within_what_the_flag_is_about(changes: list[int]) -> None:
    fen = 0
    stands = Stands(CONFIRMED, DAY, heard=True)
    for change in changes:
        fen = min(max(fen + change, 0), AMOUNT)
        for one in recovered(stands, change, AMOUNT, DAY):
            stands = Stands(one.outcome, DAY, heard=True, recovered_fen=one.recovered_fen)
        assert (stands.outcome, stands.recovered_fen) == (CONFIRMED, fen)
