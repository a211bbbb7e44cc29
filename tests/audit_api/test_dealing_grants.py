"""What PostgreSQL alone keeps of orders and alerts: whose rows are shown, and that nothing said is said otherwise."""

from __future__ import annotations

from collections.abc import AsyncIterator

import asyncpg
import pytest

from tests.audit_api.ordering import ORDERS, STAGES, Desk, done

OF_ORDERS = ("order", "step", "stage", "extension", "extension_stage")


@pytest.fixture
async def role(urls: dict[str, str]) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(urls["audit"])
    yield connection
    await connection.close()


async def test_a_township_session_is_shown_its_own_orders_rows_and_its_neighbour_none(
    desk: Desk, role: asyncpg.Connection
) -> None:
    _, order_id = await desk.ordered(kind="in_stages", stages=STAGES)
    days = [{"stage_no": number, "deadline": "2017-11-30"} for number in (1, 2)]
    body = {"deadline": "2017-11-30", "reason": "农户外出", "on": "2017-11-10", "stages": days}
    done(await desk.clerk.post(f"{ORDERS}/{order_id}/extensions", body))
    seen = {}
    for region in (desk.county, desk.county + "101", desk.county + "102", ""):
        async with role.transaction():
            await role.execute("SELECT set_config('app.region', $1, true)", region)
            seen[region] = [
                await role.fetchval(
                    f"SELECT count(*) FROM audit.rectification_{table} WHERE county_code = $1", desk.county
                )
                for table in OF_ORDERS
            ]
    assert seen == {
        desk.county: [1, 2, 2, 1, 2],
        desk.county + "101": [1, 2, 2, 1, 2],
        desk.county + "102": [0, 0, 0, 0, 0],
        "": [0, 0, 0, 0, 0],
    }


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit.rectification_order SET deadline = deadline + 1",
        "UPDATE audit.rectification_order SET drawn_by = 'x'",
        "UPDATE audit.rectification_draft SET demand = ''",
        "UPDATE audit.rectification_draft SET made_by = 'x'",
        "UPDATE audit.rectification_draft_stage SET deadline = deadline + 1",
        "DELETE FROM audit.rectification_draft",
        "UPDATE audit.rectification_step SET note = ''",
        "UPDATE audit.rectification_stage SET deadline = deadline + 1",
        "UPDATE audit.rectification_extension SET new_deadline = new_deadline + 1",
        "UPDATE audit.rectification_extension SET made_by = 'x'",
        "UPDATE audit.rectification_supervision SET demand = ''",
        "UPDATE audit.rectification_look_back SET note = ''",
        "UPDATE audit.rectification_extension_stage SET new_deadline = old_deadline",
        "UPDATE audit.rectification_look_back SET result = 'held'",
        "UPDATE audit.alert_triage SET triage = 'rectify'",
        "UPDATE audit.alert_assignment SET assignee = 'x'",
        "UPDATE audit.alert_merge SET main_id = alert_id",
        "UPDATE audit.alert_refutation SET reason = ''",
        "UPDATE audit.alert SET amount_fen = 0",
        "UPDATE audit.finding_repeat SET earlier_id = finding_id",
        "DELETE FROM audit.rectification_extension",
        "DELETE FROM audit.alert_merge",
        "DELETE FROM audit.finding_repeat",
    ],
)
async def test_what_was_said_is_not_said_otherwise(role: asyncpg.Connection, statement: str) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await role.execute(statement)
