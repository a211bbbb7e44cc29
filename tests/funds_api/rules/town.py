"""A township whose people were paid, for rules that ask by the register and by who is missing from a list."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tests.funds_api.asked import ask_rule
from tests.funds_api.people import Township, id_number


async def pay(
    town: Township, places: Sequence[int], on: str, amount: str = "100", entitlement: str = "", **more: Any
) -> str:
    """A posted roster that pays each of these people once, data from line 2 on."""
    rows = [(id_number(place), amount) for place in places]
    told = await town.checked(rows, effective_on=on, entitlement=entitlement, **more)
    assert told["rows_good"] == len(rows), (await town.rejected(told["batch"]["id"]), told)
    batch = str(told["batch"]["id"])
    answer = await town.approve(batch)
    assert answer.status_code in {200, 201}, answer.text
    return batch


async def hits(town: Township, code: str, on: str, region: str = "") -> list[tuple[str, str]]:
    """(mark, sentence) of what a rule asks, by mark; every candidate it does not ask about is one its judge let go."""
    found = await ask_rule(town.http, town.county, code, on, region)
    return sorted((verdict.mark, verdict.explanation) for _, verdict in found.hits)


async def join(town: Township, household: str, place: int, on: str, reason: str = "recorded") -> str:
    """The person of this place joins the household."""
    body = {
        "name": "张某",
        "id_number": id_number(place),
        "card": None,
        "phone": None,
        "joined_on": on,
        "reason": reason,
        "document": "登记表",
    }
    answer = await town.finance.post(f"/funds/v1/households/{household}/members", body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["person_id"])
