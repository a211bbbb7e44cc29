"""The vectorised twins say what their originals say: exact fen and valid ID numbers, on generated text."""

from __future__ import annotations

import polars as pl
from hypothesis import example, given, settings
from hypothesis import strategies as st

from services.funds_api import columns
from tests.funds_api.people import read_roster
from treasury.errors import MoneyUnreadable
from treasury.identifiers import id_check_character, is_id_number, normalise_id_number
from treasury.money import Unit, fen_from_text

DIGITS = "0123456789０１２３４５６７８９"
amounts = st.one_of(
    st.text(DIGITS + ",，.．-－ 　¥￥e+元万亿", max_size=24),
    st.from_regex(r"-?[0-9]{1,16}(\.[0-9]{0,13})?", fullmatch=True),
    st.integers(-(10**17), 10**17).map(lambda fen: f"{fen / 100:,.2f}"),
)


def original(printed: str, unit: Unit) -> int | None:
    """What the original says; amounts of 19 digits of fen or more are no amounts to a column."""
    try:
        fen = fen_from_text(printed, unit)
    except MoneyUnreadable:
        return None
    return fen if abs(fen) < 10**18 else None


@settings(max_examples=60, deadline=None)
@given(st.lists(amounts, min_size=1, max_size=30), st.sampled_from(Unit))
@example(["0.01", "0.001", "-0.00", "１，２３４．５", "000", "999999999999999.99", "¥ 5", ".5", "5."], Unit.YUAN)
@example(["0.1", "724.712484", "724.7124845"], Unit.WAN)
def test_fen_of_a_column_is_fen_of_each_text(printed: list[str], unit: Unit) -> None:
    frame = pl.DataFrame({"a": printed}).with_columns(columns.tidy(pl.col("a")))
    found = columns.amounts(frame["a"], unit)["fen"].to_list()
    assert found == [original(one, unit) for one in printed]


@settings(max_examples=60, deadline=None)
@given(st.lists(amounts, min_size=1, max_size=30), st.sampled_from(Unit))
def test_too_fine_is_told_apart_from_unreadable(printed: list[str], unit: Unit) -> None:
    frame = pl.DataFrame({"a": printed}).with_columns(columns.tidy(pl.col("a")))
    finer = columns.amounts(frame["a"], unit)["too_fine"].to_list()
    for one, is_finer in zip(printed, finer, strict=True):
        if is_finer:
            assert original(one, unit) is None
            assert original(one, Unit.YI) is not None or "." in one or "．" in one


first17 = st.tuples(
    st.sampled_from(["990000", "420322"]),
    st.integers(1, 9999),
    st.integers(0, 13),
    st.integers(0, 32),
    st.integers(0, 999),
).map(lambda parts: f"{parts[0]}{parts[1]:04d}{parts[2]:02d}{parts[3]:02d}{parts[4]:03d}")
numbers = st.one_of(
    first17.map(lambda first: first + id_check_character(first)),
    st.tuples(first17, st.sampled_from("0123456789Xx")).map("".join),
    st.text(DIGITS + "Xx 　-\u200b\u202a\ufeff", max_size=20),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(numbers, min_size=1, max_size=30))
@example(["990000198001010012", "99000019800101008x", "990000000001010015", "99000019800230001X", ""])
def test_id_numbers_of_a_column_are_judged_as_each_one(written: list[str]) -> None:
    frame = pl.DataFrame({"n": written}, schema={"n": pl.String}).with_columns(columns.id_number(pl.col("n")))
    normalised = [normalise_id_number(one) or None for one in written]
    assert frame["n"].to_list() == normalised
    found = frame.select(columns.is_id_number(pl.col("n"))).to_series().to_list()
    assert found == [is_id_number(one or "") for one in normalised]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.integers(1, 10**11), st.sampled_from(["", "元", " 元", "元整"])), min_size=1, max_size=20),
    st.sampled_from(
        [("金额（元）", 100), ("补贴金额(万元)", 1_000_000), ("发放金额万元", 1_000_000), ("实发金额", 100)]
    ),
    st.sampled_from([",", ";", "\t"]),
    st.sampled_from(["utf-8", "utf-8-sig", "gb18030"]),
    st.integers(0, 12),
)
def test_a_roster_comes_back_to_the_fen_whatever_its_dress(
    rows: list[tuple[int, str]], heading: tuple[str, int], separator: str, encoding: str, titles: int
) -> None:
    label, unit_fen = heading
    text = [separator.join(["某镇名册"]) if at % 2 else "" for at in range(titles)]
    text.append(separator.join(["姓名", "身份证号", label]))
    text += [separator.join(["张三", "990000198001010012", f"{fen}{suffix}"]) for fen, suffix in rows]
    text.append(separator.join(["合 计", "", str(sum(fen for fen, _ in rows))]))
    read, found = read_roster("\n".join(text).encode(encoding))
    expected = [fen * (100 if suffix else unit_fen) for fen, suffix in rows]
    assert found["amount_fen"].to_list() == expected
    assert found["line"].to_list() == [titles + 2 + at for at in range(len(rows))]
    assert read.printed_sum_fen == sum(expected)
    assert read.printed_total_fen == sum(fen for fen, _ in rows) * unit_fen
