"""Alerts listed by what they stand at: the dealings decide, and a page is read along an index of the county."""

from __future__ import annotations

import json
from typing import Any, Final
from uuid import UUID

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.dialects import postgresql

from chassis.identity import Principal
from chassis.pages import window_of
from services.audit_api.alerts import store
from services.audit_api.moments import Moment, moment_of
from tests.audit_api.ordering import Desk, done
from tests.audit_api.test_alerts import ALERTS, listed, raised

OTHERS: Final = 4_000
BLOCKS: Final = 40
NOTHING: Final[dict[str, Any]] = {"status": None, "rule": None, "triage": None, "assignee": None, "merged": None}


async def others(admin: asyncpg.Pool, like: str) -> None:
    """Alerts as this one, that nobody has dealt with."""
    columns = await admin.fetchval(
        "SELECT string_agg(quote_ident(attname), ', ') FROM pg_attribute WHERE attrelid = 'audit.alert'::regclass"
        " AND attnum > 0 AND NOT attisdropped AND attname <> 'id'"
    )
    await admin.execute(
        f"INSERT INTO audit.alert (id, {columns}) SELECT gen_random_uuid(), {columns} FROM audit.alert,"
        " generate_series(1, $2) WHERE id = $1",
        UUID(like),
        OTHERS,
    )
    await admin.execute("VACUUM ANALYZE audit.alert")


@pytest.mark.parametrize("asked", [{"triage": "urgent_check"}, {"assignee": "li"}, {"merged": True}])
async def test_few_alerts_are_found_without_reading_the_others(
    desk: Desk, admin: asyncpg.Pool, asked: dict[str, Any]
) -> None:
    account = "01a20a80-0000-7000-8000-000000000001"
    main, part = await raised(desk, account_id=UUID(account)), await raised(desk, account_id=UUID(account))
    triage = {"triage": "urgent_check", "reason": "群众反映强烈", "on": "2017-11-01"}
    await others(admin, main)
    done(await desk.inspector.post(f"{ALERTS}/{part}/triages", triage))
    done(await desk.inspector.post(f"{ALERTS}/{part}/assignments", {"assignee": "li", "on": "2017-11-01"}))
    merging = {"alert_ids": [part], "reason": "同一账户", "on": "2017-11-01"}
    done(await desk.inspector.post(f"{ALERTS}/{main}/merges", merging))
    await admin.execute("VACUUM ANALYZE audit.alert")
    assert await listed(desk, **{name: str(value).lower() for name, value in asked.items()}) == [part]
    read, plan = await blocks(desk, asked)
    assert read <= BLOCKS, plan
    done(await desk.inspector.post(f"{ALERTS}/{main}/partings", {**merging, "reason": "并非同一笔"}))
    assert await listed(desk, merged="true") == []


async def blocks(desk: Desk, asked: dict[str, Any]) -> tuple[int, str]:
    """Blocks read for the question that the service asks."""
    who = Principal("inspector", "web", frozenset({"inspector"}), desk.county, None, "t")
    async with desk.database.reading(desk.county) as tx:
        moment: Moment = await moment_of(tx, desk.county, None, None)
        query = store.listing(who, desk.county, window_of(None, 50), moment, as_it_stands=True, **{**NOTHING, **asked})
        spelled = query.compile(dialect=postgresql.dialect(), compile_kwargs={"literal_binds": True})
        [plan] = await tx.scalar(text(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {spelled}"))
    return plan["Plan"]["Shared Hit Blocks"] + plan["Plan"]["Shared Read Blocks"], json.dumps(plan, indent=1)
