"""What the database alone holds of alerts: a merged one is dealt with as part of its main, and two people dismiss."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from tests.audit_api.office import checker, finding
from tests.audit_api.ordering import Desk, done
from tests.audit_api.test_alerts import ALERTS, raised

TRIAGE = (
    "INSERT INTO audit.alert_triage (county_code, region_code, alert_id, triage_no, triage, proposed, repeats_n,"
    " policies, triaged_on, made_by) VALUES ($1, $1, $2, 9, 'rectify', 'rectify', 0, '{}', '2017-11-02', 'a')"
)
ASSIGN = (
    "INSERT INTO audit.alert_assignment (county_code, region_code, alert_id, assignment_no, assignee, assigned_on,"
    " made_by) VALUES ($1, $1, $2, 9, 'b', '2017-11-02', 'a')"
)
REFUTE = (
    "INSERT INTO audit.alert_refutation (county_code, region_code, alert_id, id, reason, refuted_on, made_by,"
    " version_hash) VALUES ($1, $1, $2, gen_random_uuid(), '理由', '2017-11-02', 'a', '')"
)
MERGE = (
    "INSERT INTO audit.alert_merge (county_code, region_code, alert_id, merge_no, main_id, reason, merged_on, made_by)"
    " VALUES ($1, $1, $2, 9, $3, '同一笔', '2017-11-02', 'a')"
)
PART = (
    "UPDATE audit.alert_merge SET undone_on = '2017-11-03', undone_by = 'a', undo_reason = '拆'"
    " WHERE county_code = $1 AND alert_id = $2"
)
DISMISS = (
    "UPDATE audit.alert SET status = 'dismissed', dismissed_by = 'a', dismissal_checked_by = 'b',"
    " dismissal_reason = '理由', dismissed_on = '2017-11-03' WHERE county_code = $1 AND id = $2"
)
DECIDE = (
    "UPDATE audit.alert_refutation SET decision = 'confirm', opinion = '同意', decided_on = '2017-11-03',"
    " checked_by = 'b' WHERE county_code = $1 AND alert_id = $2"
)
TAKE_UP = "UPDATE audit.alert SET status = 'taken_up', finding_id = $3 WHERE county_code = $1 AND id = $2"


class Role:
    """A session of the service's own role in a county."""

    def __init__(self, connection: asyncpg.Connection, county: str) -> None:
        self.connection, self.county = connection, county

    async def act(self, *statements: tuple[Any, ...]) -> None:
        """These, in one act."""
        async with self.connection.transaction():
            await self.connection.execute("SELECT set_config('app.region', $1, true)", self.county)
            for statement, *values in statements:
                ids = [UUID(one) if isinstance(one, str) else one for one in values]
                await self.connection.execute(statement, self.county, *ids)

    async def refused(self, *statements: tuple[Any, ...]) -> None:
        with pytest.raises(
            asyncpg.CheckViolationError, match=r"dealt with|part of|is decided|nobody confirmed|taken up by"
        ):
            await self.act(*statements)


@pytest.fixture
async def role(urls: dict[str, str], desk: Desk) -> AsyncIterator[Role]:
    connection = await asyncpg.connect(urls["audit"])
    yield Role(connection, desk.county)
    await connection.close()


@pytest.fixture
async def merged(desk: Desk) -> tuple[str, str, str]:
    """An alert with another that is part of it, and one about the same lot that stands alone."""
    lot = uuid4()
    main, part, alone = [await raised(desk, lot=lot, rule_code=code) for code in ("R19", "R20", "R21")]
    merging = {"alert_ids": [part], "reason": "同一笔", "on": "2017-11-01"}
    done(await desk.inspector.post(f"{ALERTS}/{main}/merges", merging))
    return main, part, alone


async def drafted(desk: Desk, alert: str) -> dict[str, Any]:
    return done(await desk.inspector.post("/audit/v1/findings", finding(alert)))


