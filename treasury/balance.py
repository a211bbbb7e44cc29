"""When money that was budgeted and not used stops being carry-over (结转) and becomes balance (结余).

预算法 (2018) art 42: carry-over money unspent for two years on end is managed as balance. 预算法实施条例 (2020) art 50:
that is spending which a budget arranged and which is still unspent when the *next* year ends. So money first budgeted
for year Y is carry-over through Y + 1 and balance from 1 January Y + 2.

The year that counts is that of the budget which first arranged the spending, which a tranche keeps for ever. Carrying
over puts the money into a later budget year by a document, and art 42 is about money that was carried over: if that
began the count anew, no money would ever come under it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta


def balance_on(first_budgeted: int, after_years: int) -> date:
    """The first day on which money that the budget of `first_budgeted` arranged is balance; the day before is its last.

    >>> balance_on(2017, 2)
    datetime.date(2019, 1, 1)
    """
    return date(first_budgeted + after_years, 1, 1)


@dataclass(frozen=True, slots=True)
class Years:
    """First budget years as a day divides them: up to `fallen_to` they are balance, up to `due_to` they soon are."""

    fallen_to: int
    due_to: int


def years_within(on: date, days: int, after_years: int) -> Years:
    """Which first budget years are balance on `on`, and which become it within `days` after it."""
    return Years(on.year - after_years, (on + timedelta(days=days)).year - after_years)
