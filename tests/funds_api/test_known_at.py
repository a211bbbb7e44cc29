"""Two times: what was effective by a day, and what was known at an instant. The same question keeps its answer."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import httpx
import pytest

from chassis import clock
from tests.callers import funds_caller
from tests.factories import receive
from tests.funds_api.desk import Desk
from tests.funds_api.people import id_number
from tests.funds_api.test_returns import Paid
from treasury.calendar import business_date


def now() -> str:
    return clock.now().isoformat()


async def test_a_late_entry_changes_the_day_but_not_what_was_known(desk: Desk) -> None:
    await desk.out(100_000, desk.first, "2017-05-01")
    before = now()
    await desk.out(50_000, desk.first, "2017-05-02")
    path = f"/funds/v1/accounts/{desk.first}"
    today = (await desk.clerk.get(path, params={"as_of": "2017-06-30"})).json()
    then = (await desk.clerk.get(path, params={"as_of": "2017-06-30", "known_at": before})).json()
    assert (today["balance_fen"], then["balance_fen"]) == (150_000, 100_000)
    assert (then["unexplained_fen"], today["known_at"], today["known_position"]) == (0, None, None)
    assert then["known_position"] >= 3
    lots = await desk.lots(desk.treasury, "2017-06-30", known_at=before)
    assert sum(lot["remaining_fen"] for lot in lots) == 900_000
    tranches = (await desk.clerk.get("/funds/v1/tranches", params={"as_of": "2017-06-30", "known_at": before})).json()
    assert {one["unexplained_fen"] for one in tranches["items"]} == {0}
    movements = (await desk.clerk.get("/funds/v1/movements", params={"known_at": before})).json()
    assert [one["amount_fen"] for one in movements["items"] if one["kind"] == "hand_down"] == [100_000]


async def test_an_instant_before_the_first_act_knows_nothing(desk: Desk) -> None:
    early = datetime(2001, 1, 1, tzinfo=UTC).isoformat()
    answer = (await desk.clerk.get("/funds/v1/lots", params={"known_at": early})).json()
    assert (answer["items"], answer["known_position"]) == ([], 0)
    assert (await desk.clerk.get("/funds/v1/lots", params={"known_at": "2017-06-01T00:00:00"})).status_code == 422


async def readings(http_get: Any, at: str | None, accounts: list[str]) -> list[Any]:
    """Every reading that takes two times, without what names the knowledge itself."""
    paths = [f"/funds/v1/accounts/{one}" for one in accounts]
    paths += ["/funds/v1/lots", "/funds/v1/tranches", "/funds/v1/movements", "/funds/v1/idle"]
    asked: list[tuple[str, dict[str, str]]] = [(path, {}) for path in paths]
    asked += [("/funds/v1/idle/yuan-days", {"by": by}) for by in ("unit", "township")]
    found = []
    for path, more in asked:
        for day in ("2017-04-15", "2017-05-31", "2017-12-31", clock.now().date().isoformat()):
            params = {"as_of": day, **more, **({"known_at": at} if at else {})}
            answer: httpx.Response = await http_get(path, params=params)
            assert answer.status_code == 200, answer.text
            shown = answer.json()
            found.append({name: value for name, value in shown.items() if not name.startswith("known_")})
            for item in shown.get("items", ()):
                item.pop("known_at", None)
                item.pop("known_position", None)
    return found


async def test_every_answer_stays_what_it_was(desk: Desk, admin: asyncpg.Pool) -> None:
    """Asked after each act, then again by the instants of then, after back-dated entries, reversals and returns."""
    accounts = [desk.treasury, desk.first, desk.village, desk.contractor]
    first = await desk.out(400_000, desk.first, "2017-05-10")
    acts = [
        lambda: desk.out(250_000, desk.village, "2017-05-12", by=desk.township_clerk, from_account_id=desk.first),
        lambda: desk.out(100_000, desk.contractor, "2017-05-20", kind="pay", from_account_id=desk.village),
        lambda: desk.out(200_000, desk.second, "2017-04-20"),
        lambda: desk.back(50_000, desk.village, "2017-05-25"),
        lambda: desk.order("reverse", "2017-06-30", movement_id=first.json()["movements"][0]["id"], cascade=True),
        lambda: receive(desk.http, desk.county, desk.treasury, 77, "2017-04-02"),
        lambda: desk.out(60_000, desk.second, (clock.now() - timedelta(days=3)).date().isoformat()),
        lambda: desk.out(40_000, desk.second, clock.now().date().isoformat()),
    ]
    told = []
    for act in acts:
        told.append((now(), await readings(desk.clerk.get, None, accounts)))
        answer = await act()
        assert not isinstance(answer, httpx.Response) or answer.status_code == 201, answer.text
    for at, then in told:
        assert await readings(desk.clerk.get, at, accounts) == then


@pytest.mark.parametrize("back", [0, 4, 400])
async def test_the_idle_report_tells_again_what_lay_when_a_lot_was_whole(desk: Desk, back: int) -> None:
    """A lot emptied since, by a draw of today, of last week or of long before, lies in the report of then as it did."""
    on = (business_date(clock.now()) - timedelta(days=back)).isoformat()
    inspector = funds_caller(desk.http, "inspector", desk.county)

    async def idle(at: str | None) -> dict[str, Any]:
        answer = await inspector.get("/funds/v1/idle", params={"as_of": on, **({"known_at": at} if at else {})})
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    before, then = now(), await idle(None)
    assert [lot["amount_fen"] for lot in then["items"]] == [400_000, 600_000]
    assert (await desk.out(450_000, desk.contractor, on, kind="pay")).status_code == 201
    today, again = await idle(None), await idle(before)
    assert [lot["amount_fen"] for lot in today["items"]] == [550_000]
    assert (again["items"], again["bands"], again["total_fen"]) == (then["items"], then["bands"], 1_000_000)
    assert (then["known_position"], again["known_position"] > 0, again["unexplained_fen"]) == (None, True, 0)
    first = (await inspector.get("/funds/v1/idle", params={"as_of": on, "known_at": before, "limit": "1"})).json()
    after = {"as_of": on, "known_at": before, "limit": "1", "after": first["next"]}
    assert (await inspector.get("/funds/v1/idle", params=after)).json()["items"] == then["items"][1:]


def without_knowledge(told: Any) -> Any:
    """Without what names the knowledge, and the hold of a return: undoing its payment puts another in its place."""
    if isinstance(told, dict):
        hidden = {"known_at", "known_position", "hold_id"}
        return {name: without_knowledge(value) for name, value in told.items() if name not in hidden}
    return [without_knowledge(one) for one in told] if isinstance(told, list) else told


async def test_payments_returns_holds_and_closings_tell_again_what_they_told(
    funds_http: httpx.AsyncClient, county: str
) -> None:
    """Paid, returned, paid again, that undone, the books closed: each earlier answer by the knowledge of then."""
    paid = await Paid(funds_http, county).open()
    finance, lines = paid.town.finance, [paid.line(2), paid.line(3)]
    batches = [paid.batch]

    async def ask(at: str | None) -> list[Any]:
        found = []
        paths: list[tuple[str, dict[str, str]]] = [("closings", {})]
        for day in ("2017-05-19", "2017-05-24", "2017-06-30"):
            paths += [(f"payments/{one}{more}", {"as_of": day}) for one in lines for more in ("", "/trace")]
            paths += [("payments", {"batch": paid.batch, "as_of": day}), ("holds", {"as_of": day})]
            paths += [("holds", {"as_of": day, "live": "true"}), ("payment-returns", {"as_of": day})]
            paths += [("payment-returns", {"as_of": day, "open": yes}) for yes in ("true", "false")]
        for path, asked in paths:
            answer = await finance.get(f"/funds/v1/{path}", params={**asked, **({"known_at": at} if at else {})})
            assert answer.status_code == 200, answer.text
            found.append((path, asked, without_knowledge(answer.json())))
        return found

    async def reissue(on: str = "2017-05-20") -> httpx.Response:
        rows = [(id_number(2), "300")]
        told = await paid.town.checked(rows, entitlement=paid.entitlement, effective_on=on)
        batches.append(told["batch"]["id"])
        return await paid.town.approve(batches[-1])

    async def undo() -> httpx.Response:
        found = (await finance.get("/funds/v1/movements", params={"kind": "disburse"})).json()["items"]
        order = {"kind": "reverse", "document": "冲1", "effective_on": "2017-05-25", "movement_id": found[-1]["id"]}
        return await finance.post("/funds/v1/movements", order)

    hold = {"account_id": paid.town.office, "amount_fen": 5_000, "document": "付1", "purpose": "工程款"}

    async def void() -> httpx.Response:
        placed = await finance.post("/funds/v1/holds", hold)
        told.append((now(), await ask(None)))
        return await finance.post(f"/funds/v1/holds/{placed.json()['id']}/voiding", {"reason": "不付了"})

    told: list[tuple[str, list[Any]]] = []
    acts = [
        lambda: paid.give_back(paid.line(2)),
        lambda: paid.give_back(paid.line(3), amount_fen=10_000, keep=False),
        void,
        reissue,
        undo,
        lambda: reissue("2017-06-01"),
        lambda: funds_caller(funds_http, "finance_reviewer", county).post(
            "/funds/v1/closings", {"through": "2017-05-31", "document": "结账1"}
        ),
    ]
    for act in acts:
        told.append((now(), await ask(None)))
        answer = await act()
        assert answer.status_code in (200, 201), answer.text
    for at, then in told:
        for before, again in zip(then, await ask(at), strict=True):
            assert again == before, (at, before[:2])
    statuses = {one[2]["status"] for _, then in told for one in then if one[0] == f"payments/{lines[0]}"}
    assert {"paid", "returned", "reissued"} <= statuses
    unknown = await finance.get(f"/funds/v1/payments/{lines[0]}", params={"known_at": "2001-01-01T00:00:00Z"})
    assert unknown.status_code == 404


async def test_a_balance_is_the_sum_of_its_entries_at_any_two_times(desk: Desk, admin: asyncpg.Pool) -> None:
    """The figure from months, tail and corrections, beside the plain sum over every entry."""
    for fen, on in ((10, "2017-04-03"), (20, "2017-05-01"), (30, "2017-04-30"), (40, "2017-03-31"), (50, "2017-06-15")):
        await desk.out(fen, desk.first, on)
    instants = await admin.fetch(
        "SELECT position, recorded_at FROM funds.event WHERE stream = $1 ORDER BY position", desk.county
    )
    for row in instants:
        for day in ("2017-03-30", "2017-03-31", "2017-04-29", "2017-04-30", "2017-05-01", "2017-12-31"):
            answer = await desk.clerk.get(
                f"/funds/v1/accounts/{desk.treasury}",
                params={"as_of": day, "known_at": row["recorded_at"].isoformat()},
            )
            plain = await admin.fetchval(
                "SELECT coalesce(sum(amount_fen), 0)::bigint FROM funds.entry WHERE county_code = $1"
                " AND account_id = $2::uuid AND effective_on <= $3::text::date AND position <= $4",
                desk.county,
                desk.treasury,
                day,
                row["position"],
            )
            assert answer.json()["balance_fen"] == plain, (day, row["position"])
            assert (answer.json()["known_position"], answer.json()["unexplained_fen"]) == (row["position"], 0)
