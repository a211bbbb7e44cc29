"""The yearly cap of households within a roster, named as laws: whatever the pieces, accepted rows never pass it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from services.funds_api.funds.judge import FundRule, OnBreach, Term
from services.funds_api.payments import check
from services.funds_api.payments.check import CLAIMED, HOME_YEAR, REGISTRY, YEAR, Check, Facts, Year
from tests.funds_api.people import id_number, read_roster, roster_csv
from treasury.policy import Basis

CAP = 1_000
REGION = "990001101"
# Per row: which of three households its payee belongs to (none of them for 3), and how many fen.
ROWS = st.lists(st.tuples(st.integers(0, 3), st.integers(1, 1_200)), min_size=1, max_size=12)


def token(number: str) -> bytes:
    return number[-16:].encode().rjust(16)


def tokens(numbers: Iterable[str]) -> list[bytes]:
    return [token(number) for number in numbers]


def home(at: int) -> bytes:
    return bytes([at]) * 16


def judged(rows: list[tuple[int, int]], before: list[int], cut: int) -> tuple[dict[int, int], dict[int, list[str]]]:
    """Line → fen of the accepted rows, line → reasons of the others; the roster comes in two pieces."""
    named = [(id_number(at), f"{fen / 100:.2f}") for at, (_, fen) in enumerate(rows)]
    _, read = read_roster(roster_csv(named).encode())
    held = check.with_tokens(read, tokens)
    registry = pl.DataFrame(
        [
            {"token": token(number), "household": home(at), "household_region": REGION, "head": True}
            for (number, _), (at, _) in zip(named, rows, strict=True)
            if at < 3
        ],
        schema=REGISTRY,
    )
    cap = Term(
        "F", 2017, "42", date(2017, 1, 1), "文", FundRule.HOUSEHOLD_CAP, CAP, OnBreach.REFUSE, "第八条", Basis.LAW
    )
    judging = Check(Facts(REGION, "补贴", date(2017, 5, 1), None, 10**9, "person", None, [cap]))
    year = Year(
        pl.DataFrame(schema=YEAR),
        pl.DataFrame([(home(at), fen, None) for at, fen in enumerate(before) if fen], schema=HOME_YEAR, orient="row"),
    )
    good: dict[int, int] = {}
    bad: dict[int, list[str]] = {}
    for piece in (held.head(cut), held.tail(held.height - cut)):
        if piece.height:
            told = judging.judge(piece, registry, pl.DataFrame(schema=CLAIMED), year)
            good |= dict(told.good.select("line", "amount_fen").iter_rows())
            bad |= {row.line: [str(one["code"]) for one in row.reasons] for row in told.rejected}
    return good, bad


@given(ROWS, st.lists(st.integers(0, 1_100), min_size=3, max_size=3), st.integers(0, 12))
def test_accepted_rows_keep_the_cap_and_refused_ones_would_not(
    rows: list[tuple[int, int]], before: list[int], cut: int
) -> None:
    good, bad = judged(rows, before, min(cut, len(rows)))
    assert good.keys() | bad.keys() == set(range(2, len(rows) + 2))
    got = dict(enumerate(before))
    for line, (at, fen) in enumerate(rows, 2):
        if at == 3:
            assert bad[line] == ["unknown_household"], "who is in no household uses up no cap"
        elif got[at] + fen <= CAP:
            assert good[line] == fen
            got[at] += fen
        else:
            assert bad[line] == ["over_household_year_cap"]
