"""The days of an order: presented near its own, handled by the bank on the next working day after two o'clock."""

from __future__ import annotations

from datetime import timedelta

import httpx

from chassis import clock
from tests.funds_api.test_orders import ORDERS, Chain, chain, refused

__all__ = ["chain"]  # a fixture


async def test_an_order_after_two_in_the_afternoon_is_handled_the_next_day(chain: Chain) -> None:
    for at, day in (("2017-05-02T05:59:59Z", "2017-05-02"), ("2017-05-02T06:00:00Z", "2017-05-03")):
        assert (await chain.issue(1_000, presented_at=at))["handled_by"] == day
    assert (await chain.issue(1_000))["handled_by"] is None


async def test_an_order_after_two_on_a_friday_is_handled_on_the_next_working_day(chain: Chain) -> None:
    """15 September 2017 was a Friday; 30 September a Saturday that was worked, before the holidays until 8 October."""
    for at, on, day in (
        ("2017-09-15T05:59:00Z", "2017-09-15", "2017-09-15"),
        ("2017-09-15T06:00:00Z", "2017-09-15", "2017-09-18"),
        ("2017-09-16T01:00:00Z", "2017-09-15", "2017-09-18"),
        ("2017-09-29T07:00:00Z", "2017-09-29", "2017-09-30"),
        ("2017-09-30T07:00:00Z", "2017-09-30", "2017-10-09"),
    ):
        assert (await chain.issue(1_000, presented_at=at, effective_on=on))["handled_by"] == day


async def test_an_order_is_presented_near_its_own_day_and_not_in_the_future(chain: Chain) -> None:
    async def presented(at: str) -> httpx.Response:
        return await chain.clerk.post(ORDERS, chain.order(1_000, presented_at=at))

    for at in ("2017-04-21T15:59:59Z", "2017-05-12T16:00:00Z", "2017-01-01T00:00:00Z"):
        figures = refused(await presented(at), "presented-far-off", 422)
        assert (figures["effective_on"], figures["limit_days"]) == ("2017-05-02", 10)
    for at in ("2017-04-21T16:00:00Z", "2017-05-12T15:59:59Z"):
        assert (await presented(at)).status_code == 201, "ten days to the day in China"
    tomorrow = (clock.now() + timedelta(minutes=5)).isoformat()
    refused(await presented(tomorrow), "presented-ahead", 422)
