"""Facts of a paid row beside an entry of a list, for tests of the rules that compare payees with lists."""

from __future__ import annotations

from datetime import date
from typing import Any, Final

from tests.unit.rules.judging import NOBODY

PAID_ON: Final = date(2017, 5, 1)
LISTED_ON: Final = date(2017, 12, 31)


def listed(**more: Any) -> dict[str, Any]:
    """A row of 100 yuan paid on 1 May 2017, and an entry without days of a list of the end of that year."""
    return {
        "subject_id": NOBODY,
        "region_code": "990001101201",
        "amount_fen": 10_000,
        "as_of": PAID_ON,
        "batch_id": NOBODY,
        "line": 7,
        "fund_code": "PZ-2017",
        "entitlement": "产业奖补2017",
        "document": "西财农〔2017〕8号",
        "back_fen": 0,
        "person_id": NOBODY,
        "version_id": NOBODY,
        "version_no": 3,
        "list_on": LISTED_ON,
        "list_line": 41,
        "from_on": None,
        "to_on": None,
        "category": None,
        **more,
    }
