"""Alerts listed by what they stand at: the dealings decide, and a page is read along an index of the county."""

from __future__ import annotations

import json
from datetime import date
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
from tests.audit_api.test_alerts import ALERTS, listed, raised, recorded_at
from tests.callers import audit_caller

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
    read, plan = await blocks(desk, asked, as_of=date(2017, 11, 2))
    assert read <= BLOCKS, plan
    done(await desk.inspector.post(f"{ALERTS}/{main}/partings", {**merging, "reason": "并非同一笔"}))
    assert await listed(desk, merged="true") == []


async def blocks(desk: Desk, asked: dict[str, Any], as_of: date | None = None) -> tuple[int, str]:
    """Blocks read for the question that the service asks."""
    who = Principal("inspector", "web", frozenset({"inspector"}), desk.county, None, "t")
    async with desk.database.reading(desk.county) as tx:
        moment: Moment = await moment_of(tx, desk.county, as_of, None)
        window, standing = window_of(None, 50), as_of is None
        query = store.listing(who, desk.county, window, moment, as_it_stands=standing, **{**NOTHING, **asked})
        spelled = query.compile(dialect=postgresql.dialect(), compile_kwargs={"literal_binds": True})
        [plan] = await tx.scalar(text(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {spelled}"))
    return plan["Plan"]["Shared Hit Blocks"] + plan["Plan"]["Shared Read Blocks"], json.dumps(plan, indent=1)


async def counted(desk: Desk, **query: Any) -> dict[str, Any]:
    return done(await desk.inspector.get(f"{ALERTS}/counts", params=query))


def told(answer: dict[str, Any], what: str) -> dict[str | None, tuple[int, int]]:
    """A list of counts whose sum is the total: key → how many, how many of them open."""
    lines = answer[f"by_{what}"]
    assert sum(one["n"] for one in lines) == answer["total_n"]
    assert sum(one["open_n"] for one in lines) == answer["open_n"]
    return {one["key"]: (one["n"], one["open_n"]) for one in lines}


async def test_alerts_are_counted_by_what_they_stand_at_and_as_they_stood(desk: Desk, admin: asyncpg.Pool) -> None:
    none = await counted(desk)
    assert (none["total_n"], none["empty_because"]) == (0, "您的管辖范围内截至当日没有预警")
    assert told(none, "status") == dict.fromkeys(["new", "decided", "taken_up", "dismissed"], (0, 0))
    account = UUID("01a20a80-0000-7000-8000-000000000001")
    main, part, other = [await raised(desk, account_id=account) for _ in range(3)]
    before_at = await recorded_at(desk, admin, "AlertsTakenIn")
    done(await desk.inspector.post(f"{ALERTS}/{main}/assignments", {"assignee": "li", "on": "2017-11-01"}))
    triage = {"triage": "urgent_check", "reason": "群众反映强烈", "on": "2017-11-02"}
    done(await desk.inspector.post(f"{ALERTS}/{part}/triages", triage))
    merging = {"alert_ids": [part], "reason": "同一账户", "on": "2017-11-03"}
    done(await desk.inspector.post(f"{ALERTS}/{main}/merges", merging))
    url = f"{ALERTS}/{other}/refutations"
    [made] = done(await desk.inspector.post(url, {"reason": "质保金", "on": "2017-11-04"}))["refutations"]
    agreed = {"version_hash": made["version_hash"], "decision": "confirm", "opinion": "属实", "on": "2017-11-04"}
    done(await desk.second.post(f"{url}/{made['id']}/decision", agreed))

    now = await counted(desk)
    assert (now["total_n"], now["open_n"], now["merged_n"], now["unexplained_n"]) == (3, 2, 1, 0)
    assert now["empty_because"] is None
    assert told(now, "status") == {"new": (2, 2), "decided": (0, 0), "taken_up": (0, 0), "dismissed": (1, 0)}
    assert told(now, "triage")["urgent_check"] == (1, 1)
    assert told(now, "triage")[None] == (2, 1)
    assert told(now, "assignee") == {"li": (1, 1), None: (2, 1)}

    then = await counted(desk, as_of="2017-11-03")
    assert told(then, "status")["new"] == (3, 3), "refuted the day after"
    assert (then["merged_n"], told(then, "triage")["urgent_check"], told(then, "assignee")["li"]) == (1, (1, 1), (1, 1))
    then = await counted(desk, as_of="2017-11-01")
    assert (then["merged_n"], told(then, "triage")["urgent_check"], told(then, "assignee")["li"]) == (0, (0, 0), (1, 1))
    known = await counted(desk, known_at=before_at)
    assert (known["total_n"], known["merged_n"], told(known, "assignee")) == (3, 0, {None: (3, 3)})
    assert known["known_at"] is not None
    assert (await counted(desk, as_of="2017-01-01"))["total_n"] == 0, "nothing was found yet"


async def test_counts_are_of_what_one_sees_and_read_no_alert(desk: Desk, admin: asyncpg.Pool) -> None:
    main = await raised(desk)
    await others(admin, main)
    assert (await counted(desk))["total_n"] == OTHERS + 1
    neighbour = audit_caller(desk.http, "inspector", "980001")
    assert done(await neighbour.get(f"{ALERTS}/counts"))["total_n"] == 0
    asked = await neighbour.get(f"{ALERTS}/counts", params={"county": desk.county})
    assert asked.status_code in {403, 404}
    assert (await audit_caller(desk.http, "bank", desk.county).get(f"{ALERTS}/counts")).status_code == 403
    who = Principal("inspector", "web", frozenset({"inspector"}), desk.county, None, "t")
    async with desk.database.reading(desk.county) as tx:
        moment: Moment = await moment_of(tx, desk.county, None, None)
        query = store.standing(who, desk.county, moment, as_it_stands=True)
        spelled = query.compile(dialect=postgresql.dialect(), compile_kwargs={"literal_binds": True})
        await tx.execute(text("SET LOCAL enable_seqscan = off"))
        plan = "\n".join(await tx.scalars(text(f"EXPLAIN {spelled}")))
    assert "Index Only Scan using ix_alert_counted" in plan, plan