async def test_what_is_part_of_another_is_not_dealt_with_by_itself(
    desk: Desk, role: Role, merged: tuple[str, str, str]
) -> None:
    main, part, alone = merged
    for statement in (TRIAGE, ASSIGN, REFUTE):
        await role.refused((statement, part))
    draft = (await drafted(desk, part))["id"]
    await role.refused((TAKE_UP, part, draft))
    await role.refused((TAKE_UP, main, draft))
    await role.refused((TAKE_UP, main, draft), (TAKE_UP, part, draft))
    # The same is done with one that stands alone, and with one that was parted.
    for statement in (TRIAGE, ASSIGN, REFUTE):
        await role.act((statement, alone))
    await role.act((PART, part))
    await role.refused((PART, part))
    for statement in (TRIAGE, ASSIGN, REFUTE):
        await role.act((statement, part))


async def test_no_alert_is_part_of_a_part(desk: Desk, role: Role, merged: tuple[str, str, str]) -> None:
    main, part, alone = merged
    stranger = await raised(desk)
    await role.refused((MERGE, alone, part))
    await role.refused((MERGE, main, alone))
    await role.refused((MERGE, main, part))
    await role.refused((MERGE, stranger, main))
    await role.refused((MERGE, str(uuid4()), main))
    other = await raised(desk, lot=uuid4())
    await role.refused((MERGE, alone, other))
    await role.act((MERGE, alone, main))
    # A circle in one act.
    lot = uuid4()
    one, two = await raised(desk, lot=lot), await raised(desk, lot=lot, rule_code="R20")
    await role.refused((MERGE, one, two), (MERGE, two, one))


async def test_none_is_merged_over_a_refutation_that_waits(
    desk: Desk, role: Role, merged: tuple[str, str, str]
) -> None:
    main, _, alone = merged
    await role.act((REFUTE, alone))
    await role.refused((MERGE, alone, main))


async def test_nobody_dismisses_alone(desk: Desk, role: Role, merged: tuple[str, str, str]) -> None:
    main, part, alone = merged
    await role.refused((DISMISS, alone))
    await role.act((REFUTE, alone))
    await role.refused((DISMISS, alone))
    for said, wrong in (
        ("dismissed_by = 'a'", "dismissed_by = 'c'"),
        ("dismissal_checked_by = 'b'", "dismissal_checked_by = 'c'"),
        ("'理由'", "'另一理由'"),
        ("'2017-11-03'", "'2017-11-04'"),
    ):
        await role.refused((DECIDE, alone), (DISMISS.replace(said, wrong), alone))
    await role.act((DECIDE, alone), (DISMISS, alone))
    # Dealt with is dealt with.
    for statement in (TRIAGE, ASSIGN, REFUTE, DECIDE):
        await role.refused((statement, alone))
    await role.refused((MERGE, alone, main))
    # A main goes with its parts, and a part not without it.
    await role.act((REFUTE, main))
    await role.refused((DECIDE, main), (DISMISS, main))
    await role.refused((DECIDE, main), (DISMISS, part))
    both = DISMISS.replace("id = $2", "id IN ($2, $3)")
    await role.act((DECIDE, main), (both, main, part))
    await role.refused((PART, part))


async def test_a_lot_is_bound_by_an_alert_that_its_finding_took_up(
    desk: Desk, role: Role, merged: tuple[str, str, str]
) -> None:
    _, _, alone = merged
    draft = await drafted(desk, alone)
    bind = (
        "INSERT INTO audit.finding_lot (county_code, region_code, finding_id, lot_id, alert_id, first_fen, bound_fen)"
        " VALUES ($1, $1, $2, gen_random_uuid(), $3, 1, 1)"
    )
    await role.refused((bind, draft["id"], alone))
    decision = {"version_hash": draft["version_hash"], "decision": "confirm", "opinion": "同意", "on": "2017-11-02"}
    path = f"/audit/v1/findings/{draft['id']}/reviews"
    done(await checker(desk.http, desk.county).post(path, decision))
    await role.act((bind, draft["id"], alone))
    # What is taken up stays with its finding.
    await role.refused(
        ("UPDATE audit.alert SET status = 'new', finding_id = NULL WHERE county_code = $1 AND id = $2", alone)
    )
