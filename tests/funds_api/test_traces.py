"""A household's payment traced up to its notices: which money, by which documents, as of a day and a knowledge."""

from __future__ import annotations

from typing import Any

import httpx

from chassis import clock
from tests.callers import Caller
from tests.factories import receive
from tests.funds_api.people import Township, id_number


async def seen(by: Caller, payment: str, **asked: str) -> dict[str, Any]:
    answer = await by.get(f"/funds/v1/payments/{payment}/trace", params=asked)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def test_every_fen_of_a_payment_leads_to_its_notice_whoever_of_its_place_asks(
    funds_http: httpx.AsyncClient, county: str
) -> None:
    town = await Township(funds_http, county, fen=25_000).open()
    await receive(funds_http, county, town.office, 50_000, "2017-04-01")
    batch = await town.batch()
    await town.checked([(id_number(place), "100") for place in range(4)], batch)
    straddling, before = f"{batch}-4", clock.now()  # data begins on line 2: the third household, across both receipts
    waiting = await seen(town.finance, straddling)
    assert (waiting["amount_fen"], waiting["ways"]) == (0, [])
    assert waiting["empty_because"]
    assert (await town.approve(batch)).status_code == 201

    paid = await seen(town.finance, straddling)
    assert (paid["amount_fen"], paid["traced_fen"], paid["unexplained_fen"]) == (10_000, 10_000, 0)
    assert [way["amount_fen"] for way in paid["ways"]] == [5_000, 5_000]
    assert [
        [(hop["kind"], hop["effective_on"], hop["days_rested"]) for hop in way["hops"]] for way in paid["ways"]
    ] == [
        [("receive", "2017-03-01", None), ("disburse", "2017-05-01", 61)],
        [("receive", "2017-04-01", None), ("disburse", "2017-05-01", 30)],
    ]
    assert len({way["notice_id"] for way in paid["ways"]}) == 2
    # The way leads above the township, and its own clerk is told it all the same.
    assert await seen(town.clerk, straddling) == paid
    assert (await seen(town.finance, straddling, as_of="2017-04-30"))["ways"] == []
    assert (await seen(town.finance, straddling, known_at=before.isoformat()))["ways"] == []
    for stranger, asked in ((town.neighbour, straddling), (town.finance, f"{batch}-99")):
        answer = await stranger.get(f"/funds/v1/payments/{asked}/trace")
        assert (answer.status_code, answer.json()["type"]) == (404, "/problems/not-found")


async def test_a_row_that_was_given_up_does_not_wait(funds_http: httpx.AsyncClient, county: str) -> None:
    town = await Township(funds_http, county).open()
    batch = await town.batch()
    await town.checked([(id_number(0), "100")], batch)
    before = clock.now()
    given_up = await town.clerk.post(f"/funds/v1/payment-batches/{batch}/withdrawal", {"reason": "误开"})
    assert given_up.status_code == 200, given_up.text
    assert "已撤回" in (await seen(town.finance, f"{batch}-2"))["empty_because"]
    assert "已撤回" not in (await seen(town.finance, f"{batch}-2", known_at=before.isoformat()))["empty_because"]


async def test_a_payment_that_was_undone_names_what_undid_it(funds_http: httpx.AsyncClient, county: str) -> None:
    town = await Township(funds_http, county).open()
    batch = await town.batch()
    await town.checked([(id_number(0), "100")], batch)
    approved = (await town.approve(batch)).json()
    undo = {"kind": "reverse", "document": "冲", "effective_on": "2017-06-01", "movement_id": approved["movement_id"]}
    answer = await town.finance.post("/funds/v1/movements", undo)
    assert answer.status_code == 201, answer.text
    undone = await seen(town.finance, f"{batch}-2")
    assert undone["reversed_by"] == answer.json()["movements"][0]["id"]
    assert (await seen(town.finance, f"{batch}-2", as_of="2017-05-31"))["reversed_by"] is None
