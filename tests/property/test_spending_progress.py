"""Spending progress of any ledger: what is told adds up, is what the lots say behind the service's back, and stays."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule, run_state_machine_as_test

from chassis import clock
from services.funds_api.spending.progress import percent, ranks
from services.funds_api.spending.sums import Carried, Desk, Moved, Progress, Purpose, Rested, YearBooks, part
from tests.property.test_known_at import told
from tests.property.test_ledger_machine import DAYS, LedgerMachine, World, world

__all__ = ["world"]

PATH = "/funds/v1/spending-progress"
# What of a budget year stood on a day on accounts where money is spent, on others, and had gone into the next year.
TRUTH = """
  SELECT coalesce(sum(fen) FILTER (WHERE kind IN ('contractor', 'households')), 0)::bigint AS spent_fen,
         coalesce(sum(fen) FILTER (WHERE kind NOT IN ('contractor', 'households', 'outside')), 0)::bigint
           AS resting_fen,
         (SELECT coalesce(sum(CASE WHEN f.fiscal_year <= $3 AND t.fiscal_year > $3 THEN d.amount_fen
                                   WHEN t.fiscal_year <= $3 AND f.fiscal_year > $3 THEN -d.amount_fen END), 0)::bigint
            FROM funds.draw d JOIN funds.lot f ON f.county_code = $1 AND f.id = d.from_lot_id
            JOIN funds.lot t ON t.county_code = $1 AND t.id = d.to_lot_id
           WHERE d.county_code = $1 AND d.effective_on <= $2) AS carried_out_fen
    FROM (SELECT a.kind, l.amount_fen - coalesce((SELECT sum(d.amount_fen) FROM funds.draw d
                   WHERE d.county_code = $1 AND d.from_lot_id = l.id AND d.effective_on <= $2), 0) AS fen
            FROM funds.lot l JOIN funds.account a ON a.county_code = $1 AND a.id = l.account_id
           WHERE l.county_code = $1 AND l.fiscal_year = $3 AND l.arrived_on <= $2) s"""
PARTS = ("received_fen", "carried_in_fen", "spent_fen", "resting_fen", "carried_out_fen", "unspent_fen")


class SpendingMachine(LedgerMachine):
    """The ledger's acts, and between them the progress of some day and year, by each of its rows."""

    @precondition(lambda self: self.movements)
    @rule(on=DAYS, year=st.sampled_from([2017, 2017, 2018]))
    def ask(self, on: date, year: int) -> None:
        if not hasattr(self, "kept"):
            self.kept: list[tuple[dict[str, Any], Any, datetime]] = []
        totals = []
        for by in ("region", "fund", "level"):
            answer = self.progress(as_of=on.isoformat(), year=year, by=by)
            rows = answer["items"]
            for row in (answer["total"], *rows):
                assert row["unexplained_fen"] == 0, row
                assert all(row[name] >= 0 for name in PARTS), row
                assert row["unspent_fen"] == row["resting_fen"] + row["carried_out_fen"]
                assert row["received_fen"] == row["spent_fen"] + row["unspent_fen"]
                assert (row["rate"] is None) == (row["received_fen"] == 0)
            for name in PARTS:
                assert answer["total"][name] == sum(row[name] for row in rows), name
            totals.append(answer["total"])
        assert totals[0] == totals[1] == totals[2]
        truth = dict(self.do(self.world.admin.fetchrow(TRUTH, self.county, on, year)))
        assert {name: totals[0][name] for name in truth} == truth
        for place in ("", "101", "102", "101201"):
            self.is_what_the_tree_says(on, year, self.county + place)
        for one in self.progress(as_of=on.isoformat(), year=year)["items"]:
            if one["kind"] == "region":
                alone = self.progress(as_of=on.isoformat(), year=year, region=one["code"])["total"]
                assert [alone[name] for name in PARTS] == [one[name] for name in PARTS]
        if totals[0]["spent_fen"]:
            self.count("asked after spending")
        if totals[0]["carried_out_fen"]:
            self.count("asked after a carry-over")

    def is_what_the_tree_says(self, on: date, year: int, place: str) -> None:
        asked = {"as_of": on.isoformat(), "year": year, "region": place}
        root = self.do(self.clerk.get("/funds/v1/tree", params=asked)).json()["root"]
        total = self.progress(**asked)["total"]
        came = root["received_fen"] + root["came_back_fen"] + root["carried_fen"]
        assert total["received_fen"] - total["carried_out_fen"] == came - root["returned_fen"] - root["moved_out_fen"]
        assert (total["spent_fen"], total["resting_fen"]) == (root["spent_fen"], root["resting_fen"])

    def progress(self, **asked: Any) -> Any:
        answer = self.do(self.clerk.get(PATH, params=asked))
        assert answer.status_code == 200, answer.text
        self.kept.append((asked, told(answer.json()), clock.now()))
        return answer.json()

    def teardown(self) -> None:
        for asked, answer, then in getattr(self, "kept", []):
            again = self.do(self.clerk.get(PATH, params={**asked, "known_at": then.isoformat()}))
            assert told(again.json()) == answer, (asked, then)


