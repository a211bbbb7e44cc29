"""The generated households: valid in form, impossible in fact, the same for the same seed."""

from __future__ import annotations

import time

import polars as pl
import pytest

from demo.people import COLUMNS, HOUSEHOLDS, as_csv, of_place, register, stranger, villages
from treasury.identifiers import is_id_number, luhn_check_digit

PEOPLE = register()


def test_the_county_has_its_households_in_every_real_village() -> None:
    assert PEOPLE.height == HOUSEHOLDS
    assert tuple(PEOPLE.columns) == COLUMNS
    assert sorted(set(PEOPLE["村代码"])) == villages()
    assert len(villages()) == 287
    assert PEOPLE["人口数"].cast(pl.Int64).mean() == pytest.approx(3.04, abs=0.03)


def test_nobody_can_exist() -> None:
    assert PEOPLE["身份证号"].str.starts_with("99").all()
    assert PEOPLE["银行卡号"].str.starts_with("6200000000").all()
    assert PEOPLE["手机号"].str.starts_with("10").all()
    for column in ("身份证号", "银行卡号", "手机号"):
        assert PEOPLE[column].n_unique() == HOUSEHOLDS


def test_numbers_are_well_formed() -> None:
    assert all(map(is_id_number, PEOPLE["身份证号"]))
    assert all(luhn_check_digit(card[:-1]) == card[-1] for card in PEOPLE["银行卡号"])
    assert (PEOPLE["手机号"].str.len_chars() == 11).all()
    assert (PEOPLE["银行卡号"].str.len_chars() == 19).all()
    births = PEOPLE["身份证号"].str.slice(6, 4).cast(pl.Int64)
    assert births.is_between(1937, 1996).all()
    assert PEOPLE["登记日期"].is_between(pl.lit("2014-03-01"), pl.lit("2016-12-31")).all()


def test_the_same_seed_gives_the_same_people() -> None:
    assert as_csv(register(500, seed=7)) == as_csv(register(500, seed=7))
    assert as_csv(register(500, seed=7)) != as_csv(register(500, seed=8))


def test_people_of_a_place_and_a_stranger() -> None:
    township = of_place(PEOPLE, "420322101")
    assert township
    assert all(one.village.startswith("420322101") for one in township)
    outsider = stranger(1)
    assert is_id_number(outsider.id_number)
    assert outsider.id_number not in set(PEOPLE["身份证号"])


def test_generating_the_county_is_quick() -> None:
    began = time.process_time()
    register()
    assert time.process_time() - began < 10  # measured 0.5 s; a gate at 2 s would be tighter than the machine is quiet
