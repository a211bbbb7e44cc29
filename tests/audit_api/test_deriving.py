"""The lots that a draft binds by itself, and what draws of them mean, as laws without a database."""

from __future__ import annotations

from collections import Counter
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.audit_api.findings.binding import LOT, Subject
from services.audit_api.findings.deriving import Named, Resting, by_lot, derive, rows_alone
from services.audit_api.findings.following import DOWN, Effect, Holding, Leaving, depth_after, effect

FEN = st.integers(min_value=1, max_value=10**6)
LOTS = [UUID(int=number) for number in range(1, 7)]
MOVED = uuid4()


@st.composite
def drafts(draw: st.DrawFn) -> tuple[list[Subject], dict[Named, list[Resting]], int]:
    """Things that are each money of some of the same lots, rows of a roster with fen of their own, and alerted lots."""
    there = {lot: draw(FEN) for lot in LOTS}
    subjects, rests = [], {}
    for number in range(draw(st.integers(0, 4))):
        one = Subject("movement", UUID(int=100 + number), draw(st.integers(0, 10**6)))
        subjects.append(one)
        lots = draw(st.lists(st.sampled_from(LOTS), unique=True))
        rests[one.kind, one.subject_id, None] = [Resting(lot, there[lot], MOVED, 7) for lot in lots]
    left = dict(there)
    for line in range(2, 2 + draw(st.integers(0, 4))):
        lot = draw(st.sampled_from(LOTS))
        fen = draw(st.integers(0, left[lot]))
        left[lot] -= fen
        subjects.append(Subject("batch", UUID(int=200), draw(st.integers(0, 10**6)), line))
        rests["batch", UUID(int=200), line] = [Resting(lot, fen, MOVED, 7, 0, UUID(int=200), line)]
    subjects += [
        Subject(LOT, lot, draw(st.integers(1, there[lot])), alert_id=uuid4())
        for lot in draw(st.lists(st.sampled_from(LOTS), unique=True, max_size=2))
    ]
    order = draw(st.permutations(subjects))
    alerted = sum(one.amount_fen for one in subjects if one.kind == LOT)
    return order, rests, alerted + draw(st.integers(0, 10**6))


@given(drafts())
def test_no_fen_is_bound_twice_and_no_more_than_is_said(
    draft: tuple[list[Subject], dict[Named, list[Resting]], int],
) -> None:
    subjects, rests, amount_fen = draft
    found = derive(subjects, rests, amount_fen)
    alerted = {one.subject_id: one.amount_fen for one in subjects if one.kind == LOT}
    assert sum(one.amount_fen for one in found) + sum(alerted.values()) <= amount_fen
    assert not by_lot(found).keys() & alerted.keys()
    of_subject: Counter[int] = Counter()
    for one in found:
        assert one.amount_fen > 0
        of_subject[one.subject_no] += one.amount_fen
    for number, fen in of_subject.items():
        assert fen <= subjects[number - 1].amount_fen
    most: dict[UUID, int] = {}
    for named, lots in rests.items():
        for lot in lots:  # rows of a roster share a lot; every other thing has all of it
            most[lot.lot_id] = max(most.get(lot.lot_id, 0), lot.fen) if named[2] is None else most.get(lot.lot_id, 0)
    for lot_id, fen in by_lot(found).items():
        rows = sum(lot.fen for named, lots in rests.items() if named[2] for lot in lots if lot.lot_id == lot_id)
        assert fen <= max(most.get(lot_id, 0), rows)
    for lot_id, rows_of_it in rows_alone(found).items():
        assert rows_of_it == {(one.batch_id, one.line) for one in found if one.lot_id == lot_id}


@given(drafts())
def test_as_much_is_bound_as_is_said_where_nothing_else_is_the_same_money(
    draft: tuple[list[Subject], dict[Named, list[Resting]], int],
) -> None:
    subjects, rests, _ = draft
    for one in subjects:
        if one.kind != LOT:
            there = sum(lot.fen for lot in rests[one.kind, one.subject_id, one.line])
            bound = sum(lot.amount_fen for lot in derive([one], rests, one.amount_fen))
            assert bound == min(there, one.amount_fen)