@pytest.mark.filterwarnings("ignore::hypothesis.errors.HypothesisWarning")
def test_progress_is_what_the_lots_say_after_any_acts_and_is_told_again(world: World) -> None:
    SpendingMachine.world = world
    SpendingMachine.done.clear()
    run_state_machine_as_test(
        SpendingMachine,
        settings=settings(
            max_examples=12, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
    assert SpendingMachine.done["asked after spending"] > 0


COUNTY = "990001"
PLACES = [COUNTY, *(COUNTY + t for t in ("101", "102")), *(COUNTY + t + "201" for t in ("101", "102"))]
KINDS = ("department", "project_unit", "retention", "contractor")
NOBODY = UUID(int=0)
ACCOUNTS = {
    UUID(int=1 + at * len(KINDS) + n): Desk(place, kind)
    for at, place in enumerate(PLACES)
    for n, kind in enumerate(KINDS)
}
PROJECTS = [one for one, desk in ACCOUNTS.items() if desk.kind == "project_unit"]
DESKS = [one for one, desk in ACCOUNTS.items() if desk.kind != "contractor"]
SINKS = [one for one, desk in ACCOUNTS.items() if desk.kind == "contractor"]
FEN = st.integers(1, 10**12)
FUND = st.sampled_from(["A", "B"])
MOVES = st.lists(
    st.one_of(
        st.builds(Moved, FUND, st.just("receive"), st.just(NOBODY), st.sampled_from(DESKS), FEN),
        st.builds(
            Moved,
            FUND,
            st.sampled_from(["hand_down", "return", "retain"]),
            st.sampled_from(DESKS),
            st.sampled_from(DESKS),
            FEN,
        ),
        st.builds(Moved, FUND, st.just("pay"), st.sampled_from(DESKS), st.sampled_from(SINKS), FEN),
        st.builds(Moved, FUND, st.just("recover"), st.sampled_from(SINKS), st.sampled_from(DESKS), FEN),
    ),
    max_size=25,
)
CARRIED = st.lists(st.builds(Carried, FUND, st.sampled_from(DESKS), FEN, FEN), max_size=5)


def books_of(moved: list[Moved], carried: list[Carried], industry: set[UUID]) -> YearBooks:
    """Books in which rests what the flows and the carry-overs left; arithmetic does not mind an overdraft."""
    left: dict[tuple[str, str], int] = defaultdict(int)
    for one in moved:
        for account, fen in ((one.source, -one.fen), (one.target, one.fen)):
            if account in ACCOUNTS and ACCOUNTS[account].kind != "contractor":
                left[one.fund, ACCOUNTS[account].region_code] += fen
    for over in carried:
        left[over.fund, ACCOUNTS[over.account].region_code] += over.came - over.went
    purposes = {one: Purpose.INDUSTRY if one in industry else Purpose.OTHER for one in PROJECTS}
    rested = [Rested(fund, place, fen) for (fund, place), fen in left.items()]
    return YearBooks(ACCOUNTS, purposes, moved, carried, rested)


def figures(one: Progress) -> list[int]:
    return [one.received, one.carried_in, one.spent, one.resting, one.carried_out, one.industry, one.other]


@given(MOVES, CARRIED, st.sets(st.sampled_from(PROJECTS)), st.sampled_from(PLACES))
def test_parts_and_funds_make_the_whole_whatever_moved(
    moved: list[Moved], carried: list[Carried], industry: set[UUID], root: str
) -> None:
    books = books_of(moved, carried, industry)
    parted = part(books, root)
    parts = [parted.own, *parted.below.values()]
    assert [one.unexplained for one in (parted.whole, *parts)] == [0] * (1 + len(parts))
    assert figures(parted.whole) == [sum(column) for column in zip(*map(figures, parts), strict=True)]
    funds = [figures(one) for one in parted.funds.values()] or [figures(Progress())]
    assert figures(parted.whole) == [sum(column) for column in zip(*funds, strict=True)]
    for code, below in parted.below.items():
        assert figures(part(books, code).whole) == figures(below)


@given(MOVES, st.sampled_from(PLACES))
def test_a_fen_missing_from_what_rests_is_told_where_it_is_missing(moved: list[Moved], root: str) -> None:
    books = books_of(moved, [], set())
    books.rested.append(Rested("A", COUNTY + "101201", -1))
    parted = part(books, root)
    missing = (COUNTY + "101201").startswith(root)
    assert parted.whole.unexplained == int(missing)
    assert sum(one.unexplained for one in (parted.own, *parted.below.values())) == int(missing)


@given(st.lists(st.none() | st.fractions(0, 1), max_size=12))
def test_a_place_is_one_more_than_those_who_are_ahead(rates: list[Any]) -> None:
    for rate, rank in zip(rates, ranks(rates), strict=True):
        ahead = [one for one in rates if one is not None and rate is not None and one > rate]
        assert rank == (None if rate is None else len(ahead) + 1)


@given(st.fractions(-2, 2))
def test_a_share_is_told_within_half_a_hundredth(share: Any) -> None:
    printed = percent(share)
    assert abs(float(printed) - float(share * 100)) <= 0.005 + 1e-9
    assert printed != "-0.00"
