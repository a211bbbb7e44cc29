"""Properties of the arithmetic, named as laws; plain values, no fixture."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.property.test_kept_spans import overlap_fen
from treasury.ageing import band, overdue, yuan_days
from treasury.calendar import business_date
from treasury.documents import normalise_document_number
from treasury.errors import (
    AmountNotPositive,
    LotNotOpen,
    MoneyHeld,
    MoneyNotThere,
    MoneyUnreadable,
    MovementPredatesArrival,
)
from treasury.identifiers import id_check_character, is_id_number, luhn_check_digit
from treasury.lots import Lot, after, draw_named, draw_oldest_first, draw_proportionally, spans
from treasury.money import Unit, fen_from_text, wan, yuan
from treasury.policy import Basis, PolicyValue, in_force

DAYS = st.dates(min_value=date(2010, 1, 1), max_value=date(2030, 12, 31))
FEN = st.integers(min_value=1, max_value=10**12)


@st.composite
def lot(draw: st.DrawFn) -> Lot:
    arrived = draw(DAYS)
    return Lot(draw(st.uuids()), UUID(int=1), UUID(int=2), arrived, arrived, draw(FEN))


LOTS = st.lists(lot(), max_size=12, unique_by=lambda one: one.id)


@given(LOTS, FEN, DAYS)
def test_draws_sum_to_the_amount_or_nothing_moves(lots: list[Lot], amount: int, on: date) -> None:
    there = sum(one.remaining_fen for one in lots if one.arrived_on <= on)
    if amount > there:
        with pytest.raises(MoneyNotThere) as refused:
            draw_oldest_first(lots, amount, on)
        assert refused.value.available_fen == there
        return
    draws = draw_oldest_first(lots, amount, on)
    assert sum(draw.amount_fen for draw in draws) == amount
    assert all(0 < draw.amount_fen <= draw.lot.remaining_fen for draw in draws)
    left = sum(one.remaining_fen for one in after(lots, draws))
    assert left == sum(one.remaining_fen for one in lots) - amount


@st.composite
def kept_lot(draw: st.DrawFn) -> Lot:
    """A lot of one of three tranches, some of it held, perhaps retained."""
    arrived, remaining = draw(DAYS), draw(st.integers(1, 10**9))
    release = draw(st.none() | DAYS)
    return Lot(
        draw(st.uuids()),
        UUID(int=draw(st.integers(1, 3))),
        UUID(int=9),
        arrived,
        arrived,
        remaining,
        held_fen=draw(st.integers(0, remaining)),
        release_on=release,
    )


KEPT = st.lists(kept_lot(), max_size=12, unique_by=lambda one: one.id)


@given(KEPT, st.integers(1, 10**9), DAYS)
def test_shares_are_exact_and_no_source_gives_a_fen_more_than_its_part(lots: list[Lot], amount: int, on: date) -> None:
    free: dict[UUID, int] = {}
    for one in lots:
        if one.pays_on(on):
            free[one.tranche] = free.get(one.tranche, 0) + one.free_fen
    total = sum(free.values())
    if amount > total:
        with pytest.raises((MoneyNotThere, MoneyHeld)):
            draw_proportionally(lots, amount, on)
        return
    draws = draw_proportionally(lots, amount, on)
    given_by = dict.fromkeys(free, 0)
    for draw in draws:
        given_by[draw.lot.tranche] += draw.amount_fen
        assert 0 < draw.amount_fen <= draw.lot.free_fen
        assert draw.lot.pays_on(on)
    assert sum(given_by.values()) == amount
    for tranche, fen in given_by.items():
        assert abs(fen * total - amount * free[tranche]) < total, "less than one fen from its share"
        assert fen <= free[tranche]


@given(KEPT, st.integers(1, 10**9), DAYS)
def test_held_and_retained_fen_are_not_drawn(lots: list[Lot], amount: int, on: date) -> None:
    free = sum(one.free_fen for one in lots if one.pays_on(on))
    held = sum(one.held_fen for one in lots if one.pays_on(on))
    if amount <= free:
        for draw in draw_oldest_first(lots, amount, on):
            assert draw.amount_fen <= draw.lot.free_fen
            assert draw.lot.pays_on(on)
        return
    with pytest.raises(MoneyHeld if amount <= free + held else MoneyNotThere):
        draw_oldest_first(lots, amount, on)


@given(LOTS, FEN, DAYS)
def test_no_younger_lot_is_drawn_while_an_older_one_holds_money(lots: list[Lot], amount: int, on: date) -> None:
    assume(amount <= sum(one.remaining_fen for one in lots if one.arrived_on <= on))
    draws = draw_oldest_first(lots, amount, on)
    drawn = {draw.lot.id: draw.amount_fen for draw in draws}
    last = max((draw.lot.arrived_on, draw.lot.id) for draw in draws)
    for one in lots:
        if (one.arrived_on, one.id) < last:
            assert drawn.get(one.id) == one.remaining_fen
    assert all(draw.days_rested == (on - draw.lot.arrived_on).days >= 0 for draw in draws)


@given(LOTS, st.data(), DAYS)
def test_named_lots_give_exactly_what_is_named(lots: list[Lot], data: st.DataObject, on: date) -> None:
    wanted = {one.id: data.draw(st.integers(1, one.remaining_fen)) for one in lots}
    if any(one.arrived_on > on for one in lots):
        with pytest.raises(MovementPredatesArrival):
            draw_named(lots, wanted, on)
        return
    draws = draw_named(lots, wanted, on)
    assert {draw.lot.id: draw.amount_fen for draw in draws} == wanted
    with pytest.raises(LotNotOpen):
        draw_named(lots, {**wanted, UUID(int=99): 1}, on)
    for one in lots:
        with pytest.raises(MoneyNotThere):
            draw_named(lots, {one.id: one.remaining_fen + 1}, on)


@given(st.integers(max_value=0), DAYS)
def test_nothing_or_less_is_no_movement(amount: int, on: date) -> None:
    with pytest.raises(AmountNotPositive):
        draw_oldest_first([], amount, on)


@given(LOTS, st.data())
def test_every_payment_of_a_roster_is_fed_to_the_fen_by_the_spans(lots: list[Lot], data: st.DataObject) -> None:
    total = sum(one.remaining_fen for one in lots)
    assume(total > 0)
    cuts = sorted(data.draw(st.sets(st.integers(1, total - 1), max_size=20)) if total > 1 else [])
    laid = spans(draw_oldest_first(lots, total, date(2031, 1, 1)))
    assert [span.lo_fen for span in laid] == [0, *(span.hi_fen for span in laid[:-1])]
    assert laid[-1].hi_fen == total
    by_lot: dict[UUID, int] = {}
    for low, cum in zip([0, *cuts], [*cuts, total], strict=True):
        fed = {span.draw.lot.id: overlap_fen(span.lo_fen, span.hi_fen, cum, cum - low) for span in laid}
        assert sum(fed.values()) == cum - low
        for lot_id, fen in fed.items():
            by_lot[lot_id] = by_lot.get(lot_id, 0) + fen
    assert by_lot == {span.draw.lot.id: span.draw.amount_fen for span in laid}


@given(st.integers(min_value=1 - 10**15, max_value=10**15 - 1))
def test_money_printed_is_money_read(fen: int) -> None:
    assert fen_from_text(yuan(fen), Unit.YUAN) == fen
    assert fen_from_text(wan(fen), Unit.WAN) == fen
    assert fen_from_text(str(fen), Unit.FEN) == fen


@given(st.decimals(min_value=0, max_value=10**9, places=8, allow_nan=False))
def test_money_is_never_rounded(amount: Decimal) -> None:
    fen = amount * 100
    if fen == fen.to_integral_value():
        assert fen_from_text(f"{amount:f}", Unit.YUAN) == int(fen)
    else:
        with pytest.raises(MoneyUnreadable):
            fen_from_text(f"{amount:f}", Unit.YUAN)


@pytest.mark.parametrize(
    "printed", ["", "abc", "1e5", "NaN", "１２a", "--1", "1.2.3", "∞", "0x10", "1_000", "十万", "1 000"]
)
def test_what_is_no_number_is_refused(printed: str) -> None:
    with pytest.raises(MoneyUnreadable):
        fen_from_text(printed, Unit.YUAN)


@pytest.mark.parametrize(
    ("printed", "unit", "fen"),
    [
        ("724.712484", Unit.WAN, 724_712_484),
        ("１，２３４．５６", Unit.YUAN, 123_456),
        ("￥1,000", Unit.YUAN, 100_000),
        ("553.94", Unit.YI, 5_539_400_000_000),
        ("-5", Unit.YUAN, -500),
    ],
)
def test_printed_spellings_are_read_exactly(printed: str, unit: Unit, fen: int) -> None:
    assert fen_from_text(printed, unit) == fen


@given(st.text("0123456789", min_size=6, max_size=6), DAYS, st.integers(0, 999))
def test_a_changed_digit_is_no_id_number_any_more(place: str, born: date, serial: int) -> None:
    first = f"{place}{born:%Y%m%d}{serial:03d}"
    number = first + id_check_character(first)
    assert is_id_number(number)
    for at in range(17):
        changed = number[:at] + str((int(number[at]) + 1) % 10) + number[at + 1 :]
        assert not is_id_number(changed)


def test_published_numbers_pass_and_their_near_misses_do_not() -> None:
    for number in ("990000198001010012", "99000019800101008X"):
        assert is_id_number(number)
    for number in (
        "990000198002300011",
        "99000019800101001",
        "9900001980010100123",
        "99000019800101008x",
        "９９0000198001010012",
    ):
        assert not is_id_number(number)


@given(st.text("0123456789", min_size=1, max_size=18), st.data())
def test_the_luhn_digit_is_that_of_the_standard_and_notices_every_wrong_digit(digits: str, data: st.DataObject) -> None:
    assert [luhn_check_digit(one) for one in ("7992739871", "0", "1")] == ["3", "0", "8"]
    place = data.draw(st.integers(0, len(digits) - 1))
    wrong = data.draw(st.sampled_from([digit for digit in "0123456789" if digit != digits[place]]))
    assert luhn_check_digit(digits[:place] + wrong + digits[place + 1 :]) != luhn_check_digit(digits)


@given(DAYS, st.integers(0, 800), st.integers(1, 400))
def test_a_limit_is_passed_on_the_day_after_it(since: date, days: int, limit: int) -> None:
    late = overdue(since, since + timedelta(days=days), limit)
    assert (late is not None) == (days > limit)
    if late is not None:
        assert late.over_days == days - limit


EDGES = [30, 60, 90, 180, 365, 730]


@given(st.integers(0, 5000))
def test_every_day_has_one_band(days: int) -> None:
    name = band(days, EDGES)
    if name.startswith(">"):
        assert days > 730
    else:
        low, high = (int(part) for part in name.split("-"))
        assert low <= days <= high
        assert high in EDGES


@given(st.lists(st.tuples(FEN, DAYS), max_size=10), st.integers(0, 1000))
def test_yuan_days_grow_by_the_sum_each_day(resting: list[tuple[int, date]], days: int) -> None:
    on = date(2031, 1, 1)
    later = yuan_days(resting, on + timedelta(days=days))
    assert later - yuan_days(resting, on) == days * sum(fen for fen, _ in resting)


def test_the_business_day_is_chinas() -> None:
    assert business_date(datetime(2017, 11, 29, 15, 59, tzinfo=UTC)) == date(2017, 11, 29)
    assert business_date(datetime(2017, 11, 29, 16, 0, tzinfo=UTC)) == date(2017, 11, 30)
    with pytest.raises(ValueError, match="zone"):
        business_date(datetime(2017, 11, 29))  # noqa: DTZ001


@pytest.mark.parametrize(
    "printed",
    [
        "鄂财农发[2017]12号",
        "鄂财农发〔2017〕12号",
        "鄂财农发（2017）12号",
        "鄂财农发【2017】 12 号",
        "鄂财农发(2017)12",
    ],
)
def test_one_document_number_has_one_spelling(printed: str) -> None:
    assert normalise_document_number(printed) == "鄂财农发〔2017〕12号"


def value(region: str, start: str, number: int) -> PolicyValue:
    return PolicyValue("k", region, date.fromisoformat(start), number, "依据", Basis.LAW)


def test_the_nearest_region_wins_and_within_it_the_latest_start() -> None:
    values = [
        value("00", "2015-01-01", 1),
        value("42", "2016-01-01", 2),
        value("42", "2017-01-01", 3),
        value("4203", "2018-01-01", 4),
    ]
    for region, on, expected in (
        ("420322101", "2015-06-01", 1),
        ("420322101", "2016-06-01", 2),
        ("420322101", "2017-01-01", 3),
        ("420322101", "2018-01-01", 4),
        ("430000", "2018-01-01", 1),
    ):
        chosen = in_force(values, "k", region, date.fromisoformat(on))
        assert chosen is not None
        assert chosen.number == expected
    assert in_force(values, "k", "42", date(2014, 12, 31)) is None
    assert in_force(values, "other", "42", date(2017, 12, 31)) is None
