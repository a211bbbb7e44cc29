"""Published microloan figures against the rules: what can be derived from them, and what does not tie.

Sums of a county have no households in them, so no rule L01–L09 can be asked about them. An average over what one
household may borrow shows that somebody had more, or that it counts more than registered households.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Final

import pytest

from demo.files import rows

ROWS: Final = {row["loan_id"]: row for row in rows("published", "microloans.csv")}
# 国开办发〔2014〕78号 and 银监发〔2017〕42号: 5 万元 a household.
CAP_WAN: Final = Decimal(5)
# What the average is of, and what it is divided by, where both are published.
AVERAGES: Final = {
    "MO02": ("issued_wan", "households_n"),
    "MO03": ("issued_wan", "households_n"),
    "MO04": ("issued_wan", "households_n"),
    "MO10": ("issued_wan", "issued_n"),
    "MO11": ("issued_wan", "issued_n"),
    "MO13": ("issued_wan", "households_n"),
    "MO15": ("balance_wan", "balance_households"),
    "MO16": ("issued_wan", "households_n"),
    "MO17": ("issued_wan", "households_n"),
}
# Over the cap: firms and cooperatives are counted in (at most 200 万元 each); a pilot for general households, 10 万元.
OVER_THE_CAP: Final = {"MO10": "含经营主体(最高200万元)", "MO17": "额度10万元以下"}
# An average is printed, and what it was divided by is not.
NOT_DERIVABLE: Final = {"MO08"}
# One printed figure beside another that it does not belong to: subsidy of the stock beside the lending of the year.
DOES_NOT_TIE: Final = {"MO11": Decimal("6.9")}


def figure(loan: str, column: str) -> Decimal:
    return Decimal(ROWS[loan][column])


def rounded(value: Decimal, places: int = 2) -> Decimal:
    return value.quantize(Decimal(1).scaleb(-places))


def test_every_printed_average_is_derived_or_named() -> None:
    assert {loan for loan, row in ROWS.items() if row["avg_wan"]} == set(AVERAGES) | NOT_DERIVABLE


@pytest.mark.parametrize("loan", AVERAGES)
def test_an_average_is_what_it_says(loan: str) -> None:
    whole, parts = AVERAGES[loan]
    assert rounded(figure(loan, whole) / figure(loan, parts)) == figure(loan, "avg_wan")


def test_an_average_over_what_a_household_may_borrow_says_why() -> None:
    over = {loan for loan, row in ROWS.items() if row["avg_wan"] and Decimal(row["avg_wan"]) > CAP_WAN}
    assert over == set(OVER_THE_CAP)
    assert all(why in ROWS[loan]["note"] for loan, why in OVER_THE_CAP.items())


@pytest.mark.parametrize("loan", [loan for loan, row in ROWS.items() if row["households_n"] and row["issued_wan"]])
def test_what_was_lent_fits_the_households_times_the_cap(loan: str) -> None:
    most = figure(loan, "households_n") * CAP_WAN
    assert (figure(loan, "issued_wan") > most) == (loan in OVER_THE_CAP)


@pytest.mark.parametrize("column", ["households_n", "issued_wan"])
def test_the_first_batch_of_gaolan_is_the_sum_of_its_two_kinds(column: str) -> None:
    assert figure("MO02", column) == figure("MO03", column) + figure("MO04", column)


@pytest.mark.parametrize("column", ["households_n", "target_wan"])
def test_its_second_batch_asks_for_no_more_than_its_households_may_borrow(column: str) -> None:
    assert figure("MO05", column) == figure("MO06", column) + figure("MO07", column)
    for loan in ("MO05", "MO06", "MO07"):
        assert figure(loan, "target_wan") <= figure(loan, "households_n") * CAP_WAN


def test_overdue_of_chongqing_is_a_share_of_its_balance() -> None:
    share = figure("MO01", "overdue_wan") * 100 / figure("MO01", "balance_wan")
    assert rounded(share) == figure("MO01", "overdue_rate_pct")


def test_the_households_of_ningxia_follow_from_its_average_only() -> None:
    households = figure("MO08", "issued_wan") / figure("MO08", "avg_wan")
    assert ROWS["MO08"]["households_n"] == ""
    assert rounded(households / 10_000, 1) == Decimal("12.6")


def test_the_subsidy_of_badong_is_not_of_the_loans_beside_it() -> None:
    """More than any rate a bank could ask for: 1,191.87 of 17,300 would be 6.9 % of loans capped at 4.75 %."""
    share = figure("MO11", "interest_subsidy_wan") * 100 / figure("MO11", "issued_wan")
    assert rounded(share, 1) == DOES_NOT_TIE["MO11"]
    assert share > Decimal("4.75")
    assert "贴息对应存量" in ROWS["MO11"]["note"]
