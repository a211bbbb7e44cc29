"""Money over any number of borders, in pure arithmetic: what went out came in, per fund, year and clock, nothing twice.

And fees: whatever part of the money went over, by which ways, all counties together take no more than their share.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from uuid import UUID, uuid4

from hypothesis import given
from hypothesis import strategies as st

from services.funds_api.funds.judge import MANAGEMENT_FEE, Basis, Breach, Facts, FundRule, OnBreach, Term, judge_all
from services.funds_api.successions.crossing import Going, Line, cross
from treasury.lots import Lot

COUNTIES = ("990001", "990002", "990003", "990004")
BOOKS = ("quota", "cash")
FUNDS = ("A", "B")
DAY_ONE = date(2018, 3, 18)


@dataclass
class Book:
    """The lots that rest in a county by id, and the printed line that brought each of its tranches."""

    lots: dict[UUID, Lot] = field(default_factory=dict)
    lines: dict[UUID, Line] = field(default_factory=dict)


ACCOUNTS = {(county, book, desk): uuid4() for county in COUNTIES for book in BOOKS for desk in range(2)}
PLACE_OF = {account: place for place, account in ACCOUNTS.items()}
OUTSIDE = uuid4()

RECEIPT = st.tuples(
    st.sampled_from(COUNTIES),
    st.sampled_from(BOOKS),
    st.integers(0, 1),
    st.sampled_from(FUNDS),
    st.integers(2016, 2018),
    st.integers(0, 3),
    st.lists(st.integers(1, 10**12), min_size=1, max_size=3),
)
# From one county to another: of which desks of which books, and whether each desk goes to the one of its own number.
BORDER = st.tuples(
    st.permutations(COUNTIES).map(lambda codes: codes[:2]),
    st.sets(st.tuples(st.sampled_from(BOOKS), st.integers(0, 1)), min_size=1),
    st.booleans(),
)


def received(receipts: Iterable[tuple[str, str, int, str, int, int, list[int]]]) -> dict[str, Book]:
    """Each receipt is one tranche that rests in one or more lots."""
    books = {county: Book() for county in COUNTIES}
    for county, book, desk, fund, year, age, amounts in receipts:
        tranche = uuid4()
        books[county].lines[tranche] = Line(uuid4(), "item", 1, year, "用途")
        for fen in amounts:
            clock = DAY_ONE - timedelta(days=100 * age)
            lot = Lot(uuid4(), tranche, ACCOUNTS[county, book, desk], clock, clock, fen, fund, year)
            books[county].lots[lot.id] = lot
    return books


def sums(books: dict[str, Book]) -> Counter[tuple[str, str, int, date, UUID]]:
    """Fen over all counties by book, fund, year, clock and printed line."""
    found: Counter[tuple[str, str, int, date, UUID]] = Counter()
    for one in books.values():
        for lot in one.lots.values():
            _, book, _ = PLACE_OF[lot.account]
            found[book, lot.fund, lot.fiscal_year, lot.clock_from, one.lines[lot.tranche].notice_id] += (
                lot.remaining_fen
            )
    return found


@given(st.lists(RECEIPT, max_size=6), st.lists(BORDER, max_size=6))
def test_over_any_borders_every_fen_goes_on_once_with_its_fund_year_clock_and_line(
    receipts: list[tuple[str, str, int, str, int, int, list[int]]],
    borders: list[tuple[list[str], set[tuple[str, int]], bool]],
) -> None:
    books = received(receipts)
    whole = sums(books)
    # Which lot each lot goes on from, over all borders; a lot that nothing came before is its own beginning.
    before: dict[UUID, UUID] = {}
    first = {lot.id: lot for one in books.values() for lot in one.lots.values()}
    for at, ((old, new), desks, straight) in enumerate(borders):
        follows = {ACCOUNTS[old, book, desk]: ACCOUNTS[new, book, desk if straight else 0] for book, desk in desks}
        going = Going(uuid4(), new, "清册", DAY_ONE + timedelta(days=at), "我")
        lots = [lot for lot in books[old].lots.values() if lot.account in follows]
        made = cross(going, lots, follows, OUTSIDE, books[old].lines)

        # What went out is what came in, by every movement and every lot of either side.
        out = sum(one.amount_fen for one in made.out_movements)
        assert out == sum(one.amount_fen for one in made.in_movements) == sum(lot.remaining_fen for lot in lots)
        assert out == made.amount_fen == sum(row["amount_fen"] for row in made.tranches.values())
        for movements, parts in ((made.out_movements, made.out_parts), (made.in_movements, made.in_parts)):
            of = Counter[UUID]()
            for part in parts:
                of[part.movement] += part.amount_fen
            assert of == Counter({one.id: one.amount_fen for one in movements})
        # Each lot is drawn once and whole, and becomes one lot.
        assert sorted(one.drawn_lot_id for one in made.lots) == sorted(lot.id for lot in lots)
        assert len({one.lot_id for one in made.lots}) == len(lots)

        came = {part.to_lot: part for part in made.in_parts}
        for old_tranche, row in made.tranches.items():
            line = books[old].lines[old_tranche]
            books[new].lines[row["id"]] = line
            assert (row["county_code"], row["notice_id"], row["line_no"]) == (new, line.notice_id, line.line_no)
        for one in made.lots:
            lot, part = books[old].lots.pop(one.drawn_lot_id), came[one.lot_id]
            assert part.tranche is not None
            assert part.clock_from is not None
            assert part.fiscal_year is not None
            before[one.lot_id] = one.drawn_lot_id
            books[new].lots[one.lot_id] = Lot(
                one.lot_id,
                part.tranche,
                one.to_account_id,
                going.on,
                part.clock_from,
                part.amount_fen,
                one.fund_code,
                part.fiscal_year,
            )
            assert one.to_account_id == follows[lot.account]
        assert sums(books) == whole

    # Back over all borders: every lot that rests leads to another first one, of the same fen, and none is lost.
    ends = []
    for one in books.values():
        for lot in one.lots.values():
            origin = lot.id
            while origin in before:
                origin = before[origin]
            start = first[origin]
            assert (lot.remaining_fen, lot.fund, lot.fiscal_year, lot.clock_from) == (
                start.remaining_fen,
                start.fund,
                start.fiscal_year,
                start.clock_from,
            )
            ends.append(origin)
    assert sorted(ends) == sorted(first)


CAP = Term(
    "A", 2017, "00", date(2017, 1, 1), "文", FundRule.FEE_CAP, 10_000, OnBreach.REFUSE, "第八条", Basis.ASSUMED
)  # fmt: skip
ACT = st.one_of(
    st.tuples(st.just("receive"), st.integers(0, 2), st.integers(0, 2), st.integers(1, 10**9)),
    st.tuples(st.just("go"), st.integers(0, 2), st.integers(0, 2), st.integers(1, 10**9)),
    st.tuples(st.just("fee"), st.integers(0, 2), st.integers(0, 2), st.integers(1, 10**7)),
)


@dataclass
class Fees:
    """What a county received itself, what came over to it, what rests there, and the fees it took."""

    received_fen: int = 0
    came_fen: int = 0
    resting_fen: int = 0
    fees_fen: int = 0


@given(st.lists(ACT, max_size=30))
def test_fees_of_counties_that_money_went_over_between_stay_within_their_share_together(
    acts: list[tuple[str, int, int, int]],
) -> None:
    books = [Fees() for _ in range(3)]
    bound = [{at} for at in range(3)]
    for kind, here, there, fen in acts:
        one, other = books[here], books[there]
        if kind == "receive":
            one.received_fen += fen
            one.resting_fen += fen
        elif kind == "go" and here != there and one.resting_fen:
            went = min(fen, one.resting_fen)
            one.resting_fen -= went
            other.came_fen += went
            other.resting_fen += went
            together = bound[here] | bound[there]
            for at in together:
                bound[at] = together
        elif kind == "fee" and fen <= one.resting_fen and not heard(books, here, bound[here], fen):
            one.resting_fen -= fen
            one.fees_fen += fen
        for group in bound:
            share = sum(books[at].received_fen for at in group) // 100
            assert sum(books[at].fees_fen for at in group) <= share
        assert all(book.fees_fen * 100 <= book.received_fen + book.came_fen for book in books)


def heard(books: list[Fees], here: int, group: set[int], fen: int) -> list[Breach]:
    """What the cap says of a fee, by the county's own sums and by those of all that money went over between."""
    mine = books[here]
    own = Facts(
        "pay", "A", 2017, fen, MANAGEMENT_FEE, received_fen=mine.received_fen + mine.came_fen, fees_fen=mine.fees_fen
    )
    all_of = Facts(
        "pay",
        "A",
        2017,
        fen,
        MANAGEMENT_FEE,
        received_fen=sum(books[at].received_fen for at in group),
        fees_fen=sum(books[at].fees_fen for at in group),
        counties=tuple(COUNTIES[at] for at in sorted(group)),
    )
    found = judge_all([own, all_of] if len(group) > 1 else [own], [CAP])
    assert len(found) <= 1
    return found
