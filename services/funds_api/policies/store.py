"""The policy book of funds_api: the numbers of law and practice that rules, payments and forecasts judge by."""

from __future__ import annotations

from typing import Final

from policies.book import PolicyBook
from services.funds_api.policies.keys import KEYS
from services.funds_api.tables import PolicyValueRow
from services.funds_api.units import store as units

BOOK: Final = PolicyBook("funds", PolicyValueRow, KEYS, must_be_region=units.must_exist)
values: Final = BOOK.values