def test_a_batch_takes_what_its_row_left() -> None:
    batch, lot = uuid4(), uuid4()
    row, whole = Subject("batch", batch, 300, 3), Subject("batch", batch, 1_000)
    rests = {
        ("batch", batch, 3): [Resting(lot, 300, MOVED, 1, 0, batch, 3)],
        ("batch", batch, None): [Resting(lot, 1_000, MOVED, 1)],
    }
    for order in ([row, whole], [whole, row]):
        assert by_lot(derive(order, rests, 5_000)) == {lot: 1_000}
    assert derive([row, whole], rests, None) == []


TOLD = Holding(uuid4(), told_position=10, movements=frozenset({MOVED}))


def meant(held: Holding, kind: str, **more: object) -> Effect:
    return effect(held, Leaving(kind, 11, **more))  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", ["hand_down", "order", "pay", "disburse", "return", "recover", "take_back"])
def test_what_an_alert_saw_is_put_right_when_it_leaves(kind: str) -> None:
    assert meant(Holding(uuid4()), kind) is Effect.PUT_RIGHT
    assert meant(Holding(uuid4()), "carry_over") is Effect.NOTHING


def test_other_money_is_put_right_when_it_is_above_what_is_named_again() -> None:
    deeper = Holding(TOLD.finding_id, 10, movements=TOLD.movements, depth=1)
    for kind in ("return", "recover"):
        assert (meant(TOLD, kind), meant(deeper, kind)) == (Effect.PUT_RIGHT, Effect.MOVED_ON)
        assert depth_after(deeper, Leaving(kind, 11)) == 0
    assert meant(deeper, "take_back") is Effect.PUT_RIGHT
    for kind in ("hand_down", "order", "pay", "disburse", "retain", "carry_over"):
        assert meant(TOLD, kind) is Effect.MOVED_ON
        assert depth_after(TOLD, Leaving(kind, 11)) == DOWN[kind]
    assert meant(TOLD, "succeed") is Effect.NOTHING
    assert meant(TOLD, "something new") is Effect.NOTHING


def test_undoing_leads_back_and_above_what_is_named_only_by_undoing_that() -> None:
    assert meant(TOLD, "reverse", reverses_id=MOVED) is Effect.PUT_RIGHT
    assert meant(TOLD, "reverse", reverses_id=uuid4()) is Effect.MOVED_ON
    for undoes, before, after in (("pay", 2, 1), ("pay", 0, 0), (None, 1, 0), ("return", 0, 1), ("carry_over", 1, 1)):
        held = Holding(TOLD.finding_id, 10, depth=before)
        assert depth_after(held, Leaving("reverse", 11, uuid4(), undoes=undoes)) == after


def test_idle_money_is_put_right_when_it_leaves_however_it_was_found() -> None:
    idle = Holding(uuid4(), 10, leaving=True)
    assert [meant(idle, one) for one in ("pay", "return", "carry_over")] == [
        Effect.PUT_RIGHT,
        Effect.PUT_RIGHT,
        Effect.MOVED_ON,
    ]


def test_what_the_books_had_answered_with_done_counts_for_nothing() -> None:
    for kind in DOWN:
        assert effect(TOLD, Leaving(kind, 10)) is Effect.NOTHING


def test_in_a_lot_of_many_rows_only_ones_own_counts() -> None:
    batch = uuid4()
    held = Holding(uuid4(), 10, rows=frozenset({(batch, 3)}), movements=frozenset({MOVED}))
    assert meant(held, "return", row=(batch, 3)) is Effect.PUT_RIGHT
    assert meant(held, "recover", finding_id=held.finding_id) is Effect.PUT_RIGHT
    for more in ({"row": (batch, 4)}, {"row": (uuid4(), 3)}, {"finding_id": uuid4()}, {}):
        assert meant(held, "recover", **more) is Effect.NOTHING
    assert meant(held, "reverse", reverses_id=MOVED) is Effect.PUT_RIGHT
