"""Of findings about the same money each fen is counted once: within amounts, and in lots that several held in turn."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from services.audit_api.findings.nesting import Amount, Share, counted_once

DAY = date(2017, 11, 1)
ONE, TWO, THREE, FOUR = (UUID(int=number) for number in (1, 2, 3, 4))
LOTS = [UUID(int=number) for number in (101, 102)]
[LOT, OTHER] = LOTS


def about(finding: UUID, days: int, *lots: tuple[UUID, int, int], within: UUID | None = None) -> Amount:
    """A finding so many days after the first, by (lot, bound, put right), whose amount is that of its lots."""
    return Amount(
        finding,
        sum(bound for _, bound, _ in lots),
        within,
        DAY + timedelta(days=days),
        sum(right for _, _, right in lots),
        {lot: (bound, right) for lot, bound, right in lots},
    )


def nested(*amounts: Amount) -> dict[UUID, int]:
    return {one: share.nested_fen for one, share in counted_once(amounts).items()}


def test_what_the_first_left_and_the_second_took_up_is_found_once() -> None:
    first, second = about(ONE, 0, (LOT, 100, 30)), about(TWO, 10, (LOT, 60, 10))
    assert nested(second, first) == {ONE: 60, TWO: 0}  # 70 were left, 60 of them held again
    assert nested(first, about(TWO, 10, (LOT, 90, 0))) == {ONE: 70, TWO: 0}  # 20 more than were left
    # The fen that was held last is taken up first: the one of THREE, within FOUR, which is FOUR's again.
    again = (about(THREE, 0, (LOT, 1, 0), within=FOUR), about(TWO, 1, (LOT, 2, 0)), about(FOUR, 2, (LOT, 1, 0)))
    assert nested(*again) == {THREE: 1, TWO: 1, FOUR: 0}
    assert nested(first, about(TWO, 10, (OTHER, 60, 10))) == {ONE: 0, TWO: 0}
    third = about(THREE, 20, (LOT, 65, 0))
    assert nested(first, second, third) == {ONE: 70, TWO: 50, THREE: 0}  # first what the nearest left, then the rest


def test_what_lies_within_another_is_counted_there_with_what_was_put_right_of_it() -> None:
    whole, part = Amount(ONE, 100, rectified_fen=5), about(TWO, 0, (LOT, 40, 10), within=ONE)
    assert counted_once([part, whole]) == {ONE: Share(ONE, 100, 0, 15), TWO: Share(ONE, 0, 40, 0)}
    # Of which nobody asks, only what is put right of it is told: with the one that holds it.
    assert counted_once([part, whole], {ONE}) == {ONE: Share(ONE, 100, 0, 15)}
    assert counted_once([part, whole], {TWO}) == {TWO: Share(TWO, 40, 0, 10)}
    deep = Amount(FOUR, 7, THREE)
    assert counted_once([whole, deep], outer={THREE: ONE})[FOUR] == Share(ONE, 0, 7, 0)
    unknown = Amount(ONE, None)
    assert counted_once([part, unknown])[TWO].counted_fen == 40


def test_a_lot_that_was_held_within_one_and_then_by_another_counts_with_the_later() -> None:
    whole, part, later = Amount(ONE, 100), about(TWO, 0, (LOT, 40, 10), within=ONE), about(THREE, 9, (LOT, 25, 0))
    told = counted_once([whole, part, later])
    assert {one: (share.counted_fen, share.nested_fen) for one, share in told.items()} == {
        ONE: (75, 25),
        TWO: (0, 40),
        THREE: (25, 0),
    }
    both = counted_once([whole, part, about(THREE, 9, (LOT, 25, 0), within=ONE)])
    assert both[ONE] == Share(ONE, 100, 0, 10), "within one amount the same fen are there once as it is"


@st.composite
def cases(draw: st.DrawFn) -> tuple[list[Amount], set[UUID]]:
    """Findings, each perhaps within an earlier one, that held a few lots one after another; and some of them."""
    made: list[Amount] = []
    for number in range(draw(st.integers(0, 6))):
        held = draw(st.lists(st.sampled_from(LOTS), unique=True))
        lots = {}
        for lot in held:
            bound = draw(st.integers(1, 6))
            lots[lot] = (bound, draw(st.integers(0, bound)))
        within = draw(st.none() | st.sampled_from([one.id for one in made])) if made else None
        more = draw(st.integers(0, 3))
        said = draw(st.just(sum(bound for bound, _ in lots.values()) + more) | st.none())
        found_on = DAY + timedelta(days=draw(st.integers(0, 3)))
        right = sum(right for _, right in lots.values())
        made.append(Amount(UUID(int=number + 1), said, within, found_on, right, lots))
    return made, {one.id for one in made if draw(st.booleans())}


def recounted(amounts: list[Amount], chosen: Collection[UUID]) -> dict[UUID, tuple[int, int]]:
    """(counted, nested) of each chosen finding, told fen by fen: every fen has a list of those who held it."""
    of = {one.id: one for one in amounts}

    def holder(one: UUID) -> UUID | None:
        last, at = (one if one in chosen else None), of[one].within_id
        while at is not None:
            if at in chosen and of[at].amount_fen is not None:
                last = at
            at = of[at].within_id
        return last

    fens: dict[UUID, list[list[UUID]]] = {lot: [] for lot in LOTS}
    mended: set[int] = set()
    for one in sorted(amounts, key=lambda amount: (amount.found_on, amount.id)):
        for lot, (bound, right) in one.lots.items():
            # Whoever held a fen last has it on top of what was held before.
            free = sorted(
                (fen for fen in fens[lot] if id(fen) not in mended),
                key=lambda fen: [(of[by].found_on, by) for by in reversed(fen)],
                reverse=True,
            )
            mine = free[:bound]
            fresh = [[] for _ in range(bound - len(mine))]
            fens[lot] += fresh
            for fen in (*mine, *fresh):
                fen.append(one.id)
            mended |= {id(fen) for fen in (*mine, *fresh)[:right]}
    again = dict.fromkeys(chosen, 0)
    for fen in (fen for lot in LOTS for fen in fens[lot]):
        holders = [one for by in fen if (one := holder(by)) is not None]
        for earlier in set(holders) - set(holders[-1:]):
            again[earlier] += 1
    told = {}
    for one in chosen:
        said = of[one].amount_fen or 0
        elsewhere = said if holder(one) != one else min(said, again[one])
        told[one] = (said - elsewhere, elsewhere)
    return told


@given(cases(), st.randoms(use_true_random=False))
def test_each_fen_is_counted_once_as_whoever_counts_fen_by_fen_finds(
    case: tuple[list[Amount], set[UUID]], chance: object
) -> None:
    amounts, chosen = case
    told = counted_once(amounts, chosen)
    assert {one: (share.counted_fen, share.nested_fen) for one, share in told.items()} == recounted(amounts, chosen)
    shuffled = list(amounts)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    assert counted_once(shuffled, chosen) == told


@given(cases())
def test_counted_and_nested_make_what_was_said_and_what_is_put_right_is_told_once(
    case: tuple[list[Amount], set[UUID]],
) -> None:
    amounts, _ = case
    told: Mapping[UUID, Share] = counted_once(amounts)
    assert sum(one.counted_fen + one.nested_fen for one in told.values()) == sum(one.amount_fen or 0 for one in amounts)
    assert all(one.counted_fen >= 0 and one.nested_fen >= 0 for one in told.values())
    assert sum(one.rectified_fen for one in told.values()) == sum(one.rectified_fen for one in amounts)
    assert all(one.counted_fen == 0 for finding, one in told.items() if one.holder != finding)
