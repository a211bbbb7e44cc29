"""What PostgreSQL alone keeps of orders by two: whoever draws one up issues none, and no order comes of no draft."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from tests.audit_api.office import issuing
from tests.audit_api.ordering import ORDERS, STAGES, Desk, done
from tests.audit_api.test_orders_by_two import drawn_up, found

DECIDE = (
    "UPDATE audit.rectification_draft SET decision = $2, opinion = 'x', decided_on = $3, checked_by = $4 WHERE id = $1"
)
# The order of a draft as it stands, but for what is said otherwise.
ISSUE = (
    "INSERT INTO audit.rectification_order (county_code, id, finding_id, finding_title, region_code, unit_id,"
    " unit_name, kind, demand, issued_on, deadline, issued_by, drawn_by)"
    " SELECT d.county_code, {id}, d.finding_id, 'x', d.region_code, d.unit_id, d.unit_name, d.kind, {demand},"
    " {issued_on}, {deadline}, {issued_by}, {drawn_by} FROM audit.rectification_draft d WHERE d.id = $1"
)
AS_DRAWN = {
    "id": "d.id",
    "demand": "d.demand",
    "issued_on": "d.decided_on",
    "deadline": "d.deadline",
    "issued_by": "d.checked_by",
    "drawn_by": "d.made_by",
}


@pytest.fixture
async def role(urls: dict[str, str]) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(urls["audit"])
    yield connection
    await connection.close()


async def decide(connection: Any, drawn: dict[str, Any], decision: str, days: int, by: str) -> None:
    on = await connection.fetchval(
        "SELECT drawn_on + $2::int FROM audit.rectification_draft WHERE id = $1", *(UUID(drawn["id"]), days)
    )
    await connection.execute(DECIDE, UUID(drawn["id"]), decision, on, by)


@pytest.mark.parametrize(
    ("decision", "days", "by", "constraint"),
    [
        ("issue", 0, None, "maker_is_not_checker"),
        ("send_back", 0, None, "maker_is_not_checker"),
        ("close", 0, "b", "decision"),
        ("issue", -1, "b", "decided_not_before_drawn"),
        ("issue", 16, "b", "not_past_when_issued"),
    ],
)
async def test_a_draft_is_not_decided_by_its_maker_nor_out_of_time(
    desk: Desk, admin: asyncpg.Pool, decision: str, days: int, by: str | None, constraint: str
) -> None:
    drawn = await drawn_up(desk, await found(desk))
    with pytest.raises(asyncpg.CheckViolationError, match=constraint):
        await decide(admin, drawn, decision, days, by or drawn["made_by"])
    await decide(admin, drawn, "issue", 15, "b")


@pytest.mark.parametrize(
    "otherwise",
    [
        {"id": "gen_random_uuid()"},
        {"demand": "d.demand || '，并处罚款'"},
        {"deadline": "d.deadline + 1"},
        {"issued_on": "d.drawn_on"},
        {"issued_by": "'somebody'"},
        {"drawn_by": "NULL"},
        {"drawn_by": "'somebody'"},
    ],
    ids="-".join,
)
async def test_an_order_says_what_was_drawn_up_and_issued(
    desk: Desk, admin: asyncpg.Pool, otherwise: dict[str, str]
) -> None:
    drawn = await drawn_up(desk, await found(desk))
    of = UUID(drawn["id"])
    with pytest.raises(asyncpg.CheckViolationError, match="was not drawn up"):  # it waits
        await admin.execute(
            ISSUE.format(**AS_DRAWN).replace("d.checked_by", "'b'").replace("d.decided_on", "d.drawn_on"), of
        )
    await decide(admin, drawn, "issue", 1, "b")
    with pytest.raises(asyncpg.CheckViolationError, match="was not drawn up"):
        await admin.execute(ISSUE.format(**{**AS_DRAWN, **otherwise}), of)
    assert await admin.execute(ISSUE.format(**AS_DRAWN), of) == "INSERT 0 1"


async def test_what_was_sent_back_is_never_issued_and_a_decision_is_made_once(desk: Desk, admin: asyncpg.Pool) -> None:
    drawn = await drawn_up(desk, await found(desk))
    await decide(admin, drawn, "send_back", 1, "b")
    with pytest.raises(asyncpg.CheckViolationError, match="was not drawn up"):
        await admin.execute(ISSUE.format(**AS_DRAWN), UUID(drawn["id"]))
    with pytest.raises(asyncpg.CheckViolationError, match="was decided on"):
        await decide(admin, drawn, "issue", 1, "c")


async def test_a_township_session_is_shown_no_draft(desk: Desk, role: asyncpg.Connection) -> None:
    drawn = await drawn_up(desk, await found(desk), kind="in_stages", stages=STAGES)
    done(await desk.second.post(f"{ORDERS}/{drawn['id']}/decision", issuing(drawn, decision="send_back")))
    seen = {}
    for region in (desk.county, desk.county + "101", desk.county + "102", ""):
        async with role.transaction():
            await role.execute("SELECT set_config('app.region', $1, true)", region)
            seen[region] = [
                await role.fetchval(f"SELECT count(*) FROM audit.{table} WHERE county_code = $1", desk.county)
                for table in ("rectification_draft", "rectification_draft_stage")
            ]
    assert seen == {desk.county: [1, 2], desk.county + "101": [0, 0], desk.county + "102": [0, 0], "": [0, 0]}
